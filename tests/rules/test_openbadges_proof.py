"""Proofs: options hashed once for a batch, and the same proof however it is made."""

from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import pytest

from badges import errors
from badges.openbadges import proof as data_integrity
from badges.openbadges.contexts import CREDENTIALS_V2
from badges.openbadges.jsonld import canonicalize
from badges.openbadges.keys import private_bytes, signer_from_bytes
from badges.openbadges.proof import ProofOptions, proof_options
from tests.interop.examples import ISSUED, KEY, METHOD, unsigned

OPTIONS = ProofOptions(METHOD, ISSUED)


def _hash(document: dict[str, Any]) -> bytes:
    return sha256(canonicalize(document).encode()).digest()


def test_options_are_hashed_as_the_standard_says_whatever_was_asked_before() -> None:
    for contexts in (unsigned()["@context"], [CREDENTIALS_V2], CREDENTIALS_V2, unsigned()["@context"]):
        assert OPTIONS.digest(contexts) == _hash({**OPTIONS.document, "@context": contexts})
    later = ProofOptions(METHOD, datetime(2026, 11, 21, tzinfo=UTC))
    assert later.digest([CREDENTIALS_V2]) != OPTIONS.digest([CREDENTIALS_V2])


def test_what_is_signed_is_the_hash_of_the_options_then_of_the_document() -> None:
    document = unsigned()
    message = data_integrity.proof_hash(document, dict(OPTIONS.document))
    assert message == OPTIONS.digest(document["@context"]) + _hash(document)


def test_a_batch_signs_as_one_would() -> None:
    sign = signer_from_bytes(private_bytes(KEY))
    assert data_integrity.signed(unsigned(), OPTIONS, sign) == data_integrity.sign(
        unsigned(), KEY, METHOD, ISSUED
    )


def test_options_handed_out_can_be_changed_without_harm() -> None:
    proof_options(METHOD, ISSUED)["created"] = "x"
    assert proof_options(METHOD, ISSUED) == OPTIONS.document
    data_integrity.signed(unsigned(), OPTIONS, KEY.sign)["proof"][0]["created"] = "x"
    assert OPTIONS.document["created"] == "2026-11-20T14:30:00Z"


@pytest.mark.parametrize(
    "members",
    [
        {"foo": "y"},
        {"created": "x" * 2_000, "foo": "y"},
        {"created": ["2026-11-20T14:30:00Z"], "foo": 1},
        {"verificationMethod": "relative"},
    ],
    ids=["undefined", "long", "not-texts", "relative"],
)
def test_options_that_would_not_all_be_signed_are_refused_each_time(members: dict[str, Any]) -> None:
    for _ in range(2):
        with pytest.raises(errors.NotCanonical):
            data_integrity.proof_hash(unsigned(), {**OPTIONS.document, **members})
