"""Why a badge is held back, told from an engineer's words: what an administrator can look at first."""

from enum import StrEnum


class Cause(StrEnum):
    """What the fault is about; a sign that cannot be written stands in a name, most of the time."""

    NAME = "name"
    STRUCTURE = "structure"
    EVIDENCE = "evidence"
    OTHER = "other"


_ABOUT = (
    (Cause.EVIDENCE, ("$.evidence",)),
    (Cause.NAME, ("$.credentialSubject.identifier", "recipient", "signed reliably")),
    (Cause.STRUCTURE, ("$.issuer", "$.credentialSubject.achievement.creator")),
)


def cause_of(reason: str) -> Cause:
    """Return what `reason`, the faults of a document by their paths, is about; the first that is known."""
    return next((cause for cause, signs in _ABOUT if any(sign in reason for sign in signs)), Cause.OTHER)
