"""Put a credential into an image, and get the text of a credential out of any file people send."""

import re
from typing import Final

from badges.errors import DocumentTooLarge, NotBakeable, Unreadable
from badges.openbadges.bake_png import SIGNATURE, bake_png, unbake_png
from badges.openbadges.bake_svg import bake_svg, unbake_svg

MAX_FILE: Final = 10 << 20
MAX_CREDENTIAL: Final = 256 * 1024
JWS: Final = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*")


def bake(image: bytes, credential: bytes) -> bytes:
    """Return the PNG or SVG `image` carrying `credential` (JSON or compact JWS, at most 256 kB).

    The picture itself is kept byte for byte. Raises `NotBakeable` for any other image.
    """
    if len(credential) > MAX_CREDENTIAL:
        raise DocumentTooLarge(limit=MAX_CREDENTIAL)
    if image.startswith(SIGNATURE):
        return bake_png(image, credential)
    if _looks_like_xml(image):
        return bake_svg(image, credential)
    raise NotBakeable(reason="neither PNG nor SVG")


def unbake(data: bytes) -> str:
    """Return the credential text in `data`: a baked PNG or SVG, JSON, or a compact JWS.

    At most 10 MiB of file and 256 kB of credential. Raises a subclass of `Unreadable`.
    """
    if len(data) > MAX_FILE:
        raise DocumentTooLarge(limit=MAX_FILE)
    if data.startswith(SIGNATURE):
        found = unbake_png(data)
    elif _looks_like_xml(data):
        found = unbake_svg(data)
    else:
        found = data
    if len(found) > MAX_CREDENTIAL:
        raise DocumentTooLarge(limit=MAX_CREDENTIAL)
    return _text(found)


def _text(found: bytes) -> str:
    try:
        text = found.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        raise Unreadable from None
    if text.startswith("{") or is_jws(text):
        return text
    raise Unreadable


def is_jws(text: str) -> bool:
    """Return whether `text` has the shape of a compact JWS: three base64url parts."""
    return JWS.fullmatch(text) is not None


def _looks_like_xml(data: bytes) -> bool:
    return data.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<")
