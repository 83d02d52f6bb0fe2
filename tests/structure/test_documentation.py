"""What the code declares is documented, and the documentation is what the code declares."""

from pathlib import Path

import pytest

from badges.cli import cli
from badges.handbook import commands_page, errors_page
from badges.recognition.rules_workflow import workflow_page

DOCS = Path(__file__).parents[2] / "docs"
PAGES = {
    "errors": errors_page,
    "commands": lambda: commands_page(cli),
    "workflow": workflow_page,
}


@pytest.mark.parametrize("name", PAGES)
def test_a_generated_page_is_fresh(name: str) -> None:
    assert (DOCS / f"{name}.md").read_text() == PAGES[name](), f"run: badges docs {name} > docs/{name}.md"


def test_decisions_are_dated_numbered_and_short() -> None:
    pages = sorted((DOCS / "adr").glob("*.md"))
    assert pages
    for page in pages:
        text = page.read_text()
        assert page.name[:4].isdigit()
        assert "2026-" in text, f"{page.name} has no date"
        assert text.count("\n") <= 60, f"{page.name} is longer than a page"
