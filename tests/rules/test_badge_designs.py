"""Every file of badge_designs keeps the rules of construction: structure, sizes, contrasts, ink."""

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import resvg_py
from defusedxml import ElementTree
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
DESIGNS = ROOT / "badge_designs"
TOKENS = json.loads((DESIGNS / "tokens.json").read_text("utf-8"))
WORDS = json.loads((DESIGNS / "words.json").read_text("utf-8"))
FULL = sorted((DESIGNS / "templates").glob("*.svg"))
MARKS = sorted((DESIGNS / "templates-mark").glob("*.svg"))
PICTOGRAMS = sorted((DESIGNS / "pictograms").glob("*.svg"))
FRAMEWORKS = [
    json.loads(path.read_text("utf-8"))
    for path in sorted((ROOT / "badges" / "frameworks" / "catalogue").glob("*.json"))
]
SKILL_LEVEL = re.compile(r"^(methodological|social|contributive|technical)-(N[123])$")
SVG = "{http://www.w3.org/2000/svg}"
DRAWN = {"svg", "g", "path", "circle", "rect", "ellipse"}
ALLOWED = DRAWN | {"title", "desc", "defs", "clipPath", "text", "tspan"}

each_template = pytest.mark.parametrize("path", FULL + MARKS, ids=lambda p: f"{p.parent.name}/{p.stem}")
each_emblem = pytest.mark.parametrize(
    "path", [p for p in FULL + MARKS if SKILL_LEVEL.match(p.stem)], ids=lambda p: f"{p.parent.name}/{p.stem}"
)
each_pictogram = pytest.mark.parametrize("path", PICTOGRAMS, ids=lambda p: p.stem)
each_dimension = pytest.mark.parametrize("name", list(TOKENS["dimensions"]))


def _root(path: Path) -> Any:
    return ElementTree.fromstring(path.read_text("utf-8"))


def _ids(root: Any) -> dict[str, Any]:
    return {el.get("id"): el for el in root.iter() if el.get("id")}


def _dimensions() -> Iterator[dict[str, Any]]:
    for framework in FRAMEWORKS:
        yield from framework.get("dimensions", [])
        if "dimension" in framework:
            yield framework["dimension"]


def _pictogram_keys(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if "pictogram" in node:
            yield node["pictogram"]
        for value in node.values():
            yield from _pictogram_keys(value)
    elif isinstance(node, list):
        for value in node:
            yield from _pictogram_keys(value)


def _alpha(svg: str, size: int) -> Image.Image:
    raw = resvg_py.svg_to_bytes(svg_string=svg, width=size, height=size, skip_system_fonts=True)
    return Image.open(io.BytesIO(bytes(raw))).convert("RGBA").getchannel("A")


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _mix(colour: str, other: str, share: float) -> str:
    pairs = zip(_rgb(colour), _rgb(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02X}" for a, b in pairs)


def _contrast(one: str, two: str) -> float:
    """WCAG 2.2 contrast ratio."""

    def luminance(colour: str) -> float:
        parts = [c / 255 for c in _rgb(colour)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(one), luminance(two)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


# -- the family is complete ----------------------------------------------------------------------
def test_every_dimension_and_level_has_a_full_emblem_and_a_mark() -> None:
    wanted = {f"{dimension}-{level}" for dimension in TOKENS["dimensions"] for level in TOKENS["levels"]}
    assert wanted <= {path.stem for path in FULL}
    assert wanted == {path.stem for path in MARKS}


def test_tokens_say_the_same_as_the_frameworks() -> None:
    seen = set()
    for dimension in _dimensions():
        token = TOKENS["dimensions"][dimension["id"]]
        assert dimension["visual"] == {key: token[key] for key in dimension["visual"]}
        seen.add(dimension["id"])
    assert seen == set(TOKENS["dimensions"])


def test_level_marks_say_the_same_as_the_frameworks() -> None:
    for framework in FRAMEWORKS:
        for level in framework["levels"]:
            token = TOKENS["levels"][level["code"]]
            assert level["rank"] == token["rank"]
            assert level["badge_mark"] == {"dots": token["dots"], "ring": token["ring"]}


def test_every_pictogram_key_of_the_frameworks_is_drawn() -> None:
    keys = {key for framework in FRAMEWORKS for key in _pictogram_keys(framework)}
    assert keys, "no framework was read"
    assert keys - {path.stem for path in PICTOGRAMS} == set()


def test_every_language_says_every_dimension_and_level() -> None:
    languages = {name for name in WORDS if not name.startswith("$")}
    for language in languages:
        assert set(WORDS[language]["dimension"]) == set(TOKENS["dimensions"])
        assert set(WORDS[language]["card"]) == {"alt", "verify"}
    for level in TOKENS["levels"].values():
        assert set(level["words"]) == languages


# -- colours -------------------------------------------------------------------------------------
@each_dimension
def test_derived_colours_are_the_mixes_they_claim(name: str) -> None:
    token = TOKENS["dimensions"][name]
    motif = 0.45 if token["letter"] == "M" else 0.36
    assert token["field"] == _mix(token["colour"], "#FFFFFF", 0.10)
    assert token["motif"] == _mix(token["colour"], "#FFFFFF", motif)
    assert token["deep"] == _mix(token["colour"], "#000000", 0.24)


@each_dimension
def test_contrasts_hold_for_people_with_low_vision(name: str) -> None:
    token = TOKENS["dimensions"][name]
    assert _contrast("#FFFFFF", token["colour"]) >= 4.5
    assert _contrast("#FFFFFF", token["field"]) >= 3
    assert _contrast(token["colour"], token["tint"]) >= 3
    assert _contrast(TOKENS["type"]["label_colour"], token["tint"]) >= 13


@each_emblem
def test_emblems_use_only_the_colours_of_their_dimension(path: Path) -> None:
    token = TOKENS["dimensions"][path.stem.rsplit("-", 1)[0]]
    allowed = {token[key] for key in ("colour", "tint", "field", "motif", "deep")} | {"#FFFFFF", "#1B1B1B"}
    assert set(re.findall(r"#[0-9A-Fa-f]{6}\b", path.read_text("utf-8"))) <= allowed


# -- structure of the templates ------------------------------------------------------------------
@each_template
def test_templates_hold_only_safe_elements(path: Path) -> None:
    root = _root(path)
    assert {el.tag.removeprefix(SVG) for el in root.iter()} <= ALLOWED
    for el in root.iter():
        for name, value in el.attrib.items():
            assert not name.lower().startswith("on")
            assert name.split("}")[-1] not in {"href", "style", "filter", "mask"}
            assert "url(" not in value or re.fullmatch(r"url\(#[a-z-]+\)", value)


@each_template
def test_templates_are_named_square_pictures(path: Path) -> None:
    root = _root(path)
    assert root.get("viewBox") == TOKENS["canvas"]["viewBox"]
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == "title desc"
    assert _ids(root)["title"].text
    assert _ids(root)["desc"].text


@each_template
def test_templates_have_their_slots_and_unique_ids(path: Path) -> None:
    ids = [el.get("id") for el in _root(path).iter() if el.get("id")]
    assert len(ids) == len(set(ids))
    assert {"title", "desc", "pictogram", "level", "issuer"} <= set(ids)
    assert ("label" in ids) == (path.parent.name == "templates")


@each_template
def test_templates_are_small(path: Path) -> None:
    assert path.stat().st_size <= 30_000


@each_template
def test_no_stroke_is_thinner_than_six(path: Path) -> None:
    root = _root(path)
    slot = _ids(root)["pictogram"]
    scale = float(next(iter(re.findall(r"scale\(([\d.]+)\)", slot.get("transform", ""))), 1))
    for el in root.iter():
        width = float(el.get("stroke-width", TOKENS["canvas"]["min_stroke"]))
        assert width * (scale if el is slot else 1) >= TOKENS["canvas"]["min_stroke"]


@each_template
def test_coloured_ink_keeps_the_safe_margin(path: Path) -> None:
    svg = re.sub(r'<path id="halo"[^>]*/>', "", path.read_text("utf-8"))
    left, top, right, bottom = _alpha(svg, 512).point(lambda a: 255 * (a > 12)).getbbox() or (0, 0, 512, 512)
    assert min(left, top) >= 23
    assert max(right, bottom) <= 489


@each_emblem
def test_the_level_is_counted_in_dots_and_measured_in_rings(path: Path) -> None:
    level = TOKENS["levels"][path.stem[-2:]]
    ids = _ids(_root(path))
    mark = path.parent.name == "templates-mark"
    diameter = TOKENS["dots"]["mark"]["diameter"] if mark else TOKENS["dots"]["diameter"]
    dots = [float(dot.get("r")) * 2 for dot in ids["level"]]
    assert dots == [diameter] * level["dots"]
    rings = [float(ring.get("stroke-width")) for ring in ids["ring"]]
    assert sorted(rings) == sorted(far - near for near, far in level["ring_bands"])


@each_emblem
def test_the_dots_stand_symmetric_about_the_axis(path: Path) -> None:
    centres = [float(dot.get("cx")) for dot in _ids(_root(path))["level"]]
    assert sum(centres) / len(centres) == pytest.approx(256)


# -- pictograms ----------------------------------------------------------------------------------
@each_pictogram
def test_pictograms_are_drawn_on_the_same_grid(path: Path) -> None:
    root, kind = _root(path), TOKENS["pictogram"]
    assert path.stat().st_size <= kind["max_bytes"]
    assert root.get("viewBox") == f"0 0 {kind['grid']} {kind['grid']}"
    drawn = {name: root.get(name) for name in ("fill", "stroke", "stroke-width")}
    assert drawn == {"fill": "none", "stroke": "currentColor", "stroke-width": str(kind["stroke"])}
    assert root.get("stroke-linecap") == kind["cap"]
    assert root.get("stroke-linejoin") == kind["join"]
    assert {el.tag.removeprefix(SVG) for el in root.iter()} <= DRAWN


@each_pictogram
def test_pictograms_bring_no_colour_of_their_own(path: Path) -> None:
    for el in _root(path).iter():
        assert el.get("fill") in {None, "none", "currentColor"}
        assert el.get("stroke") in {None, "none", "currentColor"}
        assert not {name.split("}")[-1] for name in el.attrib} & {"id", "href", "style", "opacity", "class"}


@each_pictogram
def test_pictograms_fill_the_live_area_and_sit_in_its_middle(path: Path) -> None:
    scale = 20
    alpha = _alpha(path.read_text("utf-8").replace("currentColor", "#000000"), 24 * scale)
    box = alpha.point(lambda a: 255 * (a > 12)).getbbox()
    assert box is not None
    left, top, right, bottom = (edge / scale for edge in box)
    assert min(left, top) >= 0.5
    assert max(right, bottom) <= 23.5
    assert abs((left + right) / 2 - 12) <= 1.3
    assert abs((top + bottom) / 2 - 12) <= 1.3
    ink = sum(level * count for level, count in enumerate(alpha.histogram())) / 255 / (24 * scale) ** 2
    assert 0.10 <= ink <= 0.42
