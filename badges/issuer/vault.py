"""Private keys at rest: sealed with a key-encryption key that is never Flask's secret key."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from badges.errors import KeyUnreadable

_NONCE_BYTES = 12


@dataclass(frozen=True)
class Sealed:
    """An encrypted private key and the name of the key-encryption key that opens it."""

    kek: str
    ciphertext: bytes


class KeyVault(Protocol):
    """Seals and opens private keys of issuers: 32 raw Ed25519 bytes, or an RSA key as PKCS#8 in DER."""

    def seal(self, private: bytes, *, bound_to: str) -> Sealed:
        """Encrypt `private`, bound to the name `bound_to` so that two issuers' rows cannot be swapped."""

    def open(self, sealed: Sealed, *, bound_to: str) -> bytes:
        """Give the private key back. Raises `KeyUnreadable`."""


@dataclass(frozen=True)
class LocalVault:
    """AES-256-GCM under keys from the settings; the first seals, all of them open."""

    keys: Mapping[str, bytes] = field(repr=False)

    def seal(self, private: bytes, *, bound_to: str) -> Sealed:
        """Encrypt under the first key with a fresh nonce."""
        kek, key = next(iter(self.keys.items()))
        nonce = os.urandom(_NONCE_BYTES)
        return Sealed(kek, nonce + AESGCM(key).encrypt(nonce, private, bound_to.encode()))

    def open(self, sealed: Sealed, *, bound_to: str) -> bytes:
        """Decrypt with the key that sealed it."""
        if sealed.kek not in self.keys:
            raise KeyUnreadable(kek=sealed.kek)
        nonce, body = sealed.ciphertext[:_NONCE_BYTES], sealed.ciphertext[_NONCE_BYTES:]
        try:
            return AESGCM(self.keys[sealed.kek]).decrypt(nonce, body, bound_to.encode())
        except InvalidTag as error:
            raise KeyUnreadable(kek=sealed.kek) from error
