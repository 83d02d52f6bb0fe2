"""The award rule shows what is there and what is needed; only a clear YES, agreed to, ever counts."""

import uuid
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from badges.frameworks.rules import AwardRule
from badges.recognition.rules_award import LineKey, Proposal, SeenFact, counted, propose, seen_once
from badges.recognition.rules_basis import basis_of, digest, from_json, to_json

TODAY = date(2026, 11, 23)
A, B = "S03-N2-a", "S03-N2-b"
N1 = AwardRule(
    1,
    2,
    2,
    1,
    1,
    3,
    requires_previous_level_evidence=False,
    requires_interview=False,
    recent_no_blocks_days=14,
)
N2 = AwardRule(
    2,
    4,
    3,
    2,
    1,
    14,
    requires_previous_level_evidence=True,
    requires_interview=False,
    recent_no_blocks_days=14,
)
N3 = AwardRule(
    2,
    5,
    4,
    2,
    2,
    28,
    requires_previous_level_evidence=True,
    requires_interview=True,
    recent_no_blocks_days=14,
)
MARC, KARIM = uuid.uuid4(), uuid.uuid4()
HARVEST, BASKETS = uuid.uuid4(), uuid.uuid4()


def fact(
    days_ago: int, *yes: str, observer: uuid.UUID = MARC, situation: uuid.UUID = HARVEST, **more: bool
) -> SeenFact:
    base = SeenFact(
        id=uuid.uuid4(),
        situation_id=situation,
        situation_title="Leek harvest" if situation == HARVEST else "Baskets",
        day=TODAY - timedelta(days=days_ago),
        observer_id=observer,
        yes=frozenset(yes),
        no=frozenset(),
        agreed=True,
        answered=True,
        talk_open=False,
        set_aside=False,
    )
    return replace(base, **more)


def enough_for_n2() -> list[SeenFact]:
    return [
        fact(20, A, B),
        fact(13, A, situation=BASKETS),
        fact(6, A, B, observer=KARIM),
        fact(2, B, observer=KARIM, situation=BASKETS),
    ]


IDS = (f"change {number}" for number in range(1, 100))


def proposed(
    rule: AwardRule, seen: list[SeenFact], *, previous: bool = True, interview: date | None = None
) -> Proposal:
    return propose(rule, (A, B), seen, today=TODAY, interview_on=interview, previous_level_ok=previous)


def missing(proposal: Proposal) -> set[LineKey]:
    return {line.key for line in proposal.missing}


def test_the_rule_is_met_line_by_line_with_what_is_there_and_what_is_needed() -> None:
    proposal = proposed(N2, enough_for_n2())
    assert {line.key: (line.have, line.need) for line in proposal.lines} == {
        LineKey.OBSERVATIONS: (4, 4),
        LineKey.DAYS: (4, 3),
        LineKey.SITUATIONS: (2, 2),
        LineKey.OBSERVERS: (2, 1),
        LineKey.YES: (3, 2),
        LineKey.SPAN: (18, 14),
        LineKey.AGREEMENT: (4, 4),
        LineKey.NO_RECENT_NO: (0, 0),
        LineKey.PREVIOUS_LEVEL: (1, 1),
    }
    assert proposal.met
    assert proposal.ready
    assert not proposal.paused


def test_nothing_seen_proposes_nothing() -> None:
    proposal = proposed(N1, [])
    assert not proposal.met
    assert missing(proposal) == set(LineKey) - {
        LineKey.NO_RECENT_NO,
        LineKey.PREVIOUS_LEVEL,
        LineKey.INTERVIEW,
    }


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (lambda seen: seen[:3], LineKey.OBSERVATIONS),
        (lambda seen: [replace(one, day=TODAY) for one in seen], LineKey.DAYS),
        (lambda seen: [replace(one, situation_id=HARVEST) for one in seen], LineKey.SITUATIONS),
        (lambda seen: [replace(one, yes=frozenset({A})) for one in seen], LineKey.YES),
        (
            lambda seen: [replace(one, day=TODAY - timedelta(days=i)) for i, one in enumerate(seen)],
            LineKey.SPAN,
        ),
        (lambda seen: [replace(seen[0], answered=False, agreed=False), *seen[1:]], LineKey.AGREEMENT),
        (lambda seen: [replace(seen[0], set_aside=True), *seen[1:]], LineKey.OBSERVATIONS),
        (lambda seen: [replace(seen[0], yes=frozenset()), *seen[1:]], LineKey.OBSERVATIONS),
        (lambda seen: [*seen, fact(3, A, no=frozenset({B}))], LineKey.NO_RECENT_NO),
    ],
    ids=lambda value: value.name.lower() if isinstance(value, LineKey) else next(IDS),
)
def test_each_line_alone_can_hold_the_proposal(change: object, line: LineKey) -> None:
    proposal = proposed(N2, change(enough_for_n2()))  # type: ignore[operator]
    assert line in missing(proposal)
    assert not proposal.met
    assert not proposal.ready


def test_the_level_before_and_a_second_observer_are_needed_where_the_rule_says() -> None:
    assert missing(proposed(N2, enough_for_n2(), previous=False)) == {LineKey.PREVIOUS_LEVEL}
    alone = [replace(one, observer_id=MARC) for one in [*enough_for_n2(), fact(40, A, B)]]
    assert missing(proposed(N3, alone, interview=TODAY)) == {LineKey.OBSERVERS}


def test_only_the_interview_may_still_be_missing_when_it_is_asked_for() -> None:
    seen = [*enough_for_n2(), fact(40, A, B)]
    proposal = proposed(N3, seen)
    assert missing(proposal) == {LineKey.INTERVIEW}
    assert proposal.ready
    assert not proposal.met
    assert proposed(N3, seen, interview=TODAY).met


@pytest.mark.parametrize(("days_ago", "held"), [(0, True), (13, True), (14, False), (200, False)])
def test_a_recent_no_holds_the_proposal_for_fourteen_days(days_ago: int, held: bool) -> None:
    proposal = proposed(N2, [*enough_for_n2(), fact(days_ago, A, no=frozenset({B}))])
    assert proposal.held_by_no is held
    assert proposal.met is not held


def test_a_no_that_was_set_aside_holds_nothing() -> None:
    aside = fact(1, no=frozenset({B}), set_aside=True)
    assert proposed(N2, [*enough_for_n2(), aside]).met


def test_an_open_talk_pauses_and_its_observation_does_not_count_until_it_is_closed() -> None:
    seen = enough_for_n2()
    disputed = [*seen[1:], replace(seen[0], agreed=False, talk_open=True)]
    proposal = proposed(N2, disputed)
    assert proposal.paused
    assert proposal.open_talks == 1
    assert LineKey.OBSERVATIONS in missing(proposal)
    kept = proposed(N2, [*seen[1:], replace(seen[0], agreed=False)])
    assert kept.met
    assert kept.talked_over == 1
    assert next(line for line in kept.lines if line.key is LineKey.AGREEMENT).have == 3


def test_an_open_talk_pauses_even_about_an_observation_that_would_not_count() -> None:
    assert proposed(N2, [*enough_for_n2(), fact(1, talk_open=True, agreed=False)]).paused


def test_a_lower_level_is_shown_by_each_of_its_behaviours() -> None:
    assert seen_once((A, B), [fact(1, A), fact(9, B)])
    assert not seen_once((A, B), [fact(1, A), fact(9, A)])
    assert not seen_once((A, B), [fact(1, A, B, set_aside=True)])


def test_the_basis_survives_being_stored_and_counts_only_what_counts() -> None:
    seen = [*enough_for_n2(), fact(0), fact(1, A, set_aside=True)]
    basis = basis_of(seen, "Mission locale")
    assert (basis.observations, basis.days, basis.situations, basis.observers) == (4, 4, 2, 2)
    assert (basis.first_day, basis.last_day) == (TODAY - timedelta(days=20), TODAY - timedelta(days=2))
    assert basis.situation_titles == ("Leek harvest", "Baskets")
    assert (basis.reviewer_kind, basis.outside_organisation) == ("outside", "Mission locale")
    assert basis_of(seen, None).reviewer_kind == "inside"
    for one in (basis, basis_of([], None)):
        assert from_json(to_json(one)) == one


FACTS = st.lists(
    st.builds(
        fact,
        st.integers(0, 60),
        st.sampled_from([A, B, A]),
        observer=st.sampled_from([MARC, KARIM]),
        situation=st.sampled_from([HARVEST, BASKETS]),
        agreed=st.booleans(),
        answered=st.booleans(),
        talk_open=st.booleans(),
        set_aside=st.booleans(),
    ),
    max_size=12,
)


@given(FACTS)
def test_a_met_rule_has_every_line_met_and_no_talk_open_among_what_counts(seen: list[SeenFact]) -> None:
    proposal = proposed(N2, seen)
    assert proposal.met == all(line.met for line in proposal.lines) == (not proposal.missing)
    assert not any(one.talk_open or one.set_aside for one in counted(seen))
    assert proposal.paused == any(one.talk_open and not one.set_aside for one in seen)
    if proposal.met:
        assert all(line.have >= line.need for line in proposal.lines if line.key is not LineKey.AGREEMENT)


@given(FACTS, st.randoms())
def test_the_order_of_reading_changes_nothing(seen: list[SeenFact], random: object) -> None:
    shuffled = list(seen)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert proposed(N2, shuffled) == proposed(N2, seen)
    assert digest(shuffled) == digest(seen)


def test_the_digest_changes_with_anything_the_rule_reads() -> None:
    seen = enough_for_n2()
    other = [
        seen[:-1],
        [*seen, fact(1, A)],
        [replace(seen[0], agreed=False), *seen[1:]],
        [replace(seen[0], talk_open=True), *seen[1:]],
        [replace(seen[0], set_aside=True), *seen[1:]],
        [replace(seen[0], no=frozenset({B})), *seen[1:]],
    ]
    assert len({digest(seen), *map(digest, other)}) == 7
