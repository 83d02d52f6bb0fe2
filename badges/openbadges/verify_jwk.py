"""Whose key signed a JWT? The issuer's list decides, not what the token says of itself."""

from dataclasses import dataclass

from badges.errors import BadKey, BadProof, Unresolvable
from badges.openbadges.jwt_keys import essence
from badges.openbadges.keys import jwk as ed25519_jwk
from badges.openbadges.keys import public_from_multibase
from badges.openbadges.loads import Document
from badges.openbadges.members import objects, text
from badges.openbadges.resolve import Resolver, resolved
from badges.openbadges.verify_keys import assertion_methods, find_key, is_under, issuer_document


@dataclass(frozen=True)
class FoundJwk:
    """A public JWK of the issuer; `proven` is False when only the token itself vouches for it."""

    jwk: Document
    name: str
    proven: bool = True


def find_jwk(resolver: Resolver, header: Document, issuer: str) -> FoundJwk:
    """Return the public key a JOSE header points to, known to be held by `issuer` (OB 3.0, 8.2.2).

    A `kid` is followed to the issuer's DID document or to an address of the issuer's own; a `jwk`
    must stand in the issuer's document when there is one. A header with both must mean one key.
    Raises `BadProof`, `Unresolvable`.
    """
    jwk = header.get("jwk")
    if "kid" not in header and isinstance(jwk, dict):
        return _embedded(resolver, jwk, issuer)
    found = _named(resolver, text(header.get("kid")), issuer)
    if "jwk" in header and (not isinstance(jwk, dict) or "d" in jwk or essence(jwk) != essence(found.jwk)):
        raise BadProof(reason="the header holds another key than the one it names")
    return found


def _named(resolver: Resolver, kid: str, issuer: str) -> FoundJwk:
    if kid.startswith("did:"):
        return FoundJwk(_jwk_of_method(find_key(resolver, kid, issuer).method), kid)
    if kid.startswith("https:"):
        return _remote(resolver, kid, issuer)
    raise BadProof(reason="the header names no key")


def _embedded(resolver: Resolver, jwk: Document, issuer: str) -> FoundJwk:
    if "d" in jwk:
        raise BadProof(reason="the header holds a private key")
    try:
        document = issuer_document(resolver, issuer)
    except Unresolvable:
        if issuer.startswith("https:"):
            return FoundJwk(jwk, "the jwk header", proven=False)
        raise
    known = _published(document)
    if not known and issuer.startswith("https:"):
        return FoundJwk(jwk, "the jwk header", proven=False)
    if essence(jwk) not in [essence(item) for item in known]:
        raise BadProof(reason="the issuer does not list the key of the header")
    return FoundJwk(jwk, issuer)


def _remote(resolver: Resolver, kid: str, issuer: str) -> FoundJwk:
    if not is_under(kid, issuer):
        raise BadProof(reason=f"the key at {kid[:200]} is not at an address of the issuer")
    try:
        found = resolved(resolver, kid)
    except Unresolvable:
        if issuer.startswith("did:"):
            _refuse_disowned_name(issuer_document(resolver, issuer), kid.rpartition("/")[2])
        raise
    candidates = objects(found["keys"]) if "keys" in found else [found]
    named = [item for item in candidates if item.get("kid", kid) in (kid, kid.rpartition("#")[2])]
    if not named or "d" in named[0] or named[0].get("iss", issuer) != issuer:
        raise BadProof(reason=f"{kid[:200]} is not a public key of the issuer")
    if issuer.startswith("did:"):
        _refuse_disowned(issuer_document(resolver, issuer), named[0])
    return FoundJwk(named[0], kid)


def _refuse_disowned_name(document: Document, name: str) -> None:
    """Refuse a key that is gone from its address when the DID document tells why: it was disowned."""
    names = [text(method.get("id")) for method in objects(document.get("verificationMethod"))]
    listed, trusted = (
        any(one.endswith(f"#{name}") for one in several) for several in (names, assertion_methods(document))
    )
    if listed and not trusted:
        raise BadProof(reason="the issuer no longer issues with this key")


def _refuse_disowned(document: Document, jwk: Document) -> None:
    """Refuse a key that the DID document lists but not for issuing: it was disowned, wherever it stands."""
    listed_keys = [essence(_jwk_of_method(item)) for item in objects(document.get("verificationMethod"))]
    trusted = [essence(_jwk_of_method(item)) for item in assertion_methods(document).values()]
    if essence(jwk) in listed_keys and essence(jwk) not in trusted:
        raise BadProof(reason="the issuer no longer issues with this key")


def _published(document: Document) -> list[Document]:
    keys = objects(document.get("keys")) + objects(document.get("publicKey"))
    return [_jwk_of_method(item) for item in assertion_methods(document).values()] + keys


def _jwk_of_method(method: Document) -> Document:
    found = method.get("publicKeyJwk")
    if isinstance(found, dict):
        return found
    try:
        return ed25519_jwk(public_from_multibase(text(method.get("publicKeyMultibase"))))
    except BadKey:
        return {}
