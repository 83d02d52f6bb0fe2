"""Final badges: every label of the catalogue fits, and the file is safe, outlined and said in words."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from defusedxml import ElementTree

from badges.errors import LabelTooLong, UnknownDesignPart
from badges.issuer.artwork import BadgeDesign
from badges.issuer.artwork_png import DrawnArtwork
from badges.issuer.artwork_svg import fit_label
from badges.issuer.artwork_text import width

ROOT = Path(__file__).resolve().parents[2]
TOKENS = json.loads((ROOT / "badge_designs" / "tokens.json").read_text("utf-8"))
SVG = "{http://www.w3.org/2000/svg}"
TEAM = BadgeDesign("social", "N2", "team", "Équipe", "Travailler en équipe", "fr", "Les Jardins du Lien")
ARTWORK = DrawnArtwork()


def _skills() -> Iterator[tuple[str, dict[str, Any]]]:
    for path in sorted((ROOT / "badges" / "frameworks" / "catalogue").glob("*.json")):
        framework = json.loads(path.read_text("utf-8"))
        for group in framework.get("dimensions") or framework["units"]:
            dimension = framework["dimension"]["id"] if "dimension" in framework else group["id"]
            yield from ((dimension, skill) for skill in group["skills"])


DESIGNS = [
    BadgeDesign(
        dimension,
        ("N1", "N2", "N3")[index % 3],
        skill["pictogram"],
        skill["badge_label"][language],
        skill["label"][language],
        language,
        "Les Jardins du Lien",
    )
    for index, (dimension, skill) in enumerate(_skills())
    for language in ("fr", "en")
]
each_design = pytest.mark.parametrize(
    "design", DESIGNS, ids=lambda d: f"{d.dimension}-{d.language}-{d.label}"
)


def test_the_catalogue_was_read() -> None:
    assert len(DESIGNS) >= 144


# -- the label on its band -----------------------------------------------------------------------
@each_design
def test_every_label_fits_its_band_in_every_language(design: BadgeDesign) -> None:
    room = TOKENS["dimensions"][design.dimension]["label_max_width"]
    lines = fit_label(design.label, design.dimension)
    assert 1 <= len(lines) <= 2
    for line in lines:
        assert line.size >= TOKENS["canvas"]["min_text_px"]
        assert width(line.text, line.size, 700) <= room[len(lines) - 1]


def test_a_short_label_is_drawn_as_large_as_allowed() -> None:
    (line,) = fit_label("Équipe", "social")
    assert line.size == 46


def test_a_longer_label_shrinks_before_it_takes_two_lines() -> None:
    (line,) = fit_label("Confidentialité", "social")
    assert line.size == 38
    assert [row.size for row in fit_label("Jugement critique", "methodological")] == [36, 36]


def test_two_lines_are_cut_at_a_space_and_never_inside_a_word() -> None:
    lines = fit_label("Forces et limites", "contributive")
    assert [line.text for line in lines] == ["Forces et", "limites"]
    assert lines[1].baseline - lines[0].baseline == TOKENS["type"]["line_height"]


def test_a_no_break_space_keeps_its_words_together() -> None:
    lines = fit_label("Forces et\u00a0limites", "contributive")
    assert [line.text for line in lines] == ["Forces", "et\u00a0limites"]


@pytest.mark.parametrize(
    "label", ["Anticonstitutionnellement", "Prendre le temps de bien écouter tout le monde"]
)
def test_a_label_that_does_not_fit_is_refused_by_name_with_the_limit(label: str) -> None:
    with pytest.raises(LabelTooLong) as refused:
        ARTWORK.svg(replace(TEAM, label=label))
    assert refused.value.params["label"] == label
    assert refused.value.params["limit"] == pytest.approx(14, abs=2)
    assert label in str(refused.value)


def test_an_empty_label_is_refused() -> None:
    with pytest.raises(LabelTooLong):
        ARTWORK.svg(replace(TEAM, label=" "))


def test_the_label_is_where_the_designer_drew_it() -> None:
    """Edges of the outlined label in the designer's own final file for « Équipe », 0.7 px of grace."""
    box = _label_box(ARTWORK.svg(TEAM))
    assert box == pytest.approx((184.7, 322.0, 329.0, 370.3), abs=0.7)


def _label_box(svg: bytes) -> tuple[float, float, float, float]:
    path = re.search(rb'<path id="label"[^>]* d="([^"]+)"', svg)
    assert path is not None
    x = y = 0.0
    xs, ys = [], []
    for command, numbers in re.findall(r"([MLHVQZ])([^MLHVQZ]*)", path[1].decode()):
        values = [float(n) for n in re.findall(r"-?[\d.]+", numbers)]
        if command == "H":
            points = [(value, y) for value in values]
        elif command == "V":
            points = [(x, value) for value in values]
        else:
            points = list(zip(values[::2], values[1::2], strict=True))
        for x, y in points:
            xs.append(x)
            ys.append(y)
    return min(xs), min(ys), max(xs), max(ys)


# -- the final file ------------------------------------------------------------------------------
@each_design
def test_final_files_are_outlined_small_and_closed(design: BadgeDesign) -> None:
    for svg in (ARTWORK.svg(design), ARTWORK.mark_svg(design)):
        root = ElementTree.fromstring(svg.decode())
        tags = {el.tag.removeprefix(SVG) for el in root.iter()}
        assert len(svg) <= 30_000
        assert tags <= {"svg", "title", "desc", "defs", "clipPath", "g", "path", "circle", "rect", "ellipse"}
        assert b"currentColor" not in svg
        assert b"font-" not in svg
        assert b"{" not in svg
        ids = [el.get("id") for el in root.iter() if el.get("id")]
        assert len(ids) == len(set(ids))


@each_design
def test_final_files_say_in_words_what_they_show(design: BadgeDesign) -> None:
    root = ElementTree.fromstring(ARTWORK.svg(design).decode())
    assert root.get("viewBox") == "0 0 512 512"
    assert root.get("role") == "img"
    assert root.get("{http://www.w3.org/XML/1998/namespace}lang") == design.language
    assert root.findtext(f"{SVG}title") == design.label
    assert root.findtext(f"{SVG}desc") == ARTWORK.alt_text(design)


def test_a_final_file_has_one_outlined_label_and_its_pictogram() -> None:
    root = ElementTree.fromstring(ARTWORK.svg(TEAM).decode())
    assert len(root.findall(f".//{SVG}path[@id='label']")) == 1
    assert len(root.find(f".//{SVG}g[@id='pictogram']")) == 5


def test_the_mark_has_no_label() -> None:
    root = ElementTree.fromstring(ARTWORK.mark_svg(TEAM).decode())
    assert root.find(f".//{SVG}path[@id='label']") is None
    assert len(root.find(f".//{SVG}g[@id='pictogram']")) == 5


def test_the_same_design_gives_the_same_bytes() -> None:
    again = replace(TEAM)
    assert DrawnArtwork().svg(again) == ARTWORK.svg(TEAM)
    assert DrawnArtwork().mark_svg(again) == ARTWORK.mark_svg(TEAM)


def test_words_from_people_cannot_become_markup() -> None:
    nasty = "<script>&\"'\\g<1>\x00\x0b\ufffe"
    design = replace(TEAM, label="A<b>&", skill_label=nasty, issuer_name=nasty)
    root = ElementTree.fromstring(ARTWORK.svg(design).decode())
    assert root.findtext(f"{SVG}title") == "A<b>&"
    assert root.findtext(f"{SVG}desc", "").count("<script>&\"'\\g<1>") == 2
    assert f"{SVG}script" not in {el.tag for el in root.iter()}


@pytest.mark.parametrize(
    ("part", "change"),
    [
        ("dimension", {"dimension": "magical"}),
        ("level", {"level": "N4"}),
        ("pictograms", {"pictogram": "dragon"}),
        ("pictograms", {"pictogram": "../tokens"}),
        ("language", {"language": "xx"}),
        ("language", {"language": "$comment"}),
    ],
)
def test_what_nobody_has_drawn_is_refused_by_name(part: str, change: dict[str, str]) -> None:
    with pytest.raises(UnknownDesignPart) as refused:
        ARTWORK.svg(replace(TEAM, **change))
    assert refused.value.params == {"part": part, "name": next(iter(change.values()))}


# -- the words that replace the picture ----------------------------------------------------------
def test_alt_text_in_french_follows_the_rules() -> None:
    assert ARTWORK.alt_text(TEAM) == (
        "Badge Travailler en équipe, niveau 2 sur 3, compétence sociale, délivré par Les Jardins du Lien"
    )


def test_alt_text_in_english_follows_the_rules() -> None:
    design = BadgeDesign(
        "technical", "N3", "pot-steam", "Cooking", "Cooking hot dishes", "en", "{Canal} Kitchen"
    )
    assert ARTWORK.alt_text(design) == (
        "Cooking hot dishes badge, level 3 of 3, technical skill, issued by {Canal} Kitchen"
    )
