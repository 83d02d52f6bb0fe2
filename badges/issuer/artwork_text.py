"""Turns text into outlines, so that a picture needs no font where it is seen.

The two files of Atkinson Hyperlegible Next (Latin, then extended Latin) are tried in turn. Sizes and
widths are in the units of the drawing (px of its canvas); y grows downwards.
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from fontTools.pens.svgPathPen import SVGPathPen
from fontTools.pens.transformPen import TransformPen

from badges.issuer.artwork_font import Face, faces

CAP_HEIGHT = 0.668  # of the em, in both files
BOX = "□"  # our own drawing for a letter the fonts lack
_BOX_ADVANCE = 0.66
_SPACES = dict.fromkeys(map(ord, "\t\n\r\u2007\u2009\u200a\u202f"), "\u00a0")
_DECORATION = {"So", "Sk", "Cf", "Cc", "Cs", "Co", "Cn", "Mn", "Me"}  # emoji, joiners, loose marks


@dataclass(frozen=True)
class _Placed:
    """One glyph of one file: where it starts and how far it pushes the next (font units)."""

    face: Face | None
    glyph: str
    x: float
    advance: float


def _known(char: str) -> bool:
    return any(ord(char) in face.cmap for face in faces(400))


def _nearest(char: str) -> str:
    """Return what we draw for `char`: itself, its base letter, a box, or nothing for decoration."""
    while char != BOX and not _known(char):
        parts = unicodedata.decomposition(char).split()
        if not parts or parts[0].startswith("<"):
            return "" if unicodedata.category(char) in _DECORATION else BOX
        char = chr(int(parts[0], 16))
    return char


def drawable(text: str) -> str:
    """Return `text` as it will be drawn: emoji left out, unknown accents dropped, else a box."""
    plain = unicodedata.normalize("NFC", text).translate(_SPACES)
    drawn = "".join(_nearest(char) for char in plain)
    return " ".join(part for part in drawn.split(" ") if part)


def is_readable(text: str) -> bool:
    """Return whether at least one letter or digit of `text` can be drawn."""
    return any(char.isalnum() for char in drawable(text))


def _place(text: str, weight: int) -> Iterator[_Placed]:
    x, previous = 0.0, None
    for char in drawable(text):
        if char == BOX:
            previous = _Placed(None, "", x, _BOX_ADVANCE * 1000)
        else:
            face = next(face for face in faces(weight) if ord(char) in face.cmap)
            glyph = face.cmap[ord(char)]
            if previous is not None and previous.face is face:
                x += face.kern(previous.glyph, glyph)
            previous = _Placed(face, glyph, x, face.glyphs[glyph].width * 1000 / face.units)
        yield previous
        x += previous.advance


def width(text: str, size: float, weight: int) -> float:
    """Return how wide `text` is drawn, kerning included."""
    ends = [glyph.x + glyph.advance for glyph in _place(text, weight)]
    return ends[-1] * size / 1000 if ends else 0.0


def outline(text: str, x: float, y: float, size: float, weight: int) -> str:
    """Return the SVG path data of `text`, from `x` on, with its baseline at `y`."""
    return "".join(_draw(glyph, x + glyph.x * size / 1000, y, size) for glyph in _place(text, weight))


def _draw(glyph: _Placed, x: float, y: float, size: float) -> str:
    if glyph.face is None:
        return _box(x, y, size)
    scale = size / glyph.face.units
    pen = SVGPathPen(glyph.face.glyphs, ntos=_short)
    glyph.face.glyphs[glyph.glyph].draw(TransformPen(pen, (scale, 0, 0, -scale, x, y)))
    return str(pen.getCommands())


def _box(x: float, y: float, size: float) -> str:
    left, top, side, bar = x + 0.06 * size, y - 0.6 * size, 0.54 * size, 0.07 * size
    inner = side - 2 * bar
    return (
        f"M{_short(left)} {_short(top)}h{_short(side)}v{_short(side)}h{_short(-side)}z"
        f"m{_short(bar)} {_short(bar)}v{_short(inner)}h{_short(inner)}v{_short(-inner)}z"
    )


def _short(value: float) -> str:
    return f"{round(value, 1):g}"


def wrap(text: str, size: float, weight: int, room: float) -> list[str]:
    """Return the lines of `text` broken at its spaces to stay within `room`, first lines fullest.

    A single word wider than `room` keeps a line of its own: the caller decides what to do.
    """
    lines: list[str] = []
    for word in drawable(text).split(" "):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and width(longer, size, weight) <= room:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def shorten(text: str, size: float, weight: int, room: float) -> str:
    """Return `text`, cut with an ellipsis when it is wider than `room`, between words if it can."""
    whole = drawable(text)
    if width(whole, size, weight) <= room:
        return whole
    words = whole.split(" ")
    for kept in range(len(words) - 1, 0, -1):
        start = " ".join(words[:kept])
        if width(f"{start}…", size, weight) <= room:
            return f"{start}…"
    letters = words[0]
    while letters and width(f"{letters}…", size, weight) > room:
        letters = letters[:-1]
    return f"{letters}…"
