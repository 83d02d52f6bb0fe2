"""What must happen after a commit: written in the same transaction, then carried out until it is done."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy import JSON, BigInteger, Index, Integer, Select, String, delete, or_, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column, sessionmaker

from badges.clock import Clock
from badges.db import Base, UtcDateTime, is_sqlite, transaction

LEASE: Final = timedelta(seconds=60)
BACKOFF: Final = timedelta(seconds=5)
LONGEST_BACKOFF: Final = timedelta(hours=1)
TOGETHER: Final = 500
"""How many messages a bulk handler gets at once, at most; also how many keys one statement names."""
TRIES_TOGETHER: Final = 3
OWED: Final = text("done_at IS NULL")
"""What the index serves: done messages stay by the million, and taking the next one must not read them."""

log = structlog.get_logger(__name__)


class OutboxMessage(Base):
    """One consequence still owed, or done. `key` makes each consequence exist once."""

    __tablename__ = "outbox"
    __table_args__ = (Index("ix_outbox_owed", "id", postgresql_where=OWED, sqlite_where=OWED),)

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    key: Mapped[str] = mapped_column(String(120), unique=True)
    topic: Mapped[str] = mapped_column(String(60))
    payload: Mapped[dict[str, str]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    leased_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str | None] = mapped_column(String(200))
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


Payload = Mapping[str, str]
Handler = Callable[[Payload], object]


@dataclass(frozen=True)
class Bulk:
    """A handler of several messages of its topic at once, all of them done when it returns."""

    handle: Callable[[Sequence[Payload]], object]
    most: int = TOGETHER


Handlers = Mapping[str, Handler | Bulk]


@dataclass(frozen=True)
class Leased:
    """A message taken by one relay for a while."""

    id: int
    topic: str
    payload: Payload
    attempts: int


@dataclass(frozen=True)
class Owed:
    """One consequence to be owed: its key within its topic, and what its handler needs to know."""

    key: str
    payload: Payload


def publish(
    session: Session, clock: Clock, *, topic: str, key: str, after: timedelta = timedelta(0), **payload: str
) -> None:
    """Owe `topic` once, in the caller's transaction, due `after` now. The same `key` twice is one."""
    publish_many(session, clock, topic=topic, owed=[Owed(key, payload)], after=after)


def publish_many(
    session: Session, clock: Clock, *, topic: str, owed: Iterable[Owed], after: timedelta = timedelta(0)
) -> None:
    """Owe `topic` once for each of `owed`, as `publish` does, in one statement."""
    now = clock.now()
    common = {"topic": topic, "created_at": now, "due_at": now + after, "attempts": 0}
    rows = [{"key": f"{topic}:{one.key}", "payload": dict(one.payload), **common} for one in owed]
    insert = sqlite.insert if is_sqlite(session) else postgresql.insert
    if rows:
        once = insert(OutboxMessage.__table__).on_conflict_do_nothing(index_elements=["key"])  # type: ignore[arg-type]
        session.connection().execute(once, rows)


def cancel(session: Session, *, topic: str, key: str) -> bool:
    """Owe `topic` no longer, in the caller's transaction; False when a relay has already taken it."""
    return cancel_many(session, topic=topic, keys=[key]) == 1


def cancel_many(session: Session, *, topic: str, keys: Sequence[str]) -> int:
    """Owe `topic` no longer for `keys`, but for what a relay has already taken; return how many it was."""
    gone = 0
    for first in range(0, len(keys), TOGETHER):
        named = [f"{topic}:{key}" for key in keys[first : first + TOGETHER]]
        untouched = delete(OutboxMessage).where(
            OutboxMessage.key.in_(named),
            OutboxMessage.attempts == 0,
            OutboxMessage.done_at.is_(None),
            OutboxMessage.leased_until.is_(None),
        )
        gone += len(session.scalars(untouched.returning(OutboxMessage.id)).all())
    return gone


def relay_once(
    sessions: sessionmaker[Session], clock: Clock, handlers: Handlers, *, topics: Sequence[str] = ()
) -> int:
    """Carry out one owed message, or several of one topic when it has a bulk handler; return how many.

    `topics` narrows it down to some topics. Handlers are idempotent: after a crash the lease runs out and
    the messages are carried out again. What fails is tried again later, each message at its own pace.
    """
    with sessions() as session:
        leased = _lease(session, clock, handlers, topics)
    if not leased:
        return 0
    if len(leased) > 1 and _done_together(handlers, leased):
        _finish(sessions, clock, [one.id for one in leased])
    else:
        for one in leased:
            _carry_out(sessions, clock, handlers, one)
    return len(leased)


def drain(
    sessions: sessionmaker[Session], clock: Clock, handlers: Handlers, *, topics: Sequence[str] = ()
) -> int:
    """Carry out everything owed now, of `topics` when some are named; return how many messages it was."""
    handled = 0
    while count := relay_once(sessions, clock, handlers, topics=topics):
        handled += count
    return handled


def is_due(session: Session, clock: Clock) -> bool:
    """Tell whether a relay would find something to do now; nothing is taken or locked."""
    return session.execute(_due(clock.now(), ()).limit(1)).first() is not None


def release_leases(session: Session) -> None:
    """Forget all leases: for the start of a process that knows it is the only relay."""
    with transaction(session):
        session.execute(
            update(OutboxMessage).where(OutboxMessage.leased_until.is_not(None)).values(leased_until=None)
        )


def _done_together(handlers: Handlers, leased: Sequence[Leased]) -> bool:
    """Try all at once. What fails then goes one by one, so that a bad message holds back nobody else."""
    try:
        _handle(handlers, leased)
    except Exception:
        log.exception("outbox.failed_together", topic=leased[0].topic, messages=len(leased))
        return False
    return True


def _carry_out(sessions: sessionmaker[Session], clock: Clock, handlers: Handlers, leased: Leased) -> None:
    try:
        _handle(handlers, [leased])
    except Exception as error:
        log.exception("outbox.failed", topic=leased.topic, message_id=leased.id)
        _postpone(sessions, clock, leased, error)
    else:
        _finish(sessions, clock, [leased.id])


def _handle(handlers: Handlers, leased: Sequence[Leased]) -> None:
    handler = handlers[leased[0].topic]
    if isinstance(handler, Bulk):
        handler.handle([one.payload for one in leased])
    else:
        handler(leased[0].payload)


def _lease(session: Session, clock: Clock, handlers: Handlers, topics: Sequence[str]) -> list[Leased]:
    """Take the oldest message that is due, and with a bulk handler others like it that never failed.

    What failed before, or was taken several times by somebody who did not come back, goes alone.
    """
    now = clock.now()
    with transaction(session):
        first = session.execute(_due(now, topics).limit(1).with_for_update(skip_locked=True)).first()
        if first is None:
            return []
        rows, handler = [first], handlers.get(first.topic)
        if isinstance(handler, Bulk) and first.last_error is None and first.attempts < TRIES_TOGETHER:
            fresh = _due(now, [first.topic]).where(
                OutboxMessage.last_error.is_(None), OutboxMessage.attempts < TRIES_TOGETHER
            )
            rows = list(session.execute(fresh.limit(handler.most).with_for_update(skip_locked=True)))
        session.execute(
            update(OutboxMessage)
            .where(OutboxMessage.id.in_([row.id for row in rows]))
            .values(leased_until=now + LEASE, attempts=OutboxMessage.attempts + 1)
        )
        return [Leased(row.id, row.topic, row.payload, row.attempts + 1) for row in rows]


def _due(now: datetime, topics: Sequence[str]) -> Select[int, str, dict[str, str], int, str | None]:
    """Select what may be taken now, oldest first."""
    due = (
        select(
            OutboxMessage.id,
            OutboxMessage.topic,
            OutboxMessage.payload,
            OutboxMessage.attempts,
            OutboxMessage.last_error,
        )
        .where(OutboxMessage.done_at.is_(None), OutboxMessage.due_at <= now)
        .where(or_(OutboxMessage.leased_until.is_(None), OutboxMessage.leased_until < now))
        .order_by(OutboxMessage.id)
    )
    return due.where(OutboxMessage.topic.in_(topics)) if topics else due


def _finish(sessions: sessionmaker[Session], clock: Clock, message_ids: Sequence[int]) -> None:
    with sessions() as session, transaction(session):
        session.execute(
            update(OutboxMessage)
            .where(OutboxMessage.id.in_(message_ids))
            .values(done_at=clock.now(), leased_until=None, last_error=None)
        )


def _postpone(sessions: sessionmaker[Session], clock: Clock, leased: Leased, error: Exception) -> None:
    wait = min(BACKOFF * 2 ** (leased.attempts - 1), LONGEST_BACKOFF)
    with sessions() as session, transaction(session):
        session.execute(
            update(OutboxMessage)
            .where(OutboxMessage.id == leased.id)
            .values(
                due_at=clock.now() + wait,
                leased_until=None,
                last_error=f"{type(error).__name__}: {getattr(error, 'id', '')}",
            )
        )
