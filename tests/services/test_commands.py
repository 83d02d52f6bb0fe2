"""The commands about people, structures, the journal and the database, typed as an operator would."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select, text

from badges.app import build_ports
from badges.cli import cli
from badges.people.models import Person
from badges.settings import from_environ

ROSTER = "Prénom;Nom;Rôle;E-mail\nAmina;Diallo;;\nMarc;;pilote;\nLéa;Martin;accompagnatrice;lea@x.example\n"


@pytest.fixture
def badges(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation of its own, with an empty database."""
    values = {
        "MODE": "test",
        "BASE_URL": "https://badges.example.org",
        "DATABASE_URL": f"sqlite:///{tmp_path / 'badges.sqlite'}",
        "SECRET_KEY": "s" * 40,
        "KEY_ENCRYPTION_KEYS": "one:" + "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s=",
        "MEDIA_DIR": str(tmp_path / "media"),
        "RELAY": "off",
    }
    for name, value in values.items():
        monkeypatch.setenv(f"BADGES_{name}", value)
    assert run("db", "upgrade").exit_code == 0
    return tmp_path


def run(*words: str) -> Result:
    return CliRunner().invoke(cli, words)


def opened() -> Result:
    return run(
        "structure", "create", "--public-name", "Les Jardins du Canal", "--legal-name", "X",
        "--admin-name", "Ada", "--admin-email", "ada@x.example",
    )  # fmt: skip


def test_a_structure_is_opened_from_the_command_line(badges: Path) -> None:
    made = opened()
    assert made.exit_code == 0, made.output
    assert "les-jardins-du-canal" in made.output
    assert run("db", "upgrade").exit_code == 0


def test_a_roster_is_tried_then_imported_then_changes_nothing(badges: Path) -> None:
    opened()
    roster = badges / "roster.csv"
    roster.write_bytes(ROSTER.encode("cp1252"))
    words = ("people", "import", str(roster), "--structure", "les-jardins-du-canal")
    tried = run(*words, "--dry-run")
    assert tried.exit_code == 1
    assert tried.output.splitlines()[0].startswith("line     3  to correct")
    assert tried.output.splitlines()[-1].endswith("Nothing is saved yet.")
    assert names() == ["Ada"]
    assert run(*words).output.splitlines()[-1] == "2 added, 0 changed, 0 already here, 1 not imported."
    assert run(*words).output.splitlines()[-1] == "0 added, 0 changed, 2 already here, 1 not imported."
    assert names() == ["Ada", "Amina", "Léa"]


def names() -> list[str]:
    with build_ports(from_environ()).sessions() as session:
        return list(session.scalars(select(Person.given_name).order_by(Person.given_name)))


def test_the_journal_is_verified_and_a_cut_is_told(badges: Path) -> None:
    opened()
    whole = run("journal", "verify")
    head = whole.output.split("head ")[1].split(":")[0]
    assert (whole.exit_code, "intact" in whole.output) == (0, True)
    assert run("journal", "verify", "--head", head).exit_code == 0
    with build_ports(from_environ()).sessions() as session:
        session.execute(text("DROP TRIGGER journal_no_delete"))
        session.execute(text("DELETE FROM journal WHERE sequence = (SELECT max(sequence) FROM journal)"))
        session.commit()
    cut = run("journal", "verify", "--head", head)
    assert cut.exit_code == 1
    assert "cut" in cut.output


def test_an_operator_is_added_once(badges: Path) -> None:
    words = ("operator", "add", "--name", "Olga", "--email", "olga@p.example")
    assert run(*words).exit_code == 0
    assert run(*words).exception is not None
