"""How far a wave is, what it could not issue, and how many approved claims wait for the next one."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import Session

from badges.errors import NotFound
from badges.issuer.models import Credential, Wave, WaveClaim, WaveState
from badges.permissions import Action, Actor, Thing, require
from badges.recognition.models import Claim
from badges.recognition.rules import ClaimState

SHOWN_FAILURES = 20
SHOWN_WAVES = 20


@dataclass(frozen=True)
class WaveFailure:
    """A badge of a wave that is held back: whose (as it would name them) and why, in an engineer's words."""

    credential_id: uuid.UUID
    holder: str
    reason: str


@dataclass(frozen=True)
class WaveProgress:
    """How far a wave is: of `total` claims, `sealed` have their badge, `blocked` wait to be mended.

    `finished_at` is when it ended, or was cancelled. `failures` are the first twenty of the blocked ones.
    """

    id: uuid.UUID
    state: WaveState
    total: int
    sealed: int
    blocked: int
    started_at: datetime
    finished_at: datetime | None
    failures: tuple[WaveFailure, ...] = ()

    @property
    def done(self) -> int:
        """How many claims need nothing more of this wave."""
        return self.sealed + self.blocked

    @property
    def percent(self) -> int:
        """How much is done, 0 to 100; 100 only when nothing is left."""
        return self.done * 100 // self.total if self.total else 100

    def seconds(self, now: datetime) -> int:
        """Return how long it ran, until `now` (aware) while it runs."""
        return int(((self.finished_at or now) - self.started_at).total_seconds())


def progress(session: Session, actor: Actor, wave_id: uuid.UUID) -> WaveProgress:
    """Return how far a wave of the actor's structure is. Raises `NotFound`, `Forbidden`."""
    wave = session.get(Wave, wave_id, populate_existing=True)
    if wave is None:
        raise NotFound
    require(actor, Action.MANAGE_ISSUER, Thing(structure_id=wave.structure_id))
    return _progress(session, wave, with_failures=True)


def latest(session: Session, actor: Actor) -> WaveProgress | None:
    """Return the wave of the actor's structure that began last, if any. Raises `Forbidden`."""
    require(actor, Action.MANAGE_ISSUER, Thing(structure_id=actor.structure_id))
    wave = session.scalars(_newest(actor).limit(1)).one_or_none()
    return _progress(session, wave, with_failures=True) if wave else None


def waves_of(session: Session, actor: Actor) -> tuple[WaveProgress, ...]:
    """Return the last twenty waves of the actor's structure, newest first, failures only counted.

    Raises `Forbidden`.
    """
    require(actor, Action.MANAGE_ISSUER, Thing(structure_id=actor.structure_id))
    waves = session.scalars(_newest(actor).limit(SHOWN_WAVES)).all()
    return tuple(_progress(session, wave, with_failures=False) for wave in waves)


def waiting(session: Session, actor: Actor) -> int:
    """Count the approved claims that a wave started now would take. Raises `Forbidden`."""
    require(actor, Action.MANAGE_ISSUER, Thing(structure_id=actor.structure_id))
    claims = waiting_claims(actor.structure_id).subquery()
    return session.scalar(select(func.count()).select_from(claims)) or 0


def waiting_claims(structure_id: uuid.UUID | None) -> Select[uuid.UUID]:
    """Select the approved claims of a structure that have no credential and are in no running wave."""
    reserved = select(Credential.id).where(Credential.claim_id == Claim.id)
    running = (
        select(WaveClaim.claim_id)
        .join(Wave, Wave.id == WaveClaim.wave_id)
        .where(WaveClaim.claim_id == Claim.id, Wave.state == WaveState.RUNNING)
    )
    return select(Claim.id).where(
        Claim.structure_id == structure_id,
        Claim.state == ClaimState.APPROVED,
        ~reserved.exists(),
        ~running.exists(),
    )


def _newest(actor: Actor) -> Select[Wave]:
    newest = select(Wave).where(Wave.structure_id == actor.structure_id)
    return newest.order_by(Wave.started_at.desc(), Wave.id).execution_options(populate_existing=True)


def _progress(session: Session, wave: Wave, *, with_failures: bool) -> WaveProgress:
    is_blocked = (Credential.sealed_at.is_(None)) & (Credential.blocked_reason != "")
    ours = select(Credential).join(WaveClaim, WaveClaim.claim_id == Credential.claim_id)
    ours = ours.where(WaveClaim.wave_id == wave.id)
    counts = ours.with_only_columns(
        func.count(Credential.sealed_at), func.coalesce(func.sum(case((is_blocked, 1), else_=0)), 0)
    )
    sealed, blocked = session.execute(counts).one()
    failed = ours.where(is_blocked).with_only_columns(
        Credential.id, Credential.recipient_name, Credential.blocked_reason
    )
    rows = session.execute(failed.order_by(Credential.id).limit(SHOWN_FAILURES)) if with_failures else ()
    return WaveProgress(
        id=wave.id,
        state=wave.state,
        total=wave.total,
        sealed=sealed,
        blocked=blocked,
        started_at=wave.started_at,
        finished_at=wave.ended_at,
        failures=tuple(WaveFailure(*row) for row in rows),
    )
