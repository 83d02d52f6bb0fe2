"""Showing the witness what strangers are about to see: always before the commit, so that it is never behind.

A crash in between leaves the witness one step ahead of us, which harms nobody: a bit that is on there was
withdrawn in the ledger before, and a key that was never used signs nothing.
"""

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from badges.audit import GENESIS, JournalEntry
from badges.db import transaction
from badges.errors import KeyUnreadable, NotFound, WitnessAhead, WitnessDoubtful
from badges.issuer import queries
from badges.issuer.models import Credential, IssuerKey, IssuerProfile, JwtKey, StatusList
from badges.issuer.rules_witness import (
    HEAD,
    ISSUERS,
    LISTS,
    HeadSeen,
    ListSeen,
    SealedIssuer,
    Witnessed,
    canonical,
    list_name,
    read_head,
    read_issuer,
    read_list,
    seal_binding,
    write_issuer,
    write_seen,
)
from badges.issuer.service_signing import Issuing
from badges.issuer.vault import KeyVault, Sealed
from badges.issuer.witness import Witness
from badges.openbadges.loads import Document
from badges.people.models import Structure

_LIFE: Final = ("id", "state", "created_at", "retired_at", "compromised_from")
_KEY: Final = ("public_multibase", "custodian", *_LIFE)
_JWT_KEY: Final = ("thumbprint", "beside", "public_jwk", *_LIFE)
_PROFILE: Final = ("id", "structure_id", "slug", "did", "created_at", "issues_in_waves", "validity_months")
_STRUCTURE: Final = (
    "id", "slug", "model", "public_name", "public_description", "public_email", "public_url", "language",
    "created_at",
)  # fmt: skip


def show_list(session: Session, issuing: Issuing, status_list_id: uuid.UUID, *, lines: int = 0) -> None:
    """Show a list as it will be served once the caller commits, and the head of the journal.

    The caller's transaction holds the row, so the highest revision is written last. `lines` is how many
    lines it has added to the journal: the head shown is the one before them, which is surely kept.
    Raises `WitnessAway`, and `WitnessAhead` when strangers saw a newer one: the caller must not commit.
    """
    if issuing.witness is None:
        return
    row = session.get_one(StatusList, status_list_id, populate_existing=True)
    before = _seen_before(issuing.witness, status_list_id)
    if before is not None and before.revision > row.revision:
        raise WitnessAhead(name=before.name)
    if row.signed is not None and row.signed_at is not None:
        seen = ListSeen(
            id=row.id,
            profile_id=row.profile_id,
            number=row.number,
            size=row.size,
            purpose=row.purpose.value,
            revision=row.revision,
            created_at=row.created_at,
            signed_at=row.signed_at,
            signed=row.signed,
            withdrawn=(before.withdrawn if before else {}) | _withdrawn(session, row.id),
        )
        issuing.witness.write(seen.name, write_seen(seen))
    show_head(session, issuing, lines=lines)


def show_keys(session: Session, issuing: Issuing, profile_id: uuid.UUID) -> None:
    """Show every public key of an issuer and what became of it, as it will be once the caller commits.

    The caller's transaction holds the lock of the profile. Raises `WitnessAway`.
    """
    if issuing.witness is None:
        return
    session.flush()
    body = _issuer(session, issuing, session.get_one(IssuerProfile, profile_id))
    digest = hashlib.sha256(canonical(body)).digest()
    sealed = issuing.vault.seal(digest, bound_to=seal_binding(profile_id))
    seen = SealedIssuer(id=profile_id, body=body, kek=sealed.kek, seal=sealed.ciphertext)
    issuing.witness.write(seen.name, write_issuer(seen))


def show_head(session: Session, issuing: Issuing, *, lines: int = 0) -> None:
    """Show the newest line of the journal but for the `lines` that the caller may still take back."""
    if issuing.witness is None:
        return
    newest = select(JournalEntry).order_by(JournalEntry.sequence.desc()).offset(lines).limit(1)
    entry = session.scalars(newest).first()
    known = (entry.sequence, entry.hash) if entry else (0, GENESIS)
    seen = HeadSeen(sequence=known[0], hash=known[1], at=issuing.clock.now())
    issuing.witness.write(HEAD, write_seen(seen))


def show_all(issuing: Issuing) -> None:
    """Show everything anew: for a witness that is new, and after the key-encryption keys changed.

    A list of which the witness saw one revision more was being published when the process died; the next
    publication makes up for it. Raises `WitnessAway`, `WitnessAhead`.
    """
    if issuing.witness is None:
        return
    with issuing.sessions() as session:
        profiles = session.scalars(select(IssuerProfile.id).order_by(IssuerProfile.id)).all()
        lists = session.scalars(select(StatusList.id).order_by(StatusList.id)).all()
        for profile_id in profiles:
            with transaction(session):
                session.get_one(IssuerProfile, profile_id, with_for_update={"key_share": True})
                show_keys(session, issuing, profile_id)
        for status_list_id in lists:
            with transaction(session):
                row = session.get_one(StatusList, status_list_id, with_for_update={"key_share": True})
                before = _seen_before(issuing.witness, status_list_id)
                if before is None or before.revision != row.revision + 1:
                    show_list(session, issuing, status_list_id)
        with transaction(session):
            show_head(session, issuing)


def testimony(witness: Witness) -> Witnessed:
    """Return all that the witness keeps. Raises `WitnessDoubtful` (not a file of ours), `WitnessAway`."""
    try:
        head = read_head(HEAD, witness.read(HEAD))
    except NotFound:
        raise WitnessDoubtful(name=HEAD, reason="it is missing, so this is no witness of ours") from None
    lists, issuers = [], []
    for name in witness.names():
        if name.startswith(LISTS):
            lists.append(read_list(name, witness.read(name)))
        elif name.startswith(ISSUERS):
            issuers.append(read_issuer(name, witness.read(name)))
    return Witnessed(head, tuple(lists), tuple(issuers))


def check_seal(vault: KeyVault, issuer: SealedIssuer) -> None:
    """Pass when our own vault made the seal of `issuer`. Raises `WitnessDoubtful`."""
    try:
        digest = vault.open(Sealed(issuer.kek, issuer.seal), bound_to=seal_binding(issuer.id))
    except KeyUnreadable:
        reason = f"its seal does not open with the key-encryption key {issuer.kek!r}"
        raise WitnessDoubtful(name=issuer.name, reason=reason) from None
    if digest != hashlib.sha256(canonical(issuer.body)).digest():
        raise WitnessDoubtful(name=issuer.name, reason="it was changed after we sealed it")


def _seen_before(witness: Witness, status_list_id: uuid.UUID) -> ListSeen | None:
    name = list_name(status_list_id)
    try:
        return read_list(name, witness.read(name))
    except NotFound:
        return None


def _withdrawn(session: Session, status_list_id: uuid.UUID) -> dict[str, str]:
    rows = session.execute(
        select(Credential.status_index, Credential.claim_id)
        .where(Credential.status_list_id == status_list_id, Credential.revoked_at.is_not(None))
        .order_by(Credential.status_index)
    )
    return {str(index): str(claim_id) for index, claim_id in rows}


def _issuer(session: Session, issuing: Issuing, profile: IssuerProfile) -> Document:
    """Gather what is public; did.json and JWKS can be served by hand while the platform is down."""
    return {
        "structure": _facts(session.get_one(Structure, profile.structure_id), _STRUCTURE),
        "profile": _facts(profile, _PROFILE),
        "keys": [_facts(key, _KEY) for key in _rows(session, IssuerKey, profile.id)],
        "jwt_keys": [_facts(key, _JWT_KEY) for key in _rows(session, JwtKey, profile.id)],
        "did_document": queries.did_document(session, profile.slug),
        "key_set": queries.key_set(session, profile.slug, issuing.base_url),
    }


def _rows(session: Session, kind: type[Any], profile_id: uuid.UUID) -> Sequence[Any]:
    return session.scalars(
        select(kind).where(kind.profile_id == profile_id).order_by(kind.created_at, kind.id)
    ).all()


def _facts(row: object, names: Sequence[str]) -> Mapping[str, Any]:
    return {name: _plain(getattr(row, name)) for name in names}


def _plain(value: object) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return value if value is None or isinstance(value, bool | int) else str(value)
