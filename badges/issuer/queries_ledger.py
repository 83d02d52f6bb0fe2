"""What administrators read: the ledger of badges without any evidence, and the state of their issuer."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from badges.errors import NotFound
from badges.frameworks import queries as frameworks
from badges.frameworks.rules import text_in
from badges.issuer.models import Achievement, Credential, IssuerKey, IssuerProfile, KeyState
from badges.issuer.queries_public import face_of
from badges.issuer.rules import PublicFace
from badges.issuer.rules_validity import is_over
from badges.people.models import Structure
from badges.permissions import Action, Actor, Thing, require
from badges.recognition.models import Claim
from badges.recognition.rules import ClaimState

PAGE_SIZE = 50


class LedgerState(StrEnum):
    """Where a badge stands, in the eyes of its issuer."""

    SIGNING = "signing"
    BLOCKED = "blocked"
    SIGNED = "signed"
    DOUBTFUL = "doubtful"
    SUSPENDED = "suspended"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True)
class LedgerLine:
    """One badge: for whom (as it names them), which skill, where it stands; nothing of its evidence."""

    id: uuid.UUID
    holder: str
    title: str
    rank: int
    state: LedgerState
    reserved_at: datetime
    sealed_at: datetime | None


@dataclass(frozen=True)
class Ledger:
    """One page of the ledger, newest first, and what is stuck before it."""

    lines: tuple[LedgerLine, ...]
    page: int
    pages: int
    total: int
    waiting: int
    in_waves: bool


@dataclass(frozen=True)
class LedgerEntry:
    """One badge with all that its issuer may know and do; the reasons are for administrators only."""

    line: LedgerLine
    achievement_id: uuid.UUID
    edition: int
    blocked_reason: str
    revoked_at: datetime | None
    revocation_reason: str
    suspended_at: datetime | None
    suspension_reason: str
    valid_until: datetime | None
    renews_id: uuid.UUID | None
    renewed_by: uuid.UUID | None

    @property
    def may_suspend(self) -> bool:
        """True for a badge that strangers accept today."""
        return self.line.state is LedgerState.SIGNED


@dataclass(frozen=True)
class KeyLine:
    """One key of the issuer and how many badges in force it signed."""

    id: uuid.UUID
    multibase: str
    state: KeyState
    created_at: datetime
    retired_at: datetime | None
    compromised_from: datetime | None
    signed: int


@dataclass(frozen=True)
class IssuerDesk:
    """What an administrator sees of the issuer; `slug` is empty until the structure is one."""

    face: PublicFace
    language: str
    slug: str
    did: str
    since: datetime | None
    keys: tuple[KeyLine, ...]
    doubtful: tuple[LedgerLine, ...]
    validity_months: int | None
    in_waves: bool

    @property
    def active_key_id(self) -> uuid.UUID | None:
        """The key that signs now, named by whoever wants to replace it."""
        return next((key.id for key in self.keys if key.state is KeyState.ACTIVE), None)


def ledger(session: Session, actor: Actor, now: datetime, language: str, page: int = 1) -> Ledger:
    """Return one page of the badges of the structure at `now` (aware), titles in `language`.

    Raises `Forbidden`.
    """
    require(actor, Action.VIEW_CREDENTIALS, Thing(structure_id=actor.structure_id))
    mine = Credential.structure_id == actor.structure_id
    total = session.scalar(select(func.count()).select_from(Credential).where(mine)) or 0
    pages = max(1, -(-total // PAGE_SIZE))
    page = min(max(1, page), pages)
    newest = _lines().where(mine).order_by(Credential.reserved_at.desc(), Credential.id)
    rows = session.execute(newest.limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE))
    return Ledger(
        lines=tuple(_line(session, row, language, _state(row, now)) for row in rows),
        page=page,
        pages=pages,
        total=total,
        waiting=_waiting(session, actor),
        in_waves=_in_waves(session, actor),
    )


def entry(
    session: Session, actor: Actor, now: datetime, credential_id: uuid.UUID, language: str
) -> LedgerEntry:
    """Return one badge of the structure at `now` (aware). Raises `NotFound`, `Forbidden`."""
    row = session.execute(_lines().where(Credential.id == credential_id)).one_or_none()
    if row is None:
        raise NotFound
    credential: Credential = row[0]
    require(actor, Action.VIEW_CREDENTIALS, Thing(structure_id=credential.structure_id))
    return LedgerEntry(
        line=_line(session, row, language, _state(row, now)),
        achievement_id=credential.achievement_id,
        edition=credential.edition,
        blocked_reason=credential.blocked_reason,
        revoked_at=credential.revoked_at,
        revocation_reason=credential.revocation_reason,
        suspended_at=credential.suspended_at,
        suspension_reason=credential.suspension_reason,
        valid_until=credential.valid_until,
        renews_id=credential.renews_id,
        renewed_by=session.scalar(
            select(Credential.id).where(Credential.renews_id == credential.id).limit(1)
        ),
    )


def desk(session: Session, actor: Actor, language: str) -> IssuerDesk:
    """Return what the administrator sees of the issuer and its keys. Raises `Forbidden`."""
    require(actor, Action.MANAGE_ISSUER, Thing(structure_id=actor.structure_id))
    structure = session.get_one(Structure, actor.structure_id)
    profile = session.scalars(
        select(IssuerProfile).where(IssuerProfile.structure_id == structure.id)
    ).one_or_none()
    return IssuerDesk(
        face=face_of(structure),
        language=structure.language,
        slug=profile.slug if profile else "",
        did=profile.did if profile else "",
        since=profile.created_at if profile else None,
        keys=_keys(session, profile.id) if profile else (),
        doubtful=_doubtful(session, profile.id, language) if profile else (),
        validity_months=profile.validity_months if profile else None,
        in_waves=profile.issues_in_waves if profile else False,
    )


def _lines() -> Select[Any, Any, Any, Any, Any]:
    return (
        select(
            Credential,
            Achievement.framework_version_id,
            Achievement.skill_id,
            Achievement.level,
            IssuerKey.state,
        )
        .join(Achievement, Achievement.id == Credential.achievement_id)
        .join(IssuerKey, IssuerKey.id == Credential.key_id)
    )


def _line(session: Session, row: Any, language: str, state: LedgerState) -> LedgerLine:
    credential, version_id, skill_id, level, _ = row
    framework = frameworks.load(session, version_id)
    return LedgerLine(
        id=credential.id,
        holder=credential.recipient_name,
        title=text_in(framework.skill(skill_id).label, language),
        rank=framework.level(level).rank,
        state=state,
        reserved_at=credential.reserved_at,
        sealed_at=credential.sealed_at,
    )


def _state(row: Any, now: datetime) -> LedgerState:
    credential: Credential = row[0]
    if credential.revoked_at is not None:
        return LedgerState.REVOKED
    if credential.blocked_reason:
        return LedgerState.BLOCKED
    if credential.signed is None:
        return LedgerState.SIGNING
    if row[-1] is KeyState.COMPROMISED:
        return LedgerState.DOUBTFUL
    if credential.suspended_at is not None:
        return LedgerState.SUSPENDED
    return LedgerState.EXPIRED if is_over(credential.valid_until, now) else LedgerState.SIGNED


def _waiting(session: Session, actor: Actor) -> int:
    """Count approved claims without a badge yet: the relay makes them, and tries again by itself."""
    reserved = select(Credential.id).where(Credential.claim_id == Claim.id)
    waiting = select(func.count()).where(
        Claim.structure_id == actor.structure_id, Claim.state == ClaimState.APPROVED, ~reserved.exists()
    )
    return session.scalar(waiting) or 0


def _renewed_by(session: Session, credential: Credential) -> uuid.UUID | None:
    return session.scalars(select(Credential.id).where(Credential.renews_id == credential.id)).first()


def _in_waves(session: Session, actor: Actor) -> bool:
    in_waves = select(IssuerProfile.issues_in_waves).where(IssuerProfile.structure_id == actor.structure_id)
    return bool(session.scalar(in_waves))


def _keys(session: Session, profile_id: uuid.UUID) -> tuple[KeyLine, ...]:
    counted = (
        select(Credential.key_id, func.count().label("signed"))
        .where(Credential.signed.is_not(None), Credential.revoked_at.is_(None))
        .group_by(Credential.key_id)
        .subquery()
    )
    rows = session.execute(
        select(IssuerKey, func.coalesce(counted.c.signed, 0))
        .join(counted, counted.c.key_id == IssuerKey.id, isouter=True)
        .where(IssuerKey.profile_id == profile_id)
        .order_by(IssuerKey.created_at.desc(), IssuerKey.state)
    )
    return tuple(
        KeyLine(
            id=key.id,
            multibase=key.public_multibase,
            state=key.state,
            created_at=key.created_at,
            retired_at=key.retired_at,
            compromised_from=key.compromised_from,
            signed=signed,
        )
        for key, signed in rows
    )


def _doubtful(session: Session, profile_id: uuid.UUID, language: str) -> tuple[LedgerLine, ...]:
    rows = session.execute(
        _lines().where(
            Credential.profile_id == profile_id,
            Credential.revoked_at.is_(None),
            Credential.signed.is_not(None),
            IssuerKey.state == KeyState.COMPROMISED,
        )
    )
    return tuple(_line(session, row, language, LedgerState.DOUBTFUL) for row in rows)
