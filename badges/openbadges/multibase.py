"""Multibase texts: base58btc (`z…`) for keys and signatures, base64url (`u…`) for status lists."""

import base64
import binascii
import re
from operator import mul
from typing import Final

from badges.errors import BadKey

ALPHABET: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
BASE58: Final = re.compile(f"z[{ALPHABET}]*")
BASE64URL: Final = re.compile(r"[A-Za-z0-9_-]*")
MAX_TEXT: Final = 512
"""Longest base58 text decoded: decoding costs the square of the length, and signatures take 90."""

# Four digits are taken off the long number at a time, the most that divides at once, and looked up by two.
PAIRS: Final = tuple(high + low for high in ALPHABET for low in ALPHABET)
VALUES: Final = bytes.maketrans(ALPHABET.encode(), bytes(range(58)))
POWERS: Final = tuple(58**place for place in range(MAX_TEXT))


def encode_base58(data: bytes) -> str:
    """Return `data` as multibase base58btc, prefix `z` included."""
    zeros = len(data) - len(data.lstrip(b"\0"))
    number = int.from_bytes(data)
    pairs: list[str] = []
    while number:
        number, piece = divmod(number, 58**4)
        pairs.append(PAIRS[piece % 58**2])
        pairs.append(PAIRS[piece // 58**2])
    pairs.reverse()
    return "z" + ALPHABET[0] * zeros + "".join(pairs).lstrip(ALPHABET[0])


def decode_base58(text: str) -> bytes:
    """Return the bytes of multibase base58btc `text`; raise `BadKey` when it is not that."""
    if len(text) > MAX_TEXT or not BASE58.fullmatch(text):
        raise BadKey(reason="not base58btc multibase")
    digits = text[1:].lstrip(ALPHABET[0])
    zeros = len(text) - 1 - len(digits)
    number: int = sum(map(mul, digits[::-1].encode().translate(VALUES), POWERS))
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8)


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
