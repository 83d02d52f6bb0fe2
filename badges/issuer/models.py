"""Tables of the issuer: profiles, keys, achievements, status lists and the ledger of credentials."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, Integer, LargeBinary, String, Text, UniqueConstraint, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from badges.db import Base, EnumText, UtcDateTime


class KeyState(StrEnum):
    """Only an active key signs; every key ever used stays published (OB 3.0 section 9)."""

    ACTIVE = "active"
    RETIRED = "retired"
    COMPROMISED = "compromised"


_ACTIVE = text("state = 'active'")


class IssuerProfile(Base):
    """The public face of a structure as an issuer: its did:web, and nothing of its legal kind."""

    __tablename__ = "issuer_profiles"

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    structure_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("structures.id"), unique=True)
    slug: Mapped[str] = mapped_column(String(60), unique=True)
    did: Mapped[str] = mapped_column(String(300), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class IssuerKey(Base):
    """An Ed25519 key of an issuer; `sealed_private` is encrypted with the key-encryption key `kek`.

    Its public key in multibase is also its name: the fragment of its verification method.
    """

    __tablename__ = "issuer_keys"
    __table_args__ = (
        Index(
            "uq_issuer_keys_active", "profile_id",
            unique=True, sqlite_where=_ACTIVE, postgresql_where=_ACTIVE,
        ),
    )  # fmt: skip

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    profile_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("issuer_profiles.id"), index=True)
    public_multibase: Mapped[str] = mapped_column(String(80), unique=True)
    sealed_private: Mapped[bytes] = mapped_column(LargeBinary)
    kek: Mapped[str] = mapped_column(String(40))
    state: Mapped[KeyState] = mapped_column(EnumText(KeyState), default=KeyState.ACTIVE)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    retired_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    compromised_from: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Achievement(Base):
    """Skill x level x framework version x language of one issuer: one text, one image for every holder.

    Never changed once made. `document` is the JSON served at its address; `image_png` is 512 px.
    """

    __tablename__ = "achievements"
    __table_args__ = (
        UniqueConstraint("profile_id", "framework_version_id", "skill_id", "level", "language"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    profile_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("issuer_profiles.id"), index=True)
    framework_version_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("framework_versions.id"))
    skill_id: Mapped[str] = mapped_column(String(10))
    level: Mapped[str] = mapped_column(String(4))
    language: Mapped[str] = mapped_column(String(10))
    document: Mapped[str] = mapped_column(Text)
    image_svg: Mapped[str] = mapped_column(Text)
    image_png: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class StatusList(Base):
    """A Bitstring status list of an issuer. `signed` is what we serve; `revision` grows with each signing."""

    __tablename__ = "status_lists"
    __table_args__ = (UniqueConstraint("profile_id", "number"),)

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    profile_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("issuer_profiles.id"), index=True)
    number: Mapped[int] = mapped_column(Integer)
    size: Mapped[int] = mapped_column(Integer)
    revision: Mapped[int] = mapped_column(Integer, default=0)
    signed: Mapped[str | None] = mapped_column(Text)
    signed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Credential(Base):
    """The ledger: one row per approved claim. `unsigned` is frozen at reservation, `signed` sealed once.

    `edition` counts the reservations: a new name form, a new key or a mended text is a new edition of the
    same credential (same id, same index). `reserved_at` is that of the edition and the moment its proof
    names. `blocked_reason` says why the lint refused to have it signed.
    """

    __tablename__ = "credentials"
    __table_args__ = (
        UniqueConstraint("status_list_id", "status_index"),
        Index("ix_credentials_ledger", "structure_id", "reserved_at"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    claim_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("claims.id"), unique=True)
    structure_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("structures.id"))
    profile_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("issuer_profiles.id"))
    worker_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("persons.id"), index=True)
    achievement_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("achievements.id"), index=True)
    key_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("issuer_keys.id"), index=True)
    status_list_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("status_lists.id"))
    status_index: Mapped[int] = mapped_column(Integer)
    edition: Mapped[int] = mapped_column(Integer, default=1)
    recipient_name: Mapped[str] = mapped_column(String(170))
    unsigned: Mapped[str] = mapped_column(Text)
    signed: Mapped[str | None] = mapped_column(Text)
    reserved_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sealed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    blocked_reason: Mapped[str] = mapped_column(Text, default="")
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("persons.id"))
    revocation_reason: Mapped[str] = mapped_column(String(300), default="")


class SupersededEdition(Base):
    """A sealed document that a newer edition of the same credential replaced; kept, never served."""

    __tablename__ = "superseded_editions"
    __table_args__ = (UniqueConstraint("credential_id", "edition"),)

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    credential_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("credentials.id"), index=True)
    edition: Mapped[int] = mapped_column(Integer)
    signed: Mapped[str] = mapped_column(Text)
    sealed_at: Mapped[datetime] = mapped_column(UtcDateTime)
