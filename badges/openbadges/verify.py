"""Verify a badge: from the bytes somebody sent to a verdict with its reasons (OB 3.0, 9)."""

from datetime import datetime
from typing import Final

from badges.errors import N_, BadgesError
from badges.openbadges.bake import MAX_CREDENTIAL, is_jws, unbake
from badges.openbadges.loads import Document, load_json
from badges.openbadges.members import identity, listed, objects
from badges.openbadges.moments import parse_timestamp
from badges.openbadges.places import Places, named
from badges.openbadges.report import Check, Outcome, Report, Verdict, verdict_of
from badges.openbadges.resolve import Resolver
from badges.openbadges.verify_format import TYPE_OF_MEMBER, check_format, check_schema_ids
from badges.openbadges.verify_jwt import check_jwt
from badges.openbadges.verify_proof import check_proofs
from badges.openbadges.verify_status import check_status

MAX_ENDORSEMENTS: Final = 5
ENDORSEMENTS: Final = frozenset({"endorsement", "endorsementJwt"})
SOUGHT: Final = ENDORSEMENTS | TYPE_OF_MEMBER.keys()

IN_DATE: Final = N_("It is valid today.")
EXPIRED: Final = N_("The badge is no longer valid: its end date has passed.")
NOT_YET: Final = N_("The badge is not valid yet: its start date is still to come.")
NO_DATE: Final = N_("The badge does not say from when it is valid.")
ENDORSED: Final = N_("Somebody else endorses this badge, and their signature holds.")
ENDORSED_BY_WHOM: Final = N_("Somebody endorses this badge, but nothing proves who it is.")
NOT_ENDORSED: Final = N_("An endorsement inside this badge could not be confirmed. Leave it out of account.")


def verify(data: bytes, *, resolver: Resolver, now: datetime) -> Report:
    """Return whether the badge in `data` is authentic and in force at `now` (aware), and why.

    `data` is JSON, a compact JWS, or a baked PNG or SVG. Nothing is fetched: what is needed is
    asked of `resolver`, and nothing more once the badge is found altered or malformed. Raises a
    subclass of `Unreadable` when there is no badge to speak of.
    """
    text = unbake(data)
    if is_jws(text):
        credential, checks = check_jwt(text, resolver)
    else:
        credential = load_json(text, limit=MAX_CREDENTIAL)
        checks = check_proofs(credential, resolver, now)
    members = named(credential, SOUGHT)
    found = [check_format(credential, members), *checks, check_dates(credential, now)]
    if verdict_of(found) is not Verdict.INVALID:
        found += check_status(credential, resolver, now)
        found += _endorsements(members, resolver, now)
        found += check_schema_ids(credential)
    return Report(verdict_of(found), tuple(found), credential)


def check_dates(credential: Document, now: datetime) -> Check:
    """Return whether `credential` is in force at `now`, both its bounds included (VC-DM 2.0, 4.9)."""
    written = [credential.get("validFrom", credential.get("issuanceDate"))]
    written += [credential.get("validUntil", credential.get("expirationDate"))]
    start, end = map(parse_timestamp, written)
    detail = f"from {written[0]} until {written[1] or 'further notice'}"[:200]
    if start is None or (written[1] is not None and end is None):
        return Check("dates", Outcome.FAILED, NO_DATE, detail)
    if end is not None and end < now:
        return Check("dates", Outcome.FAILED, EXPIRED, detail, Verdict.EXPIRED)
    if start > now:
        return Check("dates", Outcome.FAILED, NOT_YET, detail, Verdict.NOT_YET_VALID)
    return Check("dates", Outcome.OK, IN_DATE, detail)


def _endorsements(members: Places, resolver: Resolver, now: datetime) -> list[Check]:
    """Check each endorsement like a credential of its own; a bad one does not spoil the badge."""
    found = [
        item
        for path, value in members
        if path[-1] in ENDORSEMENTS
        for item in (objects(value) if path[-1] == "endorsement" else listed(value))
    ]
    return [_endorsement(item, resolver, now) for item in found[:MAX_ENDORSEMENTS]]


def _endorsement(item: object, resolver: Resolver, now: datetime) -> Check:
    try:
        if isinstance(item, dict):
            endorsement, checks = item, check_proofs(item, resolver, now)
        else:
            endorsement, checks = check_jwt(str(item), resolver)
        checks = [*checks, check_dates(endorsement, now), *check_status(endorsement, resolver, now)]
    except BadgesError as fault:
        return Check("endorsement", Outcome.WARNING, NOT_ENDORSED, str(fault))
    by = identity(endorsement.get("issuer"))
    if verdict_of(checks) is Verdict.VALID:
        if any(check.id == "issuer" and check.outcome is Outcome.WARNING for check in checks):
            return Check("endorsement", Outcome.WARNING, ENDORSED_BY_WHOM, f"by {by}")
        return Check("endorsement", Outcome.OK, ENDORSED, f"by {by}")
    reasons = [check.detail for check in checks if check.outcome not in (Outcome.OK, Outcome.SKIPPED)]
    return Check("endorsement", Outcome.WARNING, NOT_ENDORSED, f"by {by}: {'; '.join(reasons)}"[:500])
