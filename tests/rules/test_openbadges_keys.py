"""Keys and identities: what we publish is what verifiers expect, and nothing else is taken for a key."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from badges.errors import BadDid, BadKey
from badges.openbadges import keys, multibase
from badges.openbadges.did import controller_of, did_key_document, did_web, did_web_address
from tests.interop.examples import DID, KEY, METHOD

PUBLIC = KEY.public_key()


@given(st.binary(max_size=70))
def test_multibase_texts_decode_to_the_same_bytes(data: bytes) -> None:
    assert multibase.decode_base58(multibase.encode_base58(data)) == data
    assert multibase.decode_base64url(multibase.encode_base64url(data)) == data


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", "z"),
        (b"\0\0\x01", "z112"),
        (b"Hello World!", "z2NEpo7TZRRrLZSi2U"),
        (b"\x00\x00\x28\x7f\xb4\xcd", "z11233QC4"),
    ],
)
def test_base58_known_answers(data: bytes, text: str) -> None:
    assert multibase.encode_base58(data) == text


@pytest.mark.parametrize("text", ["", "z0", "zO", "m6Mk", "zé", "z" + "1" * 600])
def test_other_texts_are_not_base58(text: str) -> None:
    with pytest.raises(BadKey):
        multibase.decode_base58(text)


@pytest.mark.parametrize("text", ["a", "a+b/", "a b=", "é"])
def test_other_texts_are_not_base64url(text: str) -> None:
    with pytest.raises(BadKey):
        multibase.decode_base64url(text)


def test_a_key_survives_storage_and_publication() -> None:
    key = keys.generate_private_key()
    again = keys.private_from_bytes(keys.private_bytes(key))
    public = again.public_key().public_bytes_raw()
    assert keys.public_from_multibase(keys.public_multibase(key.public_key())).public_bytes_raw() == public
    assert keys.public_from_jwk(keys.jwk(key.public_key())).public_bytes_raw() == public


@pytest.mark.parametrize(
    "text",
    [
        "z6Mk",
        "z6MkjZRsdasZv3aez3r18pB1RBFJR1kwUVJ5jHt92JmQwXbd5hwi",
        "zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169",
        "z3u2en7t5LR2WtQH5PfFqMqwVHBeXouLzo6haApm8XHqvjxq",
    ],
)
def test_what_is_no_ed25519_public_key_is_refused(text: str) -> None:
    with pytest.raises(BadKey):
        keys.public_from_multibase(text)


def test_both_ways_of_signing_make_the_same_signature_and_only_that_one_holds() -> None:
    sign = keys.signer_from_bytes(keys.private_bytes(KEY))
    signature = sign(b"message")
    assert signature == KEY.sign(b"message")
    assert keys.is_signed_by(PUBLIC, signature, b"message")
    assert not keys.is_signed_by(PUBLIC, signature, b"massage")
    assert not keys.is_signed_by(PUBLIC, signature[:-1] + b"\0", b"message")
    assert not keys.is_signed_by(keys.generate_private_key().public_key(), signature, b"message")
    with pytest.raises(BadKey):
        keys.signer_from_bytes(b"short")


def test_a_private_key_of_another_length_is_refused() -> None:
    with pytest.raises(BadKey):
        keys.private_from_bytes(b"short")


@pytest.mark.parametrize(
    "jwk",
    [
        {},
        {"kty": "RSA"},
        {"kty": "OKP", "crv": "Ed25519", "x": "AA"},
        {"kty": "OKP", "crv": "X25519", "x": "A"},
    ],
)
def test_other_jwks_are_refused(jwk: dict[str, str]) -> None:
    with pytest.raises(BadKey):
        keys.public_from_jwk(jwk)


def test_the_did_document_lists_every_key_for_issuing_and_holds_no_secret() -> None:
    other = keys.generate_private_key().public_key()
    document = keys.did_document(DID, [PUBLIC, other])
    names = [method["id"] for method in document["verificationMethod"]]
    assert document["assertionMethod"] == names == [METHOD, f"{DID}#{keys.public_multibase(other)}"]
    assert {method["controller"] for method in document["verificationMethod"]} == {DID}
    assert "secret" not in str(document)


def test_the_key_set_holds_public_keys_only() -> None:
    [key] = keys.jwks([PUBLIC])["keys"]
    assert set(key) == {"kty", "crv", "x", "kid", "alg", "use"}


@pytest.mark.parametrize(
    ("address", "did", "document"),
    [
        ("https://a.example", "did:web:a.example", "https://a.example/.well-known/did.json"),
        ("https://a.example/", "did:web:a.example", "https://a.example/.well-known/did.json"),
        ("https://A.example/i/7", "did:web:a.example:i:7", "https://a.example/i/7/did.json"),
        ("http://localhost:5000/i/7", "did:web:localhost%3A5000:i:7", "https://localhost:5000/i/7/did.json"),
    ],
)
def test_did_web_and_addresses_map_both_ways(address: str, did: str, document: str) -> None:
    assert did_web(address) == did
    assert did_web_address(did) == did_web_address(f"{did}#key") == document


@pytest.mark.parametrize(
    "address", ["ftp://a.example", "https://u@a.example", "https://a.example/?x", "https://", "x"]
)
def test_other_addresses_give_no_did(address: str) -> None:
    with pytest.raises(BadDid):
        did_web(address)


@pytest.mark.parametrize(
    "did",
    [
        "did:web:",
        "did:key:z6Mk",
        "did:web:a.example:..:b",
        "did:web:a.example:b/c",
        "did:web:u%40a.example",
        "did:web:a.example:",
        "https://a",
    ],
)
def test_a_strange_did_web_leads_nowhere(did: str) -> None:
    with pytest.raises(BadDid):
        did_web_address(did)


def test_did_key_stands_for_its_own_document() -> None:
    multikey = keys.public_multibase(PUBLIC)
    document = did_key_document(f"did:key:{multikey}#{multikey}")
    assert document["id"] == f"did:key:{multikey}"
    assert document["assertionMethod"] == [f"did:key:{multikey}#{multikey}"]
    with pytest.raises(BadDid):
        did_key_document("did:web:a.example")


def test_the_controller_stands_before_the_fragment() -> None:
    assert controller_of(METHOD) == DID
