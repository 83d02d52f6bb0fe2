"""Tables of the issuer: profiles, keys, achievements, status lists and the ledger of credentials."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    Uuid,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from badges.db import Base, EnumText, UtcDateTime


class KeyState(StrEnum):
    """Only an active key signs; every key ever used stays published (OB 3.0 section 9)."""

    ACTIVE = "active"
    RETIRED = "retired"
    COMPROMISED = "compromised"


_ACTIVE = text("state = 'active'")
_REVOKED = text("revoked_at IS NOT NULL")


class WaveState(StrEnum):
    """A wave that is cancelled keeps what it sealed, and can be resumed."""

    RUNNING = "running"
    CANCELLED = "cancelled"
    FINISHED = "finished"


class IssuerProfile(Base):
    """The public face of a structure as an issuer: its did:web, and nothing of its legal kind.

    With `issues_in_waves` its approved claims wait until an administrator issues them together. With
    `validity_months` its new badges end after so many months; without, they have no end.
    """

    __tablename__ = "issuer_profiles"

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    structure_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("structures.id"), unique=True)
    slug: Mapped[str] = mapped_column(String(60), unique=True)
    did: Mapped[str] = mapped_column(String(300), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    issues_in_waves: Mapped[bool] = mapped_column(default=False, server_default=false())
    validity_months: Mapped[int | None] = mapped_column(Integer)


class IssuerKey(Base):
    """An Ed25519 key of an issuer; `sealed_private` is encrypted with the key-encryption key `kek`.

    Its public key in multibase is also its name: the fragment of its verification method. `custodian` says
    which signer holds the private half: here sealed ("local"), or a token that never gives it out, and then
    `sealed_private` is only the name it has there.
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
    custodian: Mapped[str] = mapped_column(String(20), default="local", server_default="local")
    state: Mapped[KeyState] = mapped_column(EnumText(KeyState), default=KeyState.ACTIVE)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    retired_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    compromised_from: Mapped[datetime | None] = mapped_column(UtcDateTime)


class JwtKey(Base):
    """An RSA key of an issuer for VC-JWT exports (OB 3.0 section 8.2), named by its RFC 7638 thumbprint.

    `beside` is the public key in multibase that signed badges when it was made: the two retire and fall
    together.
    """

    __tablename__ = "jwt_keys"
    __table_args__ = (
        Index(
            "uq_jwt_keys_active", "profile_id",
            unique=True, sqlite_where=_ACTIVE, postgresql_where=_ACTIVE,
        ),
    )  # fmt: skip

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    profile_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("issuer_profiles.id"), index=True)
    thumbprint: Mapped[str] = mapped_column(String(80), unique=True)
    beside: Mapped[str] = mapped_column(String(80))
    public_jwk: Mapped[str] = mapped_column(Text)
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


class IssuingTemplate(Base):
    """What is the same for every holder of an achievement: a credential with holes. Never changed once made.

    Its credentials freeze only the values of the holes; `digest` is the SHA-256 of `document`.
    """

    __tablename__ = "issuing_templates"
    __table_args__ = (UniqueConstraint("profile_id", "digest"),)

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    profile_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("issuer_profiles.id"), index=True)
    achievement_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("achievements.id"), index=True)
    digest: Mapped[str] = mapped_column(String(64))
    document: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class StatusPurpose(StrEnum):
    """What a set bit says, for ever or for a while (Bitstring Status List 1.0, 2.2). One list per purpose."""

    REVOCATION = "revocation"
    SUSPENSION = "suspension"


class StatusList(Base):
    """A Bitstring status list of an issuer. `signed` is what we serve; `revision` grows with each signing.

    A list that is closed gives no more places, but is served and signed for ever.
    """

    __tablename__ = "status_lists"
    __table_args__ = (UniqueConstraint("profile_id", "number"),)

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    profile_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("issuer_profiles.id"), index=True)
    number: Mapped[int] = mapped_column(Integer)
    size: Mapped[int] = mapped_column(Integer)
    purpose: Mapped[StatusPurpose] = mapped_column(
        EnumText(StatusPurpose), default=StatusPurpose.REVOCATION, server_default="revocation"
    )
    revision: Mapped[int] = mapped_column(Integer, default=0)
    signed: Mapped[str | None] = mapped_column(Text)
    signed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SpentStatusEntry(Base):
    """A place of a list that no credential of the ledger has any more: on for ever, and never given again."""

    __tablename__ = "spent_status_entries"

    status_list_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("status_lists.id"), primary_key=True)
    status_index: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    cause: Mapped[str] = mapped_column(String(40))
    spent_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Credential(Base):
    """The ledger: one row per approved claim. `unsigned` is frozen at reservation, `signed` sealed once.

    `unsigned` holds the values of the holes of its template, or, without one, the whole document.
    `renews_id` is the badge that this one takes over from.

    `edition` counts the reservations: a new name form, a new key or a mended text is a new edition of the
    same credential (same id, same index). `reserved_at` is that of the edition and the moment its proof
    names. `blocked_reason` says why the lint refused to have it signed.
    """

    __tablename__ = "credentials"
    __table_args__ = (
        UniqueConstraint("status_list_id", "status_index"),
        Index("ix_credentials_ledger", "structure_id", "reserved_at"),
        Index(
            "ix_credentials_revoked",
            "status_list_id",
            "status_index",
            postgresql_where=_REVOKED,
            sqlite_where=_REVOKED,
        ),
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
    template_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("issuing_templates.id"), index=True)
    renews_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("credentials.id"), index=True)
    edition: Mapped[int] = mapped_column(Integer, default=1)
    recipient_name: Mapped[str] = mapped_column(String(170))
    unsigned: Mapped[str] = mapped_column(Text)
    signed: Mapped[str | None] = mapped_column(Text)
    reserved_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sealed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    blocked_reason: Mapped[str] = mapped_column(Text, default="")
    valid_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    suspended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    suspended_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("persons.id"))
    suspension_reason: Mapped[str] = mapped_column(String(300), default="", server_default="")
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


class Wave(Base):
    """Approved claims that an administrator issues together; its claims are counted off in chunks."""

    __tablename__ = "waves"

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    structure_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("structures.id"), index=True)
    started_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("persons.id"))
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[WaveState] = mapped_column(EnumText(WaveState), default=WaveState.RUNNING)
    total: Mapped[int] = mapped_column(Integer)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class WaveClaim(Base):
    """A claim of a wave and the chunk that issues it. A claim belongs to one wave at most."""

    __tablename__ = "wave_claims"
    __table_args__ = (Index("ix_wave_claims_chunk", "wave_id", "chunk"),)

    claim_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("claims.id"), primary_key=True)
    wave_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("waves.id"))
    chunk: Mapped[int] = mapped_column(Integer)


class Restore(Base):
    """A backup that was put back: what came after it is missing until somebody says they know."""

    __tablename__ = "restores"

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    backup_at: Mapped[datetime] = mapped_column(UtcDateTime)
    missing_lines: Mapped[int | None] = mapped_column(Integer)
    merged_bits: Mapped[int] = mapped_column(Integer)
    acknowledged_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    acknowledged_by: Mapped[str] = mapped_column(String(80), default="")
