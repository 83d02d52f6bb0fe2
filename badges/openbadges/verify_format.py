"""Is it an Open Badge at all? Types, contexts and members the standard asks for."""

import re
from collections.abc import Iterator
from typing import Final

from badges.errors import N_
from badges.openbadges.contexts import CREDENTIALS_V1, CREDENTIALS_V2, OPEN_BADGES
from badges.openbadges.loads import Document
from badges.openbadges.members import first_object, has_type, identity, listed, objects, text
from badges.openbadges.places import Places, named, shown
from badges.openbadges.report import Check, Outcome
from badges.openbadges.schema import ENDORSEMENT, KNOWN_IDS, TOLERANT, faults

OB_CONTEXT: Final = re.compile(r"https://purl\.imsglobal\.org/spec/ob/v3p0/context(-3\.\d\.\d)*\.json")
BADGE_TYPES: Final = ("OpenBadgeCredential", "AchievementCredential")
ENDORSEMENT_TYPE: Final = "EndorsementCredential"
ALMOST: Final = N_("It is an Open Badge, in a form that is older or less complete than it should be.")
# Members that hold one kind of object each, wherever they stand (OB 3.0, appendix B).
TYPE_OF_MEMBER: Final = {
    "evidence": "Evidence",
    "source": "Profile",
    "creator": "Profile",
    "result": "Result",
    "alignment": "Alignment",
    "identifier": "IdentityObject",
}


def check_format(credential: Document, typed: Places | None = None) -> Check:
    """Return whether `credential` has the types, contexts and members of OB 3.0 (clause B).

    `typed` holds its members of `TYPE_OF_MEMBER`, looked for unless given; other members may be among them.
    """
    typed = named(credential, TYPE_OF_MEMBER) if typed is None else typed
    found = (*_context_faults(credential), *_type_faults(credential, typed), *_schema_faults(credential))
    if found:
        return Check("format", Outcome.FAILED, N_("This is not a correct Open Badge."), "; ".join(found))
    doubts = tuple(_doubts(credential))
    if doubts:
        return Check("format", Outcome.WARNING, ALMOST, "; ".join(doubts))
    return Check("format", Outcome.OK, N_("It is a correct Open Badge 3.0."))


def check_schema_ids(credential: Document) -> list[Check]:
    """Return a warning when the credential names a schema that we do not hold; never fetched."""
    ids = [identity(schema) for schema in listed(credential.get("credentialSchema"))]
    unknown = [schema for schema in ids if schema not in KNOWN_IDS]
    if not unknown:
        return []
    message = N_("The badge names further rules of form that we did not check.")
    return [Check("schema", Outcome.WARNING, message, f"not held here: {', '.join(unknown)[:500]}")]


def is_version_1(credential: Document) -> bool:
    """Return whether `credential` follows VC Data Model 1.1 rather than 2.0."""
    return listed(credential.get("@context"))[:1] == [CREDENTIALS_V1]


def is_endorsement(credential: Document) -> bool:
    """Return whether `credential` endorses something rather than awards it."""
    return has_type(credential, ENDORSEMENT_TYPE)


def _context_faults(credential: Document) -> Iterator[str]:
    contexts = listed(credential.get("@context"))
    if contexts[:1] not in ([CREDENTIALS_V2], [CREDENTIALS_V1]):
        yield "$.@context[0]: not the Verifiable Credentials context"
    if len(contexts) < 2 or not OB_CONTEXT.fullmatch(text(contexts[1])):  # noqa: PLR2004 - the second
        yield "$.@context[1]: not an Open Badges context"


def _type_faults(credential: Document, typed: Places) -> Iterator[str]:
    if not has_type(credential, "VerifiableCredential"):
        yield "$.type: no VerifiableCredential"
    if not has_type(credential, *BADGE_TYPES, ENDORSEMENT_TYPE):
        yield "$.type: neither OpenBadgeCredential nor EndorsementCredential"
    if not has_type(credential.get("issuer"), "Profile") or not identity(credential.get("issuer")):
        yield "$.issuer: not a Profile with an id"
    for path, value in typed:
        wanted = TYPE_OF_MEMBER.get(str(path[-1]), "")
        if wanted and not all(has_type(item, wanted) for item in objects(value)):
            yield f"{shown(path)}: not {wanted}"
    if not is_endorsement(credential):
        yield from _subject_faults(credential)


def _subject_faults(credential: Document) -> Iterator[str]:
    subjects = listed(credential.get("credentialSubject"))
    subject = first_object(subjects)
    if len(subjects) != 1 or not has_type(subject, "AchievementSubject"):
        yield "$.credentialSubject: not exactly one AchievementSubject"
    if not has_type(subject.get("achievement"), "Achievement"):
        yield "$.credentialSubject.achievement: not an Achievement"
    criteria = first_object(first_object(subject.get("achievement")).get("criteria"))
    if not criteria.get("id") and not criteria.get("narrative"):
        yield "$.credentialSubject.achievement.criteria: neither id nor narrative"


def _doubts(credential: Document) -> Iterator[str]:
    if is_version_1(credential):
        yield "VC Data Model 1.1"
    elif listed(credential.get("@context"))[1] != OPEN_BADGES:
        yield f"$.@context[1]: not {OPEN_BADGES}"
    subject = first_object(credential.get("credentialSubject"))
    if not subject.get("id") and not subject.get("identifier"):
        yield "$.credentialSubject: neither id nor identifier"


def _schema_faults(credential: Document) -> tuple[str, ...]:
    """Apply the published schema; those of VC 1.1 badges are not published, so its probes stand alone."""
    if is_version_1(credential):
        return ()
    return faults(credential, ENDORSEMENT if is_endorsement(credential) else TOLERANT)
