"""The drill: backup while people issue; more is issued, withdrawn, rotated; all is lost; all is put back."""

import sys
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import func, select

from badges import audit, jobs, outbox
from badges.audit import JournalEntry
from badges.backup import service, service_restore
from badges.backup.queries_store import verify_store
from badges.backup.service_merge import Merged
from badges.clock import SystemClock
from badges.errors import RestoreUnacknowledged
from badges.issuer import queries
from badges.issuer import service as issuer
from badges.issuer.models import Credential, IssuerKey, KeyState, StatusList
from badges.issuer.service_suspend import suspend
from badges.openbadges.loads import load_json
from badges.openbadges.report import Verdict
from badges.openbadges.verify import verify
from badges.outbox import OutboxMessage
from badges.ports import Ports
from tests.crash.stores import Crowd, approve, empty_database, make_crowd, open_store, settings_for

BEFORE, DURING, AFTER, AGAIN = 60, 120, 40, 500
CLOCK = SystemClock()


@dataclass
class Files:
    """What workers hold, whatever becomes of the database: each file and what a stranger must say of it."""

    signed: dict[uuid.UUID, str] = field(default_factory=dict)
    verdicts: dict[uuid.UUID, Verdict] = field(default_factory=dict)

    def collect(self, ports: Ports) -> None:
        with ports.sessions() as session:
            for row in session.scalars(select(Credential).where(Credential.signed.is_not(None))):
                self.signed[row.id] = row.signed or ""
                self.verdicts[row.id] = Verdict.REVOKED if row.revoked_at else Verdict.VALID

    def add(self, signed: str, verdict: Verdict) -> None:
        name = uuid.uuid4()
        self.signed[name], self.verdicts[name] = signed, verdict

    def places(self) -> set[tuple[str, str]]:
        return {place_of(signed) for signed in self.signed.values()}

    def check(self, ports: Ports) -> None:
        now = CLOCK.now()
        with ports.sessions() as session:
            resolver = queries.local_documents(session)
            found = {
                one: verify(signed.encode(), resolver=resolver, now=now).verdict
                for one, signed in self.signed.items()
            }
        wrong = {
            one: (found[one], self.verdicts[one]) for one in found if found[one] is not self.verdicts[one]
        }
        assert wrong == {}


def place_of(signed: str) -> tuple[str, str]:
    status = load_json(signed)["credentialStatus"]
    (entry,) = status if isinstance(status, list) else [status]
    return entry["statusListCredential"], entry["statusListIndex"]


def active_key_of(ports: Ports) -> uuid.UUID:
    with ports.sessions() as session:
        return session.scalars(select(IssuerKey.id).where(IssuerKey.state == KeyState.ACTIVE)).one()


def drain(ports: Ports) -> None:
    outbox.drain(ports.sessions, ports.clock, jobs.handlers(ports))


def issue_all(ports: Ports, claims: list[uuid.UUID]) -> list[uuid.UUID]:
    return [issuer.issue(ports.issuing, claim) for claim in claims]


def withdraw(ports: Ports, crowd: Crowd, credentials: list[uuid.UUID]) -> None:
    with ports.sessions() as session:
        for one in credentials:
            issuer.revoke(session, CLOCK, crowd.admin, one, "x")
    drain(ports)


@pytest.fixture
def store(database_url: str, tmp_path: Path) -> Iterator[Ports]:
    with open_store(settings_for(database_url, tmp_path / "store"), CLOCK) as ports:
        yield ports


@dataclass
class Life:
    """What happened before the loss, as the people remember it."""

    files: Files = field(default_factory=Files)
    paused: uuid.UUID = field(default_factory=uuid.uuid4)
    ended: set[uuid.UUID] = field(default_factory=set)
    lines: int = 0
    lost_seconds: float = 0
    served: dict[uuid.UUID, str | None] = field(default_factory=dict)


def live(store: Ports, tmp_path: Path) -> tuple[Crowd, Path, Life]:
    """Issue and withdraw; back up while issuing; then issue, withdraw, pause and rotate some more."""
    life = Life()
    with store.sessions() as session:
        crowd = make_crowd(session, CLOCK)
        early = approve(session, CLOCK, crowd, BEFORE, owed=False)
    known = issue_all(store, early)
    withdraw(store, crowd, known[:5])
    with store.sessions() as session:
        crush = approve(session, CLOCK, crowd, DURING)
        late = approve(session, CLOCK, crowd, AFTER)
    kept = backup_under_load(store, crush, tmp_path)
    since = time.monotonic()
    drain(store)
    unknown = issue_all(store, late)
    withdraw(store, crowd, [*known[5:10], *unknown[:5]])
    life.files.collect(store)
    life.paused = known[10]
    before_pause = life.files.signed[life.paused]
    suspend(store.issuing, crowd.admin, life.paused, "x")
    drain(store)
    issuer.rotate_key(store.issuing, crowd.admin, active_key_of(store))
    with store.sessions() as session:
        rotated = approve(session, CLOCK, crowd, 20)
    by_new_key = issue_all(store, rotated)
    withdraw(store, crowd, by_new_key[:3])
    life.ended = {*late[:5], *rotated[:3]}
    life.files.collect(store)
    life.files.verdicts[life.paused] = Verdict.SUSPENDED
    life.files.add(before_pause, Verdict.REVOKED)
    life.files.check(store)
    with store.sessions() as session:
        life.lines = audit.verify(session).entries
        life.served = {row.id: row.signed for row in session.scalars(select(StatusList))}
    life.lost_seconds = time.monotonic() - since
    return crowd, kept, life


def test_a_lost_store_comes_back_and_nothing_withdrawn_does(
    store: Ports, database_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    crowd, kept, life = live(store, tmp_path)
    store.sessions.kw["bind"].dispose()
    began = time.monotonic()
    with (
        empty_database(database_url, tmp_path / "new") as url,
        open_store(settings_for(url, tmp_path / "new"), CLOCK) as back,
    ):
        merged = service_restore.restore(back, kept, store.issuing.witness)
        check_sound(back)
        rto = time.monotonic() - began
        check_closed_doors(back, life.served, approve_one(back, crowd))
        life.files.check(back)
        check_gap(back, merged, life)
        service_restore.acknowledge(back)
        drain(back)
        with back.sessions() as session:
            again = approve(session, CLOCK, crowd, AGAIN)
        drain(back)
        check_new_badges(back, life, again)
        check_keys(back)
        life.files.check(back)
        check_sound(back)
    with capsys.disabled():
        kind = database_url.partition(":")[0]
        lost = f"{life.lost_seconds:.1f} s of work ({merged.missing_lines} lines of the journal)"
        sys.stdout.write(f"\n  {kind}: RPO {lost}, RTO {rto:.1f} s\n")


def check_sound(back: Ports) -> None:
    report = verify_store(back)
    assert report.sound, "\n".join(report.lines())


def check_gap(back: Ports, merged: Merged, life: Life) -> None:
    """The gap is told, and what was withdrawn after the backup is not issued anew."""
    with back.sessions() as session:
        gap = service_restore.gap(session)
        kept_lines = session.scalar(select(func.max(JournalEntry.sequence))) or 0
    assert merged.missing_lines is not None
    assert life.lines - kept_lines - 30 < merged.missing_lines <= life.lines
    assert merged.withdrawn >= 3
    assert gap.paused == (life.paused,)


def check_new_badges(back: Ports, life: Life, again: list[uuid.UUID]) -> None:
    with back.sessions() as session:
        rows = list(session.scalars(select(Credential).where(Credential.id.not_in(life.files.signed))))
        owed = session.scalars(select(OutboxMessage.topic).where(OutboxMessage.done_at.is_(None))).all()
        paused = session.get_one(Credential, life.paused)
    assert owed == []
    assert paused.suspended_at is not None, "what was paused after the backup is paused again"
    claims = {row.claim_id for row in rows}
    assert claims >= set(again)
    assert claims.isdisjoint(life.ended), "what was withdrawn is not issued anew"
    places = [place_of(row.signed or "") for row in rows]
    assert len(places) == len(set(places))
    assert {one[0] for one in places}.isdisjoint({one[0] for one in life.files.places()}), "new lists only"


def check_keys(back: Ports) -> None:
    """The key made after the backup is published and lost; the one before it was retired and stays so."""
    with back.sessions() as session:
        keys = list(session.scalars(select(IssuerKey).order_by(IssuerKey.created_at, IssuerKey.id)))
    assert sorted(key.state for key in keys) == ["active", "retired", "retired"]
    assert [key.custodian for key in keys if not key.sealed_private] == ["lost"]


def backup_under_load(store: Ports, claims: list[uuid.UUID], tmp_path: Path) -> Path:
    """Back up while two threads issue, and let them finish."""
    halves = [claims[::2], claims[1::2]]
    broken: list[BaseException] = []

    def issuing(half: list[uuid.UUID]) -> None:
        try:
            issue_all(store, half)
        except BaseException as fault:  # noqa: BLE001 - told below
            broken.append(fault)

    threads = [threading.Thread(target=issuing, args=(half,)) for half in halves]
    for thread in threads:
        thread.start()
    time.sleep(0.3)
    place, manifest = service.back_up(store, tmp_path / "backups")
    still_busy = any(thread.is_alive() for thread in threads)
    for thread in threads:
        thread.join()
    assert broken == []
    assert manifest.credentials >= BEFORE
    assert still_busy or manifest.credentials <= BEFORE + DURING
    return place


def approve_one(back: Ports, crowd: Crowd) -> uuid.UUID:
    with back.sessions() as session:
        (claim,) = approve(session, CLOCK, crowd, 1)
    return claim


def check_closed_doors(back: Ports, served: dict[uuid.UUID, str | None], claim: uuid.UUID) -> None:
    """Nothing is issued or published, everything is served as strangers last saw it."""
    with pytest.raises(RestoreUnacknowledged):
        issuer.issue(back.issuing, claim)
    with back.sessions() as session:
        for one, signed in served.items():
            assert queries.status_list(session, one).signed == signed
    for one in served:
        with pytest.raises(RestoreUnacknowledged):
            issuer.publish_status_list(back.issuing, one)
