"""The headline job in a process of its own: `python -m benchmarks.wave DATABASE_URL FOLDER WORKERS`.

An administrator starts a wave over all the approved claims that wait; the time ends when every consequence
is carried out: reserved, journalled, signed, sealed, offered to its worker. With 0 workers this process does
it by itself; with more, that many processes of `badges worker` do, and starting them is not counted. Answers
in one line of JSON.
"""

import json
import os
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from badges import outbox
from badges.issuer import service_waves
from badges.issuer.models import Credential
from badges.jobs import handlers
from badges.outbox import OutboxMessage
from badges.ports import Ports
from benchmarks import world

PATIENCE = 1_200.0
LOOK_EVERY = 0.02


def run(database_url: str, folder: Path, workers: int) -> dict[str, Any]:
    """Issue everything that waits, and return seconds, credentials and the peak of memory in bytes."""
    ports = world.open_ports(database_url, folder)
    world.issue_each_badge(ports)
    with ports.sessions() as session:
        before = session.scalar(select(func.count(Credential.sealed_at))) or 0
        actor = world.administrator(session)
    outbox.drain(ports.sessions, ports.clock, handlers(ports))
    process = _begin_workers(database_url, folder, workers) if workers else None
    rest = _memory()
    try:
        begun, processor = time.perf_counter(), time.process_time()
        with ports.sessions() as session:
            total = service_waves.start(session, ports.clock, actor, uuid.uuid4()).total
        sealed = _carry_out(ports, before + total, begun, by_ourselves=not workers)
        whole, processor = time.perf_counter() - begun, time.process_time() - processor
    finally:
        if process:
            process.terminate()
            process.wait(30)
    return {
        "seconds": whole, "processor": processor, "sealed_after": sealed, "credentials": total,
        "memory": _memory(), "rest": rest,
    }  # fmt: skip


def measured(database_url: str, folder: Path, workers: int) -> dict[str, Any]:
    """Do `run` in a new process, so that nothing of ours is warm and its memory is its own."""
    command = [sys.executable, "-m", "benchmarks.wave", database_url, str(folder), str(workers)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - ourselves
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _carry_out(ports: Ports, expected: int, begun: float, *, by_ourselves: bool) -> float:
    """Return after how many seconds the last credential was sealed, once nothing at all is owed."""
    found = handlers(ports)
    if by_ourselves:
        outbox.drain(ports.sessions, ports.clock, found, topics=("wave.chunk",))
    sealed = 0.0
    while time.perf_counter() - begun < PATIENCE:
        with ports.sessions() as session:
            if not sealed and session.scalar(select(func.count(Credential.sealed_at))) == expected:
                sealed = time.perf_counter() - begun
            if sealed and not session.scalar(
                select(func.count()).select_from(OutboxMessage).where(OutboxMessage.done_at.is_(None))
            ):
                return sealed
        if by_ourselves:
            outbox.drain(ports.sessions, ports.clock, found)
        else:
            time.sleep(LOOK_EVERY)
    raise TimeoutError


def _begin_workers(database_url: str, folder: Path, workers: int) -> subprocess.Popen[bytes]:
    """Start `badges worker` and wait until each of its processes has told that it works."""
    badges = str(Path(sys.executable).parent / "badges")
    log = (folder / "worker.log").open("w+b")
    process = subprocess.Popen(  # noqa: S603 - our own command
        [badges, "worker", "--processes", str(workers)],
        env=os.environ | world.environment(database_url, folder), stdout=log, stderr=subprocess.STDOUT,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while (folder / "worker.log").read_bytes().count(b"worker.started") < workers:
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError((folder / "worker.log").read_text())
        time.sleep(0.05)
    return process


def _memory() -> int:
    """Return the most memory this process ever held, in bytes (Linux; getrusage would count our parent's)."""
    status = Path("/proc/self/status").read_text()
    (kilobytes,) = (line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
    return int(kilobytes) * 1024


if __name__ == "__main__":
    sys.stdout.write(json.dumps(run(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))) + "\n")
