"""How a claim moves: one table of every step, from where to where and who may take it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from badges.errors import (
    N_,
    ClaimAlreadyApproved,
    ClaimAlreadyRefused,
    ClaimAlreadyReturned,
    ClaimMoved,
    ClaimWithdrawn,
    ReasonNeeded,
)
from badges.permissions import TABLE, Action, Actor, Role, Thing, require


class ClaimState(StrEnum):
    """Where a claim stands."""

    OPEN = "open"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    APPROVED = "approved"
    REFUSED = "refused"
    APPEALED = "appealed"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"
    REVOKED = "revoked"
    RENEWED = "renewed"


class Step(StrEnum):
    """Everything that can happen to a claim."""

    OPEN = "open"
    SUBMIT = "submit"
    RETURN = "return"
    APPROVE = "approve"
    REFUSE = "refuse"
    TAKE_BACK = "take_back"
    WITHDRAW = "withdraw"
    REOPEN = "reopen"
    APPEAL = "appeal"
    APPROVE_APPEAL = "approve_appeal"
    REFUSE_APPEAL = "refuse_appeal"
    REVOKE = "revoke"
    RENEW = "renew"


class Reason(StrEnum):
    """The preset reasons of a decision that is not a yes; the comment says the rest."""

    ONE_MORE_SITUATION = "one_more_situation"
    ANOTHER_OBSERVER = "another_observer"
    CONCRETE_EXAMPLE = "concrete_example"
    INTERVIEW_FIRST = "interview_first"
    NOT_YET_REGULAR = "not_yet_regular"
    NOT_THIS_LEVEL = "not_this_level"
    DIFFERENT_SKILL = "different_skill"


RETURN_REASONS: Mapping[Reason, str] = {
    Reason.ONE_MORE_SITUATION: N_("One more situation is needed."),
    Reason.ANOTHER_OBSERVER: N_("Another observer is needed."),
    Reason.CONCRETE_EXAMPLE: N_("A concrete example is needed."),
    Reason.INTERVIEW_FIRST: N_("An interview is needed first."),
}
REFUSAL_REASONS: Mapping[Reason, str] = {
    Reason.NOT_YET_REGULAR: N_("It has been seen, but not regularly yet."),
    Reason.NOT_THIS_LEVEL: N_("What was seen fits the level before. It is a good start."),
    Reason.DIFFERENT_SKILL: N_("What was seen shows another skill."),
}
REASONS: Mapping[Reason, str] = {**RETURN_REASONS, **REFUSAL_REASONS}


@dataclass(frozen=True)
class Move:
    """One row of the workflow: the states it starts from (None: no claim yet), its end, who may."""

    start: frozenset[ClaimState | None]
    end: ClaimState
    permission: Action
    reasons: frozenset[Reason] = frozenset()
    needs_comment: bool = False
    needs_rule: bool = False


def _from(*states: ClaimState | None) -> frozenset[ClaimState | None]:
    return frozenset(states)


WORKFLOW: Mapping[Step, Move] = {
    Step.OPEN: Move(_from(None), ClaimState.OPEN, Action.SUBMIT_CLAIM),
    Step.SUBMIT: Move(
        _from(ClaimState.OPEN, ClaimState.RETURNED),
        ClaimState.SUBMITTED,
        Action.SUBMIT_CLAIM,
        needs_rule=True,
    ),
    Step.APPROVE: Move(
        _from(ClaimState.SUBMITTED), ClaimState.APPROVED, Action.REVIEW_CLAIM, needs_rule=True
    ),
    Step.RETURN: Move(
        _from(ClaimState.SUBMITTED), ClaimState.RETURNED, Action.REVIEW_CLAIM, frozenset(RETURN_REASONS)
    ),
    Step.REFUSE: Move(
        _from(ClaimState.SUBMITTED),
        ClaimState.REFUSED,
        Action.REVIEW_CLAIM,
        frozenset(REFUSAL_REASONS),
        needs_comment=True,
    ),
    Step.TAKE_BACK: Move(_from(ClaimState.APPROVED), ClaimState.SUBMITTED, Action.TAKE_BACK_CLAIM),
    Step.WITHDRAW: Move(
        _from(ClaimState.OPEN, ClaimState.SUBMITTED, ClaimState.RETURNED, ClaimState.APPEALED),
        ClaimState.WITHDRAWN,
        Action.WITHDRAW_CLAIM,
    ),
    Step.REOPEN: Move(_from(ClaimState.REFUSED), ClaimState.OPEN, Action.SUBMIT_CLAIM),
    Step.APPEAL: Move(
        _from(ClaimState.REFUSED), ClaimState.APPEALED, Action.APPEAL_CLAIM, needs_comment=True
    ),
    Step.APPROVE_APPEAL: Move(
        _from(ClaimState.APPEALED), ClaimState.APPROVED, Action.REVIEW_APPEAL, needs_rule=True
    ),
    Step.REFUSE_APPEAL: Move(
        _from(ClaimState.APPEALED),
        ClaimState.CLOSED,
        Action.REVIEW_APPEAL,
        frozenset(REFUSAL_REASONS),
        needs_comment=True,
    ),
    Step.REVOKE: Move(
        _from(ClaimState.APPROVED, ClaimState.RENEWED), ClaimState.REVOKED, Action.REVOKE_CREDENTIAL
    ),
    Step.RENEW: Move(_from(ClaimState.APPROVED), ClaimState.RENEWED, Action.SUBMIT_CLAIM),
}

ENDED = frozenset({ClaimState.CLOSED, ClaimState.WITHDRAWN, ClaimState.REVOKED, ClaimState.RENEWED})
RECOGNISED = frozenset({ClaimState.APPROVED, ClaimState.RENEWED})
WITH_THE_BADGE = frozenset({Step.REVOKE, Step.RENEW})
IN_REVIEW = frozenset({ClaimState.SUBMITTED, ClaimState.APPEALED})
DECISIONS = frozenset({Step.APPROVE, Step.RETURN, Step.REFUSE, Step.APPROVE_APPEAL, Step.REFUSE_APPEAL})
REFUSALS = frozenset({Step.REFUSE, Step.REFUSE_APPEAL})
_MOVED: Mapping[ClaimState, type[ClaimMoved]] = {
    ClaimState.APPROVED: ClaimAlreadyApproved,
    ClaimState.RETURNED: ClaimAlreadyReturned,
    ClaimState.REFUSED: ClaimAlreadyRefused,
    ClaimState.CLOSED: ClaimAlreadyRefused,
    ClaimState.WITHDRAWN: ClaimWithdrawn,
}


def next_state(step: Step, state: ClaimState | None, actor: Actor, thing: Thing) -> ClaimState:
    """Return the state that `step` leads to from `state` when `actor` takes it.

    Raises `NotSignedIn`, `NotFound` or `Forbidden` when this person may never take it on this claim, and a
    `ClaimMoved` that says what happened when they might have, had the claim still been there.
    """
    move = WORKFLOW[step]
    require(actor, move.permission, replace(thing, in_review=True) if step in DECISIONS else thing)
    if state not in move.start:
        raise _MOVED.get(state, ClaimMoved) if state and step in DECISIONS else ClaimMoved
    return move.end


def check_words(step: Step, reason: Reason | None, comment: str) -> None:
    """Pass when the reason is one of those of `step` and the comment is there if needed.

    Raises `ReasonNeeded`.
    """
    move = WORKFLOW[step]
    if move.reasons and reason not in move.reasons:
        raise ReasonNeeded
    if move.needs_comment and not comment.strip():
        raise ReasonNeeded


def words_of(reason: str) -> str:
    """Return the preset words (a msgid) of a stored reason; nothing for none."""
    return REASONS[Reason(reason)] if reason else ""


def on_appeal(step: Step, state: ClaimState) -> Step:
    """Return the step of an appeal that stands for `step` when the claim is appealed."""
    appealed = {Step.APPROVE: Step.APPROVE_APPEAL, Step.REFUSE: Step.REFUSE_APPEAL}
    return appealed.get(step, step) if state is ClaimState.APPEALED else step


def acting_role(actor: Actor, action: Action, thing: Thing) -> Role:
    """Return the role in which `actor`, who may, does `action`: it is written beside the step."""
    return next(
        role for role, relation in TABLE[action] if role in actor.roles and relation(actor, role, thing)
    )
