"""The port to social cards: what a card says, as data and in words; card_png.card_png draws it."""

from dataclasses import dataclass
from typing import Protocol

from badges.issuer.artwork import BadgeDesign, dimension_words, level_words, words


@dataclass(frozen=True)
class CardSpec:
    """What one card says. Everything here is already public by the holder's choice.

    `holder_name` is the form the holder chose to show (may be empty: the card then names nobody);
    `level_label` is the level in one phrase ("Je fais"), `behaviours` are the criteria in the words
    of the framework, `address` is the short address of the public page (all three may be empty).
    """

    design: BadgeDesign
    holder_name: str
    level_label: str = ""
    behaviours: tuple[str, ...] = ()
    address: str = ""


class DrawCard(Protocol):
    """Draws a card as a PNG of 1200 x 627 px. The same spec always gives the same bytes.

    Raises UnknownDesignPart and LabelTooLong as Artwork does.
    """

    def __call__(self, spec: CardSpec, /) -> bytes:
        """Return the PNG of `spec`, at most 300 kB."""


def card_alt_text(spec: CardSpec) -> str:
    """Return the words that replace the card (og:image:alt), in the language of the badge."""
    design, level, holder = spec.design, level_words(spec.design), spec.holder_name.strip()
    pattern = words(design)["card"]["alt"] if holder else words(design)["alt"]
    return str(
        pattern.format(
            holder=holder,
            skill=design.skill_label,
            level=level[0].lower() + level[1:],
            dimension=dimension_words(design),
            issuer=design.issuer_name,
        )
    )
