"""The work behind the pages: what is owed is done, daily work is owed once, the operator sees what waits."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select, update
from sqlalchemy.orm import Session, sessionmaker

from badges import jobs, outbox, outbox_care
from badges.app import build_ports, migrated
from badges.cli import cli
from badges.clock import SystemClock
from badges.db import transaction
from badges.engine import OutboxHuey, Relay
from badges.outbox import Handlers, OutboxMessage
from badges.ports import Ports
from tests.conftest import StillClock
from tests.live import settings_for

Command = Callable[..., tuple[int, str]]
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
TOPIC = "test.rang"
MORNING = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.fixture
def ports(database_url: str, sessions: sessionmaker[Session], clock: StillClock, tmp_path: Path) -> Ports:
    return build_ports(settings_for(database_url, tmp_path / "media"), sessions, clock=clock)


class Bell:
    """A handler that notes what it was given, or fails when told to."""

    def __init__(self) -> None:
        self.rung: list[str] = []
        self.broken = False

    def handlers(self, _ports: Ports) -> Handlers:
        return {TOPIC: self._ring}

    def _ring(self, payload: outbox.Payload) -> None:
        if self.broken:
            raise ConnectionError
        self.rung.append(payload["name"])


def owe(ports: Ports, *names: str, topic: str = TOPIC, after: timedelta = timedelta(0)) -> None:
    with ports.sessions() as session, transaction(session):
        for name in names:
            outbox.publish(session, ports.clock, topic=topic, key=name, after=after, name=name)


def work(huey: OutboxHuey) -> int:
    """Do what a free worker does, until it would rest; tell in how many parts."""
    parts = 0
    while task := huey.dequeue():
        huey.execute(task)
        parts += 1
    return parts


def messages(session: Session) -> dict[str, OutboxMessage]:
    session.rollback()
    found = session.scalars(select(OutboxMessage).execution_options(populate_existing=True))
    return {message.key: message for message in found}


# -- the engine over the outbox --------------------------------------------------------------------
def test_a_worker_does_what_is_owed_in_parts_and_then_rests(ports: Ports, session: Session) -> None:
    bell = Bell()
    huey = OutboxHuey(lambda: ports, bell.handlers)
    owe(ports, "a", "b", "c")
    assert work(huey) == 3
    assert bell.rung == ["a", "b", "c"]
    assert work(huey) == 0
    assert all(message.done_at for message in messages(session).values())


def test_what_is_due_later_or_in_other_hands_is_left_alone(ports: Ports, clock: StillClock) -> None:
    bell = Bell()
    first, second = (OutboxHuey(lambda: ports, bell.handlers) for _ in range(2))
    owe(ports, "later", after=timedelta(seconds=10))
    assert first.dequeue() is None
    clock.forward(seconds=10)
    taken = first.dequeue()
    assert taken is not None
    with ports.sessions() as other, transaction(other):
        other.execute(update(OutboxMessage).values(leased_until=clock.now() + outbox.LEASE))
    assert second.dequeue() is None
    clock.forward(seconds=61)
    assert work(second) == 1
    assert bell.rung == ["later"]


def test_what_fails_is_tried_again_later_and_nothing_else_waits_for_it(
    ports: Ports, clock: StillClock
) -> None:
    bell = Bell()
    huey = OutboxHuey(lambda: ports, bell.handlers)
    owe(ports, "a")
    bell.broken = True
    assert work(huey) == 1
    bell.broken = False
    owe(ports, "b")
    assert work(huey) == 1
    clock.forward(seconds=5)
    assert work(huey) == 1
    assert bell.rung == ["b", "a"]


def test_a_database_that_is_away_is_awaited(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "not yet"
    away = build_ports(settings_for(f"sqlite:///{folder / 'badges.sqlite'}", tmp_path))
    bell = Bell()
    huey = OutboxHuey(lambda: away, bell.handlers)
    assert work(huey) == 0
    assert "worker.database_away" in capsys.readouterr().out
    folder.mkdir()
    owe(migrated(away), "a")
    assert work(huey) == 1
    assert bell.rung == ["a"]
    away.sessions.kw["bind"].dispose()


def test_each_process_opens_its_own_ports(ports: Ports) -> None:
    opened: list[int] = []

    def open_ports() -> Ports:
        opened.append(os.getpid())
        return ports

    huey = OutboxHuey(open_ports, jobs.handlers)
    assert huey.ports is huey.ports
    child = os.fork()
    if child == 0:
        code = 0 if (huey.ports, opened[-1])[1] == os.getpid() else 1
        os._exit(code)
    assert os.waitpid(child, 0)[1] == 0
    assert opened == [os.getpid()]


def test_a_worker_ends_when_its_parent_has(ports: Ports) -> None:
    huey = OutboxHuey(lambda: ports, jobs.handlers)
    huey.follow(os.getppid())
    assert huey.dequeue() is None
    huey.follow(os.getpid())
    with pytest.raises(KeyboardInterrupt):
        huey.dequeue()
    with pytest.raises(KeyboardInterrupt):
        huey.read_schedule(None)


def test_the_thread_of_the_web_process_works_and_stops_with_nothing_in_hand(
    ports: Ports, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, may_end = threading.Event(), threading.Event()

    def slow(_payload: outbox.Payload) -> None:
        begun.set()
        assert may_end.wait(10)

    monkeypatch.setitem(jobs.DAILY, "slow", lambda _ports: slow({}))  # type: ignore[arg-type]
    living = replace(ports, clock=SystemClock())
    with living.sessions() as writing, transaction(writing):
        outbox.publish(writing, living.clock, topic="daily.due", key="slow:today", task="slow")
    relay = Relay(living)
    relay.start()
    assert begun.wait(10)
    stopping = threading.Thread(target=relay.stop)
    stopping.start()
    may_end.set()
    stopping.join(10)
    assert not stopping.is_alive()
    slow_one = messages(session)["daily.due:slow:today"]
    assert slow_one.done_at is not None
    assert slow_one.leased_until is None


# -- the daily work --------------------------------------------------------------------------------
def ring_the_clock(huey: OutboxHuey) -> None:
    """Do what the timetable of one process does each minute."""
    for task in huey.read_periodic(None):
        huey.enqueue(task)


def test_daily_work_is_owed_once_however_many_processes_notice(ports: Ports, session: Session) -> None:
    workers = [OutboxHuey(lambda: ports, jobs.handlers) for _ in range(3)]
    for _ in range(2):
        for huey in workers:
            ring_the_clock(huey)
    assert sorted(messages(session)) == ["daily.due:messages:2026-11-23", "daily.due:photos:2026-11-23"]
    assert sum(work(huey) for huey in workers) == 2


def test_a_night_that_nobody_was_there_for_is_made_up_in_the_morning(
    ports: Ports, session: Session, clock: StillClock
) -> None:
    huey = OutboxHuey(lambda: ports, jobs.handlers)
    clock.at = MORNING.replace(hour=1, minute=59)
    ring_the_clock(huey)
    clock.forward(minutes=1)
    ring_the_clock(huey)
    clock.at = MORNING + timedelta(days=2)
    ring_the_clock(huey)
    days = {key.rpartition(":")[2] for key in messages(session)}
    assert days == {"2026-11-22", "2026-11-23", "2026-11-25"}


def test_photos_without_an_observation_go_by_themselves(ports: Ports, clock: StillClock) -> None:
    sha256 = ports.storage.put(b"a photo whose form was left")
    clock.at = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=25)
    huey = OutboxHuey(lambda: ports, jobs.handlers)
    ring_the_clock(huey)
    assert list(ports.storage.put_before(clock.now())) == [sha256]
    assert work(huey) == 2
    assert list(ports.storage.put_before(clock.now())) == []


def test_old_messages_go_but_the_keys_that_make_one_badge_of_one_approval_stay(
    ports: Ports, session: Session, clock: StillClock
) -> None:
    owe(ports, "old", topic="email_link.requested")
    owe(ports, "claim", topic="claim.approved")
    finish(ports)
    clock.forward(days=30)
    owe(ports, "not done", topic="status_list.changed")
    owe(ports, "recent", topic="email_link.requested")
    finish(ports, key="email_link.requested:recent")
    clock.forward(seconds=1)
    assert outbox_care.forget_done(session, clock) == 1
    assert set(messages(session)) == {
        "claim.approved:claim", "status_list.changed:not done", "email_link.requested:recent",
    }  # fmt: skip
    owe(ports, "claim", topic="claim.approved")
    assert messages(session)["claim.approved:claim"].done_at is not None, (
        "published again, owed no second time"
    )


def test_only_topics_that_are_published_can_be_forgotten(ports: Ports) -> None:
    assert set(jobs.handlers(ports)) >= outbox_care.FORGETTABLE


def finish(ports: Ports, key: str | None = None) -> None:
    every = update(OutboxMessage).values(done_at=ports.clock.now())
    with ports.sessions() as session, transaction(session):
        session.execute(every.where(OutboxMessage.key == key) if key else every)


# -- what the operator sees ------------------------------------------------------------------------
def test_the_status_tells_what_is_owed_how_late_and_why(
    ports: Ports, session: Session, clock: StillClock
) -> None:
    bell = Bell()
    huey = OutboxHuey(lambda: ports, bell.handlers)
    owe(ports, "fails")
    bell.broken = True
    work(huey)
    owe(ports, "waits", "held", topic="other.rang")
    owe(ports, "later", topic="third.rang", after=timedelta(hours=1))
    with ports.sessions() as writing, transaction(writing):
        held = update(OutboxMessage).where(OutboxMessage.key == "other.rang:held")
        writing.execute(held.values(leased_until=clock.now() + outbox.LEASE))
    clock.forward(seconds=40)
    status = outbox_care.status(session, clock)
    assert (status.owed, status.age_seconds) == (4, 40)
    told = {one.topic: (one.owed, one.in_hand, one.failing, one.last_error) for one in status.topics}
    assert told == {
        TOPIC: (1, 0, 1, "ConnectionError: "),
        "other.rang": (2, 1, 0, None),
        "third.rang": (1, 0, 0, None),
    }
    assert list(status.lines())[:2] == [
        "4 owed; the oldest has been due for 40 s.",
        "other.rang: 2 owed, 1 in hand, 0 failing",
    ]


def test_an_outbox_that_owes_nothing_is_not_late(session: Session, clock: StillClock) -> None:
    status = outbox_care.status(session, clock)
    assert (status.owed, status.age_seconds, status.oldest_due_at, status.topics) == (0, 0, None, ())


@pytest.fixture
def command(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    key = "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s="
    values = {
        "MODE": "test", "BASE_URL": "https://badges.example.org", "DATABASE_URL": database_url,
        "SECRET_KEY": "s" * 40, "KEY_ENCRYPTION_KEYS": f"one:{key}", "MEDIA_DIR": str(tmp_path / "media"),
    }  # fmt: skip
    for name, value in values.items():
        monkeypatch.setenv(f"BADGES_{name}", value)

    def run(*words: str) -> tuple[int, str]:
        result = CliRunner().invoke(cli, words)
        return result.exit_code, result.output

    return run


@ON_SQLITE
def test_the_command_speaks_to_people_and_to_machines(command: Command, ports: Ports) -> None:
    owe(replace(ports, clock=SystemClock()), "a")
    code, said = command("outbox", "status")
    assert (code, said.splitlines()[1]) == (0, f"{TOPIC}: 1 owed, 0 in hand, 0 failing")
    code, said = command("outbox", "status", "--json")
    assert (code, json.loads(said)["owed"], json.loads(said)["topics"][0]["topic"]) == (0, 1, TOPIC)


@ON_SQLITE
def test_the_command_fails_when_something_is_too_late(command: Command, ports: Ports) -> None:
    owe(replace(ports, clock=SystemClock()), "a")
    assert command("outbox", "status", "--max-age", "60")[0] == 0
    time.sleep(2)
    assert command("outbox", "status", "--max-age", "0")[0] == 1


# -- what is said ----------------------------------------------------------------------------------
FAILS = """
import structlog
from badges import logs
logs.configure()
try:
    opened_key = "very " + "secret"
    raise ConnectionError("away")
except ConnectionError:
    structlog.get_logger().exception("worker.failed", handled=3)
"""


def test_a_failure_is_one_line_without_the_content_of_any_variable() -> None:
    said = subprocess.run([sys.executable, "-c", FAILS], capture_output=True, text=True, check=True).stdout
    (line,) = said.splitlines()
    told = json.loads(line)
    assert (told["event"], told["level"], told["handled"]) == ("worker.failed", "error", 3)
    assert "ConnectionError: away" in told["exception"]
    assert "very secret" not in line
