"""Disk full, database locked, a refused row, two deciders at once, fifty clicks: nothing half-saved."""

import os
import resource
import signal
import sqlite3
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import structlog
from sqlalchemy import Engine, event, exc, func, select, text
from sqlalchemy.engine import make_url

from badges import audit, jobs, outbox
from badges.audit import JournalEntry
from badges.backup import service as backup
from badges.backup.queries_store import verify_store
from badges.clock import today
from badges.db import SQLITE_BUSY_SECONDS, build_engine, transaction
from badges.errors import BackupFailed, ClaimMoved, Unavailable
from badges.evidence import service as evidence
from badges.evidence.models import Observation, SituationKind
from badges.evidence.rules import Mark, NewObservation, NewSituation
from badges.issuer import service as issuer
from badges.issuer import service_waves
from badges.issuer.models import Credential, Wave, WaveClaim
from badges.outbox import OutboxMessage
from badges.permissions import Actor
from badges.ports import Ports
from badges.recognition import service as recognition
from badges.recognition.models import Claim, ClaimStep
from badges.recognition.rules import ClaimState, Reason
from tests.conftest import StillClock
from tests.crash.children import PROCESSES
from tests.crash.stores import approve, make_crowd, open_store, settings_for
from tests.houses import SKILL, House

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
CLICKS, ROUNDS, HURRIED = 50, 8, 200
MOVED = (ClaimMoved, *ClaimMoved.__subclasses__())


@pytest.fixture(autouse=True)
def _short_logs() -> Iterator[None]:
    """Tell failures in one line: a page of every local variable takes seconds to draw."""
    structlog.configure(processors=[structlog.processors.KeyValueRenderer()])
    yield
    structlog.reset_defaults()


@pytest.fixture
def store(database_url: str, tmp_path: Path, clock: StillClock) -> Iterator[Ports]:
    with open_store(settings_for(database_url, tmp_path / "store"), clock) as ports:
        yield ports


def drain(ports: Ports) -> None:
    outbox.drain(ports.sessions, ports.clock, jobs.handlers(ports))


def check_sound(ports: Ports, badges: int) -> None:
    """Everything verifies, and there are so many sealed badges."""
    report = verify_store(ports)
    assert report.sound, "\n".join(report.lines())
    with ports.sessions() as session:
        assert session.scalar(select(func.count()).where(Credential.sealed_at.is_not(None))) == badges


# -- the disk is full -----------------------------------------------------------------------------------
def fill_the_disk(ports: Ports, spare: int) -> None:
    """Let no file of this process grow beyond what the database needs now, and a little."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    path = Path(make_url(ports.settings.database_url).database or "")
    size = max(one.stat().st_size for one in path.parent.glob(f"{path.name}*"))
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + spare, resource.RLIM_INFINITY))


def issue_on_a_full_disk(url: str, folder: Path, claims: list[uuid.UUID], spare: int) -> None:
    """Issue until there is no room; end with 0 when that was told as it should be."""
    with open_store(settings_for(url, folder), StillClock()) as ports:
        fill_the_disk(ports, spare)
        try:
            for first in range(0, len(claims), 40):
                issuer.issue_many(ports.issuing, claims[first : first + 40])
        except Unavailable:
            check_the_others(ports)
            os._exit(0)
    os._exit(1)


def check_the_others(ports: Ports) -> None:
    """Photos, backups and the witness also say that there is no room, and leave nothing half-written."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, resource.RLIM_INFINITY))
    for write in (
        lambda: ports.storage.put(b"x" * 60_000),
        lambda: ports.issuing.witness and ports.issuing.witness.write("status/x.json", b"x" * 60_000),
    ):
        with pytest.raises(Unavailable):
            write()
    with pytest.raises((BackupFailed, Unavailable)):
        backup.back_up(ports, ports.settings.media_dir.parent / "backups")


@SQLITE
@pytest.mark.parametrize("spare", [0, 100_000, 700_000, 1_500_000])
def test_a_full_disk_is_told_and_what_was_begun_goes_on_when_there_is_room(
    store: Ports, database_url: str, tmp_path: Path, spare: int
) -> None:
    with store.sessions() as session:
        claims = approve(session, store.clock, make_crowd(session, store.clock), 600)
    arguments = (database_url, tmp_path / "store", claims, spare)
    child = PROCESSES.Process(target=issue_on_a_full_disk, args=arguments)
    child.start()
    child.join(120)
    assert child.exitcode == 0
    with closing(sqlite3.connect(make_url(database_url).database or "")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    left = [path.name for path in (tmp_path / "store").rglob("*") if path.name.startswith(".")]
    assert left == [], "no half file is left behind"
    with store.sessions() as session:
        assert audit.verify(session).faults == ()
        sealed = select(func.count()).where(Credential.sealed_at.is_not(None))
        signed = select(func.count()).where(JournalEntry.act == "credential.signed")
        assert session.scalar(sealed) == session.scalar(signed) < len(claims)
    store.clock.forward(hours=1)  # type: ignore[attr-defined] # leases of the child end
    drain(store)
    check_sound(store, len(claims))


# -- the database is locked -----------------------------------------------------------------------------
@contextmanager
def locked(engine: Engine, url: str) -> Iterator[None]:
    """Somebody else holds the database, or on PostgreSQL the tables that issuing writes."""
    if engine.dialect.name == "sqlite":
        with closing(sqlite3.connect(make_url(url).database or "", isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            yield
            other.execute("ROLLBACK")
        return
    with build_engine(url).connect() as other:
        other.execute(text("LOCK TABLE credentials, journal, status_lists, outbox IN EXCLUSIVE MODE"))
        yield
        other.rollback()
    other.engine.dispose()


def in_a_hurry(engine: Engine) -> None:
    """Wait a fifth of a second for locks instead of many."""
    setting = {"sqlite": f"PRAGMA busy_timeout={HURRIED}", "postgresql": f"SET lock_timeout = {HURRIED}"}

    def shorten(connection: object, _record: object, _proxy: object) -> None:
        with closing(connection.cursor()) as cursor:  # type: ignore[attr-defined]
            cursor.execute(setting[engine.dialect.name])

    event.listen(engine, "checkout", shorten)


def test_a_database_locked_for_too_long_is_told_and_nothing_is_half_saved(
    store: Ports, database_url: str
) -> None:
    with store.sessions() as session:
        crowd = make_crowd(session, store.clock)
        claims = approve(session, store.clock, crowd, 3)
    first = issuer.issue(store.issuing, claims[0])
    engine = store.sessions.kw["bind"]
    engine.dispose()
    in_a_hurry(engine)
    with locked(engine, database_url):
        for act in (
            lambda: issuer.issue_many(store.issuing, claims[1:]),
            lambda: drain(store),
            lambda: revoke(store, crowd.admin, first),
        ):
            began = time.monotonic()
            with pytest.raises(Unavailable):
                act()
            assert time.monotonic() - began < SQLITE_BUSY_SECONDS / 2
    with store.sessions() as session:
        assert session.scalar(select(func.count()).select_from(Credential)) == 1
        assert session.get_one(Credential, first).revoked_at is None
        assert audit.verify(session).faults == ()
    drain(store)
    check_sound(store, 3)


def revoke(ports: Ports, admin: Actor, credential_id: uuid.UUID) -> None:
    with ports.sessions() as session:
        issuer.revoke(session, ports.clock, admin, credential_id, "x")


# -- one row is refused after signing -------------------------------------------------------------------
def refuse(ports: Ports, when: str, what: str) -> Callable[[], None]:
    """Have the database refuse one kind of row; return what allows it again."""
    table = what.rpartition(" ")[2]
    kind = ports.sessions.kw["bind"].dialect.name
    body = {
        "sqlite": f"CREATE TRIGGER no_room BEFORE {what} WHEN {when} "
        "BEGIN SELECT RAISE(ABORT, 'no room'); END",
        "postgresql": f"CREATE TRIGGER no_room BEFORE {what} FOR EACH ROW WHEN ({when}) "
        "EXECUTE FUNCTION refuse_change()",
    }[kind]
    drop = "DROP TRIGGER no_room" + ("" if kind == "sqlite" else f" ON {table}")

    def run(statement: str) -> None:
        with ports.sessions() as session, transaction(session):
            session.execute(text(statement))

    run(body)
    return lambda: run(drop)


REFUSED = {
    "the signed body of one": (
        "NEW.signed IS NOT NULL AND NEW.claim_id = '{claim}'",
        "UPDATE ON credentials",
    ),
    "the line that it was signed": ("NEW.act = 'credential.signed'", "INSERT ON journal"),
    "the message that offers it": ("NEW.topic = 'credential.issued'", "INSERT ON outbox"),
    "the line that it is reserved": ("NEW.act = 'credential.reserved'", "INSERT ON journal"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_row_refused_in_a_batch_leaves_no_half_of_it_and_holds_back_nobody_for_ever(
    store: Ports, name: str
) -> None:
    with store.sessions() as session:
        claims = approve(session, store.clock, make_crowd(session, store.clock), 5)
    kind = store.sessions.kw["bind"].dialect.name
    one = claims[3].hex if kind == "sqlite" else str(claims[3])
    when, what = REFUSED[name]
    allow = refuse(store, when.format(claim=one), what)
    with pytest.raises((exc.DatabaseError, Unavailable)):
        issuer.issue_many(store.issuing, claims)
    with store.sessions() as session:
        assert session.scalar(select(func.count()).where(Credential.sealed_at.is_not(None))) == 0
        told = select(func.count()).where(JournalEntry.act == "credential.signed")
        assert session.scalar(told) == 0, "what is not kept is not told"
    drain(store)
    allow()
    store.clock.forward(hours=2)  # type: ignore[attr-defined]
    drain(store)
    check_sound(store, len(claims))


# -- two at once ----------------------------------------------------------------------------------------
def at_once(*acts: Callable[[], object]) -> list[BaseException | object]:
    """Do all `acts` in threads that start together; return what each gave back or raised."""
    barrier, found = threading.Barrier(len(acts)), [None] * len(acts)  # type: ignore[var-annotated]

    def run(number: int, act: Callable[[], object]) -> None:
        barrier.wait(30)
        try:
            found[number] = act()
        except BaseException as fault:  # noqa: BLE001 - the test looks at it
            found[number] = fault

    threads = [threading.Thread(target=run, args=(number, act)) for number, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return found


def test_of_two_reviewers_who_approve_and_refuse_at_once_one_wins_and_the_other_is_told(
    store: Ports, clock: StillClock
) -> None:
    winners = set()
    for _ in range(ROUNDS):
        with store.sessions() as session:
            house = House(session, clock, store.storage).build()  # type: ignore[arg-type]
            claim_id = house.submitted()
            version = house.claim(claim_id).version
        sophie, paul = house.people["sophie"], house.people["paul"]

        def yes(claim_id: uuid.UUID = claim_id, by: Actor = sophie, version: int = version) -> None:
            with store.sessions() as session:
                recognition.approve(session, clock, by, claim_id, version)

        def no(claim_id: uuid.UUID = claim_id, by: Actor = paul, version: int = version) -> None:
            reason = Reason.NOT_YET_REGULAR
            with store.sessions() as session:
                recognition.refuse(session, clock, by, claim_id, version, reason, "Two more weeks.")

        found = at_once(yes, no)
        assert [type(one) for one in found if one is not None] in [[one] for one in MOVED]
        with store.sessions() as session:
            state = session.get_one(Claim, claim_id).state
            steps = (
                select(ClaimStep.to_state).where(ClaimStep.claim_id == claim_id).order_by(ClaimStep.number)
            )
            assert session.scalars(steps).all()[-1] is state
            assert [found[0], found[1]].index(None) == [ClaimState.APPROVED, ClaimState.REFUSED].index(state)
            owed = select(func.count()).where(OutboxMessage.key == f"claim.approved:{claim_id}")
            assert session.scalar(owed) == (state is ClaimState.APPROVED)
        winners.add(state)
    assert winners <= {ClaimState.APPROVED, ClaimState.REFUSED}


# -- fifty times the same -------------------------------------------------------------------------------
def test_a_wave_started_fifty_times_at_once_is_one_wave(store: Ports) -> None:
    with store.sessions() as session:
        crowd = make_crowd(session, store.clock)
        approve(session, store.clock, crowd, 30, owed=False)
    wave_id = uuid.uuid4()

    def start() -> uuid.UUID:
        with store.sessions() as session:
            return service_waves.start(session, store.clock, crowd.admin, wave_id).id

    assert at_once(*[start] * CLICKS) == [wave_id] * CLICKS
    drain(store)
    with store.sessions() as session:
        assert session.scalar(select(func.count()).select_from(Wave)) == 1
        assert session.scalar(select(func.count()).select_from(WaveClaim)) == 30
        acts = session.scalars(select(JournalEntry.act).where(JournalEntry.act.startswith("wave."))).all()
    assert acts == ["wave.started", "wave.finished"]
    check_sound(store, 30)


def test_an_observation_sent_fifty_times_at_once_is_kept_once(store: Ports, clock: StillClock) -> None:
    with store.sessions() as session:
        house = House(session, clock, store.storage).build()  # type: ignore[arg-type]
        situation_id, observation_id = uuid.uuid4(), uuid.uuid4()
        marks = dict.fromkeys(house.behaviours("N1"), Mark.YES)
        situation = NewSituation(
            id=situation_id,
            happened_on=today(clock),
            kind=SituationKind.COLLECTIVE_TASK,
            title="Leek harvest",
        )
        evidence.create_situation(session, clock, house.people["marc"], situation)
    new = NewObservation(
        id=observation_id,
        situation_id=situation_id,
        worker_id=house.worker_id,
        framework_version_id=house.version_id,
        skill_id=SKILL,
        level="N1",
        marks=marks,
        captured_at=clock.now(),
    )

    def send() -> uuid.UUID:
        with store.sessions() as session:
            return evidence.record_observation(session, clock, store.storage, house.people["marc"], new)

    assert at_once(*[send] * CLICKS) == [observation_id] * CLICKS
    with store.sessions() as session:
        assert session.scalar(select(func.count()).select_from(Observation)) == 1
        told = select(func.count()).where(JournalEntry.act == "observation.recorded")
        assert session.scalar(told) == 1


def test_a_claim_issued_fifty_times_at_once_gives_one_badge(store: Ports) -> None:
    with store.sessions() as session:
        (claim,) = approve(session, store.clock, make_crowd(session, store.clock), 1, owed=False)
    found = at_once(*[lambda: issuer.issue(store.issuing, claim)] * CLICKS)
    assert len(set(found)) == 1
    assert isinstance(found[0], uuid.UUID)
    check_sound(store, 1)
