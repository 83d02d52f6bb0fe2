"""How long a badge holds: months as people count them, ends of day, from when it can be asked for again."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from badges.issuer.rules_validity import MOST_MONTHS, end_of_validity, is_over, is_validity, renewable

MOMENTS = st.integers(0, 24_000).map(
    lambda days: datetime(2024, 1, 1, 8, 30, tzinfo=UTC) + timedelta(days=days)
)
PARIS = ZoneInfo("Europe/Paris")
MONTHS = st.integers(1, MOST_MONTHS)


@pytest.mark.parametrize(
    ("issued", "months", "end"),
    [
        ("2026-01-31", 1, "2026-02-28"),
        ("2028-01-31", 1, "2028-02-29"),
        ("2028-02-29", 12, "2029-02-28"),
        ("2028-02-29", 48, "2032-02-29"),
        ("2027-12-31", 2, "2028-02-29"),
        ("2026-08-31", 1, "2026-09-30"),
        ("2026-11-23", 12, "2027-11-23"),
        ("2026-11-23", 14, "2028-01-23"),
        ("2026-12-01", 120, "2036-12-01"),
    ],
)
def test_months_are_counted_as_people_count_them(issued: str, months: int, end: str) -> None:
    moment = datetime.fromisoformat(f"{issued}T15:30:00Z")
    last_second = datetime.fromisoformat(f"{end}T23:59:59").replace(tzinfo=PARIS)
    assert end_of_validity(moment, months) == last_second


@pytest.mark.parametrize(
    ("issued", "end"),
    [
        ("2026-06-30T21:59:00Z", "2026-07-30T21:59:59Z"),
        ("2026-06-30T22:01:00Z", "2026-08-01T21:59:59Z"),
        ("2026-12-31T22:59:00Z", "2027-01-31T22:59:59Z"),
        ("2026-12-31T23:01:00Z", "2027-02-01T22:59:59Z"),
        ("2026-09-25T10:00:00Z", "2026-10-25T22:59:59Z"),
        ("2027-02-28T10:00:00Z", "2027-03-28T21:59:59Z"),
        ("2026-07-01T00:01:00+02:00", "2026-08-01T21:59:59Z"),
    ],
)
def test_a_day_begins_and_ends_in_paris_summer_and_winter_wherever_it_was_written(
    issued: str, end: str
) -> None:
    assert end_of_validity(datetime.fromisoformat(issued), 1) == datetime.fromisoformat(end)


@given(MOMENTS, MONTHS)
def test_the_end_is_written_in_utc_on_the_same_day(issued: datetime, months: int) -> None:
    end = end_of_validity(issued, months)
    assert end.tzinfo is UTC
    assert end.date() == end.astimezone(PARIS).date()


@given(MOMENTS, MONTHS)
def test_an_end_comes_after_the_beginning_and_the_same_day_of_the_month_at_the_latest(
    issued: datetime, months: int
) -> None:
    end = end_of_validity(issued, months)
    assert end > issued
    assert end.day <= issued.day
    assert (end.year * 12 + end.month) - (issued.year * 12 + issued.month) == months


@given(MOMENTS, MONTHS.filter(lambda months: months > 3))
def test_a_badge_can_be_asked_for_again_from_three_months_before_its_end_and_for_ever(
    issued: datetime, months: int
) -> None:
    end = end_of_validity(issued, months)
    assert renewable(end, end)
    assert renewable(end, end + timedelta(days=4_000))
    assert renewable(end, end - timedelta(days=89))
    assert not renewable(end, end - timedelta(days=94))


def test_the_three_months_begin_with_a_day() -> None:
    end = datetime(2027, 5, 31, 21, 59, 59, tzinfo=UTC)
    assert not renewable(end, datetime(2027, 2, 27, 22, 59, 59, tzinfo=UTC))
    assert renewable(end, datetime(2027, 2, 27, 23, tzinfo=UTC))


def test_a_badge_without_an_end_is_never_over_and_never_renewed() -> None:
    assert not renewable(None, datetime(2100, 1, 1, tzinfo=UTC))
    assert not is_over(None, datetime(2100, 1, 1, tzinfo=UTC))


def test_the_last_second_still_counts() -> None:
    end = datetime(2027, 5, 31, 23, 59, 59, tzinfo=UTC)
    assert not is_over(end, end)
    assert is_over(end, end + timedelta(seconds=1))


@pytest.mark.parametrize(
    ("months", "fits"), [(None, True), (0, False), (1, True), (120, True), (121, False), (-5, False)]
)
def test_a_validity_is_one_to_a_hundred_and_twenty_months_or_none(months: int | None, fits: bool) -> None:
    assert is_validity(months) is fits
