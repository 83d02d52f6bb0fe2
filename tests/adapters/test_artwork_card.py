"""The social card: right size, right words, whole, whatever the name and however long the words."""

import io
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from defusedxml import ElementTree
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops

from badges.errors import LabelTooLong, UnknownDesignPart
from badges.issuer.artwork import BadgeDesign
from badges.issuer.artwork_text import drawable
from badges.sharing.card import CardSpec, card_alt_text
from badges.sharing.card_pattern import pattern_path
from badges.sharing.card_png import card_png
from badges.sharing.card_svg import card_svg, skill_rows

CATALOGUE = Path(__file__).resolve().parents[2] / "badges" / "frameworks" / "catalogue"
TEAM = BadgeDesign("social", "N2", "team", "Équipe", "Travailler en équipe", "fr", "Les Jardins du Lien")
CARD = CardSpec(
    TEAM,
    "Amina Diallo",
    "Je fais",
    ("Se met d’accord avec les autres avant de commencer.", "Prévient l’équipe quand il y a un problème."),
    "badges.exemple.eu/v/7K3Q-M2",
)
EXTREME = CardSpec(
    replace(
        TEAM, skill_label="Anticonstitutionnellement " * 5, issuer_name="Association pour l’insertion " * 6
    ),
    "Marie-Antoinette Konaté-Vandenbrouck de la Rochefoucauld-Montmorency " * 2,
    "Je transmets à toutes les personnes qui arrivent dans l’équipe",
    ("Explique à une nouvelle personne comment faire. " * 4,) * 4,
    "un-domaine-vraiment-tres-long.association-intercommunale.exemple.eu/verifier/7K3Q-M2",
)


def _picture(spec: CardSpec) -> Image.Image:
    return Image.open(io.BytesIO(card_png(spec)))


def _ink(spec: CardSpec) -> tuple[int, int, int, int]:
    """Return the box of everything drawn on the white side of the card."""
    side = _picture(spec).convert("RGB").crop((480, 0, 1200, 627))
    box = ImageChops.difference(side, Image.new("RGB", side.size, "white")).getbbox()
    assert box is not None
    return box[0] + 480, box[1], box[2] + 480, box[3]


@pytest.mark.parametrize("spec", [CARD, EXTREME, CardSpec(TEAM, "")], ids=["usual", "extreme", "least"])
def test_cards_have_the_size_social_networks_ask_for(spec: CardSpec) -> None:
    picture = _picture(spec)
    assert picture.format == "PNG"
    assert picture.size == (1200, 627)
    assert picture.mode == "RGB"
    assert len(card_png(spec)) <= 300_000


@pytest.mark.parametrize("spec", [CARD, EXTREME, CardSpec(TEAM, "")], ids=["usual", "extreme", "least"])
def test_no_word_leaves_the_card(spec: CardSpec) -> None:
    left, top, right, bottom = _ink(spec)
    assert left >= 530
    assert top >= 40
    assert right <= 1138
    assert bottom <= 587


def test_the_same_card_gives_the_same_bytes() -> None:
    card_png.cache_clear()
    first = card_png(CARD)
    card_png.cache_clear()
    assert card_png(replace(CARD)) == first


def test_cards_are_outlined_and_closed() -> None:
    root = ElementTree.fromstring(card_svg(EXTREME))
    tags = {el.tag.rsplit("}", 1)[-1] for el in root.iter()}
    assert tags <= {"svg", "title", "desc", "defs", "clipPath", "g", "path", "circle", "rect", "ellipse"}


@pytest.mark.parametrize(
    "change",
    [
        {"holder_name": "Bakary Sow"},
        {"level_label": "Doing"},
        {"behaviours": ("Autre chose.",)},
        {"address": "x.eu"},
        {"design": replace(TEAM, level="N3")},
        {"design": replace(TEAM, issuer_name="Canal")},
        {"design": replace(TEAM, skill_label="Écouter")},
    ],
    ids=["name", "level phrase", "criteria", "address", "level", "issuer", "skill"],
)
def test_every_field_is_seen_on_the_card(change: dict[str, object]) -> None:
    other = replace(CARD, **change)  # type: ignore[arg-type]
    assert ImageChops.difference(_picture(CARD), _picture(other)).convert("L").getbbox() is not None


def test_a_card_without_a_name_names_nobody() -> None:
    nameless = replace(CARD, holder_name="")
    assert card_svg(nameless).count("<path") == card_svg(CARD).count("<path") - 1
    assert card_alt_text(nameless).startswith("Badge Travailler en équipe")


def test_a_name_in_a_script_we_cannot_draw_is_left_out_but_said() -> None:
    unknown = replace(CARD, holder_name="محمد")
    assert card_svg(unknown) == card_svg(replace(CARD, holder_name=""))
    assert card_alt_text(unknown).startswith("محمد")


def test_an_address_is_shown_whole_or_not_at_all() -> None:
    assert card_svg(EXTREME) == card_svg(replace(EXTREME, address=""))
    assert card_svg(CARD) != card_svg(replace(CARD, address=""))


def test_criteria_that_do_not_fit_are_left_out_whole() -> None:
    long = ("Explique à une nouvelle personne comment rappeler une règle sans humilier, puis reste à côté.",)
    room_for = [card_svg(replace(CARD, behaviours=long * count)) for count in range(6)]
    assert room_for[1] != room_for[0]
    assert room_for[4] == room_for[5]


@pytest.mark.parametrize(
    "name", ["<svg onload=x>", "&amp;", "A\x00\x0b\ufffeB", "🌻🌻", "\u202eevil", "'\"]]>"]
)
def test_names_cannot_break_the_card(name: str) -> None:
    ElementTree.fromstring(card_svg(replace(CARD, holder_name=name)))
    assert _picture(replace(CARD, holder_name=name)).size == (1200, 627)


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=80), st.text(max_size=80))
def test_no_name_whatever_crashes_the_card(holder: str, issuer: str) -> None:
    svg = card_svg(CardSpec(replace(TEAM, issuer_name=issuer), holder, address="x.eu"))
    ElementTree.fromstring(svg)


@pytest.mark.parametrize("path", sorted(CATALOGUE.glob("*.json")), ids=lambda path: path.stem)
def test_every_skill_of_the_catalogue_is_written_whole(path: Path) -> None:
    framework = json.loads(path.read_text("utf-8"))
    for group in framework.get("dimensions") or framework["units"]:
        for skill in group["skills"]:
            for language in ("fr", "en"):
                rows, size = skill_rows(skill["label"][language])
                assert " ".join(rows) == drawable(skill["label"][language])
                assert size >= 46


def test_the_words_of_the_card_in_french() -> None:
    assert card_alt_text(CARD) == (
        "Amina Diallo\u00a0: Travailler en équipe, niveau 2 sur 3, compétence sociale, "
        "délivré par Les Jardins du Lien"
    )


def test_the_words_of_the_card_in_english() -> None:
    design = replace(TEAM, skill_label="Teamwork", language="en")
    assert card_alt_text(CardSpec(design, "Amina Diallo")) == (
        "Amina Diallo: Teamwork, level 2 of 3, social skill, issued by Les Jardins du Lien"
    )


def test_what_the_badge_refuses_the_card_refuses() -> None:
    with pytest.raises(LabelTooLong):
        card_svg(replace(CARD, design=replace(TEAM, label="Anticonstitutionnellement")))
    with pytest.raises(UnknownDesignPart):
        card_svg(replace(CARD, design=replace(TEAM, dimension="magical")))


@pytest.mark.parametrize("pattern", ["diagonal-lines", "dots", "chevrons", "grid"])
def test_patterns_reach_every_side_of_the_panel(pattern: str) -> None:
    numbers = [int(n) for n in re.findall(r"[M ](-?\d+)", pattern_path(pattern, 470, 627))]
    assert max(numbers) >= 449
