"""The long way of RDFC-1.0, for blank nodes that look the same at first: N-degree hashes, with a cap."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import permutations
from math import factorial
from typing import Final

from badges.errors import TangledGraph
from badges.openbadges.quads import Quad, is_blank

MAX_WORK: Final = 4_000
"""Permutations tried in all. Real badges need none or a few; each costs some 10 microseconds."""

Labels = dict[str, str]
"""Blank node -> label issued, in the order of issuing (RDFC-1.0, 4.5)."""


def label_ties(
    ties: Mapping[str, Sequence[str]], labels: Labels, mentions: Mapping[str, Sequence[Quad]], prefix: str
) -> Labels:
    """Return `labels` with canonical labels for the nodes of `ties` added (RDFC-1.0, 4.4.3 step 5).

    `ties` are the nodes without label by their first-degree hash, in its order. Raises
    `TangledGraph` before more than 4,000 permutations are tried.
    """
    hashes = {node: value for value, nodes in ties.items() for node in nodes}
    search = _Search(dict(labels), hashes, mentions)
    for nodes in ties.values():
        paths = [search.hash_n_degree(node, {node: "_:b0"}) for node in nodes if node not in search.canonical]
        for _, issued in sorted(paths, key=lambda path: path[0]):
            for node in issued:
                search.canonical.setdefault(node, f"{prefix}{len(search.canonical)}")
    return search.canonical


@dataclass
class _Search:
    canonical: Labels
    hashes: Mapping[str, str]
    mentions: Mapping[str, Sequence[Quad]]
    work: int = field(default=0)

    def hash_n_degree(self, node: str, issued: Labels) -> tuple[str, Labels]:
        """Return the hash of all that can be reached from `node`, and the labels met (RDFC-1.0, 4.8)."""
        text = ""
        for related_hash, nodes in sorted(self._related(node, issued).items()):
            path, issued = self._shortest_path(nodes, issued)
            text += related_hash + path
        return sha256(text.encode()).hexdigest(), issued

    def _related(self, node: str, issued: Labels) -> dict[str, list[str]]:
        """Return the neighbours of `node` by their hash (4.8.3 step 3), once their ties are affordable."""
        related: dict[str, list[str]] = {}
        for quad in self.mentions[node]:
            for position, other in (("s", quad[0]), ("o", quad[2]), ("g", quad[3])):
                if is_blank(other) and other != node:
                    related.setdefault(self._related_hash(other, quad, issued, position), []).append(other)
        self.work += 1 + sum(factorial(min(len(nodes), 12)) for nodes in related.values())
        if self.work > MAX_WORK:
            raise TangledGraph(reason="too many nameless parts that look the same")
        return related

    def _related_hash(self, node: str, quad: Quad, issued: Labels, position: str) -> str:
        name = self.canonical.get(node) or issued.get(node) or self.hashes[node]
        predicate = "" if position == "g" else quad[1]
        return sha256(f"{position}{predicate}{name}".encode()).hexdigest()

    def _shortest_path(self, nodes: Sequence[str], issued: Labels) -> tuple[str, Labels]:
        """Return the least path over all orders of `nodes`, with the labels it issues (4.8.3 step 5.4)."""
        best = ("", issued)
        for order in permutations(nodes):
            found = self._path(order, dict(issued), best[0])
            if found is not None and (not best[0] or found[0] < best[0]):
                best = found
        return best

    def _path(self, order: Sequence[str], issued: Labels, best: str) -> tuple[str, Labels] | None:
        """Return the path through `order`, or None as soon as it is worse than `best` (5.4.4, 5.4.5)."""
        path, unseen = "", []
        for node in order:
            if node in self.canonical:
                path += self.canonical[node]
            else:
                if node not in issued:
                    unseen.append(node)
                path += issued.setdefault(node, f"_:b{len(issued)}")
            if _is_worse(path, best):
                return None
        for node in unseen:
            value, reached = self.hash_n_degree(node, issued)
            path += f"{issued[node]}<{value}>"
            issued = dict(reached)
            if _is_worse(path, best):
                return None
        return path, issued


def _is_worse(path: str, best: str) -> bool:
    return bool(best) and len(path) >= len(best) and path > best
