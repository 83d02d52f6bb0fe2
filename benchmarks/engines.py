"""Job engines side by side: what a task costs to enqueue, how soon it begins, what a `kill -9` does to it.

The measurement behind docs/adr/0015. Run it in an environment of its own that holds the candidates:
`python benchmarks/engines.py huey-sqlite huey-postgres huey-redis procrastinate dramatiq rq celery`; ours
(`outbox-sqlite`, `outbox-postgres`) needs the product's environment. PostgreSQL is reached through
ENGINES_POSTGRES (a libpq URL of an empty database), Redis through ENGINES_REDIS.
"""
# ruff: noqa: PLC0415 - each candidate is imported when it is measured: they need not all be installed

import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

POSTGRES = os.environ.get("ENGINES_POSTGRES", "postgresql://badges:badges@127.0.0.1/engines")
REDIS = os.environ.get("ENGINES_REDIS", "redis://127.0.0.1:6399/0")
FOLDER = Path(os.environ.get("ENGINES_FOLDER", tempfile.gettempdir())) / "engines"
ENQUEUED, SAMPLES, PATIENCE = 300, 20, 90.0


def begin(mark: str, seconds: float = 0.0) -> None:
    """Do the task: note when it began, then work for `seconds`."""
    with Path(mark).open("a") as file:
        file.write(f"{time.time()}\n")
    time.sleep(seconds)


@dataclass(frozen=True)
class Engine:
    """One candidate: how to put a task in its queue, and how to run one worker for ever."""

    enqueue: Callable[[str, float], object]
    work: Callable[[], object]


def huey(kind: str) -> Engine:
    """Huey with the storage that it ships for `kind`."""
    import huey as library

    stores: dict[str, Callable[[], Any]] = {
        "memory": lambda: library.MemoryHuey("engines"),
        "sqlite": lambda: library.SqliteHuey("engines", filename=str(FOLDER / "huey.sqlite"), fsync=True),
        "postgres": lambda: library.PostgresHuey("engines", dsn=POSTGRES),
        "redis": lambda: library.RedisHuey("engines", url=REDIS),
    }
    store = stores[kind]()
    task = store.task(name="begin")(begin)
    options = {"workers": 1, "worker_type": "thread" if kind == "memory" else "process"}
    consumer = store.create_consumer(**options)
    return Engine(task, consumer.start if kind == "memory" else consumer.run)


def procrastinate() -> Engine:
    """Procrastinate: its tables and functions in PostgreSQL."""
    import procrastinate as library

    app = library.App(connector=library.PsycopgConnector(conninfo=POSTGRES))
    plain = library.App(connector=library.SyncPsycopgConnector(conninfo=POSTGRES))
    plain.open()
    if not plain.check_connection():
        plain.schema_manager.apply_schema()
    app.task(name="begin")(begin)
    task = plain.task(name="begin")(begin)

    def work() -> None:
        app.run_worker(concurrency=1, install_signal_handlers=False)

    return Engine(lambda mark, seconds: task.defer(mark=mark, seconds=seconds), work)


def dramatiq() -> Engine:
    """Dramatiq over Redis."""
    import dramatiq as library
    from dramatiq.brokers.redis import RedisBroker

    broker = RedisBroker(url=REDIS)
    library.set_broker(broker)
    actor = library.actor(actor_name="begin")(begin)

    def work() -> None:
        library.Worker(broker, worker_threads=1).start()
        threading.Event().wait()

    return Engine(actor.send, work)


def rq() -> Engine:
    """RQ over Redis."""
    import redis
    import rq as library

    sys.path.insert(0, str(Path(__file__).parent))
    connection = redis.Redis.from_url(REDIS)
    queue = library.Queue("engines", connection=connection)
    return Engine(
        lambda mark, seconds: queue.enqueue("engines.begin", mark, seconds),
        lambda: library.Worker([queue], connection=connection).work(with_scheduler=True),
    )


def celery() -> Engine:
    """Celery over Redis, with late acknowledgement as its manual advises for tasks that may be done twice."""
    import celery as library

    app = library.Celery("engines", broker=REDIS)
    app.conf.update(task_acks_late=True, task_reject_on_worker_lost=True, worker_prefetch_multiplier=1)
    task = app.task(name="begin")(begin)
    return Engine(task.delay, lambda: app.worker_main(["worker", "-c", "1", "-l", "ERROR"]))


def outbox(kind: str) -> Engine:
    """Ours: Huey running the outbox, as `badges worker` does."""
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from benchmarks.engines_outbox import make

    return make(kind, FOLDER, POSTGRES, begin)


ENGINES: dict[str, Callable[[], Engine]] = {
    "huey-memory": lambda: huey("memory"),
    "huey-sqlite": lambda: huey("sqlite"),
    "huey-postgres": lambda: huey("postgres"),
    "huey-redis": lambda: huey("redis"),
    "procrastinate": procrastinate,
    "dramatiq": dramatiq,
    "rq": rq,
    "celery": celery,
    "outbox-sqlite": lambda: outbox("sqlite"),
    "outbox-postgres": lambda: outbox("postgres"),
}


def worker(name: str) -> subprocess.Popen[bytes]:
    """Start one worker in a session of its own, so that all its processes can be killed at once."""
    quiet = subprocess.DEVNULL
    return subprocess.Popen(  # noqa: S603 - ourselves
        [sys.executable, __file__, "--work", name], start_new_session=True, stdout=quiet, stderr=quiet
    )


def wait_for(path: Path, count: int, patience: float = PATIENCE) -> list[float]:
    """Return the times noted in `path` once there are `count`, or those there are when patience ends."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        noted = path.read_text().split() if path.exists() else []
        if len(noted) >= count:
            break
        time.sleep(0.002)
    return [float(one) for one in noted]


def latencies(enqueue: Callable[[str, float], object]) -> list[float]:
    """Return the milliseconds from the end of enqueueing to the beginning of the work, idle before each."""
    found = []
    for number in range(SAMPLES):
        time.sleep(random.uniform(0.7, 1.9))  # noqa: S311 - out of step with any polling
        mark = FOLDER / f"mark-{time.time_ns()}-{number}"
        enqueue(str(mark), 0.0)
        sent = time.time()
        noted = wait_for(mark, 1)
        found.append((noted[0] - sent) * 1000)
    return found


def idle_cpu(process: subprocess.Popen[bytes], seconds: float = 10.0) -> float:
    """Return the CPU milliseconds that an idle worker and its children burn each second."""
    before = _cpu(process.pid)
    time.sleep(seconds)
    return (_cpu(process.pid) - before) * 1000 / seconds


def _cpu(session: int) -> float:
    ticks = sum(int(fields[11]) + int(fields[12]) for _, fields in _members(session))
    return ticks / os.sysconf("SC_CLK_TCK")


def kill(process: subprocess.Popen[bytes]) -> None:
    """End a worker and all its processes, whatever groups they are in, as a power cut would."""
    for pid, _ in list(_members(process.pid)):
        os.kill(pid, signal.SIGKILL)
    process.wait()


def _members(session: int) -> Iterator[tuple[int, list[str]]]:
    """Yield each process of a session with the fields of its `stat` that follow its name."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields[3]) == session:
            yield int(stat.parent.name), fields


def killed(name: str, enqueue: Callable[[str, float], object], running: subprocess.Popen[bytes]) -> str:
    """Kill the worker in the middle of a task, start another, and tell what became of the task."""
    mark = FOLDER / f"kill-{time.time_ns()}"
    enqueue(str(mark), 3.0)
    (first,) = wait_for(mark, 1)
    time.sleep(0.5)
    kill(running)
    again = worker(name)
    noted = wait_for(mark, 2)
    kill(again)
    return (
        f"done again after {noted[1] - first:.0f} s"
        if len(noted) > 1
        else f"not begun again in {PATIENCE:.0f} s"
    )


def enqueue_cost(engine: Engine) -> float:
    """Return the median microseconds of enqueueing one task, its commit included."""
    found = []
    for _ in range(ENQUEUED):
        started = time.perf_counter()
        engine.enqueue(os.devnull, 0.0)
        found.append((time.perf_counter() - started) * 1e6)
    return statistics.median(found)


def measure(name: str, *, kills: bool) -> dict[str, Any]:
    """Measure one engine."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    engine = ENGINES[name]()
    enqueue_us = enqueue_cost(engine)
    within = name == "huey-memory"
    running = None if within else worker(name)
    if within:
        engine.work()
    warm = FOLDER / f"warm-{time.time_ns()}"
    engine.enqueue(str(warm), 0.0)
    wait_for(warm, 1)
    found = latencies(engine.enqueue)
    row: dict[str, Any] = {
        "engine": name,
        "enqueue_us": round(enqueue_us),
        "begins_ms_median": round(statistics.median(found), 1),
        "begins_ms_worst": round(max(found), 1),
    }
    if running is not None:
        row["idle_cpu_ms_per_s"] = round(idle_cpu(running), 2)
        row["kill"] = killed(name, engine.enqueue, running) if kills else None
        kill(running)
    return row


def main() -> None:
    """Run a worker (`--work NAME`), or measure the engines named; `--no-kill` leaves the kill out."""
    if sys.argv[1] == "--work":
        ENGINES[sys.argv[2]]().work()
        return
    for name in sys.argv[1:]:
        if name in ENGINES:
            sys.stdout.write(json.dumps(measure(name, kills="--no-kill" not in sys.argv)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
