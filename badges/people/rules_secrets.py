"""How passwords, codes and tokens are made and kept, never in clear; pure but for their randomness."""

import hashlib
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

PIN_DIGITS = 6
_ARGON2 = PasswordHasher()
_NOBODY = _ARGON2.hash(secrets.token_hex(16))


def hash_secret(secret: str) -> str:
    """Return the argon2id hash of a password or a code, with the library's defaults (RFC 9106)."""
    return _ARGON2.hash(secret)


def matches(secret: str, kept: str | None) -> bool:
    """Tell whether `secret` is the one hashed in `kept`.

    Without `kept` the same work is done for nothing, so the time tells nobody whether an account exists.
    """
    try:
        _ARGON2.verify(kept or _NOBODY, secret)
    except (VerificationError, InvalidHashError):
        return False
    return kept is not None


def is_outdated(kept: str) -> bool:
    """Tell whether `kept` was made with weaker parameters than today's."""
    return _ARGON2.check_needs_rehash(kept)


def fingerprint(*parts: str) -> str:
    """Return the SHA-256 of `parts` in hexadecimal: how a random token, or a key to count by, is stored."""
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


def new_pin() -> str:
    """Return six random digits that nobody would try first: no run, at least four different digits."""
    while True:
        pin = f"{secrets.randbelow(10**PIN_DIGITS):0{PIN_DIGITS}d}"
        if not _is_obvious(pin):
            return pin


def _is_obvious(pin: str) -> bool:
    runs = "01234567890", "09876543210"
    return len(set(pin)) < 4 or any(pin in run for run in runs)  # noqa: PLR2004 - said in the docstring
