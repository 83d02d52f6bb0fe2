"""Importing a roster: kept for an hour between check and import, planned again on fresh rows, applied."""

import uuid
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256

from sqlalchemy import delete
from sqlalchemy.orm import Session, sessionmaker

from badges import audit, outbox
from badges.clock import Clock
from badges.db import transaction
from badges.people.models import RosterUpload
from badges.people.queries_roster import UPLOAD_LIFE, known, upload_of
from badges.people.rules_roster import RowAction, RowPlan, plan
from badges.people.rules_roster_cells import emails_in
from badges.people.rules_roster_file import COLUMNS, Roster, RosterRow, clean_cell, read_roster
from badges.people.service_roster_write import RosterWriter
from badges.people.service_rows import own_structure
from badges.permissions import Action, Actor, Thing, require

FILE_NAME_LENGTH = 120
Corrections = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Check:
    """A file read and planned; nothing is saved yet."""

    file_name: str
    roster: Roster
    plans: tuple[RowPlan, ...]

    def count(self, *actions: RowAction) -> int:
        """Return how many rows have one of `actions`."""
        return sum(row.action in actions for row in self.plans)


def check_roster(
    session: Session, actor: Actor, data: bytes, corrections: Corrections | None = None
) -> Check:
    """Return what importing `data` would do; writes nothing. Raises `Forbidden`, and as `read_roster`."""
    roster = _corrected(read_roster(data), corrections or {})
    structure = own_structure(session, actor)
    require(actor, Action.IMPORT_ROSTER, Thing(structure_id=structure.id))
    return Check("", roster, plan(roster.rows, known(session, structure, emails_in(roster.rows))))


def import_roster(
    session: Session, clock: Clock, actor: Actor, data: bytes, corrections: Corrections | None = None
) -> Check:
    """Apply every good row of `data` and return what was done, row by row. Journalled as `roster.imported`.

    The plan is made again inside the transaction, on the rows as they are now, one import of a structure at
    a time. A row is saved whole or not at all, and a bad one never holds back the others.
    """
    with transaction(session):
        session.refresh(own_structure(session, actor), with_for_update={"key_share": True})
        check = check_roster(session, actor, data, corrections)
        done = RosterWriter(session, clock, own_structure(session, actor)).write_all(check.plans)
        session.expunge_all()
        counts = Counter(row.action.value for row in done)
        audit.record(
            session, clock, actor=actor.journal_name, act="roster.imported",
            subject=f"roster:{sha256(data).hexdigest()}", structure_id=actor.structure_id,
            **{action.value: str(counts[action.value]) for action in RowAction},
        )  # fmt: skip
    return replace(check, plans=done)


def keep_upload(session: Session, clock: Clock, actor: Actor, file_name: str, data: bytes) -> uuid.UUID:
    """Keep a file that can be read, until it is imported, abandoned or an hour old; not journalled.

    Raises what `read_roster` raises. The earlier file of the same administrator is forgotten.
    """
    read_roster(data)
    with transaction(session):
        structure = own_structure(session, actor)
        require(actor, Action.IMPORT_ROSTER, Thing(structure_id=structure.id))
        session.execute(
            delete(RosterUpload).where(
                (RosterUpload.created_at < clock.now() - UPLOAD_LIFE)
                | (RosterUpload.person_id == actor.person_id)
            )
        )
        upload = RosterUpload(
            id=clock.new_id(), structure_id=structure.id, person_id=actor.person_id,
            file_name=file_name[-FILE_NAME_LENGTH:], content=data, corrections={}, created_at=clock.now(),
        )  # fmt: skip
        session.add(upload)
        outbox.publish(
            session, clock, topic="roster_upload.expired", key=str(upload.id), after=UPLOAD_LIFE,
            upload_id=str(upload.id),
        )  # fmt: skip
    return upload.id


def check_upload(session: Session, clock: Clock, actor: Actor, upload_id: uuid.UUID) -> Check:
    """Return what importing a kept file would do. Raises `RosterGone`."""
    upload = upload_of(session, clock, actor, upload_id)
    return replace(
        check_roster(session, actor, upload.content, upload.corrections), file_name=upload.file_name
    )


def correct_upload(
    session: Session, clock: Clock, actor: Actor, upload_id: uuid.UUID, corrections: Corrections
) -> None:
    """Note what was typed over cells of a kept file; the file stays as it came. Raises `RosterGone`."""
    with transaction(session):
        upload = upload_of(session, clock, actor, upload_id)
        merged = {line: dict(cells) for line, cells in upload.corrections.items()}
        for line, cells in corrections.items():
            known_columns = {column: text for column, text in cells.items() if column in COLUMNS}
            merged[line] = merged.get(line, {}) | known_columns
        upload.corrections = merged


def import_upload(session: Session, clock: Clock, actor: Actor, upload_id: uuid.UUID) -> Check:
    """Import a kept file, then forget it. Journalled as `roster.imported`. Raises `RosterGone`."""
    upload = upload_of(session, clock, actor, upload_id)
    done = import_roster(session, clock, actor, upload.content, upload.corrections)
    drop_upload(session, actor)
    return done


def forget_upload(sessions: sessionmaker[Session], upload_id: uuid.UUID) -> None:
    """Forget a file whose hour is over, if it is still there: what the relay does; not journalled."""
    with sessions() as session, transaction(session):
        session.execute(delete(RosterUpload).where(RosterUpload.id == upload_id))


def drop_upload(session: Session, actor: Actor) -> None:
    """Forget the file that `actor` had sent, if any; not journalled."""
    with transaction(session):
        session.execute(delete(RosterUpload).where(RosterUpload.person_id == actor.person_id))


def _corrected(roster: Roster, corrections: Corrections) -> Roster:
    if not corrections:
        return roster
    return replace(
        roster, rows=tuple(_corrected_row(row, corrections.get(str(row.line), {})) for row in roster.rows)
    )


def _corrected_row(row: RosterRow, typed: Mapping[str, str]) -> RosterRow:
    cells = {**row.cells, **{column: clean_cell(text) for column, text in typed.items()}}
    return RosterRow(row.line, {column: text for column, text in cells.items() if text})
