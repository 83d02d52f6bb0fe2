"""Canonical N-Quads (RDFC-1.0) of quads with holes: only what a value can change is worked out again."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from hashlib import sha256
from itertools import groupby
from operator import eq, lt
from typing import Final

from badges.openbadges.quads import Quad, is_blank
from badges.openbadges.rdfc import mentions_of
from badges.openbadges.template_holes import MARKER, TextWithHoles

LABEL_ORDERS_KEPT: Final = 128
"""Of one template, some 20 kB each. One nameless part that differs among k others makes k + 1 orders."""

ARRANGEMENTS_KEPT: Final = 24
"""Of one group of lines: all orders of four identifiers."""


class SortedLines:
    """Lines with holes that are in code point order whatever fills the holes.

    Call the *head* of a line what stands before its first hole; a line without holes is all head.
    Two lines whose heads differ at some character are in an order that no value can change. So when
    lines are sorted by head, only those whose head begins with the head of an earlier line with a
    hole can change places with it, and they follow it at once: these groups are `MovingLines`.
    """

    def __init__(self, lines: Iterable[str], names: tuple[str, ...]) -> None:
        blocks: list[TextWithHoles | MovingLines] = [
            MovingLines(group, names) if moving else _text(group, names)
            for moving, group in _blocks(sorted(lines, key=_head))
        ]
        self._first = b""
        if blocks and isinstance(blocks[0], TextWithHoles) and not blocks[0].has_holes:
            self._first = blocks[0].fill([])
            del blocks[0]
        self._hashed_first = sha256(self._first)
        self._others = blocks

    def fill(self, values: list[bytes]) -> bytes | None:
        """Return the lines, each with its end; None when values have made two of them the same."""
        texts = [self._first]
        for block in self._others:
            text = block.fill(values)
            if text is None:
                return None
            texts.append(text)
        return b"".join(texts)

    def digest(self, values: list[bytes]) -> bytes | None:
        """Return the SHA-256 of `fill`; the lines before the first that varies are already hashed."""
        whole = self._hashed_first.copy()
        for block in self._others:
            text = block.fill(values)
            if text is None:
                return None
            whole.update(text)
        return whole.digest()


class MovingLines:
    """Lines that a value can make change places, for instance all those of two identifiers.

    Whatever is guessed of their order, it is looked at once they are filled: each line must be
    before the next one, or they are sorted. The guess is the arrangement that was right when the
    values that come first in the lines were last in the same order; it is nearly always right.
    """

    def __init__(self, lines: list[str], names: tuple[str, ...]) -> None:
        self._lines = lines
        self._names = names
        first_holes = {found[1] for found in map(MARKER.search, lines) if found}
        self._first_values = [index for index, name in enumerate(names) if name in first_holes]
        self._unarranged = _text(lines, names)
        self._arranged: dict[tuple[int, ...], TextWithHoles] = {}

    def fill(self, values: list[bytes]) -> bytes | None:
        """Return the lines, each with its end; None when values have made two of them the same."""
        order = tuple(sorted(self._first_values, key=values.__getitem__))
        text = (self._arranged.get(order) or self._arrange(order, values)).fill(values)
        lines = text[:-1].split(b"\n")
        if all(map(lt, lines, lines[1:])):
            return text
        lines.sort()
        return None if any(map(eq, lines, lines[1:])) else b"\n".join([*lines, b""])

    def _arrange(self, order: tuple[int, ...], values: list[bytes]) -> TextWithHoles:
        lines = self._unarranged.fill(values).split(b"\n")
        right = sorted(range(len(self._lines)), key=lines.__getitem__)
        found = _text([self._lines[index] for index in right], self._names)
        if len(self._arranged) < ARRANGEMENTS_KEPT:
            self._arranged[order] = found
        return found


class CanonicalLines:
    """The canonical form of quads with holes (RDFC-1.0, 4.4.3).

    The canonical label of a blank node is the rank of its first-degree hash, as long as these differ
    from each other. The hash of a node with no hole in the quads it stands in is worked out once;
    the others are hashed for each holder. For each order of the hashes, the labelled and sorted
    lines are kept.
    """

    def __init__(self, quads: Sequence[Quad], names: tuple[str, ...]) -> None:
        self._quads = quads
        self._names = names
        settled: dict[str, bytes | None] = {}
        moving: dict[str, SortedLines] = {}
        for node, said in mentions_of(quads).items():
            lines = [_line(_seen_from(node, quad)) for quad in said]
            if any(MARKER.search(text) for text in lines):
                moving[node] = SortedLines(lines, names)
            else:
                settled[node] = SortedLines(lines, names).digest([])
        self._nodes = [*settled, *moving]
        self._settled_hashes = list(settled.values())
        self._moving = list(moving.values())
        self._labelled = lru_cache(LABEL_ORDERS_KEPT)(self._in_order)

    def fill(self, values: list[bytes]) -> bytes | None:
        """Return the canonical N-Quads, or None when ties or doubled quads need the whole algorithm."""
        lines = self._lines(values)
        return None if lines is None else lines.fill(values)

    def digest(self, values: list[bytes]) -> bytes | None:
        """Return the SHA-256 of `fill`, or None where that gives None."""
        lines = self._lines(values)
        return None if lines is None else lines.digest(values)

    def _lines(self, values: list[bytes]) -> SortedLines | None:
        moving = [said.digest(values) for said in self._moving]
        hashes = [value for value in self._settled_hashes + moving if value is not None]
        if len(set(hashes)) < len(self._nodes):
            return None
        return self._labelled(tuple(sorted(range(len(hashes)), key=hashes.__getitem__)))

    def _in_order(self, order: tuple[int, ...]) -> SortedLines:
        labels = {self._nodes[index]: f"_:c14n{rank}" for rank, index in enumerate(order)}
        return SortedLines([_line(_renamed(quad, labels)) for quad in self._quads], self._names)


def _line(quad: Quad) -> str:
    return " ".join([*filter(None, quad), "."])


def _renamed(quad: Quad, labels: Mapping[str, str]) -> Quad:
    subject, predicate, thing, graph = quad
    return labels.get(subject, subject), predicate, labels.get(thing, thing), labels.get(graph, graph)


def _seen_from(node: str, quad: Quad) -> Quad:
    """Return `quad` as it is hashed for `node`: itself _:a, other blank nodes _:z (RDFC-1.0, 4.6)."""
    return _renamed(quad, {term: "_:a" if term == node else "_:z" for term in quad if is_blank(term)})


def _text(lines: Iterable[str], names: tuple[str, ...]) -> TextWithHoles:
    return TextWithHoles("".join(f"{text}\n" for text in lines), names)


def _head(text: str) -> str:
    return MARKER.split(text, maxsplit=1)[0]


def _blocks(lines: Iterable[str]) -> Iterator[tuple[bool, list[str]]]:
    """Yield the lines in their order: those that stay where they are, and those that may change places."""
    for moving, groups in groupby(_groups(lines), key=lambda group: len(group) > 1):
        if moving:
            yield from ((True, group) for group in groups)
        else:
            yield False, [text for group in groups for text in group]


def _groups(lines: Iterable[str]) -> Iterator[list[str]]:
    """Yield the lines that can change places with each other, together; the others alone."""
    group: list[str] = []
    stem: str | None = None
    for text in lines:
        if stem is not None and text.startswith(stem):
            group.append(text)
            continue
        if group:
            yield group
        group, stem = [text], _head(text) if MARKER.search(text) else None
    if group:
        yield group
