"""A quad: one statement of a credential, every term already written as canonical N-Quads."""

from collections.abc import Iterable

Quad = tuple[str, str, str, str]
"""Subject, predicate, object, graph: `<iri>`, `_:b0`, `"text"@fr`, `"x"^^<iri>`; graph "" by default."""


def is_blank(term: str) -> bool:
    """Return whether `term` is a blank node: a literal starts with a quote and an IRI with `<`."""
    return term.startswith("_:")


def line(quad: Quad) -> str:
    """Return `quad` as one line of N-Quads, without its end of line (RDFC-1.0, 5)."""
    subject, predicate, thing, graph = quad
    return f"{subject} {predicate} {thing} {graph} ." if graph else f"{subject} {predicate} {thing} ."


def unique(quads: Iterable[Quad]) -> list[Quad]:
    """Return `quads` in their order, each once: a dataset is a set (RDF 1.1, 4)."""
    return list(dict.fromkeys(quads))
