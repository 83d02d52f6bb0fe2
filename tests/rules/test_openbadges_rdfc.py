"""Canonical N-Quads: whatever nameless parts are called, and as PyLD has it, ties included."""

import time
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyld.canon import URDNA2015
from pyld.nquads import parse_nquads

from badges.errors import TangledGraph
from badges.openbadges.quads import Quad
from badges.openbadges.rdfc import canonical_lines, canonical_nquads
from badges.openbadges.terms import IRI, escaped, number_text

NODES = st.sampled_from(["_:b0", "_:b1", "_:b2", "_:b3", "<urn:a>"])
QUADS = st.tuples(
    NODES,
    st.sampled_from(["<urn:p>", "<urn:q>"]),
    st.one_of(NODES, st.sampled_from(['"x"', '"x"@fr', '"x"^^<urn:t>', '"_:b0"'])),
    st.sampled_from(["", "", "", "_:b0", "_:b4", "<urn:g>"]),
)


def _pyld(quads: list[Quad]) -> str:
    dataset = parse_nquads("".join(f"{' '.join(term for term in quad if term)} .\n" for quad in quads))
    return str(URDNA2015().main(dataset, {"format": "application/n-quads"}))


def _loops(quads: list[Quad]) -> bool:
    """PyLD counts a quad twice for a node that stands in it twice; the standard once (4.4.3, 2.1)."""
    return any(len({quad[0], quad[2], quad[3]}) < len((quad[0], quad[2], quad[3])) for quad in quads)


@given(st.lists(QUADS, max_size=8, unique=True).filter(lambda quads: not _loops(quads)))
def test_any_small_graph_reads_as_pyld_has_it(quads: list[Quad]) -> None:
    assert canonical_nquads(quads) == _pyld(quads)


@given(st.lists(QUADS, max_size=8, unique=True), st.randoms(use_true_random=False))
def test_neither_names_nor_order_matter(quads: list[Quad], chance: Random) -> None:
    names = [f"_:n{number}" for number in range(5)]
    chance.shuffle(names)
    renamed = {f"_:b{number}": name for number, name in enumerate(names)}
    others = [tuple(renamed.get(term, term) for term in quad) for quad in quads]
    chance.shuffle(others)
    assert canonical_lines(others) == canonical_lines(quads)  # type: ignore[arg-type]


def test_nothing_said_is_nothing_written() -> None:
    assert canonical_nquads([]) == ""


def test_a_ring_of_equal_parts_is_named_in_time() -> None:
    ring = [(f"_:r{number}", "<urn:next>", f"_:r{(number + 1) % 20}", "") for number in range(20)]
    assert canonical_lines(ring) == canonical_lines(ring[7:] + ring[:7])


@pytest.mark.parametrize("size", [6, 8, 40])
def test_a_clique_of_equal_parts_is_refused_in_milliseconds(size: int) -> None:
    quads = [
        (f"_:a{one}", "<urn:p>", f"_:a{two}", "") for one in range(size) for two in range(size) if one != two
    ]
    started = time.perf_counter()
    with pytest.raises(TangledGraph):
        canonical_nquads(quads)
    assert time.perf_counter() - started < 0.5


def test_more_nameless_parts_than_any_badge_has_are_refused() -> None:
    with pytest.raises(TangledGraph, match="513"):
        canonical_nquads([(f"_:b{number}", "<urn:p>", f'"{number}"', "") for number in range(513)])


# -- terms ----------------------------------------------------------------------------------------
def test_literals_are_escaped_as_the_standard_lists_them() -> None:
    assert escaped('a\tb\nc\rd"e\\f') == r"a\tb\nc\rd\"e\\f"
    assert escaped("\x00\x08\x0b\x0c\x1f\x7f") == r"\u0000\b\u000B\f\u001F\u007F"
    assert escaped("é😀\u2028\u0080") == "é😀\u2028\u0080"


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (-0.0, "0"),
        (3.0, "3"),
        (-17, "-17"),
        (1.5, "1.5E0"),
        (0.1, "1.0E-1"),
        (-12.25, "-1.225E1"),
        (1234567.5, "1.2345675E6"),
        (1e-7, "1.0E-7"),
        (9007199254740991, "9007199254740991"),
    ],
)
def test_numbers_have_one_canonical_form(number: float, text: str) -> None:
    assert number_text(number) == text


@given(st.decimals(-10_000, 10_000, places=3))
def test_short_decimals_come_back_from_their_canonical_form(number: object) -> None:
    assert float(number_text(float(str(number)))) == float(str(number))


@pytest.mark.parametrize("text", ["https://é.example/x?y#z", "urn:a:b", "did:web:a%3A1:b", "a+b-c.d:"])
def test_complete_identifiers_are_known(text: str) -> None:
    assert IRI.fullmatch(text)


@pytest.mark.parametrize(
    "text", ["", "x", "1:x", ":x", "a b:c", "a:b c", "a:<", "a:\x7f", "a:\ud800", "a,b:c"]
)
def test_anything_else_is_not_an_identifier(text: str) -> None:
    assert not IRI.fullmatch(text)
