"""VC-JWT: good tokens of every accepted kind are read, and the classic forgeries are not."""

import base64
import hashlib
import hmac
import json
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from badges.errors import Unreadable
from badges.openbadges.keys import did_document, generate_private_key, jwk, public_multibase
from badges.openbadges.report import Check, Outcome, Report, Verdict
from badges.openbadges.resolve import MapResolver
from badges.openbadges.verify import verify
from tests.interop.examples import BASE, DID, KEY, METHOD, NOW, documents, unsigned

RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC = ec.generate_private_key(ec.SECP256R1())
KID = f"{BASE}/keys/rsa-1"
EC_KID = f"{BASE}/keys/ec-1"


def _public(key: Any) -> dict[str, Any]:
    algorithm = jwt.algorithms.RSAAlgorithm if key is RSA else jwt.algorithms.ECAlgorithm
    return dict(algorithm.to_jwk(key.public_key(), as_dict=True))


KNOWN = documents() | {KID: _public(RSA), EC_KID: _public(EC)}


def _claims(**changes: Any) -> dict[str, Any]:
    document = unsigned()
    claims = {
        "iss": DID,
        "jti": document["id"],
        "sub": document["credentialSubject"]["id"],
        "nbf": 1795185000,
        "exp": 1952951400,
    }
    merged = document | claims | changes
    return {name: value for name, value in merged.items() if value is not None}


def _token(
    key: Any = RSA, algorithm: str = "RS256", header: dict[str, Any] | None = None, **claims: Any
) -> str:
    headers = {"typ": "JWT", "kid": KID} if header is None else header
    return jwt.api_jws.encode(json.dumps(_claims(**claims)).encode(), key, algorithm, headers=headers)


def _report(token: str, known: dict[str, Any] | None = None) -> Report:
    return verify(token.encode(), resolver=MapResolver(KNOWN if known is None else known), now=NOW)


def _check(report: Report, name: str) -> Check:
    return next(check for check in report.checks if check.id == name)


def _part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


@pytest.mark.parametrize(
    "token",
    [
        _token(),
        _token(EC, "ES256", {"typ": "JWT", "kid": EC_KID}),
        _token(KEY, "EdDSA", {"typ": "JWT", "kid": METHOD}),
        _token(KEY, "EdDSA", {"jwk": jwk(KEY.public_key())}),
    ],
    ids=["RS256", "ES256", "EdDSA", "jwk-listed"],
)
def test_tokens_of_every_accepted_kind_are_valid(token: str) -> None:
    report = _report(token)
    assert report.verdict is Verdict.VALID, report.checks
    assert {check.outcome for check in report.checks} == {Outcome.OK}


ATTACKER = generate_private_key()
PUBLIC_PEM = RSA.public_key().public_bytes(
    serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
)


def _hmac_with_the_public_key() -> str:
    signing_input = f"{_part({'alg': 'HS256', 'typ': 'JWT', 'kid': KID})}.{_part(_claims())}"
    digest = hmac.new(PUBLIC_PEM, signing_input.encode(), hashlib.sha256).digest()
    return f"{signing_input}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


@pytest.mark.parametrize(
    "token",
    [
        f"{_part({'alg': 'none', 'typ': 'JWT', 'kid': KID})}.{_part(_claims())}.",
        f"{_part({'alg': 'None', 'kid': KID})}.{_part(_claims())}.AA",
        _hmac_with_the_public_key(),
        _token(ATTACKER, "EdDSA", {"jwk": jwk(ATTACKER.public_key())}),
        _token(ATTACKER, "EdDSA", {"kid": f"did:key:{public_multibase(ATTACKER.public_key())}#x"}),
        _token(ATTACKER, "EdDSA", {"kid": METHOD}),
        _token(RSA, "RS256", {"kid": "https://evil.example/key"}),
        _token(RSA, "RS256", {"kid": "https://badges.example/issuers/another/keys/rsa-1"}),
        _token(RSA, "RS256", {"kid": f"{BASE}/../another/key"}),
        _token(EC, "ES256", {"kid": KID}),
        _token(RSA, "PS256", {"kid": KID}),
        _token(RSA, "RS256", {}),
        _token(RSA, "RS256", {"kid": KID, "x5u": "https://evil.example"}),
        _token(RSA, "RS256", {"kid": KID, "typ": "at+jwt"}),
        _token(KEY, "EdDSA", {"jwk": jwk(KEY.public_key()) | {"d": "AAAA"}}),
        _token()[:-6] + "AAAAAA",
        ".".join([_token().split(".")[0], _part(_claims(name="Other")), _token().split(".")[2]]),
    ],
    ids=["none", "None", "hmac", "attacker-jwk", "attacker-did", "wrong-key", "foreign-kid", "neighbour-kid",
         "dotted-kid", "key-family", "PS256", "no-key", "x5u", "typ", "private-jwk", "signature", "payload"],
)  # fmt: skip
def test_forgeries_are_refused(token: str) -> None:
    known = KNOWN | {
        "https://evil.example/key": _public(RSA),
        "https://badges.example/issuers/another/keys/rsa-1": _public(RSA),
        f"{BASE}/../another/key": _public(RSA),
    }
    report = _report(token, known)
    assert report.verdict is Verdict.INVALID, report.checks
    assert _check(report, "signature").outcome is Outcome.FAILED


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({"sub": None}, Outcome.WARNING),
        ({"exp": None}, Outcome.WARNING),
        ({"sub": "urn:uuid:other"}, Outcome.FAILED),
        ({"iss": "did:web:evil.example"}, Outcome.FAILED),
        ({"jti": "urn:x"}, Outcome.FAILED),
        ({"nbf": 1}, Outcome.FAILED),
        ({"exp": 1952951401}, Outcome.FAILED),
        ({"aud": "anyone", "iat": 1795185000}, Outcome.OK),
    ],
)
def test_claims_must_repeat_the_credential(changes: dict[str, Any], outcome: Outcome) -> None:
    report = _report(_token(**changes))
    assert _check(report, "claims").outcome is outcome
    assert (report.verdict is Verdict.INVALID) == (outcome is Outcome.FAILED)


def test_a_key_with_another_issuer_in_it_is_not_ours() -> None:
    assert _report(_token(), KNOWN | {KID: _public(RSA) | {"iss": "did:web:x"}}).verdict is Verdict.INVALID


def test_a_key_set_at_the_issuers_address_serves_too() -> None:
    known = KNOWN | {KID: {"keys": [_public(EC) | {"kid": "ec"}, _public(RSA) | {"kid": KID}]}}
    assert _report(_token(), known).verdict is Verdict.VALID


def test_without_the_key_the_verdict_is_unknown() -> None:
    assert _report(_token(), documents()).verdict is Verdict.UNKNOWN


def test_a_small_rsa_key_is_not_accepted() -> None:
    small = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    signing_input = f"{_part({'alg': 'RS256', 'kid': KID})}.{_part(_claims())}"
    signature = small.sign(signing_input.encode(), padding.PKCS1v15(), hashes.SHA256())
    token = f"{signing_input}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"
    public = dict(jwt.algorithms.RSAAlgorithm.to_jwk(small.public_key(), as_dict=True))
    assert _report(token, KNOWN | {KID: public}).verdict is Verdict.INVALID


def test_an_unlisted_jwk_of_an_https_issuer_is_only_self_asserted() -> None:
    issuer = "https://badges.example/profile"
    profile = unsigned()["issuer"] | {"id": issuer}
    token = _token(
        ATTACKER,
        "EdDSA",
        {"jwk": jwk(ATTACKER.public_key())},
        iss=issuer,
        issuer=profile,
        credentialStatus=None,
    )
    report = _report(token, {})
    assert _check(report, "issuer").outcome is Outcome.WARNING
    listed = did_document(issuer, [KEY.public_key()])
    assert _report(token, {issuer: listed}).verdict is Verdict.INVALID


@pytest.mark.parametrize(
    "token", ["e30.bm90IGpzb24.AA", "a.b.c", f"e30.{base64.urlsafe_b64encode(b'[1]').decode()}.AA"]
)
def test_a_token_without_json_inside_is_unreadable(token: str) -> None:
    with pytest.raises(Unreadable):
        _report(token)
