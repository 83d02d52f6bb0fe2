"""Reads of one claim: its facts for the permission table, what the rule says of it, and what was approved."""

import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from badges.errors import NotFound
from badges.evidence import queries as evidence
from badges.evidence.models import AnswerKind, Mark
from badges.evidence.queries import ObservationView, Seen
from badges.frameworks.models import FrameworkVersion
from badges.frameworks.rules import Framework
from badges.people.queries import worker_thing
from badges.permissions import Thing
from badges.recognition.models import Claim, ClaimStep, ReviewerInvitation
from badges.recognition.rules import IN_REVIEW, RECOGNISED, REFUSALS, ClaimState, Step
from badges.recognition.rules_award import Proposal, SeenFact, propose, seen_once
from badges.recognition.rules_basis import Basis, digest, from_json, summary_from_json

_APPROVED = RECOGNISED | {ClaimState.REVOKED}


@dataclass(frozen=True)
class ClaimKey:
    """Which worker, which skill, which level, in which version of a framework, in which structure."""

    structure_id: uuid.UUID
    worker_id: uuid.UUID
    version_id: uuid.UUID
    skill_id: str
    level: str


class ApprovedClaim(NamedTuple):
    """All that issuing needs of a claim, and nothing more."""

    id: uuid.UUID
    structure_id: uuid.UUID
    worker_id: uuid.UUID
    framework_version_id: uuid.UUID
    skill_id: str
    level: str
    decided_at: datetime
    basis: Basis


def approved(session: Session, claim_id: uuid.UUID) -> ApprovedClaim:
    """Return a claim that was approved, with what it was based on, also once its badge is revoked.

    Raises `NotFound` when it is not approved.
    """
    claim = session.get(Claim, claim_id)
    if claim is None or claim.state not in _APPROVED or not claim.basis or not claim.decided_at:
        raise NotFound
    return ApprovedClaim(
        id=claim.id,
        structure_id=claim.structure_id,
        worker_id=claim.worker_id,
        framework_version_id=claim.framework_version_id,
        skill_id=claim.skill_id,
        level=claim.level,
        decided_at=claim.decided_at,
        basis=from_json(claim.basis),
    )


def approved_many(session: Session, claim_ids: Collection[uuid.UUID]) -> list[ApprovedClaim]:
    """Return those of the claims that were approved, in one query; of their basis, the summary only."""
    table = Claim.__table__.c
    columns = (
        table.id, table.structure_id, table.worker_id, table.framework_version_id, table.skill_id,
        table.level, table.decided_at, table.basis,
    )  # fmt: skip
    approved_ones = select(*columns).where(table.id.in_(claim_ids), table.state.in_(_APPROVED))
    return [
        ApprovedClaim._make((*claim, decided_at, summary_from_json(basis)))
        for *claim, decided_at, basis in session.execute(approved_ones).all()
        if decided_at and basis
    ]


def key_of(claim: Claim) -> ClaimKey:
    """Return what a claim is about."""
    return ClaimKey(
        claim.structure_id, claim.worker_id, claim.framework_version_id, claim.skill_id, claim.level
    )


@dataclass(frozen=True)
class Ground:
    """Everything the award rule may need about some workers of one structure, read at once.

    `seen` holds what counts, newest first; `held` the (worker, framework, skill, level) already recognised.
    """

    seen: Mapping[ClaimKey, tuple[ObservationView, ...]]
    held: frozenset[tuple[uuid.UUID, str, str, str]]

    def facts(self, key: ClaimKey) -> tuple[SeenFact, ...]:
        """Return what the rule reads of `key`."""
        return facts_of(self.seen.get(key, ()))


def ground(session: Session, structure_id: uuid.UUID, worker_ids: Collection[uuid.UUID]) -> Ground:
    """Read what the rule needs about `worker_ids`, in a few queries whatever their number."""
    seen: dict[ClaimKey, list[ObservationView]] = {}
    used = _used(session, structure_id, worker_ids)
    for view in evidence.seen_of(session, worker_ids, structure_id=structure_id):
        if view.id in used:
            continue
        key = ClaimKey(structure_id, view.worker_id, view.version_id, view.skill_id, view.level)
        seen.setdefault(key, []).append(view)
    held = session.execute(
        select(Claim.worker_id, FrameworkVersion.framework_id, Claim.skill_id, Claim.level)
        .join(FrameworkVersion, FrameworkVersion.id == Claim.framework_version_id)
        .where(
            Claim.structure_id == structure_id,
            Claim.worker_id.in_(worker_ids),
            Claim.state.in_(RECOGNISED),
        )
    )
    recognised = frozenset(
        (worker_id, framework, skill, level) for worker_id, framework, skill, level in held
    )
    return Ground({key: tuple(views) for key, views in seen.items()}, recognised)


def _used(
    session: Session, structure_id: uuid.UUID, worker_ids: Collection[uuid.UUID]
) -> frozenset[uuid.UUID]:
    """Return the observations behind badges that are being renewed: a renewal needs others."""
    bases = session.scalars(
        select(Claim.basis).where(
            Claim.structure_id == structure_id,
            Claim.worker_id.in_(worker_ids),
            Claim.state == ClaimState.RENEWED,
        )
    )
    return frozenset(one for basis in bases if basis for one in from_json(basis).observation_ids)


def digest_of(known: Ground, claim: Claim) -> str:
    """Return the hash of the evidence of `claim` as it is now; `approve` compares it with what was shown."""
    return digest(known.facts(key_of(claim)))


def ground_of(session: Session, claim: Claim) -> Ground:
    """Read what the rule needs about the worker of `claim`."""
    return ground(session, claim.structure_id, [claim.worker_id])


def facts_of(seen: Iterable[Seen]) -> tuple[SeenFact, ...]:
    """Keep of `seen` only what the rule reads."""
    return tuple(
        SeenFact(
            id=one.id,
            situation_id=one.situation_id,
            situation_title=one.situation_title,
            day=one.happened_on,
            observer_id=one.observer_id,
            yes=frozenset(name for name, mark in one.marks.items() if mark is Mark.YES),
            no=frozenset(name for name, mark in one.marks.items() if mark is Mark.NO),
            agreed=one.answer is AnswerKind.AGREE,
            answered=one.answer is not None,
            talk_open=one.talk_open,
            set_aside=one.set_aside,
        )
        for one in seen
    )


def assess(
    framework: Framework, known: Ground, key: ClaimKey, *, today: date, interview_on: date | None
) -> Proposal:
    """Return what the rule says of `key` today. Raises `UnknownSkill`."""
    return propose(
        framework.award_rules[key.level],
        behaviour_ids(framework, key.skill_id, key.level),
        known.facts(key),
        today=today,
        interview_on=interview_on,
        previous_level_ok=previous_level_ok(framework, known, key),
    )


def behaviour_ids(framework: Framework, skill_id: str, level: str) -> tuple[str, ...]:
    """Return the behaviours of one level of one skill, in the order of the framework."""
    return tuple(behaviour.id for behaviour in framework.skill(skill_id).at(level).behaviours)


def previous_level_ok(framework: Framework, known: Ground, key: ClaimKey) -> bool:
    """Tell whether the level before is shown: by its approved claim, or by each of its behaviours seen.

    A claim approved under another version of the same framework counts: behaviour ids never change meaning.
    """
    rank = framework.level(key.level).rank
    before = next((level.code for level in framework.levels if level.rank == rank - 1), None)
    if before is None or (key.worker_id, framework.id, key.skill_id, before) in known.held:
        return True
    lower = replace(key, level=before)
    return seen_once(behaviour_ids(framework, key.skill_id, before), known.facts(lower))


def claim_thing(session: Session, now: datetime, claim: Claim, known: Ground) -> Thing:
    """Return the facts `may` needs about a claim: whose it is, whose hands are on it, who was invited."""
    steps = session.scalars(
        select(ClaimStep).where(ClaimStep.claim_id == claim.id).order_by(ClaimStep.number)
    ).all()
    last = steps[-1] if steps else None
    decided_last = last and last.action == Step.APPROVE
    return replace(
        worker_thing(session, claim.structure_id, claim.worker_id),
        author_id=last.person_id if last and decided_last else None,
        observers=frozenset(fact.observer_id for fact in known.facts(key_of(claim))),
        deciders=frozenset(step.person_id for step in steps if step.action in REFUSALS and step.person_id),
        invitations=live_invitations(session, now, [claim.id]),
        in_review=claim.state in IN_REVIEW,
    )


def decision_thing(claim: Claim, known: Ground, deciders: frozenset[uuid.UUID] = frozenset()) -> Thing:
    """Return the facts that say who of the house may decide: whose hands are on `claim` already."""
    return Thing(
        structure_id=claim.structure_id,
        worker_id=claim.worker_id,
        observers=frozenset(fact.observer_id for fact in known.facts(key_of(claim))),
        deciders=deciders,
        in_review=True,
    )


def live_invitations(
    session: Session, now: datetime, claim_ids: Collection[uuid.UUID]
) -> frozenset[uuid.UUID]:
    """Return the invitations of outside reviewers that still open one of these claims."""
    return frozenset(
        session.scalars(
            select(ReviewerInvitation.id).where(
                ReviewerInvitation.claim_id.in_(claim_ids),
                ReviewerInvitation.ended_at.is_(None),
                ReviewerInvitation.expires_at > now,
            )
        )
    )
