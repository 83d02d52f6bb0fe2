"""Moments as the standards write them: RFC 3339 with a zone."""

import re
from datetime import UTC, datetime
from typing import Final

SHAPE: Final = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)[Tt](?P<time>\d\d:\d\d:\d\d)(?:\.(?P<fraction>\d+))?"
    r"(?P<zone>[Zz]|[+-]\d\d:\d\d)",
    re.ASCII,
)


def timestamp(moment: datetime) -> str:
    """Return `moment` (aware) in UTC, whole seconds, with `Z`; raise ValueError when it is naive."""
    if moment.tzinfo is None:
        raise ValueError(moment)
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_timestamp(text: object) -> datetime | None:
    """Return the aware moment of an xsd:dateTimeStamp, or None when `text` is not one."""
    found = SHAPE.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        return None
    zone = found["zone"].upper().replace("Z", "+00:00")
    fraction = (found["fraction"] or "0")[:6].ljust(6, "0")
    try:
        return datetime.fromisoformat(f"{found['day']}T{found['time']}.{fraction}{zone}")
    except ValueError:
        return None
