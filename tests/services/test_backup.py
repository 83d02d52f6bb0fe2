"""A backup is whole or refused; a witness is believed where it can be checked; the store can be tried."""

import base64
import io
import json
import os
import shutil
import stat
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from PIL import Image
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from badges import jobs, outbox
from badges.backup import service, service_restore
from badges.backup.database_postgres import PostgresCopy
from badges.backup.queries_store import verify_store
from badges.cli import cli
from badges.db import transaction
from badges.errors import (
    BackupFailed,
    BackupUnreadable,
    BadgesError,
    BadgeWithdrawn,
    NothingToAcknowledge,
    ProgramMissing,
    RestoreUnacknowledged,
    RestoreUnfinished,
    StoreNotEmpty,
    WitnessAhead,
    WitnessAway,
    WitnessDoubtful,
    WitnessNeeded,
)
from badges.evidence.models import ObservationPhoto
from badges.evidence.storage import MediaStorage
from badges.issuer import queries, service_jwt, service_waves
from badges.issuer import service as issuer
from badges.issuer.models import (
    Credential,
    IssuerKey,
    IssuerProfile,
    KeyState,
    Restore,
    StatusList,
    Wave,
    WaveState,
)
from badges.issuer.rules_witness import HEAD
from badges.issuer.witness import LocalWitness, Witness
from badges.openbadges.report import Verdict
from badges.openbadges.verify import verify
from badges.outbox import OutboxMessage
from badges.people.models import SignIn, SignInMethod
from badges.ports import Ports
from tests import factories
from tests.conftest import StillClock
from tests.crash.children import PROCESSES
from tests.crash.stores import Crowd, approve, empty_database, make_crowd, open_store, settings_for
from tests.houses import House

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
POSTGRES = pytest.mark.parametrize(
    "database_url", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)


@dataclass
class Store:
    """A store with a photo, three badges and a witness; and the place where its backups go."""

    ports: Ports
    clock: StillClock
    crowd: Crowd
    folder: Path
    url: str
    badges: list[uuid.UUID]

    def issue(self, count: int) -> list[uuid.UUID]:
        with self.ports.sessions() as session:
            claims = approve(session, self.clock, self.crowd, count, owed=False)
        made = [issuer.issue(self.ports.issuing, claim) for claim in claims]
        self.badges += made
        return made

    def revoke(self, credential_id: uuid.UUID) -> None:
        with self.ports.sessions() as session:
            issuer.revoke(session, self.clock, self.crowd.admin, credential_id, "x")

    def drain(self) -> None:
        outbox.drain(self.ports.sessions, self.clock, jobs.handlers(self.ports))

    def back_up(self) -> Path:
        self.clock.forward(seconds=1)
        place, _ = service.back_up(self.ports, self.folder / "backups")
        return place

    def file(self, credential_id: uuid.UUID) -> bytes:
        with self.ports.sessions() as session:
            return queries.sealed(session, credential_id).signed.encode()

    @property
    def witness(self) -> LocalWitness:
        return LocalWitness(self.folder / "witness")

    @contextmanager
    def elsewhere(self, **changes: object) -> Iterator[Ports]:
        """An empty store beside this one, with the same settings but for `changes`."""
        with empty_database(self.url, self.folder / "new") as url:
            settings = replace(settings_for(url, self.folder / "new"), **changes)  # type: ignore[arg-type]
            with open_store(settings, self.clock) as ports:
                yield ports


@pytest.fixture
def store(database_url: str, tmp_path: Path, clock: StillClock) -> Iterator[Store]:
    folder = tmp_path / "store"
    with open_store(settings_for(database_url, folder), clock) as ports:
        with ports.sessions() as session:
            house = House(session, clock, ports.storage).build()  # type: ignore[arg-type]
            house.see(0, photos=(picture(),))
        crowd = Crowd(house.structure_id, house.version_id, house.people["ada"])
        made = Store(ports, clock, crowd, folder, database_url, [])
        made.issue(3)
        made.drain()
        yield made


def picture() -> bytes:
    held = io.BytesIO()
    Image.new("RGB", (40, 40), (10, 200, 30)).save(held, "JPEG")
    return held.getvalue()


def owed(session: Session) -> list[str]:
    return list(session.scalars(select(OutboxMessage.topic).where(OutboxMessage.done_at.is_(None))))


def verdict(ports: Ports, file: bytes) -> Verdict:
    with ports.sessions() as session:
        return verify(file, resolver=queries.local_documents(session), now=ports.clock.now()).verdict


def edit(path: Path, change: Callable[[dict[str, object]], object]) -> None:
    known = json.loads(path.read_bytes())
    change(known)
    path.write_text(json.dumps(known))


# -- a backup -------------------------------------------------------------------------------------------
def test_a_backup_is_for_its_owner_only_and_holds_no_key_encryption_key(store: Store) -> None:
    place = store.back_up()
    files = [path for path in place.rglob("*") if path.is_file()]
    assert {path.parent.name for path in files if len(path.name) == 64} != set(), "the photo is there"
    for path in (place, *place.rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0
    kek = factories.KEKS["test"]
    for path in files:
        content = path.read_bytes()
        assert kek not in content
        assert kek.hex().encode() not in content
    manifest = json.loads((place / "manifest.json").read_bytes())
    assert manifest["keks"] == ["test"]
    assert manifest["credentials"] == 3
    assert not list(place.parent.glob(".unfinished*"))


def test_a_backup_of_a_store_that_lost_a_photo_fails_and_leaves_nothing(store: Store) -> None:
    (name,) = store.ports.storage.all()
    store.ports.storage.delete(name)
    with pytest.raises(BackupFailed):
        store.back_up()
    assert list((store.folder / "backups").iterdir()) == []


def test_a_backup_beside_one_of_the_same_second_is_refused(store: Store) -> None:
    place = store.back_up()
    with pytest.raises(BackupFailed):
        service.back_up(store.ports, place.parent)
    assert list(place.parent.iterdir()) == [place]


@POSTGRES
def test_a_missing_program_of_postgres_is_named(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ProgramMissing, match="pg_dump"):
        PostgresCopy(database_url).save(tmp_path / "x", lambda _: None)


@POSTGRES
def test_a_wrong_password_is_told_and_never_shown(database_url: str, tmp_path: Path) -> None:
    url = make_url(database_url).set(password="not-this-one").render_as_string(hide_password=False)
    copy = PostgresCopy(url)
    assert "not-this-one" not in copy._address()
    with pytest.raises(BackupFailed) as caught:
        copy._run(shutil.which("pg_dump") or "", f"--file={tmp_path / 'x'}")
    assert "not-this-one" not in str(caught.value)


# -- what a restore refuses -----------------------------------------------------------------------------
def cut_database(place: Path) -> None:
    (name,) = place.glob("database.*")
    name.write_bytes(name.read_bytes()[:-1])


def drop_photo(place: Path) -> None:
    next(path for path in place.rglob("*") if len(path.name) == 64).unlink()


def climb_out(place: Path) -> None:
    edit(place / "manifest.json", lambda one: one["files"].append({"path": "../x", "sha256": "", "size": 0}))  # type: ignore[attr-defined]


def rewritten(**changes: object) -> Callable[[Path], object]:
    return lambda place: edit(place / "manifest.json", lambda one: one.update(changes))


DAMAGES: dict[str, Callable[[Path], object]] = {
    "is damaged": cut_database,
    "is missing": drop_photo,
    "../x is missing": climb_out,
    "holds no manifest.json": lambda place: (place / "manifest.json").unlink(),
    "not one that we wrote": lambda place: (place / "manifest.json").write_text("{}"),
    "is not ours": rewritten(format=2),
    "newer than this release": rewritten(schema="9999"),
    "BADGES_BASE_URL says": rewritten(base_url="https://x"),
    "lacks 2019": rewritten(keks=["2019"]),
    "it is of oracle": rewritten(database="oracle"),
}


@SQLITE
@pytest.mark.parametrize("reason", DAMAGES)
def test_a_backup_that_is_not_whole_or_not_for_here_is_refused_before_anything_is_touched(
    store: Store, reason: str
) -> None:
    place = store.back_up()
    DAMAGES[reason](place)
    with store.elsewhere() as ports:
        with pytest.raises(BackupUnreadable, match=reason):
            service_restore.restore(ports, place, store.witness)
        assert service.copy_of(ports.settings).is_empty()
        assert list(ports.storage.all()) == []


def test_a_restore_never_overwrites(store: Store) -> None:
    place = store.back_up()
    with pytest.raises(StoreNotEmpty):
        service_restore.restore(store.ports, place, store.witness)
    assert verdict(store.ports, store.file(store.badges[0])) is Verdict.VALID


@SQLITE
def test_a_log_without_its_database_is_not_an_empty_place(store: Store) -> None:
    place = store.back_up()
    with store.elsewhere() as ports:
        Path(f"{make_url(ports.settings.database_url).database}-wal").write_bytes(b"left behind")
        with pytest.raises(StoreNotEmpty):
            service_restore.restore(ports, place, store.witness)


@SQLITE
def test_a_restore_without_a_witness_must_be_wished_for(store: Store) -> None:
    place, gone = store.back_up(), store.issue(1)[0]
    file = store.file(gone)
    store.revoke(store.badges[0])
    store.drain()
    with store.elsewhere(witness_dir=None) as ports:
        with pytest.raises(WitnessNeeded):
            service_restore.restore(ports, place, None)
        merged = service_restore.restore(ports, place, None, without_witness=True)
        assert (merged.witnessed, merged.missing_lines) == (False, None)
        with ports.sessions() as session:
            assert session.scalar(select(func.count()).where(StatusList.closed_at.is_(None))) == 0
        service_restore.acknowledge(ports)
        assert verdict(ports, file) is Verdict.VALID, "its key was in the backup"
        with ports.sessions() as session:
            (claim,) = approve(session, store.clock, store.crowd, 1, owed=False)
        issuer.issue(ports.issuing, claim)
        with ports.sessions() as session:
            lists = {row.status_list_id for row in session.scalars(select(Credential))}
        assert len(lists) == 2, "new badges take places in a new list"


# -- the witness ----------------------------------------------------------------------------------------
def the(store: Store, folder: str) -> Path:
    (path,) = (store.folder / "witness" / folder).glob("*.json")
    return path


def slip_in_a_key(known: dict[str, object]) -> None:
    body = known["body"]
    body["keys"].append(body["keys"][0] | {"id": str(uuid.uuid4())})  # type: ignore[index]


def backdate(known: dict[str, object]) -> None:
    known["signed"] = str(known["signed"]).replace("2026", "2025")


def forged(**changes: object) -> Callable[[dict[str, object]], object]:
    return lambda known: known.update(changes)


FORGERIES: dict[str, tuple[str, Callable[[dict[str, object]], object]]] = {
    "changed after we sealed it": ("issuers", slip_in_a_key),
    "its seal does not open": ("issuers", forged(seal="00" * 40)),
    "does not open with the key-encryption key": ("issuers", forged(kek="2019")),
    "not what we write there": ("issuers", lambda known: known.pop("body")),
    "not a list that we signed": ("status", backdate),
    "of an issuer that the witness does not keep": ("status", forged(profile_id=str(uuid.uuid4()))),
    "it is about something else": ("status", forged(id=str(uuid.uuid4()))),
    "its size is another": ("status", forged(size=8)),
}


@SQLITE
@pytest.mark.parametrize("reason", FORGERIES)
def test_a_forged_witness_is_refused_before_anything_is_touched(store: Store, reason: str) -> None:
    place, (folder, change) = store.back_up(), FORGERIES[reason]
    edit(the(store, folder), change)
    with store.elsewhere() as ports:
        with pytest.raises(WitnessDoubtful, match=reason):
            service_restore.restore(ports, place, store.witness)
        assert service.copy_of(ports.settings).is_empty()


@SQLITE
def test_an_empty_folder_is_no_witness(store: Store, tmp_path: Path) -> None:
    place = store.back_up()
    with store.elsewhere() as ports:
        with pytest.raises(WitnessDoubtful, match=HEAD):
            service_restore.restore(ports, place, LocalWitness(tmp_path))
        with pytest.raises(WitnessAway):
            service_restore.restore(ports, place, LocalWitness(tmp_path / "not-mounted"))


def test_nothing_is_published_that_the_witness_has_not_seen(store: Store) -> None:
    away = store.folder / "unmounted"
    store.revoke(store.badges[0])
    file = store.file(store.badges[0])
    (store.folder / "witness").rename(away)
    with pytest.raises(WitnessAway):
        issuer.publish_status_list(store.ports.issuing, list_id(store.ports))
    assert verdict(store.ports, file) is Verdict.VALID
    away.rename(store.folder / "witness")
    store.drain()
    assert verdict(store.ports, file) is Verdict.REVOKED


def list_id(ports: Ports) -> uuid.UUID:
    with ports.sessions() as session:
        return session.scalars(select(StatusList.id)).one()


@dataclass(frozen=True)
class PowerCut:
    """A witness after whose writing the lights go out."""

    witness: Witness

    def write(self, name: str, content: bytes) -> None:
        self.witness.write(name, content)
        if name == HEAD:
            raise KeyboardInterrupt

    def read(self, name: str) -> bytes:
        return self.witness.read(name)

    def names(self) -> Iterator[str]:
        return self.witness.names()


def test_a_crash_between_witness_and_commit_harms_nobody(store: Store) -> None:
    store.revoke(store.badges[0])
    cut = replace(store.ports.issuing, witness=PowerCut(store.witness))
    with pytest.raises(KeyboardInterrupt):
        issuer.publish_status_list(cut, list_id(store.ports))
    place = store.back_up()
    file = store.file(store.badges[0])
    with store.elsewhere() as ports:
        service_restore.restore(ports, place, store.witness)
        assert verdict(ports, file) is Verdict.REVOKED
        assert verify_store(ports).sound
    store.drain()
    assert verdict(store.ports, file) is Verdict.REVOKED
    assert verify_store(store.ports).sound


@SQLITE
def test_an_old_copy_put_back_by_hand_cannot_publish(store: Store, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'old.sqlite'}"
    service.copy_of(store.ports.settings).save(tmp_path / "old.sqlite", lambda _: None)
    for badge in store.badges[:2]:
        store.revoke(badge)
        store.drain()
    with open_store(replace(store.ports.settings, database_url=url), store.clock) as old:
        with old.sessions() as session:
            issuer.revoke(session, store.clock, store.crowd.admin, store.badges[2], "x")
        with pytest.raises(WitnessAhead):
            issuer.publish_status_list(old.issuing, list_id(old))
        with pytest.raises(WitnessAhead):
            service.back_up(old, tmp_path)


# -- after a restore ------------------------------------------------------------------------------------
def test_a_key_disowned_after_the_backup_stays_so_and_what_it_signed_before_is_signed_again(
    store: Store,
) -> None:
    place, old = store.back_up(), store.file(store.badges[0])
    with store.ports.sessions() as session:
        key_id = session.scalars(select(IssuerKey.id)).one()
    store.clock.forward(hours=1)
    issuer.mark_key_compromised(store.ports.issuing, store.crowd.admin, key_id, store.clock.now())
    store.drain()
    with store.elsewhere() as ports:
        service_restore.restore(ports, place, store.witness)
        with ports.sessions() as session:
            assert session.get_one(IssuerKey, key_id).state is KeyState.COMPROMISED
        assert verdict(ports, old) is Verdict.INVALID
        service_restore.acknowledge(ports)
        outbox.drain(ports.sessions, ports.clock, jobs.handlers(ports))
        with ports.sessions() as session:
            again = queries.sealed(session, store.badges[0]).signed.encode()
        assert verdict(ports, again) is Verdict.VALID
        report = verify_store(ports)
        assert report.sound, "\n".join(report.lines())


def test_an_issuer_opened_after_the_backup_comes_back_as_its_public_face(store: Store) -> None:
    place = store.back_up()
    with store.ports.sessions() as session:
        other = make_crowd(session, store.clock)
        (claim,) = approve(session, store.clock, other, 1, owed=False)
    file = store.file(issuer.issue(store.ports.issuing, claim))
    with store.elsewhere() as ports:
        merged = service_restore.restore(ports, place, store.witness)
        assert merged.issuers == 1
        assert verdict(ports, file) is Verdict.VALID
        service_restore.acknowledge(ports)
        outbox.drain(ports.sessions, ports.clock, jobs.handlers(ports))
        assert verdict(ports, file) is Verdict.VALID
        with ports.sessions() as session:
            assert session.scalar(select(func.count()).select_from(IssuerProfile)) == 2
        assert verify_store(ports).sound


def test_a_token_made_after_the_backup_verifies_though_the_key_that_signed_it_is_lost(store: Store) -> None:
    place = store.back_up()
    token = service_jwt.export(store.ports.issuing, store.badges[0]).encode()
    with store.elsewhere() as ports:
        service_restore.restore(ports, place, store.witness)
        assert verdict(ports, token) is Verdict.VALID
        service_restore.acknowledge(ports)
        again = service_jwt.export(ports.issuing, store.badges[0]).encode()
        assert again != token
        assert [verdict(ports, one) for one in (token, again)] == [Verdict.VALID] * 2
        assert issuer.reseal_all(ports.sessions, ports.clock, ports.vault) == 1
        report = verify_store(ports)
        assert report.sound, "\n".join(report.lines())


def test_a_wave_that_was_running_ends_without_what_was_withdrawn_since(store: Store) -> None:
    with store.ports.sessions() as session:
        claims = approve(session, store.clock, store.crowd, 4, owed=False)
        service_waves.start(session, store.clock, store.crowd.admin, uuid.uuid4())
    place = store.back_up()
    store.drain()
    with store.ports.sessions() as session:
        one = session.scalars(select(Credential.id).where(Credential.claim_id == claims[0])).one()
    store.revoke(one)
    store.drain()
    with store.elsewhere() as ports:
        assert service_restore.restore(ports, place, store.witness).withdrawn == 1
        service_restore.acknowledge(ports)
        outbox.drain(ports.sessions, ports.clock, jobs.handlers(ports))
        with ports.sessions() as session:
            wave = session.scalars(select(Wave)).one()
            assert (wave.state, wave.total) == (WaveState.FINISHED, 3)
            assert owed(session) == []
            known = set(session.scalars(select(Credential.claim_id)))
            assert set(claims) - known == {claims[0]}, "it is not issued anew"


@pytest.mark.parametrize("then", ["in force", "paused", "given back"])
def test_a_badge_withdrawn_after_a_pause_stays_so_wherever_the_backup_had_it(store: Store, then: str) -> None:
    badge, issuing, admin = store.badges[0], store.ports.issuing, store.crowd.admin
    if then != "in force":
        issuer.suspend(issuing, admin, badge, "x")
    if then == "given back":
        issuer.reinstate(issuing, admin, badge)
    store.drain()
    place = store.back_up()
    store.clock.forward(hours=1)
    if then == "in force":
        issuer.suspend(issuing, admin, badge, "x")
    store.revoke(badge)
    store.drain()
    with store.elsewhere() as ports:
        service_restore.restore(ports, place, store.witness)
        service_restore.acknowledge(ports)
        outbox.drain(ports.sessions, ports.clock, jobs.handlers(ports))
        with pytest.raises(BadgeWithdrawn):
            issuer.reinstate(ports.issuing, admin, badge)
        with ports.sessions() as session:
            signed = queries.sealed(session, badge).signed.encode()
        assert verdict(ports, signed) is Verdict.REVOKED
        report = verify_store(ports)
        assert report.sound, "\n".join(report.lines())


def test_a_claim_that_somebody_had_in_hand_at_the_backup_is_owed_no_longer(store: Store) -> None:
    with store.ports.sessions() as session:
        (claim,) = approve(session, store.clock, store.crowd, 1)
        session.execute(update(OutboxMessage).values(attempts=1, leased_until=store.clock.now()))
        session.commit()
    place = store.back_up()
    store.revoke(issuer.issue(store.ports.issuing, claim))
    store.drain()
    with store.elsewhere() as ports:
        service_restore.restore(ports, place, store.witness)
        service_restore.acknowledge(ports)
        outbox.drain(ports.sessions, ports.clock, jobs.handlers(ports))
        with ports.sessions() as session:
            assert owed(session) == []
            assert session.scalar(select(Credential.id).where(Credential.claim_id == claim)) is None


@SQLITE
def test_a_photo_forgotten_while_the_backup_is_made_is_told_and_missed_by_nobody(store: Store) -> None:
    (name,) = store.ports.storage.all()

    @dataclass(frozen=True)
    class Forgetting:
        """Forgets the photo, row and all, just when it is asked for: after the snapshot."""

        inner: MediaStorage

        def get(self, sha256: str) -> bytes:
            rewrite(store, delete(ObservationPhoto))
            self.inner.delete(sha256)
            return self.inner.get(sha256)

        def all(self) -> Iterator[str]:
            return self.inner.all()

    ports = replace(store.ports, storage=Forgetting(store.ports.storage))  # type: ignore[arg-type]
    place, manifest = service.back_up(ports, store.folder / "backups")
    assert manifest.forgotten == (name,)
    assert not (place / "media").exists()
    with store.elsewhere() as back:
        service_restore.restore(back, place, store.witness)
        assert verify_store(back).sound


def test_everybody_signs_in_again_after_a_restore(store: Store) -> None:
    with store.ports.sessions() as session, transaction(session):
        session.add(
            SignIn(
                id=uuid.uuid4(), token_hash="x", person_id=store.crowd.admin.person_id,
                method=SignInMethod.PASSWORD, created_at=store.clock.now(), last_seen_at=store.clock.now(),
            )
        )  # fmt: skip
    place = store.back_up()
    with store.elsewhere() as ports:
        service_restore.restore(ports, place, store.witness)
        with ports.sessions() as session:
            assert session.scalars(select(SignIn.ended_at)).one() == store.clock.now()


def test_a_second_restore_of_the_same_backup_knows_what_the_first_one_knew(store: Store) -> None:
    """The witness forgets nothing between two disasters, also of badges that no ledger knows any more."""
    place, late = store.back_up(), store.issue(2)
    files = [store.file(one) for one in late]
    store.revoke(late[0])
    store.drain()
    with store.elsewhere() as first:
        shutil.copytree(store.folder / "witness", store.folder / "new" / "witness", dirs_exist_ok=True)
        service_restore.restore(first, place, store.witness)
        service_restore.acknowledge(first)
        outbox.drain(first.sessions, first.clock, jobs.handlers(first))
        seen = first.issuing.witness
        third = store.folder / "third"
        with (
            empty_database(store.url, third) as url,
            open_store(settings_for(url, third), store.clock) as second,
        ):
            merged = service_restore.restore(second, place, seen)
            assert merged.bits == 1
            assert [verdict(second, file) for file in files] == [Verdict.REVOKED, Verdict.VALID]


def test_a_restore_that_died_half_way_is_told_and_stays_closed(store: Store) -> None:
    place = store.back_up()
    with store.elsewhere() as ports:
        copy, now = service.copy_of(ports.settings), store.clock.now()
        with copy.put_back(
            place / copy.file_name, Restore(id=uuid.uuid4(), at=now, backup_at=now, merged_bits=0)
        ):
            pass
        with ports.sessions() as session:
            with pytest.raises(RestoreUnfinished):
                service_restore.gap(session)
            (claim,) = approve(session, store.clock, store.crowd, 1, owed=False)
        with pytest.raises(RestoreUnacknowledged):
            issuer.issue(ports.issuing, claim)


def test_an_acknowledgement_that_died_half_way_is_finished_by_the_next_one(store: Store) -> None:
    place, held = store.back_up(), store.file(store.badges[0])
    issuer.suspend(store.ports.issuing, store.crowd.admin, store.badges[0], "x")
    store.drain()
    with store.elsewhere() as ports:
        service_restore.restore(ports, place, store.witness)
        settings = (ports.settings.database_url, store.folder / "new")
        child = PROCESSES.Process(target=acknowledge_and_die, args=settings)
        child.start()
        child.join(60)
        assert child.exitcode == 137
        outbox.drain(ports.sessions, ports.clock, jobs.handlers(ports))
        assert verdict(ports, held) is Verdict.REVOKED
        with ports.sessions() as session:
            assert service_restore.gap(session).paused == (store.badges[0],)
        assert service_restore.acknowledge(ports) == 0
        outbox.drain(ports.sessions, ports.clock, jobs.handlers(ports))
        with ports.sessions() as session:
            assert session.get_one(Credential, store.badges[0]).suspended_at is not None
            with pytest.raises(NothingToAcknowledge):
                service_restore.gap(session)
        assert verify_store(ports).sound


def acknowledge_and_die(url: str, folder: Path) -> None:
    os.environ["BADGES_CRASH_AT"] = "acknowledge:after-commit"
    with open_store(settings_for(url, folder), StillClock()) as ports:
        service_restore.acknowledge(ports)


def test_nothing_waits_where_nothing_was_restored(store: Store) -> None:
    with store.ports.sessions() as session, pytest.raises(NothingToAcknowledge):
        service_restore.gap(session)


# -- trying the store -----------------------------------------------------------------------------------
def tamper_with_a_badge(store: Store) -> None:
    rewrite(store, update(Credential).where(Credential.id == store.badges[0]).values(
        signed=func.replace(Credential.signed, "Jardins", "Jardinz")
    ))  # fmt: skip


def swap_two_badges(store: Store) -> None:
    files = {one: store.file(one).decode() for one in store.badges[:2]}
    rewrite(
        store,
        update(Credential).where(Credential.id == store.badges[0]).values(signed=files[store.badges[1]]),
    )


def forget_a_revocation(store: Store) -> None:
    store.revoke(store.badges[0])
    rewrite(store, update(OutboxMessage).values(done_at=store.clock.now()))


def damage_a_photo(store: Store) -> None:
    (name,) = store.ports.storage.all()
    (store.ports.settings.media_dir / name[:2] / name).write_bytes(b"other")


def lose_a_photo(store: Store) -> None:
    (name,) = store.ports.storage.all()
    store.ports.storage.delete(name)


def spoil_a_key(store: Store) -> None:
    rewrite(store, update(IssuerKey).values(sealed_private=b"x" * 60))


def rewrite(store: Store, statement: object) -> None:
    with store.ports.sessions() as session, transaction(session):
        session.execute(statement)  # type: ignore[call-overload]


FAULTS: dict[str, tuple[str, Callable[[Store], object]]] = {
    "Each signed badge verifies": ("changed", tamper_with_a_badge),
    "Each signed badge": ("another badge", swap_two_badges),
    "Each status list": ("something else than the ledger", forget_a_revocation),
    "Each photo is there": ("it was changed", damage_a_photo),
    "Each photo": ("it is missing", lose_a_photo),
    "Each issuer has a key": ("cannot be opened", spoil_a_key),
}


@SQLITE
@pytest.mark.parametrize("promise", FAULTS)
def test_a_store_that_is_not_sound_says_which_promise_is_broken(store: Store, promise: str) -> None:
    assert verify_store(store.ports).sound
    reason, break_it = FAULTS[promise]
    break_it(store)
    report = verify_store(store.ports)
    assert not report.sound
    broken = [check for check in report.checks if check.faults]
    assert any(check.promise.startswith(promise) and reason in check.faults[0].reason for check in broken)
    assert json.loads(report.to_json())["sound"] is False
    assert "NOT sound" in "\n".join(report.lines())


@SQLITE
def test_a_journal_that_was_changed_is_found(store: Store) -> None:
    with store.ports.sessions() as session, transaction(session):
        for name in session.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
            session.execute(text(f"DROP TRIGGER {name}"))
        session.execute(text("UPDATE journal SET actor = 'somebody' WHERE sequence = 2"))
    (journal,) = (check for check in verify_store(store.ports).checks if check.faults)
    assert [fault.subject for fault in journal.faults] == ["line 2"]


# -- the commands ---------------------------------------------------------------------------------------
def test_the_commands_save_put_back_try_and_open_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    backups = store.folder / "backups"
    told(monkeypatch, store.ports, "backup", "--to", str(backups))
    (place,) = backups.iterdir()
    gone = store.file(store.badges[0])
    store.revoke(store.badges[0])
    store.drain()
    with store.elsewhere() as ports:
        here = ["restore", "--from", str(place)]
        assert told(monkeypatch, store.ports, *here, status=1).startswith("StoreNotEmpty")
        said = told(monkeypatch, ports, *here, "--witness", str(store.witness.folder))
        assert "At least" in said
        assert "The store is sound" in said
        assert verdict(ports, gone) is Verdict.REVOKED
        assert "Missing is" in told(monkeypatch, ports, "acknowledge-restore", status=1, answer="n\n")
        assert "open again" in told(monkeypatch, ports, "acknowledge-restore", answer="y\n")
        assert json.loads(told(monkeypatch, ports, "verify-store", "--json"))["sound"] is True
        assert told(monkeypatch, ports, "acknowledge-restore", status=1).startswith("NothingToAcknowledge")


def told(
    monkeypatch: pytest.MonkeyPatch, ports: Ports, *arguments: str, status: int = 0, answer: str | None = None
) -> str:
    """Run a command on the store of `ports`; return what it said, or the name of its error."""
    settings = ports.settings
    for name, value in {
        "MODE": "test", "BASE_URL": settings.base_url, "DATABASE_URL": settings.database_url,
        "SECRET_KEY": settings.secret_key, "MEDIA_DIR": settings.media_dir, "RELAY": "off",
        "WITNESS_DIR": settings.witness_dir or "",
        "KEY_ENCRYPTION_KEYS": "test:" + base64.b64encode(factories.KEKS["test"]).decode(),
    }.items():  # fmt: skip
        monkeypatch.setenv(f"BADGES_{name}", str(value))
    done = CliRunner().invoke(cli, arguments, input=answer)
    assert done.exit_code == status, done.output
    if isinstance(done.exception, BadgesError):
        return f"{type(done.exception).__name__}: {done.exception}"
    return done.output
