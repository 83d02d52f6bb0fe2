"""How any step is taken inside a verb: lock the claim, ask the table, write the step and the journal."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from badges import audit
from badges.audit import Act
from badges.clock import Clock, today
from badges.errors import ClaimMoved, ClaimPaused, NotFound, RuleNotMet
from badges.frameworks import queries as frameworks
from badges.permissions import Actor, Thing
from badges.recognition.models import Claim, ClaimStep, ReviewerInvitation
from badges.recognition.queries import Ground, assess, claim_thing, ground_of, key_of
from badges.recognition.rules import (
    WITH_THE_BADGE,
    WORKFLOW,
    ClaimState,
    Reason,
    Step,
    acting_role,
    check_words,
    next_state,
    on_appeal,
)
from badges.recognition.rules_award import Proposal, SeenFact
from badges.recognition.rules_basis import basis_of, to_json

_DECIDED = frozenset({ClaimState.APPROVED, ClaimState.REFUSED, ClaimState.CLOSED})
_NO_MORE_INVITATIONS = _DECIDED | {ClaimState.WITHDRAWN}


@dataclass(frozen=True)
class Taking:
    """A step about to be taken on a locked claim, with everything that decides about it, read once."""

    claim: Claim
    step: Step
    end: ClaimState
    known: Ground
    thing: Thing

    @property
    def seen(self) -> tuple[SeenFact, ...]:
        """Return what the rule reads of this claim."""
        return self.known.facts(key_of(self.claim))


def begin(
    session: Session,
    clock: Clock,
    actor: Actor,
    claim_id: uuid.UUID,
    step: Step,
    version: int | None = None,
) -> Taking:
    """Lock the claim and ask the workflow table; `version` is the one the actor read, if it matters.

    Raises `NotFound`, `Forbidden`, or a `ClaimMoved` that says what happened.
    """
    claim = locked(session, claim_id)
    step = on_appeal(step, claim.state)
    known = ground_of(session, claim)
    thing = claim_thing(session, clock.now(), claim, known)
    end = next_state(step, claim.state, actor, thing)
    if version is not None and version != claim.version:
        raise ClaimMoved
    return Taking(claim, step, end, known, thing)


def locked(session: Session, claim_id: uuid.UUID) -> Claim:
    """Return the claim, locked until the end of the transaction. Raises `NotFound`."""
    claim = session.scalars(select(Claim).where(Claim.id == claim_id).with_for_update()).one_or_none()
    if claim is None:
        raise NotFound
    return claim


def check_rule(session: Session, clock: Clock, taking: Taking) -> None:
    """Apply the award rule again; only a submission may lack the interview.

    Raises `ClaimPaused` or `RuleNotMet`.
    """
    proposal = proposal_of(session, clock, taking)
    if proposal.paused:
        raise ClaimPaused
    if not (proposal.ready if taking.step is Step.SUBMIT else proposal.met):
        raise RuleNotMet


def proposal_of(session: Session, clock: Clock, taking: Taking) -> Proposal:
    """Return what the rule says of the claim with what was read of it."""
    claim = taking.claim
    framework = frameworks.load(session, claim.framework_version_id)
    return assess(framework, taking.known, key_of(claim), today=today(clock), interview_on=claim.interview_on)


def freeze_basis(session: Session, actor: Actor, taking: Taking) -> None:
    """Keep with the claim what the decision was based on."""
    organisation = None
    if actor.invitation_id:
        organisation = session.get_one(ReviewerInvitation, actor.invitation_id).organisation
    taking.claim.basis = to_json(basis_of(taking.seen, organisation))


def finish(
    session: Session,
    clock: Clock,
    actor: Actor,
    taking: Taking,
    reason: Reason | None = None,
    comment: str = "",
) -> None:
    """Write the step and move the claim. Raises `ReasonNeeded`. Journalled as "claim.<step>"."""
    check_words(taking.step, reason, comment)
    finish_many(session, clock, actor, (taking,), reason, comment)


def finish_many(
    session: Session,
    clock: Clock,
    actor: Actor,
    takings: Sequence[Taking],
    reason: Reason | None = None,
    comment: str = "",
) -> None:
    """Write the steps of several claims at one moment and move them, in few queries; the words are checked.

    Journalled as "claim.<step>", one line each.
    """
    now, code = clock.now(), reason.value if reason else ""
    last = _last_numbers(session, [taking.claim.id for taking in takings])
    for taking in takings:
        claim = taking.claim
        session.add(_step(clock.new_id(), now, actor, taking, last.get(claim.id, 0) + 1, code, comment))
        claim.state = taking.end
        claim.version += 1
        if taking.step not in WITH_THE_BADGE:
            claim.decided_at = now if taking.end in _DECIDED else None
    session.flush()
    ended = [taking.claim.id for taking in takings if taking.end in _NO_MORE_INVITATIONS]
    if ended:
        _end_invitations(session, now, ended)
    audit.record_many(session, clock, [_act(actor, one.claim, one.step.value, code) for one in takings])


def journal(session: Session, clock: Clock, actor: Actor, claim: Claim, act: str, reason: str = "") -> None:
    """Write one line about a claim: who, what, and the code of the reason; never the words."""
    audit.record_many(session, clock, [_act(actor, claim, act, reason)])


def _act(actor: Actor, claim: Claim, act: str, reason: str) -> Act:
    return Act(
        actor=actor.journal_name,
        act=f"claim.{act}",
        subject=f"claim:{claim.id}",
        structure_id=claim.structure_id,
        details={"state": claim.state.value, "reason": reason},
    )


def _last_numbers(session: Session, claim_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, int]:
    rows = session.execute(
        select(ClaimStep.claim_id, func.max(ClaimStep.number))
        .where(ClaimStep.claim_id.in_(claim_ids))
        .group_by(ClaimStep.claim_id)
    )
    return dict(rows.all())


def _step(
    step_id: uuid.UUID, now: datetime, actor: Actor, taking: Taking, number: int, reason: str, comment: str
) -> ClaimStep:
    return ClaimStep(
        id=step_id,
        claim_id=taking.claim.id,
        number=number,
        action=taking.step.value,
        from_state=taking.claim.state,
        to_state=taking.end,
        person_id=actor.person_id,
        invitation_id=actor.invitation_id,
        role=acting_role(actor, WORKFLOW[taking.step].permission, taking.thing).value,
        reason=reason,
        comment=comment.strip(),
        at=now,
    )


def _end_invitations(session: Session, now: datetime, claim_ids: Collection[uuid.UUID]) -> None:
    session.execute(
        update(ReviewerInvitation)
        .where(ReviewerInvitation.claim_id.in_(claim_ids), ReviewerInvitation.ended_at.is_(None))
        .values(ended_at=now)
    )
