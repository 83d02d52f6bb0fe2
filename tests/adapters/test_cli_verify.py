"""`badges verify FILE`: what scripts read, and the exit status they rely on."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy.orm import Session, sessionmaker

from badges import cli
from badges.issuer import queries as issuer
from tests.conftest import StillClock
from tests.holders import Holder, build_holder


@pytest.fixture
def holder(sessions: sessionmaker[Session], session: Session, clock: StillClock) -> Holder:
    clock.at = clock.at.replace(year=2025)
    return build_holder(sessions, session, clock)


@pytest.fixture
def documents(holder: Holder, tmp_path: Path) -> str:
    path = tmp_path / "documents.json"
    path.write_text(json.dumps(issuer.documents_for(holder.session, holder.badge)), "utf-8")
    return str(path)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli.cli, ["verify", *arguments])


def written(tmp_path: Path, content: str | bytes) -> str:
    path = tmp_path / "badge.json"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return str(path)


def test_a_valid_badge_gives_zero_and_a_report(holder: Holder, documents: str, tmp_path: Path) -> None:
    result = run(written(tmp_path, holder.signed()), "--documents", documents, "--offline", "--json")
    report = json.loads(result.output)
    assert result.exit_code == 0
    assert set(report) == {"verdict", "checks"}
    assert report["verdict"] == "valid"
    assert [set(check) for check in report["checks"]] == [{"id", "outcome", "detail"}] * len(report["checks"])
    assert {check["id"] for check in report["checks"]} >= {"format", "signature", "dates", "status"}


def test_documents_may_be_given_as_text(holder: Holder, documents: str, tmp_path: Path) -> None:
    known = json.loads(Path(documents).read_text("utf-8"))
    as_text = tmp_path / "texts.json"
    as_text.write_text(json.dumps({name: json.dumps(value) for name, value in known.items()}), "utf-8")
    assert run(written(tmp_path, holder.signed()), "--documents", str(as_text), "--offline").exit_code == 0


def test_a_revoked_badge_gives_one(holder: Holder, tmp_path: Path) -> None:
    holder.revoke()
    path = tmp_path / "documents.json"
    path.write_text(json.dumps(issuer.documents_for(holder.session, holder.badge)), "utf-8")
    result = run(written(tmp_path, holder.signed()), "--documents", str(path), "--offline", "--json")
    assert (result.exit_code, json.loads(result.output)["verdict"]) == (1, "revoked")


def test_a_changed_badge_gives_one(holder: Holder, documents: str, tmp_path: Path) -> None:
    changed = holder.signed().replace("Amina D.", "Bakary K.")
    result = run(written(tmp_path, changed), "--documents", documents, "--offline")
    assert result.exit_code == 1
    assert result.output.startswith("invalid\n")


def test_offline_without_documents_leaves_the_question_open(holder: Holder, tmp_path: Path) -> None:
    result = run(written(tmp_path, holder.signed()), "--offline", "--json")
    assert (result.exit_code, json.loads(result.output)["verdict"]) == (1, "unknown")


@pytest.mark.parametrize("content", [b"", b"hello", b"{", b'{"a":1,"a":2}', b"\x89PNG\r\n\x1a\nbroken"])
def test_what_cannot_be_read_gives_two(
    content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["badges", "verify", written(tmp_path, content), "--offline"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith("badges: ")


@pytest.mark.parametrize("content", ["[]", '{"did:web:x": 3}', "{"])
def test_a_map_that_is_not_one_gives_two(
    holder: Holder, content: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    map_path = tmp_path / "map.json"
    map_path.write_text(content, "utf-8")
    arguments = ["badges", "verify", written(tmp_path, holder.signed()), "--documents", str(map_path)]
    monkeypatch.setattr("sys.argv", [*arguments, "--offline"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2


def test_a_file_that_is_not_there_gives_two() -> None:
    assert run("no-such-file.json").exit_code == 2
