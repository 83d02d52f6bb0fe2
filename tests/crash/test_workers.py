"""Web processes and workers of their own, as in production: one badge for each approval, whoever dies."""

import base64
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from html import unescape
from http.cookiejar import CookieJar
from pathlib import Path

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from badges import audit, outbox
from badges.audit import JournalEntry
from badges.clock import SystemClock
from badges.evidence.storage import LocalStorage
from badges.issuer import queries
from badges.issuer.models import Credential
from badges.openbadges.report import Verdict
from badges.openbadges.verify import verify
from badges.outbox import OutboxMessage
from badges.settings import Settings
from badges.web.account.demo import demo_token
from tests.crowds import submitted_by_many
from tests.houses import House
from tests.live import settings_for

HERE = Path(sys.executable).parent
SKILLS = ("S01", "S02", "S03")
PATIENCE = 90
ON_POSTGRES = pytest.mark.parametrize(
    "database_url", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
DEAF_TO_PROXIES = urllib.request.ProxyHandler({})


class Browser:
    """Somebody's browser, on one of the web processes."""

    def __init__(self, address: str) -> None:
        self.address = address
        cookies = urllib.request.HTTPCookieProcessor(CookieJar())
        self._opener = urllib.request.build_opener(DEAF_TO_PROXIES, cookies)

    def get(self, path: str) -> str:
        with self._opener.open(self.address + path, timeout=30) as response:
            return unescape(response.read().decode())

    def post(self, path: str, **fields: str) -> str:
        data = urllib.parse.urlencode(fields).encode()
        with self._opener.open(self.address + path, data, timeout=30) as response:
            return unescape(response.read().decode())

    def approve(self, claim_id: uuid.UUID) -> None:
        page = self.get(f"/review/{claim_id}")
        fields = {name: _field(page, name) for name in ("csrf_token", "version", "shown")}
        self.post(f"/review/{claim_id}/approve", **fields)


class Site:
    """The programs of one installation, each with its settings in the environment; all end with the test."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.settings, self.folder = settings, folder
        self.running: list[subprocess.Popen[bytes]] = []

    def web(self) -> str:
        port = self.settings.host.rpartition(":")[2] if not self.running else str(_free_port())
        words = ("gunicorn", "--bind", f"127.0.0.1:{port}", "--threads", "4", "badges.app:create_app()")
        self._start(*words)
        address = f"http://127.0.0.1:{port}"
        _until(lambda: _answers(address))
        return address

    def worker(self, name: str = "worker") -> subprocess.Popen[bytes]:
        return self._start("badges", "worker", PGAPPNAME=name)

    def _start(self, program: str, *words: str, **more: str) -> subprocess.Popen[bytes]:
        with (self.folder / "log.txt").open("ab") as log:
            process = subprocess.Popen(
                [str(HERE / program), *words], env=os.environ | _environment(self.settings) | more,
                stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        self.running.append(process)
        return process

    def end(self) -> None:
        for process in self.running:
            _kill_family(process)


@contextmanager
def site_of(database_url: str, folder: Path) -> Iterator[Site]:
    base_url = f"http://127.0.0.1:{_free_port()}"
    settings = replace(settings_for(database_url, folder / "media", base_url=base_url), mode="demo")
    site = Site(settings, folder)
    try:
        yield site
    except BaseException:
        sys.stderr.write((folder / "log.txt").read_text()[-6000:])
        raise
    finally:
        site.end()


@pytest.fixture
def site(database_url: str, tmp_path: Path) -> Iterator[Site]:
    with site_of(database_url, tmp_path) as site:
        yield site


@pytest.fixture
def house(session: Session, tmp_path: Path) -> House:
    return House(session, SystemClock(), LocalStorage(tmp_path / "media")).build()


@ON_POSTGRES
def test_what_two_web_processes_approve_three_workers_seal_once_though_one_is_killed(
    site: Site, house: House
) -> None:
    claims = submitted_by_many(house, 35, SKILLS)
    for claim_id in claims[:15]:
        house.approve(claim_id)
    with held_ledger(house.session) as waiting:
        workers = {name: site.worker(name) for name in ("one", "two", "three")}
        _until(lambda: waiting() != set())
        _kill_family(workers.pop(min(waiting())))
    workers["four"] = site.worker("four")
    doors = [entered(site, house, site.web(), name) for name in ("sophie", "paul")]
    for number, claim_id in enumerate(claims[15:]):
        doors[number % 2].approve(claim_id)
    _until(lambda: sealed(house.session) >= 20 and not outbox.is_due(house.session, SystemClock()))
    a_minute_passes(house.session)
    _until(lambda: owed(house.session) == 0)
    again = _count(house.session, OutboxMessage.attempts > 1)
    assert again > 0, "what the dead worker had in hand was taken a second time"
    check_everything(house.session, claims)
    for worker in workers.values():
        worker.terminate()
        assert worker.wait(15) == 0


@ON_SQLITE
def test_one_web_process_and_one_worker_need_no_service(site: Site, house: House) -> None:
    claims = submitted_by_many(house, 12, SKILLS)
    site.worker()
    door = entered(site, house, site.web(), "sophie")
    for claim_id in claims:
        door.approve(claim_id)
    _until(lambda: sealed(house.session) == len(claims) and owed(house.session) == 0)
    check_everything(house.session, claims)


@ON_SQLITE
def test_the_web_process_alone_does_the_work_and_stops_with_nothing_in_hand(site: Site, house: House) -> None:
    claims = submitted_by_many(house, 24, SKILLS)
    for claim_id in claims:
        house.approve(claim_id)
    site.settings = replace(site.settings, relay="thread")
    site.web()
    _until(lambda: in_hand(house.session) > 0 or done(house.session) > 0)
    (server,) = site.running
    server.terminate()
    assert server.wait(30) == 0
    assert in_hand(house.session) == 0
    site.running.clear()
    site.web()
    _until(lambda: owed(house.session) == 0)
    check_everything(house.session, claims)


def test_a_worker_that_is_asked_to_stop_finishes_what_is_in_hand(site: Site, house: House) -> None:
    claims = submitted_by_many(house, 24, SKILLS)
    for claim_id in claims:
        house.approve(claim_id)
    for asked in (signal.SIGTERM, signal.SIGINT):
        before = done(house.session)
        worker = site.worker()
        _until(lambda before=before: in_hand(house.session) > 0 or done(house.session) > before)
        os.killpg(worker.pid, asked)  # as a terminal does: the whole family hears it
        assert worker.wait(30) == 0
        assert in_hand(house.session) == 0, "no lease is left hanging"
    site.worker()
    _until(lambda: owed(house.session) == 0)
    check_everything(house.session, claims)


@ON_SQLITE
def test_a_worker_that_dies_is_replaced_and_none_survives_its_parent(site: Site, house: House) -> None:
    parent = site.worker()
    _until(lambda: len(children(parent.pid)) == 2)
    before = children(parent.pid)
    os.kill(max(before), signal.SIGKILL)
    _until(lambda: len(children(parent.pid)) == 2 and children(parent.pid) != before)
    family = children(parent.pid)
    parent.kill()
    parent.wait()
    _until(lambda: not any(_alive(pid) for pid in family))


def test_work_begins_within_a_second_of_the_commit_on_a_worker_at_rest(site: Site, house: House) -> None:
    site.worker()
    _until(lambda: owed(house.session) == 0 and daily_done(house.session) == 2)
    time.sleep(2)
    (claim_id,) = submitted_by_many(house, 1, SKILLS)
    house.approve(claim_id)
    committed = time.monotonic()
    _until(lambda: attempted(house.session, claim_id))
    assert time.monotonic() - committed < 1.0


def entered(site: Site, house: House, address: str, name: str) -> Browser:
    """Sign somebody in on the web process at `address`."""
    actor, browser = house.people[name], Browser(address)
    assert actor.person_id
    browser.get("/demo/" + demo_token(site.settings.secret_key, actor.person_id, actor.structure_id))
    return browser


@contextmanager
def held_ledger(session: Session) -> Iterator[Callable[[], set[str]]]:
    """Hold the table of credentials, so that whoever issues has to wait; give the names of those who do."""
    waiting = text(
        "SELECT application_name FROM pg_stat_activity "
        "WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    engine = session.get_bind()
    watching = engine.execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as holder, watching.connect() as watcher:
        holder.execute(text("LOCK TABLE credentials IN EXCLUSIVE MODE"))
        yield lambda: set(watcher.scalars(waiting))


def a_minute_passes(session: Session) -> None:
    """Let leases that somebody still holds run out, and what is owed in a minute be due."""
    past = SystemClock().now() - timedelta(seconds=1)
    undone = update(OutboxMessage).where(OutboxMessage.done_at.is_(None))
    session.execute(undone.where(OutboxMessage.leased_until.is_not(None)).values(leased_until=past))
    session.execute(undone.values(due_at=past))
    session.commit()


def children(pid: int) -> set[int]:
    """The processes whose parent is `pid`."""
    found = Path(f"/proc/{pid}/task/{pid}/children")
    return {int(child) for child in found.read_text().split()} if found.exists() else set()


# -- what is true at the end -----------------------------------------------------------------------
def check_everything(session: Session, claims: list[uuid.UUID]) -> None:
    session.rollback()
    rows = session.scalars(select(Credential).execution_options(populate_existing=True)).all()
    assert sorted(row.claim_id for row in rows) == sorted(claims)
    assert len({(row.status_list_id, row.status_index) for row in rows}) == len(claims)
    resolver = queries.local_documents(session)
    for row in rows:
        assert row.signed is not None
        report = verify(row.signed.encode(), resolver=resolver, now=SystemClock().now())
        assert report.verdict is Verdict.VALID, report
    acts = list(session.scalars(select(JournalEntry.act)))
    assert acts.count("credential.reserved") == acts.count("credential.signed") == len(claims)
    assert in_hand(session) == 0
    assert daily_done(session) == 2, "the daily work was done once, however many noticed that it was due"
    assert audit.verify(session).faults == ()


def owed(session: Session) -> int:
    return _count(session, OutboxMessage.done_at.is_(None))


def done(session: Session) -> int:
    return _count(session, OutboxMessage.done_at.is_not(None))


def in_hand(session: Session) -> int:
    return _count(session, OutboxMessage.done_at.is_(None), OutboxMessage.leased_until.is_not(None))


def attempted(session: Session, claim_id: uuid.UUID) -> bool:
    return _count(session, OutboxMessage.key == f"claim.approved:{claim_id}", OutboxMessage.attempts > 0) == 1


def daily_done(session: Session) -> int:
    return _count(session, OutboxMessage.topic == "daily.due", OutboxMessage.done_at.is_not(None))


def sealed(session: Session) -> int:
    session.rollback()
    return session.scalar(select(func.count()).where(Credential.signed.is_not(None))) or 0


def _count(session: Session, *conditions: object) -> int:
    session.rollback()
    found = session.scalar(select(func.count()).select_from(OutboxMessage).where(*conditions))
    session.rollback()
    return found or 0


# -- small change ----------------------------------------------------------------------------------
def _until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.05)


def _kill_family(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _alive(pid: int) -> bool:
    """Whether a process runs; one that nobody has buried yet does not."""
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _answers(address: str) -> bool:
    with suppress(OSError):
        Browser(address).get("/")
        return True
    return False


def _field(page: str, name: str) -> str:
    found = re.search(rf'name="{name}"\s+value="([^"]*)"', page)
    assert found, name
    return found[1]


def _environment(settings: Settings) -> dict[str, str]:
    name, key = next(iter(settings.key_encryption_keys.items()))
    return {
        "BADGES_MODE": settings.mode,
        "BADGES_BASE_URL": settings.base_url,
        "BADGES_DATABASE_URL": settings.database_url,
        "BADGES_SECRET_KEY": settings.secret_key,
        "BADGES_KEY_ENCRYPTION_KEYS": f"{name}:{base64.b64encode(key).decode()}",
        "BADGES_MEDIA_DIR": str(settings.media_dir),
        "BADGES_RELAY": settings.relay,
    }
