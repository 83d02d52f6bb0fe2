"""Signing and verifying one credential: with a template, without, by the peers, and the bare curve."""

import hashlib
import json
from datetime import timedelta
from functools import cache

from cryptography.exceptions import InvalidSignature
from nacl.bindings import crypto_sign, crypto_sign_BYTES, crypto_sign_open, crypto_sign_seed_keypair

from badges.openbadges import proof
from badges.openbadges.jsonld import canonicalize
from badges.openbadges.loads import Document, dump_json, load_json
from badges.openbadges.report import Verdict, verdict_of
from badges.openbadges.resolve import MapResolver
from badges.openbadges.status import bitstring, status_list_credential
from badges.openbadges.verify import check_dates, verify
from badges.openbadges.verify_proof import check_proofs
from benchmarks import credential, peers
from benchmarks.book import Book
from benchmarks.credential import Samples
from benchmarks.measure import Cost, each, medians

SECTION = "One credential"
MANY, FEW = 200, 20
PUBLIC, SECRET = crypto_sign_seed_keypair(credential.SEED)


def bare_sign(message: bytes) -> bytes:
    """Return the signature of `message`, by libsodium."""
    return crypto_sign(message, SECRET)[:crypto_sign_BYTES]


NOW = credential.CREATED + timedelta(days=1)
LIST_URL = f"{credential.BASE}/status/{credential.STATUS_LIST}"


def run(book: Book, *, quick: bool) -> None:
    """Measure, and check every result against both peers."""
    count, rounds = (100, 5) if quick else (MANY, 31)
    samples, template = credential.samples(count), credential.template()
    signed = [template.sign(values, credential.PROOF, bare_sign) for values in samples.values]
    _check_against_pyld(book, samples, signed)
    times = _measure(samples, signed, rounds)
    _write(book, times)
    if absent := peers.javascript_absent():
        book.skip(f"JavaScript: {absent}")
        return
    shown = 100 if quick else 200
    js = peers.javascript(
        samples.documents[:shown], [json.loads(text) for text in signed[:shown]], rounds=2 if quick else 5
    )
    _check_against_javascript(book, js, samples, signed)
    book.figure(SECTION, "sign, @digitalbazaar/vc (256 MB semi-space)", js.sign_rate, "/s", "throughput")
    book.figure(SECTION, "verify, @digitalbazaar/vc (256 MB semi-space)", js.verify_rate, "/s", "throughput")
    book.ratio("sign_template_vs_js", 1 / times["sign, template"].wall / js.sign_rate)
    book.ratio("sign_untemplated_vs_js", 1 / times["sign, any document"].wall / js.sign_rate)
    book.ratio("verify_vs_js", 1 / times["verify"].wall / js.verify_rate)


def quick_verdict(text: bytes) -> bool:
    """Tell whether a credential in JSON is signed by its issuer and in date: what the peers are asked too."""
    document = load_json(text)
    checks = [*check_proofs(document, _resolver(), NOW), check_dates(document, NOW)]
    return verdict_of(checks) is Verdict.VALID


def full_verdict(text: bytes) -> bool:
    """Tell whether a credential in JSON holds in every respect: format, schemas, status."""
    return verify(text, resolver=_resolver(), now=NOW).verdict is Verdict.VALID


@cache
def _resolver() -> MapResolver:
    """Return what a verifier's cache holds: the issuer's DID document and its status list."""
    unsigned = status_list_credential(LIST_URL, credential.DID, bitstring([]), valid_from=credential.CREATED)
    signed = proof.sign(unsigned, credential.KEY, credential.METHOD, credential.CREATED)
    return MapResolver({credential.DID: credential.DID_DOCUMENT, LIST_URL: signed})


def _measure(samples: Samples, signed: list[bytes], rounds: int) -> dict[str, Cost]:
    template, few, public = credential.template(), samples.documents[:FEW], credential.KEY.public_key()
    messages = [hashlib.sha512(text).digest() for text in signed]
    canonical = [template.canonical(values) for values in samples.values]

    def sign_template(values: dict[str, str]) -> bytes:
        return template.sign(values, credential.PROOF, bare_sign)

    def sign_any(document: Document) -> bytes:
        return dump_json(proof.signed(document, credential.PROOF, bare_sign))

    return medians(
        {
            "sign, bare Ed25519": each(lambda message: crypto_sign(message, SECRET), messages),
            "sign, cryptography's Ed25519": each(credential.KEY.sign, messages),
            "sign, template": each(sign_template, samples.values),
            "sign, any document": each(sign_any, samples.documents),
            "sign, PyLD": each(peers.pyld_sign, few),
            "verify, bare Ed25519": each(
                lambda made: crypto_sign_open(made, PUBLIC),
                [crypto_sign(message, SECRET) for message in messages],
            ),
            "verify": each(quick_verdict, signed),
            "verify, with schemas and status": each(full_verdict, signed[: 5 * FEW]),
            "verify, PyLD": each(lambda text: peers.pyld_verify(text, public), signed[:FEW]),
            "canonicalise, template": each(template.canonical, samples.values),
            "canonicalise, any document": each(canonicalize, samples.documents),
            "canonicalise, PyLD": each(peers.pyld_canonical, few),
            "hash the canonical bytes": each(lambda text: hashlib.sha256(text).digest(), canonical),
        },
        rounds=rounds,
    )


def _write(book: Book, times: dict[str, Cost]) -> None:
    for name, cost in times.items():
        book.figure(SECTION, name, cost.processor * 1e6, "µs", f"{1 / cost.processor:,.0f}/s")
    cost_of = {name: cost.processor for name, cost in times.items()}
    book.ratio("sign_template_vs_raw", cost_of["sign, template"] / cost_of["sign, bare Ed25519"])
    book.ratio("sign_template_vs_pyld", cost_of["sign, PyLD"] / cost_of["sign, template"])
    book.ratio("sign_untemplated_vs_pyld", cost_of["sign, PyLD"] / cost_of["sign, any document"])
    book.ratio("verify_vs_pyld", cost_of["verify, PyLD"] / cost_of["verify"])
    book.ratio("verify_vs_raw", cost_of["verify"] / cost_of["verify, bare Ed25519"])


def _check_against_pyld(book: Book, samples: Samples, signed: list[bytes]) -> None:
    template, few = credential.template(), range(FEW)
    book.prove(
        f"canonical bytes of template, any document and PyLD are the same ({FEW} holders)",
        holds=all(
            template.canonical(samples.values[at]).decode()
            == canonicalize(samples.documents[at])
            == peers.pyld_canonical(samples.documents[at])
            for at in few
        ),
    )
    book.prove(
        f"signed bytes of template, any document and PyLD are the same ({FEW} holders)",
        holds=all(
            signed[at]
            == dump_json(proof.signed(samples.documents[at], credential.PROOF, bare_sign))
            == peers.pyld_sign(samples.documents[at])
            for at in few
        ),
    )
    book.prove(
        f"all {len(signed)} template signatures verify, with schemas and status; one change and none does",
        holds=all(full_verdict(text) for text in signed)
        and all(quick_verdict(text) for text in signed)
        and not any(quick_verdict(_changed(text)) for text in signed)
        and not any(_pyld_accepts(_changed(text)) for text in signed[:FEW]),
    )


def _check_against_javascript(
    book: Book, js: peers.JavaScript, samples: Samples, signed: list[bytes]
) -> None:
    shown = len(js.values)
    book.prove(
        f"@digitalbazaar/vc verifies {len(js.verdicts)} of our credentials: {js.refusals or 'no refusal'}",
        holds=len(js.verdicts) > 0 and all(js.verdicts),
    )
    book.prove(
        f"@digitalbazaar/vc makes the same proof values ({shown} holders)",
        holds=js.values == [json.loads(text)["proof"][0]["proofValue"] for text in signed[:shown]],
    )
    ours = [credential.template().canonical(values) for values in samples.values[:shown]]
    book.prove(
        f"jsonld canonicalises to the same bytes ({shown} holders)",
        holds=js.hashes == [hashlib.sha256(text).hexdigest() for text in ours],
    )


def _changed(text: bytes) -> bytes:
    """Return the credential with one more letter in the name of its holder."""
    changed = text.replace(b'"identityHash":"', b'"identityHash":"x', 1)
    assert changed != text  # noqa: S101 - or the check below would check nothing
    return changed


def _pyld_accepts(text: bytes) -> bool:
    try:
        peers.pyld_verify(text, credential.KEY.public_key())
    except InvalidSignature:
        return False
    return True
