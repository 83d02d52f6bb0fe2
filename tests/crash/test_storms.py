"""Storms: three workers killed at random while 1,500 claims are issued; nothing lost, nothing doubled."""

import random
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from badges.audit import JournalEntry
from badges.backup.queries_store import verify_store
from badges.issuer import service_waves
from badges.issuer.models import Credential, IssuerProfile, Wave, WaveState
from badges.outbox import OutboxMessage
from badges.ports import Ports
from badges.sharing.models import Holding
from tests.conftest import StillClock
from tests.crash import children
from tests.crash.children import MIDNIGHT, PROCESSES, HurriedClock
from tests.crash.stores import approve, make_crowd, open_store, settings_for

CLAIMS, WORKERS, PATIENCE = 1_500, 3, 300
GUSTS, WAVES = 300, 60
"""In how many parts the claims come while the storm blows, so that there is always work in hand."""
HAPPENS_EVERY = 0.04
LIVES, CALMER_LIVES = (0.08, 0.4), (0.5, 2.0)
"""Seconds until a worker is killed: while the storm blows, and when it dies down."""
LEAST_KILLS, LEAST_TAKEN_UP = 50, 3


@pytest.fixture
def store(database_url: str, tmp_path: Path) -> Iterator[Ports]:
    with open_store(settings_for(database_url, tmp_path / "store"), StillClock(MIDNIGHT)) as ports:
        yield ports


Event = Callable[[Session], object]


@pytest.mark.parametrize("seed", [20261123])
def test_a_storm_of_kills_loses_and_doubles_nothing(store: Ports, database_url: str, seed: int) -> None:
    dice, claims = random.Random(seed), []
    with store.sessions() as session:
        crowd = make_crowd(session, store.clock)

        def some_are_approved(session: Session) -> None:
            claims.extend(approve(session, store.clock, crowd, CLAIMS // GUSTS))

        kills = rage(session, database_url, dice, iter([some_are_approved] * GUSTS))
        check_it_blew(session, kills)
    assert len(claims) == CLAIMS
    check_exactly_once(store, claims)


@pytest.mark.parametrize("seed", [11])
def test_a_storm_over_waves_cancelled_and_resumed_loses_and_doubles_nothing(
    store: Ports, database_url: str, seed: int
) -> None:
    dice, claims, clock = random.Random(seed), [], HurriedClock(time.time())
    waves: list[uuid.UUID] = []
    with store.sessions() as session:
        crowd = make_crowd(session, store.clock)

        def a_wave_is_started(session: Session) -> None:
            claims.extend(approve(session, store.clock, crowd, CLAIMS // WAVES, owed=False))
            waves.append(uuid.uuid4())
            service_waves.start(session, clock, crowd.admin, waves[-1])

        def one_is_cancelled(session: Session) -> None:
            service_waves.cancel(session, clock, crowd.admin, dice.choice(waves))

        def all_are_resumed(session: Session) -> None:
            for wave_id in waves:
                service_waves.resume(session, clock, crowd.admin, wave_id)

        gust = (a_wave_is_started, one_is_cancelled, one_is_cancelled, all_are_resumed)
        kills = rage(session, database_url, dice, iter(gust * WAVES))
        check_it_blew(session, kills)
        states = session.execute(select(Wave.state, Wave.total)).all()
    assert {state for state, _ in states} == {WaveState.FINISHED}
    assert sum(total for _, total in states) == CLAIMS
    check_exactly_once(store, claims)


def check_it_blew(session: Session, kills: int) -> None:
    """Many were killed, and some of them in the middle of something that another one had to take up again."""
    session.rollback()
    taken_up_again = session.scalar(select(func.count()).where(OutboxMessage.attempts > 1)) or 0
    assert kills >= LEAST_KILLS
    assert taken_up_again >= LEAST_TAKEN_UP


def check_exactly_once(store: Ports, claims: list[uuid.UUID]) -> None:
    """Each claim has one badge, sealed once, offered once, in a place of its own; all of it verifies."""
    with store.sessions() as session:
        rows = session.execute(
            select(Credential.id, Credential.claim_id, Credential.status_list_id, Credential.status_index)
        ).all()
        assert sorted(row.claim_id for row in rows) == sorted(claims)
        assert len({(row.status_list_id, row.status_index) for row in rows}) == len(claims)
        for act in ("credential.reserved", "credential.signed"):
            told = session.scalars(select(JournalEntry.subject).where(JournalEntry.act == act)).all()
            assert sorted(told) == sorted(f"credential:{row.id}" for row in rows), act
        assert session.scalar(select(func.count()).select_from(Holding)) == len(claims)
        assert session.scalar(select(func.count()).select_from(IssuerProfile)) == 1
    store.clock.forward(days=1)  # type: ignore[attr-defined] # the workers ran ahead of it
    report = verify_store(store)
    assert report.sound, "\n".join(report.lines())


def rage(session: Session, url: str, dice: random.Random, events: Iterator[Event]) -> int:
    """Let something happen every few moments while three workers run, each killed at its hour; count kills.

    It ends when nothing more happens and nothing is owed.
    """
    started, kills, due = time.time(), 0, time.time()
    running = [Doomed(url, started, dice) for _ in range(WORKERS)]
    try:
        event = next(events, None)
        while event or owed(session):
            assert time.time() - started < PATIENCE
            if event and time.time() >= due:
                event(session)
                event, due = next(events, None), time.time() + HAPPENS_EVERY
            kills += sum(one.meet_its_fate(LIVES if event else CALMER_LIVES) for one in running)
            time.sleep(0.01)
    finally:
        for one in running:
            one.kill()
    return kills


class Doomed:
    """A worker that is killed at a random age, again and again: a new one takes its place."""

    def __init__(self, url: str, started: float, dice: random.Random) -> None:
        self._arguments, self._dice = (url, started), dice
        self._begin(LIVES)

    def meet_its_fate(self, lives: tuple[float, float]) -> bool:
        """Be killed and replaced if the hour has come."""
        if time.time() < self._until:
            return False
        self.kill()
        self._begin(lives)
        return True

    def kill(self) -> None:
        self._process.kill()
        self._process.join()

    def _begin(self, lives: tuple[float, float]) -> None:
        target = children.relay_until_killed
        self._process = PROCESSES.Process(target=target, args=self._arguments, daemon=True)
        self._process.start()
        self._until = time.time() + self._dice.uniform(*lives)


def owed(session: Session) -> int:
    session.rollback()
    return session.scalar(select(func.count()).where(OutboxMessage.done_at.is_(None))) or 0
