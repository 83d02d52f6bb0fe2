"""A badge inside a PNG: one iTXt chunk spliced in, the pixels untouched (OB 3.0, 5.3.1)."""

import struct
import zlib
from collections.abc import Iterator
from typing import Final

from badges.errors import NoCredential, NotBakeable, SeveralCredentials, Unreadable

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
KEYWORD: Final = b"openbadgecredential"
# keyword NUL, not compressed, method 0, empty language tag NUL, empty translated keyword NUL
HEADER: Final = KEYWORD + b"\0\0\0\0\0"
HEADER_CHUNK_END: Final = len(SIGNATURE) + 25
"""Where the first chunk, always an IHDR of 25 bytes, ends."""


def bake_png(image: bytes, credential: bytes) -> bytes:
    """Return `image` carrying `credential`, instead of any badge it carried; pixels byte for byte.

    Raises `NotBakeable` when `image` is not a whole PNG file.
    """
    try:
        kept = b"".join(raw for kind, raw, data in _chunks(image) if not _is_badge(kind, data))
    except Unreadable:
        raise NotBakeable(reason="not a whole PNG file") from None
    head = HEADER_CHUNK_END - len(SIGNATURE)
    if kept[4:8] != b"IHDR":
        raise NotBakeable(reason="not a PNG file")
    return SIGNATURE + kept[:head] + _chunk(b"iTXt", HEADER + credential) + kept[head:]


def unbake_png(image: bytes) -> bytes:
    """Return the text of the one badge in `image`.

    Raises `NoCredential`, `SeveralCredentials`, or `Unreadable` for a broken file or a chunk that
    is compressed, which the standard forbids.
    """
    found = [(raw, data) for kind, raw, data in _chunks(image) if _is_badge(kind, data)]
    if not found:
        raise NoCredential
    if len(found) > 1:
        raise SeveralCredentials
    raw, data = found[0]
    if not data.startswith(HEADER) or _chunk(b"iTXt", data) != raw:
        raise Unreadable
    return data.removeprefix(HEADER)


def _is_badge(kind: bytes, data: bytes) -> bool:
    return kind == b"iTXt" and data.startswith(KEYWORD + b"\0")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _chunks(image: bytes) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Yield kind, whole chunk and its data, up to and including IEND; what follows is left out."""
    position, kind = len(SIGNATURE), b""
    while kind != b"IEND":
        length = int.from_bytes(image[position : position + 4])
        end = position + length + 12
        if len(image) < end:
            raise Unreadable
        kind = image[position + 4 : position + 8]
        yield kind, image[position:end], image[position + 8 : end - 4]
        position = end
