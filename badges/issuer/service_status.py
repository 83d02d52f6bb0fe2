"""Status lists: a place that nobody ever had for each new badge, and the signed bits that strangers read."""

import hashlib
import random
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, or_, select, union_all, update
from sqlalchemy.orm import Session

from badges import audit, outbox
from badges.clock import Clock
from badges.crash import crash_point
from badges.db import transaction
from badges.errors import NotFound, RevocationReasonNeeded
from badges.issuer.models import (
    Credential,
    IssuerKey,
    IssuerProfile,
    SpentStatusEntry,
    StatusList,
    StatusPurpose,
)
from badges.issuer.queries_restore import require_acknowledged
from badges.issuer.rules import LIST_SIZE, STATUS_TTL
from badges.issuer.rules_status import Place, candidates, is_nearly_full, says_the_same
from badges.issuer.service_signing import SYSTEM, Issuing, active_key, method_of, sign
from badges.issuer.service_witness import show_list
from badges.openbadges import status
from badges.openbadges.loads import dump_json
from badges.permissions import Action, Actor, Thing, require
from badges.recognition import service as recognition

REASON_LENGTH = 300
_RANDOM = random.SystemRandom()


@dataclass(frozen=True)
class _Plan:
    """One signing of a list, decided on the ledger as it stood at `revision`."""

    status_list: StatusList
    profile: IssuerProfile
    key: IssuerKey
    bits: bytes


def take_index(
    session: Session,
    issuing: Issuing,
    profile: IssuerProfile,
    purpose: StatusPurpose = StatusPurpose.REVOCATION,
) -> Place:
    """Return one place as `take_indexes` does."""
    (place,) = take_indexes(session, issuing, profile, 1, purpose)
    return place


def take_indexes(
    session: Session,
    issuing: Issuing,
    profile: IssuerProfile,
    count: int,
    purpose: StatusPurpose = StatusPurpose.REVOCATION,
) -> list[Place]:
    """Return `count` random places in the open list of `profile` for `purpose` that no badge ever had.

    More are drawn than needed and looked up at once: one query, until the list fills up. A list in which
    fewer than one place in sixteen is free is closed and the next one begun; a closed list gives no place.
    The caller holds the lock of the profile and stores the places in the same transaction; the unique
    constraint of the ledger stands behind it.
    """
    places: list[Place] = []
    status_list = _open_list(session, issuing, profile.id, purpose)
    while len(places) < count:
        drawn = candidates(_RANDOM, status_list.size, count - len(places))
        free = _free(session, status_list.id, drawn, places)
        places += [Place(status_list.id, index) for index in free[: count - len(places)]]
        if len(places) < count and is_nearly_full(drawn, free):
            status_list.closed_at = issuing.clock.now()
            status_list = begin_list(session, issuing, profile.id, purpose)
    return places


def begin_list(
    session: Session, issuing: Issuing, profile_id: uuid.UUID, purpose: StatusPurpose
) -> StatusList:
    """Add an empty list to a profile; its first signature is owed through the outbox."""
    last = session.scalar(select(func.max(StatusList.number)).where(StatusList.profile_id == profile_id))
    status_list = StatusList(
        id=issuing.clock.new_id(),
        profile_id=profile_id,
        number=(last or 0) + 1,
        size=LIST_SIZE,
        purpose=purpose,
        revision=0,
        created_at=issuing.clock.now(),
    )
    session.add(status_list)
    session.flush()
    owe_publication(session, issuing.clock, status_list.id, cause="begun")
    return status_list


def owe_publication(session: Session, clock: Clock, status_list_id: uuid.UUID, *, cause: str) -> None:
    """Have a list signed again after the commit; each `cause` counts once."""
    outbox.publish(
        session,
        clock,
        topic="status_list.changed",
        key=f"{status_list_id}:{cause}",
        status_list_id=str(status_list_id),
    )


def owe_listing(session: Session, clock: Clock, credential: Credential) -> None:
    """Have a withdrawn badge that stands among the pauses listed among the withdrawals after the commit."""
    if session.get_one(StatusList, credential.status_list_id).purpose is StatusPurpose.SUSPENSION:
        outbox.publish(
            session,
            clock,
            topic="credential.withdrawn",
            key=str(credential.id),
            credential_id=str(credential.id),
        )


def ensure_published(issuing: Issuing, status_list_id: uuid.UUID) -> None:
    """Sign a list that was never signed, or not with the active key, before a credential points at it.

    So no credential points at an absent list, nor at one whose key was compromised a moment ago.
    """
    with issuing.sessions() as session:
        found = session.execute(
            select(StatusList.signed, IssuerProfile)
            .join(IssuerProfile, IssuerProfile.id == StatusList.profile_id)
            .where(StatusList.id == status_list_id)
        ).one_or_none()
        if found is None:
            raise NotFound
        signed, profile = found
        method = method_of(profile.did, active_key(session, profile.id))
    if signed is None or f'"{method}"' not in signed:
        publish_status_list(issuing, status_list_id)


def publish_status_list(issuing: Issuing, status_list_id: uuid.UUID) -> None:
    """Have what is served say what the ledger says, signed by the active key (Bitstring Status List, 2.2).

    Nothing is signed when it says so already: ten withdrawals at once are one signature. Whoever signs from
    an older revision loses; and whoever has signed looks once more, because the ledger may have moved on
    while they signed, so the last word is always that of the ledger, also when a bit goes off again.
    Raises `NotFound` and what `sign` raises. Journals "status_list.published" for each signature.
    """
    while (plan := _plan(issuing, status_list_id)) is not None:
        _publish(issuing, plan)


def revoke(session: Session, clock: Clock, actor: Actor, credential_id: uuid.UUID, reason: str) -> None:
    """Withdraw a badge for ever. `reason` (300 characters) stays inside: outside, nothing says why.

    Its claim ends with it, so that the same skill and level can be asked for again. A badge that was ever
    paused stands in a list of suspensions: its bit there stays on, and it is owed an entry among the
    withdrawals (`list_as_withdrawn`).

    The status list is signed again right after the commit, and shows it everywhere within its five
    minutes. Twice is once. Raises `RevocationReasonNeeded`, `NotFound`, `Forbidden`.
    Journals "credential.revoked", without the reason, and "claim.revoke".
    """
    if not reason.strip():
        raise RevocationReasonNeeded
    with transaction(session):
        credential = session.get(Credential, credential_id, with_for_update=True)
        if credential is None:
            raise NotFound
        require(actor, Action.REVOKE_CREDENTIAL, Thing(structure_id=credential.structure_id))
        if credential.revoked_at is not None:
            return
        credential.revoked_at, credential.revoked_by = clock.now(), actor.person_id
        credential.revocation_reason = reason.strip()[:REASON_LENGTH]
        recognition.end_revoked(session, clock, actor, credential.claim_id)
        audit.record(
            session,
            clock,
            actor=actor.journal_name,
            act="credential.revoked",
            subject=f"credential:{credential.id}",
            structure_id=credential.structure_id,
            index=str(credential.status_index),
        )
        owe_publication(session, clock, credential.status_list_id, cause=str(credential.id))
        owe_listing(session, clock, credential)
        crash_point("revoke:before-commit")
    crash_point("revoke:after-commit")


def _open_list(
    session: Session, issuing: Issuing, profile_id: uuid.UUID, purpose: StatusPurpose
) -> StatusList:
    newest = session.scalars(
        select(StatusList)
        .where(
            StatusList.profile_id == profile_id,
            StatusList.purpose == purpose,
            StatusList.closed_at.is_(None),
        )
        .order_by(StatusList.number.desc())
        .limit(1)
    ).one_or_none()
    return newest or begin_list(session, issuing, profile_id, purpose)


def _free(
    session: Session, status_list_id: uuid.UUID, drawn: Sequence[int], places: Sequence[Place]
) -> list[int]:
    ledger = select(Credential.status_index).where(
        Credential.status_list_id == status_list_id, Credential.status_index.in_(drawn)
    )
    spent = select(SpentStatusEntry.status_index).where(
        SpentStatusEntry.status_list_id == status_list_id, SpentStatusEntry.status_index.in_(drawn)
    )
    taken = set(session.scalars(union_all(ledger, spent)))
    taken |= {place.index for place in places if place.status_list_id == status_list_id}
    return [index for index in drawn if index not in taken]


def _plan(issuing: Issuing, status_list_id: uuid.UUID) -> _Plan | None:
    """Read what is served, then what is true, in this order; None when they agree."""
    with issuing.sessions() as session:
        require_acknowledged(session)
        status_list = session.get(StatusList, status_list_id)
        if status_list is None:
            raise NotFound
        profile = session.get_one(IssuerProfile, status_list.profile_id)
        key = active_key(session, profile.id)
        bits = status.bitstring(_set_indexes(session, status_list), length=status_list.size)
    if status_list.signed and says_the_same(status_list.signed, bits, method_of(profile.did, key)):
        return None
    return _Plan(status_list, profile, key, bits)


def _set_indexes(session: Session, status_list: StatusList) -> list[int]:
    """Return the places that are on: withdrawn for ever, suspended for now, and spent ones."""
    ledger = select(Credential.status_index).where(
        Credential.status_list_id == status_list.id, _is_on(status_list.purpose)
    )
    spent = select(SpentStatusEntry.status_index).where(SpentStatusEntry.status_list_id == status_list.id)
    return list(session.scalars(union_all(ledger, spent)))


def _is_on(purpose: StatusPurpose) -> ColumnElement[bool]:
    revoked, suspended = Credential.revoked_at.is_not(None), Credential.suspended_at.is_not(None)
    return or_(revoked, suspended) if purpose is StatusPurpose.SUSPENSION else revoked


def _publish(issuing: Issuing, plan: _Plan) -> None:
    """Sign and store one revision, unless somebody else stored one meanwhile."""
    now, row = issuing.clock.now(), plan.status_list
    address, did = issuing.addresses.status_list(row.id), plan.profile.did
    document = status.status_list_credential(
        address, did, plan.bits, valid_from=now, purpose=row.purpose.value
    )
    document["credentialSubject"]["ttl"] = int(STATUS_TTL.total_seconds()) * 1000
    signed = sign(issuing, plan.key, did, dump_json(document).decode(), now)
    crash_point("status:after-sign")
    with issuing.sessions() as session, transaction(session):
        won = session.scalar(
            update(StatusList)
            .where(StatusList.id == row.id, StatusList.revision == row.revision)
            .values(signed=signed, signed_at=now, revision=row.revision + 1)
            .returning(StatusList.id)
        )
        if won:
            _journal(session, issuing, plan, signed)
            show_list(session, issuing, row.id, lines=1)
        crash_point("status:before-commit")


def _journal(session: Session, issuing: Issuing, plan: _Plan, signed: str) -> None:
    audit.record(
        session,
        issuing.clock,
        actor=SYSTEM,
        act="status_list.published",
        subject=f"status_list:{plan.status_list.id}",
        structure_id=plan.profile.structure_id,
        revision=str(plan.status_list.revision + 1),
        purpose=plan.status_list.purpose.value,
        on=str(int.from_bytes(plan.bits).bit_count()),
        sha256=hashlib.sha256(signed.encode()).hexdigest(),
    )
