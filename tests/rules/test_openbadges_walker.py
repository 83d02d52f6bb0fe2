"""The fast road says what PyLD says, to the byte, or leaves the word to it."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

import pytest
from pyld import jsonld
from pyld.canon import URDNA2015

from badges import errors
from badges.openbadges import compiled, walker
from badges.openbadges.contexts import CREDENTIALS_V2, NO_EXTRA, OPEN_BADGES, PINNED
from badges.openbadges.jsonld import canonicalize
from badges.openbadges.places import walk
from badges.openbadges.pyld_options import PYLD_LOCK, pyld_options
from badges.openbadges.rdfc import canonical_nquads
from badges.openbadges.reference import reference_quads
from badges.openbadges.walker import compiled_quads, quads_of
from tests.interop.examples import signed, status_list, unsigned
from tests.interop.random_credentials import bases, credential

SAMPLES = Path(__file__).parents[1] / "data" / "openbadges" / "samples"
W3C = json.loads((SAMPLES.parent / "w3c-vc-di-eddsa.json").read_text(encoding="utf-8"))


def _sample(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((SAMPLES / f"{name}.json").read_bytes())
    return document


def _pyld(document: dict[str, Any]) -> str:
    """What PyLD alone answers: its expansion, its quads, its labels and its escapes."""
    with PYLD_LOCK:
        dataset = jsonld.to_rdf(document, pyld_options(NO_EXTRA))
        return str(URDNA2015().main(dataset, {"format": "application/n-quads"}))


def _changed(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    document = deepcopy(unsigned())
    change(document)
    return document


# -- the same bytes -------------------------------------------------------------------------------
@pytest.mark.parametrize("seed", range(8))
def test_random_credentials_give_the_text_that_pyld_gives(seed: int) -> None:
    chance, starts, compared, left = Random(seed), bases(), 0, 0
    for _ in range(250):
        document = credential(chance, starts)
        try:
            text = canonical_nquads(compiled_quads(document))
        except errors.TangledGraph:
            continue
        except errors.NotCanonical:
            left += 1
        else:
            assert text == _pyld(document)
            compared += 1
    assert compared > 130
    assert left < 110


@pytest.mark.parametrize("seed", range(100, 104))
def test_what_the_fast_road_leaves_is_left_to_the_reference_which_refuses_nearly_all(seed: int) -> None:
    chance, starts, rescued = Random(seed), bases(), 0
    for _ in range(100):
        document = credential(chance, starts)
        try:
            found: set[Any] = set(compiled_quads(document))
        except errors.NotCanonical:
            try:
                rescued += quads_of(document) == reference_quads(document)
            except errors.NotCanonical:
                continue
        else:
            assert len(found) == len(reference_quads(document))
    assert rescued < 5


REAL = {
    "unsigned": unsigned(),
    "signed": signed(),
    "status-list": status_list(3),
} | {
    name: _sample(name)
    for name in (
        "spec/basicOpenBadgeCredential",
        "spec/fullOpenBadge",
        "1edtech/complete",
        "1edtech/simple",
        "1edtech/simple_v1",
        "1edtech/endorsement-valid",
        "1edtech/bsl-credential-status-revoked-blank-nodes",
        "dcc/di-didkey--legacyRegistry-noStatus-noExpiry-OBSpecExample",
        "dcc/di-didkey--oidf-noStatus-notExpired-notYetValid",
        "reference/ob3-didweb-6",
        "reference/var-endjwt",
    )
}


@pytest.mark.parametrize("name", REAL)
def test_real_badges_take_the_fast_road(name: str) -> None:
    """The specification's examples among them, with embedded endorsements and their proofs."""
    document = REAL[name]
    assert canonical_nquads(compiled_quads(document)) == _pyld(document) == canonicalize(document)


def test_contexts_that_a_caller_adds_are_compiled_too() -> None:
    extra = {"https://www.w3.org/ns/credentials/examples/v2": W3C["examplesContext"]}
    quads = compiled_quads(W3C["unsigned"], extra_contexts=extra)
    assert canonical_nquads(quads) == W3C["eddsa-rdfc-2022"]["canonicalDocument"]


def _with_term(definition: object) -> dict[str, Any]:
    return {"urn:c": {"@context": {"@version": 1.1, "id": "@id", "p": definition, "ex": "urn:ex:"}}}


@pytest.mark.parametrize(
    ("definition", "value", "line"),
    [
        ("ex:p", "x", '_:c14n0 <urn:ex:p> "x" .\n'),
        ({"@id": "ex:p", "@language": "FR"}, "x", '_:c14n0 <urn:ex:p> "x"@fr .\n'),
        ({"@id": "ex:p", "@type": "@id"}, "ex:o", "_:c14n0 <urn:ex:p> <urn:ex:o> .\n"),
        ({"@id": "ex:p", "@type": "@id"}, "ex://o", "_:c14n0 <urn:ex:p> <ex://o> .\n"),
        ({"@id": "ex:p", "@type": "@vocab"}, "p", "_:c14n0 <urn:ex:p> <urn:ex:p> .\n"),
        ({"@id": "ex:p", "@type": "ex:t"}, 5.0, '_:c14n0 <urn:ex:p> "5"^^<urn:ex:t> .\n'),
        ({"@id": "ex:p", "@type": "@none"}, True, '"true"^^<http://www.w3.org/2001/XMLSchema#boolean> .\n'),
        ({"@id": "ex:p", "@container": "@list"}, [], "#nil> .\n"),
        ({"@id": "ex:p", "@context": {"q": "ex:q"}}, {"q": "x"}, '_:c14n0 <urn:ex:q> "x" .\n'),
    ],
)
def test_terms_are_read_as_their_definition_says(definition: object, value: object, line: str) -> None:
    extra = _with_term(definition)
    document = {"@context": "urn:c", "p": value}
    text = canonical_nquads(compiled_quads(document, extra_contexts=extra))
    assert text == canonical_nquads(reference_quads(document, extra_contexts=extra))
    assert line in text


@pytest.mark.parametrize(
    ("definition", "value", "answer"),
    [
        ({"@id": "ex:p", "@container": "@language"}, {"fr": "x"}, '_:c14n0 <urn:ex:p> "x"@fr .\n'),
        ({"@id": "ex:p", "@container": "@index"}, {"a": "x"}, '_:c14n0 <urn:ex:p> "x" .\n'),
        ({"@reverse": "ex:p"}, {"id": "urn:s"}, "<urn:s> <urn:ex:p> _:c14n0 .\n"),
        ({"@id": "ex:p", "@type": "http://www.w3.org/2001/XMLSchema#double"}, "1", '"1.0E0"^^'),
        ({"@id": "ex:p", "@type": "@json"}, {"a": 1}, None),
    ],
    ids=["language-map", "index-map", "reverse", "double", "json"],
)
def test_what_no_pinned_context_uses_goes_the_long_way(
    definition: object, value: object, answer: str | None
) -> None:
    extra, document = _with_term(definition), {"@context": "urn:c", "p": value}
    with pytest.raises(errors.NotCanonical):
        compiled_quads(document, extra_contexts=extra)
    if answer is None:
        with pytest.raises(errors.NotCanonical):
            canonicalize(document, extra_contexts=extra)
    else:
        assert answer in canonicalize(document, extra_contexts=extra)


def test_a_quad_said_twice_is_written_once() -> None:
    twice = {"@value": "5", "@type": "http://www.w3.org/2001/XMLSchema#integer"}
    document = _changed(lambda d: d["evidence"][0].update(name=[twice, 5, 5.0]))
    assert canonicalize(document).count('"5"^^') == 1


# -- refused alike --------------------------------------------------------------------------------
@pytest.mark.parametrize("space", ["\u00a0", "\u2028", "\u3000", "\x85", "\ufeff", "\u1680"])
def test_an_identifier_with_any_kind_of_space_is_refused(space: str) -> None:
    """PyLD drops what such an identifier names: a whole node could be added to a signed badge."""
    added = {"id": f"urn:x:{space}", "type": ["Evidence"], "narrative": "never signed"}
    for road in (canonicalize, reference_quads):
        with pytest.raises(errors.RelativeIri):
            road(_changed(lambda d: d["evidence"].append(added)))


@pytest.mark.parametrize("proof", ["urn:x", {"id": "urn:x"}, 5, {"@value": "x"}, {}])
def test_a_graph_that_no_quad_would_cover_is_refused(proof: object) -> None:
    document = _changed(
        lambda d: d.update(endorsement=[_sample("1edtech/endorsement-valid") | {"proof": proof}])
    )
    with pytest.raises(errors.NotCanonical):
        canonicalize(document)


def test_a_text_in_some_language_must_name_it() -> None:
    kind = "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString"
    with pytest.raises(errors.NotCanonical):
        canonicalize(_changed(lambda d: d.update(name={"@value": "x", "@type": kind})))


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d.update({"@type": "VerifiableCredential"}),
        lambda d: d["issuer"].update({"@id": "urn:x"}),
        lambda d: d["issuer"].update(type=[{}]),
        lambda d: d["issuer"].update(type=None),
        lambda d: d["issuer"].update(id=None),
        lambda d: d.update(name=object()),
        lambda d: d.update(name={"@value": "x", "@type": "Evidence"}),
        lambda d: d.update({"@context": []}),
        lambda d: d.update({"@context": [CREDENTIALS_V2] * 9}),
    ],
    ids=[
        "two-type-members",
        "two-id-members",
        "type-object",
        "type-null",
        "id-null",
        "not-json",
        "datatype-with-context",
        "no-context",
        "nine-contexts",
    ],
)
def test_the_fast_road_stops_at_anything_unusual(change: Callable[[dict[str, Any]], object]) -> None:
    with pytest.raises(errors.NotCanonical):
        compiled_quads(_changed(change))


def _places(document: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    for _, value in walk(document):
        if isinstance(value, dict):
            yield from ((value, name) for name in value)


@pytest.mark.parametrize("name", ["1edtech/complete", "reference/ob3-didweb-6-proof-array"])
def test_changing_any_text_changes_what_is_signed_or_is_refused(name: str) -> None:
    document = _sample(name)
    whole, refused, changed = canonicalize(document), 0, 0
    for value, member in [place for place in _places(document) if isinstance(place[0][place[1]], str)]:
        kept = value[member]
        value[member] = f"{kept}x"
        try:
            changed += canonicalize(document) != whole
        except errors.NotCanonical:
            refused += 1
        value[member] = kept
    assert changed + refused == sum(isinstance(value[member], str) for value, member in _places(document))
    assert changed > refused


# -- many threads, and hostile lists of contexts ----------------------------------------------------
def test_threads_that_compile_at_the_same_time_agree() -> None:
    chance, starts = Random(7), bases()
    documents = [*starts, *(credential(chance, starts) for _ in range(30))]
    expected = [_answer(document) for document in documents]
    for _ in range(3):
        compiled.root_context.cache_clear()
        with ThreadPoolExecutor(8) as pool:
            assert list(pool.map(_answer, documents * 4)) == expected * 4


def _answer(document: dict[str, Any]) -> str:
    try:
        return canonicalize(document)
    except errors.NotCanonical as fault:
        return str(fault)


@pytest.mark.parametrize(
    "types", [("Evidence", "Image"), ("OpenBadgeCredential", "EnvelopedVerifiableCredential")]
)
def test_no_document_can_fill_the_memory_with_compiled_contexts(
    types: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiled, "MAX_COMPILED", 16)
    names = [list(pair) for pair in product(types, repeat=3)]
    nodes = [{"type": found, "id": f"urn:x:{number}"} for number, found in enumerate(names)]
    document = _changed(lambda d: d.update(evidence=nodes))
    compiled.root_context.cache_clear()
    with pytest.raises(errors.NotCanonical, match="more contexts"):
        compiled_quads(document)
    assert compiled.root_context.cache_info().currsize == 0
    assert canonicalize(document) == canonical_nquads(reference_quads(document))
    assert compiled_quads({"@context": [CREDENTIALS_V2, OPEN_BADGES], "id": "urn:x", "name": "x"})


def test_undefined_names_are_not_remembered() -> None:
    context = compiled.document_context([CREDENTIALS_V2, OPEN_BADGES], NO_EXTRA)
    for number in range(50):
        document = {
            "@context": [CREDENTIALS_V2, OPEN_BADGES],
            f"urn:p:{number}": "x",
            "type": f"urn:t:{number}",
        }
        assert compiled_quads(document)
    assert not any(name.startswith("urn:") for name in context.members)
    assert not any(name.startswith("urn:") for names in context.typings for name in names)


def test_every_pinned_context_can_be_compiled() -> None:
    for url in PINNED:
        assert walker.compiled_quads({"@context": url, "urn:p": "x"})
