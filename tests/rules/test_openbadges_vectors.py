"""The public test vectors of the standards, reproduced byte for byte."""

import hashlib
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from pyld.nquads import parse_nquads

from badges.errors import TangledGraph
from badges.openbadges import proof as data_integrity
from badges.openbadges.jsonld import canonicalize
from badges.openbadges.keys import private_from_multibase, public_from_multibase, public_multibase
from badges.openbadges.rdfc import canonical_nquads
from badges.openbadges.reference import dataset_quads

DATA = Path(__file__).parents[1] / "data" / "openbadges"
W3C = json.loads((DATA / "w3c-vc-di-eddsa.json").read_text(encoding="utf-8"))
GUIDE = json.loads((DATA / "1edtech-implementation-guide.json").read_text(encoding="utf-8"))
RDFC = json.loads((DATA / "w3c-rdf-canon.json").read_text(encoding="utf-8"))["tests"]
EXAMPLES = {"https://www.w3.org/ns/credentials/examples/v2": W3C["examplesContext"]}


def _without(document: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key != name}


def test_w3c_canonical_document_and_proof_and_their_hashes() -> None:
    vector = W3C["eddsa-rdfc-2022"]
    options = _without(vector["signed"]["proof"], "proofValue") | {"@context": W3C["unsigned"]["@context"]}
    document = canonicalize(W3C["unsigned"], extra_contexts=EXAMPLES)
    proof = canonicalize(options, extra_contexts=EXAMPLES)
    assert document == vector["canonicalDocument"]
    assert proof == vector["canonicalProof"]
    assert hashlib.sha256(document.encode()).hexdigest() == vector["documentHash"]
    assert hashlib.sha256(proof.encode()).hexdigest() == vector["proofHash"]


def test_w3c_signature_is_made_again_byte_for_byte() -> None:
    expected = W3C["eddsa-rdfc-2022"]["signed"]["proof"]
    key = private_from_multibase(W3C["keyPair"]["privateKeyMultibase"])
    assert public_multibase(key.public_key()) == W3C["keyPair"]["publicKeyMultibase"]
    signed = data_integrity.sign(
        W3C["unsigned"],
        key,
        expected["verificationMethod"],
        datetime.fromisoformat(expected["created"]),
        extra_contexts=EXAMPLES,
    )
    assert signed == W3C["unsigned"] | {"proof": [expected]}


@pytest.mark.parametrize("vector", ["eddsa-rdfc-2022", "Ed25519Signature2020", "proofSet"])
def test_w3c_proofs_check(vector: str) -> None:
    signed = W3C[vector]["signed"]
    for proof in data_integrity.proofs_of(signed):
        key = public_from_multibase(proof["verificationMethod"].partition("#")[2])
        data_integrity.check(signed, proof, key, extra_contexts=EXAMPLES)


def test_1edtech_implementation_guide_vector() -> None:
    signed = GUIDE["signed"]
    options = _without(signed["proof"], "proofValue") | {"@context": signed["@context"]}
    assert canonicalize(_without(signed, "proof")) == GUIDE["canonicalDocument"]
    assert canonicalize(options) == GUIDE["canonicalProof"]
    key = public_from_multibase(signed["proof"]["verificationMethod"].partition("#")[2])
    data_integrity.check(signed, signed["proof"], key)


@pytest.mark.parametrize("case", RDFC, ids=lambda case: case["name"])
def test_w3c_canonicalisation_suite_with_its_poison_refused(case: dict[str, Any]) -> None:
    quads = list(dataset_quads(parse_nquads(case["input"])))
    if case["canonical"] is None:
        with pytest.raises(TangledGraph):
            canonical_nquads(quads)
    else:
        assert canonical_nquads(quads) == case["canonical"]
