"""Tables of competency frameworks: every version kept as it was imported, frozen once used."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from badges.db import Base, UtcDateTime


class FrameworkVersion(Base):
    """One version of one framework. `document` is the imported JSON, byte for byte; `sha256` is its hash.

    `frozen_at` is set when evidence first points here; from then on the row never changes.
    """

    __tablename__ = "framework_versions"
    __table_args__ = (UniqueConstraint("framework_id", "version"),)

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    framework_id: Mapped[str] = mapped_column(String(80))
    version: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(10))
    document: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64))
    imported_at: Mapped[datetime] = mapped_column(UtcDateTime)
    frozen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Adoption(Base):
    """A structure works with one version of a framework at a time; older adoptions stay as history."""

    __tablename__ = "framework_adoptions"
    __table_args__ = (UniqueConstraint("structure_id", "framework_id"),)

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    structure_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("structures.id"))
    framework_id: Mapped[str] = mapped_column(String(80))
    version_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("framework_versions.id"))
    adopted_at: Mapped[datetime] = mapped_column(UtcDateTime)
