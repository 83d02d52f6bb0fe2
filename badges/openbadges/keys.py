"""Ed25519 keys and the documents that publish them: Multikey, DID document, JWK, JWKS."""

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from nacl.bindings import crypto_sign, crypto_sign_BYTES, crypto_sign_open, crypto_sign_seed_keypair
from nacl.exceptions import BadSignatureError

from badges.errors import BadKey
from badges.openbadges.contexts import DID_V1, MULTIKEY_V1
from badges.openbadges.loads import Document
from badges.openbadges.multibase import (
    decode_base58,
    decode_base64url,
    encode_base58,
    encode_base64url,
)

PUBLIC_PREFIX: Final = b"\xed\x01"
PRIVATE_PREFIX: Final = b"\x80\x26"
LENGTH: Final = 32

Sign = Callable[[bytes], bytes]
"""Makes the 64-byte Ed25519 signature of a message (RFC 8032)."""


def generate_private_key() -> Ed25519PrivateKey:
    """Return a new Ed25519 private key from the system's randomness."""
    return Ed25519PrivateKey.generate()


def private_bytes(key: Ed25519PrivateKey) -> bytes:
    """Return the 32 secret bytes of `key`, to be encrypted before they are stored."""
    return key.private_bytes_raw()


def private_from_bytes(seed: bytes) -> Ed25519PrivateKey:
    """Return the private key of 32 secret bytes; raise `BadKey` for another length."""
    if len(seed) != LENGTH:
        raise BadKey(reason="an Ed25519 private key has 32 bytes")
    return Ed25519PrivateKey.from_private_bytes(seed)


def private_from_multibase(text: str) -> Ed25519PrivateKey:
    """Return the private key of a Multikey `secretKeyMultibase` (VC-DI-EDDSA, 2.1.1)."""
    return private_from_bytes(_without_prefix(text, PRIVATE_PREFIX))


def signer_from_bytes(seed: bytes) -> Sign:
    """Return a function that signs with the private key of 32 secret bytes, expanded once.

    libsodium signs in two thirds of the time that OpenSSL takes. Raises `BadKey` for another length.
    """
    if len(seed) != LENGTH:
        raise BadKey(reason="an Ed25519 private key has 32 bytes")
    _, secret = crypto_sign_seed_keypair(seed)
    return lambda message: crypto_sign(message, secret)[:crypto_sign_BYTES]


def is_signed_by(public: Ed25519PublicKey, signature: bytes, message: bytes) -> bool:
    """Return whether `signature` is one that the holder of `public` made over `message` (RFC 8032)."""
    try:
        crypto_sign_open(signature + message, public.public_bytes_raw())
    except BadSignatureError:
        return False
    return True


def public_multibase(public: Ed25519PublicKey) -> str:
    """Return `public` as Multikey text, `z6Mk…` (VC-DI-EDDSA, 2.1.1)."""
    return encode_base58(PUBLIC_PREFIX + public.public_bytes_raw())


@lru_cache(maxsize=1024)
def public_from_multibase(text: str) -> Ed25519PublicKey:
    """Return the Ed25519 public key written as `z6Mk…`; raise `BadKey` for any other text."""
    return Ed25519PublicKey.from_public_bytes(_without_prefix(text, PUBLIC_PREFIX))


def multikey(controller: str, public: Ed25519PublicKey, *, fragment: str | None = None) -> Document:
    """Return the Multikey verification method of `public`, named `controller#fragment`.

    `fragment` is the key's own multibase text unless given. Published alone at one address per
    key, it lets a verifier follow an https verification method (Controlled Identifiers, 2.2.2).
    """
    multibase = public_multibase(public)
    return {
        "id": f"{controller}#{fragment or multibase}",
        "type": "Multikey",
        "controller": controller,
        "publicKeyMultibase": multibase,
    }


def did_document(did: str, publics: Iterable[Ed25519PublicKey]) -> Document:
    """Return the DID document of `did` asserting with every key of `publics`, past keys included."""
    methods = [multikey(did, public) for public in publics]
    return {
        "@context": [DID_V1, MULTIKEY_V1],
        "id": did,
        "verificationMethod": methods,
        "assertionMethod": [method["id"] for method in methods],
    }


def jwk(public: Ed25519PublicKey, *, kid: str | None = None) -> Document:
    """Return `public` as a JSON Web Key with `kid`, its multibase text unless given (RFC 8037)."""
    return {
        "kty": "OKP",
        "crv": "Ed25519",
        "x": encode_base64url(public.public_bytes_raw()),
        "kid": kid or public_multibase(public),
        "alg": "EdDSA",
        "use": "sig",
    }


def jwks(publics: Iterable[Ed25519PublicKey]) -> Document:
    """Return the JSON Web Key Set of `publics` (RFC 7517, 5)."""
    return {"keys": [jwk(public) for public in publics]}


def public_from_jwk(key: Document) -> Ed25519PublicKey:
    """Return the Ed25519 public key of a JWK; raise `BadKey` for another kind of key."""
    if key.get("kty") != "OKP" or key.get("crv") != "Ed25519" or not isinstance(key.get("x"), str):
        raise BadKey(reason="not an Ed25519 JWK")
    raw = decode_base64url(key["x"])
    if len(raw) != LENGTH:
        raise BadKey(reason="an Ed25519 public key has 32 bytes")
    return Ed25519PublicKey.from_public_bytes(raw)


def _without_prefix(text: str, prefix: bytes) -> bytes:
    raw = decode_base58(text)
    if not raw.startswith(prefix) or len(raw) != len(prefix) + LENGTH:
        raise BadKey(reason="not an Ed25519 Multikey")
    return raw.removeprefix(prefix)
