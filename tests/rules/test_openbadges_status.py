"""Status lists: what is set is found again, small on the wire, and bombs are refused."""

import gzip
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from badges.errors import BadStatusList
from badges.openbadges.jsonld import canonicalize
from badges.openbadges.multibase import encode_base64url
from badges.openbadges.status import MIN_ENTRIES, bitstring, decode, encode, is_set
from tests.interop.examples import DID, LIST_URL, status_list


@given(st.sets(st.integers(0, MIN_ENTRIES - 1), max_size=20))
def test_exactly_what_was_set_is_set(indexes: set[int]) -> None:
    bits = decode(encode(bitstring(indexes)))
    assert len(bits) * 8 == MIN_ENTRIES
    assert sum(byte.bit_count() for byte in bits) == len(indexes)
    assert all(is_set(bits, index) for index in indexes)


def test_the_first_entry_is_the_highest_bit() -> None:
    assert bitstring([0])[0] == 0x80
    assert bitstring([9])[1] == 0x40


def test_the_list_of_the_reference_issuer_reads_as_seven() -> None:
    encoded = "uH4sIAAAAAAAAA-3BIQEAAAACIP1_2hkWoAEAAAAAAAAAAAAAAAAAAADeBjn7xTYAQAAA"
    bits = decode(encoded)
    assert [index for index in range(100) if is_set(bits, index)] == [7]


def test_the_same_bits_give_the_same_text() -> None:
    assert encode(bitstring([3])) == encode(bitstring([3]))


@pytest.mark.parametrize(
    ("indexes", "length"), [([], 8), ([], MIN_ENTRIES + 1), ([-1], MIN_ENTRIES), ([MIN_ENTRIES], MIN_ENTRIES)]
)
def test_lists_too_short_for_privacy_and_indexes_outside_are_refused(indexes: list[int], length: int) -> None:
    with pytest.raises(BadStatusList):
        bitstring(indexes, length=length)


@pytest.mark.parametrize("index", [-1, MIN_ENTRIES])
def test_asking_outside_the_list_is_an_error_not_an_answer(index: int) -> None:
    with pytest.raises(BadStatusList):
        is_set(bitstring([]), index)


def test_a_decompression_bomb_is_refused_at_once() -> None:
    bomb = "u" + encode_base64url(gzip.compress(bytes(200 << 20), compresslevel=9))
    started = time.perf_counter()
    with pytest.raises(BadStatusList):
        decode(bomb)
    assert time.perf_counter() - started < 1


@pytest.mark.parametrize(
    "encoded",
    [
        "",
        "H4sI",
        "zabc",
        "u!!",
        "uAAAA",
        encode(bitstring([]))[:-8],
        "u" + encode_base64url(b"not gzip at all"),
    ],
)
def test_anything_else_is_refused(encoded: str) -> None:
    with pytest.raises(BadStatusList):
        decode(encoded)


def test_the_list_is_a_credential_by_the_same_issuer_about_one_purpose() -> None:
    document = status_list(5)
    assert document["id"] == LIST_URL
    assert document["issuer"] == DID
    assert document["type"] == ["VerifiableCredential", "BitstringStatusListCredential"]
    assert document["credentialSubject"]["statusPurpose"] == "revocation"
    assert is_set(decode(document["credentialSubject"]["encodedList"]), 5)
    assert canonicalize({name: value for name, value in document.items() if name != "proof"})
