"""What must happen after a commit: written in the same transaction, then carried out until it is done."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import JSON, BigInteger, Integer, String, delete, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column, sessionmaker

from badges.clock import Clock
from badges.db import Base, UtcDateTime, is_sqlite, transaction

LEASE = timedelta(seconds=60)
BACKOFF = timedelta(seconds=5)
LONGEST_BACKOFF = timedelta(hours=1)

log = structlog.get_logger(__name__)


class OutboxMessage(Base):
    """One consequence still owed, or done. `key` makes each consequence exist once."""

    __tablename__ = "outbox"

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    key: Mapped[str] = mapped_column(String(120), unique=True)
    topic: Mapped[str] = mapped_column(String(60))
    payload: Mapped[dict[str, str]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    leased_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str | None] = mapped_column(String(200))
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)


Handler = Callable[[Mapping[str, str]], object]


@dataclass(frozen=True)
class Leased:
    """A message taken by one relay for a while."""

    id: int
    topic: str
    payload: Mapping[str, str]
    attempts: int


def publish(
    session: Session, clock: Clock, *, topic: str, key: str, after: timedelta = timedelta(0), **payload: str
) -> None:
    """Owe `topic` once, in the caller's transaction, due `after` now. The same `key` twice is one."""
    insert = sqlite.insert if is_sqlite(session) else postgresql.insert
    now = clock.now()
    values = {
        "key": f"{topic}:{key}", "topic": topic, "payload": payload,
        "created_at": now, "due_at": now + after, "attempts": 0,
    }  # fmt: skip
    session.execute(insert(OutboxMessage).values(values).on_conflict_do_nothing(index_elements=["key"]))


def cancel(session: Session, *, topic: str, key: str) -> bool:
    """Owe `topic` no longer, in the caller's transaction; False when a relay has already taken it."""
    untouched = (
        OutboxMessage.attempts == 0,
        OutboxMessage.done_at.is_(None),
        OutboxMessage.leased_until.is_(None),
    )
    gone = delete(OutboxMessage).where(OutboxMessage.key == f"{topic}:{key}", *untouched)
    return session.scalar(gone.returning(OutboxMessage.id)) is not None


def relay_once(sessions: sessionmaker[Session], clock: Clock, handlers: Mapping[str, Handler]) -> bool:
    """Carry out one owed message, if any; tell whether there was one.

    Handlers are idempotent: after a crash the lease runs out and the message is carried out again.
    """
    with sessions() as session:
        leased = _lease(session, clock)
    if leased is None:
        return False
    try:
        handlers[leased.topic](leased.payload)
    except Exception as error:
        log.exception("outbox.failed", topic=leased.topic, message_id=leased.id)
        with sessions() as session:
            _postpone(session, clock, leased, error)
    else:
        with sessions() as session:
            _finish(session, clock, leased.id)
    return True


def drain(sessions: sessionmaker[Session], clock: Clock, handlers: Mapping[str, Handler]) -> int:
    """Carry out everything owed now; return how many messages were handled."""
    handled = 0
    while relay_once(sessions, clock, handlers):
        handled += 1
    return handled


def release_leases(session: Session) -> None:
    """Forget all leases: for the start of a process that knows it is the only relay."""
    with transaction(session):
        for message in session.scalars(select(OutboxMessage).where(OutboxMessage.leased_until.is_not(None))):
            message.leased_until = None


def _lease(session: Session, clock: Clock) -> Leased | None:
    now = clock.now()
    with transaction(session):
        message = session.scalars(
            select(OutboxMessage)
            .where(OutboxMessage.done_at.is_(None), OutboxMessage.due_at <= now)
            .where(or_(OutboxMessage.leased_until.is_(None), OutboxMessage.leased_until < now))
            .order_by(OutboxMessage.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        ).first()
        if message is None:
            return None
        message.leased_until = now + LEASE
        message.attempts += 1
        return Leased(message.id, message.topic, message.payload, message.attempts)


def _finish(session: Session, clock: Clock, message_id: int) -> None:
    with transaction(session):
        message = session.get_one(OutboxMessage, message_id)
        message.done_at, message.leased_until, message.last_error = clock.now(), None, None


def _postpone(session: Session, clock: Clock, leased: Leased, error: Exception) -> None:
    wait = min(BACKOFF * 2 ** (leased.attempts - 1), LONGEST_BACKOFF)
    with transaction(session):
        message = session.get_one(OutboxMessage, leased.id)
        message.due_at, message.leased_until = clock.now() + wait, None
        message.last_error = f"{type(error).__name__}: {getattr(error, 'id', '')}"
