"""`badges frameworks import` and `badges docs workflow` as they are typed."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from badges import migrations
from badges.cli import cli
from badges.db import build_engine
from badges.errors import FrameworkInvalid
from badges.frameworks.service import CATALOGUE
from badges.recognition.rules_workflow import workflow_page

LONG = "Respecter la chaîne du froid dans toute la cuisine"


@pytest.fixture
def settled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A migrated database, named by the environment as an operator would."""
    url = f"sqlite:///{tmp_path / 'badges.sqlite'}"
    engine = build_engine(url)
    migrations.upgrade(engine)
    engine.dispose()
    for name, value in {
        "MODE": "test",
        "BASE_URL": "http://127.0.0.1:5000",
        "DATABASE_URL": url,
        "SECRET_KEY": "s" * 40,
        "KEY_ENCRYPTION_KEYS": "one:" + "A" * 43 + "=",
        "MEDIA_DIR": str(tmp_path / "media"),
    }.items():
        monkeypatch.setenv(f"BADGES_{name}", value)


def test_a_framework_of_spreadsheet_makers_is_stored_byte_order_mark_and_all(
    settled: None, tmp_path: Path
) -> None:
    file = tmp_path / "soft.json"
    file.write_bytes(b"\xef\xbb\xbf" + (CATALOGUE / "soft-sfc-bunk.json").read_bytes())
    first = CliRunner().invoke(cli, ["frameworks", "import", str(file)], catch_exceptions=False)
    assert first.exit_code == 0
    again = CliRunner().invoke(
        cli, ["frameworks", "import", str(CATALOGUE / "soft-sfc-bunk.json")], catch_exceptions=False
    )
    assert again.output == first.output
    assert first.output.startswith("Stored as ")


def test_every_fault_of_a_file_is_told_with_its_line(settled: None, tmp_path: Path) -> None:
    document = json.loads((CATALOGUE / "hard-cuisine-restauration.json").read_text())
    document["units"][0]["skills"][1]["id"] = "K01"
    del document["award_rules"]["N3"]
    file = tmp_path / "kitchen.json"
    file.write_text(json.dumps(document, indent=1, ensure_ascii=False))
    result = CliRunner().invoke(cli, ["frameworks", "import", str(file)])
    assert isinstance(result.exception, FrameworkInvalid)
    said = str(result.exception)
    assert "units[0].skills[1].id: “K01” is already used" in said
    assert "award_rules: no rule for the level “N3”" in said
    assert said.count("\nline ") == len(result.exception.faults) >= 8


def test_what_no_badge_could_be_drawn_of_is_not_stored(settled: None, tmp_path: Path) -> None:
    document = json.loads((CATALOGUE / "hard-cuisine-restauration.json").read_text())
    document["units"][0]["skills"][1]["badge_label"]["fr"] = LONG
    file = tmp_path / "kitchen.json"
    file.write_text(json.dumps(document, indent=1, ensure_ascii=False))
    result = CliRunner().invoke(cli, ["frameworks", "import", str(file)])
    assert isinstance(result.exception, FrameworkInvalid)
    (fault,) = result.exception.faults
    assert str(fault).startswith("line ")
    assert f"units[0].skills[1].badge_label.fr: The badge label “{LONG}”" in str(fault)


def test_the_workflow_page_is_printed_as_it_is_kept() -> None:
    assert CliRunner().invoke(cli, ["docs", "workflow"]).output == workflow_page()
