"""VC-JWT: a credential as a compact JWS whose claims repeat its members (OB 3.0, 8.2)."""

from collections.abc import Iterator
from typing import Final

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from badges.errors import BadKey, NotIssuable
from badges.openbadges.contexts import CREDENTIALS_V2
from badges.openbadges.jwt_keys import SMALLEST_RSA, PrivateKey, check_fit, public_jwk
from badges.openbadges.loads import Document, check_values, dump_json
from badges.openbadges.members import identity, listed, objects
from badges.openbadges.moments import parse_timestamp

CLAIMS: Final = frozenset({"iss", "sub", "aud", "exp", "nbf", "iat", "jti", "vc"})
"""Names with a meaning of their own in a JWT (RFC 7519, 4.1); a credential must not use them."""


def sign_jwt(document: Document, private: PrivateKey, *, kid: str = "", alg: str = "RS256") -> str:
    """Return `document` as a VC-JWT signed with `private`, parsed once by the caller (OB 3.0, 8.2).

    The header holds `alg`, `typ` and `kid`, an address that gives the public JWK; without `kid`, the JWK
    itself. RS256 gives the same text for the same arguments, and so does EdDSA.
    Raises `NotIssuable` for what the claims cannot repeat, `BadKey` when key and algorithm do not fit.
    """
    public = public_jwk(private.public_key())
    check_fit(public, alg)
    if isinstance(private, RSAPrivateKey) and private.key_size < SMALLEST_RSA:
        raise BadKey(reason=f"an RSA key has at least {SMALLEST_RSA} bits")
    headers = {"kid": kid} if kid else {"jwk": public}
    return jwt.api_jws.encode(dump_json(jwt_payload(document)), private, algorithm=alg, headers=headers)


def jwt_payload(document: Document) -> Document:
    """Return the members of a credential with the claims that repeat them (OB 3.0, 8.2.3).

    iss is the issuer, jti the id, sub the subject's id, nbf validFrom and exp validUntil in whole seconds.
    An embedded proof is left out: the JWS is the proof. Raises `NotIssuable`, naming every fault.
    """
    faults = list(_faults(document))
    if faults:
        raise NotIssuable(faults="; ".join(faults))
    check_values(document)
    members = {name: value for name, value in document.items() if name != "proof"}
    claims = {
        "iss": identity(document["issuer"]),
        "jti": document["id"],
        "sub": identity(objects(document["credentialSubject"])[0]),
        "nbf": _seconds(document["validFrom"]),
    }
    if "validUntil" in document:
        claims["exp"] = _seconds(document["validUntil"])
    return members | claims


def _faults(document: Document) -> Iterator[str]:
    if listed(document.get("@context"))[:1] != [CREDENTIALS_V2]:
        yield "$.@context: not a credential of version 2.0"
    yield from (f"$.{name}: a name kept for the JWT" for name in sorted(CLAIMS & document.keys()))
    if not identity(document.get("issuer")):
        yield "$.issuer: has no id"
    if not identity(document):
        yield "$.id: missing"
    subjects = listed(document.get("credentialSubject"))
    if len(subjects) != 1 or not isinstance(subjects[0], dict) or not identity(subjects[0]):
        yield "$.credentialSubject: must be one, with an id"
    for name in ("validFrom", "validUntil"):
        if (name in document or name == "validFrom") and _seconds(document.get(name)) is None:
            yield f"$.{name}: must be a moment with a zone, in whole seconds"


def _seconds(text: object) -> int | None:
    moment = parse_timestamp(text)
    return None if moment is None or "." in str(text) else int(moment.timestamp())
