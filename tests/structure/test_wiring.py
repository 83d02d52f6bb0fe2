"""Names that must agree across the house: topics with handlers, settings with their page, ids of errors."""

import ast
import importlib
import re
from collections import Counter
from collections.abc import Iterator
from operator import attrgetter
from pathlib import Path

import pytest

from badges import jobs
from badges.app import build_ports
from badges.errors import BadgesError
from tests.live import settings_for

ROOT = Path(__file__).parents[2]
BADGES = ROOT / "badges"
KEBAB = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
ACT = re.compile(r"[a-z_]+\.[a-z_]+")


def calls(name: str) -> Iterator[tuple[Path, ast.Call]]:
    for path in BADGES.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == name:
                yield path, node


def keyword(path: Path, call: ast.Call, name: str) -> object:
    """The constant given to a call, also through a constant of its module."""
    (given,) = (one.value for one in call.keywords if one.arg == name)
    if isinstance(given, ast.Constant):
        return given.value
    module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    return attrgetter(ast.unparse(given))(importlib.import_module(module))


# -- topics -------------------------------------------------------------------------------------
def published() -> set[object]:
    return {
        keyword(path, call, "topic")
        for name in ("outbox.publish", "outbox.publish_many")
        for path, call in calls(name)
        if path.name != "outbox.py"
    }


def test_every_consequence_that_is_owed_can_be_carried_out_and_no_handler_waits_for_nothing(
    tmp_path: Path,
) -> None:
    ports = build_ports(settings_for(f"sqlite:///{tmp_path / 'b.sqlite'}", tmp_path))
    known = set(jobs.handlers(ports))
    ports.sessions.kw["bind"].dispose()
    assert published() == known
    assert {"claim.approved", "credential.reserved", "status_list.changed"} <= known


def test_only_what_is_published_is_cancelled() -> None:
    cancelled = {
        keyword(path, call, "topic")
        for name in ("outbox.cancel", "outbox.cancel_many")
        for path, call in calls(name)
    }
    assert cancelled <= published()


def test_the_outbox_is_written_through_its_own_verbs_only() -> None:
    imported = [
        path.name
        for path in BADGES.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom)
        and node.module == "badges.outbox"
        and {"publish", "publish_many", "cancel", "cancel_many"} & {alias.name for alias in node.names}
    ]
    assert imported == [], "a bare publish(...) would escape the tests above"


# -- the journal --------------------------------------------------------------------------------
def test_acts_are_written_as_thing_dot_what_happened() -> None:
    named = [one.value for _, call in calls("audit.record") for one in call.keywords if one.arg == "act"]
    named += [call.args[1] for name in ("Act", "audit.Act") for _, call in calls(name) if len(call.args) > 1]
    acts = {
        given.value
        for value in named
        for given in ast.walk(value)
        if isinstance(given, ast.Constant) and isinstance(given.value, str) and "." in given.value
    }
    whole = {act for act in acts if not act.endswith(".")}
    assert len(whole) >= 20
    assert [act for act in sorted(whole) if not ACT.fullmatch(act)] == []


# -- settings -----------------------------------------------------------------------------------
def read_from_the_environment() -> set[str]:
    tree = ast.parse((BADGES / "settings.py").read_text())
    (function,) = (
        node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name == "from_environ"
    )
    return {
        f"BADGES_{node.args[0].value}"
        for node in ast.walk(function)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func).startswith("env.")
        and ast.unparse(node.func) != "env.prefixed"
        and node.args
        and isinstance(node.args[0], ast.Constant)
        and str(node.args[0].value).isupper()
    }


def test_settings_are_documented_and_nothing_else_is() -> None:
    page = (ROOT / "docs" / "settings.md").read_text()
    rows = re.findall(r"^\| `(BADGES_[A-Z0-9_]+)` \|", page, re.MULTILINE)
    assert sorted(rows) == sorted(read_from_the_environment())


def test_settings_name_only_variables_that_exist() -> None:
    told = set(re.findall(r"BADGES_[A-Z0-9_]+", (BADGES / "settings.py").read_text())) - {"BADGES_"}
    assert told <= read_from_the_environment()


def test_the_environment_is_read_in_one_place_for_the_product() -> None:
    """The demo writes the environment it runs in, and the crash points of the tests are named there."""
    reading = {
        path.relative_to(BADGES).as_posix()
        for path in BADGES.rglob("*.py")
        if re.search(r"os\.environ|os\.getenv|\bEnv\(", path.read_text())
    }
    assert reading - {"demo/server.py", "crash.py", "cli.py"} == {"settings.py"}


# -- errors -------------------------------------------------------------------------------------
def errors() -> list[type[BadgesError]]:
    """Every error class there is, wherever it lives."""
    for path in sorted(BADGES.rglob("*.py")):
        if "(BadgesError)" in (text := path.read_text()) or "badges.errors import" in text:
            importlib.import_module(
                ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
            )
    found, waiting = [BadgesError], [BadgesError]
    while waiting:
        below = waiting.pop().__subclasses__()
        found += below
        waiting += below
    return list(dict.fromkeys(found))


def test_every_error_has_an_id_of_its_own() -> None:
    ids = Counter(error.id for error in errors())
    assert len(ids) > 90
    assert [name for name, times in ids.items() if times > 1] == []
    assert [name for name in ids if not KEBAB.fullmatch(name)] == []


@pytest.mark.parametrize("error", errors(), ids=lambda error: error.id)
def test_every_error_has_words_of_its_own(error: type[BadgesError]) -> None:
    assert "id" in vars(error)
    assert error.message.strip()
    assert error.__doc__
