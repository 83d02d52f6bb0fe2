"""The journal cannot be edited unnoticed."""

import hashlib
import threading
import uuid
from datetime import UTC, datetime

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import exc, select, text
from sqlalchemy.orm import Session, sessionmaker

from badges import audit
from badges.audit import Act, JournalEntry
from badges.db import transaction
from tests.conftest import StillClock


def write(session: Session, clock: StillClock, count: int) -> None:
    for number in range(count):
        with transaction(session):
            audit.record(session, clock, actor="system", act="test.done", subject=f"thing:{number}")


def test_an_untouched_journal_verifies(session: Session, clock: StillClock) -> None:
    write(session, clock, 5)
    report = audit.verify(session)
    assert (report.entries, report.faults) == (5, ())


@pytest.mark.parametrize("statement", ["UPDATE journal SET act = 'x'", "DELETE FROM journal"])
def test_the_database_refuses_to_change_the_journal(
    session: Session, clock: StillClock, statement: str
) -> None:
    write(session, clock, 2)
    with pytest.raises(exc.DatabaseError, match="append-only"), transaction(session):
        session.execute(text(statement))
    assert audit.verify(session).faults == ()


def test_many_lines_written_at_once_are_one_chain_with_those_before_and_after(
    session: Session, clock: StillClock
) -> None:
    write(session, clock, 2)
    structure_id = uuid.uuid4()
    acts = [
        Act(
            "system", "test.done", f"thing:{number}", structure_id if number % 2 else None, {"n": str(number)}
        )
        for number in range(700)
    ]
    with transaction(session):
        audit.record_many(session, clock, acts)
        audit.record_many(session, clock, [])
    write(session, clock, 2)
    report = audit.verify(session)
    assert (report.entries, report.faults) == (704, ())
    rows = session.scalars(select(JournalEntry).order_by(JournalEntry.sequence)).all()
    assert [row.details for row in rows[2:702]] == [dict(act.details) for act in acts]
    assert rows[3].structure_id == structure_id


def test_writers_at_once_make_one_chain(
    session: Session, sessions: sessionmaker[Session], clock: StillClock
) -> None:
    def write_some(writer: int) -> None:
        for number in range(5):
            acts = [Act("system", "test.done", f"thing:{writer}.{number}.{line}") for line in range(9)]
            with sessions() as own, transaction(own):
                audit.record_many(own, clock, acts)

    threads = [threading.Thread(target=write_some, args=(writer,)) for writer in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    report = audit.verify(session)
    assert (report.entries, report.faults) == (180, ())


@given(
    st.text(),
    st.text(),
    st.none() | st.uuids(),
    st.dictionaries(st.text(st.characters(codec="ascii")), st.text()),
)
def test_a_line_is_hashed_as_rfc_8785_says(
    actor: str, subject: str, structure_id: uuid.UUID | None, details: dict[str, str]
) -> None:
    said = {
        "sequence": 7, "at": "2026-11-23T09:00:00+00:00", "structure": str(structure_id or ""),
        "actor": actor, "act": "test.done", "subject": subject, "details": details, "previous": audit.GENESIS,
    }  # fmt: skip
    entry = JournalEntry(
        sequence=7, at=datetime(2026, 11, 23, 9, tzinfo=UTC), structure_id=structure_id, actor=actor,
        act="test.done", subject=subject, details=details, previous_hash=audit.GENESIS,
    )  # fmt: skip
    assert audit.entry_hash(entry) == hashlib.sha256(rfc8785.dumps(said)).hexdigest()
