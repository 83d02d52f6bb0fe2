"""How guessing is slowed: which tries are counted together, how many, for how long. Pure decisions."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from badges.people.rules_secrets import fingerprint

KEPT = timedelta(days=31)
KNOWN_FOR = timedelta(days=30)


@dataclass(frozen=True)
class Limit:
    """At most `most` tries of `scope` for one `key` within `window`. `key` is a hash: it names nobody.

    A success forgives what was counted for the account, never for the address: one good password must not
    pay for guessing those of others.
    """

    scope: str
    key: str
    most: int
    window: timedelta
    forgiven: bool = True


def password_limits(email: str, remote: str, *, known: bool) -> tuple[Limit, ...]:
    """Return the limits of a password try.

    The pair counts first, so that somebody who guesses from elsewhere does not lock the owner out. The
    account as a whole is limited too, except from an address where its owner has signed in before.
    """
    quarter = timedelta(minutes=15)
    limits = (
        Limit("password", fingerprint("pair", email, remote), 8, quarter),
        Limit("password", fingerprint("remote", remote), 80, quarter, forgiven=False),
    )
    return limits if known else (*limits, Limit("password", fingerprint("account", email), 40, quarter))


def pin_limits(card: str, remote: str) -> tuple[Limit, ...]:
    """Return the limits of a code try. Six digits need a slow lane: at most 20 tries an hour on one card."""
    hour = timedelta(hours=1)
    return (
        Limit("pin", fingerprint("pair", card, remote), 6, timedelta(minutes=15)),
        Limit("pin", fingerprint("card", card), 20, hour),
        Limit("pin", fingerprint("remote", remote), 300, hour, forgiven=False),
    )


def link_limits(email: str, remote: str) -> tuple[Limit, ...]:
    """Return the limits of asking for a sign-in link; every link sent works, so nobody is locked out."""
    hour = timedelta(hours=1)
    return (
        Limit("link", fingerprint("account", email), 6, hour),
        Limit("link", fingerprint("remote", remote), 40, hour),
    )


def minutes_to_wait(limit: Limit, tries: Sequence[datetime], now: datetime) -> int:
    """Return how long until `limit` has room again, in whole minutes; 0 when it has."""
    counted = sorted(at for at in tries if at > now - limit.window)
    if len(counted) < limit.most:
        return 0
    free_at = counted[len(counted) - limit.most] + limit.window
    return max(1, ceil((free_at - now) / timedelta(minutes=1)))


def longest_wait(waits: Iterable[int]) -> int:
    """Return the wait that counts when several limits apply."""
    return max(waits, default=0)
