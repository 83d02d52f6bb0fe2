"""What can go wrong with people, sign-in and rosters."""

from badges.errors.families import N_, Conflict, InvalidInput, NotFound, TooLarge


class BadName(InvalidInput):
    """A person without a first name, or a name longer than we keep."""

    id = "bad-name"
    message = N_("Write a first name of 80 characters at most. A nickname is enough.")


class BadEmail(InvalidInput):
    """Not an e-mail address."""

    id = "bad-email"
    message = N_("“%(email)s” is not an e-mail address. Write it like name@example.org.")


class EmailNeeded(InvalidInput):
    """Staff sign in by e-mail, so they need one."""

    id = "email-needed"
    message = N_("Staff sign in by e-mail. Write an e-mail address.")


class EmailTaken(Conflict):
    """The e-mail already belongs to somebody of the structure, or to an account that is closed."""

    id = "email-taken"
    message = N_("This e-mail address already belongs to somebody. Look for them in the list.")


class ReferenceTaken(Conflict):
    """Two workers of one structure cannot share a reference."""

    id = "reference-taken"
    message = N_("The reference “%(reference)s” already belongs to somebody else. Correct one of the two.")


class RoleNeeded(InvalidInput):
    """A person is added without any role that a structure can give."""

    id = "role-needed"
    message = N_("Choose at least one role.")


class NoProgrammedExit(InvalidInput):
    """An exit date in a structure of the social integration model."""

    id = "no-programmed-exit"
    message = N_("Your structure works without a programmed exit, so no exit date is kept. Leave it empty.")


class BadDates(InvalidInput):
    """The exit stands before the entry."""

    id = "bad-dates"
    message = N_("The exit date comes before the entry date. Correct one of the two.")


class LastAdministrator(Conflict):
    """A structure always has an administrator."""

    id = "last-administrator"
    message = N_("This is the only administrator. Give the role to somebody else first.")


class SharedAccount(Conflict):
    """The account also belongs to another structure, so only its owner may change it."""

    id = "shared-account"
    message = N_(
        "This person also belongs to another structure. Only they can change their name or e-mail address."
    )


class NotInCharge(InvalidInput):
    """A person is put in charge of a worker without holding the role."""

    id = "not-in-charge"
    message = N_("This person does not hold this role in your structure. Give them the role first.")


class PseudonymNeeded(InvalidInput):
    """The pseudonym form is chosen without a pseudonym."""

    id = "pseudonym-needed"
    message = N_("Write the name that you want others to see.")


class BadAddress(InvalidInput):
    """A short address that cannot be part of a URL, or is taken."""

    id = "bad-address"
    message = N_(
        "“%(slug)s” cannot be used in an address. Use other words: small letters, digits and hyphens."
    )


class PublicNameNeeded(InvalidInput):
    """A structure without the name that the public reads."""

    id = "public-name-needed"
    message = N_("Write the public name: it is the one on every badge.")


class WrongSignIn(InvalidInput):
    """The e-mail or the password is wrong; which of the two is never told."""

    id = "wrong-sign-in"
    message = N_("The e-mail address or the password is not right. Try again, or ask for a link by e-mail.")


class LinkSpent(InvalidInput):
    """A sign-in link that was used, is too old, or never existed."""

    id = "link-spent"
    message = N_("This link has already been used or is too old. Ask for a new one.")


class CardUnknown(NotFound):
    """A worker card that was replaced, stopped, or never existed."""

    id = "card-unknown"
    message = N_("This card no longer works. Ask your supervisor for a new one.")


class WrongPin(InvalidInput):
    """The code does not belong to the card."""

    id = "wrong-pin"
    message = N_("This is not the code of this card. Try again, or ask your supervisor for a new card.")


class WeakPassword(InvalidInput):
    """A password that is too short or too easy to guess."""

    id = "weak-password"
    message = N_("This password is too easy to guess. Take at least 12 characters, for instance four words.")


class RosterUnreadable(InvalidInput):
    """The bytes are not a table in a text file."""

    id = "roster-unreadable"
    message = N_("We cannot read this file as a table. In your spreadsheet, choose “Save as”, then CSV.")


class RosterQuoteOpen(InvalidInput):
    """A quotation mark is opened and never closed, so the rest of the file is one cell."""

    id = "roster-quote-open"
    message = N_(
        "On line %(line)s, a quotation mark is opened and never closed. Correct it, then send the file again."
    )


class RosterWithoutNames(InvalidInput):
    """No line names the columns, or none of them is the first name."""

    id = "roster-without-names"
    message = N_(
        "We cannot find the column “Prénom” (first name). The first line of the file must name the columns, "
        "for instance: Prénom; Nom; Équipe; E-mail."
    )


class RosterColumnTwice(InvalidInput):
    """Two columns mean the same thing."""

    id = "roster-column-twice"
    message = N_("The columns “%(first)s” and “%(second)s” mean the same thing. Keep one of them.")


class RosterEmpty(InvalidInput):
    """A table without any person."""

    id = "roster-empty"
    message = N_("This file has no line with a person.")


class RosterTooLarge(TooLarge):
    """A file above 2 MiB."""

    id = "roster-too-large"
    message = N_("This file is too large: 2 MB at most. Keep only the columns and lines that are needed.")


class RosterTooLong(TooLarge):
    """More persons than one import takes."""

    id = "roster-too-long"
    message = N_("This file has more than %(limit)s lines. Cut it in several files.")


class RosterGone(NotFound):
    """A stored upload that was imported, abandoned or forgotten after an hour."""

    id = "roster-gone"
    message = N_("This file is no longer here: files are forgotten after an hour. Send it again.")
