"""What can go wrong with situations, observations and photos."""

from collections.abc import Sequence

from badges.errors.families import N_, Conflict, InvalidInput, TooLarge, TooMany


class NothingSeen(InvalidInput):
    """An observation in which nothing was seen at all."""

    id = "nothing-seen"
    message = N_("Nothing is marked as seen yet. Answer YES, SOMETIMES or NO once, or write what you saw.")


class UnknownBehaviour(InvalidInput):
    """A mark on a behaviour that the skill and level do not have."""

    id = "unknown-behaviour"
    message = N_("“%(behaviour)s” does not belong to this skill and level. Choose the skill again.")


class FactTooLong(InvalidInput):
    """A sentence above its limit."""

    id = "fact-too-long"
    message = N_("This sentence is too long: %(limit)s characters at most.")


class SituationInFuture(InvalidInput):
    """A situation dated after today."""

    id = "situation-in-future"
    message = N_("This day has not come yet. Choose the day when it happened.")


class ObservationConflict(Conflict):
    """An identifier already used for something else."""

    id = "observation-conflict"
    message = N_("This was already sent with another content. Open the page again, then note what you saw.")


class AlreadyCorrected(Conflict):
    """A correction of something that was already corrected."""

    id = "already-corrected"
    message = N_("This observation was already corrected. Correct the newest one.")


class NotCorrectable(InvalidInput):
    """A correction that would move the observation to somebody else or to another situation."""

    id = "not-correctable"
    message = N_("A correction keeps the person and the situation. Take this one back, then note it again.")


class ObservationSettled(Conflict):
    """An observation whose claim was decided: neither it nor its answer changes any more."""

    id = "observation-settled"
    message = N_("A decision was made with this observation. It can no longer be changed.")


class TalkClosed(Conflict):
    """A talk that is already closed."""

    id = "talk-closed"
    message = N_("This talk is already closed.")


class PhotoUnreadable(InvalidInput):
    """Not an image of a kind we take."""

    id = "photo-unreadable"
    message = N_("This file is not a photo we can read. Use a JPEG, PNG, WEBP or HEIC photo.")


class PhotoDamaged(InvalidInput):
    """An image that stops in the middle or cannot be decoded within our limits of time."""

    id = "photo-damaged"
    message = N_("This photo is damaged or incomplete. Take it again, or send another one.")


class PhotoTooLarge(TooLarge):
    """Too many bytes or pixels."""

    id = "photo-too-large"
    message = N_("This photo is too large: 12 MB and 40 million pixels at most. Send a smaller one.")


class TooManyPhotos(InvalidInput):
    """More photos than one observation takes."""

    id = "too-many-photos"
    message = N_("%(limit)s photos at most for one observation. Choose the best ones.")


class PhotoQuota(TooMany):
    """More photos in one day than anybody needs."""

    id = "photo-quota"
    message = N_("%(limit)s photos were already sent today. Send this one tomorrow, or save without it.")


class FrameworkInvalid(InvalidInput):
    """A framework document with faults; `faults` is a tuple that tells each one with its place and line."""

    id = "framework-invalid"
    message = N_("This framework has faults. Mend them, then import it again.\n%(faults)s")

    def __init__(self, faults: Sequence[object]) -> None:
        super().__init__(faults="\n".join(str(fault) for fault in faults))
        self.faults = tuple(faults)


class FrameworkFrozen(Conflict):
    """A version that evidence points at may not change."""

    id = "framework-frozen"
    message = N_(
        "Version %(version)s of “%(framework)s” is already in use and cannot change. "
        "Give the new text a new version number."
    )


class FrameworkTooLarge(TooLarge):
    """A framework document above 2 MiB."""

    id = "framework-too-large"
    message = N_("This framework is too large: 2 MB at most.")
