"""Waves: an administrator issues all that waits, in chunks; cancelled, it keeps what is sealed."""

import uuid
from collections.abc import Iterable, Sequence

from sqlalchemy import Select, delete, insert, or_, select, update
from sqlalchemy.orm import Session

from badges import audit, outbox
from badges.clock import Clock
from badges.db import transaction
from badges.errors import NotFound, NothingToIssue
from badges.issuer.models import Credential, Wave, WaveClaim, WaveState
from badges.issuer.queries_waves import waiting_claims
from badges.issuer.service_bulk import CHUNK, issue_many
from badges.issuer.service_signing import SYSTEM, Issuing
from badges.outbox import Owed
from badges.people.models import Structure
from badges.permissions import Action, Actor, Thing, require
from badges.recognition.models import Claim
from badges.recognition.service import APPROVED


def start(session: Session, clock: Clock, actor: Actor, wave_id: uuid.UUID) -> Wave:
    """Have all approved claims of the actor's structure that wait issued together, and return the wave.

    `wave_id` is made by whoever asks: asking again with the same one changes nothing. From here on a
    reviewer can no longer take these approvals back. Raises `NothingToIssue`, `Forbidden`, and `NotFound`
    when another structure has a wave of this id. Journals "wave.started".
    """
    require(actor, Action.MANAGE_ISSUER, Thing(structure_id=actor.structure_id))
    with transaction(session):
        session.get_one(Structure, actor.structure_id, with_for_update={"key_share": True})
        known = session.get(Wave, wave_id)
        if known is None:
            return _start(session, clock, actor, wave_id)
        if known.structure_id != actor.structure_id:
            raise NotFound
        return known


def cancel(session: Session, clock: Clock, actor: Actor, wave_id: uuid.UUID) -> Wave:
    """Begin no further chunk of a wave and return it; what is sealed stays, the rest waits again.

    A wave that is cancelled or finished already stays as it is. Raises `NotFound`, `Forbidden`.
    Journals "wave.cancelled".
    """
    with transaction(session):
        wave = _locked(session, actor, wave_id)
        if wave.state is WaveState.RUNNING:
            wave.state, wave.ended_at = WaveState.CANCELLED, clock.now()
            _journal(session, clock, actor.journal_name, "wave.cancelled", wave)
    return wave


def resume(session: Session, clock: Clock, actor: Actor, wave_id: uuid.UUID) -> Wave:
    """Go on with a cancelled wave and return it: with those of its claims that no other wave took meanwhile.

    A wave that runs or is finished stays as it is. Raises `NotFound`, `Forbidden`. Journals "wave.resumed".
    """
    with transaction(session):
        wave = _locked(session, actor, wave_id)
        if wave.state is WaveState.CANCELLED:
            wave.state, wave.ended_at = WaveState.RUNNING, None
            _journal(session, clock, actor.journal_name, "wave.resumed", wave)
            _owe_chunks(
                session, clock, wave, session.scalars(_open_chunks(wave.id)).all(), clock.new_id().hex
            )
            _finish_if_done(session, clock, wave)
    return wave


def issue_chunk(issuing: Issuing, wave_id: uuid.UUID, chunk: int) -> None:
    """Issue the claims of one chunk, unless the wave was cancelled; doing it twice is doing it once.

    The last chunk to be done finishes the wave. Raises what `issue_many` raises. Journals "wave.finished".
    """
    with issuing.sessions() as session:
        wave = session.get(Wave, wave_id)
        if wave is None or wave.state is not WaveState.RUNNING:
            return
        in_chunk = (WaveClaim.wave_id == wave_id, WaveClaim.chunk == chunk)
        claims = session.scalars(select(WaveClaim.claim_id).where(*in_chunk)).all()
    issue_many(issuing, claims)
    with issuing.sessions() as session, transaction(session):
        running = session.get_one(Wave, wave_id, with_for_update=True)
        if running.state is WaveState.RUNNING:
            _finish_if_done(session, issuing.clock, running)


def _start(session: Session, clock: Clock, actor: Actor, wave_id: uuid.UUID) -> Wave:
    """Take the claims, alike ones side by side: a chunk then has few achievements."""
    claims = session.scalars(
        waiting_claims(actor.structure_id)
        .order_by(Claim.framework_version_id, Claim.skill_id, Claim.level, Claim.id)
        .with_for_update(of=Claim, key_share=True)
    ).all()
    if not claims or actor.structure_id is None:
        raise NothingToIssue
    wave = Wave(
        id=wave_id,
        structure_id=actor.structure_id,
        started_by=actor.person_id,
        started_at=clock.now(),
        state=WaveState.RUNNING,
        total=len(claims),
    )
    session.add(wave)
    session.flush()
    leave_waves(session, claims)
    rows = [{"claim_id": one, "wave_id": wave_id, "chunk": at // CHUNK} for at, one in enumerate(claims)]
    session.connection().execute(insert(WaveClaim), rows)
    outbox.cancel_many(session, topic=APPROVED, keys=[str(one) for one in claims])
    _owe_chunks(session, clock, wave, range(-(-len(claims) // CHUNK)), "0")
    _journal(session, clock, actor.journal_name, "wave.started", wave, total=str(wave.total))
    return wave


def leave_waves(session: Session, claims: Sequence[uuid.UUID]) -> None:
    """Take claims out of the waves they are in, in the caller's transaction: they no longer count there."""
    for first in range(0, len(claims), CHUNK):
        left = delete(WaveClaim).where(WaveClaim.claim_id.in_(claims[first : first + CHUNK]))
        for wave_id in session.scalars(left.returning(WaveClaim.wave_id)).all():
            session.execute(update(Wave).where(Wave.id == wave_id).values(total=Wave.total - 1))


def _locked(session: Session, actor: Actor, wave_id: uuid.UUID) -> Wave:
    wave = session.get(Wave, wave_id, with_for_update=True)
    if wave is None:
        raise NotFound
    require(actor, Action.MANAGE_ISSUER, Thing(structure_id=wave.structure_id))
    return wave


def _owe_chunks(session: Session, clock: Clock, wave: Wave, chunks: Iterable[int], turn: str) -> None:
    owed = [
        Owed(f"{wave.id}:{chunk}:{turn}", {"wave_id": str(wave.id), "chunk": str(chunk)}) for chunk in chunks
    ]
    outbox.publish_many(session, clock, topic="wave.chunk", owed=owed)


def _open_chunks(wave_id: uuid.UUID) -> Select[int]:
    """Select the chunks of a wave that still have a badge to be signed, the last one first.

    What is held back waits to be mended, and what was withdrawn before it was signed stays unsigned.
    """
    unsealed = (
        Credential.sealed_at.is_(None) & (Credential.blocked_reason == "") & Credential.revoked_at.is_(None)
    )
    return (
        select(WaveClaim.chunk)
        .join(Credential, Credential.claim_id == WaveClaim.claim_id, isouter=True)
        .where(WaveClaim.wave_id == wave_id, or_(Credential.id.is_(None), unsealed))
        .order_by(WaveClaim.chunk.desc())
        .distinct()
    )


def _finish_if_done(session: Session, clock: Clock, wave: Wave) -> None:
    if session.scalar(_open_chunks(wave.id).limit(1)) is None:
        wave.state, wave.ended_at = WaveState.FINISHED, clock.now()
        _journal(session, clock, SYSTEM, "wave.finished", wave)


def _journal(session: Session, clock: Clock, actor: str, act: str, wave: Wave, **details: str) -> None:
    audit.record(
        session,
        clock,
        actor=actor,
        act=act,
        subject=f"wave:{wave.id}",
        structure_id=wave.structure_id,
        **details,
    )
