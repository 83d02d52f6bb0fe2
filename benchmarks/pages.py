"""Pages under load by wrk: the credential, the baked picture, the public page, on gunicorn and on granian."""

import contextlib
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select, update

from badges.issuer.models import Credential
from badges.openbadges.bake import unbake
from badges.sharing.models import Holding, HoldingState
from benchmarks import wave, world
from benchmarks.book import Book
from benchmarks.measure import ROOT
from benchmarks.world import Databases

SECTION = "Pages"
TRIVIAL = "/trivial"
BIN = Path(sys.executable).parent
CLAIMS, QUICK_CLAIMS = 10_000, 500
KINDS = {"credential JSON": ".json", "baked PNG": ".png", "public HTML page": ""}
ACCEPT = {
    "credential JSON": "application/vc+ld+json",
    "baked PNG": "image/png",
    "public HTML page": "text/html",
}
SCRIPT = """
local paths = {}
for line in io.lines(os.getenv("BENCH_PATHS")) do paths[#paths + 1] = line end
math.randomseed(7)
wrk.headers["Accept"] = os.getenv("BENCH_ACCEPT")
request = function() return wrk.format("GET", paths[math.random(#paths)]) end
"""


@dataclass(frozen=True)
class Answered:
    """What wrk saw: requests per second, the 99th percentile, answers that were no answer."""

    per_second: float
    p99: str
    bad: int


def run(book: Book, databases: Databases, *, quick: bool) -> None:
    """Measure every page on each server, over a store of 10,000 badges that are shown."""
    if shutil.which("wrk") is None:
        book.skip("pages: wrk is absent (Debian package wrk)")
        return
    claims = QUICK_CLAIMS if quick else CLAIMS
    with databases.copy("sqlite", claims) as url:
        wave.measured(url, databases.folder, 0)
        shown = _show_all(url, databases.folder)
        for server, command in _servers().items():
            with _served(server, command, url, databases.folder) as address:
                _check(book, server, address, shown)
                _measure(book, server, address, list(shown), databases.folder, seconds=1 if quick else 5)


def _servers() -> dict[str, list[str]]:
    """Two processes each, as on a machine of two cores."""
    found = {
        "gunicorn": [str(BIN / "gunicorn"), "--workers=2", "--worker-class=gthread", "--threads=4",
                     "--log-level=error", "--bind=127.0.0.1:{port}", "benchmarks.pages_app:application"],
        "granian": [str(BIN / "granian"), "--interface=wsgi", "--workers=2", "--blocking-threads=4",
                    "--log-level=error", "--host=127.0.0.1", "--port={port}",
                    "benchmarks.pages_app:application"],
    }  # fmt: skip
    return {name: command for name, command in found.items() if Path(command[0]).exists()}


def _show_all(url: str, folder: Path) -> dict[str, str]:
    """Open the page of every badge; return the token of each with the signed text."""
    ports = world.open_ports(url, folder)
    now, shown = ports.clock.now(), {}
    with ports.sessions() as session:
        for credential_id, signed in session.execute(select(Credential.id, Credential.signed)).all():
            token = secrets.token_urlsafe(24)
            session.execute(
                update(Holding)
                .where(Holding.credential_id == credential_id)
                .values(state=HoldingState.KEPT, decided_at=now, token=token, shown_at=now)
            )
            shown[token] = signed
        session.commit()
    ports.sessions.kw["bind"].dispose()
    return shown


@contextlib.contextmanager
def _served(server: str, command: list[str], url: str, folder: Path) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = (folder / f"{server}.log").open("wb")
    process = subprocess.Popen(  # noqa: S603 - our own servers
        [part.format(port=port) for part in command],
        cwd=ROOT, env=os.environ | world.environment(url, folder), stdout=log, stderr=subprocess.STDOUT,
    )  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    try:
        _wait(address, process, folder / f"{server}.log")
        yield address
    finally:
        process.terminate()
        process.wait(30)


def _wait(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(300):
        with contextlib.suppress(OSError):
            _get(address + TRIVIAL, "text/plain")
            return
        if process.poll() is not None:
            break
        time.sleep(0.1)
    raise RuntimeError(log.read_text())


def _get(url: str, accept: str) -> bytes:
    request = urllib.request.Request(url, headers={"Accept": accept})  # noqa: S310 - our own server
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
        return bytes(answer.read())


def _check(book: Book, server: str, address: str, shown: dict[str, str]) -> None:
    some = dict(list(shown.items())[:20])
    right = True
    for token, signed in some.items():
        page = f"{address}/b/{token}"
        right &= _get(page + ".json", "*/*") == signed.encode()
        right &= unbake(_get(page + ".png", "*/*")) == signed
        right &= b"<h1" in _get(page, "text/html")
    book.prove(
        f"{server} serves the signed bytes, alone and in their picture ({len(some)} badges)", holds=right
    )


def _measure(book: Book, server: str, address: str, tokens: list[str], folder: Path, *, seconds: int) -> None:
    ceiling = _load(address, [TRIVIAL], "text/plain", folder, seconds)
    book.figure(SECTION, f"{server}: trivial page", ceiling.per_second, "/s", f"p99 {ceiling.p99}")
    for name, ending in KINDS.items():
        found = _load(address, [f"/b/{token}{ending}" for token in tokens], ACCEPT[name], folder, seconds)
        book.prove(f"{server}: every {name} was answered under load", holds=found.bad == 0)
        share = found.per_second / ceiling.per_second
        note = f"p99 {found.p99}, {share:.1%} of the ceiling"
        book.figure(SECTION, f"{server}: {name}", found.per_second, "/s", note)


def _load(address: str, paths: list[str], accept: str, folder: Path, seconds: int) -> Answered:
    script, list_of_paths = folder / "wrk.lua", folder / "paths"
    script.write_text(SCRIPT)
    list_of_paths.write_text("\n".join(paths) + "\n")
    command = ["wrk", "-t1", "-c32", f"-d{seconds}s", "--latency", "-s", str(script), address]
    environment = os.environ | {"BENCH_PATHS": str(list_of_paths), "BENCH_ACCEPT": accept}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)  # noqa: S603
    per_second = re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)
    p99 = re.search(r"99%\s+(\S+)", done.stdout)
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", done.stdout)
    return Answered(
        float(per_second[1]) if per_second else 0.0, p99[1] if p99 else "?", int(bad[1]) if bad else 0
    )
