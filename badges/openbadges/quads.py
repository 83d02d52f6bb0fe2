"""A quad: one statement of a credential, every term already written as canonical N-Quads."""

from collections.abc import Iterable

Quad = tuple[str, str, str, str]
"""Subject, predicate, object, graph: `<iri>`, `_:b0`, `"text"@fr`, `"x"^^<iri>`; graph "" by default."""


def is_blank(term: str) -> bool:
    """Return whether `term` is a blank node: a literal starts with a quote and an IRI with `<`."""
    return term.startswith("_:")


def unique(quads: Iterable[Quad]) -> list[Quad]:
    """Return `quads` in their order, each once: a dataset is a set (RDF 1.1, 4)."""
    return list(dict.fromkeys(quads))
