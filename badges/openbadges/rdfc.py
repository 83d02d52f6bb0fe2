"""RDFC-1.0 with a bounded amount of work: a tangled graph is refused before it costs anything."""

from math import factorial
from typing import Any, Final

from pyld.canon import URDNA2015

from badges.errors import TangledGraph

MAX_BLANK_NODES: Final = 512
MAX_WORK: Final = 4_000
"""Permutations tried in all. Real badges need none or a few; each costs some 20 microseconds."""

Dataset = dict[str, list[dict[str, Any]]]
"""Graph name -> triples, as PyLD gives them."""


class _Bounded(URDNA2015):  # type: ignore[misc] # PyLD is untyped
    """PyLD's algorithm (W3C RDFC-1.0) that counts what hashing ties will cost, and stops in time."""

    def __init__(self) -> None:
        super().__init__()
        self.work = 0

    def hash_first_degree_quads(self, id_: str) -> str:
        if len(self.blank_node_info) > MAX_BLANK_NODES:
            raise TangledGraph(reason=f"{len(self.blank_node_info)} nameless parts")
        return str(super().hash_first_degree_quads(id_))

    def create_hash_to_related(self, id_: str, issuer: object) -> dict[str, list[str]]:
        """Return the related nodes by hash (RDFC-1.0, 4.8.3 step 3) once their ties are affordable."""
        related: dict[str, list[str]] = super().create_hash_to_related(id_, issuer)
        self.work += 1 + sum(factorial(min(len(nodes), 12)) for nodes in related.values())
        if self.work > MAX_WORK:
            raise TangledGraph(reason="too many nameless parts that look the same")
        return related


def canonical_nquads(dataset: Dataset) -> str:
    """Return the canonical N-Quads of `dataset`, one line per quad, sorted (RDFC-1.0, 4.4.3).

    Raises `TangledGraph` above 512 blank nodes or 4,000 permutations, within milliseconds.
    """
    return str(_Bounded().main(dataset, {"format": "application/n-quads"}))
