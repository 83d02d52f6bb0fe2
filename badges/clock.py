"""The present moment and new identifiers: the only two sources of surprise, kept injectable."""

import secrets
import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final, Protocol

TIME_ZONE: Final = "Europe/Paris"
"""Where a day begins and ends, on pages and for the end of a badge."""


class Clock(Protocol):
    """What the domain may ask of the outside world about time and identity."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC, at whole seconds."""

    def new_id(self) -> uuid.UUID:
        """Return an identifier nobody else has."""

    def new_token(self) -> str:
        """Return an unguessable URL-safe secret of at least 128 bits."""


@dataclass(frozen=True)
class SystemClock:
    """The real clock. Whole seconds: a VC-JWT's nbf must equal validFrom (OB 3.0, 8.2)."""

    def now(self) -> datetime:
        """Return the system's time."""
        return datetime.now(UTC).replace(microsecond=0)

    def new_id(self) -> uuid.UUID:
        """Return a random UUID."""
        return uuid.uuid4()

    def new_token(self) -> str:
        """Return 192 random bits."""
        return secrets.token_urlsafe(24)


def today(clock: Clock) -> date:
    """Return the UTC date of `clock`."""
    return clock.now().date()
