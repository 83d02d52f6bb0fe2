"""The worker's answer: changeable until the claim is decided, and a talk when they disagree."""

import uuid
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from badges.audit import JournalEntry
from badges.errors import AlreadyCorrected, FactTooLong, Forbidden, NotFound, ObservationSettled, TalkClosed
from badges.evidence import queries, service
from badges.evidence.models import Answer, AnswerKind, Mark, Observation, Talk, TalkOutcome
from badges.permissions import Actor
from tests.conftest import StillClock
from tests.crews import TEAMWORK, B, Crew, build_crew


@pytest.fixture
def crew(session: Session, clock: StillClock, tmp_path: Path) -> Crew:
    return build_crew(session, clock, tmp_path / "media")


def answer(crew: Crew, one: uuid.UUID, kind: AnswerKind, sentence: str = "", by: Actor | None = None) -> None:
    service.answer(crew.session, crew.clock, by or crew.amina, one, kind, sentence)


def view(crew: Crew, one: uuid.UUID) -> queries.ObservationView:
    return queries.observation(crew.session, crew.amina, one)


def only_talk(crew: Crew) -> queries.OpenTalk:
    (talk,) = queries.open_talks(crew.session, crew.lea)
    return talk


def test_the_newest_answer_counts_and_the_older_ones_stay(crew: Crew) -> None:
    one = crew.observed()
    answer(crew, one, AnswerKind.AGREE)
    answer(crew, one, AnswerKind.DISAGREE, "Ce n'était pas moi.")
    found = view(crew, one)
    assert (found.answer, found.answer_sentence) == (AnswerKind.DISAGREE, "Ce n'était pas moi.")
    assert crew.session.scalars(select(Answer.number).order_by(Answer.number)).all() == [1, 2]


def test_the_same_answer_again_changes_nothing(crew: Crew) -> None:
    one = crew.observed()
    for _ in range(3):
        answer(crew, one, AnswerKind.AGREE)
    assert crew.session.scalar(select(func.count()).select_from(Answer)) == 1
    entries = select(func.count()).where(JournalEntry.act == "observation.answered")
    assert crew.session.scalar(entries) == 1


def test_only_the_worker_answers(crew: Crew, tmp_path: Path) -> None:
    one = crew.observed()
    for actor in (crew.bakary, crew.marc, crew.lea):
        with pytest.raises(Forbidden):
            answer(crew, one, AnswerKind.AGREE, by=actor)
    other = build_crew(crew.session, crew.clock, tmp_path, slug="autre")
    with pytest.raises(NotFound):
        answer(crew, one, AnswerKind.AGREE, by=other.amina)


def test_an_answer_is_a_sentence(crew: Crew) -> None:
    with pytest.raises(FactTooLong):
        answer(crew, crew.observed(), AnswerKind.TALK, "a" * 281)


@pytest.mark.parametrize("kind", [AnswerKind.DISAGREE, AnswerKind.TALK])
def test_a_disagreement_opens_a_talk_until_the_coach_closes_it(crew: Crew, kind: AnswerKind) -> None:
    one = crew.observed()
    answer(crew, one, kind, "Venez me voir.")
    assert view(crew, one).talk_open
    talk = only_talk(crew)
    assert (talk.kind, talk.sentence, talk.observation.id) == (kind, "Venez me voir.", one)
    service.close_talk(crew.session, crew.clock, crew.lea, talk.id, TalkOutcome.KEPT)
    found = view(crew, one)
    assert (found.talk_open, found.set_aside, found.answer) == (False, False, kind)
    assert queries.open_talks(crew.session, crew.lea) == ()


def test_a_talk_can_end_in_setting_the_observation_aside_and_a_later_one_in_keeping_it(crew: Crew) -> None:
    one = crew.observed()
    answer(crew, one, AnswerKind.DISAGREE)
    service.close_talk(crew.session, crew.clock, crew.lea, only_talk(crew).id, TalkOutcome.SET_ASIDE)
    assert view(crew, one).set_aside
    crew.clock.at += (crew.clock.at - crew.clock.at).resolution  # type: ignore[attr-defined]
    answer(crew, one, AnswerKind.TALK, "Encore une chose.")
    assert view(crew, one).talk_open
    service.close_talk(crew.session, crew.clock, crew.lea, only_talk(crew).id, TalkOutcome.KEPT)
    assert not view(crew, one).set_aside


def test_insisting_does_not_open_a_second_talk(crew: Crew) -> None:
    one = crew.observed()
    answer(crew, one, AnswerKind.DISAGREE)
    answer(crew, one, AnswerKind.TALK, "Demain ?")
    assert crew.session.scalar(select(func.count()).select_from(Talk)) == 1


def test_to_agree_after_all_closes_the_talk(crew: Crew) -> None:
    one = crew.observed()
    answer(crew, one, AnswerKind.DISAGREE)
    answer(crew, one, AnswerKind.AGREE)
    assert not view(crew, one).talk_open
    talk = crew.session.scalars(select(Talk)).one()
    assert (talk.outcome, talk.closed_by, talk.closed_at) == (TalkOutcome.KEPT, None, crew.clock.now())


def test_a_correction_does_not_make_a_disagreement_vanish(crew: Crew) -> None:
    one = crew.observed()
    answer(crew, one, AnswerKind.DISAGREE)
    situation_id = crew.session.get_one(Observation, one).situation_id
    corrected = crew.record(crew.new(situation_id, marks={B: Mark.YES}, supersedes_id=one))
    assert crew.amina.person_id
    (found,) = queries.seen(
        crew.session, crew.amina.person_id, crew.soft, TEAMWORK, "N2", structure_id=crew.structure_id
    )
    assert (found.id, found.talk_open, found.answer) == (corrected, True, None)
    with pytest.raises(AlreadyCorrected):
        answer(crew, one, AnswerKind.AGREE)
    answer(crew, corrected, AnswerKind.AGREE)
    assert not view(crew, corrected).talk_open


def test_only_the_coach_of_this_worker_closes_a_talk_once(crew: Crew, tmp_path: Path) -> None:
    answer(crew, crew.observed(), AnswerKind.TALK)
    talk = only_talk(crew)
    other = build_crew(crew.session, crew.clock, tmp_path, slug="autre")
    with pytest.raises(NotFound):
        service.close_talk(crew.session, crew.clock, other.lea, talk.id, TalkOutcome.KEPT)
    for actor in (crew.marc, crew.amina, crew.rita):
        with pytest.raises(Forbidden):
            service.close_talk(crew.session, crew.clock, actor, talk.id, TalkOutcome.KEPT)
    service.close_talk(crew.session, crew.clock, crew.lea, talk.id, TalkOutcome.KEPT)
    with pytest.raises(TalkClosed):
        service.close_talk(crew.session, crew.clock, crew.lea, talk.id, TalkOutcome.SET_ASIDE)
    with pytest.raises(Forbidden):
        queries.open_talks(crew.session, crew.marc)


def test_the_worker_knows_who_will_talk_with_them(crew: Crew) -> None:
    assert crew.amina.person_id
    assert queries.coaches_of(crew.session, crew.structure_id, crew.amina.person_id) == ("Léa",)


def test_once_the_claim_is_decided_the_answer_no_longer_changes(crew: Crew) -> None:
    one = crew.observed()
    answer(crew, one, AnswerKind.AGREE)
    for _ in range(2):
        service.settle(crew.session, crew.clock, [one])
        crew.session.commit()
    with pytest.raises(ObservationSettled):
        answer(crew, one, AnswerKind.DISAGREE)
    assert not view(crew, one).awaits_answer


def test_what_waits_for_an_answer_comes_oldest_first(crew: Crew) -> None:
    first, second = crew.observed(), crew.observed(marks={B: Mark.YES})
    waiting = queries.awaiting_answer(crew.session, crew.amina)
    assert {found.id for found in waiting} == {first, second}
    answer(crew, first, AnswerKind.AGREE)
    assert [found.id for found in queries.awaiting_answer(crew.session, crew.amina)] == [second]
