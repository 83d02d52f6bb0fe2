"""The drill: backup while people issue, more is issued, withdrawn and rotated, all is lost, all is put back."""

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


def test_a_lost_store_comes_back_and_nothing_withdrawn_does(
    store: Ports, database_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = Files()
    with store.sessions() as session:
        crowd = make_crowd(session, CLOCK)
        early = approve(session, CLOCK, crowd, BEFORE, owed=False)
    known = issue_all(store, early)
    withdraw(store, crowd, known[:5])
    with store.sessions() as session:
        crush = approve(session, CLOCK, crowd, DURING)
        late = approve(session, CLOCK, crowd, AFTER)

    kept = backup_under_load(store, crush, tmp_path)
    lost_after = time.monotonic()
    drain(store)
    unknown = issue_all(store, late)
    withdraw(store, crowd, [*known[5:10], *unknown[:5]])
    files.collect(store)
    before_pause = files.signed[known[10]]
    suspend(store.issuing, crowd.admin, known[10], "x")
    drain(store)
    issuer.rotate_key(store.issuing, crowd.admin, active_key_of(store))
    with store.sessions() as session:
        rotated = approve(session, CLOCK, crowd, 20)
    by_new_key = issue_all(store, rotated)
    withdraw(store, crowd, by_new_key[:3])
    files.collect(store)
    files.verdicts[known[10]] = Verdict.SUSPENDED
    files.signed[crowd.structure_id], files.verdicts[crowd.structure_id] = before_pause, Verdict.REVOKED
    files.check(store)
    with store.sessions() as session:
        lines_lost = audit.verify(session).entries
        served = {row.id: row.signed for row in session.scalars(select(StatusList))}
    rpo = time.monotonic() - lost_after
    store.sessions.kw["bind"].dispose()

    began = time.monotonic()
    with (
        empty_database(database_url, tmp_path / "new") as url,
        open_store(settings_for(url, tmp_path / "new"), CLOCK) as back,
    ):
        witness = store.issuing.witness
        assert witness is not None
        merged = service_restore.restore(back, kept, witness)
        report = verify_store(back)
        assert report.sound, "\n".join(report.lines())
        rto = time.monotonic() - began
        check_closed_doors(back, served, approve_one(back, crowd))
        files.check(back)
        with back.sessions() as session:
            gap = service_restore.gap(session)
            kept_lines = session.scalar(select(func.max(JournalEntry.sequence))) or 0
        assert merged.missing_lines is not None
        assert 0 < merged.missing_lines <= lines_lost
        assert merged.missing_lines > lines_lost - kept_lines - 30
        assert merged.withdrawn >= 3, "what was issued and withdrawn after the backup is not issued anew"
        assert gap.paused == (known[10],)

        service_restore.acknowledge(back)
        drain(back)
        with back.sessions() as session:
            again = approve(session, CLOCK, crowd, AGAIN)
        drain(back)
        with back.sessions() as session:
            new_rows = list(session.scalars(select(Credential).where(Credential.id.not_in(files.signed))))
            assert {row.claim_id for row in new_rows} >= set(again)
            new_places = [place_of(row.signed or "") for row in new_rows]
            paused = session.get_one(Credential, known[10])
            assert paused.suspended_at is not None
            owed = session.execute(
                select(OutboxMessage.topic, OutboxMessage.due_at, OutboxMessage.attempts).where(
                    OutboxMessage.done_at.is_(None)
                )
            ).all()
            assert owed == []
            keys = list(session.scalars(select(IssuerKey).order_by(IssuerKey.created_at, IssuerKey.id)))
        assert len(new_places) == len(set(new_places))
        assert set(new_places).isdisjoint(files.places()), "a place is never given twice"
        assert {one[0] for one in new_places}.isdisjoint({one[0] for one in files.places()})
        assert sorted(key.state for key in keys) == ["active", "retired", "retired"]
        assert [key.custodian for key in keys if not key.sealed_private] == ["lost"]
        revoked_claims = {*late[:5], *rotated[:3]}
        assert revoked_claims.isdisjoint({row.claim_id for row in new_rows})
        files.check(back)
        report = verify_store(back)
        assert report.sound, "\n".join(report.lines())
    with capsys.disabled():
        print(
            f"\n  {database_url.split(':')[0]}: RPO {rpo:.1f} s of work ({merged.missing_lines} lines), RTO {rto:.1f} s"
        )


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
    assert BEFORE <= manifest.credentials
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
