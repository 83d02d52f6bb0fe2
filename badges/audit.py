"""The journal: every act that matters, in order, each line holding the hash of the one before.

It holds ids and hashes, never names, so erasing a person does not break the chain.
"""

import hashlib
import json
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple

from sqlalchemy import JSON, BigInteger, Integer, String, Uuid, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from badges.clock import Clock
from badges.db import Base, UtcDateTime, insert_many, is_sqlite

GENESIS = "0" * 64
_JOURNAL_LOCK = 0x6261646765

# Texts, and members with ASCII names, so written are RFC 8785, in a fifth of the time (a test compares).
_text = json.encoder.encode_basestring


class JournalEntry(Base):
    """One line of the journal. The database refuses to change or remove it (triggers)."""

    __tablename__ = "journal"

    sequence: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False
    )
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    structure_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    actor: Mapped[str] = mapped_column(String(80))
    act: Mapped[str] = mapped_column(String(60))
    subject: Mapped[str] = mapped_column(String(200))
    details: Mapped[dict[str, str]] = mapped_column(JSON)
    previous_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64), unique=True)


@dataclass(frozen=True)
class Fault:
    """A place where the journal does not hold together."""

    sequence: int
    reason: str


@dataclass(frozen=True)
class JournalReport:
    """What `verify` found: how many lines, the last hash, and every fault."""

    entries: int
    head: str
    faults: tuple[Fault, ...]


class Act(NamedTuple):
    """One thing that was done: who, what (static, "claim.approved"), to what ("kind:id"), where.

    `details` are ids, hashes and codes only.
    """

    actor: str
    act: str
    subject: str
    structure_id: uuid.UUID | None = None
    details: Mapping[str, str] = MappingProxyType({})


def record(
    session: Session,
    clock: Clock,
    *,
    actor: str,
    act: str,
    subject: str,
    structure_id: uuid.UUID | None = None,
    **details: str,
) -> None:
    """Append one line in the caller's transaction: it is kept exactly when the act is; see `Act`."""
    record_many(session, clock, [Act(actor, act, subject, structure_id, details)])


def record_many(session: Session, clock: Clock, acts: Iterable[Act]) -> None:
    """Append one line for each of `acts`, in their order, in the caller's transaction and one statement.

    What the session holds is flushed first. Nobody else writes a line until the transaction ends.
    """
    session.flush()
    _lock(session)
    head = select(JournalEntry.sequence, JournalEntry.hash).order_by(JournalEntry.sequence.desc()).limit(1)
    last = session.execute(head).one_or_none()
    before, previous = (last.sequence, last.hash) if last else (0, GENESIS)
    now = clock.now()
    at, rows = now.isoformat(), []
    for number, act in enumerate(acts, before + 1):
        line = {
            "sequence": number, "at": now, "structure_id": act.structure_id,
            "actor": act.actor, "act": act.act, "subject": act.subject,
            "details": _members(act.details), "previous_hash": previous,
        }  # fmt: skip
        line["hash"] = previous = _hash(at, line)
        rows.append(line)
    insert_many(session, JournalEntry.__table__, rows, json=["details"])


def entry_hash(entry: JournalEntry) -> str:
    """Return the SHA-256 of the canonical JSON (RFC 8785) of everything in `entry` but its own hash."""
    return _hash(entry.at.isoformat(), vars(entry) | {"details": _members(entry.details)})


def _members(details: Mapping[str, str]) -> str:
    return "{" + ",".join([f"{_text(name)}:{_text(details[name])}" for name in sorted(details)]) + "}"


def _hash(at: str, line: Mapping[str, Any]) -> str:
    """Hash the members in the order of their names, which is what makes RFC 8785 canonical."""
    said = (
        f'{{"act":{_text(line["act"])},"actor":{_text(line["actor"])},"at":{_text(at)},'
        f'"details":{line["details"]},"previous":"{line["previous_hash"]}",'
        f'"sequence":{line["sequence"]},"structure":"{line["structure_id"] or ""}",'
        f'"subject":{_text(line["subject"])}}}'
    )
    return hashlib.sha256(said.encode()).hexdigest()


def verify(session: Session, *, known_head: str | None = None) -> JournalReport:
    """Re-read the whole journal and name every line that was changed, dropped, swapped or cut off.

    `known_head` is a hash noted elsewhere earlier; a journal that no longer contains it was cut.
    """
    count, head, seen_head, faults = 0, GENESIS, known_head is None, []
    for entry in session.scalars(
        select(JournalEntry).order_by(JournalEntry.sequence).execution_options(yield_per=500)
    ):
        faults += [Fault(entry.sequence, reason) for reason in _faults_of(entry, count + 1, head)]
        count, head = entry.sequence, entry.hash
        seen_head = seen_head or head == known_head
    if not seen_head:
        faults.append(Fault(count, "the noted head is missing: the journal was cut or rewritten"))
    return JournalReport(count, head, tuple(faults))


def _faults_of(entry: JournalEntry, expected_sequence: int, previous: str) -> Iterator[str]:
    if entry.sequence != expected_sequence:
        yield f"line {expected_sequence} is missing"
    if entry.previous_hash != previous:
        yield "it does not follow the line before it"
    if entry.hash != entry_hash(entry):
        yield "its content was changed"


def _lock(session: Session) -> None:
    """Let one writer at a time append: SQLite already does (BEGIN IMMEDIATE), PostgreSQL is asked to."""
    if not is_sqlite(session):
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _JOURNAL_LOCK})
