"""The port to badge images: what a badge shows, and what can be asked of its drawing."""

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

from badges.data_files import data_dir
from badges.errors import UnknownDesignPart

PNG_SIZES = (64, 512, 1024)


@dataclass(frozen=True)
class BadgeDesign:
    """One achievement as a picture: the same for everyone who earns it.

    `dimension` is methodological, social, contributive or technical; `level` is N1, N2 or N3;
    `pictogram` is a file name of badge_designs/pictograms without its ending; `label` is the short
    badge label drawn on the band; `skill_label` and `issuer_name` (the public name) are only said in
    the words that accompany the picture; `language` is fr or en.
    """

    dimension: str
    level: str
    pictogram: str
    label: str
    skill_label: str
    language: str
    issuer_name: str


class Artwork(Protocol):
    """Draws a badge. The same design always gives the same bytes.

    Every method raises UnknownDesignPart for a dimension, level, pictogram or language that is not
    drawn, and LabelTooLong for a label that does not fit on the band.
    """

    def svg(self, design: BadgeDesign) -> bytes:
        """Return the full emblem as a final SVG: outlines only, at most 30 kB."""

    def mark_svg(self, design: BadgeDesign) -> bytes:
        """Return the emblem without its label, for use below 96 px."""

    def png(self, design: BadgeDesign, size: int) -> bytes:
        """Return a transparent PNG of `size` px: 512 or 1024 (full emblem), 64 (mark)."""

    def alt_text(self, design: BadgeDesign) -> str:
        """Return the words that replace the picture, in the language of the badge."""


@lru_cache(maxsize=8)
def design_data(name: str) -> dict[str, Any]:
    """Return one JSON file of badge_designs (tokens or words). Do not change what it returns."""
    data: dict[str, Any] = json.loads((data_dir("badge_designs") / f"{name}.json").read_text("utf-8"))
    return data


def design_part(part: str, name: str, known: dict[str, Any]) -> Any:
    """Return `known[name]`, or raise UnknownDesignPart saying which part is not drawn."""
    if name.startswith("$") or name not in known:
        raise UnknownDesignPart(part=part, name=name)
    return known[name]


def drawing(folder: str, name: str) -> str:
    """Return the source of one SVG of badge_designs. Raises UnknownDesignPart when it is missing."""
    home = data_dir("badge_designs") / folder
    if name not in {path.stem for path in home.glob("*.svg")}:
        raise UnknownDesignPart(part=folder, name=name)
    return (home / f"{name}.svg").read_text("utf-8")


def words(design: BadgeDesign) -> dict[str, Any]:
    """Return the phrases of the language of the badge (badge_designs/words.json)."""
    found: dict[str, Any] = design_part("language", design.language, design_data("words"))
    return found


def level_words(design: BadgeDesign) -> str:
    """Return the level in words, e.g. "Niveau 2 sur 3"."""
    level = design_part("level", design.level, design_data("tokens")["levels"])
    return str(design_part("language", design.language, level["words"]))


def dimension_words(design: BadgeDesign) -> str:
    """Return the dimension in words, e.g. "compétence sociale"."""
    return str(design_part("dimension", design.dimension, words(design)["dimension"]))


def alt_text(design: BadgeDesign) -> str:
    """Return the words that replace the picture (rules of construction, section 11)."""
    level = level_words(design)
    return str(
        words(design)["alt"].format(
            skill=design.skill_label,
            level=level[0].lower() + level[1:],
            dimension=dimension_words(design),
            issuer=design.issuer_name,
        )
    )
