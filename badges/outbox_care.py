"""The outbox as its operator sees it: what is owed and why it waits; and forgetting what was long done."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import CursorResult, case, delete, func, select
from sqlalchemy.orm import Session

from badges.clock import Clock
from badges.db import transaction
from badges.outbox import OutboxMessage

REMEMBERED: Final = timedelta(days=30)
FORGETTABLE: Final = frozenset(
    {"daily.due", "email_link.requested", "roster_upload.expired", "status_list.changed"}
)
"""Topics of which a done message guards nothing any more.

The others stay for ever: their key is what makes an approval yield one badge, however often it is published.
"""


@dataclass(frozen=True)
class TopicStatus:
    """What is owed of one topic."""

    topic: str
    owed: int
    in_hand: int
    failing: int
    last_error: str | None
    oldest_due_at: datetime


@dataclass(frozen=True)
class OutboxStatus:
    """What is owed, and for how many seconds the oldest message that is due has been waiting."""

    owed: int
    age_seconds: int
    oldest_due_at: datetime | None
    topics: tuple[TopicStatus, ...]

    def lines(self) -> Iterator[str]:
        """Yield what a person reads."""
        yield f"{self.owed} owed; the oldest has been due for {self.age_seconds} s."
        for one in self.topics:
            error = f", last error {one.last_error}" if one.last_error else ""
            yield f"{one.topic}: {one.owed} owed, {one.in_hand} in hand, {one.failing} failing{error}"


def status(session: Session, clock: Clock) -> OutboxStatus:
    """Return what the outbox owes now, topic by topic; what is only due later counts as owed, not as late."""
    now = clock.now()
    failing = OutboxMessage.last_error.is_not(None)
    query = (
        select(
            OutboxMessage.topic,
            func.count(),
            func.sum(case((OutboxMessage.leased_until >= now, 1), else_=0)),
            func.sum(case((failing, 1), else_=0)),
            func.max(case((failing, OutboxMessage.id))),
            func.min(OutboxMessage.due_at),
        )
        .where(OutboxMessage.done_at.is_(None))
        .group_by(OutboxMessage.topic)
        .order_by(OutboxMessage.topic)
    )
    topics = tuple(_topic(session, *row) for row in session.execute(query))
    late = [one.oldest_due_at for one in topics if one.oldest_due_at <= now]
    age = int((now - min(late)).total_seconds()) if late else 0
    return OutboxStatus(sum(one.owed for one in topics), age, min(late, default=None), topics)


def forget_done(session: Session, clock: Clock) -> int:
    """Forget messages done more than thirty days ago whose key guards nothing; return how many."""
    with transaction(session):
        gone: CursorResult[Any] = session.execute(  # type: ignore[assignment]
            delete(OutboxMessage).where(
                OutboxMessage.topic.in_(FORGETTABLE), OutboxMessage.done_at < clock.now() - REMEMBERED
            )
        )
        return gone.rowcount


def _topic(
    session: Session, topic: str, owed: int, in_hand: int, failing: int, failed: int | None, due: datetime
) -> TopicStatus:
    error = session.scalar(select(OutboxMessage.last_error).where(OutboxMessage.id == failed))
    return TopicStatus(topic, owed, int(in_hand), int(failing), error, due)
