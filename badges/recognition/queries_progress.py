"""Reads of progress: what the rule says of each skill and level seen of a worker, and where its claim is."""

import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from badges.clock import Clock, today
from badges.errors import NotFound
from badges.frameworks import queries as frameworks
from badges.frameworks.rules import text_in
from badges.people.queries import WorkerTile, worker_thing, workers_in_charge
from badges.permissions import Action, Actor, Thing, may, require
from badges.recognition.models import Claim, ClaimStep
from badges.recognition.queries import ClaimKey, Ground, assess, ground, key_of
from badges.recognition.rules import (
    ENDED,
    IN_REVIEW,
    WITH_THE_BADGE,
    WORKFLOW,
    ClaimState,
    Step,
    words_of,
)
from badges.recognition.rules_award import Proposal

_ORDER = {
    ClaimState.RETURNED: 0,
    ClaimState.REFUSED: 1,
    ClaimState.SUBMITTED: 3,
    ClaimState.APPEALED: 3,
    ClaimState.APPROVED: 5,
}
_READY, _GOING_ON = 2, 4
_CAN_BE_ASKED = frozenset({ClaimState.OPEN, ClaimState.RETURNED, *ENDED})


@dataclass(frozen=True)
class Progress:
    """One skill at one level of one worker: what is there, what is needed, and what may be done about it.

    `steps` are those this reader may take now; `reason` (a msgid) and `comment` are the last
    words of a reviewer.
    """

    worker_id: uuid.UUID
    version_id: uuid.UUID
    skill_id: str
    skill: str
    dimension: str
    level: str
    rank: int
    proposal: Proposal
    claim_id: uuid.UUID | None
    state: ClaimState | None
    reason: str
    comment: str
    steps: frozenset[Step]
    needs_interview: bool
    interview_on: date | None
    may_note_interview: bool

    @property
    def can_ask(self) -> bool:
        """True when the review can be asked for at once."""
        return (
            bool(self.steps & {Step.OPEN, Step.SUBMIT}) and self.proposal.ready and not self.proposal.paused
        )


def progress(
    session: Session, clock: Clock, actor: Actor, worker_id: uuid.UUID, language: str
) -> tuple[Progress, ...]:
    """Return everything seen of a worker by skill and level: first what asks for a hand, last what is done.

    Raises `NotFound` or `Forbidden`.
    """
    if actor.structure_id is None:
        raise NotFound
    thing = worker_thing(session, actor.structure_id, worker_id)
    require(actor, Action.VIEW_CLAIM, thing)
    known = ground(session, actor.structure_id, [worker_id])
    claims = _claims_of(session, actor.structure_id, [worker_id]).get(worker_id, {})
    words = _last_words(session, claims.values())
    lines = [
        _line(session, clock, actor, thing, known, key, claims.get(key), words, language)
        for key in dict.fromkeys([*claims, *known.seen])
        if key in claims or not _is_passed(session, known, key)
    ]
    return tuple(sorted(lines, key=_importance))


def _line(
    session: Session,
    clock: Clock,
    actor: Actor,
    thing: Thing,
    known: Ground,
    key: ClaimKey,
    claim: Claim | None,
    words: dict[uuid.UUID, tuple[str, str]],
    language: str,
) -> Progress:
    framework = frameworks.load(session, key.version_id)
    skill = framework.skill(key.skill_id)
    interview_on = claim.interview_on if claim else None
    proposal = assess(framework, known, key, today=today(clock), interview_on=interview_on)
    reason, comment = words.get(claim.id, ("", "")) if claim else ("", "")
    return Progress(
        worker_id=key.worker_id,
        version_id=key.version_id,
        skill_id=key.skill_id,
        skill=text_in(skill.label, language),
        dimension=skill.dimension.id,
        level=key.level,
        rank=framework.level(key.level).rank,
        proposal=proposal,
        claim_id=claim.id if claim else None,
        state=claim.state if claim else None,
        reason=reason,
        comment=comment,
        steps=frozenset(_steps(actor, claim, thing)),
        needs_interview=framework.award_rules[key.level].requires_interview,
        interview_on=interview_on,
        may_note_interview=claim is not None
        and claim.state not in {ClaimState.APPROVED, *ENDED}
        and may(actor, Action.RECORD_INTERVIEW, thing),
    )


def _steps(actor: Actor, claim: Claim | None, thing: Thing) -> Iterable[Step]:
    state = claim.state if claim and claim.state not in ENDED else None
    for step, move in WORKFLOW.items():
        if step not in WITH_THE_BADGE and state in move.start and may(actor, move.permission, thing):
            yield step


def _is_passed(session: Session, known: Ground, key: ClaimKey) -> bool:
    """Tell whether a higher level of the same skill is already recognised: then this one needs no badge."""
    framework = frameworks.load(session, key.version_id)
    rank = framework.level(key.level).rank
    return any(
        (key.worker_id, framework.id, key.skill_id, level.code) in known.held
        for level in framework.levels
        if level.rank > rank
    )


def _claims_of(
    session: Session, structure_id: uuid.UUID, worker_ids: Collection[uuid.UUID]
) -> dict[uuid.UUID, dict[ClaimKey, Claim]]:
    """Return the newest claim of each worker, skill, level and version."""
    found: dict[uuid.UUID, dict[ClaimKey, Claim]] = {}
    rows = select(Claim).where(Claim.structure_id == structure_id, Claim.worker_id.in_(worker_ids))
    for claim in session.scalars(rows.order_by(Claim.opened_at, Claim.version)):
        found.setdefault(claim.worker_id, {})[key_of(claim)] = claim
    return found


def _last_words(session: Session, claims: Iterable[Claim]) -> dict[uuid.UUID, tuple[str, str]]:
    rows = session.scalars(
        select(ClaimStep)
        .where(ClaimStep.claim_id.in_([claim.id for claim in claims]), ClaimStep.reason != "")
        .order_by(ClaimStep.claim_id, ClaimStep.number)
    )
    return {row.claim_id: (words_of(row.reason), row.comment) for row in rows}


def _importance(line: Progress) -> tuple[int, str, int]:
    order = _READY if line.can_ask else _ORDER.get(line.state, _GOING_ON) if line.state else _GOING_ON
    return order, line.skill, line.rank


@dataclass(frozen=True)
class Followed:
    """One worker that somebody follows, with how many things ask for a hand."""

    worker: WorkerTile
    open_talks: int
    ready: int
    in_review: int
    recognised: int
    last_seen_on: date | None


def followed(session: Session, clock: Clock, actor: Actor) -> tuple[Followed, ...]:
    """Return the workers that `actor` is in charge of: open talks first, then what can be asked for.

    Raises `NotFound` for somebody who is in no structure.
    """
    if actor.structure_id is None:
        raise NotFound
    tiles = workers_in_charge(session, actor)
    ids = [tile.person_id for tile in tiles]
    known, claims = ground(session, actor.structure_id, ids), _claims_of(session, actor.structure_id, ids)
    lines = [_followed(session, clock, tile, known, claims.get(tile.person_id, {})) for tile in tiles]
    return tuple(sorted(lines, key=lambda line: (-line.open_talks, -line.ready, line.worker.given_name)))


def _followed(
    session: Session, clock: Clock, tile: WorkerTile, known: Ground, claims: dict[ClaimKey, Claim]
) -> Followed:
    seen = {key: views for key, views in known.seen.items() if key.worker_id == tile.person_id}
    states = [claim.state for claim in claims.values()]
    idle = [
        key
        for key in seen
        if (key not in claims or claims[key].state in _CAN_BE_ASKED) and not _is_passed(session, known, key)
    ]
    proposals = [
        assess(frameworks.load(session, key.version_id), known, key, today=today(clock), interview_on=None)
        for key in idle
    ]
    return Followed(
        worker=tile,
        open_talks=sum(view.talk_open and not view.set_aside for views in seen.values() for view in views),
        ready=sum(proposal.ready and not proposal.paused for proposal in proposals),
        in_review=sum(state in IN_REVIEW for state in states),
        recognised=states.count(ClaimState.APPROVED),
        last_seen_on=max((view.happened_on for views in seen.values() for view in views), default=None),
    )
