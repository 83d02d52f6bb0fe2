"""The reference road through PyLD, in safe mode: slow and complete, it judges and explains.

The walker takes the fast road over compiled contexts and comes here for whatever it does not cover, and for
every refusal: the words and the place of an error are always found here.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any, Final, NoReturn

from pyld import jsonld

from badges.errors import NotCanonical, ProtectedTerm, RelativeIri, TangledGraph, UndefinedTerm
from badges.openbadges.contexts import NO_EXTRA, Extra, held_context
from badges.openbadges.limits import MAX_CONTEXTS, MAX_OBJECTS, MAX_VALUES_OF_ONE_MEMBER
from badges.openbadges.loads import Document, check_values
from badges.openbadges.places import member_places, object_count, shown, text_place, without
from badges.openbadges.pyld_options import BASE, PYLD_LOCK, pyld_options
from badges.openbadges.quads import Quad, unique
from badges.openbadges.terms import IRI, LANG_STRING, LANGUAGE, datatype_suffix, escaped

KEYWORDS: Final = frozenset({"@context", "@id", "@type", "@value", "@language"})

Dataset = dict[str, list[dict[str, Any]]]
"""Graph name -> triples, as PyLD gives them."""


def reference_quads(document: Document, *, extra_contexts: Extra = NO_EXTRA) -> list[Quad]:
    """Return the quads of `document` as PyLD finds them, or refuse it: see `walker.quads_of`."""
    check_values(document)
    _check_size(document)
    _check_keywords_and_contexts(document, extra_contexts)
    with PYLD_LOCK:
        return unique(dataset_quads(_dataset(document, extra_contexts)))


def _check_size(document: Document) -> None:
    objects = object_count(document)
    if objects > MAX_OBJECTS:
        raise TangledGraph(reason=f"{objects} objects")


def _check_keywords_and_contexts(value: object, extra: Extra, place: str = "$") -> None:
    if isinstance(value, list):
        for index, item in enumerate(value):
            _check_keywords_and_contexts(item, extra, f"{place}[{index}]")
    if not isinstance(value, dict):
        return
    _check_value_object(value, place)
    for name, item in value.items():
        if name.startswith("@") and name not in KEYWORDS:
            raise UndefinedTerm(term=name, place=place)
        if name == "@context":
            _check_contexts(item, extra, place)
        else:
            _check_keywords_and_contexts(item, extra, f"{place}.{name}")


def _check_value_object(value: dict[str, Any], place: str) -> None:
    """Refuse the value objects that expansion drops without a word (JSON-LD API, 5.1.2 step 14)."""
    if "@value" in value and (value["@value"] is None or place == "$"):
        raise UndefinedTerm(term="@value", place=place)
    if "@language" in value and "@value" not in value:
        raise UndefinedTerm(term="@language", place=place)


def _check_contexts(context: object, extra: Extra, place: str) -> None:
    contexts = context if isinstance(context, list) else [context]
    if len(contexts) > MAX_CONTEXTS:
        raise TangledGraph(reason=f"{len(contexts)} contexts at {place}")
    for url in contexts:
        if not isinstance(url, str):
            raise NotCanonical(reason=f"a context written inside the document at {place}")
        held_context(url, extra)


def dataset_quads(dataset: Dataset) -> Iterator[Quad]:
    """Yield the quads of a dataset as PyLD gives it."""
    for graph, triples in dataset.items():
        name = "" if graph == "@default" else _term(graph)
        for triple in triples:
            yield _written(triple["subject"]), _written(triple["predicate"]), _written(triple["object"]), name


def _dataset(document: Document, extra: Extra) -> Dataset:
    """Return graph name -> triples (JSON-LD API, 8.1); every quad is there or the document refused."""
    options = pyld_options(extra)
    expanded, dropped = _expand(document, options)
    if dropped:
        _refuse_dropped(document, dropped, options)
    _check_expanded(expanded, document, Counter())
    dataset: Dataset = jsonld.to_rdf(expanded, options)
    return dataset


def _written(term: dict[str, Any]) -> str:
    if term["type"] != "literal":
        return _term(term["value"])
    text = f'"{escaped(term["value"])}"'
    if term["datatype"] == LANG_STRING and "language" not in term:
        raise NotCanonical(reason="a text in some language, which it does not name")
    if term["datatype"] == LANG_STRING:
        return f"{text}@{term['language']}"
    return text + datatype_suffix(term["datatype"])


def _term(name: str) -> str:
    return name if name.startswith("_:") else f"<{name}>"


def _expand(document: Document, options: dict[str, object]) -> tuple[list[Any], list[str]]:
    dropped: list[str] = []
    try:
        expanded = jsonld.expand(
            document, options, on_property_dropped=lambda term: dropped.append(str(term))
        )
    except jsonld.JsonLdError as fault:
        if fault.code == "protected term redefinition":
            raise ProtectedTerm(reason="the list of contexts mixes versions") from None
        raise NotCanonical(reason=str(fault.args[0])) from None
    return expanded, dropped


def _refuse_dropped(document: Document, dropped: list[str], options: dict[str, object]) -> NoReturn:
    """Name the first undefined member. PyLD tells its name only: find where leaving it out helps."""
    places = member_places(document, dropped[0])
    for path in places[:20]:
        if len(_expand(without(document, path), options)[1]) < len(dropped):
            raise UndefinedTerm(term=dropped[0], place=shown(path))
    raise UndefinedTerm(term=dropped[0], place="$")


def _check_expanded(value: object, document: Document, seen: Counter[tuple[object, str]]) -> None:
    if isinstance(value, list):
        for item in value:
            _check_expanded(item, document, seen)
    elif isinstance(value, dict):
        _check_node(value, document, seen)
        for name, item in value.items():
            if name == "@graph" and not all(_says_something(node) for node in item):
                raise NotCanonical(reason="a graph that says nothing")
            if name not in ("@id", "@type", "@value", "@language"):
                _check_expanded(item, document, seen)


def _says_something(node: dict[str, Any]) -> bool:
    """Return whether `node` leaves a quad in its graph; a value or a bare identifier does not."""
    return "@value" not in node and any(item for name, item in node.items() if name != "@id")


def _check_node(node: dict[str, Any], document: Document, seen: Counter[tuple[object, str]]) -> None:
    """Refuse a node with an incomplete IRI, or one member of one subject with values without end."""
    if "@id" in node and not str(node["@id"]).startswith("_:"):
        _check_iri(node["@id"], document)
    types = node.get("@type", [])
    for name in types if isinstance(types, list) else [types]:
        if not _is_complete(name):
            term = str(name).removeprefix(BASE)
            raise UndefinedTerm(term=term[:200], place=text_place(document, term))
    if "@language" in node and not LANGUAGE.fullmatch(str(node["@language"])):
        raise NotCanonical(reason="not a language code")
    for name, item in node.items():
        if not name.startswith("@"):
            _check_iri(name, document)
        seen[node.get("@id", id(node)), name] += len(item) if isinstance(item, list) else 1
        if seen[node.get("@id", id(node)), name] > MAX_VALUES_OF_ONE_MEMBER:
            raise TangledGraph(reason=f"more than {MAX_VALUES_OF_ONE_MEMBER} values of one member")


def _check_iri(value: object, document: Document) -> None:
    if not _is_complete(value):
        written = str(value).removeprefix(BASE)
        raise RelativeIri(value=written[:200], place=text_place(document, written))


def _is_complete(iri: object) -> bool:
    return isinstance(iri, str) and IRI.fullmatch(iri) is not None
