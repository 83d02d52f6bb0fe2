"""How the RSA key of an issuer is published beside its Ed25519 keys."""

from badges.openbadges.did import did_web_address
from badges.openbadges.loads import Document

JWK_V1 = "https://w3id.org/security/jwk/v1"


def key_address(did: str, name: str) -> str:
    """Return where the key `name` of the issuer `did` stands as a bare JWK: the `kid` of its tokens.

    Made of the did:web alone, so that a verifier who trusts the identity can tell whose address it is.
    """
    return f"{did_web_address(did).removesuffix('did.json')}keys/{name}"


def with_jwks(document: Document, jwks: dict[str, Document]) -> Document:
    """Return the DID document with RSA keys, by name, beside its Multikeys (Controlled Identifiers, 2.2.3).

    As JsonWebKey, for Multikey knows no RSA; `kid` is the fragment there (DID Core, 5.2).
    """
    if not jwks:
        return document
    methods = [
        {
            "id": f"{document['id']}#{name}",
            "type": "JsonWebKey",
            "controller": document["id"],
            "publicKeyJwk": {member: jwk[member] for member in ("kty", "n", "e", "alg")} | {"kid": name},
        }
        for name, jwk in jwks.items()
    ]
    return document | {
        "@context": [*document["@context"], JWK_V1],
        "verificationMethod": [*document["verificationMethod"], *methods],
        "assertionMethod": [*document["assertionMethod"], *(method["id"] for method in methods)],
    }
