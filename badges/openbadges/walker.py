"""From a JSON document straight to its quads: JSON-LD expansion and RDF conversion in one walk.

Follows the Expansion algorithm (JSON-LD API, 5.1.2) with every decision about contexts already compiled, and
writes what Deserialise JSON-LD to RDF (8.1.2) would. Anything unusual stops the walk; the reference road then
judges the document, so the walk accepts nothing that PyLD in safe mode refuses.
"""

from collections import Counter
from typing import Final

from badges.errors import NotCanonical
from badges.openbadges.compiled import IDENTIFIER, LITERAL, Context, Member, Suffixes, document_context
from badges.openbadges.contexts import NO_EXTRA, Extra
from badges.openbadges.limits import MAX_OBJECTS, MAX_VALUES_OF_ONE_MEMBER
from badges.openbadges.loads import MAX_DEPTH, Document, check_values
from badges.openbadges.quads import Quad, unique
from badges.openbadges.reference import reference_quads
from badges.openbadges.terms import (
    IRI,
    LANG_STRING,
    LANGUAGE,
    RDF_FIRST,
    RDF_NIL,
    RDF_REST,
    RDF_TYPE,
    SPECIAL,
    XSD_DOUBLE,
    datatype_suffix,
    escaped,
    number_text,
)

TYPED: Final = {"@value", "@type"}
TAGGED: Final = {"@value", "@language"}
UNTYPED: Final = Suffixes()
NOT_COMPILED: Final = (f"<{XSD_DOUBLE}>", f"<{LANG_STRING}>")


def quads_of(document: Document, *, extra_contexts: Extra = NO_EXTRA) -> list[Quad]:
    """Return the quads of `document`, each once, blank nodes named `_:b0`, `_:b1`… in walk order.

    Every member and type must be defined, every identifier complete, every context pinned (or in
    `extra_contexts`). Raises a subclass of `NotCanonical` naming the term and its place, or
    `Unreadable` for values that JSON readers disagree about.
    """
    try:
        return compiled_quads(document, extra_contexts=extra_contexts)
    except NotCanonical:
        return reference_quads(document, extra_contexts=extra_contexts)


def compiled_quads(document: Document, *, extra_contexts: Extra = NO_EXTRA) -> list[Quad]:
    """Return what `quads_of` does, by the fast road alone; raise `NotCanonical` where it does not lead."""
    if "@value" in document:
        raise NotCanonical(reason="a value is not a document")
    walk = _Walk()
    walk.node(document, document_context(document.get("@context"), extra_contexts), "", 1)
    if len(walk.quads) > MAX_VALUES_OF_ONE_MEMBER:
        _check_many(walk.quads)
    return unique(walk.quads)


def _check_many(quads: list[Quad]) -> None:
    values = Counter((subject, predicate) for subject, predicate, _, _ in quads)
    if max(values.values()) > MAX_VALUES_OF_ONE_MEMBER:
        raise NotCanonical(reason="too many values of one member")


class _Walk:
    """The quads found so far, and the names given to nameless nodes."""

    def __init__(self) -> None:
        self.quads: list[Quad] = []
        self._names: dict[str, str] = {}
        self._blank = 0
        self._objects = 0

    def node(self, element: Document, outer: Context, graph: str, depth: int) -> str:
        """Add what an object says to `graph` and return its name (JSON-LD API, 5.1.2 steps 10 to 15)."""
        names = _types(element, outer)
        typing = outer.typings.get(names) or outer.typing(names)
        context = typing.context
        subject = self._subject(element, context)
        add = self.quads.append
        for iri in typing.iris:
            add((subject, RDF_TYPE, iri, graph))
        members = context.members
        for key, value in element.items():
            member = members.get(key)
            if member is None:
                if key in context.keywords:
                    continue
                member = context.member(key)
            if member.is_text and type(value) is str:
                is_simple = value.isprintable() and '"' not in value and "\\" not in value
                text = value if is_simple else _escaped(value)
                add((subject, member.predicate, f'"{text}"{member.text_suffix}', graph))
            elif type(value) is list or not member.is_plain:
                self._add(subject, member, value, graph, depth + 1)
            elif value is not None:
                add((subject, member.predicate, self._term(member, value, graph, depth + 1), graph))
        return subject

    def _add(self, subject: str, member: Member, value: object, graph: str, depth: int) -> None:
        """Add a quad for each value of a member, lists in lists laid flat, null left out (5.1.2, 5)."""
        if value is None:
            return
        if member.is_list:
            self.quads.append((subject, member.predicate, self._list(member, value, graph, depth), graph))
        elif isinstance(value, list):
            _check_depth(depth)
            for item in value:
                self._add(subject, member, item, graph, depth + 1)
        elif member.is_graph:
            self._add_graph(subject, member, value, graph, depth)
        else:
            thing = self._term(member, value, graph, depth)
            self.quads.append((subject, member.predicate, thing, graph))

    def _list(self, member: Member, value: object, graph: str, depth: int) -> str:
        """Return the head of an ordered list, null left out (JSON-LD API, 8.2.3)."""
        _check_depth(depth)
        head = RDF_NIL
        for item in reversed(value if isinstance(value, list) else [value]):
            if item is not None:
                read = self._list if isinstance(item, list) else self._term
                thing = read(member, item, graph, depth + 1)
                rest, head = head, self._new_blank()
                self.quads += [(head, RDF_FIRST, thing, graph), (head, RDF_REST, rest, graph)]
        return head

    def _add_graph(self, subject: str, member: Member, value: object, graph: str, depth: int) -> None:
        """Put an object into a nameless graph of its own (5.1.2 step 13.14)."""
        name = self._new_blank()
        self.quads.append((subject, member.predicate, name, graph))
        before = len(self.quads)
        self._term(member, value, name, depth)
        if len(self.quads) == before:
            raise NotCanonical(reason="a graph that says nothing")

    def _term(self, member: Member, value: object, graph: str, depth: int) -> str:
        """Return the term of one value, having added what an object says."""
        if type(value) is dict:
            return self._object(member, value, graph, depth)
        if type(value) is not str:
            return _number(value, member.suffixes)
        if member.coercion == LITERAL:
            return f'"{_escaped(value)}"{member.text_suffix}'
        context = member.values
        return self._iri(value if member.coercion == IDENTIFIER else context.vocabulary(value), context)

    def _object(self, member: Member, value: Document, graph: str, depth: int) -> str:
        """Return the term of an object: one that only names another, a literal, or one that says more."""
        self._objects += 1
        if self._objects >= MAX_OBJECTS or depth >= MAX_DEPTH:
            raise NotCanonical(reason="too many objects, or too deep")
        if len(value) == 1:
            [(key, only)] = value.items()
            if key in member.references.id_keys:
                return self._iri(only, member.references)
        if "@value" in value:
            return _value_object(value, member.references)
        context = member.nodes
        if "@context" in value:
            context = context.local(value["@context"])
        return self.node(value, context, graph, depth)

    def _subject(self, element: Document, context: Context) -> str:
        subject = ""
        for key in context.id_keys:
            if key in element:
                if subject:
                    raise NotCanonical(reason="two identifiers")
                subject = self._iri(element[key], context)
        return subject or self._new_blank()

    def _iri(self, text: object, context: Context) -> str:
        """Return an identifier as a term: complete, or a compact IRI completed (JSON-LD API, 5.2)."""
        if type(text) is not str:
            raise NotCanonical(reason="an identifier that is not a text")
        if context.prefixes:
            prefix, _, rest = text.partition(":")
            if prefix in context.prefixes and not rest.startswith("//"):
                text = context.prefixes[prefix] + rest
        if IRI.fullmatch(text):
            return f"<{text}>"
        if text[:2] == "_:" and not SPECIAL.search(text):
            return self._names.get(text) or self._names.setdefault(text, self._new_blank())
        raise NotCanonical(reason="an incomplete identifier")

    def _new_blank(self) -> str:
        self._blank += 1
        return f"_:b{self._blank - 1}"


def _check_depth(depth: int) -> None:
    if depth >= MAX_DEPTH:
        raise NotCanonical(reason="too deep")


def _types(element: Document, context: Context) -> tuple[str, ...]:
    """Return the types that an object names, whatever the member is called."""
    names: tuple[str, ...] = ()
    for key in context.type_keys:
        if key in element:
            found = element[key]
            if names:
                raise NotCanonical(reason="two members that name types")
            names = tuple(found) if type(found) is list else (found,)
    for name in names:
        if type(name) is not str:
            raise NotCanonical(reason="types that are not texts")
    return names


def _value_object(value: Document, context: Context) -> str:
    """Return a literal written as an object (JSON-LD API, 5.1.2 step 14 and 8.2.2)."""
    text = value["@value"]
    if len(value) == 1:
        return f'"{_escaped(text)}"' if type(text) is str else _number(text, UNTYPED)
    tag = value.get("@type", value.get("@language"))
    if type(text) is not str or type(tag) is not str:
        raise NotCanonical(reason="a typed value that is not a text")
    if value.keys() == TYPED:
        return f'"{_escaped(text)}"{_datatype(tag, context)}'
    if value.keys() == TAGGED and LANGUAGE.fullmatch(tag):
        return f'"{_escaped(text)}"@{tag.lower()}'
    raise NotCanonical(reason="an unusual value object")


def _datatype(name: str, context: Context) -> str:
    typing = context.typing((name,))
    [iri] = typing.iris
    if typing.context is not context or iri in NOT_COMPILED:
        raise NotCanonical(reason="an unusual datatype")
    return datatype_suffix(iri[1:-1])


def _number(value: object, suffixes: Suffixes) -> str:
    """Return the literal of a boolean or a number (JSON-LD API, 8.2.2 steps 5 to 9)."""
    if isinstance(value, bool):
        return f'"{"true" if value else "false"}"{suffixes.boolean}'
    if not isinstance(value, int | float):
        raise NotCanonical(reason="a value that JSON does not know")
    check_values(value)
    suffix = suffixes.whole if float(value).is_integer() else suffixes.real
    return f'"{number_text(value)}"{suffix}'


def _escaped(text: str) -> str:
    if not SPECIAL.search(text):
        return text
    check_values(text)
    return escaped(text)
