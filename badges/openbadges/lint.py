"""What must hold before a credential is signed: nothing a stranger's verifier could refuse."""

from collections.abc import Iterator
from typing import Any, Final

from badges.errors import BadgesError, NotIssuable
from badges.openbadges.credential import MAX_CREDENTIAL
from badges.openbadges.did import controller_of
from badges.openbadges.jsonld import canonicalize
from badges.openbadges.loads import Document, dump_json
from badges.openbadges.moments import parse_timestamp
from badges.openbadges.places import shown, walk
from badges.openbadges.schema import STRICT, TOLERANT, faults
from badges.openbadges.template import Template

STAND_IN_PROOF: Final = [
    {
        "type": "DataIntegrityProof",
        "created": "2000-01-01T00:00:00Z",
        "verificationMethod": "did:web:stand-in.example#key",
        "cryptosuite": "eddsa-rdfc-2022",
        "proofPurpose": "assertionMethod",
        "proofValue": "z" + "1" * 88,
    }
]


def lint(document: Document, *, verification_method: str = "") -> None:
    """Return when `document` may be signed with `verification_method` (checked when given).

    Both published schemas, safe canonicalisation, a coherent status entry, the issuer in control
    of the key, dates in order, no empty member, at most 64 kB. Raises `NotIssuable`.
    """
    found = tuple(lint_faults(document, verification_method))
    if found:
        raise NotIssuable(faults="; ".join(found))


def lint_template(template: Template, *, verification_method: str = "") -> None:
    """Return when every credential of `template` may be signed with `verification_method`.

    What all holders share is judged once, as `lint` does, with a stand-in of the right kind in each
    hole, no two alike. What a value can still break (characters, form, size, dates in order) is what
    `Template` checks for each holder. Raises `NotIssuable`.
    """
    values = template.stand_ins()
    document = template.document(values)
    found = list(lint_faults(document, verification_method))
    if not found and template.canonical(values) != canonicalize(document).encode():
        found.append("$: compiled, it is canonicalised differently")
    if found:
        raise NotIssuable(faults="; ".join(found))


def lint_faults(document: Document, verification_method: str = "") -> Iterator[str]:
    """Yield every fault that `lint` refuses, as engineer's sentences with their place."""
    whole = {"proof": STAND_IN_PROOF} | document
    for schema in (TOLERANT, STRICT):
        yield from faults(whole, schema)
    try:
        canonicalize(document)
    except BadgesError as fault:
        yield str(fault)
    yield from _empty_members(document)
    yield from _issuer_faults(document, verification_method)
    yield from _date_faults(document)
    yield from _status_faults(document.get("credentialStatus"))
    yield from _result_faults(document)
    size = len(dump_json(document))
    if size > MAX_CREDENTIAL:
        yield f"$: {size} bytes, more than {MAX_CREDENTIAL}"


def _empty_members(document: Document) -> Iterator[str]:
    for path, value in walk(document):
        if value is None or value in ("", [], {}):
            yield f"{shown(path)}: empty, must be left out"


def _issuer_faults(document: Document, verification_method: str) -> Iterator[str]:
    issuer = document.get("issuer")
    identity = issuer.get("id") if isinstance(issuer, dict) else None
    if verification_method and controller_of(verification_method) != identity:
        yield f"$.issuer.id: {identity} does not control {verification_method}"


def _date_faults(document: Document) -> Iterator[str]:
    moments = {}
    for name in ("validFrom", "validUntil", "awardedDate"):
        moments[name] = parse_timestamp(document.get(name))
        if moments[name] is None and (name in document or name == "validFrom"):
            yield f"$.{name}: not a moment with a time zone"
    start, end = moments["validFrom"], moments["validUntil"]
    if start and end and end < start:
        yield "$.validUntil: before validFrom"


def _status_faults(entry: Any) -> Iterator[str]:
    if not isinstance(entry, dict):
        return
    index, address = entry.get("statusListIndex"), entry.get("statusListCredential")
    if entry.get("type") != "BitstringStatusListEntry":
        yield "$.credentialStatus.type: not BitstringStatusListEntry"
    if not isinstance(index, str) or not index.isdecimal():
        yield "$.credentialStatus.statusListIndex: not digits in a string"
    if entry.get("id") != f"{address}#{index}":
        yield "$.credentialStatus.id: not the list's address with #index"


def _result_faults(document: Document) -> Iterator[str]:
    """Every result must point into the achievement's own rubric (OB 3.0, B.1.19)."""
    ids = {value.get("id") for _, value in walk(document) if isinstance(value, dict)}
    for path, value in walk(document):
        if path and path[-1] in ("achievedLevel", "requiredLevel") and value not in ids:
            yield f"{shown(path)}: no such level in the achievement"
        if path and path[-1] == "resultDescription" and isinstance(value, str) and value not in ids:
            yield f"{shown(path)}: no such result description in the achievement"
