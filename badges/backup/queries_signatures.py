"""Every sealed badge and every status list, verified with our own verifier and our own documents."""

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select, union
from sqlalchemy.orm import Session

from badges.backup.rules_report import Checked, Finding
from badges.errors import BadgesError, BadStatusList
from badges.issuer.models import (
    Credential,
    IssuerKey,
    KeyState,
    SpentStatusEntry,
    StatusList,
    StatusPurpose,
)
from badges.issuer.queries import local_documents
from badges.issuer.queries_restore import unacknowledged
from badges.openbadges.loads import Document, load_json
from badges.openbadges.members import objects, text
from badges.openbadges.report import Check, Outcome
from badges.openbadges.resolve import Resolver
from badges.openbadges.status import bitstring, decode
from badges.openbadges.verify_format import check_format
from badges.openbadges.verify_proof import check_proofs
from badges.outbox import OutboxMessage

Bits = Mapping[uuid.UUID, bytes]
AT_A_TIME = 500


@dataclass(frozen=True)
class _Remembered:
    """A resolver that asks for each document once."""

    resolver: Resolver
    known: dict[str, Document | bytes] = field(default_factory=dict)

    def resolve(self, url_or_did: str) -> Document | bytes:
        """Return what stands at an address or DID. Raises `Unresolvable`."""
        if url_or_did not in self.known:
            self.known[url_or_did] = self.resolver.resolve(url_or_did)
        return self.known[url_or_did]


def check_credentials(session: Session, now: datetime, bits: Bits) -> Checked:
    """Verify every sealed badge: format, signature, identity, and its bit in the list that is served.

    A badge signed with a key that was disowned since fails at every verifier, as it must: it is noted.
    """
    resolver = _Remembered(local_documents(session))
    disowned = set(session.scalars(select(IssuerKey.id).where(IssuerKey.state == KeyState.COMPROMISED)))
    sealed = select(Credential).where(Credential.signed.is_not(None)).order_by(Credential.id)
    count = 0
    faults: list[Finding] = []
    notes: list[Finding] = []
    for row in session.scalars(sealed.execution_options(yield_per=AT_A_TIME)):
        count += 1
        if row.key_id in disowned:
            notes.append(Finding(f"credential:{row.id}", "signed with a key that was disowned since"))
        else:
            found = _faults(row, resolver, now, bits)
            faults += [Finding(f"credential:{row.id}", reason) for reason in found]
    return Checked("Each signed badge verifies", count, tuple(faults), tuple(notes))


def check_lists(session: Session, now: datetime) -> tuple[Checked, Bits]:
    """Verify every status list and hold it against the ledger; also return the bits that are served."""
    resolver = _Remembered(local_documents(session))
    owed = {
        message.payload["status_list_id"]
        for message in session.scalars(
            select(OutboxMessage).where(
                OutboxMessage.topic == "status_list.changed", OutboxMessage.done_at.is_(None)
            )
        )
    }
    waits = unacknowledged(session) is not None
    rows = session.scalars(select(StatusList).order_by(StatusList.profile_id, StatusList.number)).all()
    bits: dict[uuid.UUID, bytes] = {}
    faults: list[Finding] = []
    notes: list[Finding] = []
    for row in rows:
        subject = f"status_list:{row.id}"
        late = notes if waits or str(row.id) in owed else faults
        if row.signed is None:
            late.append(Finding(subject, "never signed"))
            continue
        try:
            bits[row.id] = _served(row.signed, resolver, now)
        except BadgesError as fault:
            faults.append(Finding(subject, str(fault)))
            continue
        if bits[row.id] != bitstring(_on(session, row), length=row.size):
            late.append(Finding(subject, "it says something else than the ledger"))
    promise = "Each status list is signed and not older than the ledger"
    return Checked(promise, len(rows), tuple(faults), tuple(notes)), bits


def _faults(row: Credential, resolver: Resolver, now: datetime, bits: Bits) -> Iterator[str]:
    try:
        document = load_json(row.signed or "")
        checks = (check_format(document), *check_proofs(document, resolver, now))
    except BadgesError as fault:
        yield str(fault)
        return
    yield from (_told(check) for check in checks if check.outcome is not Outcome.OK)
    if document.get("id") != f"urn:uuid:{row.id}":
        yield "it is another badge"
    entries = [
        (text(entry.get("statusListCredential")).rpartition("/")[2], entry.get("statusListIndex"))
        for entry in objects(document.get("credentialStatus"))
    ]
    if entries != [(str(row.status_list_id), str(row.status_index))]:
        yield "its place in the status lists is not the one of the ledger"
    elif row.status_list_id not in bits:
        yield "its status list is not served"


def _served(signed: str, resolver: Resolver, now: datetime) -> bytes:
    document = load_json(signed)
    for check in check_proofs(document, resolver, now):
        if check.outcome is not Outcome.OK:
            raise BadStatusList(reason=_told(check))
    return decode(text(document["credentialSubject"].get("encodedList")))


def _told(check: Check) -> str:
    return f"{check.id}: {check.detail or check.message}"


def _on(session: Session, row: StatusList) -> set[int]:
    """Return the places that must be on, written here a second time: a check should not ask the checked."""
    ledger = select(Credential.status_index).where(Credential.status_list_id == row.id)
    queries = [
        ledger.where(Credential.revoked_at.is_not(None)),
        select(SpentStatusEntry.status_index).where(SpentStatusEntry.status_list_id == row.id),
    ]
    if row.purpose is StatusPurpose.SUSPENSION:
        queries.append(ledger.where(Credential.suspended_at.is_not(None)))
    return set(session.scalars(union(*queries)))
