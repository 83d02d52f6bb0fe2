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

from badges.errors import BadKey, NotIssuable, Unreadable
from badges.openbadges.jwt import sign_jwt
from badges.openbadges.jwt_keys import generate_rsa, private_der, rsa_from_own_der, thumbprint
from badges.openbadges.keys import did_document, generate_private_key, jwk, public_multibase
from badges.openbadges.report import Check, Outcome, Report, Verdict
from badges.openbadges.resolve import MapResolver
from badges.openbadges.verify import verify
from tests.interop.examples import BASE, DID, KEY, METHOD, NOW, documents, signed, unsigned

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


def _signed_raw(header: dict[str, Any], key: rsa.RSAPrivateKey = RSA) -> str:
    """Return a token under `header`, however strange, with a signature that is otherwise right."""
    signing_input = f"{_part(header)}.{_part(_claims())}"
    signature = key.sign(signing_input.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{signing_input}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


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
        _token(RSA, "RS256", {"kid": KID, "crit": ["exp"]}),
        _signed_raw({"alg": "RS256", "kid": KID, "crit": ["b64"], "b64": False}),
        _token(RSA, "RS256", {"kid": KID, "cty": "vc"}),
        _token(RSA, "RS512", {"kid": KID}),
        _signed_raw({"alg": "rs256", "kid": KID}),
        _signed_raw({"alg": ["RS256"], "kid": KID}),
        _signed_raw({"kid": KID}),
        _signed_raw({"alg": "RS256", "kid": [KID]}),
        _token(ATTACKER, "EdDSA", {"kid": METHOD, "jwk": jwk(ATTACKER.public_key())}),
        _token(RSA, "RS256", {"kid": KID, "jwk": _public(EC)}),
        _signed_raw({"alg": "RS256", "kid": KID, "jwk": "x"}),
        _signed_raw({"alg": "RS256", "jwk": {}}),
        _signed_raw({"alg": "RS256", "jwk": {"kty": "RSA", "n": 5, "e": [], "key_ops": 7}}),
        _token(RSA, "RS256", {"kid": f"{BASE}/keys/for-encryption"}),
        _token(RSA, "RS256", {"kid": f"{BASE}/keys/of-another-algorithm"}),
        _token(RSA, "RS256", {"kid": f"{BASE}/keys/not-to-verify"}),
        f"{_token(EC, 'ES256', {'kid': EC_KID}).rpartition('.')[0]}.{'A' * 86}",
        f"{_token().rpartition('.')[0]}.",
        _token()[:-6] + "AAAAAA",
        ".".join([_token().split(".")[0], _part(_claims(name="Other")), _token().split(".")[2]]),
    ],
    ids=["none", "None", "hmac", "attacker-jwk", "attacker-did", "wrong-key", "foreign-kid", "neighbour-kid",
         "dotted-kid", "key-family", "PS256", "no-key", "x5u", "typ", "private-jwk", "crit", "b64", "cty",
         "RS512", "lower-case", "alg-list", "no-alg", "kid-list", "kid-and-attacker-jwk", "kid-and-other-jwk",
         "jwk-text", "jwk-empty", "jwk-nonsense", "jwk-enc", "jwk-alg", "jwk-key-ops", "zero-signature",
         "no-signature", "signature", "payload"],
)  # fmt: skip
def test_forgeries_are_refused(token: str) -> None:
    known = KNOWN | {
        "https://evil.example/key": _public(RSA),
        "https://badges.example/issuers/another/keys/rsa-1": _public(RSA),
        f"{BASE}/../another/key": _public(RSA),
        f"{BASE}/keys/for-encryption": _public(RSA) | {"use": "enc"},
        f"{BASE}/keys/of-another-algorithm": _public(RSA) | {"alg": "PS256"},
        f"{BASE}/keys/not-to-verify": _public(RSA) | {"key_ops": ["encrypt"]},
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


def test_a_key_that_the_issuer_disowned_signs_nothing_any_more_wherever_it_still_stands() -> None:
    methods = [
        {"id": f"{DID}#rsa-1", "type": "JsonWebKey", "controller": DID, "publicKeyJwk": _public(RSA)},
        {"id": METHOD, "type": "Multikey", "controller": DID, "publicKeyMultibase": METHOD.partition("#")[2]},
    ]
    held = documents()[DID] | {"verificationMethod": methods, "assertionMethod": [f"{DID}#rsa-1", METHOD]}
    own_address = f"{BASE}/keys/{METHOD.partition('#')[2]}"
    tokens = [
        _token(),
        _token(RSA, "RS256", {"kid": f"{DID}#rsa-1"}),
        _token(RSA, "RS256", {"jwk": _public(RSA)}),
        _token(KEY, "EdDSA", {"kid": own_address}),
    ]
    known = KNOWN | {own_address: jwk(KEY.public_key(), kid=own_address)}
    assert {_report(token, known | {DID: held}).verdict for token in tokens} == {Verdict.VALID}
    disowned = held | {"assertionMethod": []}
    assert {_report(token, known | {DID: disowned}).verdict for token in tokens} == {Verdict.INVALID}
    withdrawn = {
        address: document for address, document in known.items() if address not in (KID, own_address)
    }
    assert {_report(token, withdrawn | {DID: disowned}).verdict for token in tokens} == {Verdict.INVALID}
    assert _report(tokens[0], withdrawn | {DID: held}).verdict is Verdict.UNKNOWN


def test_a_header_may_hold_the_key_that_it_names() -> None:
    token = _token(KEY, "EdDSA", {"kid": METHOD, "jwk": jwk(KEY.public_key())})
    assert _report(token).verdict is Verdict.VALID


@pytest.mark.parametrize("header", ['{"alg":"none","alg":"RS256"}', '{"alg":"RS256","kid":"a","kid":"b"}'])
def test_a_header_that_says_a_thing_twice_is_unreadable(header: str) -> None:
    first = base64.urlsafe_b64encode(header.encode()).rstrip(b"=").decode()
    with pytest.raises(Unreadable):
        _report(".".join([first, *_token().split(".")[1:]]))


def test_a_key_set_at_the_issuers_address_serves_too() -> None:
    known = KNOWN | {KID: {"keys": [_public(EC) | {"kid": "ec"}, _public(RSA) | {"kid": KID}]}}
    assert _report(_token(), known).verdict is Verdict.VALID


def test_without_the_key_the_verdict_is_unknown() -> None:
    assert _report(_token(), documents()).verdict is Verdict.UNKNOWN


def test_a_small_rsa_key_is_not_accepted() -> None:
    small = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    token = _signed_raw({"alg": "RS256", "kid": KID}, small)
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


# -- signing -------------------------------------------------------------------------------------
SIGNERS: dict[str, tuple[Any, str]] = {"RS256": (RSA, KID), "ES256": (EC, EC_KID), "EdDSA": (KEY, METHOD)}


def _read(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    header, payload = (
        json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))) for part in token.split(".")[:2]
    )
    return header, payload


@pytest.mark.parametrize("alg", SIGNERS)
def test_what_we_sign_is_valid(alg: str) -> None:
    key, kid = SIGNERS[alg]
    report = _report(sign_jwt(unsigned(), key, kid=kid, alg=alg))
    assert report.verdict is Verdict.VALID, report.checks
    assert {check.outcome for check in report.checks} == {Outcome.OK}
    assert report.credential == unsigned()


def test_the_header_holds_what_the_standard_allows_and_the_payload_the_credential_and_five_claims() -> None:
    header, payload = _read(sign_jwt(signed(), RSA, kid=KID))
    assert header == {"alg": "RS256", "kid": KID, "typ": "JWT"}
    assert payload == _claims()
    assert _read(sign_jwt(unsigned(valid_until=None), RSA, kid=KID))[1] == {
        name: value for name, value in _claims().items() if name not in ("exp", "validUntil")
    }


def test_without_an_address_the_header_holds_the_public_key_and_nothing_private() -> None:
    header, _ = _read(sign_jwt(unsigned(), RSA))
    public = {name: value for name, value in _public(RSA).items() if name != "key_ops"}
    assert header == {"alg": "RS256", "jwk": public, "typ": "JWT"}
    assert _report(sign_jwt(unsigned(), KEY, alg="EdDSA")).verdict is Verdict.VALID


@pytest.mark.parametrize("alg", ["RS256", "EdDSA"])
def test_the_same_badge_gives_the_same_text(alg: str) -> None:
    key, kid = SIGNERS[alg]
    assert len({sign_jwt(unsigned(), key, kid=kid, alg=alg) for _ in range(3)}) == 1


def _without(*names: str) -> dict[str, Any]:
    return {name: value for name, value in unsigned().items() if name not in names}


def _subject(**changes: Any) -> dict[str, Any]:
    return unsigned()["credentialSubject"] | changes


@pytest.mark.parametrize(
    ("document", "place"),
    [
        (_without("id"), r"\$\.id"),
        (_without("issuer"), r"\$\.issuer"),
        (_without("validFrom"), r"\$\.validFrom"),
        (_without("credentialSubject"), r"\$\.credentialSubject"),
        (unsigned() | {"credentialSubject": _subject(id="")}, r"\$\.credentialSubject"),
        (unsigned() | {"credentialSubject": [_subject(), _subject()]}, r"\$\.credentialSubject"),
        (unsigned() | {"credentialSubject": [_subject(), "x"]}, r"\$\.credentialSubject"),
        (unsigned() | {"validFrom": "2026-11-20T14:30:00.5Z"}, r"\$\.validFrom"),
        (unsigned() | {"validFrom": "2026-11-20T14:30:00.0Z"}, r"\$\.validFrom"),
        (unsigned() | {"validFrom": "2026-11-20T14:30:00"}, r"\$\.validFrom"),
        (unsigned() | {"validFrom": 1795185000}, r"\$\.validFrom"),
        (unsigned() | {"validUntil": "2031-11-20T14:30:00.000001Z"}, r"\$\.validUntil"),
        (unsigned() | {"validUntil": None}, r"\$\.validUntil"),
        (unsigned() | {"iss": "did:web:evil.example"}, r"\$\.iss"),
        (unsigned() | {"vc": {}}, r"\$\.vc"),
        (unsigned() | {"@context": ["https://www.w3.org/2018/credentials/v1"]}, r"\$\.@context"),
    ],
)
def test_what_the_claims_cannot_repeat_is_not_signed(document: dict[str, Any], place: str) -> None:
    with pytest.raises(NotIssuable, match=place):
        sign_jwt(document, RSA, kid=KID)


def test_a_text_that_cannot_be_signed_reliably_is_not_signed() -> None:
    with pytest.raises(Unreadable):
        sign_jwt(unsigned() | {"name": "a\x00b"}, RSA, kid=KID)


@pytest.mark.parametrize(
    ("key", "alg"),
    [
        (EC, "RS256"), (RSA, "ES256"), (RSA, "EdDSA"), (KEY, "RS256"), (RSA, "HS256"), (RSA, "none"),
        (RSA, "PS256"), (ec.generate_private_key(ec.SECP384R1()), "ES256"),
        (rsa.generate_private_key(public_exponent=65537, key_size=1024), "RS256"),
    ],
)  # fmt: skip
def test_a_key_signs_with_the_algorithm_of_its_kind_only(key: Any, alg: str) -> None:
    with pytest.raises(BadKey):
        sign_jwt(unsigned(), key, kid=KID, alg=alg)


def test_a_new_key_goes_into_the_vault_and_back() -> None:
    key = generate_rsa()
    assert key.key_size == 3072
    again = rsa_from_own_der(private_der(key))
    assert again.private_numbers() == key.private_numbers()
    other = KEY.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with pytest.raises(BadKey):
        rsa_from_own_der(other)


def test_the_thumbprint_is_the_one_of_the_standard() -> None:
    modulus = (
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiF"
        "V4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9"
        "c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1"
        "jF44-csFCur-kEgU8awapJzKnqDKgw"
    )
    jwk_of_rfc7638 = {"kty": "RSA", "n": modulus, "e": "AQAB", "alg": "RS256", "kid": "2011-04-29"}
    assert thumbprint(jwk_of_rfc7638) == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
