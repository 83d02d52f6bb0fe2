"""Compiled contexts: what each member and type means, worked out once and then only looked up.

The context in force at a place of a document follows from the list of contexts and from the types and
members on the way down (JSON-LD API, 4.1 and 5.1.2). PyLD works it out, behind its lock; a `Context` keeps
the outcome. Whatever is not covered here raises `NotCanonical`: the caller then asks the reference road.
"""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from pyld.jsonld import JsonLdError, JsonLdProcessor

from badges.errors import NotCanonical
from badges.openbadges.contexts import Extra, held_context
from badges.openbadges.limits import MAX_CONTEXTS
from badges.openbadges.loads import dump_json, load_json
from badges.openbadges.pyld_options import BASE, PYLD_LOCK, pyld_options
from badges.openbadges.terms import IRI, LANG_STRING, LANGUAGE, XSD, XSD_DOUBLE, datatype_suffix

MAX_LISTS: Final = 16
MAX_COMPILED: Final = 400
"""Contexts and sets of types kept for one list of contexts; a badge with endorsements needs some 60."""
MAX_TYPES: Final = 8
"""Of one object, to be remembered; real ones have one or two."""

IDENTIFIER: Final = "@id"
VOCABULARY: Final = "@vocab"
LITERAL: Final = ""
KEPT_CONTAINERS: Final = frozenset({"@set", "@graph", "@list"})


@dataclass(frozen=True, slots=True)
class Suffixes:
    """What follows the quote that closes a literal: by kind of JSON value (JSON-LD API, 8.2.2)."""

    text: str = ""
    boolean: str = datatype_suffix(f"{XSD}boolean")
    whole: str = datatype_suffix(f"{XSD}integer")
    real: str = datatype_suffix(XSD_DOUBLE)


@dataclass(frozen=True, slots=True)
class Member:
    """What one member means: its predicate, and how its values are read.

    A string is read as `coercion` says: LITERAL, IDENTIFIER or VOCABULARY. The values of a plain
    member are in no graph and no ordered list; its strings are texts when they are literals. `values`,
    `nodes` and `references` are the contexts in force for a plain value, for an object, and for a value
    object or a lone identifier (JSON-LD API, 5.1.2 steps 5 to 8).
    """

    predicate: str
    coercion: str
    text_suffix: str
    suffixes: Suffixes
    is_plain: bool
    is_text: bool
    is_graph: bool
    is_list: bool
    values: "Context"
    nodes: "Context"
    references: "Context"


@dataclass(frozen=True, slots=True)
class Typing:
    """The types of an object as written in N-Quads, and the context in force inside it."""

    iris: tuple[str, ...]
    context: "Context"


@dataclass(slots=True, eq=False)
class Context:
    """An active context (JSON-LD API, 4.1) that remembers what was asked of it.

    Read by many threads at once: entries are only ever added, whole, and under the lock.
    """

    compiler: "Compiler"
    active: Any
    previous: "Context | None"
    id_keys: tuple[str, ...]
    type_keys: tuple[str, ...]
    prefixes: dict[str, str]
    keywords: frozenset[str]
    members: dict[str, Member] = field(default_factory=dict)
    typings: dict[tuple[str, ...], Typing] = field(default_factory=dict)
    locals: dict[tuple[str, ...], "Context"] = field(default_factory=dict)

    def member(self, key: str) -> Member:
        """Return what the member `key` means here."""
        return self.members.get(key) or self.compiler.member(self, key)

    def typing(self, names: tuple[str, ...]) -> Typing:
        """Return what the types `names` of an object mean here, and for its members."""
        return self.typings.get(names) or self.compiler.typing(self, names)

    def local(self, contexts: object) -> "Context":
        """Return the context inside an object that names `contexts` of its own."""
        urls = context_urls(contexts)
        return self.locals.get(urls) or self.compiler.local(self, urls)

    def vocabulary(self, text: str) -> object:
        """Return what `text` stands for as a term (JSON-LD API, 5.2 step 4), itself when it is none."""
        mappings = self.active["mappings"]
        if text not in mappings and "@vocab" in self.active:
            raise NotCanonical(reason=f"{text[:200]} is completed by a vocabulary")
        return mappings[text]["@id"] if text in mappings else text


class Compiler:
    """Asks PyLD for the contexts reached from one list of contexts, each once."""

    def __init__(self, extra: Extra) -> None:
        self._extra = extra
        self._options = pyld_options(extra)
        self._processor = JsonLdProcessor()
        self._known: dict[str, Context] = {}
        self._typings = 0

    def start(self) -> Context:
        """Return the context of a document before any of its own (JSON-LD API, 4.1.2)."""
        with PYLD_LOCK:
            return self._wrapped(self._processor.process_context({}, None, self._options))

    def local(self, context: Context, urls: tuple[str, ...]) -> Context:
        """Process a list of contexts named in the document (JSON-LD API, 4.1.2)."""
        for url in urls:
            held_context(url, self._extra)
        with PYLD_LOCK:
            found = context.locals[urls] = self._processed(context, list(urls))
            return found

    def typing(self, context: Context, names: tuple[str, ...]) -> Typing:
        """Apply the contexts scoped to types, in the order of the terms (JSON-LD API, 5.1.2 step 11)."""
        with PYLD_LOCK:
            inner = context
            for name in sorted(names):
                scope = _definition(context, name).get("@context")
                if scope:
                    inner = self._processed(inner, scope, propagate=False)
            if set(inner.type_keys) != set(context.type_keys):
                raise NotCanonical(reason="a type that changes what a type is")
            found = Typing(tuple(f"<{self._expanded(context, name)}>" for name in names), inner)
            if len(names) <= MAX_TYPES and all(name in context.active["mappings"] for name in names):
                self._make_room()
                context.typings[names] = found
                self._typings += 1
            return found

    def member(self, context: Context, key: str) -> Member:
        """Work out one member (JSON-LD API, 5.1.2 step 13); only defined terms are remembered."""
        with PYLD_LOCK:
            definition = _definition(context, key)
            if not KEPT_CONTAINERS.issuperset(definition.get("@container", ())):
                raise NotCanonical(reason=f"{key}: this container is not compiled")
            if definition.get("reverse") or definition.get("@type") == "@json":
                raise NotCanonical(reason=f"{key}: neither reversed members nor JSON literals are compiled")
            found = self._member(context, key, definition)
            if definition:
                context.members[key] = found
            return found

    def _member(self, context: Context, key: str, definition: dict[str, Any]) -> Member:
        values = self._scoped(context, definition)
        again = _definition(values, key)
        coercion = again.get("@type") if again.get("@type") in (IDENTIFIER, VOCABULARY) else LITERAL
        containers = definition.get("@container", ())
        is_plain = set(containers) <= {"@set"}
        suffixes = _suffixes(values, again)
        return Member(
            predicate=f"<{self._expanded(context, key)}>",
            coercion=coercion,
            text_suffix=suffixes.text,
            suffixes=suffixes,
            is_plain=is_plain,
            is_text=is_plain and coercion == LITERAL,
            is_graph="@graph" in containers,
            is_list="@list" in containers,
            values=values,
            nodes=self._scoped(values.previous or values, again),
            references=self._scoped(values, again),
        )

    def _scoped(self, context: Context, definition: dict[str, Any]) -> Context:
        """Apply a context scoped to a member, which may redefine protected terms (5.1.2 step 8)."""
        if "@context" not in definition:
            return context
        return self._processed(context, definition["@context"], override=True)

    def _processed(
        self, context: Context, local: Any, *, propagate: bool = True, override: bool = False
    ) -> Context:
        try:
            active = self._processor._process_context(  # noqa: SLF001 - its public twin knows no scopes
                context.active, local, self._options, override_protected=override, propagate=propagate
            )
        except JsonLdError as fault:
            raise NotCanonical(reason=str(fault.args[0])) from None
        return self._wrapped(active)

    def _wrapped(self, active: Any) -> Context:
        known = self._known.get(active["_uuid"])
        if known is not None:
            return known
        self._make_room()
        previous = active.get("previousContext")
        found = self._known[active["_uuid"]] = _context(
            self, active, self._wrapped(previous) if previous else None
        )
        return found

    def _make_room(self) -> None:
        """Start afresh once hostile documents have had too much compiled; the next one pays for it."""
        if len(self._known) + self._typings >= MAX_COMPILED:
            root_context.cache_clear()
            raise NotCanonical(reason="more contexts and types than any badge")

    def _expanded(self, context: Context, name: str) -> str:
        """Return the complete IRI of a member or type (JSON-LD API, 5.2)."""
        iri = self._processor._expand_iri(context.active, name, vocab=True, base=BASE)  # noqa: SLF001
        if not isinstance(iri, str) or not IRI.fullmatch(iri):
            raise NotCanonical(reason=f"{name[:200]} is not defined")
        return iri


@lru_cache(maxsize=MAX_LISTS)
def root_context(urls: tuple[str, ...], extra: tuple[tuple[str, bytes], ...] = ()) -> Context:
    """Return the compiled context of documents with the list of contexts `urls`."""
    contexts = {url: load_json(text) for url, text in extra}
    return Compiler(contexts).start().local(list(urls))


def document_context(contexts: object, extra: Extra) -> Context:
    """Return the compiled context of a document whose `@context` member is `contexts`."""
    texts = tuple((url, dump_json(document)) for url, document in extra.items())
    return root_context(context_urls(contexts), texts)


def context_urls(contexts: object) -> tuple[str, ...]:
    """Return the addresses that an `@context` member names, at least one and at most 8."""
    urls = tuple(contexts) if isinstance(contexts, list) else (contexts,)
    if not 0 < len(urls) <= MAX_CONTEXTS or not all(isinstance(url, str) for url in urls):
        raise NotCanonical(reason="contexts that are not a list of addresses")
    return urls


def _context(compiler: Compiler, active: Any, previous: Context | None) -> Context:
    mappings = {term: found["@id"] for term, found in active["mappings"].items() if found}
    id_keys = ("@id", *(term for term, iri in mappings.items() if iri == "@id"))
    type_keys = ("@type", *(term for term, iri in mappings.items() if iri == "@type"))
    return Context(
        compiler=compiler,
        active=active,
        previous=previous,
        id_keys=id_keys,
        type_keys=type_keys,
        prefixes={term: found["@id"] for term, found in active["mappings"].items() if found["_prefix"]},
        keywords=frozenset({"@context", *id_keys, *type_keys}),
    )


def _definition(context: Context, key: str) -> Any:
    return context.active["mappings"].get(key) or {}


def _suffixes(context: Context, definition: dict[str, Any]) -> Suffixes:
    """Return how literals of a member end: its datatype, or its language (JSON-LD API, 5.3)."""
    datatype = definition.get("@type", "@none")
    if not datatype.startswith("@"):
        if datatype in (XSD_DOUBLE, LANG_STRING):
            raise NotCanonical(reason=f"{datatype} is not compiled")
        suffix = datatype_suffix(datatype)
        return Suffixes(suffix, suffix, suffix, suffix)
    if datatype == "@json" or "@direction" in definition or "@direction" in context.active:
        raise NotCanonical(reason="neither JSON literals nor directions are compiled")
    language = definition.get("@language", context.active.get("@language"))
    if language is not None and not LANGUAGE.fullmatch(language):
        raise NotCanonical(reason="not a language code")
    return Suffixes(f"@{language}" if language else "")
