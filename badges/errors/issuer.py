"""What can go wrong with issuing."""

from badges.errors.families import N_, Conflict, InvalidInput, Unavailable


class KeyUnreadable(Unavailable):
    """The key-encryption key is not the one that sealed this issuer's key."""

    id = "key-unreadable"
    message = N_("The signing key cannot be opened with “%(kek)s”. Ask the operator to restore that key.")


class SignerAway(Unavailable):
    """The token that holds the private key does not answer, or refuses us."""

    id = "signer-away"
    message = N_(
        "The device that keeps the signing keys (“%(custodian)s”) does not answer. "
        "Nothing is lost: we try again. Ask the operator."
    )


class SignerRefused(Unavailable):
    """The token does not accept our PIN; it is not shown again, for a few more tries would lock the token."""

    id = "signer-refused"
    message = N_(
        "The device that keeps the signing keys (“%(custodian)s”) refuses our PIN. "
        "Nothing is lost, but nothing is signed. Ask the operator to put the right PIN."
    )


class SignerUnknown(Unavailable):
    """A key is held by a custodian that the settings say nothing about."""

    id = "signer-unknown"
    message = N_("The signing key is kept in “%(custodian)s”, which is not set up here. Ask the operator.")


class SignedOtherwise(Unavailable):
    """What came back signed is not what was frozen and checked: it is thrown away, nothing is stored."""

    id = "signed-otherwise"
    message = N_("The signed badge is not the one that was checked, so it was not kept. Ask the operator.")


class RevocationReasonNeeded(InvalidInput):
    """A badge is withdrawn without saying why."""

    id = "revocation-reason-needed"
    message = N_("Write why you withdraw this badge. Only administrators read it.")


class SuspensionReasonNeeded(InvalidInput):
    """A badge is paused without saying why."""

    id = "suspension-reason-needed"
    message = N_("Write why you pause this badge. Only administrators read it.")


class BadgeNotInForce(Conflict):
    """Only a badge that strangers accept can be suspended."""

    id = "badge-not-in-force"
    message = N_("This badge is not in force, so it cannot be paused. Sign it again or withdraw it.")


class NotExportable(Conflict):
    """Withdrawn, paused, or signed with a compromised key: a new signature must not vouch for it."""

    id = "not-exportable"
    message = N_("This badge is not in force now, so there is no token of it.")


class BadValidity(InvalidInput):
    """A validity that is no number of months between one and a hundred and twenty."""

    id = "bad-validity"
    message = N_("Choose between 1 and %(most)s months, or no end date.")


class TooEarlyToRenew(Conflict):
    """A badge without an end, or one whose end is more than three months away."""

    id = "too-early-to-renew"
    message = N_("This badge holds for a good while yet. It can be renewed from three months before its end.")


class NothingToMend(Conflict):
    """A badge that is neither held back nor signed with a compromised key has nothing to be mended."""

    id = "nothing-to-mend"
    message = N_("This badge is already signed. There is nothing to do.")


class NothingToIssue(Conflict):
    """A wave is started while no approved claim waits for its badge."""

    id = "nothing-to-issue"
    message = N_("No badge waits to be issued. There is nothing to do.")
