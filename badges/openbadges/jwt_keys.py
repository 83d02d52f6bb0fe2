"""Keys for VC-JWT: three algorithms, each bound to one kind of key, as JWK and as bytes to be sealed."""

import hashlib
import json
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import (
    RSAPrivateKey,
    RSAPublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)

from badges.errors import BadKey
from badges.openbadges.loads import Document
from badges.openbadges.members import listed
from badges.openbadges.multibase import encode_base64url

PrivateKey = RSAPrivateKey | EllipticCurvePrivateKey | Ed25519PrivateKey
PublicKey = RSAPublicKey | EllipticCurvePublicKey | Ed25519PublicKey

# Algorithm -> the one kind of key it works with: no public key is ever taken for an HMAC secret.
KEY_OF_ALGORITHM: Final = {
    "RS256": ("RSA", ""),
    "ES256": ("EC", "P-256"),
    "EdDSA": ("OKP", "Ed25519"),
}
# What makes two public JWKs the same key (RFC 7638, 3.2), in the order their hash wants.
KEY_MEMBERS: Final = ("crv", "e", "kty", "n", "x", "y")
RSA_BITS: Final = 3072
SMALLEST_RSA: Final = 2048


def generate_rsa() -> RSAPrivateKey:
    """Return a new RSA key of 3072 bits: strong enough for what is to be verified after 2030 (ADR 17)."""
    return generate_private_key(public_exponent=65537, key_size=RSA_BITS)


def private_der(key: RSAPrivateKey) -> bytes:
    """Return `key` as PKCS#8 in DER, to be encrypted before it is stored."""
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def rsa_from_own_der(der: bytes) -> RSAPrivateKey:
    """Return the RSA key in bytes that we wrote and sealed ourselves; raise `BadKey` for another kind.

    Whether the numbers fit together is not looked at again: that takes 100 ms, the reading 4 µs. The seal
    answers for it.
    """
    key = load_der_private_key(der, None, unsafe_skip_rsa_key_validation=True)
    if not isinstance(key, RSAPrivateKey):
        raise BadKey(reason="not an RSA key")
    return key


def public_jwk(key: PublicKey) -> Document:
    """Return `key` as a JWK with nothing but what makes it this key (RFC 7517; RFC 7638, 3.2)."""
    found: dict[str, Any]
    if isinstance(key, RSAPublicKey):
        found = jwt.algorithms.RSAAlgorithm.to_jwk(key, as_dict=True)
    elif isinstance(key, EllipticCurvePublicKey):
        found = jwt.algorithms.ECAlgorithm.to_jwk(key, as_dict=True)
    else:
        found = jwt.algorithms.OKPAlgorithm.to_jwk(key, as_dict=True)
    return essence(found)


def essence(jwk: Document) -> Document:
    """Return the members of `jwk` that make it this key and no other."""
    return {name: jwk[name] for name in KEY_MEMBERS if name in jwk}


def thumbprint(jwk: Document) -> str:
    """Return the SHA-256 thumbprint of a public JWK, base64url (RFC 7638)."""
    canonical = json.dumps(essence(jwk), separators=(",", ":"), sort_keys=True, ensure_ascii=False)
    return encode_base64url(hashlib.sha256(canonical.encode()).digest())


def check_fit(jwk: Document, algorithm: str) -> None:
    """Return when the public `jwk` may be used with `algorithm`; raise `BadKey` with the reason if not.

    Its kind and curve decide, then what it says of itself: `alg`, `use`, `key_ops` (RFC 7517, 4).
    """
    if algorithm not in KEY_OF_ALGORITHM:
        raise BadKey(reason=f"algorithm {algorithm[:20] or 'none'} is not accepted")
    if (jwk.get("kty"), jwk.get("crv", "")) != KEY_OF_ALGORITHM[algorithm]:
        raise BadKey(reason=f"the key is not one for {algorithm}")
    if jwk.get("alg", algorithm) != algorithm:
        raise BadKey(reason=f"the key is one for {str(jwk['alg'])[:20]}, not for {algorithm}")
    if jwk.get("use", "sig") != "sig" or "verify" not in listed(jwk.get("key_ops", "verify")):
        raise BadKey(reason="the key is not one for signatures")
