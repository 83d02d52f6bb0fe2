"""What evidence holds, decided without a database: marks, days, photos, replays, levels, talks."""

import uuid
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from badges.errors import FactTooLong, NothingSeen, SituationInFuture, TooManyPhotos, UnknownBehaviour
from badges.evidence import rules
from badges.evidence.rules import AnswerKind, Mark, NewObservation, TalkOutcome

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
MARC = uuid.uuid4()


def new(**changes: object) -> NewObservation:
    one = NewObservation(
        id=uuid.uuid4(), situation_id=uuid.uuid4(), worker_id=uuid.uuid4(), framework_version_id=uuid.uuid4(),
        skill_id="S03", level="N2", captured_at=NOON, marks={"a": Mark.YES},
    )  # fmt: skip
    return replace(one, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "changes", [{}, {"marks": {"a": Mark.NO}}, {"marks": {}, "fact": "x"}, {"marks": {}, "photos": (b"x",)}]
)
def test_a_mark_a_fact_or_a_photo_is_something_seen(changes: dict[str, object]) -> None:
    rules.check_shape(new(**changes))


def test_nothing_seen_is_no_observation_but_may_take_one_back() -> None:
    nothing = new(marks={"a": Mark.NOT_SEEN, "b": Mark.NOT_SEEN})
    with pytest.raises(NothingSeen):
        rules.check_shape(nothing)
    rules.check_shape(replace(nothing, supersedes_id=uuid.uuid4()))


def test_280_characters_and_three_photos_are_the_most() -> None:
    rules.check_shape(new(fact="a" * 280, photos=(b"x",) * 3))
    with pytest.raises(FactTooLong):
        rules.check_shape(new(fact="a" * 281))
    with pytest.raises(TooManyPhotos):
        rules.check_shape(new(photos=(b"x",) * 4))


@given(st.dictionaries(st.sampled_from(["a", "b"]), st.sampled_from(Mark)))
def test_every_behaviour_gets_one_mark_and_silence_is_never_a_no(marks: dict[str, Mark]) -> None:
    complete = rules.complete_marks(marks, ("a", "b"))
    assert list(complete) == ["a", "b"]
    assert all(complete[name] is marks.get(name, Mark.NOT_SEEN) for name in complete)


def test_a_mark_of_another_level_is_refused() -> None:
    with pytest.raises(UnknownBehaviour):
        rules.complete_marks({"c": Mark.YES}, ("a", "b"))


def test_tomorrow_exists_somewhere_on_earth_and_the_day_after_nowhere() -> None:
    today = date(2026, 11, 23)
    rules.check_day(today + timedelta(days=1), today)
    with pytest.raises(SituationInFuture):
        rules.check_day(today + timedelta(days=2), today)


def test_a_clock_that_is_ahead_is_set_to_ours() -> None:
    assert rules.capture_time(NOON + timedelta(hours=1), NOON) == NOON
    assert rules.capture_time(NOON - timedelta(hours=9), NOON) == NOON - timedelta(hours=9)


def test_a_replay_is_known_by_its_content_whatever_the_clock_and_the_silence_say() -> None:
    one = new()
    same = replace(one, captured_at=NOON + timedelta(days=1), marks={"a": Mark.YES, "b": Mark.NOT_SEEN})
    assert rules.content_hash(same, MARC) == rules.content_hash(one, MARC)


@pytest.mark.parametrize(
    "changes",
    [
        {"fact": "x"},
        {"marks": {"a": Mark.NO}},
        {"marks": {"b": Mark.YES}},
        {"photos": (b"x",)},
        {"level": "N1"},
        {"skill_id": "S04"},
        {"worker_id": uuid.uuid4()},
        {"situation_id": uuid.uuid4()},
        {"framework_version_id": uuid.uuid4()},
        {"supersedes_id": uuid.uuid4()},
    ],
)
def test_anything_else_that_changes_is_another_content(changes: dict[str, object]) -> None:
    one = new()
    assert rules.content_hash(replace(one, **changes), MARC) != rules.content_hash(one, MARC)  # type: ignore[arg-type]


def test_the_same_words_by_somebody_else_are_another_content() -> None:
    one = new()
    assert rules.content_hash(one, uuid.uuid4()) != rules.content_hash(one, MARC)


@pytest.mark.parametrize(
    ("last", "level"),
    [((), "N1"), ((None,), "N1"), (("N2",), "N2"), (("N3", "N2"), "N2"), (("N3", None), "N1")],
)
def test_the_level_proposed_is_the_lowest_last_seen(last: tuple[str | None, ...], level: str) -> None:
    assert rules.suggested_level(last, "N1") == level


@pytest.mark.parametrize(("days", "nudge"), [(0, False), (14, False), (15, True), (None, True)])
def test_the_nudge_comes_after_14_days(days: int | None, nudge: bool) -> None:
    last = None if days is None else date(2026, 11, 23) - timedelta(days=days)
    assert rules.is_to_be_seen(last, date(2026, 11, 23)) is nudge


def test_all_answers_but_agreement_ask_for_a_talk() -> None:
    assert [kind for kind in AnswerKind if rules.asks_for_talk(kind)] == [
        AnswerKind.DISAGREE,
        AnswerKind.TALK,
    ]


@pytest.mark.parametrize(
    ("outcomes", "aside"),
    [
        ((), False),
        ((None,), False),
        ((TalkOutcome.SET_ASIDE,), True),
        ((TalkOutcome.SET_ASIDE, None), True),
        ((TalkOutcome.SET_ASIDE, TalkOutcome.KEPT), False),
        ((TalkOutcome.KEPT, TalkOutcome.SET_ASIDE), True),
    ],
)
def test_the_last_closed_talk_decides(outcomes: tuple[TalkOutcome | None, ...], aside: bool) -> None:
    assert rules.is_set_aside(outcomes) is aside
