"""Reads of reviewing: the queue of one reviewer, and everything about one claim on one screen."""

import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from badges.clock import Clock, today
from badges.errors import NotFound
from badges.evidence.models import Mark
from badges.evidence.queries import ObservationView
from badges.frameworks import queries as frameworks
from badges.frameworks.rules import Skill, text_in
from badges.people.models import Membership, Person
from badges.people.queries import persons_with_role
from badges.permissions import Action, Actor, Role, Thing, may, require
from badges.recognition.models import Claim, ClaimStep
from badges.recognition.queries import (
    Ground,
    assess,
    claim_thing,
    decision_thing,
    digest_of,
    ground,
    ground_of,
    key_of,
    live_invitations,
)
from badges.recognition.rules import (
    ENDED,
    IN_REVIEW,
    WITH_THE_BADGE,
    WORKFLOW,
    ClaimState,
    Step,
    on_appeal,
    words_of,
)
from badges.recognition.rules_award import Proposal
from badges.recognition.rules_batch import Hindrance, hindrance

_MARKS_IN_WORDS = (Mark.YES, Mark.SOMETIMES, Mark.NO)


@dataclass(frozen=True)
class About:
    """What a claim is about, in the reader's language; `rank` counts from 1."""

    claim_id: uuid.UUID
    version: int
    state: ClaimState
    worker_id: uuid.UUID
    worker_name: str
    crew: str
    framework_version_id: uuid.UUID
    skill_id: str
    skill: str
    dimension: str
    level: str
    rank: int
    asked_at: datetime | None


@dataclass(frozen=True)
class QueueItem:
    """One claim that waits for this reviewer; `shown` is the digest of the evidence as it is now."""

    about: About
    proposal: Proposal
    days_waiting: int
    shown: str

    @property
    def interview_missing(self) -> bool:
        """True when everything is there but the day of the interview."""
        return self.hindrance is Hindrance.INTERVIEW

    @property
    def hindrance(self) -> Hindrance | None:
        """Why it is decided on its own page, or None when a batch may hold it."""
        return hindrance(self.about.state, self.proposal)


@dataclass(frozen=True)
class BehaviourLine:
    """One behaviour of the level with its letter, and how often each mark was given to it."""

    id: str
    letter: str
    text: str
    marks: tuple[tuple[Mark, int], ...]


@dataclass(frozen=True)
class StepLine:
    """One step of the history: what, by whom in which role, when, and the words given.

    `reason` is the msgid of the preset words, or empty.
    """

    step: Step
    role: Role
    at: datetime
    reason: str
    comment: str
    by_me: bool


@dataclass(frozen=True)
class ClaimView:
    """Everything about one claim on one screen. `steps` are those this reader may take now."""

    about: About
    shown: str
    proposal: Proposal
    behaviours: tuple[BehaviourLine, ...]
    seen: tuple[ObservationView, ...]
    history: tuple[StepLine, ...]
    steps: frozenset[Step]
    own_observation: bool
    interview_on: date | None
    needs_interview: bool
    may_note_interview: bool

    @property
    def totals(self) -> tuple[tuple[Mark, int], ...]:
        """Return how often each mark was given, all behaviours together."""
        times = Counter(dict.fromkeys(_MARKS_IN_WORDS, 0))
        for line in self.behaviours:
            times.update(dict(line.marks))
        return tuple((mark, times[mark]) for mark in _MARKS_IN_WORDS if times[mark])

    @property
    def letters(self) -> dict[str, str]:
        """Return the letter of each behaviour."""
        return {line.id: line.letter for line in self.behaviours}


def queue(session: Session, clock: Clock, actor: Actor, language: str) -> tuple[QueueItem, ...]:
    """Return the claims that `actor` may decide now, the oldest first; their own observations are left out.

    Raises `Forbidden`.
    """
    if actor.structure_id is None:
        raise NotFound
    require(actor, Action.VIEW_QUEUE, Thing(actor.structure_id))
    claims = _in_review(session, actor.structure_id)
    known = ground(session, actor.structure_id, {claim.worker_id for claim in claims})
    refusers = _refusers(session, [claim.id for claim in claims])
    mine = [
        claim for claim in claims if _may_decide(actor, claim, known, refusers.get(claim.id, frozenset()))
    ]
    told = abouts(session, mine, language)
    return tuple(
        QueueItem(
            told[claim.id],
            _proposal(session, clock, claim, known),
            (today(clock) - claim.submitted_at.date()).days if claim.submitted_at else 0,
            digest_of(known, claim),
        )
        for claim in mine
    )


def claim_view(session: Session, clock: Clock, actor: Actor, claim_id: uuid.UUID, language: str) -> ClaimView:
    """Return one claim with all that a decision needs. Raises `NotFound` or `Forbidden`."""
    claim = session.get(Claim, claim_id)
    if claim is None:
        raise NotFound
    known = ground_of(session, claim)
    thing = claim_thing(session, clock.now(), claim, known)
    require(actor, Action.VIEW_CLAIM, thing)
    framework = frameworks.load(session, claim.framework_version_id)
    seen = known.seen.get(key_of(claim), ())
    return ClaimView(
        about=abouts(session, [claim], language)[claim.id],
        shown=digest_of(known, claim),
        proposal=_proposal(session, clock, claim, known),
        behaviours=_behaviours(framework.skill(claim.skill_id), claim.level, seen, language),
        seen=seen,
        history=_history(session, actor, claim.id),
        steps=frozenset(_open_steps(actor, claim.state, thing)),
        own_observation=actor.person_id in thing.observers,
        interview_on=claim.interview_on,
        needs_interview=framework.award_rules[claim.level].requires_interview,
        may_note_interview=claim.state not in {ClaimState.APPROVED, *ENDED}
        and may(actor, Action.RECORD_INTERVIEW, thing),
    )


@dataclass(frozen=True)
class Waiting:
    """What an administrator may know of a claim in review, and whether somebody inside can decide it."""

    about: About
    reviewers_inside: int
    invited: int


def waiting(session: Session, clock: Clock, actor: Actor, language: str) -> tuple[Waiting, ...]:
    """Return the claims in review without their evidence: who, which skill, when. Raises `Forbidden`."""
    if actor.structure_id is None:
        raise NotFound
    require(actor, Action.INVITE_REVIEWER, Thing(actor.structure_id))
    claims = _in_review(session, actor.structure_id)
    known = ground(session, actor.structure_id, {claim.worker_id for claim in claims})
    refusers = _refusers(session, [claim.id for claim in claims])
    inside = [
        Actor(person_id, actor.structure_id, frozenset({Role.REVIEWER}))
        for person_id in persons_with_role(session, actor.structure_id, Role.REVIEWER)
    ]
    told = abouts(session, claims, language)
    return tuple(
        Waiting(
            about=told[claim.id],
            reviewers_inside=sum(
                _may_decide(reviewer, claim, known, refusers.get(claim.id, frozenset()))
                for reviewer in inside
            ),
            invited=len(live_invitations(session, clock.now(), [claim.id])),
        )
        for claim in claims
    )


def in_review_thing(
    session: Session, now: datetime, thing: Thing, version_id: uuid.UUID, skill_id: str, level: str
) -> Thing:
    """Add to the facts about an observation those of the claim above it: is it in review, who was invited."""
    claims = session.scalars(
        select(Claim.id).where(
            Claim.structure_id == thing.structure_id,
            Claim.worker_id == thing.worker_id,
            Claim.framework_version_id == version_id,
            Claim.skill_id == skill_id,
            Claim.level == level,
            Claim.state.in_(IN_REVIEW),
        )
    ).all()
    return replace(thing, in_review=bool(claims), invitations=live_invitations(session, now, claims))


def _in_review(session: Session, structure_id: uuid.UUID) -> Sequence[Claim]:
    return session.scalars(
        select(Claim)
        .where(Claim.structure_id == structure_id, Claim.state.in_(IN_REVIEW))
        .order_by(Claim.submitted_at, Claim.id)
    ).all()


def _proposal(session: Session, clock: Clock, claim: Claim, known: Ground) -> Proposal:
    framework = frameworks.load(session, claim.framework_version_id)
    return assess(framework, known, key_of(claim), today=today(clock), interview_on=claim.interview_on)


def _may_decide(actor: Actor, claim: Claim, known: Ground, refusers: frozenset[uuid.UUID]) -> bool:
    thing = decision_thing(claim, known, refusers)
    return may(actor, WORKFLOW[on_appeal(Step.APPROVE, claim.state)].permission, thing)


def _refusers(session: Session, claim_ids: list[uuid.UUID]) -> dict[uuid.UUID, frozenset[uuid.UUID]]:
    rows = session.execute(
        select(ClaimStep.claim_id, ClaimStep.person_id).where(
            ClaimStep.claim_id.in_(claim_ids),
            ClaimStep.action == Step.REFUSE,
            ClaimStep.person_id.is_not(None),
        )
    ).all()
    return {
        claim_id: frozenset(person for of, person in rows if of == claim_id and person)
        for claim_id, _ in rows
    }


def _open_steps(actor: Actor, state: ClaimState, thing: Thing) -> Iterable[Step]:
    for step, move in WORKFLOW.items():
        if step not in WITH_THE_BADGE and state in move.start and may(actor, move.permission, thing):
            yield step


def abouts(session: Session, claims: Iterable[Claim], language: str) -> dict[uuid.UUID, About]:
    """Return what each claim is about, in their order; no permission is checked."""
    every = list(claims)
    people = dict(
        session.execute(
            select(Person.id, Person.given_name).where(Person.id.in_({claim.worker_id for claim in every}))
        ).all()
    )
    crews = {
        (structure_id, person_id): crew
        for structure_id, person_id, crew in session.execute(
            select(Membership.structure_id, Membership.person_id, Membership.crew).where(
                Membership.person_id.in_(people), Membership.role == Role.WORKER
            )
        )
    }
    return {claim.id: _about(session, claim, people, crews, language) for claim in every}


def _about(
    session: Session,
    claim: Claim,
    names: dict[uuid.UUID, str],
    crews: dict[tuple[uuid.UUID, uuid.UUID], str],
    language: str,
) -> About:
    framework = frameworks.load(session, claim.framework_version_id)
    skill = framework.skill(claim.skill_id)
    return About(
        claim_id=claim.id,
        version=claim.version,
        state=claim.state,
        worker_id=claim.worker_id,
        worker_name=names[claim.worker_id],
        crew=crews.get((claim.structure_id, claim.worker_id), ""),
        framework_version_id=claim.framework_version_id,
        skill_id=claim.skill_id,
        skill=text_in(skill.label, language),
        dimension=skill.dimension.id,
        level=claim.level,
        rank=framework.level(claim.level).rank,
        asked_at=claim.submitted_at,
    )


def _behaviours(
    skill: Skill, level: str, seen: Iterable[ObservationView], language: str
) -> tuple[BehaviourLine, ...]:
    counted = [one for one in seen if not one.set_aside]
    lines = []
    for number, behaviour in enumerate(skill.at(level).behaviours):
        times = Counter(one.marks.get(behaviour.id, Mark.NOT_SEEN) for one in counted)
        marks = tuple((mark, times[mark]) for mark in _MARKS_IN_WORDS if times[mark])
        letter = chr(ord("A") + number)
        lines.append(BehaviourLine(behaviour.id, letter, text_in(behaviour.text, language), marks))
    return tuple(lines)


def _history(session: Session, actor: Actor, claim_id: uuid.UUID) -> tuple[StepLine, ...]:
    rows = session.scalars(
        select(ClaimStep).where(ClaimStep.claim_id == claim_id).order_by(ClaimStep.number.desc())
    )
    return tuple(
        StepLine(
            step=Step(row.action),
            role=Role(row.role),
            at=row.at,
            reason=words_of(row.reason),
            comment=row.comment,
            by_me=row.person_id is not None and row.person_id == actor.person_id,
        )
        for row in rows
    )
