"""Data Integrity proofs with eddsa-rdfc-2022: sign a document, check a proof."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from hashlib import sha256
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from badges.errors import BadKey, BadProof, UnsupportedProof
from badges.openbadges.contexts import ED25519_2020_V1, NO_EXTRA, Extra
from badges.openbadges.jsonld import canonicalize
from badges.openbadges.keys import Sign, is_signed_by
from badges.openbadges.loads import Document
from badges.openbadges.moments import timestamp
from badges.openbadges.multibase import decode_base58, encode_base58

CRYPTOSUITE: Final = "eddsa-rdfc-2022"
DATA_INTEGRITY: Final = "DataIntegrityProof"
ED25519_2020: Final = "Ed25519Signature2020"
SUITES: Final = (CRYPTOSUITE, ED25519_2020)
SIGNATURE_LENGTH: Final = 64
MAX_CACHED: Final = 1_000
"""Characters of proof options worth remembering: real ones have some 300."""


@dataclass(frozen=True)
class ProofOptions:
    """What an eddsa-rdfc-2022 assertion proof says besides its value; `created` is aware.

    The same for all the credentials of a batch: hashed once, whatever their number.
    """

    verification_method: str
    created: datetime

    @cached_property
    def document(self) -> Mapping[str, str]:
        """The proof that is still without its value, to be copied rather than changed."""
        return {
            "type": DATA_INTEGRITY,
            "created": timestamp(self.created),
            "verificationMethod": self.verification_method,
            "cryptosuite": CRYPTOSUITE,
            "proofPurpose": "assertionMethod",
        }

    def digest(self, contexts: Any) -> bytes:
        """Return the hash of these options in a document whose `@context` is `contexts` (3.2.4)."""
        return _options_digest(self.document, contexts, NO_EXTRA)


def proof_options(verification_method: str, created: datetime) -> Document:
    """Return an eddsa-rdfc-2022 assertion proof that is still without its value."""
    return dict(ProofOptions(verification_method, created).document)


def sign(
    document: Document,
    private_key: Ed25519PrivateKey,
    verification_method: str,
    created: datetime,
    *,
    extra_contexts: Extra = NO_EXTRA,
) -> Document:
    """Return a copy of `document` with one proof in a list (VC-DI-EDDSA, 3.2.1).

    The same document, key, method and moment give the same bytes. A proof already there is left
    out of what is signed and replaced. Raises `NotCanonical` when a proof would not cover it all.
    """
    options = ProofOptions(verification_method, created)
    return signed(document, options, private_key.sign, extra_contexts=extra_contexts)


def signed(
    document: Document, options: ProofOptions, sign: Sign, *, extra_contexts: Extra = NO_EXTRA
) -> Document:
    """Do as `sign` does, with options shared by a batch and any way of signing."""
    proof = dict(options.document)
    value = sign(proof_hash(document, proof, extra_contexts=extra_contexts))
    return _unsecured(document) | {"proof": [proof | {"proofValue": encode_base58(value)}]}


def check(
    document: Document,
    proof: Document,
    public_key: Ed25519PublicKey,
    *,
    extra_contexts: Extra = NO_EXTRA,
) -> None:
    """Return when `proof` over `document` was made with `public_key` (VC-DI-EDDSA, 3.2.2).

    Raises `BadProof` when it was not or is malformed, `UnsupportedProof` for another suite than
    eddsa-rdfc-2022 or Ed25519Signature2020, `NotCanonical` when the proof covers not everything.
    """
    kind = kind_of(proof)
    if kind not in SUITES:
        raise UnsupportedProof(kind=kind)
    if proof.get("proofPurpose") != "assertionMethod":
        raise BadProof(reason="made for another purpose than issuing")
    if not is_signed_by(
        public_key, _signature(proof), proof_hash(document, proof, extra_contexts=extra_contexts)
    ):
        raise BadProof(reason="the document or the proof was changed, or another key signed it")


def kind_of(proof: Document) -> str:
    """Return the suite that a proof claims: its cryptosuite, or its type for older suites."""
    kind = proof.get("cryptosuite") if proof.get("type") == DATA_INTEGRITY else proof.get("type")
    return str(kind)[:64]


def proof_hash(document: Document, proof: Document, *, extra_contexts: Extra = NO_EXTRA) -> bytes:
    """Return what gets signed: SHA-256 of the canonical proof, then of the document (3.2.4)."""
    options = {name: value for name, value in proof.items() if name != "proofValue"}
    contexts = _proof_context(document, proof)
    return _options_digest(options, contexts, extra_contexts) + _digest(_unsecured(document), extra_contexts)


def proofs_of(document: Document) -> list[Document]:
    """Return the proofs of `document` as a list, whether it holds none, one or several."""
    proof = document.get("proof", [])
    return proof if isinstance(proof, list) else [proof]


def _proof_context(document: Document, proof: Document) -> Any:
    # The old suite is defined by its own context only; Digital Bazaar's code signs with that one.
    return ED25519_2020_V1 if proof.get("type") == ED25519_2020 else document.get("@context")


def _unsecured(document: Document) -> Document:
    return {name: value for name, value in document.items() if name != "proof"}


def _digest(document: Document, extra: Extra) -> bytes:
    return sha256(canonicalize(document, extra_contexts=extra).encode()).digest()


def _options_digest(options: Mapping[str, Any], contexts: Any, extra: Extra) -> bytes:
    urls = tuple(contexts) if isinstance(contexts, list) else (contexts,)
    texts = [*options, *options.values(), *urls]
    if not extra and all(isinstance(text, str) for text in texts) and sum(map(len, texts)) <= MAX_CACHED:
        return _cached_digest(tuple(options.items()), urls)
    return _digest({**options, "@context": contexts}, extra)


@lru_cache(maxsize=1024)
def _cached_digest(options: tuple[tuple[str, str], ...], contexts: tuple[str, ...]) -> bytes:
    return _digest({**dict(options), "@context": list(contexts)}, NO_EXTRA)


def _signature(proof: Document) -> bytes:
    try:
        value = decode_base58(str(proof.get("proofValue", "")))
    except BadKey:
        raise BadProof(reason="its value is not base58btc multibase") from None
    if len(value) != SIGNATURE_LENGTH:
        raise BadProof(reason="its value is not 64 bytes")
    return value
