"""What can go wrong with badge images."""

from badges.errors.families import N_, InvalidInput


class LabelTooLong(InvalidInput):
    """The short badge label does not fit on the band of its badge, even on two lines."""

    id = "badge-label-too-long"
    message = N_(
        "The badge label “%(label)s” does not fit on the badge. "
        "Use shorter words: at most two lines of about %(limit)s letters."
    )


class UnknownDesignPart(InvalidInput):
    """A dimension, level, pictogram, language or size that nobody has drawn."""

    id = "badge-design-unknown"
    message = N_("The badge drawing “%(name)s” (%(part)s) does not exist. Choose one from badge_designs.")
