"""Counting tries in the database, so that every web process sees the same count."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select, text
from sqlalchemy.orm import Session

from badges.clock import Clock
from badges.db import is_sqlite, transaction
from badges.errors import TooMany
from badges.people.models import Attempt
from badges.people.rules_secrets import fingerprint
from badges.people.rules_throttle import KEPT, KNOWN_FOR, Limit, longest_wait, minutes_to_wait

_KNOWN = "known"


def count_try(session: Session, clock: Clock, limits: Sequence[Limit]) -> None:
    """Count one try before it is checked, in its own transaction. Raises `TooMany` when there is no room.

    A refused try is not counted: somebody who hammers does not push the end of the wait away.
    """
    with transaction(session):
        now = clock.now()
        _one_at_a_time(session, limits)
        session.execute(delete(Attempt).where(Attempt.at < now - KEPT))
        wait = longest_wait(minutes_to_wait(limit, _tries(session, limit), now) for limit in limits)
        if wait:
            raise TooMany(minutes=wait)
        session.add_all(Attempt(scope=limit.scope, key=limit.key, at=now) for limit in limits)


def forgive(session: Session, limits: Sequence[Limit]) -> None:
    """Forget the tries of somebody who has now proved who they are, in the caller's transaction."""
    keys = [limit.key for limit in limits if limit.forgiven]
    session.execute(delete(Attempt).where(Attempt.scope != _KNOWN, Attempt.key.in_(keys)))


def remember_place(session: Session, clock: Clock, email: str, remote: str) -> None:
    """Note, in the caller's transaction, that the owner of `email` signs in from `remote`."""
    key = fingerprint(email, remote)
    session.execute(delete(Attempt).where(Attempt.scope == _KNOWN, Attempt.key == key))
    session.add(Attempt(scope=_KNOWN, key=key, at=clock.now()))


def is_known_place(session: Session, clock: Clock, email: str, remote: str) -> bool:
    """Tell whether the owner of `email` has signed in from `remote` in the last 30 days."""
    return (
        session.scalar(
            select(Attempt.id).where(
                Attempt.scope == _KNOWN,
                Attempt.key == fingerprint(email, remote),
                Attempt.at > clock.now() - KNOWN_FOR,
            )
        )
        is not None
    )


def _tries(session: Session, limit: Limit) -> list[datetime]:
    return list(
        session.scalars(select(Attempt.at).where(Attempt.scope == limit.scope, Attempt.key == limit.key))
    )


def _one_at_a_time(session: Session, limits: Sequence[Limit]) -> None:
    """Make parallel guesses of one key queue up; SQLite has one writer at a time anyway."""
    if is_sqlite(session):
        return
    for key in sorted(limit.key for limit in limits):
        session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": key})
