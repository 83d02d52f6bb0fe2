"""JSON-LD in safe mode: the canonical text a proof covers, refused when it would leave anything out."""

import re
from collections import Counter
from collections.abc import Mapping
from copy import deepcopy
from threading import Lock
from typing import Any, Final, NoReturn

from pyld import jsonld
from pyld.context_resolver import ContextResolver

from badges.errors import NotCanonical, ProtectedTerm, RelativeIri, TangledGraph, UndefinedTerm
from badges.openbadges.contexts import context_document
from badges.openbadges.loads import Document, check_values
from badges.openbadges.places import member_places, object_count, shown, text_place, without
from badges.openbadges.rdfc import Dataset, canonical_nquads

MAX_OBJECTS: Final = 1_000
MAX_VALUES_OF_ONE_MEMBER: Final = 1_000
MAX_CONTEXTS: Final = 8
"""In one list. Real badges have two or three; each one named, even twice, costs milliseconds."""

KEYWORDS: Final = frozenset({"@context", "@id", "@type", "@value", "@language"})
# A character outside IRIREF could close the <…> of an N-Quad and forge the next one (RDF 1.1, 3.2).
IRI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20<>\"{}|^`\\]*")
# PyLD silently completes a relative IRI with some base; ours is one that no document can use.
BASE: Final = "x-relative://relative/"
LANGUAGE: Final = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")

# PyLD's context caches are not safe for threads. Ours only ever holds the pinned contexts.
_LOCK: Final = Lock()
_CACHE: Final[dict[str, Any]] = {}

Extra = Mapping[str, Document]
NO_EXTRA: Final[Extra] = {}


def canonicalize(document: Document, *, extra_contexts: Extra = NO_EXTRA) -> str:
    """Return the canonical N-Quads of `document` (RDFC-1.0), or say what no signature would cover.

    Every member and type must be defined, every identifier complete, every context pinned (or in
    `extra_contexts`, address -> context document). Raises a subclass of `NotCanonical` naming the
    term and its place, or `Unreadable` for values that JSON readers disagree about.
    """
    check_values(document)
    _check_size(document)
    _check_keywords_and_contexts(document, extra_contexts)
    with _LOCK:
        dataset = _dataset(document, extra_contexts)
    return canonical_nquads(dataset)


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
        _context(url, extra)


def _context(url: str, extra: Extra) -> Document:
    return extra[url] if url in extra else context_document(url)


def _dataset(document: Document, extra: Extra) -> Dataset:
    options = _options(extra)
    expanded, dropped = _expand(document, options)
    if dropped:
        _refuse_dropped(document, dropped, options)
    _check_expanded(expanded, document, Counter())
    dataset: Dataset = jsonld.to_rdf(expanded, options)
    return dataset


def _options(extra: Extra) -> dict[str, object]:
    def load(url: str, _options: object) -> dict[str, object]:
        return {
            "contentType": "application/ld+json",
            "contextUrl": None,
            "documentUrl": url,
            "document": deepcopy(_context(url, extra)),
        }

    cache: dict[str, Any] = {} if extra else _CACHE
    return {"base": BASE, "documentLoader": load, "contextResolver": ContextResolver(cache, load)}


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
            if name not in ("@id", "@type", "@value", "@language"):
                _check_expanded(item, document, seen)


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
    return isinstance(iri, str) and IRI.fullmatch(iri) is not None and not iri.startswith("x-relative:")
