"""Revocation: a free place in a status list for each new badge, and the signed list of the withdrawn ones."""

import hashlib
import random
import uuid
from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from badges import audit, outbox
from badges.clock import Clock
from badges.crash import crash_point
from badges.db import transaction
from badges.errors import NotFound, RevocationReasonNeeded
from badges.issuer.models import Credential, IssuerKey, IssuerProfile, StatusList
from badges.issuer.rules import INDEX_TRIES, LIST_SIZE, STATUS_TTL, free_index
from badges.issuer.service_signing import SYSTEM, Issuing, active_key, sign
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
    did: str
    key: IssuerKey
    revoked: tuple[int, ...]


def take_index(session: Session, issuing: Issuing, profile: IssuerProfile) -> tuple[StatusList, int]:
    """Return a list of `profile` and a random place in it that no credential ever had.

    A list in which sixteen random places are all taken is nearly full: a new one is begun. The caller
    holds the lock of the profile; the unique constraint of the ledger stands behind it.
    """
    status_list = session.scalars(
        select(StatusList)
        .where(StatusList.profile_id == profile.id)
        .order_by(StatusList.number.desc())
        .limit(1)
    ).one()
    candidates = _RANDOM.sample(range(status_list.size), INDEX_TRIES)
    taken = session.scalars(
        select(Credential.status_index).where(
            Credential.status_list_id == status_list.id, Credential.status_index.in_(candidates)
        )
    ).all()
    index = free_index(candidates, taken)
    if index is None:
        return begin_list(session, issuing, profile.id, status_list.number + 1), candidates[0]
    return status_list, index


def begin_list(session: Session, issuing: Issuing, profile_id: uuid.UUID, number: int) -> StatusList:
    """Add an empty list to a profile; its first signature is owed through the outbox."""
    status_list = StatusList(
        id=issuing.clock.new_id(),
        profile_id=profile_id,
        number=number,
        size=LIST_SIZE,
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


def ensure_published(issuing: Issuing, status_list_id: uuid.UUID) -> None:
    """Sign a list that was never signed, so that no credential points at an absent one."""
    with issuing.sessions() as session:
        signed_at = session.scalar(select(StatusList.signed_at).where(StatusList.id == status_list_id))
    if signed_at is None:
        publish_status_list(issuing, status_list_id)


def publish_status_list(issuing: Issuing, status_list_id: uuid.UUID) -> None:
    """Build a list from the ledger, sign it, and serve it from now on (Bitstring Status List 1.0, 2.2).

    Whoever signs from an older revision loses and looks again, so a revocation is never overwritten.
    Raises `NotFound`, `KeyUnreadable`. Journals "status_list.published".
    """
    while not _published(issuing, _plan(issuing, status_list_id)):
        pass


def revoke(session: Session, clock: Clock, actor: Actor, credential_id: uuid.UUID, reason: str) -> None:
    """Withdraw a badge for ever. `reason` (300 characters) stays inside: outside, nothing says why.

    Its claim ends with it, so that the same skill and level can be asked for again.

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
        crash_point("revoke:before-commit")
    crash_point("revoke:after-commit")


def _plan(issuing: Issuing, status_list_id: uuid.UUID) -> _Plan:
    with issuing.sessions() as session:
        status_list = session.get(StatusList, status_list_id)
        if status_list is None:
            raise NotFound
        profile = session.get_one(IssuerProfile, status_list.profile_id)
        revoked = session.scalars(
            select(Credential.status_index).where(
                Credential.status_list_id == status_list_id, Credential.revoked_at.is_not(None)
            )
        )
        return _Plan(status_list, profile.did, active_key(session, profile.id), tuple(revoked))


def _published(issuing: Issuing, plan: _Plan) -> bool:
    now, row = issuing.clock.now(), plan.status_list
    document = status.status_list_credential(
        issuing.addresses.status_list(row.id),
        plan.did,
        status.bitstring(plan.revoked, length=row.size),
        valid_from=now,
    )
    document["credentialSubject"]["ttl"] = int(STATUS_TTL.total_seconds()) * 1000
    signed = sign(issuing, plan.key, plan.did, dump_json(document).decode(), now)
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
        crash_point("status:before-commit")
    return won is not None


def _journal(session: Session, issuing: Issuing, plan: _Plan, signed: str) -> None:
    profile = session.get_one(IssuerProfile, plan.status_list.profile_id)
    audit.record(
        session,
        issuing.clock,
        actor=SYSTEM,
        act="status_list.published",
        subject=f"status_list:{plan.status_list.id}",
        structure_id=profile.structure_id,
        revision=str(plan.status_list.revision + 1),
        revoked=str(len(plan.revoked)),
        sha256=hashlib.sha256(signed.encode()).hexdigest(),
    )
