"""Multibase texts: base58btc (`z…`) for keys and signatures, base64url (`u…`) for status lists."""

import base64
import binascii
import re
from typing import Final

from badges.errors import BadKey

ALPHABET: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
BASE64URL: Final = re.compile(r"[A-Za-z0-9_-]*")
MAX_TEXT: Final = 512
"""Longest base58 text decoded: decoding costs the square of the length, and signatures take 90."""


def encode_base58(data: bytes) -> str:
    """Return `data` as multibase base58btc, prefix `z` included."""
    zeros = len(data) - len(data.lstrip(b"\0"))
    number, digits = int.from_bytes(data), ""
    while number:
        number, digit = divmod(number, 58)
        digits = ALPHABET[digit] + digits
    return "z" + ALPHABET[0] * zeros + digits


def decode_base58(text: str) -> bytes:
    """Return the bytes of multibase base58btc `text`; raise `BadKey` when it is not that."""
    if not text.startswith("z") or len(text) > MAX_TEXT or set(text) - set(ALPHABET):
        raise BadKey(reason="not base58btc multibase")
    digits = text[1:]
    number = 0
    for digit in digits:
        number = number * 58 + ALPHABET.index(digit)
    zeros = len(digits) - len(digits.lstrip(ALPHABET[0]))
    return b"\0" * zeros + number.to_bytes((number.bit_length() + 7) // 8)


def encode_base64url(data: bytes) -> str:
    """Return `data` as base64url without padding and without a multibase prefix (RFC 7515, 2)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def decode_base64url(text: str) -> bytes:
    """Return the bytes of unpadded base64url `text`; raise `BadKey` for any other character."""
    if not BASE64URL.fullmatch(text):
        raise BadKey(reason="not base64url")
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error:
        raise BadKey(reason="not base64url") from None
