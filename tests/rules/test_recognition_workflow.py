"""The workflow: every step x state x role gives exactly what the table says, and nothing else moves."""

import itertools
import uuid
from dataclasses import replace

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from badges.errors import ClaimMoved, Forbidden, NotFound, NotSignedIn, ReasonNeeded
from badges.permissions import ANONYMOUS, Action, Actor, Role, Thing
from badges.recognition.rules import (
    DECISIONS,
    IN_REVIEW,
    REASONS,
    REFUSAL_REASONS,
    RETURN_REASONS,
    WORKFLOW,
    ClaimState,
    Reason,
    Step,
    acting_role,
    check_words,
    next_state,
    on_appeal,
)

HERE, ELSEWHERE = uuid.uuid4(), uuid.uuid4()
WORKER, STAFF, OBSERVER, REFUSER, STRANGER, APPROVER = (uuid.uuid4() for _ in range(6))
INVITED, OTHER_INVITED = uuid.uuid4(), uuid.uuid4()
STATES: tuple[ClaimState | None, ...] = (None, *ClaimState)

ASKERS = frozenset({"worker", "supervisor in charge", "tutor in charge", "coach in charge"})
JUDGES = frozenset({"reviewer", "reviewer who refused", "invited reviewer", "reviewer who approved"})
SECOND_JUDGES = frozenset({"reviewer", "invited reviewer", "reviewer who approved"})
WHO_MAY: dict[Step, frozenset[str]] = {
    Step.OPEN: ASKERS,
    Step.SUBMIT: ASKERS,
    Step.REOPEN: ASKERS,
    Step.APPROVE: JUDGES,
    Step.RETURN: JUDGES,
    Step.REFUSE: JUDGES,
    Step.APPROVE_APPEAL: SECOND_JUDGES,
    Step.REFUSE_APPEAL: SECOND_JUDGES,
    Step.TAKE_BACK: frozenset({"reviewer who approved"}),
    Step.WITHDRAW: frozenset({"worker"}),
    Step.APPEAL: frozenset({"worker"}),
    Step.REVOKE: frozenset({"administrator"}),
    Step.RENEW: ASKERS,
}
ROWS: dict[Step, tuple[set[ClaimState | None], ClaimState]] = {
    Step.OPEN: ({None}, ClaimState.OPEN),
    Step.SUBMIT: ({ClaimState.OPEN, ClaimState.RETURNED}, ClaimState.SUBMITTED),
    Step.APPROVE: ({ClaimState.SUBMITTED}, ClaimState.APPROVED),
    Step.RETURN: ({ClaimState.SUBMITTED}, ClaimState.RETURNED),
    Step.REFUSE: ({ClaimState.SUBMITTED}, ClaimState.REFUSED),
    Step.TAKE_BACK: ({ClaimState.APPROVED}, ClaimState.SUBMITTED),
    Step.WITHDRAW: (
        {ClaimState.OPEN, ClaimState.SUBMITTED, ClaimState.RETURNED, ClaimState.APPEALED},
        ClaimState.WITHDRAWN,
    ),
    Step.REOPEN: ({ClaimState.REFUSED}, ClaimState.OPEN),
    Step.APPEAL: ({ClaimState.REFUSED}, ClaimState.APPEALED),
    Step.APPROVE_APPEAL: ({ClaimState.APPEALED}, ClaimState.APPROVED),
    Step.REFUSE_APPEAL: ({ClaimState.APPEALED}, ClaimState.CLOSED),
    Step.REVOKE: ({ClaimState.APPROVED, ClaimState.RENEWED}, ClaimState.REVOKED),
    Step.RENEW: ({ClaimState.APPROVED}, ClaimState.RENEWED),
}


def person(person_id: uuid.UUID, *roles: Role, structure_id: uuid.UUID = HERE) -> Actor:
    return Actor(person_id, structure_id, frozenset(roles))


def invited(invitation_id: uuid.UUID) -> Actor:
    return Actor(None, HERE, frozenset({Role.OUTSIDE_REVIEWER}), invitation_id)


ACTORS: dict[str, Actor] = {
    "nobody": ANONYMOUS,
    "worker": person(WORKER, Role.WORKER),
    "another worker": person(STRANGER, Role.WORKER),
    "supervisor in charge": person(STAFF, Role.SUPERVISOR),
    "supervisor of others": person(STRANGER, Role.SUPERVISOR),
    "tutor in charge": person(STAFF, Role.TUTOR),
    "tutor of others": person(STRANGER, Role.TUTOR),
    "coach in charge": person(STAFF, Role.COACH),
    "coach of others": person(STRANGER, Role.COACH),
    "reviewer": person(STRANGER, Role.REVIEWER),
    "reviewer who refused": person(REFUSER, Role.REVIEWER),
    "reviewer who approved": person(APPROVER, Role.REVIEWER),
    "reviewer who observed": person(OBSERVER, Role.REVIEWER),
    "reviewer elsewhere": person(STRANGER, Role.REVIEWER, structure_id=ELSEWHERE),
    "administrator": person(STRANGER, Role.ADMIN),
    "operator": person(STRANGER, Role.OPERATOR),
    "invited reviewer": invited(INVITED),
    "reviewer invited for another claim": invited(OTHER_INVITED),
}


def thing(state: ClaimState | None) -> Thing:
    return Thing(
        structure_id=HERE,
        worker_id=WORKER,
        author_id=APPROVER,
        staff=frozenset({(role, STAFF) for role in (Role.SUPERVISOR, Role.TUTOR, Role.COACH)}),
        observers=frozenset({OBSERVER}),
        deciders=frozenset({REFUSER}),
        invitations=frozenset({INVITED}),
        in_review=state in IN_REVIEW,
    )


def test_the_table_is_the_one_written_here() -> None:
    assert {step: (set(move.start), move.end) for step, move in WORKFLOW.items()} == ROWS
    assert set(WHO_MAY) == set(WORKFLOW) == set(Step)


@pytest.mark.parametrize(("step", "state", "who"), list(itertools.product(Step, STATES, ACTORS)))
def test_every_step_in_every_state_by_everybody(step: Step, state: ClaimState | None, who: str) -> None:
    actor = ACTORS[who]
    if who in WHO_MAY[step] and state in ROWS[step][0]:
        assert next_state(step, state, actor, thing(state)) is ROWS[step][1]
        assert acting_role(actor, WORKFLOW[step].permission, thing(state)) in actor.roles
    elif who in WHO_MAY[step]:
        with pytest.raises(ClaimMoved):
            next_state(step, state, actor, thing(state))
    else:
        with pytest.raises((Forbidden, NotFound, NotSignedIn)):
            next_state(step, state, actor, thing(state))


@pytest.mark.parametrize("step", [*sorted(DECISIONS), Step.TAKE_BACK])
def test_a_worker_who_is_also_a_reviewer_never_decides_about_themselves(step: Step) -> None:
    both = person(WORKER, Role.WORKER, Role.REVIEWER, Role.SUPERVISOR, Role.ADMIN)
    for state in STATES:
        with pytest.raises(Forbidden):
            next_state(step, state, both, thing(state))


@pytest.mark.parametrize("step", sorted(DECISIONS))
def test_nobody_decides_about_their_own_observation_whatever_else_they_are(step: Step) -> None:
    everything = person(OBSERVER, *Role)
    for state in STATES:
        with pytest.raises(Forbidden):
            next_state(step, state, everything, thing(state))


@pytest.mark.parametrize(
    ("state", "error_id"),
    [
        (ClaimState.APPROVED, "claim-already-approved"),
        (ClaimState.RETURNED, "claim-already-returned"),
        (ClaimState.REFUSED, "claim-already-refused"),
        (ClaimState.CLOSED, "claim-already-refused"),
        (ClaimState.WITHDRAWN, "claim-withdrawn"),
        (ClaimState.OPEN, "claim-moved"),
    ],
)
def test_who_comes_second_is_told_what_happened(state: ClaimState, error_id: str) -> None:
    for step in (Step.APPROVE, Step.RETURN, Step.REFUSE):
        with pytest.raises(ClaimMoved) as told:
            next_state(step, state, ACTORS["reviewer"], thing(state))
        assert told.value.id == error_id


def test_only_a_refused_claim_is_appealed_and_the_one_who_refused_does_not_decide_again() -> None:
    assert on_appeal(Step.APPROVE, ClaimState.APPEALED) is Step.APPROVE_APPEAL
    assert on_appeal(Step.REFUSE, ClaimState.APPEALED) is Step.REFUSE_APPEAL
    assert on_appeal(Step.RETURN, ClaimState.APPEALED) is Step.RETURN
    assert all(on_appeal(step, state) is step for step in Step for state in ClaimState if state != "appealed")


def test_reasons_are_required_where_the_worker_will_ask_why() -> None:
    for step, move in WORKFLOW.items():
        for reason, comment in itertools.product([None, *Reason], ["", "  ", "Two more weeks."]):
            right = (not move.reasons or reason in move.reasons) and (
                not move.needs_comment or bool(comment.strip())
            )
            if right:
                check_words(step, reason, comment)
            else:
                with pytest.raises(ReasonNeeded):
                    check_words(step, reason, comment)
    assert set(RETURN_REASONS).isdisjoint(REFUSAL_REASONS)
    assert set(REASONS) == set(Reason)


class Walk(RuleBasedStateMachine):
    """Anybody tries anything, in any order; a plain model says what must have happened."""

    def __init__(self) -> None:
        super().__init__()
        self.state: ClaimState | None = None
        self.refusers: set[uuid.UUID] = set()
        self.approver: uuid.UUID | None = None
        self.path: list[tuple[Step, str]] = []

    def facts(self) -> Thing:
        return replace(thing(self.state), deciders=frozenset(self.refusers), author_id=self.approver)

    @rule(step=st.sampled_from(Step), who=st.sampled_from(sorted(ACTORS)))
    def try_it(self, step: Step, who: str) -> None:
        before, actor = self.state, ACTORS[who]
        try:
            self.state = next_state(step, before, actor, self.facts())
        except (ClaimMoved, Forbidden, NotFound, NotSignedIn):
            return
        assert (before, self.state) in {(start, end) for starts, end in ROWS.values() for start in starts}
        self.path.append((step, who))
        if step in {Step.REFUSE, Step.REFUSE_APPEAL} and actor.person_id:
            self.refusers.add(actor.person_id)
        self.approver = actor.person_id if step is Step.APPROVE else None

    @invariant()
    def nobody_judged_their_own_work(self) -> None:
        judged = {who for step, who in self.path if step in DECISIONS or step is Step.TAKE_BACK}
        assert judged.isdisjoint({"worker", "reviewer who observed", "reviewer elsewhere", "administrator"})

    @invariant()
    def an_appeal_is_decided_by_someone_else(self) -> None:
        refused_by = {who for step, who in self.path if step is Step.REFUSE and who != "invited reviewer"}
        appeals = [who for step, who in self.path if step in {Step.APPROVE_APPEAL, Step.REFUSE_APPEAL}]
        assert not refused_by & set(appeals)

    @invariant()
    def what_is_closed_stays_closed(self) -> None:
        ends = [
            index for index, (step, _) in enumerate(self.path) if step in {Step.WITHDRAW, Step.REFUSE_APPEAL}
        ]
        assert not ends or ends == [len(self.path) - 1]


Walk.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestWalk = Walk.TestCase


def test_permissions_of_the_workflow_are_those_of_recognition() -> None:
    assert {move.permission for move in WORKFLOW.values()} == {
        Action.SUBMIT_CLAIM,
        Action.REVIEW_CLAIM,
        Action.REVIEW_APPEAL,
        Action.WITHDRAW_CLAIM,
        Action.APPEAL_CLAIM,
        Action.TAKE_BACK_CLAIM,
        Action.REVOKE_CREDENTIAL,
    }
