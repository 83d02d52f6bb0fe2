"""Has the issuer withdrawn it? Bitstring status lists, and 1EdTech's older list of revoked ids."""

from datetime import datetime
from functools import lru_cache
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from badges.errors import N_, BadgesError, BadStatusList
from badges.openbadges import proof as data_integrity
from badges.openbadges.loads import Document, dump_json, load_json
from badges.openbadges.members import first_object, has_type, identity, listed, objects, text
from badges.openbadges.moments import parse_timestamp
from badges.openbadges.places import object_count
from badges.openbadges.report import Check, Outcome, Verdict
from badges.openbadges.resolve import Resolver, resolved
from badges.openbadges.status import MIN_ENTRIES, decode, is_set
from badges.openbadges.verify_proof import check_proofs

NO_LIST: Final = N_("The issuer keeps no list of withdrawn badges for this one.")
STANDING: Final = N_("The issuer has not withdrawn it.")
REVOKED: Final = N_("The issuer has withdrawn this badge.")
SUSPENDED: Final = N_("The issuer has suspended this badge for now.")
OUT_OF_REACH: Final = N_("We cannot tell whether the issuer has withdrawn this badge.")

MAX_ENTRIES: Final = 4
MAX_LIST_OBJECTS: Final = 50
MAX_DIGITS: Final = 9
MAX_REMEMBERED: Final = 64 * 1024
IN_FORCE: Final = {
    "revocation": (REVOKED, Verdict.REVOKED),
    "suspension": (SUSPENDED, Verdict.SUSPENDED),
}


def check_status(credential: Document, resolver: Resolver, now: datetime) -> list[Check]:
    """Return one check per status entry; a list that cannot be had or trusted leaves it unknown."""
    entries = objects(credential.get("credentialStatus"))
    if not entries:
        return [Check("status", Outcome.SKIPPED, NO_LIST)]
    issuer = identity(credential.get("issuer"))
    checks = []
    for entry in entries[:MAX_ENTRIES]:
        try:
            checks.append(_check_entry(entry, credential, issuer, resolver, now))
        except BadgesError as fault:
            checks.append(Check("status", Outcome.UNKNOWN, OUT_OF_REACH, str(fault)))
    return checks


def _check_entry(
    entry: Document, credential: Document, issuer: str, resolver: Resolver, now: datetime
) -> Check:
    if has_type(entry, "BitstringStatusListEntry"):
        return _check_bitstring(entry, issuer, resolver, now)
    if has_type(entry, "1EdTechRevocationList"):
        return _check_revocation_list(entry, text(credential.get("id")), issuer, resolver)
    raise BadStatusList(reason=f"status type {text(entry.get('type'))[:80]}")


def _check_bitstring(entry: Document, issuer: str, resolver: Resolver, now: datetime) -> Check:
    """Follow Bitstring Status List 3.2: the list must be signed, by the same issuer, for this purpose."""
    address, purpose = text(entry.get("statusListCredential")), text(entry.get("statusPurpose"))
    index = _index(entry.get("statusListIndex"))
    status_list = resolved(resolver, address)
    bits = _trusted_bits(status_list, purpose, issuer, resolver, now)
    if purpose not in IN_FORCE:
        return Check("status", Outcome.SKIPPED, STANDING, f"purpose {purpose[:80]} changes no verdict")
    detail = f"{purpose}, entry {index} of {address}"
    if is_set(bits, index):
        message, verdict = IN_FORCE[purpose]
        return Check("status", Outcome.FAILED, message, detail, spoils=verdict)
    return Check("status", Outcome.OK, STANDING, detail)


def _trusted_bits(
    status_list: Document, purpose: str, issuer: str, resolver: Resolver, now: datetime
) -> bytes:
    if identity(status_list.get("issuer")) != issuer:
        raise BadStatusList(reason="another issuer keeps it")
    if not has_type(status_list, "BitstringStatusListCredential"):
        raise BadStatusList(reason="not a BitstringStatusListCredential")
    if object_count(status_list) > MAX_LIST_OBJECTS:
        raise BadStatusList(reason="it holds far more than a list")
    for check in check_proofs(status_list, resolver, now, check_one=remembered_check):
        if check.id == "signature" and check.outcome is not Outcome.OK:
            raise BadStatusList(reason=f"its own proof: {check.detail}")
    end = parse_timestamp(status_list.get("validUntil"))
    if end is not None and end < now:
        raise BadStatusList(reason="it has expired")
    subject = first_object(status_list.get("credentialSubject"))
    if purpose not in listed(subject.get("statusPurpose")):
        raise BadStatusList(reason=f"it is not about {purpose[:80]}")
    bits = decode(text(subject.get("encodedList")))
    if len(bits) * 8 < MIN_ENTRIES:
        raise BadStatusList(reason=f"fewer than {MIN_ENTRIES} entries")
    return bits


def remembered_check(document: Document, proof: Document, public: Ed25519PublicKey) -> None:
    """Do as `proof.check` does, but once for the same list, proof and key: thousands share a list.

    Whether this proof over this document was made with this key never changes. Whose key it is and
    whether it is still in force are asked anew each time.
    """
    try:
        texts = dump_json(document), dump_json(proof)
    except (ValueError, TypeError):
        texts = b"", b""
    if texts[0] and sum(map(len, texts)) <= MAX_REMEMBERED:
        _check_texts(*texts, public.public_bytes_raw())
    else:
        data_integrity.check(document, proof, public)


@lru_cache(maxsize=64)
def _check_texts(document: bytes, proof: bytes, public: bytes) -> None:
    key = Ed25519PublicKey.from_public_bytes(public)
    data_integrity.check(load_json(document), load_json(proof), key)


def _check_revocation_list(entry: Document, credential: str, issuer: str, resolver: Resolver) -> Check:
    """Follow the VC Revocation List of 1EdTech: an unsigned list of ids at the issuer's address."""
    address = identity(entry)
    document = resolved(resolver, address)
    if identity(document.get("issuer")) != issuer:
        raise BadStatusList(reason="another issuer keeps it")
    for item in objects(document.get("revokedCredential")):
        if item.get("id") == credential and item.get("revoked") is not False:
            return Check("status", Outcome.FAILED, REVOKED, f"listed at {address}", Verdict.REVOKED)
    return Check("status", Outcome.OK, STANDING, f"not listed at {address}, which is not signed")


def _index(value: object) -> int:
    digits = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if not digits.isascii() or not digits.isdecimal() or len(digits) > MAX_DIGITS:
        raise BadStatusList(reason="the entry has no index")
    return int(digits)
