"""Fills the slots of the badge templates: pictogram, outlined label, title and description."""

import math
import re
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

from badges.errors import LabelTooLong, UnknownDesignPart
from badges.issuer.artwork import BadgeDesign, alt_text, design_data, design_part, drawing
from badges.issuer.artwork_text import CAP_HEIGHT, drawable, outline, width

_LABEL_SLOT = re.compile(r'<g font-family=[^>]*><text id="label"[^>]*></text></g>')
_PICTOGRAM_SLOT = re.compile(r'(<g id="pictogram"[^>]*>)</g>')
_TITLE_SLOT = re.compile(r'(<title id="title">)[^<]*(</title>)')
_DESC_SLOT = re.compile(r'(<desc id="desc">)[^<]*(</desc>)')
_MIDDLE = 256  # of the 512 canvas
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, 2.2
_PICTOGRAM_FRAME = re.compile(r"^\s*<svg [^>]*>(.*)</svg>\s*$", re.DOTALL)


@dataclass(frozen=True)
class LabelLine:
    """One line of a label on its band: where its baseline is and how big it is drawn."""

    text: str
    size: int
    baseline: float


def badge_svg(design: BadgeDesign) -> str:
    """Return the full emblem, final: no <text>, no font, no link. See Artwork.svg for the errors."""
    label = _label_path(fit_label(design.label, design.dimension))
    return _compose("templates", design, label)


def mark_svg(design: BadgeDesign) -> str:
    """Return the emblem without its label, for use below 96 px."""
    return _compose("templates-mark", design, None)


def fit_label(label: str, dimension: str) -> list[LabelLine]:
    """Return how `label` sits on the band of `dimension` (rules of construction, section 5).

    One line from the largest size that fits to the smallest, then two lines at the smallest; never
    hyphenated, never squeezed. Raises LabelTooLong when the words need more room than that.
    """
    tokens = design_data("tokens")
    shape, kind = design_part("dimension", dimension, tokens["dimensions"]), tokens["type"]
    text, weight = drawable(label), kind["label_weight"]
    one_line, two_lines = shape["label_max_width"]
    for size in kind["label_px"]:
        if text and width(text, size, weight) <= one_line:
            return _stack([text], size, shape)
    smallest = kind["label_px"][-1]
    lines = _halves(text, smallest, weight)
    if (
        len(lines) == kind["label_lines_max"]
        and max(width(row, smallest, weight) for row in lines) <= two_lines
    ):
        return _stack(lines, smallest, shape)
    raise LabelTooLong(label=label, limit=_letters_per_line(two_lines, smallest, weight))


def _halves(text: str, size: int, weight: int) -> list[str]:
    """Return `text` cut at the space that makes its two lines most alike."""
    words = text.split(" ")
    cuts = [[" ".join(words[:at]), " ".join(words[at:])] for at in range(1, len(words))]
    return min(cuts, key=lambda pair: max(width(row, size, weight) for row in pair), default=[text])


def _letters_per_line(room: float, size: int, weight: int) -> int:
    sample = "abcdeéfghilmnoprstu"
    return math.floor(room * len(sample) / width(sample, size, weight))


def _stack(lines: list[str], size: int, shape: dict[str, Any]) -> list[LabelLine]:
    """Centre the lines on the band, from the top of the capitals to the last baseline."""
    leading = design_data("tokens")["type"]["line_height"]
    middle = sum(shape["y"]["band"]) / 2
    first = middle + (CAP_HEIGHT * size - leading * (len(lines) - 1)) / 2
    return [LabelLine(text, size, first + leading * row) for row, text in enumerate(lines)]


def _label_path(lines: list[LabelLine]) -> str:
    kind = design_data("tokens")["type"]
    weight, ink = kind["label_weight"], kind["label_colour"]
    starts = [_MIDDLE - width(line.text, line.size, weight) / 2 for line in lines]
    paths = [
        outline(line.text, start, line.baseline, line.size, weight)
        for line, start in zip(lines, starts, strict=True)
    ]
    return f'<path id="label" fill="{ink}" d="{"".join(paths)}"/>'


def _compose(folder: str, design: BadgeDesign, label: str | None) -> str:
    tokens = design_data("tokens")
    design_part("dimension", design.dimension, tokens["dimensions"])
    design_part("level", design.level, tokens["levels"])
    svg = drawing(folder, f"{design.dimension}-{design.level}")
    svg = svg.replace("<svg ", f'<svg xml:lang="{design.language}" ', 1)
    svg = _fill(_TITLE_SLOT, rf"\g<1>{_literal(_said(design.label))}\g<2>", svg)
    svg = _fill(_DESC_SLOT, rf"\g<1>{_literal(_said(alt_text(design)))}\g<2>", svg)
    svg = _fill(_PICTOGRAM_SLOT, rf"\g<1>{_literal(_pictogram(design.pictogram))}</g>", svg)
    return svg if label is None else _fill(_LABEL_SLOT, _literal(label), svg)


def _pictogram(key: str) -> str:
    framed = _PICTOGRAM_FRAME.match(drawing("pictograms", key))
    if framed is None:
        raise UnknownDesignPart(part="pictogram", name=key)
    return framed.group(1).replace("currentColor", design_data("tokens")["pictogram"]["colour"])


def _said(text: str) -> str:
    return escape(_NOT_XML.sub("", text))


def _literal(text: str) -> str:
    return text.replace("\\", r"\\")


def _fill(slot: re.Pattern[str], content: str, svg: str) -> str:
    filled, times = slot.subn(content, svg)
    if times != 1:
        raise UnknownDesignPart(part="slot", name=slot.pattern)
    return filled
