"""Check a VC-JWT: a credential signed as a compact JWS, with claims that repeat its members."""

from datetime import datetime
from typing import Final

import jwt

from badges.errors import N_, BadgesError, BadProof, NotJson
from badges.openbadges.bake import MAX_CREDENTIAL, is_jws
from badges.openbadges.jwt import CLAIMS
from badges.openbadges.jwt_keys import check_fit
from badges.openbadges.loads import Document, load_json
from badges.openbadges.members import first_object, identity, text
from badges.openbadges.moments import parse_timestamp
from badges.openbadges.multibase import decode_base64url
from badges.openbadges.report import Check, Outcome
from badges.openbadges.resolve import Resolver
from badges.openbadges.verify_jwk import find_jwk
from badges.openbadges.verify_proof import SIGNED, failure, issuer_check

HEADERS: Final = frozenset({"alg", "kid", "jwk", "typ"})

CLAIMS_AGREE: Final = N_("The envelope of the badge repeats exactly what the badge says.")
CLAIMS_MISSING: Final = N_("The envelope of the badge leaves out something it should repeat.")
CLAIMS_DIFFER: Final = N_("The envelope of the badge contradicts the badge.")


def check_jwt(token: str, resolver: Resolver) -> tuple[Document, list[Check]]:
    """Return the credential in `token`, proof-less, with the checks of its signature and claims.

    RS256, ES256 and EdDSA; key by `kid` or by `jwk` header (OB 3.0, 8.2). Raises `Unreadable` when
    there is no JSON inside.
    """
    header, payload = _parts(token)
    credential = credential_of(payload)
    try:
        found = find_jwk(resolver, header, identity(credential.get("issuer")))
        _check_header(header)
        check_signature(token, found.jwk, text(header.get("alg")))
    except BadgesError as fault:
        return credential, [failure(fault), check_claims(payload, credential)]
    return credential, [
        Check("signature", Outcome.OK, SIGNED, f"{header['alg']} by {found.name}"),
        issuer_check(proven=found.proven, name=found.name),
        check_claims(payload, credential),
    ]


def credential_of(payload: Document) -> Document:
    """Return the credential: the payload's own members, or its `vc` claim in VC 1.1 (OB 3.0, 8.2.1)."""
    vc = payload.get("vc")
    if isinstance(vc, dict):
        return vc
    return {name: value for name, value in payload.items() if name not in CLAIMS}


def check_claims(payload: Document, credential: Document) -> Check:
    """Return whether iss, jti, sub, nbf and exp repeat the credential (OB 3.0, 8.2.3)."""
    subject = first_object(credential.get("credentialSubject"))
    start = credential.get("validFrom", credential.get("issuanceDate"))
    end = credential.get("validUntil", credential.get("expirationDate"))
    expected = {
        "iss": identity(credential.get("issuer")),
        "jti": credential.get("id"),
        "sub": subject.get("id"),
        "nbf": _seconds(start),
        "exp": _seconds(end),
    }
    differing = [name for name in expected if name in payload and _whole(payload[name]) != expected[name]]
    if differing:
        return Check("claims", Outcome.FAILED, CLAIMS_DIFFER, f"differing: {', '.join(differing)}")
    needed = [name for name in ("iss", "jti", "sub", "nbf") if name not in payload]
    missing = needed + (["exp"] if end and "exp" not in payload else [])
    if missing:
        return Check("claims", Outcome.WARNING, CLAIMS_MISSING, f"missing: {', '.join(missing)}")
    return Check("claims", Outcome.OK, CLAIMS_AGREE)


def _parts(token: str) -> tuple[Document, Document]:
    if not is_jws(token):
        raise NotJson(reason="not a compact JWS")
    try:
        header, payload = (decode_base64url(part) for part in token.split(".")[:2])
    except BadgesError:
        raise NotJson(reason="not base64url") from None
    return load_json(header, limit=MAX_CREDENTIAL), load_json(payload, limit=MAX_CREDENTIAL)


def _check_header(header: Document) -> None:
    if set(header) - HEADERS or text(header.get("typ", "JWT")).upper() != "JWT":
        raise BadProof(reason="the header holds more than alg, kid, jwk and typ JWT")


def check_signature(token: str, jwk: Document, algorithm: str) -> None:
    """Return when `token` was signed with the public key `jwk` by `algorithm`, one that fits its kind.

    Raises `BadKey` when it does not fit, `BadProof` when another key signed or the token was changed.
    """
    check_fit(jwk, algorithm)
    try:
        key = jwt.PyJWK.from_dict(jwk, algorithm=algorithm)
        jwt.PyJWS(options={"enforce_minimum_key_length": True}).decode(token, key, [algorithm])
    except (jwt.exceptions.PyJWTError, ValueError, TypeError) as fault:
        raise BadProof(reason=f"{type(fault).__name__}: {fault}"[:200]) from None


def _seconds(moment: object) -> int | None:
    parsed = parse_timestamp(moment)
    return int(parsed.timestamp()) if isinstance(parsed, datetime) else None


def _whole(value: object) -> object:
    return int(value) if isinstance(value, float) else value
