"""What a batch may hold: claims that leave nothing to weigh but the evidence itself. Pure decisions."""

from enum import StrEnum

from badges.recognition.rules import ClaimState
from badges.recognition.rules_award import LineKey, Proposal


class Hindrance(StrEnum):
    """Why a claim is decided on its own page."""

    APPEAL = "appeal"
    TALK = "talk"
    RECENT_NO = "recent_no"
    INTERVIEW = "interview"
    MISSING = "missing"
    KEPT_AFTER_TALK = "kept_after_talk"


def hindrance(state: ClaimState, proposal: Proposal) -> Hindrance | None:
    """Return what keeps a claim out of a batch, the weightiest first; None when nothing does.

    An appeal and an observation that the worker did not agree with have words to be read, even when the
    rule is met.
    """
    missing = {line.key for line in proposal.missing}
    reasons = (
        (Hindrance.APPEAL, state is ClaimState.APPEALED),
        (Hindrance.TALK, proposal.paused),
        (Hindrance.RECENT_NO, proposal.held_by_no),
        (Hindrance.INTERVIEW, missing == {LineKey.INTERVIEW}),
        (Hindrance.MISSING, not proposal.met),
        (Hindrance.KEPT_AFTER_TALK, proposal.talked_over > 0),
    )
    return next((reason for reason, applies in reasons if applies), None)
