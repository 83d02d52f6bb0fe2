"""Draws the 1200 x 627 picture that social networks show beside a shared badge."""

from dataclasses import dataclass
from typing import Any

from badges.issuer.artwork import design_data, design_part, dimension_words, level_words, words
from badges.issuer.artwork_svg import badge_svg
from badges.issuer.artwork_text import CAP_HEIGHT, is_readable, outline, shorten, width, wrap
from badges.sharing.card import CardSpec
from badges.sharing.card_pattern import pattern_path

WIDTH, HEIGHT = 1200, 627
_PANEL, _STRIPE, _BADGE = 470, 8, 400
_LEFT, _ROOM, _MARGIN = 536, 600, 44  # the column of words, and the least air above and below it
_LOGO, _LOGO_GAP, _DOT, _DOT_PITCH, _RULE_BELOW_LEVEL = 64, 46, 11, 32, 38


@dataclass(frozen=True)
class _Line:
    """One line of words; `above` is the distance from the baseline before it."""

    text: str
    size: int
    weight: int
    ink: str
    above: float
    inset: int = 0


def card_svg(spec: CardSpec) -> str:
    """Return the card as one SVG: outlines only, no font, no link.

    Long words shrink, then wrap, and are cut with an ellipsis only when even that is not enough;
    nothing ever leaves the card. Letters our fonts lack are drawn as a box, emoji are left out, a
    name in which no letter can be drawn is left out, and an address is shown whole or not at all.
    Raises what Artwork.svg raises.
    """
    shape = design_part("dimension", spec.design.dimension, design_data("tokens")["dimensions"])
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}">'
        f'<path fill="#FFFFFF" d="M0 0h{WIDTH}v{HEIGHT}H0z"/>'
        f"{_panel(spec, shape)}{_column(spec, shape['colour'])}</svg>"
    )


def _panel(spec: CardSpec, shape: dict[str, Any]) -> str:
    """Return the tinted side: the pattern below a tenth of its strength (section 10), the badge."""
    place = f'x="{(_PANEL - _BADGE) / 2:g}" y="{(HEIGHT - _BADGE) / 2:g}" width="{_BADGE}" height="{_BADGE}"'
    motif = pattern_path(shape["pattern"], _PANEL, HEIGHT)
    paint = f'stroke="{shape["colour"]}" stroke-opacity="0.08"'
    return (
        f'<path fill="{shape["tint"]}" d="M0 0h{_PANEL}v{HEIGHT}H0z"/><path {paint} {motif}/>'
        f'<path fill="#FFFFFF" d="M{_PANEL} 0H{WIDTH}v{HEIGHT}H{_PANEL}z"/>'
        f'<path fill="{shape["colour"]}" d="M{_PANEL} 0h{_STRIPE}v{HEIGHT}h-{_STRIPE}z"/>'
        + badge_svg(spec.design).replace("<svg ", f"<svg {place} ", 1)
    )


def _column(spec: CardSpec, colour: str) -> str:
    """Return the words, centred by height, with as many whole criteria as there is room for."""
    ink = design_data("tokens")["neutral"]["ink"]
    head = _headline(spec, colour, ink)
    level_row = len(head)
    head += [_level(spec, ink), *_holder(spec, ink)]
    issuer = _issuer(spec, ink)
    lines, height = head, 0.0
    for count in range(len(spec.behaviours), -1, -1):
        lines = head + _criteria(spec.behaviours[:count], ink)
        height = _height(lines, level_row) + _LOGO_GAP + max(_LOGO, _block(issuer))
        if height <= HEIGHT - 2 * _MARGIN:
            break
    top = (HEIGHT - height) / 2
    baselines = _baselines(lines, top + CAP_HEIGHT * lines[0].size)
    rule = baselines[level_row] + _RULE_BELOW_LEVEL
    foot = top + _height(lines, level_row) + _LOGO_GAP
    return (
        "".join(_draw(line, y) for line, y in zip(lines, baselines, strict=True))
        + _dots(spec, colour, baselines[level_row] - _DOT)
        + f'<path fill="{colour}" fill-opacity="0.45" d="M{_LEFT} {rule - 1:g}h{_ROOM}v2h-{_ROOM}z"/>'
        + _sign(ink, foot, max(_LOGO, _block(issuer)), issuer)
    )


def _headline(spec: CardSpec, colour: str, ink: str) -> list[_Line]:
    """Return the dimension, then the skill: as large as fits on one line, else on two."""
    said = dimension_words(spec.design)
    eyebrow = _Line(said[0].upper() + said[1:], 27, 600, colour, 0)
    rows, size = skill_rows(spec.design.skill_label)
    return [eyebrow, *(_Line(row, size, 700, ink, size + (2 if at else 13)) for at, row in enumerate(rows))]


def skill_rows(skill: str) -> tuple[list[str], int]:
    """Return the one or two rows of a skill name on the card, and their size in px."""
    return _rows(skill, (60, 54, 48), (52, 46, 40), 700, _ROOM)


def _level(spec: CardSpec, ink: str) -> _Line:
    text = " — ".join(filter(None, (level_words(spec.design), spec.level_label)))
    inset = _rank(spec) * _DOT_PITCH + 6
    rows, size = _rows(text, (31, 28, 25), (), 600, _ROOM - inset)
    return _Line(rows[0], size, 600, ink, 60, inset)


def _holder(spec: CardSpec, ink: str) -> list[_Line]:
    if not is_readable(spec.holder_name):
        return []
    rows, size = _rows(spec.holder_name, (38, 34), (34, 30), 700, _ROOM)
    first = _RULE_BELOW_LEVEL + 56
    return [_Line(row, size, 700, ink, size + 3 if at else first) for at, row in enumerate(rows)]


def _criteria(behaviours: tuple[str, ...], ink: str) -> list[_Line]:
    lines: list[_Line] = []
    for behaviour in behaviours:
        rows = [shorten(row, 27, 400, _ROOM) for row in wrap(behaviour, 27, 400, _ROOM)]
        lines += [_Line(row, 27, 400, ink, 35 if at else 48) for at, row in enumerate(rows)]
    return lines


def _issuer(spec: CardSpec, ink: str) -> list[_Line]:
    """Return the public name of the issuer, then where to verify if the whole address fits."""
    inset = _LOGO + 16
    rows, size = _rows(spec.design.issuer_name, (27, 24), (24, 21), 700, _ROOM - inset)
    lines = [_Line(row, size, 700, ink, size + 4 if at else 0, inset) for at, row in enumerate(rows)]
    verify = words(spec.design)["card"]["verify"].format(address=spec.address)
    for text in (verify, spec.address) if spec.address else ():
        for verify_size in (23, 20):
            if width(text, verify_size, 400) <= _ROOM - inset:
                slate = design_data("tokens")["neutral"]["slate"]
                return [*lines, _Line(text, verify_size, 400, slate, 34, inset)]
    return lines


def _rows(
    text: str, one_row: tuple[int, ...], two_rows: tuple[int, ...], weight: int, room: int
) -> tuple[list[str], int]:
    """Return `text` on one row, else on two, at the first size that fits; cut at the last size."""
    for size in one_row:
        if width(text, size, weight) <= room:
            return [shorten(text, size, weight, room)], size
    for size in two_rows:
        rows = wrap(text, size, weight, room)
        if len(rows) <= 2 and all(width(row, size, weight) <= room for row in rows):  # noqa: PLR2004
            return rows, size
    size = (two_rows or one_row)[-1]
    rows = wrap(text, size, weight, room) if two_rows else [text]
    kept = [rows[0], " ".join(rows[1:])] if len(rows) > 1 else rows
    return [shorten(row, size, weight, room) for row in kept], size


def _rank(spec: CardSpec) -> int:
    return int(design_data("tokens")["levels"][spec.design.level]["rank"])


def _height(lines: list[_Line], level_row: int) -> float:
    """Return the distance from the top of the first capitals to the last baseline, or to the rule."""
    alone = _RULE_BELOW_LEVEL if len(lines) == level_row + 1 else 0
    return CAP_HEIGHT * lines[0].size + sum(line.above for line in lines[1:]) + alone


def _block(lines: list[_Line]) -> float:
    return CAP_HEIGHT * lines[0].size + sum(line.above for line in lines[1:])


def _baselines(lines: list[_Line], first: float) -> list[float]:
    found = [first]
    for line in lines[1:]:
        found.append(found[-1] + line.above)
    return found


def _draw(line: _Line, y: float) -> str:
    path = outline(line.text, _LEFT + line.inset, y, line.size, line.weight)
    return f'<path fill="{line.ink}" d="{path}"/>' if path else ""


def _dots(spec: CardSpec, colour: str, y: float) -> str:
    return "".join(
        f'<circle fill="{colour}" cx="{_LEFT + _DOT + at * _DOT_PITCH}" cy="{y:g}" r="{_DOT}"/>'
        for at in range(_rank(spec))
    )


def _sign(ink: str, top: float, height: float, lines: list[_Line]) -> str:
    """Return the sign of a structure with its words beside it, both centred on the same height."""
    first = top + (height - _block(lines)) / 2 + CAP_HEIGHT * lines[0].size
    place = f"translate({_LEFT} {top + (height - _LOGO) / 2:g}) scale({_LOGO / 88:.4f})"
    return (
        f'<g transform="{place}" fill="none" stroke="{ink}" stroke-width="5" stroke-linejoin="round"'
        ' stroke-linecap="round"><circle cx="44" cy="44" r="41"/>'
        '<path d="M24 58V38l20-14 20 14v20M38 58V46h12v12"/></g>'
        + "".join(_draw(line, y) for line, y in zip(lines, _baselines(lines, first), strict=True))
    )
