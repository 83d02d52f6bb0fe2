"""Many claims approved in one gesture: each decided by itself, by somebody who could read its evidence."""

import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from badges import outbox
from badges.clock import Clock
from badges.db import transaction
from badges.errors import (
    BadgesError,
    ClaimMoved,
    ClaimPaused,
    DecideAlone,
    Forbidden,
    NotFound,
    RuleNotMet,
    SeenByYou,
    TooLateToUndo,
)
from badges.evidence import service as evidence
from badges.outbox import Owed
from badges.permissions import Action, Actor, Thing, require
from badges.recognition.models import Claim, ClaimStep
from badges.recognition.queries import Ground, decision_thing, ground, key_of
from badges.recognition.rules import Step, next_state
from badges.recognition.rules_award import counted
from badges.recognition.rules_basis import digest, from_json
from badges.recognition.rules_batch import hindrance
from badges.recognition.service import APPROVED
from badges.recognition.service_steps import Taking, check_rule, finish_many, freeze_basis, proposal_of

MOST_AT_ONCE = 300


class Choice(NamedTuple):
    """One claim that the reviewer ticked: its version and the digest of its evidence, as they read them."""

    claim_id: uuid.UUID
    version: int
    shown: str


@dataclass(frozen=True)
class Missed:
    """One claim that stays as it is, and why."""

    claim_id: uuid.UUID
    error: BadgesError


@dataclass(frozen=True)
class Outcome:
    """What became of a batch; `at` is the moment written on every claim that moved."""

    at: datetime
    done: tuple[uuid.UUID, ...]
    missed: tuple[Missed, ...]


def approve_many(
    session: Session,
    clock: Clock,
    actor: Actor,
    choices: Sequence[Choice],
    grace: timedelta = timedelta(0),
) -> Outcome:
    """Approve each claim of `choices` as `service.approve` would; one that cannot be stops no other.

    A claim is missed when it moved, when its evidence changed, when the rule is no longer met, when the
    actor observed part of it, or when it has to be read alone (see `hindrance`). Within `grace` each can be
    taken back. Raises `NotFound` when a claim is not of the actor's structure, `Forbidden` when the actor
    is no reviewer: then nothing is decided. Journalled as "claim.approve"; outbox "claim.approved", one each.
    """
    with transaction(session):
        claims = _locked(session, actor, [choice.claim_id for choice in choices])
        known = _held_still(session, claims.values())
        takings, missed = list[Taking](), list[Missed]()
        for choice in {choice.claim_id: choice for choice in choices}.values():
            try:
                takings.append(_taking(session, clock, actor, claims[choice.claim_id], choice, known))
            except (ClaimMoved, ClaimPaused, DecideAlone, RuleNotMet, SeenByYou) as error:
                missed.append(Missed(choice.claim_id, error))
        _carry_out(session, clock, actor, takings, grace)
    return _outcome(clock, takings, missed)


def take_back_many(session: Session, clock: Clock, actor: Actor, claim_ids: Collection[uuid.UUID]) -> Outcome:
    """Take back one's own approvals, each while no badge is being made of it; the others are missed.

    Raises `NotFound`, and `Forbidden` when the actor is no reviewer. Journalled as "claim.take_back".
    """
    with transaction(session):
        claims = _locked(session, actor, claim_ids)
        authors = _approvers(session, claims)
        known = Ground({}, frozenset())
        takings, missed = list[Taking](), list[Missed]()
        for claim in claims.values():
            thing = Thing(claim.structure_id, claim.worker_id, author_id=authors.get(claim.id))
            try:
                end = next_state(Step.TAKE_BACK, claim.state, actor, thing)
                _give_up(session, claim)
            except (ClaimMoved, Forbidden, TooLateToUndo) as error:
                missed.append(Missed(claim.id, error))
            else:
                takings.append(Taking(claim, Step.TAKE_BACK, end, known, thing))
        finish_many(session, clock, actor, takings)
    return _outcome(clock, takings, missed)


def _locked(session: Session, actor: Actor, claim_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Claim]:
    """Lock the claims in the order in which waves lock them, so that nobody waits for each other."""
    require(actor, Action.VIEW_QUEUE, Thing(actor.structure_id))
    rows = session.scalars(
        select(Claim)
        .where(Claim.id.in_(claim_ids), Claim.structure_id == actor.structure_id)
        .order_by(Claim.framework_version_id, Claim.skill_id, Claim.level, Claim.id)
        .with_for_update()
    )
    claims = {claim.id: claim for claim in rows}
    if set(claim_ids) - set(claims):
        raise NotFound
    return claims


def _held_still(session: Session, claims: Collection[Claim]) -> Ground:
    """Read the evidence once it can no longer change: answers wait until this transaction ends."""
    first = _ground(session, claims)
    evidence.hold(session, [fact.id for claim in claims for fact in first.facts(key_of(claim))])
    return _ground(session, claims)


def _ground(session: Session, claims: Collection[Claim]) -> Ground:
    structures = {claim.structure_id for claim in claims}
    if not structures:
        return Ground({}, frozenset())
    return ground(session, structures.pop(), {claim.worker_id for claim in claims})


def _taking(
    session: Session, clock: Clock, actor: Actor, claim: Claim, choice: Choice, known: Ground
) -> Taking:
    thing = decision_thing(claim, known)
    try:
        end = next_state(Step.APPROVE, claim.state, actor, thing)
    except Forbidden as error:
        raise SeenByYou from error
    taking = Taking(claim, Step.APPROVE, end, known, thing)
    if choice.version != claim.version or choice.shown != digest(taking.seen):
        raise ClaimMoved
    check_rule(session, clock, taking)
    if hindrance(claim.state, proposal_of(session, clock, taking)):
        raise DecideAlone
    return taking


def _carry_out(
    session: Session, clock: Clock, actor: Actor, takings: Sequence[Taking], grace: timedelta
) -> None:
    evidence.settle(session, clock, [fact.id for taking in takings for fact in counted(taking.seen)])
    for taking in takings:
        freeze_basis(session, actor, taking)
    finish_many(session, clock, actor, takings)
    names = [str(taking.claim.id) for taking in takings]
    owed = [Owed(name, {"claim_id": name}) for name in names]
    outbox.publish_many(session, clock, topic=APPROVED, owed=owed, after=grace)


def _approvers(session: Session, claim_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, uuid.UUID | None]:
    """Return who took the last step of each claim, when that was its approval."""
    rows = session.execute(
        select(ClaimStep.claim_id, ClaimStep.person_id, ClaimStep.action)
        .where(ClaimStep.claim_id.in_(claim_ids))
        .order_by(ClaimStep.number)
    )
    last = {claim_id: (person_id, action) for claim_id, person_id, action in rows}
    return {claim_id: person for claim_id, (person, action) in last.items() if action == Step.APPROVE}


def _give_up(session: Session, claim: Claim) -> None:
    """Owe no badge any longer and let answers change again. Raises `TooLateToUndo`."""
    if claim.basis is None or not outbox.cancel(session, topic=APPROVED, key=str(claim.id)):
        raise TooLateToUndo
    evidence.unsettle(session, from_json(claim.basis).observation_ids)
    claim.basis = None


def _outcome(clock: Clock, takings: Sequence[Taking], missed: Sequence[Missed]) -> Outcome:
    done = tuple(taking.claim.id for taking in takings)
    at = next((taking.claim.decided_at for taking in takings if taking.claim.decided_at), clock.now())
    return Outcome(at, done, tuple(missed))
