"""Tables of sharing: what the worker decided about a badge, and every consent given or taken back."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Integer, String, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from badges.db import Base, EnumText, UtcDateTime


class HoldingState(StrEnum):
    """What the worker did with an offered badge."""

    OFFERED = "offered"
    KEPT = "kept"
    DECLINED = "declined"


class Holding(Base):
    """A badge in the hands of its worker; private until a page is opened for it.

    `token` is the unguessable part of the public link; it is made at the first showing and kept, so that
    showing again revives the links already given. `shown_at` is set while the page is open.
    """

    __tablename__ = "holdings"

    credential_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("credentials.id"), primary_key=True)
    worker_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("persons.id"), index=True)
    state: Mapped[HoldingState] = mapped_column(EnumText(HoldingState), default=HoldingState.OFFERED)
    offered_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    token: Mapped[str | None] = mapped_column(String(64), unique=True)
    shown_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Consent(Base):
    """One act of showing or of stopping: append-only, with the text the worker was shown."""

    __tablename__ = "consents"
    __table_args__ = (UniqueConstraint("credential_id", "number"),)

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    credential_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("credentials.id"), index=True)
    number: Mapped[int] = mapped_column(Integer)
    act: Mapped[str] = mapped_column(String(20))
    channel: Mapped[str] = mapped_column(String(20))
    text_version: Mapped[str] = mapped_column(String(20))
    language: Mapped[str] = mapped_column(String(10))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
