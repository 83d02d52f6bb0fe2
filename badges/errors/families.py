"""The families of errors: what a reader can do about them. `web/errors.py` gives each its HTTP status."""

from typing import ClassVar


def N_(message: str) -> str:  # noqa: N802 - the name gettext extractors look for
    """Mark `message` for extraction; it is translated where it is shown."""
    return message


class BadgesError(Exception):
    """The root of all our errors. `params` fill the `%(name)s` holes of the message."""

    id: ClassVar[str] = "error"
    message: ClassVar[str] = N_("It did not work. Your text is kept. Try again.")

    def __init__(self, **params: object) -> None:
        self.params = params
        super().__init__(self.message % params if params else self.message)


class InvalidInput(BadgesError):
    """Something from outside is not acceptable as it is; the sender can mend it."""

    id = "invalid-input"
    message = N_("This cannot be accepted as it is.")


class NotSignedIn(BadgesError):
    """Nobody is signed in."""

    id = "not-signed-in"
    message = N_("Please sign in first.")


class Forbidden(BadgesError):
    """The permission table says no to this person."""

    id = "forbidden"
    message = N_("This is not open to you. Ask the administrator of your structure.")


class NotFound(BadgesError):
    """It does not exist, or belongs to another structure: the two look the same."""

    id = "not-found"
    message = N_("We cannot find this page.")


class Conflict(BadgesError):
    """Somebody else was faster, or the thing is no longer in a state that allows this."""

    id = "conflict"
    message = N_("This has changed in the meantime. Look again, then decide.")


class TooLarge(BadgesError):
    """More bytes than we take."""

    id = "too-large"
    message = N_("This file is too large.")


class TooMany(BadgesError):
    """Too many tries."""

    id = "too-many"
    message = N_("Too many tries. Wait %(minutes)s minutes, then try again.")


class Unavailable(BadgesError):
    """We cannot serve this now; a retry may succeed."""

    id = "unavailable"
    message = N_("We cannot do this right now. Nothing is lost. Try again in a moment.")


class Misconfigured(BadgesError):
    """The settings are incoherent; the process must not start."""

    id = "misconfigured"
    message = "%(reason)s"
