"""Fixtures everybody uses: a migrated database of each kind, a clock that stands still, and the catalogue."""

import os
import shutil
import subprocess
import uuid
from collections import Counter
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session, sessionmaker

from badges import migrations
from badges.db import build_engine, session_factory

POSTGRES_HINT = "PostgreSQL absent: set BADGES_TEST_POSTGRES to a server URL (Debian package postgresql)"


FAIL_ON_SKIP = bool(os.environ.get("BADGES_TEST_FAIL_ON_SKIP"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    """Where everything optional is installed, a skipped test is a failed one."""
    report = yield
    if FAIL_ON_SKIP and report.skipped:
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped: {report.longrepr}"
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name each absent program once, however many tests it holds back."""
    reasons = Counter(str(report.longrepr[2]) for report in terminalreporter.stats.get("skipped", []))
    for reason, times in sorted(reasons.items()):
        terminalreporter.write_line(f"{times} skipped: {reason.removeprefix('Skipped: ')}")


@dataclass
class StillClock:
    """A clock that only moves when a test says so; identifiers and tokens are real."""

    at: datetime = field(default_factory=lambda: datetime(2026, 11, 23, 9, 0, tzinfo=UTC))

    def now(self) -> datetime:
        return self.at

    def new_id(self) -> uuid.UUID:
        return uuid.uuid4()

    def new_token(self) -> str:
        return uuid.uuid4().hex + uuid.uuid4().hex

    def forward(self, **delta: float) -> None:
        self.at += timedelta(**delta)


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


def postgres_url() -> str | None:
    """The server to test on: the one named by BADGES_TEST_POSTGRES, else none."""
    return os.environ.get("BADGES_TEST_POSTGRES") or None


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file, copied for each test."""
    path = tmp_path_factory.mktemp("sqlite") / "template.sqlite"
    engine = build_engine(f"sqlite:///{path}")
    migrations.upgrade(engine)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    return path


@pytest.fixture(scope="session")
def postgres_template(worker_id: str) -> Iterator[str]:
    """The URL of a migrated, empty PostgreSQL database, used as the template of each test's own."""
    server = postgres_url()
    if server is None:
        pytest.skip(POSTGRES_HINT)
    name = f"badges_template_{worker_id}_{os.getpid()}"
    _admin(server, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)', f'CREATE DATABASE "{name}"')
    url = make_url(server).set(database=name).render_as_string(hide_password=False)
    engine = build_engine(url)
    migrations.upgrade(engine)
    engine.dispose()
    yield url
    _admin(server, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a fresh migrated database; every test that uses it runs on both kinds."""
    if request.param == "sqlite":
        path = tmp_path / "badges.sqlite"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    template = make_url(request.getfixturevalue("postgres_template"))
    name = f"badges_test_{uuid.uuid4().hex[:12]}"
    server = template.set(database="postgres").render_as_string(hide_password=False)
    _admin(server, f'CREATE DATABASE "{name}" TEMPLATE "{template.database}"')
    yield template.set(database=name).render_as_string(hide_password=False)
    _admin(server, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = build_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def sessions(engine: Engine) -> sessionmaker[Session]:
    return session_factory(engine)


@pytest.fixture
def session(sessions: sessionmaker[Session]) -> Iterator[Session]:
    with sessions() as session:
        yield session


def _admin(server: str, *statements: str) -> None:
    engine = build_engine(server).execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def chromium() -> str | None:
    """The path of Chromium, or None."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def node() -> str | None:
    """The path of Node.js, or None."""
    return shutil.which("node")


def run(*command: str) -> subprocess.CompletedProcess[str]:
    """Run a command and give back what it printed."""
    return subprocess.run(command, capture_output=True, text=True, check=False)
