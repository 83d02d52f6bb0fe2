"""How long a badge holds, counted in months as people count them; pure decisions."""

import calendar
from datetime import UTC, date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

from badges.clock import TIME_ZONE

MOST_MONTHS: Final = 120
NOTICE_MONTHS: Final = 3
"""A badge can be asked for again from so many months before its end."""
_LAST_SECOND: Final = time(23, 59, 59)
_HERE: Final = ZoneInfo(TIME_ZONE)


def is_validity(months: int | None) -> bool:
    """Tell whether `months` is a length that an issuer may choose; None is no end."""
    return months is None or 1 <= months <= MOST_MONTHS


def end_of_validity(issued: datetime, months: int) -> datetime:
    """Return the last second of a badge issued at `issued` (aware) that holds for `months`, in UTC.

    The day of the month stays; where the month is too short it is its last day: 31 January and one month is
    28 or 29 February. The day is counted and ends in Europe/Paris, as on every page: what a person reads as
    the last day is a whole day in mainland France. Nobody reads a time of day there, so people in other
    time zones lose or win a few hours.
    """
    last = _later(issued.astimezone(_HERE).date(), months)
    return datetime.combine(last, _LAST_SECOND, _HERE).astimezone(UTC)


def is_over(valid_until: datetime | None, now: datetime) -> bool:
    """Tell whether the end of a badge has passed; a badge without an end never is."""
    return valid_until is not None and valid_until < now


def renewable(valid_until: datetime | None, now: datetime) -> bool:
    """Tell whether a badge that ends at `valid_until` may be asked for again at `now`; both are aware.

    From the first second of the day three months before its end, and after its end without limit.
    """
    if valid_until is None:
        return False
    opens = _later(valid_until.astimezone(_HERE).date(), -NOTICE_MONTHS)
    return now >= datetime.combine(opens, time(), _HERE)


def _later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return day.replace(year=year, month=month + 1, day=min(day.day, calendar.monthrange(year, month + 1)[1]))
