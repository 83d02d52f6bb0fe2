"""The peers: PyLD with its contexts in memory, and the JavaScript stack in a process of its own."""

import hashlib
import json
import shutil
import subprocess
import tempfile
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pyld import jsonld
from pyld.context_resolver import ContextResolver

from badges.openbadges.contexts import context_document
from badges.openbadges.loads import Document
from badges.openbadges.multibase import decode_base58, encode_base58
from benchmarks.credential import DID, DID_DOCUMENT, KEY, PROOF, SEED
from benchmarks.measure import ROOT

NODE_OPTIONS = ("--max-semi-space-size=256",)
"""The heap with which the JavaScript stack is at its best; with its default it is slower by a quarter."""


def _load(url: str, _options: object) -> dict[str, Any]:
    document = deepcopy(context_document(url))
    return {
        "contentType": "application/ld+json",
        "contextUrl": None,
        "documentUrl": url,
        "document": document,
    }


_OPTIONS = {
    "algorithm": "URDNA2015",
    "format": "application/n-quads",
    "documentLoader": _load,
    "contextResolver": ContextResolver({}, _load),
}


def pyld_canonical(document: Document) -> str:
    """Return the canonical N-Quads by PyLD alone, contexts resolved once and for all."""
    return str(jsonld.normalize(document, _OPTIONS))


def pyld_sign(document: Document) -> bytes:
    """Sign as a straightforward implementation over PyLD does, to JSON."""
    proof = dict(PROOF.document)
    value = KEY.sign(_pyld_message(document, proof))
    signed = document | {"proof": [proof | {"proofValue": encode_base58(value)}]}
    return json.dumps(signed, ensure_ascii=False, separators=(",", ":")).encode()


def pyld_verify(text: bytes, public: Ed25519PublicKey) -> None:
    """Verify the proof of a credential in JSON; raises when it does not hold."""
    credential = json.loads(text)
    (proof,) = credential.pop("proof")
    public.verify(decode_base58(proof.pop("proofValue")), _pyld_message(credential, proof))


def _pyld_message(document: Document, proof: Document) -> bytes:
    options = proof | {"@context": document["@context"]}
    return _sha256(pyld_canonical(options)) + _sha256(pyld_canonical(document))


def _sha256(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


@dataclass(frozen=True)
class JavaScript:
    """What the JavaScript stack answered: credentials per second, and what twins are compared with."""

    sign_rate: float
    verify_rate: float
    verdicts: list[bool]
    refusals: list[str]
    values: list[str]
    hashes: list[str]
    lists: list[dict[str, Any]]


def javascript_absent() -> str:
    """Return why the JavaScript stack cannot run here, or nothing."""
    if shutil.which("node") is None:
        return "Node.js is absent (Debian package nodejs)"
    if not (ROOT / "node_modules/@digitalbazaar/vc").exists():
        return "the JavaScript stack is absent: run `npm ci`"
    return ""


def javascript(
    documents: list[Document],
    credentials: list[Document],
    *,
    rounds: int,
    lists: list[str] | None = None,
    did_document: Document = DID_DOCUMENT,
) -> JavaScript:
    """Have the JavaScript stack sign `documents`, verify `credentials` and decode status `lists`.

    `rounds` measured rounds of each after one to warm up; 0 measures nothing and only checks.
    """
    work = {
        "seed": SEED.hex(), "controller": DID, "created": PROOF.document["created"], "documents": documents,
        "credentials": credentials, "didDocument": did_document, "rounds": rounds, "lists": lists or [],
    }  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        sent, answer = Path(folder) / "work.json", Path(folder) / "answer.json"
        sent.write_text(json.dumps(work, ensure_ascii=False))
        command = ["node", *NODE_OPTIONS, str(ROOT / "benchmarks/peer.mjs"), str(sent), str(answer)]
        subprocess.run(command, check=True, cwd=ROOT)  # noqa: S603 - our own script
        found = json.loads(answer.read_text())
    return JavaScript(
        median(found["sign"]) if found["sign"] else 0.0,
        median(found["verify"]) if found["verify"] else 0.0,
        found["verdicts"], found["refusals"], found["values"], found["hashes"], found["lists"],
    )  # fmt: skip
