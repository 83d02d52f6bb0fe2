"""The journal cannot be edited unnoticed."""

import pytest
from sqlalchemy import exc, text
from sqlalchemy.orm import Session

from badges import audit
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
