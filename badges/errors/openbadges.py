"""What can go wrong with the Open Badges format: reading, signing, verifying."""

from badges.errors.families import N_, InvalidInput, Unavailable


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
    message = N_(
        "This address leads to a page, not to a badge. Download the badge there, then send us the file."
    )


class NotIssuable(InvalidInput):
    """A credential that must not be signed; `faults` is a tuple of engineer's sentences."""

    id = "not-issuable"
    message = N_("This badge is not ready to be signed: %(faults)s")
