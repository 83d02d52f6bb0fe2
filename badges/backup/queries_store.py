"""Our fsck: reads the whole store and tries every promise that a stranger relies on; changes nothing."""

import hashlib
import time
from collections.abc import Iterator

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from badges import audit
from badges.audit import JournalReport
from badges.backup.queries_signatures import check_credentials, check_lists
from badges.backup.rules_report import Checked, Finding, StoreReport
from badges.backup.service_merge import LOST
from badges.errors import BadgesError, NotFound
from badges.evidence.models import ObservationPhoto
from badges.issuer.models import (
    Credential,
    IssuerKey,
    IssuerProfile,
    IssuingTemplate,
    KeyState,
    SpentStatusEntry,
)
from badges.issuer.service_signing import held_key
from badges.ports import Ports

_PROBE = b"badges verify-store"


def verify_store(ports: Ports) -> StoreReport:
    """Try every promise on everything that is stored and tell what is broken."""
    began = time.monotonic()
    with ports.sessions() as session:
        journal = audit.verify(session)
        lists, bits = check_lists(session, ports.clock.now())
        checks = (
            _journal(journal),
            check_credentials(session, ports.clock.now(), bits),
            lists,
            _claims(session),
            _places(session),
            _templates(session),
            _keys(session, ports),
            _photos(session, ports),
        )
    return StoreReport(journal.head, checks, time.monotonic() - began)


def _journal(report: JournalReport) -> Checked:
    faults = tuple(Finding(f"line {fault.sequence}", fault.reason) for fault in report.faults)
    return Checked("The journal is intact, line after line", report.entries, faults)


def _claims(session: Session) -> Checked:
    doubled = session.scalars(
        select(Credential.claim_id).group_by(Credential.claim_id).having(func.count() > 1)
    )
    faults = tuple(Finding(f"claim:{claim_id}", "it has two badges") for claim_id in doubled)
    count = session.scalar(select(func.count(func.distinct(Credential.claim_id)))) or 0
    return Checked("Each approved claim has one badge at most", count, faults)


def _places(session: Session) -> Checked:
    place = (Credential.status_list_id, Credential.status_index)
    doubled = session.execute(select(*place).group_by(*place).having(func.count() > 1))
    faults = tuple(Finding(f"status_list:{one}", f"place {index} is taken twice") for one, index in doubled)
    spent = session.scalars(
        select(Credential.id)
        .join(
            SpentStatusEntry,
            (SpentStatusEntry.status_list_id == place[0]) & (SpentStatusEntry.status_index == place[1]),
        )
        .where(Credential.revoked_at.is_(None))
    )
    reason = "paused after the backup; it is paused here once the restore is acknowledged"
    notes = tuple(Finding(f"credential:{one}", reason) for one in spent)
    count = session.scalar(select(func.count()).select_from(Credential)) or 0
    return Checked("No place of a status list is taken twice", count, faults, notes)


def _templates(session: Session) -> Checked:
    rows = session.execute(select(IssuingTemplate.id, IssuingTemplate.digest, IssuingTemplate.document)).all()
    faults = tuple(
        Finding(f"template:{one}", "its text is not the one of its digest")
        for one, digest, document in rows
        if hashlib.sha256(document.encode()).hexdigest() != digest
    )
    return Checked("Each template is the text that was frozen", len(rows), faults)


def _keys(session: Session, ports: Ports) -> Checked:
    rows = session.scalars(select(IssuerKey).order_by(IssuerKey.created_at, IssuerKey.id)).all()
    held = [key for key in rows if key.custodian != LOST]
    faults = [Finding(f"issuer_key:{key.id}", reason) for key in held for reason in _key_faults(ports, key)]
    with_key = {key.profile_id for key in rows if key.state is KeyState.ACTIVE}
    faults += [
        Finding(f"issuer:{one}", "no key of it is active")
        for one in session.scalars(select(IssuerProfile.id))
        if one not in with_key
    ]
    notes = [
        Finding(f"issuer_key:{key.id}", "only its public half is left") for key in rows if key not in held
    ]
    return Checked(
        "Each issuer has a key, and each key opens and signs", len(rows), tuple(faults), tuple(notes)
    )


def _key_faults(ports: Ports, key: IssuerKey) -> Iterator[str]:
    try:
        ports.signer.sign(held_key(key), [_PROBE])
    except BadgesError as fault:
        yield str(fault)


def _photos(session: Session, ports: Ports) -> Checked:
    needed = set(session.scalars(select(ObservationPhoto.sha256)))
    names = sorted(needed | set(ports.storage.all()))
    faults = tuple(
        Finding(f"photo:{name}", reason) for name in names for reason in _photo_faults(ports, name)
    )
    return Checked("Each photo is there, and is the one it is named after", len(names), faults)


def _photo_faults(ports: Ports, name: str) -> Iterator[str]:
    try:
        if hashlib.sha256(ports.storage.get(name)).hexdigest() != name:
            yield "it was changed"
    except NotFound:
        yield "it is missing"
