"""What `badges demo` writes: accepted by strangers as it is, refused by all once anything is changed."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from jsonschema.validators import validator_for

from badges.cli import cli
from badges.data_files import data_dir
from badges.openbadges.bake import unbake
from tests.interop.test_independent_verifiers import NODE, NODE_HINT, SCRIPT, VERIFIERS

SCHEMAS = (
    "ob_v3p0_achievementcredential_schema.json",
    "ob_v3p0_achievementcredential_schema.strict-arrays.json",
)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo") / "out"
    done = CliRunner().invoke(cli, ["demo", "--out", str(folder)], catch_exceptions=False)
    steps = done.output.splitlines()
    assert done.exit_code == 0
    assert steps[-1].startswith(f"[{'#' * len(steps)}] {len(steps)}/{len(steps)} ")
    assert sorted(path.name for path in folder.iterdir()) == [
        "badge.png", "badge.svg", "credential.json", "documents.json", "revoked.json",
    ]  # fmt: skip
    return folder


def verified(demo: Path, name: str) -> tuple[int, dict[str, Any]]:
    words = ["verify", str(demo / name), "--documents", str(demo / "documents.json"), "--offline", "--json"]
    done = CliRunner().invoke(cli, words)
    return done.exit_code, json.loads(done.output)


@pytest.mark.parametrize(
    ("name", "verdict", "status"),
    [
        ("credential.json", "valid", 0),
        ("badge.png", "valid", 0),
        ("badge.svg", "valid", 0),
        ("revoked.json", "revoked", 1),
    ],
)
def test_our_command_says_what_each_file_is(demo: Path, name: str, verdict: str, status: int) -> None:
    exit_status, report = verified(demo, name)
    assert (exit_status, report["verdict"]) == (status, verdict)
    assert [set(check) for check in report["checks"]] == [{"id", "outcome", "detail"}] * 5


@pytest.mark.parametrize("name", ["badge.png", "badge.svg"])
def test_the_images_carry_the_same_bytes(demo: Path, name: str) -> None:
    assert unbake((demo / name).read_bytes()).encode() == (demo / "credential.json").read_bytes()


@pytest.mark.parametrize("schema", SCHEMAS)
@pytest.mark.parametrize("name", ["credential.json", "revoked.json"])
def test_both_published_schemas_accept_it(demo: Path, name: str, schema: str) -> None:
    document = json.loads((data_dir("schemas") / "ob_v3p0" / schema).read_text())
    validator = validator_for(document)(document)
    assert [fault.message for fault in validator.iter_errors(json.loads((demo / name).read_text()))] == []


def nodes(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    if not isinstance(value, (dict, list)):
        return
    for name, member in value.items() if isinstance(value, dict) else enumerate(value):
        yield (*path, name)
        yield from nodes(member, (*path, name))


def _other(value: Any) -> Any:
    if isinstance(value, dict):
        return value | {"added": "x"}
    if isinstance(value, list):
        return [*value, "x"]
    return not value if isinstance(value, bool) else f"{value}x"


def changed(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield `document` once for each node of it cut out, and once for each changed."""
    for path in nodes(document):
        cut, other = deepcopy(document), deepcopy(document)
        holder: Any = cut
        twin: Any = other
        for step in path[:-1]:
            holder, twin = holder[step], twin[step]
        value = holder.pop(path[-1])
        twin[path[-1]] = _other(value)
        yield cut
        yield other


def test_we_refuse_it_with_any_node_cut_or_changed(demo: Path, tmp_path: Path) -> None:
    shutil.copy(demo / "documents.json", tmp_path)
    for document in changed(json.loads((demo / "credential.json").read_text())):
        (tmp_path / "forged.json").write_text(json.dumps(document))
        status, report = verified(tmp_path, "forged.json")
        assert (status, report["verdict"]) in {(1, "invalid"), (1, "unknown")}, document


@pytest.mark.node
def test_strangers_agree_on_the_files_and_refuse_any_node_cut_or_changed(demo: Path, tmp_path: Path) -> None:
    if NODE is None or not VERIFIERS.is_dir():
        pytest.skip(NODE_HINT)
    for name in ("credential.json", "revoked.json", "documents.json"):
        shutil.copy(demo / name, tmp_path)
    files = ["credential.json", "revoked.json"]
    for number, document in enumerate(changed(json.loads((demo / "credential.json").read_text()))):
        files.append(f"{number}.json")
        (tmp_path / files[-1]).write_text(json.dumps(document))
    command = [NODE, str(SCRIPT), "--documents", "documents.json", *files]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=240, check=False)
    answers = json.loads(done.stdout)
    for verifier in ("digitalbazaar", "digitalcredentials"):
        said = {name: answers[name][verifier]["verdict"] for name in files}
        assert (said.pop("credential.json"), said.pop("revoked.json")) == ("valid", "revoked")
        assert [name for name, verdict in said.items() if verdict != "invalid"] == []
