"""RDFC-1.0 with a bounded amount of work: a tangled graph is refused before it costs anything."""

from collections.abc import Iterable
from hashlib import sha256
from typing import Final

from badges.errors import TangledGraph
from badges.openbadges.quads import Quad
from badges.openbadges.rdfc_ties import Labels, label_ties

MAX_BLANK_NODES: Final = 512
PREFIX: Final = "_:c14n"

Mentions = dict[str, list[Quad]]
"""Blank node -> the quads it stands in, as subject, object or graph (RDFC-1.0, 4.4.3 step 2)."""


def canonical_nquads(quads: Iterable[Quad]) -> str:
    """Return the canonical N-Quads of `quads`, one line per quad, sorted (RDFC-1.0, 4.4.3).

    Raises `TangledGraph` above 512 blank nodes or 4,000 permutations, within milliseconds.
    """
    return "\n".join([*canonical_lines(quads), ""])


def canonical_lines(quads: Iterable[Quad]) -> list[str]:
    """Return the lines of `canonical_nquads`, in code point order, without their ends of line."""
    lines: list[str] = []
    others: list[Quad] = []
    for quad in quads:
        subject, predicate, thing, graph = quad
        if graph or subject[0] == "_" or thing[0] == "_":
            others.append(quad)
        else:
            lines.append(f"{subject} {predicate} {thing} .")
    name = canonical_labels(mentions_of(others)).get
    for subject, predicate, thing, graph in others:
        start = f"{name(subject, subject)} {predicate} {name(thing, thing)}"
        lines.append(f"{start} {name(graph, graph)} ." if graph else f"{start} .")
    lines.sort()
    return lines


def mentions_of(quads: Iterable[Quad]) -> Mentions:
    """Return each blank node of `quads` with the quads it stands in, each of these once."""
    mentions: Mentions = {}
    for quad in quads:
        subject, _, thing, graph = quad
        if subject[0] == "_":
            mentions.setdefault(subject, []).append(quad)
        if thing[0] == "_" and thing != subject:
            mentions.setdefault(thing, []).append(quad)
        if graph[:1] == "_" and graph not in (subject, thing):
            mentions.setdefault(graph, []).append(quad)
    return mentions


def canonical_labels(mentions: Mentions) -> Labels:
    """Return the canonical label of each blank node (RDFC-1.0, 4.4.3 steps 3 to 5).

    Nodes whose first-degree hash is their own are numbered by it; the others go the long way.
    """
    if len(mentions) > MAX_BLANK_NODES:
        raise TangledGraph(reason=f"{len(mentions)} nameless parts")
    by_hash: dict[str, list[str]] = {}
    for node, quads in mentions.items():
        by_hash.setdefault(first_degree_hash(node, quads), []).append(node)
    labels: Labels = {}
    ties: dict[str, list[str]] = {}
    for value, nodes in sorted(by_hash.items()):
        if len(nodes) == 1:
            labels[nodes[0]] = f"{PREFIX}{len(labels)}"
        else:
            ties[value] = nodes
    return label_ties(ties, labels, mentions, PREFIX) if ties else labels


def first_degree_hash(node: str, quads: Iterable[Quad]) -> str:
    """Return the hash of what is said of `node`, itself written _:a and others _:z (RDFC-1.0, 4.6)."""
    return sha256("".join(sorted([_seen_from(node, quad) for quad in quads])).encode()).hexdigest()


def _seen_from(node: str, quad: Quad) -> str:
    """Return the line of `quad` that is hashed for `node`, its end included: itself _:a, others _:z."""
    subject, predicate, thing, graph = quad
    if subject[0] == "_":
        subject = "_:a" if subject == node else "_:z"
    if thing[0] == "_":
        thing = "_:a" if thing == node else "_:z"
    if graph[:1] == "_":
        graph = "_:a" if graph == node else "_:z"
    return f"{subject} {predicate} {thing} {graph} .\n" if graph else f"{subject} {predicate} {thing} .\n"
