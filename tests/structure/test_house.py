"""The house keeps its shape: names of files, sizes, docstrings, and what must be documented."""

import ast
import re
import statistics
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BADGES = ROOT / "badges"
DOMAINS = ("people", "frameworks", "evidence", "recognition", "issuer", "sharing")
PLAIN_NAMES = {"__init__", "rules", "models", "service", "queries"}
SPLIT_BY_TOPIC = re.compile(r"(rules|models|service|queries)_[a-z_]+")
FORBIDDEN_NAMES = re.compile(r"(utils?|helpers?|managers?|misc|common)")
MODULE_LINES, FUNCTION_LINES, TEST_LINES = 400, 60, 1000


def modules() -> list[Path]:
    return [path for path in BADGES.rglob("*.py") if "migrations/versions" not in path.as_posix()]


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def lines(path: Path) -> int:
    return path.read_text().count("\n")


def debts() -> str:
    return (ROOT / "docs" / "known-debts.md").read_text()


def test_every_module_opens_with_one_sentence_for_a_human() -> None:
    silent = [
        str(path.relative_to(ROOT)) for path in modules() if path.stat().st_size and not first_words(path)
    ]
    assert silent == []


def first_words(path: Path) -> str:
    return ast.get_docstring(ast.parse(path.read_text())) or ""


def test_no_module_is_longer_than_the_ceiling_unless_it_is_a_known_debt() -> None:
    long = [path.relative_to(ROOT).as_posix() for path in modules() if lines(path) > MODULE_LINES]
    assert [path for path in long if path not in debts()] == []


def test_no_function_is_longer_than_the_ceiling_unless_it_is_a_known_debt() -> None:
    long = [
        f"{path.relative_to(ROOT).as_posix()}:{node.name}"
        for path in modules()
        for node in functions(path)
        if length(node) > FUNCTION_LINES
    ]
    assert [name for name in long if name not in debts()] == []


def test_most_modules_and_functions_are_short() -> None:
    assert statistics.median(lines(path) for path in modules() if lines(path)) <= 100
    assert statistics.median(length(node) for path in modules() for node in functions(path)) <= 9


def test_test_files_stay_readable() -> None:
    assert [path.name for path in (ROOT / "tests").rglob("*.py") if lines(path) > TEST_LINES] == []


@pytest.mark.parametrize("domain", DOMAINS)
def test_domain_folders_all_look_the_same(domain: str) -> None:
    ports = {path.stem for path in (BADGES / domain).glob("*.py") if is_port(path)}
    strange = [
        path.name
        for path in (BADGES / domain).glob("*.py")
        if path.stem not in PLAIN_NAMES
        and not SPLIT_BY_TOPIC.fullmatch(path.stem)
        and path.stem not in ports
        and path.stem.split("_")[0] not in ports
    ]
    assert strange == [], "a file is rules, models, service, queries, a port, or <port>_<tech>"


def is_port(path: Path) -> bool:
    return "(Protocol)" in path.read_text()


def test_nothing_is_called_by_a_name_that_says_nothing() -> None:
    assert [path.name for path in BADGES.rglob("*.py") if FORBIDDEN_NAMES.fullmatch(path.stem)] == []


def test_there_is_no_promise_left_for_later() -> None:
    marks = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|NotImplementedError")
    assert [str(path) for path in modules() if marks.search(path.read_text())] == []


def test_no_package_registry_is_named_in_the_tree() -> None:
    hosts = re.compile(
        "pypi" + r"\.org|registry\.npm" + r"js|deb\.deb" + r"ian\.org|files\.python" + "hosted"
    )
    texts = [
        *ROOT.glob("*"),
        *(ROOT / ".ci").glob("*"),
        *(ROOT / "docs").rglob("*"),
        *BADGES.rglob("*"),
        *(ROOT / "schemas").rglob("*"),
    ]
    named = [
        path.relative_to(ROOT).as_posix()
        for path in texts
        if path.is_file()
        and path.suffix in {"", ".py", ".md", ".toml", ".json", ".lock", ".html", ".js", ".css"}
        and hosts.search(path.read_text(errors="replace"))
    ]
    assert named == []


def test_lock_files_pin_every_dependency_with_hashes() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text()
        assert "://" not in text
        pins = re.findall(r"^[a-z0-9].*==.*$", text, re.MULTILINE)
        assert pins
        assert all(pin.rstrip().endswith("\\") for pin in pins), "each pin is followed by its hashes"


def test_the_npm_lock_holds_no_download_address() -> None:
    assert '"resolved"' not in (ROOT / "package-lock.json").read_text()
