"""The answer to “is this badge authentic?”: checks one by one, and one verdict over them."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from badges.openbadges.loads import Document


class Outcome(StrEnum):
    """How one check ended; `unknown` when something needed is out of reach."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    SKIPPED = "skipped"
    UNKNOWN = "unknown"


class Verdict(StrEnum):
    """What to tell a recruiter, in one word."""

    VALID = "valid"
    INVALID = "invalid"
    REVOKED = "revoked"
    SUSPENDED = "suspended"
    EXPIRED = "expired"
    NOT_YET_VALID = "not-yet-valid"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Check:
    """One question with its outcome: `message` a msgid in plain words, `detail` for engineers.

    `spoils` is the verdict that a failed check leads to.
    """

    id: str
    outcome: Outcome
    message: str
    detail: str = ""
    spoils: Verdict = Verdict.INVALID


@dataclass(frozen=True)
class Report:
    """The verdict, why, and the credential it is about (as its issuer wrote it, proof included)."""

    verdict: Verdict
    checks: tuple[Check, ...]
    credential: Document


# The first that applies: what is altered is not worth a date, what is withdrawn not worth a doubt.
GRAVITY = (Verdict.INVALID, Verdict.REVOKED, Verdict.SUSPENDED, Verdict.EXPIRED, Verdict.NOT_YET_VALID)


def verdict_of(checks: Iterable[Check]) -> Verdict:
    """Return the gravest verdict that failed checks lead to, else unknown, else valid."""
    known = tuple(checks)
    spoiled = {check.spoils for check in known if check.outcome is Outcome.FAILED}
    for verdict in GRAVITY:
        if verdict in spoiled:
            return verdict
    doubtful = any(check.outcome is Outcome.UNKNOWN for check in known)
    return Verdict.UNKNOWN if doubtful else Verdict.VALID
