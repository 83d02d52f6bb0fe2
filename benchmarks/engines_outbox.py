"""The engine in use, for engines.py: a message in the outbox, carried out by what `badges worker` runs."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from badges import migrations, outbox
from badges.app import build_ports
from badges.db import transaction
from badges.engine import run_workers
from badges.outbox import Handlers
from badges.ports import Ports
from badges.settings import Settings


def make(kind: str, folder: Path, postgres: str, begin: Callable[[str, float], object]) -> Any:
    """Return the engine over an outbox of `kind`, migrated."""
    from benchmarks.engines import Engine  # noqa: PLC0415 - it imports us

    sqlite = f"sqlite:///{folder / 'outbox.sqlite'}"
    url = sqlite if kind == "sqlite" else postgres.replace("postgresql:", "postgresql+psycopg:")

    def open_ports() -> Ports:
        return build_ports(_settings(url, folder))

    def handlers(_ports: Ports) -> Handlers:
        return {
            "bench.begin": lambda payload: begin(payload["mark"], float(payload["seconds"])),
            "daily.due": lambda _payload: None,
        }

    ports = open_ports()
    migrations.upgrade(ports.sessions.kw["bind"])

    def enqueue(mark: str, seconds: float) -> None:
        key = f"{mark}:{time.time_ns()}"
        with ports.sessions() as session, transaction(session):
            outbox.publish(
                session, ports.clock, topic="bench.begin", key=key, mark=mark, seconds=str(seconds)
            )

    return Engine(enqueue, lambda: run_workers(open_ports, 1, handlers))


def _settings(url: str, folder: Path) -> Settings:
    return Settings(
        mode="test",
        base_url="http://127.0.0.1:5000",
        database_url=url,
        secret_key="s" * 40,
        key_encryption_keys={"bench": b"k" * 32},
        media_dir=folder / "media",
        relay="off",
    )
