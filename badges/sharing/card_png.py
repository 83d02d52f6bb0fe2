"""Renders a social card as the PNG that OpenGraph readers fetch."""

from functools import lru_cache

from badges.issuer.artwork_png import rasterise
from badges.sharing.card import CardSpec
from badges.sharing.card_svg import HEIGHT, WIDTH, card_svg


@lru_cache(maxsize=128)
def card_png(spec: CardSpec) -> bytes:
    """Return the card as an opaque PNG of 1200 x 627 px, at most 300 kB; see card_svg for the rest."""
    return rasterise(card_svg(spec), WIDTH, HEIGHT, opaque=True)
