"""Places in a status list: drawn at random, and when a list counts as full; pure decisions."""

import random
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from badges.openbadges.loads import load_json
from badges.openbadges.status import decode

SPARE: Final = 64
"""Draws beyond a quarter more than is needed, so that even a list half full answers one badge at once."""
LEAST_FREE: Final = 16
"""A list counts as full when fewer than one place in so many is free."""


@dataclass(frozen=True)
class Place:
    """One entry of one status list; `index` counts from 0."""

    status_list_id: uuid.UUID
    index: int


def candidates(source: random.Random, size: int, count: int) -> list[int]:
    """Return different random places of a list of `size`, enough to find `count` free ones in most lists."""
    return source.sample(range(size), min(size, count + count // 4 + SPARE))


def is_nearly_full(drawn: Sequence[int], free: Sequence[int]) -> bool:
    """Tell whether a draw shows a list that should give no more places."""
    return len(free) * LEAST_FREE < len(drawn)


def says_the_same(signed: str, bits: bytes, verification_method: str) -> bool:
    """Tell whether the list served as `signed` (JSON) holds `bits` and is signed with that method."""
    served = load_json(signed)
    if served["proof"][0]["verificationMethod"] != verification_method:
        return False
    return decode(served["credentialSubject"]["encodedList"]) == bits
