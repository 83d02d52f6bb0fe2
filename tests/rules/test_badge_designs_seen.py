"""The emblems stay apart for every eye and every printer: colour blindness, 32 px, black and white."""

import io
import itertools
import json
from pathlib import Path

import pytest
import resvg_py
from PIL import Image, ImageChops

DESIGNS = Path(__file__).resolve().parents[2] / "badge_designs"
DIMENSIONS = json.loads((DESIGNS / "tokens.json").read_text("utf-8"))["dimensions"]
PAIRS = list(itertools.combinations(DIMENSIONS, 2))
LEVELS = ("N1", "N2", "N3")

# Machado, Oliveira, Fernandes (2009), severity 1.0, applied to linear RGB.
EYES = {
    "normal": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    "protan": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deutan": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritan": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}
# sRGB to CIE XYZ (D65), IEC 61966-2-1.
XYZ = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
WHITE = (0.9505, 1.0, 1.089)

Triple = tuple[float, float, float]


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _times(matrix: tuple[Triple, Triple, Triple], vector: Triple) -> Triple:
    one, two, three = (sum(m * v for m, v in zip(row, vector, strict=True)) for row in matrix)
    return one, two, three


def _lab(colour: str, eye: str) -> Triple:
    """CIE L*a*b* of `colour` as `eye` sees it."""
    parts = [c / 255 for c in _rgb(colour)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    seen = _times(EYES[eye], (red, green, blue))
    clipped = (min(1, max(0, seen[0])), min(1, max(0, seen[1])), min(1, max(0, seen[2])))
    ratios = [value / white for value, white in zip(_times(XYZ, clipped), WHITE, strict=True)]
    x, y, z = (r ** (1 / 3) if r > 0.008856 else 7.787 * r + 16 / 116 for r in ratios)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def _distance(one: str, two: str, eye: str) -> float:
    """CIE76 colour difference."""
    pairs = zip(_lab(one, eye), _lab(two, eye), strict=True)
    return sum((a - b) ** 2 for a, b in pairs) ** 0.5


def _picture(folder: str, name: str, size: int) -> Image.Image:
    svg = (DESIGNS / folder / f"{name}.svg").read_text("utf-8")
    raw = resvg_py.svg_to_bytes(svg_string=svg, width=size, height=size, skip_system_fonts=True)
    return Image.open(io.BytesIO(bytes(raw))).convert("RGBA")


def _luma(colour: str) -> float:
    red, green, blue = _rgb(colour)
    return 0.299 * red + 0.587 * green + 0.114 * blue


@pytest.mark.parametrize("eye", EYES)
@pytest.mark.parametrize(("one", "two"), PAIRS)
def test_dimension_colours_stay_apart_for_every_eye(one: str, two: str, eye: str) -> None:
    assert _distance(DIMENSIONS[one]["colour"], DIMENSIONS[two]["colour"], eye) >= 30


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize(("one", "two"), PAIRS)
def test_silhouettes_stay_apart_at_32_px(one: str, two: str, level: str) -> None:
    shapes = [
        _picture("templates-mark", f"{name}-{level}", 32).getchannel("A").point(lambda a: 255 * (a > 127))
        for name in (one, two)
    ]
    both = ImageChops.darker(*shapes).histogram()[255]
    either = ImageChops.lighter(*shapes).histogram()[255]
    assert both / either < 0.90


@pytest.mark.parametrize("name", DIMENSIONS)
def test_the_motif_is_light_and_the_body_dark_on_a_threshold_print(name: str) -> None:
    token = DIMENSIONS[name]
    assert _luma(token["motif"]) > 128
    assert max(_luma(token[key]) for key in ("colour", "field", "deep")) < 128


@pytest.mark.parametrize("name", DIMENSIONS)
def test_the_pattern_survives_a_one_bit_print(name: str) -> None:
    paper = Image.new("RGBA", (472, 472), "white")  # 40 mm at 300 dpi
    paper.alpha_composite(_picture("templates", f"{name}-N1", 472))
    print_out = paper.convert("L").point(lambda level: 255 * (level > 128))
    scale, token = 472 / 512, DIMENSIONS[name]
    rows = range(int((token["y"]["tab_bottom"] + 20) * scale), int((token["y"]["band"][0] - 20) * scale))
    transitions = []
    for y in rows:
        line = [print_out.getpixel((x, y)) for x in range(int(96 * scale), int(416 * scale))]
        transitions.append(sum(a != b for a, b in itertools.pairwise(line)))
    busy = [count for count in transitions if count >= 6]
    assert len(busy) >= 0.6 * len(transitions), transitions


@pytest.mark.parametrize("name", DIMENSIONS)
def test_levels_differ_in_ink_even_without_colour(name: str) -> None:
    pictures = [_picture("templates-mark", f"{name}-{level}", 64).convert("LA") for level in LEVELS]
    for one, two in itertools.combinations(pictures, 2):
        difference = ImageChops.difference(one, two).convert("L")
        changed = sum(difference.point(lambda level: 255 * (level > 64)).histogram()[255:])
        assert changed >= 40
