"""What can go wrong with showing and verifying badges."""

from badges.errors.families import N_, Conflict, NotFound, Unavailable


class BadgeWithdrawn(Conflict):
    """The issuer has withdrawn this badge: it can be put away, no longer shown."""

    id = "badge-withdrawn"
    message = N_("The issuer has withdrawn this badge. It can no longer be shown.")


class KeepFirst(Conflict):
    """A badge that was declined is shown only after it is kept."""

    id = "keep-first"
    message = N_("You did not want this badge. Keep it first, then show it.")


class PageHidden(NotFound):
    """A public page that is not shown, or never was: the two look the same on purpose."""

    id = "page-hidden"
    message = N_("This page is no longer shown")


class StillPreparing(Unavailable):
    """A badge whose new edition is not signed yet."""

    id = "still-preparing"
    message = N_("This badge is being prepared. Come back in a minute.")
