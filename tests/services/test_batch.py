"""A batch of approvals: each claim decided by itself, none stopped by another, quick at any number."""

import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session, sessionmaker

from badges import audit
from badges.errors import (
    ClaimAlreadyApproved,
    ClaimAlreadyRefused,
    ClaimMoved,
    DecideAlone,
    Forbidden,
    NotFound,
    SeenByYou,
    TooLateToUndo,
)
from badges.evidence import service as evidence
from badges.evidence.models import AnswerKind, Mark, Observation, Settlement, Talk, TalkOutcome
from badges.evidence.storage import LocalStorage
from badges.outbox import OutboxMessage
from badges.recognition import queries_review, service, service_batch
from badges.recognition.rules import ClaimState, Reason
from badges.recognition.rules_batch import Hindrance
from badges.recognition.service_batch import Choice, Outcome
from tests.conftest import StillClock
from tests.crowds import submitted_by_many
from tests.houses import House

GRACE = timedelta(seconds=10)


@pytest.fixture
def house(session: Session, clock: StillClock, tmp_path: Path) -> House:
    return House(session, clock, LocalStorage(tmp_path / "media")).build()


def read(house: House, by: str = "sophie") -> list[Choice]:
    """What the reviewer has before their eyes: every claim of the queue."""
    house.session.rollback()
    items = queries_review.queue(house.session, house.clock, house.people[by], "en")
    return [Choice(item.about.claim_id, item.about.version, item.shown) for item in items]


def approve(house: House, choices: list[Choice], by: str = "sophie") -> Outcome:
    return service_batch.approve_many(house.session, house.clock, house.people[by], choices, GRACE)


def missed(outcome: Outcome) -> dict[uuid.UUID, type]:
    return {one.claim_id: type(one.error) for one in outcome.missed}


@contextmanager
def counting(session: Session) -> Iterator[list[str]]:
    said: list[str] = []

    def note(*args: object) -> None:
        said.append(str(args[2]))

    engine = session.get_bind()
    event.listen(engine, "before_cursor_execute", note)
    yield said
    event.remove(engine, "before_cursor_execute", note)


def test_a_batch_approves_each_claim_as_if_it_were_alone(house: House) -> None:
    claims = submitted_by_many(house, 12, ("S03", "S01", "M02"))
    outcome = approve(house, read(house))
    assert sorted(outcome.done) == sorted(claims)
    assert outcome.missed == ()
    for claim_id in claims:
        claim = house.claim(claim_id)
        assert (claim.state, claim.version, claim.decided_at) == (ClaimState.APPROVED, 3, outcome.at)
        assert claim.basis
        assert claim.basis["observations"] == claim.basis["agreed"] == 2
        assert claim.basis["reviewer_kind"] == "inside"
    assert house.acts().count("claim.approve") == 12
    owed = house.session.scalars(select(OutboxMessage)).all()
    assert {message.payload["claim_id"] for message in owed} == {str(claim_id) for claim_id in claims}
    assert {message.due_at for message in owed} == {house.clock.now() + GRACE}
    assert len(house.session.scalars(select(Settlement)).all()) == 24
    assert audit.verify(house.session).faults == ()


def test_one_that_moved_meanwhile_is_told_and_stops_no_other(house: House) -> None:
    claims = submitted_by_many(house, 5)
    choices = read(house)
    house.approve(claims[0], by="paul")
    house.refuse(claims[1], by="paul")
    choices[2] = choices[2]._replace(shown="0" * 16)
    outcome = approve(house, choices)
    assert set(outcome.done) == set(claims[3:])
    assert missed(outcome) == {
        claims[0]: ClaimAlreadyApproved, claims[1]: ClaimAlreadyRefused, claims[2]: ClaimMoved,
    }  # fmt: skip
    assert house.state(claims[2]) is ClaimState.SUBMITTED


def test_three_hands_hold_in_a_batch_too(house: House) -> None:
    claims = submitted_by_many(house, 3)
    outcome = approve(house, read(house), by="marc")
    assert read(house, by="marc") == []
    choices = read(house)
    outcome = approve(house, choices, by="marc")
    assert outcome.done == ()
    assert missed(outcome) == dict.fromkeys(claims, SeenByYou)
    assert house.acts().count("claim.approve") == 0


def test_who_is_no_reviewer_or_of_another_house_decides_nothing(house: House) -> None:
    submitted_by_many(house, 2)
    choices = read(house)
    for name in ("amina", "lea", "ada", "karim"):
        with pytest.raises(Forbidden):
            approve(house, choices, by=name)
    stranger = replace(house.people["sophie"], structure_id=uuid.uuid4())
    with pytest.raises(NotFound):
        service_batch.approve_many(house.session, house.clock, stranger, choices)
    with pytest.raises(NotFound):
        approve(house, [*choices, Choice(uuid.uuid4(), 2, "")])
    assert {house.state(choice.claim_id) for choice in choices} == {ClaimState.SUBMITTED}


def disagreement(house: House) -> None:
    house.see(1, answer=AnswerKind.DISAGREE)


def kept_after_a_talk(house: House) -> None:
    disagreement(house)
    talk = house.session.scalars(select(Talk)).one()
    evidence.close_talk(house.session, house.clock, house.people["lea"], talk.id, TalkOutcome.KEPT)


def recent_no(house: House) -> None:
    house.see(1, Mark.YES, Mark.NO)


def unanswered(house: House) -> None:
    house.see(1, answer=None)


@pytest.mark.parametrize(
    ("what", "hindrance"),
    [
        (disagreement, Hindrance.TALK), (kept_after_a_talk, Hindrance.KEPT_AFTER_TALK),
        (recent_no, Hindrance.RECENT_NO), (unanswered, Hindrance.MISSING),
    ],
)  # fmt: skip
def test_what_has_words_to_be_read_is_decided_alone(
    house: House, what: Callable[[House], None], hindrance: Hindrance
) -> None:
    claim_id = house.submitted()
    what(house)
    items = queries_review.queue(house.session, house.clock, house.people["sophie"], "en")
    assert [item.hindrance for item in items] == [hindrance]
    outcome = approve(house, read(house))
    assert outcome.done == ()
    assert house.state(claim_id) is ClaimState.SUBMITTED
    if hindrance is Hindrance.KEPT_AFTER_TALK:
        assert missed(outcome) == {claim_id: DecideAlone}


def test_an_appeal_is_decided_alone(house: House) -> None:
    claim_id = house.refused()
    service.appeal(house.session, house.clock, house.people["amina"], claim_id, "Seen in summer too.")
    choices = read(house, by="paul")
    assert missed(approve(house, choices, by="paul")) == {claim_id: ClaimMoved}


def test_the_whole_batch_is_taken_back_while_no_badge_is_being_made(house: House) -> None:
    claims = submitted_by_many(house, 4)
    outcome = approve(house, read(house))
    gone = house.session.scalars(
        select(OutboxMessage).where(OutboxMessage.key.contains(str(claims[0])))
    ).one()
    gone.leased_until, gone.attempts = house.clock.now(), 1
    house.session.commit()
    back = service_batch.take_back_many(house.session, house.clock, house.people["sophie"], outcome.done)
    assert set(back.done) == set(claims[1:])
    assert missed(back) == {claims[0]: TooLateToUndo}
    assert house.state(claims[0]) is ClaimState.APPROVED
    again = house.claim(claims[1])
    assert (again.state, again.basis, again.decided_at) == (ClaimState.SUBMITTED, None, None)
    assert len(house.session.scalars(select(Settlement)).all()) == 2
    assert set(approve(house, read(house)).done) == set(claims[1:])


def test_nobody_takes_back_what_another_approved(house: House) -> None:
    submitted_by_many(house, 2)
    outcome = approve(house, read(house))
    back = service_batch.take_back_many(house.session, house.clock, house.people["paul"], outcome.done)
    assert back.done == ()
    assert set(missed(back).values()) == {Forbidden}


def test_the_same_claim_twice_in_a_batch_is_one(house: House) -> None:
    submitted_by_many(house, 1)
    outcome = approve(house, read(house) * 3)
    assert len(outcome.done) == 1
    assert len(house.session.scalars(select(OutboxMessage)).all()) == 1


def test_an_empty_batch_changes_nothing(house: House) -> None:
    assert approve(house, []).done == ()


def test_three_hundred_at_once_are_quick_and_take_few_reads(house: House) -> None:
    claims = submitted_by_many(house, 300)
    with counting(house.session) as said:
        choices = read(house)
    assert len(choices) == 300
    assert len(said) < 40
    with counting(house.session) as said:
        began = time.perf_counter()
        outcome = approve(house, choices)
        took = time.perf_counter() - began
    assert len(outcome.done) == len(claims)
    reads = [words for words in said if words.lstrip().upper().startswith("SELECT")]
    assert len(reads) < 40
    assert took < 5


def test_two_reviewers_who_tick_the_same_claims_decide_each_of_them_once(house: House) -> None:
    claims = submitted_by_many(house, 6)
    choices = read(house)
    first = approve(house, choices[:4], by="sophie")
    second = approve(house, choices, by="paul")
    assert set(first.done) | set(second.done) == set(claims)
    assert missed(second) == dict.fromkeys(first.done, ClaimAlreadyApproved)
    assert house.acts().count("claim.approve") == 6


@pytest.mark.parametrize("round_number", range(3))
def test_batches_a_refusal_and_an_answer_at_once_leave_each_claim_decided_once(
    house: House, sessions: sessionmaker[Session], round_number: int
) -> None:
    claims = submitted_by_many(house, 20, ("S03", "S01"))
    disputed = house.submitted()
    choices = read(house)
    seen = house.session.scalars(
        select(Observation.id).where(Observation.worker_id == house.worker_id)
    ).first()
    house.session.rollback()
    found: dict[str, Outcome] = {}

    def batch(name: str, some: list[Choice]) -> None:
        with sessions() as session:
            found[name] = service_batch.approve_many(session, house.clock, house.people[name], some, GRACE)

    def refuse() -> None:
        with sessions() as session:
            service.refuse(
                session, house.clock, house.people["paul"], claims[3], 2, Reason.NOT_YET_REGULAR, "Later."
            )

    def disagree() -> None:
        with sessions() as session:
            assert seen
            evidence.answer(session, house.clock, house.people["amina"], seen, AnswerKind.DISAGREE)

    acts = (
        lambda: batch("sophie", choices), lambda: batch("paul", choices[::-1]), refuse, disagree,
    )  # fmt: skip
    with ThreadPoolExecutor(len(acts)) as pool:
        met = [future.exception() for future in [pool.submit(act) for act in acts]]
    assert met[:2] == [None, None], "a batch never fails as a whole"
    done = [*found["sophie"].done, *found["paul"].done]
    assert len(done) == len(set(done))
    assert {house.state(claim) for claim in claims} <= {ClaimState.APPROVED, ClaimState.REFUSED}
    assert (disputed in done) == (met[3] is not None), "approved as read, or paused: never a disputed badge"
    assert len(house.session.scalars(select(OutboxMessage)).all()) == len(done)
    assert audit.verify(house.session).faults == ()
