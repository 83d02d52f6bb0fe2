"""The badge drawn on the first page is a real one: the composer still draws it so."""

from pathlib import Path

import pytest

from badges import web
from badges.frameworks import queries as frameworks
from badges.frameworks import service
from badges.frameworks.rules import text_in
from badges.issuer.artwork import BadgeDesign
from badges.issuer.artwork_png import DrawnArtwork

SHOWN = Path(web.__file__).parent / "static" / "img"


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_example_on_the_first_page_is_what_the_composer_draws(language: str) -> None:
    (path,) = (path for path in service.catalogue_files() if path.stem.startswith("soft"))
    skill = frameworks.parse_document(path.read_text("utf-8")).skill("S03")
    design = BadgeDesign(
        dimension=skill.dimension.id,
        level="N2",
        pictogram=skill.pictogram,
        label=text_in(skill.badge_label, language),
        skill_label=text_in(skill.label, language),
        language=language,
        issuer_name="Les Jardins du Canal",
    )
    assert (SHOWN / f"example-badge-{language}.svg").read_bytes() == DrawnArtwork().svg(design)
