"""Every error we raise: a stable id, a translatable message, and no HTTP.

A message is an English gettext msgid that says what to do next. `web/errors.py` maps the families
below to HTTP statuses; nothing else knows about HTTP.
"""

from collections.abc import Sequence
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


# -- families: what a reader can do about it -----------------------------------------------------
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


# -- badge images (issuer/artwork) ---------------------------------------------------------------
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


# -- the Open Badges format ----------------------------------------------------------------------
class Unreadable(InvalidInput):
    """The bytes hold no badge at all, or not one that can be read safely."""

    id = "unreadable"
    message = N_("There is no badge that we can read here. Send the file exactly as you received it.")


class NotJson(Unreadable):
    """The text is not JSON, or not the strict JSON that a signature can cover."""

    id = "not-json"
    message = N_("This is not JSON that we can read (%(reason)s). Send the file exactly as you received it.")


class DocumentTooLarge(Unreadable):
    """A badge, an image or a list above our limits."""

    id = "document-too-large"
    message = N_("This is too large to be a badge: at most %(limit)s bytes.")


class DocumentTooDeep(Unreadable):
    """JSON nested further than any badge needs."""

    id = "document-too-deep"
    message = N_("This is nested too deeply to be a badge: at most %(limit)s levels.")


class DuplicateMember(Unreadable):
    """The same member stands twice in one JSON object, so readers would disagree about it."""

    id = "duplicate-member"
    message = N_("“%(name)s” is written twice in the same object, so its value is not certain.")


class UnsafeText(Unreadable):
    """A text holds a control character or half a character pair."""

    id = "unsafe-text"
    message = N_("A text holds a character that cannot be signed reliably (%(character)s). Remove it.")


class UnsafeNumber(Unreadable):
    """A number that programs read differently."""

    id = "unsafe-number"
    message = N_("The number %(number)s is too large to be read the same way everywhere.")


class NoCredential(Unreadable):
    """An image without a badge inside."""

    id = "no-credential"
    message = N_("This image holds no badge. Ask for the original file: a screenshot loses the badge.")


class SeveralCredentials(Unreadable):
    """An image with more than one badge inside."""

    id = "several-credentials"
    message = N_("This image holds several badges, so we cannot tell which one counts.")


class NotBakeable(InvalidInput):
    """The image cannot carry a badge."""

    id = "not-bakeable"
    message = N_("This image cannot carry a badge (%(reason)s). Use a PNG or SVG file.")


class NotCanonical(InvalidInput):
    """A document that has no single meaning, so no signature can cover it."""

    id = "not-canonical"
    message = N_("This document has no single meaning (%(reason)s).")


class UndefinedTerm(NotCanonical):
    """A member or type that no context defines: the signature would not cover it."""

    id = "undefined-term"
    message = N_("“%(term)s” at %(place)s is not covered by the signature: no context defines it.")


class UnknownContext(NotCanonical):
    """A context that we do not hold; contexts are never fetched."""

    id = "unknown-context"
    message = N_("The context %(url)s is not one that we know.")


class RelativeIri(NotCanonical):
    """An identifier that means something else in every place it is read."""

    id = "relative-iri"
    message = N_("“%(value)s” at %(place)s must be a complete address.")


class ProtectedTerm(NotCanonical):
    """A context that changes the meaning of a term another context protects."""

    id = "protected-term"
    message = N_("The contexts contradict each other about a protected term (%(reason)s).")


class TangledGraph(NotCanonical):
    """So many nameless, equal parts that canonicalising would cost too much."""

    id = "tangled-graph"
    message = N_("This document is built in a way that costs too much to check (%(reason)s).")


class BadKey(InvalidInput):
    """A public or private key that is not of a kind or shape we use."""

    id = "bad-key"
    message = N_("This is not a key that we can use (%(reason)s).")


class BadDid(InvalidInput):
    """An identifier that is not a did:web or did:key we can follow."""

    id = "bad-did"
    message = N_("“%(did)s” is not an issuer identity that we can follow.")


class BadProof(InvalidInput):
    """A proof that does not hold: altered document, wrong key, or malformed."""

    id = "bad-proof"
    message = N_("The signature does not match (%(reason)s).")


class UnsupportedProof(InvalidInput):
    """A proof of a kind that we do not check."""

    id = "unsupported-proof"
    message = N_("We do not know signatures of the kind %(kind)s.")


class BadStatusList(InvalidInput):
    """A status list that cannot be trusted or read."""

    id = "bad-status-list"
    message = N_("The list of revoked badges cannot be used (%(reason)s).")


class Unresolvable(Unavailable):
    """A document needed for the answer is not known here, or its server does not answer."""

    id = "unresolvable"
    message = N_("%(url)s is not available, so this cannot be checked now.")


class AddressRefused(Unresolvable):
    """An address that we do not follow: not https, not a public site, or written to mislead."""

    id = "address-refused"
    message = N_("We do not follow this address. It must start with https:// and lead to a public site.")


class NotABadgeAddress(Unresolvable):
    """The address answers, but with something that is no badge file (most often a page)."""

    id = "not-a-badge-address"
    message = N_("This address leads to a page, not to a badge. Download the badge there, then send us the file.")


class NotIssuable(InvalidInput):
    """A credential that must not be signed; `faults` is a tuple of engineer's sentences."""

    id = "not-issuable"
    message = N_("This badge is not ready to be signed: %(faults)s")


# -- people --------------------------------------------------------------------------------------
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
    message = N_("This person also belongs to another structure. Only they can change their name or e-mail address.")


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
    message = N_("“%(slug)s” cannot be used in an address. Use other words: small letters, digits and hyphens.")


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
    message = N_("On line %(line)s, a quotation mark is opened and never closed. Correct it, then send the file again.")


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


# -- frameworks ----------------------------------------------------------------------------------
class UnknownSkill(NotFound):
    """The framework version has no such skill, level or behaviour."""

    id = "unknown-skill"
    message = N_("The framework does not have “%(skill)s”. Choose a skill from the list.")


# -- evidence ------------------------------------------------------------------------------------
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


# -- recognition ---------------------------------------------------------------------------------
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


# -- issuer --------------------------------------------------------------------------------------
class KeyUnreadable(Unavailable):
    """The key-encryption key is not the one that sealed this issuer's key."""

    id = "key-unreadable"
    message = N_("The signing key cannot be opened with “%(kek)s”. Ask the operator to restore that key.")


class SignedOtherwise(Unavailable):
    """What came back signed is not what was frozen and checked: it is thrown away, nothing is stored."""

    id = "signed-otherwise"
    message = N_("The signed badge is not the one that was checked, so it was not kept. Ask the operator.")


class RevocationReasonNeeded(InvalidInput):
    """A badge is withdrawn without saying why."""

    id = "revocation-reason-needed"
    message = N_("Write why you withdraw this badge. Only administrators read it.")


class NothingToMend(Conflict):
    """A badge that is neither held back nor signed with a compromised key has nothing to be mended."""

    id = "nothing-to-mend"
    message = N_("This badge is already signed. There is nothing to do.")


# -- sharing -------------------------------------------------------------------------------------
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
