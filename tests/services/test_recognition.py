"""Recognition on both databases: proposed by the rule, decided by a third person, once, with its reasons."""

import threading
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from badges import outbox
from badges.clock import today
from badges.errors import (
    BadgesError,
    ClaimAlreadyApproved,
    ClaimAlreadyRefused,
    ClaimMoved,
    ClaimPaused,
    DayInFuture,
    Forbidden,
    InvitationEnded,
    NotFound,
    NothingNew,
    ObservationSettled,
    ReasonNeeded,
    RuleNotMet,
    TooLateToUndo,
    UnknownSkill,
)
from badges.evidence import queries as evidence_queries
from badges.evidence import service as evidence
from badges.evidence.models import AnswerKind, Mark, TalkOutcome
from badges.evidence.storage import LocalStorage
from badges.outbox import OutboxMessage
from badges.permissions import Actor, Role
from badges.recognition import queries, service, service_invitations
from badges.recognition.models import Claim, ClaimStep
from badges.recognition.rules import ClaimState, Reason
from tests.conftest import StillClock
from tests.houses import SKILL, House


@pytest.fixture
def house(session: Session, clock: StillClock, tmp_path: Path) -> House:
    return House(session, clock, LocalStorage(tmp_path / "media")).build()


def test_from_two_observations_to_an_approved_claim_that_owes_a_badge(house: House) -> None:
    claim_id = house.submitted()
    house.approve(claim_id)
    approved = queries.approved(house.session, claim_id)
    assert (approved.worker_id, approved.skill_id, approved.level) == (house.worker_id, SKILL, "N1")
    basis = approved.basis
    assert (basis.observations, basis.days, basis.situations, basis.observers, basis.agreed) == (
        2,
        2,
        2,
        2,
        2,
    )
    assert basis.last_day == today(house.clock) - timedelta(days=2)
    assert (basis.reviewer_kind, basis.outside_organisation) == ("inside", "")
    owed = house.session.scalars(select(OutboxMessage)).one()
    assert (owed.topic, owed.payload) == ("claim.approved", {"claim_id": str(claim_id)})
    assert house.acts() == ["claim.open", "claim.submit", "claim.approve"]
    steps = house.session.scalars(select(ClaimStep).order_by(ClaimStep.number)).all()
    assert [(step.action, step.role) for step in steps] == [
        ("open", "supervisor"),
        ("submit", "supervisor"),
        ("approve", "reviewer"),
    ]


def test_opening_twice_is_one_claim_whoever_opens_it(house: House) -> None:
    assert house.open() == house.open(by="amina") == house.open(by="lea")
    assert house.session.scalar(select(func.count()).select_from(Claim)) == 1


def test_a_claim_is_about_a_skill_that_exists_in_a_framework_of_ours(house: House) -> None:
    with pytest.raises(UnknownSkill):
        service.open_claim(
            house.session, house.clock, house.people["marc"], house.worker_id, house.version_id, "Z99", "N1"
        )
    with pytest.raises(NotFound):
        service.open_claim(
            house.session, house.clock, house.people["marc"], house.worker_id, uuid.uuid4(), SKILL, "N1"
        )
    with pytest.raises(Forbidden):
        house.open(by="sophie")


def test_nothing_is_submitted_before_the_rule_is_met(house: House) -> None:
    house.see(2)
    claim_id = house.open()
    with pytest.raises(RuleNotMet):
        house.submit(claim_id)
    house.see(9)
    house.submit(claim_id)
    assert house.state(claim_id) is ClaimState.SUBMITTED


def test_an_answer_of_the_worker_is_needed_for_each_observation(house: House) -> None:
    house.see(9)
    silent = house.see(2, answer=None)
    claim_id = house.open()
    with pytest.raises(RuleNotMet):
        house.submit(claim_id)
    house.answer(silent, AnswerKind.AGREE)
    house.submit(claim_id)


def test_a_disagreement_pauses_until_the_coach_has_closed_the_talk(house: House) -> None:
    claim_id = house.submitted()
    disputed = house.see(1, answer=AnswerKind.DISAGREE)
    with pytest.raises(ClaimPaused):
        house.approve(claim_id)
    talk = evidence_queries.open_talks(house.session, house.people["lea"])[0]
    assert talk.observation.id == disputed
    evidence.close_talk(house.session, house.clock, house.people["lea"], talk.id, TalkOutcome.SET_ASIDE)
    house.approve(claim_id)
    assert queries.approved(house.session, claim_id).basis.observations == 2


def test_an_observation_kept_after_a_talk_counts_but_not_as_agreed(house: House) -> None:
    house.see(9)
    house.see(2, answer=AnswerKind.TALK)
    talk = evidence_queries.open_talks(house.session, house.people["lea"])[0]
    evidence.close_talk(house.session, house.clock, house.people["lea"], talk.id, TalkOutcome.KEPT)
    claim_id = house.open()
    house.submit(claim_id)
    house.approve(claim_id)
    basis = queries.approved(house.session, claim_id).basis
    assert (basis.observations, basis.agreed) == (2, 1)


def test_a_recent_no_holds_what_was_submitted_before(house: House) -> None:
    claim_id = house.submitted()
    house.see(0, Mark.YES, Mark.NO)
    with pytest.raises(RuleNotMet):
        house.approve(claim_id)
    house.clock.forward(days=14)
    house.approve(claim_id)


def test_sometimes_never_counts_as_seen(house: House) -> None:
    house.see(9)
    house.see(2, Mark.SOMETIMES, Mark.SOMETIMES)
    with pytest.raises(RuleNotMet):
        house.submit(house.open())


def test_a_reviewer_never_decides_about_their_own_observation(house: House) -> None:
    claim_id = house.submitted()
    for attempt in (house.approve, house.refuse):
        with pytest.raises(Forbidden):
            attempt(claim_id, by="marc")
    assert house.state(claim_id) is ClaimState.SUBMITTED


def test_who_is_not_a_reviewer_decides_nothing(house: House) -> None:
    claim_id = house.submitted()
    for name in ("amina", "karim", "lea", "ada"):
        with pytest.raises(Forbidden):
            house.approve(claim_id, by=name)
    stranger = Actor(uuid.uuid4(), uuid.uuid4(), frozenset({Role.REVIEWER}))
    with pytest.raises(NotFound):
        service.approve(house.session, house.clock, stranger, claim_id, 2)


def test_what_is_decided_is_what_was_shown(house: House) -> None:
    claim_id = house.submitted()
    claim = house.claim(claim_id)
    known = queries.ground_of(house.session, claim)
    shown = queries.digest_of(known, claim)
    house.see(1)
    with pytest.raises(ClaimMoved):
        house.approve(claim_id, shown=shown)
    claim = house.claim(claim_id)
    house.approve(claim_id, shown=queries.digest_of(queries.ground_of(house.session, claim), claim))


def test_answers_no_longer_change_once_the_claim_is_approved(house: House) -> None:
    house.see(9)
    observation_id = house.see(2)
    claim_id = house.open()
    house.submit(claim_id)
    house.answer(observation_id, AnswerKind.DISAGREE)
    house.answer(observation_id, AnswerKind.AGREE)
    house.approve(claim_id)
    with pytest.raises(ObservationSettled):
        house.answer(observation_id, AnswerKind.DISAGREE)


def test_a_returned_claim_is_completed_and_comes_back(house: House) -> None:
    claim_id = house.submitted()
    version = house.claim(claim_id).version
    with pytest.raises(ReasonNeeded):
        service.return_claim(
            house.session, house.clock, house.people["sophie"], claim_id, version, Reason.NOT_THIS_LEVEL
        )
    service.return_claim(
        house.session, house.clock, house.people["sophie"], claim_id, version, Reason.ONE_MORE_SITUATION
    )
    assert house.state(claim_id) is ClaimState.RETURNED
    house.submit(claim_id, by="lea")
    house.approve(claim_id)


def test_a_refusal_says_why_and_the_worker_may_ask_a_second_reviewer(house: House) -> None:
    claim_id = house.submitted()
    with pytest.raises(ReasonNeeded):
        service.refuse(
            house.session, house.clock, house.people["sophie"], claim_id, 2, Reason.NOT_YET_REGULAR, "  "
        )
    house.refuse(claim_id)
    with pytest.raises(Forbidden):
        service.appeal(house.session, house.clock, house.people["marc"], claim_id, "It was seen.")
    service.appeal(house.session, house.clock, house.people["amina"], claim_id, "It was seen in summer.")
    with pytest.raises(Forbidden):
        house.approve(claim_id, by="sophie")
    house.approve(claim_id, by="paul")
    assert house.state(claim_id) is ClaimState.APPROVED
    assert house.acts()[-1] == "claim.approve_appeal"


def test_a_second_refusal_closes_and_a_new_claim_may_begin(house: House) -> None:
    claim_id = house.refused()
    service.appeal(house.session, house.clock, house.people["amina"], claim_id, "It was seen.")
    house.refuse(claim_id, by="paul")
    assert house.state(claim_id) is ClaimState.CLOSED
    with pytest.raises(ClaimMoved):
        service.appeal(house.session, house.clock, house.people["amina"], claim_id, "Once more.")
    assert house.open() != claim_id


def test_a_refused_claim_opens_again_only_after_something_new(house: House) -> None:
    claim_id = house.refused()
    with pytest.raises(NothingNew):
        house.open()
    house.see(1)
    assert house.open(by="amina") == claim_id
    house.submit(claim_id)
    house.approve(claim_id)


def test_only_the_worker_withdraws_and_a_new_claim_may_begin(house: House) -> None:
    claim_id = house.submitted()
    with pytest.raises(Forbidden):
        service.withdraw(house.session, house.clock, house.people["marc"], claim_id)
    service.withdraw(house.session, house.clock, house.people["amina"], claim_id)
    assert house.state(claim_id) is ClaimState.WITHDRAWN
    assert house.open() != claim_id


def test_a_failed_step_leaves_no_trace(house: House) -> None:
    claim_id = house.submitted()
    before, version = house.acts(), house.claim(claim_id).version
    for attempt in (
        lambda: house.approve(claim_id, by="marc"),
        lambda: service.approve(house.session, house.clock, house.people["sophie"], claim_id, version - 1),
        lambda: house.submit(claim_id),
    ):
        with pytest.raises(BadgesError):
            attempt()
    assert house.acts() == before
    assert house.claim(claim_id).version == version
    assert house.session.scalar(select(func.count()).select_from(OutboxMessage)) == 0


def test_the_second_level_needs_the_first_shown_and_the_third_an_interview(house: House) -> None:
    for days_ago, by in ((60, "marc"), (40, "karim"), (30, "marc"), (20, "karim"), (3, "marc")):
        house.see(days_ago, by=by, level="N2")
        house.see(days_ago, by=by, level="N3", title="Training a new colleague")
    with pytest.raises(RuleNotMet):
        house.submit(house.open("N2"))
    house.see(1, level="N1")
    second = house.open("N2")
    house.submit(second)
    third = house.open("N3")
    house.submit(third)
    with pytest.raises(RuleNotMet):
        house.approve(third)
    with pytest.raises(DayInFuture):
        service.record_interview(
            house.session, house.clock, house.people["sophie"], third, today(house.clock) + timedelta(days=1)
        )
    with pytest.raises(Forbidden):
        service.record_interview(house.session, house.clock, house.people["marc"], third, today(house.clock))
    service.record_interview(house.session, house.clock, house.people["lea"], third, today(house.clock))
    house.approve(third)
    house.approve(second)


def test_an_outside_reviewer_decides_once_and_the_basis_says_so(house: House) -> None:
    claim_id = house.submitted()
    with pytest.raises(Forbidden):
        service_invitations.invite_reviewer(
            house.session, house.clock, house.people["marc"], claim_id, "Nadia", "Mission locale"
        )
    token = service_invitations.invite_reviewer(
        house.session, house.clock, house.people["ada"], claim_id, "Nadia", "Mission locale"
    )
    nadia = service_invitations.actor_of_invitation(house.session, house.clock, token)
    service.approve(house.session, house.clock, nadia, claim_id, 2)
    basis = queries.approved(house.session, claim_id).basis
    assert (basis.reviewer_kind, basis.outside_organisation) == ("outside", "Mission locale")
    with pytest.raises(InvitationEnded):
        service_invitations.actor_of_invitation(house.session, house.clock, token)
    with pytest.raises(ClaimMoved):
        service_invitations.invite_reviewer(
            house.session, house.clock, house.people["ada"], claim_id, "Nadia", "Mission locale"
        )


def test_an_invitation_ends_after_two_weeks_and_opens_no_other_claim(house: House) -> None:
    claim_id = house.submitted()
    token = service_invitations.invite_reviewer(
        house.session, house.clock, house.people["ada"], claim_id, "Nadia", "Mission locale"
    )
    nadia = service_invitations.actor_of_invitation(house.session, house.clock, token)
    other = house.open("N2")
    with pytest.raises((Forbidden, ClaimMoved)):
        service.refuse(house.session, house.clock, nadia, other, 1, Reason.NOT_THIS_LEVEL, "Not mine.")
    house.clock.forward(days=14, seconds=1)
    for use in (
        lambda: service_invitations.actor_of_invitation(house.session, house.clock, token),
        lambda: service_invitations.actor_of_invitation(house.session, house.clock, "guess"),
    ):
        with pytest.raises(InvitationEnded):
            use()
    with pytest.raises(Forbidden):
        service.approve(house.session, house.clock, nadia, claim_id, 2)


def test_an_approval_is_taken_back_by_who_gave_it_while_no_badge_is_being_made(house: House) -> None:
    house.see(9)
    observation_id = house.see(2)
    claim_id = house.open()
    house.submit(claim_id)
    house.approve(claim_id, grace=timedelta(seconds=10))
    with pytest.raises(Forbidden):
        service.take_back(house.session, house.clock, house.people["paul"], claim_id)
    service.take_back(house.session, house.clock, house.people["sophie"], claim_id)
    assert house.state(claim_id) is ClaimState.SUBMITTED
    assert house.session.scalar(select(func.count()).select_from(OutboxMessage)) == 0
    house.answer(observation_id, AnswerKind.AGREE)
    house.approve(claim_id, by="paul")
    with pytest.raises(Forbidden):
        service.take_back(house.session, house.clock, house.people["sophie"], claim_id)


def test_nothing_is_taken_back_once_the_badge_is_being_made(
    house: House, sessions: sessionmaker[Session]
) -> None:
    claim_id = house.submitted()
    house.approve(claim_id, grace=timedelta(seconds=10))
    taken: list[object] = []
    assert not outbox.relay_once(sessions, house.clock, {"claim.approved": taken.append})
    house.clock.forward(seconds=10)
    assert outbox.relay_once(sessions, house.clock, {"claim.approved": taken.append})
    with pytest.raises(TooLateToUndo):
        service.take_back(house.session, house.clock, house.people["sophie"], claim_id)
    assert house.state(claim_id) is ClaimState.APPROVED
    assert taken == [{"claim_id": str(claim_id)}]


def together(*attempts: Callable[[], None]) -> list[BadgesError | None]:
    """Run attempts at the same instant and give back what each met."""
    barrier, met = threading.Barrier(len(attempts)), [None] * len(attempts)
    outcome: list[BadgesError | None] = list(met)

    def run(index: int, attempt: Callable[[], None]) -> None:
        barrier.wait()
        try:
            attempt()
        except BadgesError as error:
            outcome[index] = error

    threads = [threading.Thread(target=run, args=(i, attempt)) for i, attempt in enumerate(attempts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcome


@pytest.mark.parametrize("round_number", range(5))
def test_of_two_reviewers_at_once_one_wins_and_the_other_is_told(
    house: House, sessions: sessionmaker[Session], round_number: int
) -> None:
    claim_id = house.submitted()
    version = house.claim(claim_id).version
    house.session.rollback()

    def approve() -> None:
        with sessions() as session:
            service.approve(session, house.clock, house.people["sophie"], claim_id, version)

    def refuse() -> None:
        with sessions() as session:
            service.refuse(
                session,
                house.clock,
                house.people["paul"],
                claim_id,
                version,
                Reason.NOT_YET_REGULAR,
                "Later.",
            )

    errors = together(approve, refuse)
    state = house.state(claim_id)
    assert [error is None for error in errors] in ([True, False], [False, True])
    told = ClaimAlreadyApproved if state is ClaimState.APPROVED else ClaimAlreadyRefused
    assert isinstance(errors[1] or errors[0], told)
    assert len([act for act in house.acts() if act in {"claim.approve", "claim.refuse"}]) == 1
    owed = house.session.scalar(select(func.count()).select_from(OutboxMessage))
    assert owed == (1 if state is ClaimState.APPROVED else 0)


def test_many_people_opening_the_same_claim_at_once_open_one(
    house: House, sessions: sessionmaker[Session]
) -> None:
    found: list[uuid.UUID] = []

    def opening(name: str) -> Callable[[], None]:
        def open_it() -> None:
            with sessions() as session:
                found.append(
                    service.open_claim(
                        session,
                        house.clock,
                        house.people[name],
                        house.worker_id,
                        house.version_id,
                        SKILL,
                        "N1",
                    )
                )

        return open_it

    house.session.rollback()
    assert together(*(opening(name) for name in ("marc", "karim", "lea", "amina"))) == [None] * 4
    assert len(set(found)) == 1


def test_an_answer_and_an_approval_at_once_never_leave_a_disputed_badge(
    house: House, sessions: sessionmaker[Session]
) -> None:
    house.see(9)
    observation_id = house.see(2)
    claim_id = house.open()
    house.submit(claim_id)
    version = house.claim(claim_id).version
    house.session.rollback()

    def approve() -> None:
        with sessions() as session:
            service.approve(session, house.clock, house.people["sophie"], claim_id, version)

    def disagree() -> None:
        with sessions() as session:
            evidence.answer(session, house.clock, house.people["amina"], observation_id, AnswerKind.DISAGREE)

    approving, answering = together(approve, disagree)
    if approving is None:
        assert isinstance(answering, ObservationSettled)
        assert house.state(claim_id) is ClaimState.APPROVED
    else:
        assert isinstance(approving, ClaimPaused)
        assert answering is None
