"""Rendered badges: sizes, transparency, weight, the golden look of every template, and a browser's eye."""

import base64
import io
import shutil
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat

from badges.errors import UnknownDesignPart
from badges.issuer.artwork import BadgeDesign
from badges.issuer.artwork_png import DrawnArtwork, rasterise

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = Path(__file__).with_name("golden_badge_templates.png")
TEMPLATES = sorted((ROOT / "badge_designs").glob("templates*/*.svg"))
TILE, COLUMNS = 96, 6
TOLERANCE = 0.0008  # a missing dot is 0.0012 or more; another antialiasing is less
CHROMIUM = shutil.which("chromium")
ARTWORK = DrawnArtwork()
DESIGNS = [
    BadgeDesign(
        "methodological", "N3", "puzzle", "Problem solving", "Solving problems", "en", "Canal Gardens"
    ),
    BadgeDesign("social", "N2", "team", "Équipe", "Travailler en équipe", "fr", "Les Jardins du Lien"),
    BadgeDesign(
        "contributive", "N1", "mirror", "Forces et limites", "Connaître ses forces", "fr", "Les Jardins"
    ),
    BadgeDesign(
        "technical", "N3", "signpost", "Orienter", "Orienter les voyageurs", "fr", "Les Jardins du Lien"
    ),
]
each_design = pytest.mark.parametrize("design", DESIGNS, ids=lambda d: f"{d.dimension}-{d.level}")


def _open(png: bytes) -> Image.Image:
    return Image.open(io.BytesIO(png)).convert("RGBA")


def _on_white(picture: Image.Image) -> Image.Image:
    paper = Image.new("RGBA", picture.size, "white")
    paper.alpha_composite(picture)
    return paper.convert("RGB")


def _difference(one: Image.Image, two: Image.Image) -> float:
    """Return the mean difference of two pictures seen on white, from 0 (same) to 1."""
    bands = ImageStat.Stat(ImageChops.difference(_on_white(one), _on_white(two))).mean
    return sum(bands) / len(bands) / 255


def _tile(path: Path) -> Image.Image:
    return _open(rasterise(path.read_text("utf-8"), TILE, TILE))


def _place(index: int) -> tuple[int, int]:
    return index % COLUMNS * TILE, index // COLUMNS * TILE


def draw_golden() -> None:
    """Redraw the golden sheet, after looking at every tile: python tests/adapters/test_artwork_png.py."""
    rows = -(-len(TEMPLATES) // COLUMNS)
    sheet = Image.new("RGBA", (COLUMNS * TILE, rows * TILE))
    for index, path in enumerate(TEMPLATES):
        sheet.paste(_tile(path), _place(index))
    sheet.save(GOLDEN, optimize=True)


# -- the files we hand out -----------------------------------------------------------------------
@each_design
@pytest.mark.parametrize("size", [64, 512, 1024])
def test_pngs_have_the_size_asked_a_clear_ground_and_little_weight(design: BadgeDesign, size: int) -> None:
    png = ARTWORK.png(design, size)
    picture = Image.open(io.BytesIO(png))
    assert picture.format == "PNG"
    assert picture.size == (size, size)
    assert picture.mode == "RGBA"
    assert {picture.getpixel(corner)[3] for corner in ((0, 0), (size - 1, 0), (0, size - 1))} == {0}
    assert picture.getpixel((size // 2, size // 2))[3] == 255
    assert len(png) <= 150_000


@each_design
def test_the_same_design_gives_the_same_picture(design: BadgeDesign) -> None:
    first = rasterise(ARTWORK.svg(design).decode(), 512, 512)
    assert rasterise(ARTWORK.svg(design).decode(), 512, 512) == first == ARTWORK.png(design, 512)


@each_design
def test_the_small_picture_is_the_mark(design: BadgeDesign) -> None:
    assert ARTWORK.png(design, 64) == rasterise(ARTWORK.mark_svg(design).decode(), 64, 64)


def test_a_size_that_is_not_offered_is_refused() -> None:
    with pytest.raises(UnknownDesignPart):
        ARTWORK.png(DESIGNS[0], 4096)


@each_design
def test_the_label_is_really_drawn(design: BadgeDesign) -> None:
    full = _open(ARTWORK.png(design, 512))
    band = full.crop((90, 300, 422, 396)).convert("L").point(lambda level: 255 * (level < 40))
    assert band.histogram()[255] > 1_000


# -- the look of every template ------------------------------------------------------------------
@pytest.mark.parametrize(
    "index", range(len(TEMPLATES)), ids=lambda at: f"{TEMPLATES[at].parent.name}/{TEMPLATES[at].stem}"
)
def test_every_template_still_looks_like_its_golden_picture(index: int) -> None:
    with Image.open(GOLDEN) as sheet:
        left, top = _place(index)
        golden = sheet.convert("RGBA").crop((left, top, left + TILE, top + TILE))
    assert _difference(_tile(TEMPLATES[index]), golden) < TOLERANCE


@pytest.mark.parametrize("folder", ["templates", "templates-mark"])
def test_the_golden_tolerance_sees_one_missing_dot(folder: str) -> None:
    path = ROOT / "badge_designs" / folder / "social-N3.svg"
    drawn = path.read_text("utf-8")
    dots = drawn.partition('<g id="level"')[2].partition("</g>")[0]
    fewer = drawn.replace(dots, dots.rpartition("<circle")[0])
    assert _difference(_open(rasterise(fewer, TILE, TILE)), _tile(path)) > TOLERANCE


# -- another renderer agrees ---------------------------------------------------------------------
@pytest.fixture(scope="module")
def screenshots() -> dict[BadgeDesign, Image.Image]:
    if CHROMIUM is None:
        pytest.skip("Chromium is absent: the browser is not asked to agree with resvg")
    sync_api = pytest.importorskip("playwright.sync_api")
    flags = [
        "--no-sandbox",
        "--disable-background-networking",
        "--disable-component-update",
        "--no-first-run",
    ]
    with sync_api.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=flags)
        page = browser.new_page(viewport={"width": 512, "height": 512})
        shots = {}
        for design in DESIGNS:
            source = base64.b64encode(ARTWORK.svg(design)).decode()
            page.set_content(
                "<style>html,body{margin:0;background:#fff}img{display:block;width:512px;height:512px}</style>"
                f'<img src="data:image/svg+xml;base64,{source}">'
            )
            page.wait_for_function("document.images[0].complete && document.images[0].naturalWidth > 0")
            shots[design] = _open(page.screenshot())
        browser.close()
    return shots


@pytest.mark.browser
@each_design
def test_chromium_draws_what_resvg_draws(
    design: BadgeDesign, screenshots: dict[BadgeDesign, Image.Image]
) -> None:
    ours = _open(ARTWORK.png(design, 512))
    assert _difference(ours, screenshots[design]) < 0.01
    gap = ImageChops.difference(_on_white(ours), _on_white(screenshots[design])).convert("L")
    far = sum(gap.histogram()[64:]) / (512 * 512)
    assert far < 0.01


if __name__ == "__main__":
    draw_golden()
