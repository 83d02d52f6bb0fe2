"""Putting a backup back into an empty database, and saying that one knows what came after it."""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from alembic.script import ScriptDirectory
from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from badges import audit, migrations
from badges.audit import JournalEntry
from badges.backup.queries_testimony import Testimony, checked
from badges.backup.rules import MANIFEST, MEDIA, Manifest, Place, misfits, read_manifest, tell_missing
from badges.backup.service import CONSOLE, copy_of, sha256_of
from badges.backup.service_merge import Merged, merge
from badges.clock import Clock
from badges.crash import crash_point
from badges.db import build_engine, session_factory, transaction
from badges.errors import (
    BackupUnreadable,
    NothingToAcknowledge,
    RestoreUnfinished,
    StoreNotEmpty,
    WitnessNeeded,
)
from badges.evidence.models import ObservationPhoto
from badges.issuer import service as issuer
from badges.issuer.models import (
    Credential,
    IssuerKey,
    IssuerProfile,
    KeyState,
    Restore,
    SpentStatusEntry,
    StatusList,
)
from badges.issuer.queries_restore import unacknowledged
from badges.issuer.service_status import owe_publication
from badges.issuer.service_suspend import suspend
from badges.issuer.service_witness import show_all
from badges.issuer.witness import Witness
from badges.outbox import OutboxMessage
from badges.people.models import SignIn
from badges.permissions import console
from badges.ports import Ports

RESTORED = "It was paused or moved after the backup that was put back."


@dataclass(frozen=True)
class Gap:
    """What a restore leaves to be known: when the backup was made and what is surely missing since.

    `missing_lines` is None when nobody can tell; `paused` are badges that were paused after the backup.
    """

    restore_id: uuid.UUID
    at: datetime
    backup_at: datetime
    missing_lines: int | None
    merged_bits: int
    paused: tuple[uuid.UUID, ...]
    acknowledged: bool

    def lines(self) -> Iterator[str]:
        """Yield what a person reads."""
        yield f"Put back on {self.at:%Y-%m-%d %H:%M} from a backup of {self.backup_at:%Y-%m-%d %H:%M} (UTC)."
        yield tell_missing(self.missing_lines)
        yield f"{self.merged_bits} withdrawals or pauses came from the witness."
        yield f"{len(self.paused)} badges will be paused again: their administrators look at each."
        yield "Missing is what people did since: observations, decisions, new people. Tell them first."


def restore(ports: Ports, folder: Path, witness: Witness | None, *, without_witness: bool = False) -> Merged:
    """Put the backup in `folder` into the empty database of `ports`, and merge what `witness` saw later.

    Everything is checked before anything is touched: the manifest, every hash, the schema, the keys at
    hand, the witness. Every status list is closed, so that no place is given twice; nothing is reserved,
    signed or published until `acknowledge`. Whoever was signed in is no longer.

    Raises `WitnessNeeded`, `StoreNotEmpty`, `BackupUnreadable`, `WitnessDoubtful`, `BackupFailed`,
    `ProgramMissing`. Journals "store.restored".
    """
    if witness is None and not without_witness:
        raise WitnessNeeded
    manifest = examined(ports, folder)
    testimony = checked(ports.issuing, witness) if witness else None
    database = copy_of(ports.settings)
    if not database.is_empty():
        raise StoreNotEmpty
    _put_blobs(ports, folder, manifest)
    fence = Restore(id=ports.clock.new_id(), at=ports.clock.now(), backup_at=manifest.made_at, merged_bits=0)
    fence_id = fence.id
    with database.put_back(folder / database.file_name, fence) as url:
        return _finish(ports, url, fence_id, manifest, testimony)


def examined(ports: Ports, folder: Path) -> Manifest:
    """Return the manifest of a backup that is whole and fits here. Raises `BackupUnreadable`."""
    try:
        manifest = read_manifest(str(folder), (folder / MANIFEST).read_bytes())
    except OSError:
        raise BackupUnreadable(place=folder, reason=f"it holds no {MANIFEST} that can be read") from None
    here = Place(
        database=copy_of(ports.settings).kind,
        base_url=ports.settings.base_url,
        keks=frozenset(ports.settings.key_encryption_keys),
        schemas=frozenset(_schemas()),
    )
    for reason in (*misfits(manifest, here), *_damages(folder, manifest)):
        raise BackupUnreadable(place=folder, reason=reason)
    return manifest


def gap(session: Session) -> Gap:
    """Return what waits to be acknowledged, or was and is not finished.

    Raises `NothingToAcknowledge`, `RestoreUnfinished` when the restore itself died half-way.
    """
    row, paused = unacknowledged(session), tuple(_paused(session))
    if row is None and (paused or _to_sign_again(session)):
        row = session.scalars(select(Restore).order_by(Restore.at.desc(), Restore.id).limit(1)).one_or_none()
    if row is None:
        raise NothingToAcknowledge
    merged = select(JournalEntry.sequence).where(
        JournalEntry.act == "store.restored", JournalEntry.subject == _subject(row.id)
    )
    if session.scalar(merged) is None:
        raise RestoreUnfinished
    is_done = row.acknowledged_at is not None
    return Gap(row.id, row.at, row.backup_at, row.missing_lines, row.merged_bits, paused, is_done)


def acknowledge(ports: Ports) -> int:
    """Open the doors again after a restore; the caller has shown the gap and was told to go on.

    The witness sees the store as it is now, before anything new is signed. All lists are signed again.
    Badges that were paused after the backup are paused here too; keys that were disowned after it have
    what they signed before signed again. Called again after a crash it finishes what it began. Returns how
    many badges could not be paused yet, because they are being signed: call again when that is done.
    Raises `NothingToAcknowledge`, `RestoreUnfinished`, `WitnessAway`, `WitnessAhead`.
    Journals "store.acknowledged".
    """
    with ports.sessions() as session:
        known = gap(session)
    if not known.acknowledged:
        show_all(ports.issuing)
        with ports.sessions() as session, transaction(session):
            _open(session, ports.clock, known)
        crash_point("acknowledge:after-commit")
    _sign_again(ports)
    for credential_id in known.paused:
        _pause(ports, credential_id)
    with ports.sessions() as session:
        return len(_paused(session))


def _finish(
    ports: Ports, url: str, restore_id: uuid.UUID, manifest: Manifest, testimony: Testimony | None
) -> Merged:
    engine = build_engine(url)
    try:
        migrations.upgrade(engine)
        here = replace(ports.issuing, sessions=session_factory(engine), witness=None)
        with here.sessions() as session, transaction(session):
            _forget_again(session, manifest)
            session.execute(update(SignIn).where(SignIn.ended_at.is_(None)).values(ended_at=here.clock.now()))
            merged = merge(session, here, testimony)
            row = session.get_one(Restore, restore_id)
            row.missing_lines, row.merged_bits = merged.missing_lines, merged.bits
            act = audit.Act(CONSOLE, "store.restored", _subject(restore_id), details=merged.details())
            audit.record_many(session, here.clock, [act])
        return merged
    finally:
        engine.dispose()


def _forget_again(session: Session, manifest: Manifest) -> None:
    """Forget the photos that were forgotten between the snapshot and their copy."""
    for sha256 in manifest.forgotten:
        session.execute(delete(ObservationPhoto).where(ObservationPhoto.sha256 == sha256))


def _schemas() -> Iterator[str]:
    yield from (
        step.revision for step in ScriptDirectory.from_config(migrations.configuration()).walk_revisions()
    )


def _damages(folder: Path, manifest: Manifest) -> Iterator[str]:
    for one in manifest.files:
        path = folder / one.path
        if not path.resolve().is_relative_to(folder.resolve()) or not path.is_file():
            yield f"{one.path} is missing"
        elif sha256_of(path) != one.sha256:
            yield f"{one.path} is damaged"


def _put_blobs(ports: Ports, folder: Path, manifest: Manifest) -> None:
    for one in manifest.files:
        if one.path.startswith(f"{MEDIA}/"):
            ports.storage.put((folder / one.path).read_bytes())


def _subject(restore_id: uuid.UUID) -> str:
    return f"restore:{restore_id}"


def _paused(session: Session) -> Sequence[uuid.UUID]:
    """Return badges that the ledger holds in force in a place that the witness saw on."""
    return session.scalars(
        select(Credential.id)
        .join(
            SpentStatusEntry,
            (SpentStatusEntry.status_list_id == Credential.status_list_id)
            & (SpentStatusEntry.status_index == Credential.status_index),
        )
        .where(Credential.revoked_at.is_(None))
        .order_by(Credential.id)
    ).all()


def _open(session: Session, clock: Clock, known: Gap) -> None:
    now = clock.now()
    session.execute(
        update(Restore)
        .where(Restore.acknowledged_at.is_(None))
        .values(acknowledged_at=now, acknowledged_by=CONSOLE)
    )
    for status_list_id in session.scalars(select(StatusList.id)):
        owe_publication(session, clock, status_list_id, cause=f"restore:{known.restore_id}")
    in_hand = OutboxMessage.topic == "credential.reserved"  # waits for a process that died with the old store
    session.execute(
        update(OutboxMessage)
        .where(OutboxMessage.done_at.is_(None), or_(OutboxMessage.attempts > 0, in_hand))
        .values(due_at=now, leased_until=None)
    )
    audit.record(session, clock, actor=CONSOLE, act="store.acknowledged", subject=_subject(known.restore_id))


def _pause(ports: Ports, credential_id: uuid.UUID) -> None:
    """Pause a badge, unless it waits for its signature or for an administrator's eyes."""
    with ports.sessions() as session:
        row = session.get_one(Credential, credential_id)
        key = session.get_one(IssuerKey, row.key_id)
    if row.signed is not None and not row.blocked_reason and key.state is not KeyState.COMPROMISED:
        suspend(ports.issuing, console(row.structure_id), credential_id, RESTORED)


def _sign_again(ports: Ports) -> None:
    """Finish what disowning a key began after the backup."""
    with ports.sessions() as session:
        disowned = [
            (session.get_one(IssuerProfile, key.profile_id).structure_id, key)
            for key in _to_sign_again(session)
        ]
    for structure_id, key in disowned:
        since = key.compromised_from or key.created_at
        issuer.mark_key_compromised(ports.issuing, console(structure_id), key.id, since)


def _to_sign_again(session: Session) -> Sequence[IssuerKey]:
    """Return disowned keys of which something is left that was signed, or frozen, before the day."""
    before = or_(Credential.sealed_at.is_(None), Credential.sealed_at < IssuerKey.compromised_from)
    left = select(Credential.id).where(
        Credential.key_id == IssuerKey.id, Credential.revoked_at.is_(None), before
    )
    disowned = select(IssuerKey).where(IssuerKey.state == KeyState.COMPROMISED, left.exists())
    return session.scalars(disowned.order_by(IssuerKey.id)).all()
