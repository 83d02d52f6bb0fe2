"""Measuring: medians of several rounds, taken in turns so that a busy moment falls on everybody alike."""

import gc
import os
import platform
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median

LIBRARIES = (
    "pynacl", "cryptography", "pyld", "pillow", "sqlalchemy", "psycopg", "flask", "gunicorn", "granian",
    "huey", "jsonschema-rs",
)  # fmt: skip
ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Cost:
    """Median seconds of one operation: of the processor, and on the wall.

    On a quiet machine they agree. Two works of one process are compared by the processor, which other
    programs disturb less; a work and another program by the wall, as both are seen from outside.
    """

    processor: float
    wall: float


def seconds(work: Callable[[], object]) -> float:
    """Return how long `work` takes on the wall, once."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def each(work: Callable[..., object], *things: Iterable[object]) -> tuple[Callable[[], object], int]:
    """Return a work for `medians` that does `work` to each of `things` and keeps nothing of what it makes."""
    lists = [list(thing) for thing in things]
    return lambda: deque(map(work, *lists), maxlen=0), len(lists[0])


def medians(works: Mapping[str, tuple[Callable[[], object], int]], *, rounds: int) -> dict[str, Cost]:
    """Return the median cost of one operation of each work, given as (what to run, operations in it).

    Round after round, each work in its turn. The garbage collector runs, as it does in a service and in the
    JavaScript peers; what we hold ourselves is kept out of its way.
    """
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in works}
    for work, _ in works.values():
        work()
    gc.collect()
    gc.freeze()
    for _ in range(rounds):
        for name, (work, operations) in works.items():
            processor, wall = time.thread_time(), time.perf_counter()
            work()
            processor, wall = time.thread_time() - processor, time.perf_counter() - wall
            found[name].append((processor / operations, wall / operations))
    gc.unfreeze()
    return {name: Cost(*map(median, zip(*times, strict=True))) for name, times in found.items()}


def machine() -> dict[str, str]:
    """Return what the figures depend on: processor, system, load when we began."""
    return {
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "system": platform.platform(),
        "load": " ".join(f"{load:.2f}" for load in os.getloadavg()),
    }


def versions() -> dict[str, str]:
    """Return the version of everything that is measured."""
    found = {"python": platform.python_version()}
    found["sqlite"] = __import__("sqlite3").sqlite_version
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "absent"
    found["node"] = _first_line("node", "--version")
    found["wrk"] = _first_line("wrk", "--version").partition(" [")[0].removeprefix("wrk ")
    return found


def _processor() -> str:
    names = [line for line in _read("/proc/cpuinfo").splitlines() if line.startswith("model name")]
    return names[0].partition(":")[2].strip() if names else platform.processor() or sys.platform


def _read(path: str) -> str:
    return Path(path).read_text() if Path(path).exists() else ""


def _first_line(*command: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own
    except FileNotFoundError:
        return "absent"
    lines = (done.stdout or done.stderr).splitlines()
    return lines[0].strip() if lines else "unknown"
