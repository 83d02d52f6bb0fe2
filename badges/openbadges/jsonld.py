"""JSON-LD in safe mode: the canonical text a proof covers, refused when it would leave anything out."""

from badges.openbadges.contexts import NO_EXTRA, Extra
from badges.openbadges.loads import Document
from badges.openbadges.rdfc import canonical_nquads
from badges.openbadges.walker import quads_of


def canonicalize(document: Document, *, extra_contexts: Extra = NO_EXTRA) -> str:
    """Return the canonical N-Quads of `document` (RDFC-1.0), or say what no signature would cover.

    Every member and type must be defined, every identifier complete, every context pinned (or in
    `extra_contexts`, address -> context document). Raises a subclass of `NotCanonical` naming the
    term and its place, or `Unreadable` for values that JSON readers disagree about.
    """
    return canonical_nquads(quads_of(document, extra_contexts=extra_contexts))
