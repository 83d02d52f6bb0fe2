"""The job engine: Huey runs the workers and the timetable, and its queue is our outbox.

The outbox holds what is owed, because only a row written in our own transaction cannot be lost (ADR 15).
Huey gives what a queue needs around it: processes that are replaced when they die, a calm stop, waiting that
backs off, a timetable. Nothing is queued a second time, nothing is serialised.
"""

import atexit
import os
import signal
import time
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import structlog
from huey import Huey, crontab
from huey.api import Task
from huey.consumer import Consumer
from huey.storage import BlackHoleStorage
from sqlalchemy.exc import SQLAlchemyError

from badges import jobs, outbox
from badges.outbox import Handlers
from badges.ports import Ports

BUSY_WAIT, WAIT_GROWTH, IDLE_WAIT = 0.05, 1.3, 0.5
"""Seconds between two looks at the outbox: just after work, how they grow, and at rest."""
AFTER_A_FAILURE = 1.0
HEALTH_SECONDS = 1
TIMETABLE_SECONDS = 5
THREAD_STOP_SECONDS = 10

log = structlog.get_logger(__name__)


class OutboxHuey(Huey):  # type: ignore[misc] # the library has no types
    """Huey for which the next task is whatever the outbox owes now.

    `open_ports` is called once in each process that works: a database connection must not cross a fork.
    `handlers` says what each topic is.
    """

    def __init__(self, open_ports: Callable[[], Ports], handlers: Callable[[Ports], Handlers]) -> None:
        super().__init__("badges", results=False, storage_class=BlackHoleStorage)
        self._open_ports, self._handlers = open_ports, handlers
        self._opened: tuple[int, Ports] | None = None
        self._parent: int | None = None
        self._handled, self._since = 0, 0.0
        self._day: date | None = None
        self._carry_out = self.task(name="carry_out")(self._carry_out_some)
        self.periodic_task(crontab(), name="timetable")(self._look_at_the_timetable)

    @property
    def ports(self) -> Ports:
        """The ports of this process."""
        if self._opened is None or self._opened[0] != os.getpid():
            self._opened = os.getpid(), self._open_ports()
        return self._opened[1]

    def follow(self, parent: int) -> None:
        """Make the processes of this engine end when `parent` has: nobody would replace or stop them."""
        self._parent = parent

    def dequeue(self) -> Task | None:
        """Return the task of a worker that is free: a part of what is owed, or None at rest."""
        self._end_without_parent()
        if self._is_due():
            return self._carry_out.s()
        self._tell_what_was_done()
        return None

    def enqueue(self, task: Task) -> None:
        """Do what the timetable brings at once, where it is noticed: it only writes to the outbox."""
        self.execute(task)

    def read_schedule(self, _timestamp: datetime | None = None) -> list[Task]:
        """Return no task: what is due later waits in the outbox."""
        self._end_without_parent()
        return []

    def _is_due(self) -> bool:
        try:
            with self.ports.sessions() as session:
                return outbox.is_due(session, self.ports.clock)
        except SQLAlchemyError as error:
            log.error("worker.database_away", error=str(error.__cause__))  # noqa: TRY400 - it may last
            time.sleep(AFTER_A_FAILURE)
            return False

    def _carry_out_some(self) -> None:
        """Carry out one message, or one batch, so that a stop never waits for more than that."""
        self._since = self._since or time.monotonic()
        ports = self.ports
        try:
            self._handled += outbox.relay_once(ports.sessions, ports.clock, self._handlers(ports))
        except Exception:
            log.exception("worker.failed")
            time.sleep(AFTER_A_FAILURE)

    def _look_at_the_timetable(self) -> None:
        day = jobs.working_day(self.ports.clock)
        if day != self._day:
            jobs.owe_daily_work(self.ports, day)
            self._day = day

    def _tell_what_was_done(self) -> None:
        if self._handled:
            seconds = round(time.monotonic() - self._since, 2)
            log.info("worker.rests", handled=self._handled, seconds=seconds, pid=os.getpid())
        self._handled, self._since = 0, 0.0

    def _end_without_parent(self) -> None:
        if self._parent is not None and os.getppid() != self._parent:
            raise KeyboardInterrupt


class Relay:
    """The engine inside the web process, in threads: nothing else has to run. It stops with the process."""

    def __init__(self, ports: Ports) -> None:
        self._consumer = _consumer(OutboxHuey(lambda: ports, jobs.handlers), 1, "thread", THREAD_STOP_SECONDS)

    def start(self) -> None:
        """Start working. Signals stay with the web server, so the consumer is not started as a program."""
        self._consumer.scheduler.start()
        for _, thread in self._consumer.worker_threads:
            thread.start()
        atexit.register(self.stop)

    def stop(self) -> None:
        """Finish what is in hand, then end; waits for it ten seconds at most."""
        atexit.unregister(self.stop)
        self._consumer.stop(graceful=True)


def run_workers(
    open_ports: Callable[[], Ports],
    processes: int,
    handlers: Callable[[Ports], Handlers] = jobs.handlers,
) -> None:
    """Run `processes` workers until SIGTERM or SIGINT; each then finishes the batch in hand.

    A worker that dies is replaced; workers end when this process is killed. `open_ports` must make new
    ports at each call.
    """
    huey = OutboxHuey(open_ports, handlers)
    huey.on_startup("deaf")(_leave_signals_to_the_parent)
    huey.follow(os.getpid())
    consumer = _consumer(huey, processes, "process", None)
    huey.on_startup("told")(lambda: log.info("worker.started", pid=os.getpid()))
    consumer.run()
    log.info("worker.stopped", processes=processes)


def _leave_signals_to_the_parent() -> None:
    """Ignore Ctrl-C, which a terminal sends to the whole family: the parent ends us calmly."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


class _Consumer(Consumer):  # type: ignore[misc] # the library has no types
    """Huey's consumer, for which Ctrl-C is as calm as SIGTERM."""

    def start(self) -> None:
        """Start the workers and the timetable."""
        super().start()
        signal.signal(signal.SIGINT, lambda *_: os.kill(os.getpid(), signal.SIGTERM))


def _consumer(huey: OutboxHuey, workers: int, kind: str, patience: float | None) -> Any:
    return _Consumer(
        huey,
        workers=workers,
        worker_type=kind,
        initial_delay=BUSY_WAIT,
        backoff=WAIT_GROWTH,
        max_delay=IDLE_WAIT,
        scheduler_interval=TIMETABLE_SECONDS,
        health_check_interval=HEALTH_SECONDS,
        shutdown_timeout=patience,
        graceful_signal="TERM",
    )
