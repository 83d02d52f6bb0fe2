"""Safe mode: whatever a signature would not cover is refused, and hostile graphs cost next to nothing."""

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from badges import errors
from badges.openbadges.contexts import CREDENTIALS_V2, OPEN_BADGES
from badges.openbadges.jsonld import canonicalize
from tests.interop.examples import signed, unsigned

SAMPLES = Path(__file__).parents[1] / "data" / "openbadges" / "samples"


def _changed(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    document = deepcopy(unsigned())
    change(document)
    return document


@pytest.mark.parametrize(
    ("change", "term", "place"),
    [
        (lambda d: d.update(note="x"), "note", "$.note"),
        (lambda d: d.update(nothing=None), "nothing", "$.nothing"),
        (lambda d: d["issuer"]["image"].update(stars=5), "stars", "$.issuer.image.stars"),
        (lambda d: d["evidence"][0].update(validFrom="x", tags="x"), "tags", "$.evidence[0].tags"),
        (lambda d: d["credentialSubject"].update(tag=["x"]), "tag", "$.credentialSubject.tag"),
        (lambda d: d["type"].append("GoldBadge"), "GoldBadge", "$.type[2]"),
        (lambda d: d["evidence"][0]["type"].append("Hero"), "Hero", "$.evidence[0].type[1]"),
        (lambda d: d.update({"@reverse": {}}), "@reverse", "$"),
        (lambda d: d["issuer"].update({"@index": "1"}), "@index", "$.issuer"),
        (lambda d: d.update({"@graph": []}), "@graph", "$"),
        (lambda d: d.update({"@value": "x"}), "@value", "$"),
        (lambda d: d.update(endorsement={"@value": None}), "@value", "$.endorsement"),
        (lambda d: d.update(endorsement={"@language": "fr"}), "@language", "$.endorsement"),
    ],
)  # fmt: skip
def test_an_undefined_term_is_refused_by_name_and_place(
    change: Callable[[dict[str, Any]], object], term: str, place: str
) -> None:
    with pytest.raises(errors.UndefinedTerm) as caught:
        canonicalize(_changed(change))
    assert caught.value.params == {"term": term, "place": place}


def test_a_term_defined_elsewhere_is_refused_where_it_is_not() -> None:
    document = _changed(lambda d: d["issuer"].update(criteria={"narrative": "n"}))
    with pytest.raises(errors.UndefinedTerm) as caught:
        canonicalize(document)
    assert caught.value.params == {"term": "criteria", "place": "$.issuer.criteria"}


@pytest.mark.parametrize(
    "iri",
    [
        "credentials/6",
        "",
        "#6",
        "//host/6",
        "urn:x> <urn:p> <urn:o",
        "https://a.example/ b",
        "https://a.example/\n",
        "https://a.example/{x}",
    ],
)
def test_an_incomplete_or_forged_iri_is_refused(iri: str) -> None:
    for change in (
        lambda d: d.update(id=iri),
        lambda d: d["credentialSubject"]["achievement"].update(id=iri),
    ):
        with pytest.raises(errors.RelativeIri):
            canonicalize(_changed(change))


@pytest.mark.parametrize(
    ("context", "error"),
    [
        ([CREDENTIALS_V2, OPEN_BADGES, "https://evil.example/context.json"], errors.UnknownContext),
        ([CREDENTIALS_V2, OPEN_BADGES, {"name": "https://schema.org/description"}], errors.NotCanonical),
        ([CREDENTIALS_V2, "https://purl.imsglobal.org/spec/ob/v3p0/context.json"], errors.ProtectedTerm),
        ([CREDENTIALS_V2, OPEN_BADGES, None], errors.NotCanonical),
    ],
)
def test_contexts_that_are_not_pinned_or_contradict_each_other_are_refused(
    context: list[Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        canonicalize(unsigned() | {"@context": context})


def test_contexts_nested_in_the_document_are_held_to_the_same_rule() -> None:
    with pytest.raises(errors.UnknownContext):
        canonicalize(_changed(lambda d: d["issuer"].update({"@context": "https://evil.example/c"})))


@pytest.mark.parametrize("text", ["a\x08b", "a\x00b", "a\x7fb", "\ud800"])
def test_characters_that_processors_escape_differently_are_refused(text: str) -> None:
    with pytest.raises(errors.UnsafeText):
        canonicalize(_changed(lambda d: d.update(name=text)))


@pytest.mark.parametrize("value", ["@id", "@none", "@x", ["@type"]])
def test_keyword_look_alikes_are_no_values(value: object) -> None:
    for change in (lambda d: d.update(id=value), lambda d: d["issuer"].update(type=value)):
        with pytest.raises(errors.NotCanonical):
            canonicalize(_changed(change))


def test_a_language_tag_cannot_forge_a_quad() -> None:
    with pytest.raises(errors.NotCanonical):
        canonicalize(_changed(lambda d: d.update(name={"@value": "x", "@language": "fr> ."})))


def _poison(size: int) -> dict[str, Any]:
    """A clique of nameless nodes that all look the same: the work grows with the factorial."""
    nodes = [
        {"id": f"_:b{one}", "related": [{"id": f"_:b{two}"} for two in range(size) if two != one]}
        for one in range(size)
    ]
    achievement = unsigned()["credentialSubject"]["achievement"]
    return (
        {"@context": [CREDENTIALS_V2, OPEN_BADGES]}
        | achievement
        | {"related": [{"type": ["Achievement"], **node} for node in nodes]}
    )


@pytest.mark.parametrize("size", [8, 12, 30])
def test_a_poison_graph_is_refused_before_it_costs_anything(size: int) -> None:
    started = time.perf_counter()
    with pytest.raises(errors.TangledGraph):
        canonicalize(_poison(size))
    assert time.perf_counter() - started < 1


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d.update(evidence=[{"id": f"urn:x:{n}", "type": ["Evidence"]} for n in range(1001)]),
        lambda d: d["credentialSubject"]["achievement"].update(tag=[str(n) for n in range(1001)]),
        lambda d: d.update(
            evidence=[
                {"id": "urn:x", "type": ["Evidence"], "genre": [f"{n}-{m}" for m in range(300)]}
                for n in range(4)
            ]
        ),
        lambda d: d.update(evidence=[{"type": ["Evidence"], "genre": str(n)} for n in range(600)]),
    ],
    ids=["objects", "values", "values-of-one-subject", "nameless-objects"],
)
def test_endless_lists_are_refused_quickly(change: Callable[[dict[str, Any]], object]) -> None:
    document = _changed(change)
    started = time.perf_counter()
    with pytest.raises(errors.TangledGraph):
        canonicalize(document)
    assert time.perf_counter() - started < 5


def test_a_real_badge_with_nested_endorsements_is_canonicalised() -> None:
    document = json.loads((SAMPLES / "1edtech" / "complete.json").read_text(encoding="utf-8"))
    del document["proof"]
    assert canonicalize(document).count("\n") == 356


def test_equal_nameless_parts_of_real_badges_are_still_canonicalised() -> None:
    twins = {"evidence": [{"type": ["Evidence"], "genre": "photo"}] * 4}
    assert canonicalize(unsigned() | twins).count('"photo"') == 4


def test_the_order_of_members_does_not_change_the_text() -> None:
    document = unsigned()
    assert canonicalize(dict(reversed(document.items()))) == canonicalize(document)


def test_the_document_is_left_untouched() -> None:
    document = signed()
    before = deepcopy(document)
    canonicalize(document)
    assert document == before


def test_many_threads_get_the_same_answer() -> None:
    documents = [unsigned(), _poison(2), unsigned(description="x")]
    expected = [canonicalize(document) for document in documents]
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(canonicalize, documents * 15))
    assert results == expected * 15
