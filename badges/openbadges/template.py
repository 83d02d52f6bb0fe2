"""A compiled achievement: what every holder shares is canonicalised once, what differs is filled in."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import deepcopy
from functools import lru_cache
from hashlib import sha256
from typing import Final, NoReturn

from badges.errors import NotCanonical, NotIssuable
from badges.openbadges.credential import MAX_CREDENTIAL
from badges.openbadges.jsonld import canonicalize
from badges.openbadges.loads import Document, dump_json
from badges.openbadges.moments import parse_timestamp, timestamp
from badges.openbadges.multibase import encode_base58
from badges.openbadges.places import walk
from badges.openbadges.proof import ProofOptions
from badges.openbadges.quads import Quad
from badges.openbadges.template_holes import (
    CLOSE,
    MARKER,
    OPEN,
    Holes,
    Kind,
    TextWithHoles,
    filled,
    hole_names,
)
from badges.openbadges.template_lines import CanonicalLines
from badges.openbadges.terms import RDF_TYPE, XSD, escaped
from badges.openbadges.walker import quads_of

LITERAL: Final = re.compile(r'"(?P<text>.*)"(?:\^\^<(?P<datatype>[^<>"]*)>|@[A-Za-z0-9-]+)?', re.DOTALL)
SCHEME: Final = re.compile(r"<[A-Za-z][A-Za-z0-9+.-]*:")
STATUS_INDEX: Final = "<https://www.w3.org/ns/credentials/status#statusListIndex>"
KINDS: Final[Mapping[str | None, Kind]] = {
    None: Kind.TEXT,
    f"{XSD}dateTime": Kind.MOMENT,
    # The context of OB 3.0 types awardedDate with a prefix that it leaves undefined, and addresses with
    # https in place of http; every processor takes both as they are.
    "xsd:dateTime": Kind.MOMENT,
    "https://www.w3.org/2001/XMLSchema#anyURI": Kind.ADDRESS_PART,
}
"""Datatype of a literal -> what a hole in it takes."""


class Template:
    """An unsigned credential with holes: immutable, and safe for several threads.

    Why the bytes are right. JSON-LD reads a document by its members, types and contexts, where no
    hole may stand. A hole stands only where the text of the document goes into the quads as it is:
    inside a literal, or in an identifier after its scheme (checked when compiling). So the quads of a
    filled document are the quads of the document with holes, filled; `CanonicalLines` orders them and
    gives up where it cannot be sure, and then the filled document is canonicalised as any other.
    """

    def __init__(self, document: Document) -> None:
        quads = quads_of(document)
        self._document = deepcopy(document)
        self._holes = Holes.of(_kinds_of(document, quads))
        self.holes = self._holes.names
        self._lines = CanonicalLines(quads, self.holes)
        self._json = TextWithHoles(dump_json(document).decode(), self.holes)
        self._contexts = tuple(document["@context"])
        self._period = _period(document)

    @classmethod
    def compile(cls, document: Document) -> "Template":
        """Return the template of `document`, whose holes are written with `hole`.

        Raises `NotCanonical` as `canonicalize` does, and for a hole where a value could change more
        than one text: in a member's name, a type, at the start of an identifier, in a number.
        """
        if "proof" in document or not isinstance(document.get("@context"), list):
            raise NotCanonical(reason="a template has a list of contexts and no proof")
        _check_markers(document)
        return cls(document)

    def stand_ins(self) -> dict[str, str]:
        """Return values of the right kinds, no two alike, to try the template with."""
        return self._holes.stand_ins()

    def document(self, values: Mapping[str, str]) -> Document:
        """Return the unsigned document of one holder; raises as `render` does."""
        self._checked(values)
        return self._filled(values)

    def render(self, values: Mapping[str, str]) -> bytes:
        """Return `dump_json(document(values))`.

        Raises `NotIssuable` when `values` (hole -> text) has too few, too many or a wrong one, or
        the whole exceeds 64 kB, and `UnsafeText` for a character that cannot be signed.
        """
        return self._rendered(self._checked(values))

    def canonical(self, values: Mapping[str, str]) -> bytes:
        """Return `canonicalize(document(values))` in UTF-8; raises as `render` does."""
        return self._lines.fill(self._checked(values)) or self._canonicalized(values)

    def prepare(self, values: Mapping[str, str], proof: ProofOptions) -> tuple[bytes, bytes]:
        """Return the 64 bytes to sign and the signed JSON up to its signature, for `secured`.

        So that signatures can be made in bulk, or elsewhere. Raises as `render` does.
        """
        escaped_values = self._checked(values)
        digest = self._lines.digest(escaped_values) or sha256(self._canonicalized(values)).digest()
        proof_digest, proof_json = _written(proof, self._contexts)
        return proof_digest + digest, self._rendered(escaped_values)[:-1] + proof_json

    def sign(self, values: Mapping[str, str], proof: ProofOptions, sign: Callable[[bytes], bytes]) -> bytes:
        """Return the signed compact JSON: `dump_json(proof.sign(document(values), ...))`.

        `sign` returns the 64-byte Ed25519 signature of its argument. Raises as `render` does.
        """
        message, before = self.prepare(values, proof)
        return secured(before, sign(message))

    def _checked(self, values: Mapping[str, str]) -> list[bytes]:
        escaped_values = self._holes.escaped(values)
        if self._period:
            start, end = [values[hole] if hole else fixed for hole, fixed in self._period]
            if end < start:
                raise NotIssuable(faults="$.validUntil: before validFrom")
        return escaped_values

    def _filled(self, values: Mapping[str, str]) -> Document:
        document: Document = filled(self._document, values)
        return document

    def _rendered(self, escaped_values: list[bytes]) -> bytes:
        text = self._json.fill(escaped_values)
        if len(text) > MAX_CREDENTIAL:
            raise NotIssuable(faults=f"$: {len(text)} bytes, more than {MAX_CREDENTIAL}")
        return text

    def _canonicalized(self, values: Mapping[str, str]) -> bytes:
        return canonicalize(self._filled(values)).encode()


def secured(before: bytes, signature: bytes) -> bytes:
    """Return the signed JSON of `Template.prepare`, completed with the 64 bytes of `signature`."""
    return before + encode_base58(signature).encode() + b'"}]}'


@lru_cache(maxsize=256)
def _written(proof: ProofOptions, contexts: tuple[str, ...]) -> tuple[bytes, bytes]:
    """Return the hash of `proof` and its JSON, from the end of the document to the signature."""
    text = dump_json({**proof.document, "proofValue": ""})
    return proof.digest(list(contexts)), b',"proof":[' + text.removesuffix(b'"}')


def _check_markers(document: Document) -> None:
    """Refuse a hole in the name of a member, and its two characters anywhere else."""
    for _, value in walk(document):
        if isinstance(value, dict) and any(OPEN in name or CLOSE in name for name in value):
            _refuse("in the name of a member")
        if isinstance(value, str):
            rest = MARKER.sub("", value)
            if OPEN in rest or CLOSE in rest:
                _refuse("that is not whole")


def _period(document: Document) -> list[tuple[str, str]]:
    """Return validFrom and validUntil, each as a hole or a fixed text, when a hole decides their order.

    Every moment here has the one form that compares as a text.
    """
    ends = [document.get("validFrom"), document.get("validUntil")]
    period = [_moment(end) for end in ends if isinstance(end, str)]
    return period if len(period) == len(ends) and any(hole for hole, _ in period) else []


def _moment(text: str) -> tuple[str, str]:
    if found := MARKER.fullmatch(text):
        return found[1], ""
    moment = parse_timestamp(text)
    if moment is None:
        raise NotCanonical(reason=f"{text[:40]} is not a moment with a time zone")
    return "", timestamp(moment)


def _kinds_of(document: Document, quads: Iterable[Quad]) -> Iterator[tuple[str, Kind]]:
    """Yield each hole of `quads` with what may fill it, once for each place where it stands.

    Refuses a hole where something else than its own text could depend on its value.
    """
    texts = {value for _, value in walk(document) if isinstance(value, str) and OPEN in value}
    expected = {name for text in texts for name in hole_names(text)}
    addresses, literals = {f"<{text}>" for text in texts}, {escaped(text) for text in texts}
    for subject, predicate, thing, graph in quads:
        if OPEN in predicate or (predicate == RDF_TYPE and OPEN in thing):
            _refuse("in a type")
        for term in (subject, thing, graph):
            names = hole_names(term)
            if names:
                in_address = term.startswith("<")
                kind = _address_kind(term, addresses) if in_address else _text_kind(term, predicate, literals)
                yield from ((name, kind) for name in names)
                expected -= set(names)
    if expected:
        _refuse(f"({', '.join(sorted(expected))}) that the signature does not cover")


def _address_kind(term: str, addresses: set[str]) -> Kind:
    """Refuse a hole before the colon: there a value could be a term, or a prefix that a context replaces."""
    if term not in addresses or not SCHEME.match(term):
        _refuse("at the start of an identifier")
    return Kind.ADDRESS_PART


def _text_kind(term: str, predicate: str, literals: set[str]) -> Kind:
    parts = LITERAL.fullmatch(term)
    if parts is None or parts["text"] not in literals:
        _refuse("outside a text")
    kind = Kind.INDEX if predicate == STATUS_INDEX else KINDS.get(parts["datatype"])
    if kind is None:
        _refuse(f"in a value of type {parts['datatype']}")
    if kind in (Kind.INDEX, Kind.MOMENT) and not MARKER.fullmatch(parts["text"]):
        _refuse("inside a number or a moment")
    return kind


def _refuse(where: str) -> NoReturn:
    raise NotCanonical(reason=f"a hole {where}")
