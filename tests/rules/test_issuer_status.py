"""Places of a status list are different, at random, and a list says when it is full."""

import random

from hypothesis import given
from hypothesis import strategies as st

from badges.issuer.rules_status import LEAST_FREE, candidates, is_nearly_full


@given(st.integers(8, 5_000), st.integers(1, 900), st.integers())
def test_a_draw_holds_different_places_of_the_list_and_enough_of_them(
    size: int, count: int, seed: int
) -> None:
    drawn = candidates(random.Random(seed), size, count)
    assert len(set(drawn)) == len(drawn)
    assert set(drawn) <= set(range(size))
    assert len(drawn) == size or len(drawn) > count


def test_places_are_spread_over_the_whole_list_and_do_not_follow_each_other() -> None:
    drawn = candidates(random.Random(7), 131_072, 500)
    assert min(drawn) < 2_000
    assert max(drawn) > 129_000
    assert sorted(drawn) != drawn
    assert candidates(random.Random(8), 131_072, 500) != drawn


@given(st.integers(1, 2_000), st.data())
def test_a_list_is_full_when_hardly_any_place_of_a_draw_is_free(drawn: int, data: st.DataObject) -> None:
    free = data.draw(st.integers(0, drawn))
    assert is_nearly_full(range(drawn), range(free)) == (free / drawn < 1 / LEAST_FREE)
