"""What one more holder costs: bytes in the database and processor time; the figures of docs/scaling.md.

`python -m benchmarks.holders sqlite|postgres CLAIMS` fills a database of its own, issues everything in this
process as one worker would, then asks the pages and the outbox. Costs are processor time of this process;
what PostgreSQL burns is its own and comes on top.
"""

import os
import random
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

from flask.testing import FlaskClient
from sqlalchemy import insert, select, text

from badges import audit, outbox
from badges.app import create_app
from badges.issuer import service as issuer
from badges.issuer import service_waves
from badges.issuer.models import Credential, StatusList
from badges.jobs import handlers
from badges.outbox import OutboxMessage
from badges.people.models import NameForm
from badges.permissions import Actor, Role
from badges.ports import Ports
from badges.sharing import service as sharing
from badges.sharing.rules import NewShowing
from benchmarks import world

SHOWN, BATCHES, BATCH = 40, 20, 30
TABLE_SIZES = {
    "sqlite": "SELECT tbl_name, sum(pgsize) FROM dbstat JOIN sqlite_master USING (name) GROUP BY 1",
    "postgres": "SELECT relname, pg_total_relation_size(oid) FROM pg_class "
    "WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace",
}
POSTGRES = os.environ.get("BADGES_TEST_POSTGRES", "")


def main(kind: str, claims: int) -> None:
    """Print every figure."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        databases = world.Databases(folder, POSTGRES)
        with databases.copy(kind, claims) as url:
            ports = world.open_ports(url, folder)
            before = sizes(ports, kind)
            tell(f"{kind}, {claims:,} claims")
            tell(f"issue: {issue(ports) / claims * 1e6:.0f} µs of processor time each, everything done")
            tell_sizes(before, sizes(ports, kind), claims)
            tell_journal(ports)
            tell_outbox(ports)
            tell_lists(ports)
            ports.sessions.kw["bind"].dispose()
            tell_pages(url, folder)
        databases.close()


def issue(ports: Ports) -> float:
    """Issue everything that waits, as a wave; return the processor seconds until nothing is owed."""
    with ports.sessions() as session:
        actor = world.administrator(session)
        begun = time.process_time()
        service_waves.start(session, ports.clock, actor, uuid.uuid4())
    outbox.drain(ports.sessions, ports.clock, handlers(ports))
    return time.process_time() - begun


def sizes(ports: Ports, kind: str) -> dict[str, int]:
    """Return the bytes of each table with its indexes, and of the whole."""
    with ports.sessions() as session:
        found = {name: int(size) for name, size in session.execute(text(TABLE_SIZES[kind]))}
    return found | {"all tables": sum(found.values())}


def tell_sizes(before: dict[str, int], after: dict[str, int], claims: int) -> None:
    """Print what a credential added to each table."""
    grown = {name: (size - before.get(name, 0)) / claims for name, size in after.items()}
    for name, size in sorted(grown.items(), key=lambda pair: -pair[1]):
        if size >= 1:
            tell(f"  {name}: {size:,.0f} bytes per credential")


def tell_journal(ports: Ports) -> None:
    """Print what it costs to read the whole journal again."""
    begun = time.process_time()
    with ports.sessions() as session:
        report = audit.verify(session)
    if report.faults:
        raise RuntimeError(report.faults)
    spent = time.process_time() - begun
    tell(f"verify the journal: {spent / report.entries * 1e6:.0f} µs for each of {report.entries:,} lines")


def tell_outbox(ports: Ports) -> None:
    """Print what a look at the outbox costs when hundreds of thousands of messages are done."""
    with ports.sessions() as session:
        now = ports.clock.now()
        done = {
            "topic": "old",
            "payload": {},
            "created_at": now,
            "due_at": now,
            "attempts": 1,
            "done_at": now,
        }
        rows = [done | {"key": f"old:{number}"} for number in range(300_000)]
        session.execute(insert(OutboxMessage), rows)
        session.commit()
        cost, wall = timed(lambda: outbox.is_due(session, ports.clock))
    tell(f"look at an outbox with 300,000 done messages: {cost:.0f} µs ({wall:.0f} µs with the database)")


def tell_lists(ports: Ports) -> None:
    """Print what it costs to sign a status list again after a revocation."""
    with ports.sessions() as session:
        lists = session.scalars(select(StatusList.id)).all()
        actor = world.administrator(session)
        some = list(session.scalars(select(Credential.id).limit(5)))
    costs = []
    for credential_id in some:
        with ports.sessions() as session:
            issuer.revoke(session, ports.clock, actor, credential_id, "bench")
        begun = time.process_time()
        outbox.drain(ports.sessions, ports.clock, handlers(ports))
        costs.append(time.process_time() - begun)
    tell(f"status lists: {len(lists)}; rebuild, sign and publish one: {min(costs) * 1e3:.1f} ms")


def tell_pages(url: str, folder: Path) -> None:
    """Print what the pages that strangers read cost, on random badges."""
    app = create_app(world.settings(url, folder))
    ports: Ports = app.extensions["badges"]
    tokens = list(show_some(ports))
    with ports.sessions() as session:
        status = session.scalars(select(StatusList.id)).first()
    client, dice = app.test_client(), random.Random(1)  # noqa: S311 - which page comes next
    asked = {
        "public page of a badge": lambda: get(client, f"/b/{dice.choice(tokens)}"),
        "credential as JSON": lambda: get(client, f"/b/{dice.choice(tokens)}.json"),
        "credential baked into a PNG": lambda: get(client, f"/b/{dice.choice(tokens)}.png"),
        "status list": lambda: get(client, f"/status/{status}"),
    }
    for what, ask in asked.items():
        cost, wall = timed(ask)
        tell(f"{what}: {cost:.0f} µs ({wall:.0f} µs with the database), {ask():,} bytes")
    ports.sessions.kw["bind"].dispose()


def show_some(ports: Ports) -> Iterator[str]:
    """Open the public pages of some badges, as their workers would, and give their tokens."""
    with ports.sessions() as session:
        rows = session.scalars(select(Credential).where(Credential.revoked_at.is_(None)).limit(SHOWN)).all()
    for row in rows:
        worker = Actor(row.worker_id, row.structure_id, frozenset({Role.WORKER}))
        with ports.sessions() as session:
            sharing.keep(session, ports.clock, worker, row.id)
        yield sharing.show(ports.issuing, worker, NewShowing(row.id, NameForm.INITIAL, "fr"))
    outbox.drain(ports.sessions, ports.clock, handlers(ports))


def get(client: FlaskClient, path: str) -> int:
    """Ask for a page and return its size; it must be there."""
    answer = client.get(path)
    if answer.status_code != 200:  # noqa: PLR2004 - HTTP
        raise RuntimeError(path, answer.status_code)
    return len(answer.data)


def timed(ask: Callable[[], object]) -> tuple[float, float]:
    """Return the processor time and the wall time of `ask` when warm, in µs: the best of many batches."""
    found = []
    for _ in range(BATCHES):
        wall, cpu = time.perf_counter(), time.process_time()
        for _ in range(BATCH):
            ask()
        found.append((time.process_time() - cpu, time.perf_counter() - wall))
    cpus, walls = zip(*found, strict=True)
    return min(cpus) / BATCH * 1e6, min(walls) / BATCH * 1e6


def tell(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
