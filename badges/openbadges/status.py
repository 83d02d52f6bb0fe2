"""Bitstring status lists: thousands of yes/no states in one small signed document."""

import gzip
import zlib
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import Final

from badges.errors import BadKey, BadStatusList
from badges.openbadges.contexts import CREDENTIALS_V2
from badges.openbadges.loads import Document
from badges.openbadges.moments import timestamp
from badges.openbadges.multibase import decode_base64url, encode_base64url

MIN_ENTRIES: Final = 131_072
MAX_LIST_BYTES: Final = 2 << 20
"""16 million entries; anything larger is taken for a decompression bomb."""


def bitstring(set_indexes: Iterable[int], *, length: int = MIN_ENTRIES) -> bytes:
    """Return `length` bits, the first being the highest bit of byte 0, those at `set_indexes` on.

    Raises `BadStatusList` below 131,072 entries (herd privacy: Bitstring Status List, 5.2) and
    for an index outside the list.
    """
    if length < MIN_ENTRIES or length % 8:
        raise BadStatusList(reason=f"{length} entries; at least {MIN_ENTRIES}, in whole bytes")
    indexes = list(set_indexes)
    for outermost in (min(indexes, default=0), max(indexes, default=0)):
        if not 0 <= outermost < length:
            raise BadStatusList(reason=f"index {outermost} is outside the list")
    bits = bytearray(length // 8)
    for index in indexes:
        bits[index >> 3] |= 0x80 >> (index & 7)
    return bytes(bits)


def encode(bits: bytes) -> str:
    """Return `bits` as an `encodedList`: `u`, then base64url of gzip (Bitstring Status List, 3.3).

    The same bits give the same text: no time stamp, and level 6 (level 9 takes 20 times longer).
    """
    return "u" + encode_base64url(gzip.compress(bits, compresslevel=6, mtime=0))


@lru_cache(maxsize=16)
def decode(encoded: str) -> bytes:
    """Return the bits of an `encodedList`, at most 2 MiB; raise `BadStatusList` for anything else."""
    if not encoded.startswith("u"):
        raise BadStatusList(reason="the list is not base64url multibase")
    try:
        unpacker = zlib.decompressobj(wbits=31)
        bits = unpacker.decompress(decode_base64url(encoded[1:].rstrip("=")), MAX_LIST_BYTES)
    except (zlib.error, BadKey):
        raise BadStatusList(reason="the list is not gzip in base64url") from None
    if not unpacker.eof:
        raise BadStatusList(reason="the list is cut short or far too long")
    return bits


def is_set(bits: bytes, index: int) -> bool:
    """Return whether entry `index` is on; raise `BadStatusList` when the list is too short for it."""
    if not 0 <= index < len(bits) * 8:
        raise BadStatusList(reason=f"index {index} is outside the list")
    return bool(bits[index // 8] & 0x80 >> index % 8)


def status_list_credential(
    url: str,
    issuer: str,
    bits: bytes,
    *,
    valid_from: datetime,
    valid_until: datetime | None = None,
    purpose: str = "revocation",
) -> Document:
    """Return the unsigned BitstringStatusListCredential served at `url` (Bitstring Status List, 2.2).

    `issuer` is the identity that also issues the credentials listed; moments are aware.
    """
    document: Document = {
        "@context": [CREDENTIALS_V2],
        "id": url,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": issuer,
        "validFrom": timestamp(valid_from),
        "credentialSubject": {
            "id": f"{url}#list",
            "type": "BitstringStatusList",
            "statusPurpose": purpose,
            "encodedList": encode(bits),
        },
    }
    return document | ({"validUntil": timestamp(valid_until)} if valid_until else {})
