"""Check the embedded Data Integrity proofs of a credential: untouched, complete, by its issuer."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from badges.errors import N_, BadgesError, BadProof, NotCanonical, Unreadable, Unresolvable, UnsupportedProof
from badges.openbadges import proof as data_integrity
from badges.openbadges.jsonld import canonicalize
from badges.openbadges.loads import Document
from badges.openbadges.members import identity, objects, text
from badges.openbadges.moments import parse_timestamp
from badges.openbadges.report import Check, Outcome
from badges.openbadges.resolve import Resolver
from badges.openbadges.verify_keys import find_key

CLOCK_SKEW: Final = timedelta(minutes=10)
MAX_PROOFS: Final = 5

SIGNED: Final = N_("Nothing was changed since the issuer signed it.")
ALTERED: Final = N_("The badge was changed after it was signed, or somebody else than the issuer signed it.")
UNSIGNED: Final = N_("Nobody signed this badge.")
UNCOVERED: Final = N_("The badge holds something that the signature does not cover.")
OUT_OF_REACH: Final = N_(
    "We could not get the issuer's key, so we cannot tell whether the badge is authentic."
)
OTHER_KIND: Final = N_("The badge carries a further signature of a kind that we do not check.")
UNSUPPORTED: Final = N_("The badge is signed in a way that we do not check.")
KNOWN_ISSUER: Final = N_("The signature is by the issuer named on the badge.")
SELF_ASSERTED: Final = N_(
    "Nothing but the badge itself says who issued it. Ask the issuer before you rely on it."
)

ProofCheck = Callable[[Document, Document, Ed25519PublicKey], None]
"""Raises when a proof over a document was not made with a key: `proof.check`, or one that remembers."""


def check_proofs(
    credential: Document,
    resolver: Resolver,
    now: datetime,
    *,
    check_one: ProofCheck = data_integrity.check,
) -> list[Check]:
    """Return the checks of every embedded proof; one sound proof is needed, no failed one allowed."""
    proofs = data_integrity.proofs_of(credential)
    if not proofs or len(proofs) > MAX_PROOFS or len(objects(proofs)) != len(proofs):
        return [Check("signature", Outcome.FAILED, UNSIGNED, f"{len(proofs)} proofs")]
    checks = [check for item in proofs for check in _check_one(credential, item, resolver, now, check_one)]
    if any(check.outcome is Outcome.OK for check in checks if check.id == "signature"):
        return checks
    return [_made_decisive(check) for check in checks]


def issuer_check(*, proven: bool, name: str) -> Check:
    """Return whether the key is known to be the issuer's, or only said to be so by the badge."""
    if proven:
        return Check("issuer", Outcome.OK, KNOWN_ISSUER, name)
    return Check("issuer", Outcome.WARNING, SELF_ASSERTED, f"key taken from {name}")


def failure(fault: BadgesError) -> Check:
    """Return the signature check that `fault` leads to: out of reach, uncovered, or failed."""
    if isinstance(fault, Unresolvable):
        return Check("signature", Outcome.UNKNOWN, OUT_OF_REACH, str(fault))
    if isinstance(fault, NotCanonical | Unreadable):
        return Check("signature", Outcome.FAILED, UNCOVERED, str(fault))
    return Check("signature", Outcome.FAILED, ALTERED, str(fault))


def _check_one(
    credential: Document, proof: Document, resolver: Resolver, now: datetime, check_one: ProofCheck
) -> list[Check]:
    method = text(proof.get("verificationMethod"))
    try:
        _check_moments(proof, now)
        _check_supported(credential, proof)
        found = find_key(resolver, method, identity(credential.get("issuer")))
        check_one(credential, proof, found.ed25519())
    except UnsupportedProof as fault:
        return [Check("signature", Outcome.WARNING, OTHER_KIND, str(fault))]
    except BadgesError as fault:
        return [failure(fault)]
    signed = Check("signature", Outcome.OK, SIGNED, f"{data_integrity.kind_of(proof)} by {method}")
    return [signed, issuer_check(proven=found.proven, name=method)]


def _check_supported(credential: Document, proof: Document) -> None:
    """Refuse what no context defines as altered; pass over a defined proof of another suite."""
    if proof.get("type") == data_integrity.DATA_INTEGRITY and not text(proof.get("cryptosuite")):
        raise BadProof(reason="it names no cryptosuite")
    if data_integrity.kind_of(proof) not in data_integrity.SUITES:
        canonicalize(proof | {"@context": credential.get("@context")})
        raise UnsupportedProof(kind=data_integrity.kind_of(proof))


def _check_moments(proof: Document, now: datetime) -> None:
    created = parse_timestamp(proof["created"]) if "created" in proof else now
    expires = parse_timestamp(proof["expires"]) if "expires" in proof else now
    if created is None or expires is None:
        raise BadProof(reason="its moment is not a date with a time zone")
    if created > now + CLOCK_SKEW:
        raise BadProof(reason="it was made in the future")
    if expires < now:
        raise BadProof(reason="the signature itself has expired")


def _made_decisive(check: Check) -> Check:
    """Without a sound proof, one of an unknown kind leaves the question open."""
    if check.id == "signature" and check.outcome is Outcome.WARNING:
        return Check("signature", Outcome.UNKNOWN, UNSUPPORTED, check.detail)
    return check
