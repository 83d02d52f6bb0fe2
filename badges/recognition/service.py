"""Verbs of recognition: each takes one step of the workflow table, in one transaction, on a locked claim."""

import uuid
from dataclasses import replace
from datetime import date, timedelta

from sqlalchemy import Select, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from badges import outbox
from badges.clock import Clock, today
from badges.db import transaction
from badges.errors import ClaimMoved, DayInFuture, NotFound, NothingNew, TooLateToUndo
from badges.evidence import queries as evidence_queries
from badges.evidence import service as evidence
from badges.frameworks import queries as framework_queries
from badges.frameworks import service as frameworks
from badges.people.queries import worker_thing
from badges.permissions import Action, Actor, Thing, require
from badges.recognition.models import Claim
from badges.recognition.queries import ClaimKey, Ground, claim_thing, ground_of, key_of
from badges.recognition.rules import ENDED, ClaimState, Reason, Step
from badges.recognition.rules_award import counted
from badges.recognition.rules_basis import digest, from_json
from badges.recognition.service_steps import (
    Taking,
    begin,
    check_rule,
    finish,
    freeze_basis,
    journal,
    locked,
)

APPROVED = "claim.approved"


def open_claim(
    session: Session,
    clock: Clock,
    actor: Actor,
    worker_id: uuid.UUID,
    version_id: uuid.UUID,
    skill_id: str,
    level: str,
) -> uuid.UUID:
    """Open a claim and return its id; the same worker, skill, level and version give the same live claim.

    A refused claim is opened again, with its history, once something new has been seen (else `NothingNew`).
    Raises `UnknownSkill`, `NotFound`, `Forbidden`. Journalled as "claim.open" or "claim.reopen".
    """
    with transaction(session):
        if actor.structure_id is None:
            raise NotFound
        thing = worker_thing(session, actor.structure_id, worker_id)
        require(actor, Action.SUBMIT_CLAIM, thing)
        key = ClaimKey(actor.structure_id, worker_id, version_id, skill_id, level)
        framework_queries.load(session, version_id).skill(skill_id).at(level)
        claim = _live(session, key)
        if claim is None:
            return _open(session, clock, actor, key, thing)
        if claim.state is ClaimState.REFUSED:
            _reopen(session, clock, actor, claim)
    return claim.id


def submit(session: Session, clock: Clock, actor: Actor, claim_id: uuid.UUID) -> None:
    """Ask for the review. Only the interview may still be missing: it can be noted during the review.

    Raises `RuleNotMet`, `ClaimPaused`, `ClaimMoved`, `Forbidden`. Journalled as "claim.submit".
    """
    with transaction(session):
        taking = begin(session, clock, actor, claim_id, Step.SUBMIT)
        check_rule(session, clock, taking)
        taking.claim.submitted_at = clock.now()
        finish(session, clock, actor, taking)


def approve(
    session: Session,
    clock: Clock,
    actor: Actor,
    claim_id: uuid.UUID,
    version: int,
    *,
    shown: str | None = None,
    grace: timedelta = timedelta(0),
) -> None:
    """Recognise the skill: the rule is applied again, what it counted is frozen, and issuing is owed.

    `version` is the one the reviewer read, `shown` the digest of the evidence they read; within `grace` the
    reviewer may still take it back. Raises a `ClaimMoved` that says what happened when someone was faster or
    the evidence changed, `RuleNotMet`, `ClaimPaused`, `Forbidden`. Journalled as "claim.approve" or
    "claim.approve_appeal"; outbox "claim.approved".
    """
    with transaction(session):
        taking = begin(session, clock, actor, claim_id, Step.APPROVE, version)
        evidence.settle(session, clock, [fact.id for fact in counted(taking.seen)])
        taking = replace(taking, known=ground_of(session, taking.claim))
        if shown is not None and shown != digest(taking.seen):
            raise ClaimMoved
        check_rule(session, clock, taking)
        freeze_basis(session, actor, taking)
        finish(session, clock, actor, taking)
        outbox.publish(session, clock, topic=APPROVED, key=str(claim_id), after=grace, claim_id=str(claim_id))


def take_back(session: Session, clock: Clock, actor: Actor, claim_id: uuid.UUID) -> None:
    """Undo one's own approval while no badge is being made; the claim waits for a review again.

    Raises `TooLateToUndo`, `ClaimMoved`, `Forbidden`. Journalled as "claim.take_back".
    """
    with transaction(session):
        taking = begin(session, clock, actor, claim_id, Step.TAKE_BACK)
        if taking.claim.basis is None or not outbox.cancel(session, topic=APPROVED, key=str(claim_id)):
            raise TooLateToUndo
        evidence.unsettle(session, from_json(taking.claim.basis).observation_ids)
        taking.claim.basis = None
        finish(session, clock, actor, taking)


def return_claim(
    session: Session,
    clock: Clock,
    actor: Actor,
    claim_id: uuid.UUID,
    version: int,
    reason: Reason,
    comment: str = "",
) -> None:
    """Ask for something more, with a preset reason.

    Raises `ClaimMoved`, `ReasonNeeded`, `Forbidden`. Journalled as "claim.return".
    """
    with transaction(session):
        taking = begin(session, clock, actor, claim_id, Step.RETURN, version)
        finish(session, clock, actor, taking, reason, comment)


def refuse(
    session: Session,
    clock: Clock,
    actor: Actor,
    claim_id: uuid.UUID,
    version: int,
    reason: Reason,
    comment: str,
) -> None:
    """Refuse, with a reason and a comment that the worker and the observers read. The worker may appeal once.

    Raises `ClaimMoved`, `ReasonNeeded`, `Forbidden`. Journalled as "claim.refuse" or "claim.refuse_appeal".
    """
    with transaction(session):
        taking = begin(session, clock, actor, claim_id, Step.REFUSE, version)
        freeze_basis(session, actor, taking)
        finish(session, clock, actor, taking, reason, comment)


def withdraw(session: Session, clock: Clock, actor: Actor, claim_id: uuid.UUID) -> None:
    """Take one's own claim back. Raises `ClaimMoved`, `Forbidden`. Journalled as "claim.withdraw"."""
    with transaction(session):
        finish(session, clock, actor, begin(session, clock, actor, claim_id, Step.WITHDRAW))


def appeal(session: Session, clock: Clock, actor: Actor, claim_id: uuid.UUID, comment: str) -> None:
    """Ask a second reviewer after a refusal, saying why.

    Raises `ClaimMoved`, `ReasonNeeded`, `Forbidden`. Journalled as "claim.appeal".
    """
    with transaction(session):
        taking = begin(session, clock, actor, claim_id, Step.APPEAL)
        taking.claim.submitted_at = clock.now()
        finish(session, clock, actor, taking, comment=comment)


def end_revoked(session: Session, clock: Clock, actor: Actor, claim_id: uuid.UUID) -> None:
    """End the claim of a badge that is revoked, so that a new one may begin; called inside `issuer.revoke`.

    Raises `ClaimMoved`, `Forbidden`. Journalled as "claim.revoke".
    """
    finish(session, clock, actor, begin(session, clock, actor, claim_id, Step.REVOKE))


def renew(session: Session, clock: Clock, actor: Actor, claim_id: uuid.UUID) -> uuid.UUID:
    """End the claim of a badge that comes to its end, and return the next one; called inside `issuer.renew`.

    The next one is open, in the version of the framework that the structure works with today. What was seen
    for the old badge does not count again. Raises `ClaimMoved`, `Forbidden`. Journalled as "claim.renew"
    and "claim.open".
    """
    taking = begin(session, clock, actor, claim_id, Step.RENEW)
    finish(session, clock, actor, taking)
    key = _in_use(session, key_of(taking.claim))
    begun = _live(session, key)
    return begun.id if begun else _open(session, clock, actor, key, taking.thing)


def record_interview(session: Session, clock: Clock, actor: Actor, claim_id: uuid.UUID, day: date) -> None:
    """Note the day of the interview that the highest level needs; nothing of what was said is kept.

    Raises `DayInFuture`, `ClaimMoved` once decided, `Forbidden`. Journalled as "claim.interview".
    """
    with transaction(session):
        claim = locked(session, claim_id)
        thing = claim_thing(session, clock.now(), claim, ground_of(session, claim))
        require(actor, Action.RECORD_INTERVIEW, thing)
        if claim.state in {ClaimState.APPROVED, *ENDED}:
            raise ClaimMoved
        if day > today(clock):
            raise DayInFuture
        claim.interview_on = day
        journal(session, clock, actor, claim, "interview")


def _open(session: Session, clock: Clock, actor: Actor, key: ClaimKey, thing: Thing) -> uuid.UUID:
    if key.version_id not in framework_queries.adopted(session, key.structure_id):
        known = evidence_queries.skills_seen(session, key.worker_id, structure_id=key.structure_id)
        if (key.version_id, key.skill_id, key.level) not in known:
            raise NotFound
    claim = Claim(
        id=clock.new_id(),
        structure_id=key.structure_id,
        worker_id=key.worker_id,
        framework_version_id=key.version_id,
        skill_id=key.skill_id,
        level=key.level,
        state=ClaimState.OPEN,
        version=0,
        opened_at=clock.now(),
    )
    try:
        with session.begin_nested():
            session.add(claim)
    except IntegrityError:
        return session.scalars(_live_claims(key)).one().id
    frameworks.mark_used(session, clock, key.version_id)
    finish(session, clock, actor, Taking(claim, Step.OPEN, ClaimState.OPEN, Ground({}, frozenset()), thing))
    return claim.id


def _reopen(session: Session, clock: Clock, actor: Actor, claim: Claim) -> None:
    taking = begin(session, clock, actor, claim.id, Step.REOPEN)
    refused_on = set(from_json(claim.basis).observation_ids) if claim.basis else set()
    if all(fact.id in refused_on for fact in counted(taking.seen)):
        raise NothingNew
    claim.basis = None
    finish(session, clock, actor, taking)


def _in_use(session: Session, key: ClaimKey) -> ClaimKey:
    """Return `key` in the version that its structure works with, if that one has the skill and level too."""
    framework = framework_queries.load(session, key.version_id)
    for version_id, adopted in framework_queries.adopted(session, key.structure_id).items():
        if adopted.id == framework.id and adopted.has(key.skill_id, key.level):
            return replace(key, version_id=version_id)
    return key


def _live(session: Session, key: ClaimKey) -> Claim | None:
    return session.scalars(_live_claims(key).with_for_update()).one_or_none()


def _live_claims(key: ClaimKey) -> Select[Claim]:
    return select(Claim).where(
        Claim.structure_id == key.structure_id,
        Claim.worker_id == key.worker_id,
        Claim.framework_version_id == key.version_id,
        Claim.skill_id == key.skill_id,
        Claim.level == key.level,
        Claim.state.not_in(ENDED),
    )
