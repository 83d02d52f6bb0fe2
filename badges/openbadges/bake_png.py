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
LENGTH_AND_KIND: Final = struct.Struct(">I4s")
HEADER_CHUNK_END: Final = len(SIGNATURE) + 25
"""Where the first chunk, always an IHDR of 25 bytes, ends."""


def bake_png(image: bytes, credential: bytes) -> bytes:
    """Return `image` carrying `credential`, instead of any badge it carried; pixels byte for byte.

    Nothing is copied but into the result. Raises `NotBakeable` when `image` is not a whole PNG file.
    """
    try:
        chunks = list(_chunks(image))
    except Unreadable:
        raise NotBakeable(reason="not a whole PNG file") from None
    if chunks[0][:2] != (b"IHDR", len(SIGNATURE)):
        raise NotBakeable(reason="not a PNG file")
    view, kept, begin = memoryview(image), [], HEADER_CHUNK_END
    for kind, start, end in chunks:
        if _is_badge(image, kind, start):
            kept.append(view[begin:start])
            begin = end
    header = view[len(SIGNATURE) : HEADER_CHUNK_END]
    return b"".join((SIGNATURE, header, _chunk(b"iTXt", HEADER + credential), *kept, view[begin:end]))


def unbake_png(image: bytes) -> bytes:
    """Return the text of the one badge in `image`.

    Raises `NoCredential`, `SeveralCredentials`, or `Unreadable` for a broken file or a chunk that
    is compressed, which the standard forbids.
    """
    found = [image[start:end] for kind, start, end in _chunks(image) if _is_badge(image, kind, start)]
    if not found:
        raise NoCredential
    if len(found) > 1:
        raise SeveralCredentials
    data = found[0][8:-4]
    if not data.startswith(HEADER) or _chunk(b"iTXt", data) != found[0]:
        raise Unreadable
    return data.removeprefix(HEADER)


def _is_badge(image: bytes, kind: bytes, start: int) -> bool:
    return kind == b"iTXt" and image.startswith(KEYWORD + b"\0", start + 8)


def _chunk(kind: bytes, data: bytes) -> bytes:
    body = kind + data
    return b"".join((len(data).to_bytes(4), body, zlib.crc32(body).to_bytes(4)))


def _chunks(image: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield kind, beginning and end of each chunk, up to and including IEND; what follows is left out."""
    position, kind = len(SIGNATURE), b""
    while kind != b"IEND":
        try:
            length, kind = LENGTH_AND_KIND.unpack_from(image, position)
        except struct.error:
            raise Unreadable from None
        end = position + length + 12
        if len(image) < end:
            raise Unreadable
        yield kind, position, end
        position = end
