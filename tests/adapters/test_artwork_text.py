"""Outlined text: same measures as a browser, honest about letters it cannot draw, never too wide."""

import hashlib
import re
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from badges.issuer.artwork_text import drawable, is_readable, outline, shorten, width, wrap

FONTS = Path(__file__).resolve().parents[2] / "badges" / "web" / "static" / "fonts"
WEIRD = st.text(max_size=60)


@pytest.mark.parametrize(
    ("text", "chromium"),
    [("Équipe", 3206.24), ("AVATAR", 3706.24), ("Jugement critique", 8594.11), ("Ponctualité", 5321.30)],
)
def test_text_is_as_wide_as_a_browser_sets_it(text: str, chromium: float) -> None:
    """Widths measured in Chromium with the same file, 1000 px bold: kerning included."""
    assert width(text, 1000, 700) == pytest.approx(chromium, abs=3)


def test_kerning_pulls_letters_together() -> None:
    assert width("AVATAR", 100, 700) < sum(width(letter, 100, 700) for letter in "AVATAR") - 5


def test_bolder_text_is_wider() -> None:
    assert width("Travailler", 40, 400) < width("Travailler", 40, 700) < width("Travailler", 40, 800)


def test_outlines_hold_only_path_data() -> None:
    assert re.fullmatch(r"[MLHVQZ\d. -]+", outline("Équipe & cie", 10, 20, 46, 700))


def test_names_with_extended_latin_letters_are_drawn_whole() -> None:
    assert drawable("Łukasz Şerban Ğ Żółć Œuvre") == "Łukasz Şerban Ğ Żółć Œuvre"


def test_a_decomposed_accent_is_the_same_letter() -> None:
    assert outline(unicodedata.normalize("NFD", "Équipe"), 0, 0, 46, 700) == outline("Équipe", 0, 0, 46, 700)


def test_an_accent_the_fonts_lack_leaves_the_nearest_letter() -> None:
    assert drawable("Nguyễn") == "Nguyên"


def test_emoji_are_left_out_and_unknown_letters_become_a_box() -> None:
    assert drawable("Amina 🌻👩🏽‍🌾 Diallo") == "Amina Diallo"
    assert drawable("Amina علي") == "Amina □□□"


def test_a_box_is_visible() -> None:
    assert outline("□", 0, 100, 50, 700).startswith("M3 70h27v27h-27z")
    assert width("□", 50, 700) == pytest.approx(33)


@pytest.mark.parametrize(
    ("text", "answer"), [("Amina", True), ("علي", False), ("🌻", False), ("", False), ("…", False)]
)
def test_readable_means_at_least_one_letter_can_be_drawn(text: str, answer: bool) -> None:
    assert is_readable(text) is answer


def test_lines_break_at_spaces_only() -> None:
    lines = wrap("Se met d’accord avec les autres avant de commencer.", 27, 400, 300)
    assert " ".join(lines) == "Se met d’accord avec les autres avant de commencer."
    assert all(width(line, 27, 400) <= 300 for line in lines)


def test_a_cut_text_says_so_and_prefers_to_cut_between_words() -> None:
    assert shorten("Les Jardins du Lien", 30, 700, 200) == "Les Jardins…"
    assert shorten("Anticonstitutionnellement", 30, 700, 200) == "Anticonstitu…"
    assert shorten("Court", 30, 700, 200) == "Court"


@given(WEIRD)
def test_what_is_drawn_once_is_drawn_the_same_again(text: str) -> None:
    assert drawable(drawable(text)) == drawable(text)


@given(WEIRD)
def test_no_text_whatever_crashes_the_pen(text: str) -> None:
    assert re.fullmatch(r"[MLHVQZmhvz\d. e-]*", outline(text, 0, 0, 30, 700))


@given(WEIRD, st.integers(min_value=30, max_value=600))
def test_a_shortened_text_never_overflows(text: str, room: int) -> None:
    assert width(shorten(text, 30, 700, room), 30, 700) <= max(room, width("…", 30, 700))


def test_font_files_are_those_of_their_sources_page() -> None:
    page = (FONTS / "SOURCES.md").read_text("utf-8")
    fonts = sorted(FONTS.glob("*.woff2"))
    assert len(fonts) == 3
    for font in fonts:
        data = font.read_bytes()
        assert f"`{font.name}`" in page
        assert hashlib.sha256(data).hexdigest() in page
        assert len(data) <= 40_000
        licence = FONTS / ("bricolage-OFL.txt" if "bricolage" in font.name else "atkinson-next-OFL.txt")
        assert "SIL OPEN FONT LICENSE Version 1.1" in licence.read_text("utf-8")
