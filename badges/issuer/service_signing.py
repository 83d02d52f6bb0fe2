"""What every signature goes through: the key out of its vault, the proof, a check of the result."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from badges.clock import Clock
from badges.errors import NotFound, SignedOtherwise
from badges.issuer.artwork import Artwork
from badges.issuer.models import IssuerKey, IssuerProfile, KeyState
from badges.issuer.rules import Addresses
from badges.issuer.vault import KeyVault, Sealed
from badges.openbadges import keys, proof
from badges.openbadges.loads import Document, dump_json, load_json

SYSTEM = "system"


@dataclass(frozen=True)
class Issuing:
    """What issuing borrows from outside: databases, time, the vault, the drawings, and our public address."""

    sessions: sessionmaker[Session]
    clock: Clock
    vault: KeyVault
    artwork: Artwork
    base_url: str

    @property
    def addresses(self) -> Addresses:
        """Where what we publish stands."""
        return Addresses(self.base_url)


def lock_profile(session: Session, structure_id: uuid.UUID) -> IssuerProfile:
    """Return the profile of `structure_id`, locked until the end of the transaction. Raises `NotFound`.

    It is the one lock that keeps two reservations or two rotations of an issuer apart.
    """
    profile = session.scalars(
        select(IssuerProfile)
        .where(IssuerProfile.structure_id == structure_id)
        .with_for_update(key_share=True)
    ).one_or_none()
    if profile is None:
        raise NotFound
    return profile


def active_key(session: Session, profile_id: uuid.UUID) -> IssuerKey:
    """Return the one key of a profile that signs now."""
    return session.scalars(
        select(IssuerKey).where(IssuerKey.profile_id == profile_id, IssuerKey.state == KeyState.ACTIVE)
    ).one()


def new_key(issuing: Issuing, profile_id: uuid.UUID) -> IssuerKey:
    """Make an Ed25519 key for `profile_id`, its private half already sealed; the caller adds the row."""
    private = keys.generate_private_key()
    multibase = keys.public_multibase(private.public_key())
    sealed = issuing.vault.seal(keys.private_bytes(private), bound_to=_binding(profile_id, multibase))
    return IssuerKey(
        id=issuing.clock.new_id(),
        profile_id=profile_id,
        public_multibase=multibase,
        sealed_private=sealed.ciphertext,
        kek=sealed.kek,
        state=KeyState.ACTIVE,
        created_at=issuing.clock.now(),
    )


def reseal(vault: KeyVault, key: IssuerKey) -> None:
    """Seal the private half of `key` again, under the key-encryption key that seals now."""
    binding = _binding(key.profile_id, key.public_multibase)
    sealed = vault.seal(vault.open(Sealed(key.kek, key.sealed_private), bound_to=binding), bound_to=binding)
    key.kek, key.sealed_private = sealed.kek, sealed.ciphertext


def method_of(did: str, key: IssuerKey) -> str:
    """Return the verification method of `key`: the DID and the key itself as fragment."""
    return f"{did}#{key.public_multibase}"


def sign(issuing: Issuing, key: IssuerKey, did: str, frozen: str, created: datetime) -> str:
    """Return `frozen` (JSON) with its proof, as JSON; the same arguments give the same bytes.

    What comes back is `frozen` plus a proof that checks, or `SignedOtherwise` is raised.
    Raises `KeyUnreadable` when the vault cannot open the key.
    """
    document = load_json(frozen)
    sealed = Sealed(key.kek, key.sealed_private)
    secret = issuing.vault.open(sealed, bound_to=_binding(key.profile_id, key.public_multibase))
    private = keys.private_from_bytes(secret)
    signed = proof.sign(document, private, method_of(did, key), created)
    _check_signed(document, signed, key)
    return dump_json(signed).decode()


def _check_signed(document: Document, signed: Document, key: IssuerKey) -> None:
    if {name: value for name, value in signed.items() if name != "proof"} != document:
        raise SignedOtherwise
    proof.check(signed, signed["proof"][0], keys.public_from_multibase(key.public_multibase))


def _binding(profile_id: uuid.UUID, multibase: str) -> str:
    return f"{profile_id}:{multibase}"
