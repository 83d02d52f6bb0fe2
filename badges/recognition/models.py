"""Tables of recognition: a claim, every step it went through, and invitations of outside reviewers."""

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Date, ForeignKey, Index, Integer, String, UniqueConstraint, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from badges.db import Base, EnumText, UtcDateTime
from badges.recognition.rules import ClaimState

_LIVE = text("state IN ('open', 'submitted', 'returned', 'approved', 'refused', 'appealed')")


class Claim(Base):
    """Worker x skill x level x framework version. `version` grows with each step, so that one of two wins.

    `basis` is what the reviewer saw when approving: the counted observation ids and their summary, frozen.
    """

    __tablename__ = "claims"
    __table_args__ = (
        Index(
            "uq_claims_live",
            "structure_id", "worker_id", "framework_version_id", "skill_id", "level",
            unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE,
        ),
        Index("ix_claims_queue", "structure_id", "state"),
    )  # fmt: skip

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    structure_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("structures.id"))
    worker_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("persons.id"), index=True)
    framework_version_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("framework_versions.id"))
    skill_id: Mapped[str] = mapped_column(String(10))
    level: Mapped[str] = mapped_column(String(4))
    state: Mapped[ClaimState] = mapped_column(EnumText(ClaimState), default=ClaimState.OPEN)
    version: Mapped[int] = mapped_column(Integer, default=1)
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    submitted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    interview_on: Mapped[date | None] = mapped_column(Date)
    basis: Mapped[dict[str, Any] | None] = mapped_column(JSON)


class ClaimStep(Base):
    """One step of a claim: append-only, with who, in which role, and the reason given."""

    __tablename__ = "claim_steps"
    __table_args__ = (UniqueConstraint("claim_id", "number"),)

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    claim_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("claims.id"), index=True)
    number: Mapped[int] = mapped_column(Integer)
    action: Mapped[str] = mapped_column(String(40))
    from_state: Mapped[ClaimState] = mapped_column(EnumText(ClaimState))
    to_state: Mapped[ClaimState] = mapped_column(EnumText(ClaimState))
    person_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("persons.id"))
    invitation_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("reviewer_invitations.id"))
    role: Mapped[str] = mapped_column(String(40))
    reason: Mapped[str] = mapped_column(String(60), default="")
    comment: Mapped[str] = mapped_column(String(500), default="")
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class ReviewerInvitation(Base):
    """An outside reviewer invited by link to decide one claim: for structures too small for three hands."""

    __tablename__ = "reviewer_invitations"

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    structure_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("structures.id"))
    claim_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("claims.id"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    organisation: Mapped[str] = mapped_column(String(120))
    invited_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("persons.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
