"""The four dimension patterns, spread over a rectangle of any size (same motifs as the emblems)."""


def pattern_path(pattern: str, width: int, height: int) -> str:
    """Return the SVG attributes of one path that covers width x height with `pattern`.

    `pattern` is a value of tokens.json: diagonal-lines, dots, chevrons or grid. Strokes and pitches
    are those of the rules of construction, section 4. Raises KeyError for another pattern.
    """
    return _PATTERNS[pattern](width, height)


def _diagonals(width: int, height: int) -> str:
    lines = "".join(f"M{x} {height}l{height} -{height}" for x in range(-height - height % 24, width, 24))
    return f'fill="none" stroke-width="7" d="{lines}"'


def _dots(width: int, height: int) -> str:
    dots = "".join(
        f"M{x + (20 if row % 2 else 0)} {row * 20}h0"
        for row in range(height // 20 + 2)
        for x in range(8, width + 40, 40)
    )
    return f'fill="none" stroke-width="16" stroke-linecap="round" d="{dots}"'


def _chevrons(width: int, height: int) -> str:
    zigzag = "l26 -20l26 20" * (width // 52 + 1)
    rows = "".join(f"M0 {y}{zigzag}" for y in range(14, height + 48, 28))
    return f'fill="none" stroke-width="7" d="{rows}"'


def _grid(width: int, height: int) -> str:
    columns = "".join(f"M{x} 0v{height}" for x in range(11, width, 28))
    rows = "".join(f"M0 {y}h{width}" for y in range(19, height, 28))
    return f'fill="none" stroke-width="6" d="{columns}{rows}"'


_PATTERNS = {"diagonal-lines": _diagonals, "dots": _dots, "chevrons": _chevrons, "grid": _grid}
