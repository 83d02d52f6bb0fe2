"""Merging what the witness saw after the backup: keys stay, no bit goes off, no place is taken twice."""

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from badges import audit
from badges.audit import JournalEntry
from badges.backup.queries_testimony import CheckedList, Testimony
from badges.backup.rules import missing_lines, tell_missing
from badges.issuer.models import (
    Credential,
    IssuerKey,
    IssuerProfile,
    JwtKey,
    KeyState,
    SpentStatusEntry,
    StatusList,
    StatusPurpose,
)
from badges.issuer.service_signing import Issuing, new_key
from badges.issuer.service_status import owe_listing
from badges.issuer.service_waves import leave_waves
from badges.openbadges.loads import Document
from badges.outbox import OutboxMessage
from badges.people.models import Structure, StructureModel
from badges.permissions import console
from badges.recognition import service as recognition
from badges.recognition.models import Claim
from badges.recognition.rules import WORKFLOW, Step

AT_A_TIME: Final = 500
LOST: Final = "lost"
"""The custodian of a key whose private half went with the database: it verifies and signs nothing more."""
REASON: Final = "Withdrawn after the backup that was put back."


@dataclass(frozen=True, kw_only=True)
class Merged:
    """What a restore brought back beyond the backup. `missing_lines` is None when nobody can tell."""

    witnessed: bool
    missing_lines: int | None = None
    issuers: int = 0
    keys: int = 0
    lists: int = 0
    bits: int = 0
    withdrawn: int = 0
    closed: int = 0

    def details(self) -> dict[str, str]:
        """Return it for the journal."""
        return {name: str(value) for name, value in vars(self).items()}

    def lines(self) -> Iterator[str]:
        """Yield what a person reads."""
        if not self.witnessed:
            yield "NO witness: badges withdrawn after the backup look valid again, and badges signed with a"
            yield "key made after it no longer verify. Withdraw again what you know of."
        else:
            yield f"From the witness: {self.bits} withdrawals or pauses, {self.lists} lists,"
            yield f"{self.keys} public keys, {self.issuers} issuers."
            yield f"{self.withdrawn} claims ended, whose badges were made and withdrawn after the backup."
            yield tell_missing(self.missing_lines)
        yield f"{self.closed} status lists are closed: new badges take places in new ones."


def merge(session: Session, issuing: Issuing, told: Testimony | None) -> Merged:
    """Merge `told` into a database just put back, in the caller's transaction, and close every list.

    A key whose private half is lost stays published and signs nothing; an issuer left without an active
    key gets a new one. A withdrawn badge that the ledger knows is withdrawn in it; a claim whose badge was
    made and withdrawn after the backup ends, so that it is not issued anew. Every other place that is on
    becomes a spent one. Journals "credential.revoked" and "claim.revoke" for each.
    """
    if told is None:
        return Merged(witnessed=False, closed=_close_lists(session, issuing))
    lines = _missing_lines(session, told)
    issuers = sum(_ensure_issuer(session, issuer.body) for issuer in told.issuers.values())
    keys = sum(_merge_keys(session, issuing, issuer.body) for issuer in told.issuers.values())
    lists = sum(_ensure_list(session, one) for one in told.lists)
    bits = sum(_merge_bits(session, issuing, one) for one in told.lists)
    withdrawn = sum(_end_claims(session, issuing, one) for one in told.lists)
    closed = _close_lists(session, issuing)
    return Merged(
        witnessed=True, missing_lines=lines, issuers=issuers, keys=keys, lists=lists, bits=bits,
        withdrawn=withdrawn, closed=closed,
    )  # fmt: skip


def _missing_lines(session: Session, told: Testimony) -> int | None:
    last = session.scalar(select(func.max(JournalEntry.sequence))) or 0
    same = select(JournalEntry.sequence).where(
        JournalEntry.sequence == told.head.sequence, JournalEntry.hash == told.head.hash
    )
    seen_is_ours = told.head.sequence == 0 or session.scalar(same) is not None
    return missing_lines(last, told.head.sequence, seen_is_ours=seen_is_ours)


def _ensure_issuer(session: Session, body: Document) -> bool:
    """Bring an issuer opened after the backup back as its public face; its people are not known any more."""
    if session.get(IssuerProfile, uuid.UUID(body["profile"]["id"])) is not None:
        return False
    facts = body["structure"]
    if session.get(Structure, uuid.UUID(facts["id"])) is None:
        values = facts | _typed(facts, ids=("id",), moments=("created_at",))
        values |= {"model": StructureModel(facts["model"]), "legal_name": facts["public_name"], "kind": ""}
        session.add(Structure(**values))
        session.flush()
    profile = body["profile"]
    session.add(
        IssuerProfile(**profile | _typed(profile, ids=("id", "structure_id"), moments=("created_at",)))
    )
    session.flush()
    return True


def _merge_keys(session: Session, issuing: Issuing, body: Document) -> int:
    profile_id = uuid.UUID(body["profile"]["id"])
    lost = [
        *(_merge_key(session, issuing, IssuerKey, profile_id, key) for key in body["keys"]),
        *(_merge_key(session, issuing, JwtKey, profile_id, key) for key in body["jwt_keys"]),
    ]
    session.flush()
    active = select(IssuerKey.id).where(
        IssuerKey.profile_id == profile_id, IssuerKey.state == KeyState.ACTIVE
    )
    if session.scalar(active) is None:
        key = new_key(issuing, profile_id)
        session.add(key)
        _journal(
            session, issuing, "issuer_key.created", f"issuer_key:{key.id}", public_key=key.public_multibase
        )
    return sum(lost)


def _merge_key(
    session: Session,
    issuing: Issuing,
    kind: type[IssuerKey] | type[JwtKey],
    profile_id: uuid.UUID,
    seen: Document,
) -> bool:
    """Let a key be at least as retired or disowned as the witness saw it; tell whether it is a lost one."""
    facts = seen | _typed(seen, ids=("id",), moments=("created_at", "retired_at", "compromised_from"))
    row = cast("IssuerKey | JwtKey | None", session.get(kind, facts["id"]))
    is_lost = row is None
    if row is None:
        custody = {"custodian": LOST} if kind is IssuerKey else {}
        facts |= custody | {"profile_id": profile_id, "sealed_private": b"", "kek": ""}
        row = kind(**facts | {"state": KeyState.RETIRED})
        session.add(row)
    if KeyState(seen["state"]) is KeyState.COMPROMISED:
        row.state, row.compromised_from = KeyState.COMPROMISED, facts["compromised_from"]
    elif KeyState(seen["state"]) is KeyState.RETIRED and row.state is KeyState.ACTIVE:
        row.state = KeyState.RETIRED
    if row.state is KeyState.RETIRED:
        row.retired_at = row.retired_at or facts["retired_at"] or issuing.clock.now()
    return is_lost


def _ensure_list(session: Session, one: CheckedList) -> bool:
    """Serve a list again as it was last seen."""
    seen, row = one.seen, session.get(StatusList, one.seen.id)
    is_new = row is None
    if row is None:
        row = StatusList(
            id=seen.id,
            profile_id=seen.profile_id,
            number=seen.number,
            size=seen.size,
            purpose=StatusPurpose(seen.purpose),
            revision=0,
            created_at=seen.created_at,
        )
        session.add(row)
    if seen.revision >= row.revision:
        row.revision, row.signed, row.signed_at = seen.revision, seen.signed, seen.signed_at
    session.flush()
    return is_new


def _merge_bits(session: Session, issuing: Issuing, one: CheckedList) -> int:
    """Keep every place that is on in `one` on, and return how many we did not know of."""
    now, seen = issuing.clock.now(), one.seen
    ledger = {
        row.status_index: row
        for row in session.scalars(select(Credential).where(Credential.status_list_id == seen.id))
    }
    spent = set(
        session.scalars(
            select(SpentStatusEntry.status_index).where(SpentStatusEntry.status_list_id == seen.id)
        )
    )
    added = 0
    for index in sorted(one.on - spent):
        row = ledger.get(index)
        if row is not None and _is_on(row, seen.purpose):
            continue
        added += 1
        if row is not None and str(index) in seen.withdrawn:
            _withdraw(session, issuing, row)
        elif row is not None and seen.purpose == StatusPurpose.SUSPENSION:
            row.suspended_at = now
        else:
            session.add(
                SpentStatusEntry(status_list_id=seen.id, status_index=index, cause="restored", spent_at=now)
            )
    session.flush()
    return added


def _is_on(row: Credential, purpose: str) -> bool:
    return row.revoked_at is not None or (
        purpose == StatusPurpose.SUSPENSION and row.suspended_at is not None
    )


def _withdraw(session: Session, issuing: Issuing, row: Credential) -> None:
    row.revoked_at, row.revocation_reason = issuing.clock.now(), REASON
    session.flush()
    _end_claim(session, issuing, row.claim_id)
    owe_listing(session, issuing.clock, row)
    subject, index = f"credential:{row.id}", str(row.status_index)
    _journal(session, issuing, "credential.revoked", subject, structure_id=row.structure_id, index=index)


def _end_claims(session: Session, issuing: Issuing, one: CheckedList) -> int:
    """End claims whose badge is withdrawn there and unknown here; return how many.

    A badge that is known here but stands elsewhere was paused before it was withdrawn: it is withdrawn too.
    """
    claims = [uuid.UUID(claim_id) for claim_id in one.seen.withdrawn.values()]
    for first in range(0, len(claims), AT_A_TIME):
        some = Credential.claim_id.in_(claims[first : first + AT_A_TIME])
        known = select(Credential).where(some, Credential.revoked_at.is_(None)).order_by(Credential.id)
        for row in session.scalars(known).all():
            _withdraw(session, issuing, row)
    return sum(_end_claim(session, issuing, claim_id) for claim_id in claims)


def _end_claim(session: Session, issuing: Issuing, claim_id: uuid.UUID) -> bool:
    claim = session.get(Claim, claim_id)
    if claim is None or claim.state not in WORKFLOW[Step.REVOKE].start:
        return False
    _owe_no_longer(session, issuing, claim_id)
    recognition.end_revoked(session, issuing.clock, console(claim.structure_id), claim_id)
    return True


def _owe_no_longer(session: Session, issuing: Issuing, claim_id: uuid.UUID) -> None:
    """Take a claim out of its wave and of the outbox, also when a process that is no more had it in hand."""
    session.execute(
        update(OutboxMessage)
        .where(OutboxMessage.key == f"{recognition.APPROVED}:{claim_id}", OutboxMessage.done_at.is_(None))
        .values(done_at=issuing.clock.now(), leased_until=None)
    )
    leave_waves(session, [claim_id])


def _close_lists(session: Session, issuing: Issuing) -> int:
    closing = update(StatusList).where(StatusList.closed_at.is_(None)).values(closed_at=issuing.clock.now())
    return len(session.scalars(closing.returning(StatusList.id)).all())


def _journal(
    session: Session,
    issuing: Issuing,
    act: str,
    subject: str,
    structure_id: uuid.UUID | None = None,
    **details: str,
) -> None:
    audit.record(
        session,
        issuing.clock,
        actor="console",
        act=act,
        subject=subject,
        structure_id=structure_id,
        **details,
    )


def _typed(facts: Mapping[str, Any], *, ids: tuple[str, ...], moments: tuple[str, ...]) -> dict[str, Any]:
    """Return the values of `facts` that JSON holds as text, as they are in the database."""
    found: dict[str, Any] = {name: uuid.UUID(facts[name]) for name in ids}
    return found | {name: datetime.fromisoformat(facts[name]) if facts[name] else None for name in moments}
