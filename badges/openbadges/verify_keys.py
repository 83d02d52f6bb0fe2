"""Whose key is it? From a verification method to a public key that the issuer is known to hold."""

from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from badges.errors import BadProof, Unresolvable
from badges.openbadges.did import controller_of, did_key_document, did_web_address
from badges.openbadges.keys import public_from_jwk, public_from_multibase, public_multibase
from badges.openbadges.loads import Document
from badges.openbadges.members import identity, listed, objects, text
from badges.openbadges.resolve import Resolver, resolved


@dataclass(frozen=True)
class FoundKey:
    """A verification method of the issuer; `proven` is False when only the badge itself vouches."""

    method: Document
    proven: bool = True

    def ed25519(self) -> Ed25519PublicKey:
        """Return the Ed25519 key of the method; raise `BadKey` for another kind."""
        if "publicKeyMultibase" in self.method:
            return public_from_multibase(text(self.method["publicKeyMultibase"]))
        jwk = self.method.get("publicKeyJwk")
        return public_from_jwk(jwk if isinstance(jwk, dict) else {})


def find_key(resolver: Resolver, verification_method: str, issuer: str) -> FoundKey:
    """Return the method named by a proof, held by `issuer` for issuing (VC-DI, 4.6).

    Raises `BadProof` when it is not the issuer's, or not for issuing; `BadKey` when malformed;
    `Unresolvable` when the issuer's keys cannot be had.
    """
    controller = controller_of(verification_method)
    if controller.startswith("did:"):
        if controller != issuer:
            raise BadProof(reason=f"the key belongs to {controller}, not to the issuer")
        method = _listed_method(issuer_document(resolver, controller), verification_method)
        return FoundKey(method, proven=not controller.startswith("did:key:"))
    if not controller.startswith("https:"):
        raise BadProof(reason="it names no key that can be followed")
    return _web_key(resolver, verification_method, issuer)


def issuer_document(resolver: Resolver, issuer: str) -> Document:
    """Return the DID document of `issuer`, or what stands at its address; its id must agree."""
    if issuer.startswith("did:key:"):
        return did_key_document(issuer)
    document = resolved(resolver, issuer)
    if issuer.startswith("did:") and document.get("id") != issuer:
        raise BadProof(reason=f"the document of {issuer} is about {identity(document)}")
    return document


def is_under(address: str, issuer: str) -> bool:
    """Tell whether `address` is the issuer's own: below its did:web, or on the host of its https identity.

    Anybody can publish a key that names somebody else as its controller: where it stands is what counts. A
    host may serve several issuers, so steps that climb out of the path do not pass, however they are written.
    """
    if issuer.startswith("did:web:"):
        base = did_web_address(issuer).removesuffix("/did.json").removesuffix("/.well-known") + "/"
        steps = unquote(urlsplit(address).path).split("/")
        return address.startswith(base) and not {".", ".."} & set(steps)
    return issuer.startswith("https:") and urlsplit(address).netloc == urlsplit(issuer).netloc


def assertion_methods(document: Document) -> dict[str, Document]:
    """Return the methods that `document` holds for issuing, by full id (DID Core, 5.3.2)."""
    base, assertions = identity(document), listed(document.get("assertionMethod"))
    named = {_full(item, base) for item in assertions if isinstance(item, str)}
    embedded = {_full(text(item.get("id")), base): item for item in objects(assertions)}
    methods = {
        _full(text(item.get("id")), base): item for item in objects(document.get("verificationMethod"))
    }
    return {name: item for name, item in methods.items() if name in named} | embedded


def _full(name: str, base: str) -> str:
    return base + name if name.startswith("#") else name


def _listed_method(document: Document, name: str) -> Document:
    found = assertion_methods(document).get(name)
    if found is None:
        raise BadProof(reason=f"the issuer does not list {name[:200]} as a key for issuing")
    return found


def _web_key(resolver: Resolver, name: str, issuer: str) -> FoundKey:
    """Follow an https method: its own document, the issuer's list of keys, or the key in its fragment."""
    if not is_under(name, issuer):
        raise BadProof(reason=f"the key at {name[:200]} is not at an address of the issuer")
    try:
        document = _first_resolved(resolver, name, controller_of(name))
    except Unresolvable:
        return _self_asserted(name, issuer)
    if "publicKeyMultibase" in document:
        if document.get("controller") != issuer:
            raise BadProof(reason=f"{name} is not controlled by the issuer")
        return FoundKey(document)
    if "verificationMethod" in document or "assertionMethod" in document:
        if identity(document) != issuer:
            raise BadProof(reason=f"the keys at {controller_of(name)} are not the issuer's")
        return FoundKey(_listed_method(document, name))
    return _self_asserted(name, issuer)


def _first_resolved(resolver: Resolver, *names: str) -> Document:
    for name in dict.fromkeys(names[:-1]):
        try:
            return resolved(resolver, name)
        except Unresolvable:
            continue
    return resolved(resolver, names[-1])


def _self_asserted(name: str, issuer: str) -> FoundKey:
    """`issuer#z6Mk…`: the public validator takes it without a fetch, but it proves no identity."""
    controller, _, fragment = name.partition("#")
    if not fragment.startswith("z"):
        raise Unresolvable(url=name[:200])
    if controller != issuer:
        raise BadProof(reason=f"the key belongs to {controller}, not to the issuer")
    key = public_from_multibase(fragment)
    return FoundKey({"id": name, "publicKeyMultibase": public_multibase(key)}, proven=False)
