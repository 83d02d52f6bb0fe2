"""Tables of people: structures, persons, their roles, and every way they sign in."""

import uuid
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import (
    JSON,
    Boolean,
    Date,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from badges.db import Base, EnumText, UtcDateTime
from badges.permissions import Role


class StructureModel(StrEnum):
    """The two models of the guide: a dated exit, or none."""

    TREMPLIN = "tremplin"
    SOCIAL_INTEGRATION = "social_integration"


class NameForm(StrEnum):
    """How a worker's name is written outside: chosen by the worker."""

    FULL = "full"
    INITIAL = "initial"
    PSEUDONYM = "pseudonym"


class Structure(Base):
    """A tenant. `legal_name` and `kind` never leave; `public_name` and `public_description` do."""

    __tablename__ = "structures"

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    slug: Mapped[str] = mapped_column(String(60), unique=True)
    legal_name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(40))
    model: Mapped[StructureModel] = mapped_column(EnumText(StructureModel))
    public_name: Mapped[str] = mapped_column(String(120))
    public_description: Mapped[str] = mapped_column(String(500))
    public_email: Mapped[str] = mapped_column(String(254), default="")
    public_url: Mapped[str] = mapped_column(String(300), default="")
    language: Mapped[str] = mapped_column(String(10), default="fr")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Person(Base):
    """Somebody. E-mail only when they have one; no birth date, no address, no number."""

    __tablename__ = "persons"

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    given_name: Mapped[str] = mapped_column(String(80))
    family_name: Mapped[str] = mapped_column(String(80), default="")
    pseudonym: Mapped[str] = mapped_column(String(80), default="")
    name_form: Mapped[NameForm] = mapped_column(EnumText(NameForm), default=NameForm.INITIAL)
    email: Mapped[str | None] = mapped_column(String(254), unique=True)
    password_hash: Mapped[str | None] = mapped_column(Text)
    language: Mapped[str] = mapped_column(String(10), default="fr")
    is_operator: Mapped[bool] = mapped_column(Boolean, default=False)
    disabled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Membership(Base):
    """One role of one person in one structure. `reference` is the structure's own number for a worker."""

    __tablename__ = "memberships"
    __table_args__ = (
        UniqueConstraint("structure_id", "person_id", "role"),
        Index("ix_memberships_reference", "structure_id", "reference"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    structure_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("structures.id"))
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("persons.id"), index=True)
    role: Mapped[Role] = mapped_column(EnumText(Role))
    crew: Mapped[str] = mapped_column(String(80), default="")
    reference: Mapped[str | None] = mapped_column(String(60))
    started_on: Mapped[date] = mapped_column(Date)
    planned_exit_on: Mapped[date | None] = mapped_column(Date)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Assignment(Base):
    """A supervisor, tutor or coach in charge of a worker: who sees, notes and talks."""

    __tablename__ = "assignments"
    __table_args__ = (UniqueConstraint("structure_id", "worker_id", "staff_id", "role"),)

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    structure_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("structures.id"))
    worker_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("persons.id"), index=True)
    staff_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("persons.id"), index=True)
    role: Mapped[Role] = mapped_column(EnumText(Role))


class SignInMethod(StrEnum):
    """How a sign-in began."""

    PASSWORD = "password"  # noqa: S105 - the name of a method
    EMAIL_LINK = "email_link"
    CARD = "card"
    DEMO = "demo"


class SignIn(Base):
    """One open session of one person on one device: listed to them, ended at will. Only a hash is kept."""

    __tablename__ = "sign_ins"

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("persons.id"), index=True)
    structure_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("structures.id"))
    method: Mapped[SignInMethod] = mapped_column(EnumText(SignInMethod))
    device: Mapped[str] = mapped_column(String(120), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class EmailLink(Base):
    """A one-time sign-in link: ten minutes, once, spent by POST only."""

    __tablename__ = "email_links"

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("persons.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class WorkerCard(Base):
    """A printed card: a QR token to find it and a 6-digit PIN to prove it. At most one is live per worker."""

    __tablename__ = "worker_cards"
    __table_args__ = (
        Index(
            "uq_worker_cards_live",
            "structure_id",
            "person_id",
            unique=True,
            sqlite_where=text("revoked_at IS NULL"),
            postgresql_where=text("revoked_at IS NULL"),
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    structure_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("structures.id"))
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("persons.id"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    pin_hash: Mapped[str] = mapped_column(Text)
    issued_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("persons.id"))
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Attempt(Base):
    """A failed or risky try, counted to slow guessing. `key` is a hash: no address, no e-mail."""

    __tablename__ = "attempts"
    __table_args__ = (Index("ix_attempts_scope_key_at", "scope", "key", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    scope: Mapped[str] = mapped_column(String(40))
    key: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class RosterUpload(Base):
    """A roster file between its check and its import: the administrator's own, forgotten after an hour.

    `corrections` maps a line number to {column: text typed on the screen}.
    """

    __tablename__ = "roster_uploads"

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    structure_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("structures.id"))
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("persons.id"))
    file_name: Mapped[str] = mapped_column(String(120))
    content: Mapped[bytes] = mapped_column(LargeBinary)
    corrections: Mapped[dict[str, dict[str, str]]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
