"""What every signature goes through: the key with its custodian, the proof, a check of the result."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from badges.clock import Clock
from badges.errors import BadProof, NotFound, SignedOtherwise
from badges.issuer.artwork import Artwork
from badges.issuer.models import IssuerKey, IssuerProfile, KeyState
from badges.issuer.queries_restore import require_acknowledged
from badges.issuer.rules import Addresses
from badges.issuer.signer import LOCAL, HeldKey, LocalSigner, Signer
from badges.issuer.vault import KeyVault
from badges.issuer.witness import Witness
from badges.openbadges import keys, proof
from badges.openbadges.loads import Document, dump_json, load_json
from badges.openbadges.multibase import encode_base58
from badges.permissions import Action, Actor, Thing, require

SYSTEM = "system"


@dataclass(frozen=True)
class Issuing:
    """What issuing borrows from outside: databases, time, keys, who signs, drawings, our public address.

    `witness` sees each list and key before strangers do; None where the operator has set none up.
    """

    sessions: sessionmaker[Session]
    clock: Clock
    vault: KeyVault
    signer: Signer
    artwork: Artwork
    base_url: str
    witness: Witness | None = None

    @property
    def addresses(self) -> Addresses:
        """Where what we publish stands."""
        return Addresses(self.base_url)


def lock_profile(session: Session, structure_id: uuid.UUID) -> IssuerProfile:
    """Return the profile of `structure_id`, locked until the end of the transaction. Raises `NotFound`.

    It is the one lock that keeps two reservations or two rotations of an issuer apart.
    Raises `RestoreUnacknowledged` while a backup that was put back waits to be looked at.
    """
    require_acknowledged(session)
    profile = session.scalars(
        select(IssuerProfile)
        .where(IssuerProfile.structure_id == structure_id)
        .with_for_update(key_share=True)
    ).one_or_none()
    if profile is None:
        raise NotFound
    return profile


def own_profile(session: Session, actor: Actor) -> IssuerProfile:
    """Return the profile of the actor's own structure, locked, for what its administrator decides.

    Raises `Forbidden`, `NotFound` when the structure is no issuer yet, and what `lock_profile` raises.
    """
    require(actor, Action.MANAGE_ISSUER, Thing(structure_id=actor.structure_id))
    if actor.structure_id is None:
        raise NotFound
    return lock_profile(session, actor.structure_id)


def active_key(session: Session, profile_id: uuid.UUID) -> IssuerKey:
    """Return the one key of a profile that signs now."""
    return session.scalars(
        select(IssuerKey).where(IssuerKey.profile_id == profile_id, IssuerKey.state == KeyState.ACTIVE)
    ).one()


def new_key(issuing: Issuing, profile_id: uuid.UUID) -> IssuerKey:
    """Have an Ed25519 key made for `profile_id` where new keys are made; the caller adds the row."""
    made = issuing.signer.make(profile_id)
    return IssuerKey(
        id=issuing.clock.new_id(),
        profile_id=profile_id,
        public_multibase=made.public_multibase,
        sealed_private=made.sealed_private,
        kek=made.kek,
        custodian=made.custodian,
        state=KeyState.ACTIVE,
        created_at=issuing.clock.now(),
    )


def reseal(vault: KeyVault, key: IssuerKey) -> None:
    """Seal the private half of a local `key` again, under the key-encryption key that seals now."""
    if key.custodian == LOCAL:
        sealed = LocalSigner(vault).reseal(held_key(key))
        key.kek, key.sealed_private = sealed.kek, sealed.sealed_private


def held_key(key: IssuerKey) -> HeldKey:
    """Return what the signer needs to know of `key`."""
    return HeldKey(
        profile_id=key.profile_id,
        public_multibase=key.public_multibase,
        custodian=key.custodian,
        sealed_private=key.sealed_private,
        kek=key.kek,
    )


def method_of(did: str, key: IssuerKey) -> str:
    """Return the verification method of `key`: the DID and the key itself as fragment."""
    return f"{did}#{key.public_multibase}"


def sign(issuing: Issuing, key: IssuerKey, did: str, frozen: str, created: datetime) -> str:
    """Return `frozen` (JSON) with its proof, as JSON; the same arguments give the same bytes.

    What comes back is `frozen` plus a proof that checks, or `SignedOtherwise` is raised.
    Raises a subclass of `Unavailable` (`KeyUnreadable`, `SignerAway`) when the key cannot be used now.
    """
    document = load_json(frozen)
    options = proof.proof_options(method_of(did, key), created)
    (signature,) = issuing.signer.sign(held_key(key), [proof.proof_hash(document, options)])
    signed = dump_json(document | {"proof": [options | {"proofValue": encode_base58(signature)}]}).decode()
    _check_signed(document, load_json(signed), key)
    return signed


def _check_signed(document: Document, signed: Document, key: IssuerKey) -> None:
    if {name: value for name, value in signed.items() if name != "proof"} != document:
        raise SignedOtherwise
    try:
        proof.check(signed, signed["proof"][0], keys.public_from_multibase(key.public_multibase))
    except BadProof as fault:
        raise SignedOtherwise from fault
