"""What can go wrong with claims and their review."""

from badges.errors.families import N_, Conflict, Forbidden, InvalidInput, NotFound


class ClaimMoved(Conflict):
    """The claim is not in a state that allows this step."""

    id = "claim-moved"
    message = N_("This request has changed in the meantime. Look again, then decide.")


class ClaimAlreadyApproved(ClaimMoved):
    """Another reviewer approved it first."""

    id = "claim-already-approved"
    message = N_("Another reviewer has just approved this request. There is nothing left to decide.")


class ClaimAlreadyReturned(ClaimMoved):
    """Another reviewer sent it back first."""

    id = "claim-already-returned"
    message = N_("Another reviewer has just asked for something more. It will come back to the list.")


class ClaimAlreadyRefused(ClaimMoved):
    """Another reviewer refused it first."""

    id = "claim-already-refused"
    message = N_("Another reviewer has just refused this request. There is nothing left to decide.")


class ClaimWithdrawn(ClaimMoved):
    """The worker withdrew it."""

    id = "claim-withdrawn"
    message = N_("The worker has withdrawn this request. There is nothing left to decide.")


class RuleNotMet(Conflict):
    """The award rule still lacks something: it proposes nothing yet."""

    id = "rule-not-met"
    message = N_("Something is still missing. The rule shows what is there and what is needed.")


class ClaimPaused(Conflict):
    """The worker disagrees or wants to talk: nothing moves until the coach has closed the talk."""

    id = "claim-paused"
    message = N_("A talk with the worker is still open. Nothing moves until it is closed.")


class ReasonNeeded(InvalidInput):
    """A decision that must say why."""

    id = "reason-needed"
    message = N_("Choose a reason and write a few words: the worker will read them.")


class NothingNew(Conflict):
    """A refused claim needs something new before it is asked for again."""

    id = "nothing-new"
    message = N_("Nothing new has been seen since the refusal. Ask again after a new observation.")


class InvitationEnded(NotFound):
    """The link of an outside reviewer is unknown, used or too old: the three look the same."""

    id = "invitation-ended"
    message = N_("This invitation is no longer open. Ask the structure for a new one.")


class DayInFuture(InvalidInput):
    """A talk that has not taken place yet cannot be noted."""

    id = "day-in-future"
    message = N_("This day has not come yet. Note the interview once it has taken place.")


class TooLateToUndo(Conflict):
    """The ten seconds are over: the badge is being made."""

    id = "too-late-to-undo"
    message = N_("It is too late to undo: the badge is being made.")


class SeenByYou(Forbidden):
    """The reviewer's own hands are on this claim."""

    id = "seen-by-you"
    message = N_("You saw part of this yourself. Someone else decides.")


class DecideAlone(Conflict):
    """A claim that a batch must not carry: somebody has to read it on its own page."""

    id = "decide-alone"
    message = N_("Read this request on its own page, then decide.")
