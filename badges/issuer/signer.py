"""Who holds the private keys and signs with them: a port, and the keys that we hold sealed ourselves."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from nacl.bindings import crypto_sign, crypto_sign_BYTES, crypto_sign_seed_keypair

from badges.errors import SignedOtherwise, SignerUnknown
from badges.issuer.vault import KeyVault, Sealed
from badges.openbadges import keys

LOCAL: Final = "local"


@dataclass(frozen=True)
class HeldKey:
    """An Ed25519 key as its custodian knows it again: the public half, and what was stored of the private.

    `public_multibase` is the Multikey text (`z6Mk…`) of its 32 public bytes. For the custodian "local",
    `sealed_private` is the private half encrypted under the key-encryption key `kek`; for a token it is the
    name that the private half has there.
    """

    profile_id: uuid.UUID
    public_multibase: str
    custodian: str
    sealed_private: bytes = field(repr=False)
    kek: str

    @property
    def public(self) -> bytes:
        """The 32 bytes of the public key."""
        return keys.public_from_multibase(self.public_multibase).public_bytes_raw()


class Signer(Protocol):
    """Makes Ed25519 keys and signs with them; nobody outside ever sees a private half."""

    def make(self, profile_id: uuid.UUID) -> HeldKey:
        """Return a new key for the issuer `profile_id`, ready to be stored. Raises `SignerAway`."""

    def sign(self, key: HeldKey, messages: Sequence[bytes]) -> list[bytes]:
        """Return the 64-byte signature (RFC 8032) of each message, in order, with `key` opened once for all.

        Raises a subclass of `Unavailable` and signs nothing when the key cannot be used now.
        """


@dataclass(frozen=True)
class LocalSigner:
    """Keys sealed in our own database. Opened at each call and forgotten with it.

    Opening costs less than two signatures, once for all the messages of a call: a cache would save nothing
    and would leave secrets in memory between two badges.
    """

    vault: KeyVault

    def make(self, profile_id: uuid.UUID) -> HeldKey:
        """Return a new key from the system's randomness, its private half already sealed."""
        private = keys.generate_private_key()
        multibase = keys.public_multibase(private.public_key())
        sealed = self.vault.seal(keys.private_bytes(private), bound_to=_binding(profile_id, multibase))
        return HeldKey(profile_id, multibase, LOCAL, sealed.ciphertext, sealed.kek)

    def sign(self, key: HeldKey, messages: Sequence[bytes]) -> list[bytes]:
        """Sign every message with the opened key. Raises `KeyUnreadable`, `SignedOtherwise` (another key)."""
        public, secret = crypto_sign_seed_keypair(self._open(key))
        if public != key.public:
            raise SignedOtherwise
        return [crypto_sign(message, secret)[:crypto_sign_BYTES] for message in messages]

    def reseal(self, key: HeldKey) -> HeldKey:
        """Return `key` sealed under the key-encryption key that seals now. Raises `KeyUnreadable`."""
        sealed = self.vault.seal(self._open(key), bound_to=_binding(key.profile_id, key.public_multibase))
        return replace(key, sealed_private=sealed.ciphertext, kek=sealed.kek)

    def _open(self, key: HeldKey) -> bytes:
        binding = _binding(key.profile_id, key.public_multibase)
        return self.vault.open(Sealed(key.kek, key.sealed_private), bound_to=binding)


@dataclass(frozen=True)
class Signers:
    """Several custodians side by side: each key is used where it was made, new ones are made in `newest`."""

    newest: str
    custodians: Mapping[str, Signer]

    def make(self, profile_id: uuid.UUID) -> HeldKey:
        """Return a new key made where new keys are made."""
        return self._custodian(self.newest).make(profile_id)

    def sign(self, key: HeldKey, messages: Sequence[bytes]) -> list[bytes]:
        """Sign where `key` is held. Raises `SignerUnknown` when its custodian is not set up here."""
        return self._custodian(key.custodian).sign(key, messages)

    def _custodian(self, name: str) -> Signer:
        if name not in self.custodians:
            raise SignerUnknown(custodian=name)
        return self.custodians[name]


def _binding(profile_id: uuid.UUID, multibase: str) -> str:
    return f"{profile_id}:{multibase}"
