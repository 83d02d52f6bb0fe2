"""Tables of evidence: situations, what was seen in them, photos of the work, and the worker's answers."""

import uuid
from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, Index, Integer, String, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column, relationship

from badges.db import Base, EnumText, UtcDateTime
from badges.evidence.rules import AnswerKind, Mark, SituationKind, TalkOutcome
from badges.permissions import Role

__all__ = [
    "Answer", "AnswerKind", "Mark", "Observation", "ObservationMark", "ObservationPhoto", "Settlement",
    "Situation", "SituationKind", "SituationWorker", "Talk", "TalkOutcome",
]  # fmt: skip


class Situation(Base):
    """A moment at work: when, where, what kind, which crew. Its id is made by the client."""

    __tablename__ = "situations"
    __table_args__ = (Index("ix_situations_structure_day", "structure_id", "happened_on"),)

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    structure_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("structures.id"))
    happened_on: Mapped[date] = mapped_column(Date)
    kind: Mapped[SituationKind] = mapped_column(EnumText(SituationKind))
    title: Mapped[str] = mapped_column(String(120))
    place: Mapped[str] = mapped_column(String(120), default="")
    framework_id: Mapped[str | None] = mapped_column(String(80))
    created_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("persons.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    crew: Mapped[list["SituationWorker"]] = relationship(cascade="all, delete-orphan", lazy="selectin")


class SituationWorker(Base):
    """A worker who was in the crew of a situation."""

    __tablename__ = "situation_workers"

    situation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("situations.id"), primary_key=True)
    worker_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("persons.id"), primary_key=True)


class Observation(Base):
    """What one person saw one worker do, for one skill and level. Append-only (a trigger refuses UPDATE).

    A correction is a new row that `supersedes_id` an old one. `captured_at` is the device's time,
    `received_at` is ours: a photo of 03:00 sent at 07:00 is of 03:00.
    """

    __tablename__ = "observations"
    __table_args__ = (
        UniqueConstraint("supersedes_id"),
        Index("ix_observations_claim", "worker_id", "framework_version_id", "skill_id", "level"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    structure_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("structures.id"), index=True)
    situation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("situations.id"), index=True)
    worker_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("persons.id"))
    observer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("persons.id"), index=True)
    observer_role: Mapped[Role] = mapped_column(EnumText(Role))
    framework_version_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("framework_versions.id"))
    skill_id: Mapped[str] = mapped_column(String(10))
    level: Mapped[str] = mapped_column(String(4))
    fact: Mapped[str] = mapped_column(String(280), default="")
    content_hash: Mapped[str] = mapped_column(String(64))
    captured_at: Mapped[datetime] = mapped_column(UtcDateTime)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    supersedes_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("observations.id"))
    marks: Mapped[list["ObservationMark"]] = relationship(cascade="all, delete-orphan", lazy="selectin")
    photos: Mapped[list["ObservationPhoto"]] = relationship(cascade="all, delete-orphan", lazy="selectin")


class ObservationMark(Base):
    """One behaviour of the level, and whether it was seen."""

    __tablename__ = "observation_marks"

    observation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("observations.id"), primary_key=True)
    behaviour_id: Mapped[str] = mapped_column(String(20), primary_key=True)
    mark: Mapped[Mark] = mapped_column(EnumText(Mark))


class ObservationPhoto(Base):
    """A photo of the work, already cleaned; the bytes are stored under `sha256`."""

    __tablename__ = "observation_photos"

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    observation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("observations.id"), index=True)
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    media_type: Mapped[str] = mapped_column(String(40))
    width: Mapped[int] = mapped_column(Integer)
    height: Mapped[int] = mapped_column(Integer)
    size: Mapped[int] = mapped_column(Integer)


class Answer(Base):
    """What the worker says of an observation; the newest one counts, the older ones stay."""

    __tablename__ = "answers"

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    number: Mapped[int] = mapped_column(Integer)
    observation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("observations.id"), index=True)
    kind: Mapped[AnswerKind] = mapped_column(EnumText(AnswerKind))
    sentence: Mapped[str] = mapped_column(String(280), default="")
    at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (UniqueConstraint("observation_id", "number"),)


class Talk(Base):
    """A talk asked for by an answer; only that it happened and how it ended is kept, never what was said."""

    __tablename__ = "talks"

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    answer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("answers.id"), unique=True)
    observation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("observations.id"), index=True)
    structure_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("structures.id"), index=True)
    worker_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("persons.id"))
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("persons.id"))
    outcome: Mapped[TalkOutcome | None] = mapped_column(EnumText(TalkOutcome))


class Settlement(Base):
    """An observation whose claim was decided: the worker's answer to it no longer changes."""

    __tablename__ = "observation_settlements"

    observation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("observations.id"), primary_key=True)
    settled_at: Mapped[datetime] = mapped_column(UtcDateTime)
