"""The files of deploy/ parse, and name only commands, options and settings that exist."""

import configparser
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from gunicorn.config import Config

from badges.cli import cli

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
UNITS = sorted(DEPLOY.glob("*.service"))
FILES = sorted(path for path in DEPLOY.iterdir() if path.is_file())
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
HARDENED = {
    "NoNewPrivileges": "yes", "ProtectSystem": "strict", "ProtectHome": "yes", "PrivateTmp": "yes",
    "CapabilityBoundingSet": "", "SystemCallFilter": "@system-service", "UMask": "0077",
}  # fmt: skip


def unit(path: Path) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(path)
    return parser


def commands() -> list[tuple[str, list[str]]]:
    """Every command line of ours, with where it stands."""
    found = [(path.name, shlex.split(unit(path)["Service"]["ExecStart"], posix=False)) for path in UNITS]
    found += [(name, service["command"]) for name, service in services().items() if "command" in service]
    return found


def services() -> dict[str, dict[str, Any]]:
    named: dict[str, dict[str, Any]] = COMPOSE["services"]
    return named


@pytest.mark.parametrize(("where", "words"), commands(), ids=lambda value: str(value)[:30])
def test_a_command_line_is_understood(where: str, words: list[str]) -> None:
    program = Path(words[0]).name
    if program == "gunicorn":
        asked = Config().parser().parse_args(words[1:])
        assert asked.args == ["badges.app:create_app()"]
        return
    assert program == "badges", where
    command: click.Command = cli
    rest = words[1:]
    while isinstance(command, click.Group):
        command = command.commands[rest.pop(0)]
    assert command.make_context(command.name, rest).params is not None


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_settings_and_sub_commands_that_are_named_exist(path: Path) -> None:
    known = set(
        re.findall(r"^\| `(BADGES_[A-Z0-9_]+)` \|", (ROOT / "docs" / "settings.md").read_text(), re.MULTILINE)
    )
    text = path.read_text()
    assert set(re.findall(r"BADGES_[A-Z0-9_]+", text)) <= known
    for name in re.findall(r"`badges ([a-z-]+)", text):
        assert name in cli.commands


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_a_unit_is_shut_in(path: Path) -> None:
    service = unit(path)["Service"]
    assert {name: service[name] for name in HARDENED} == HARDENED
    assert service["User"] == "badges"


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze absent (package systemd)")
def test_systemd_reads_the_units_without_a_word(tmp_path: Path) -> None:
    for path in UNITS:
        there = re.sub(r"/opt/badges/\S+/(gunicorn|badges)", "/bin/true", path.read_text())
        (tmp_path / path.name).write_text(there)
    read = subprocess.run(
        ["systemd-analyze", "verify", *map(str, tmp_path.glob("*.service"))],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    ours = [line for line in read.stderr.splitlines() if "badges-" in line]
    assert (read.returncode, ours) == (0, [])


def test_there_are_two_web_processes_three_workers_and_what_they_wait_for() -> None:
    replicas = {name: one["deploy"]["replicas"] for name, one in services().items() if "deploy" in one}
    assert replicas == {"web": 2, "worker": 3}
    for name in replicas:
        one = services()[name]
        assert one["environment"]["BADGES_RELAY"] == "off"
        assert set(one["depends_on"]) <= set(services())
        assert set(one["networks"]) <= set(COMPOSE["networks"])
        assert {volume.split(":")[0] for volume in one["volumes"]} <= set(COMPOSE["volumes"])
        assert (one["read_only"], one["cap_drop"]) == (True, ["ALL"])


def test_images_are_plain_names_and_ours_is_built_from_the_checkout() -> None:
    assert {one["image"] for one in services().values()} == {"postgres:15", "badges"}
    build = (DEPLOY / "Containerfile").read_text()
    assert re.findall(r"^FROM (.+)$", build, re.MULTILINE) == ["debian:bookworm-slim"]
    copied = re.findall(r"^COPY (.+) \S+$", build, re.MULTILINE)
    for name in " ".join(copied).split():
        assert (ROOT / name).exists(), name
    assert "--require-hashes" in build
    assert re.search(r"^USER badges$", build, re.MULTILINE)
