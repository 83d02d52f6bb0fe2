"""Keys are replaced, disowned and sealed anew; the private half never shows."""

import base64
import io
import json
import logging
import subprocess
import sys
import threading
import traceback
import uuid
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest
import structlog
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session, sessionmaker

from badges import audit
from badges.errors import Forbidden, KeyUnreadable, NotFound
from badges.issuer import queries, service
from badges.issuer.models import Credential, IssuerKey, IssuerProfile, KeyState, StatusList
from badges.issuer.service import Issuing
from badges.issuer.service_reserve import reserve_many
from badges.issuer.vault import LocalVault
from badges.openbadges import keys
from badges.openbadges.did import did_web_address
from badges.openbadges.report import Verdict
from badges.openbadges.verify import verify
from badges.permissions import Actor, Role
from tests import factories
from tests.conftest import StillClock

SLUG = "les-jardins-du-canal"


class World:
    """An issuer with approved claims to sign, one by one."""

    def __init__(self, session: Session, sessions: sessionmaker[Session], clock: StillClock) -> None:
        self.session, self.clock = session, clock
        self.issuing = factories.make_issuing(sessions, clock)
        self.version_id = factories.soft_framework(session, clock)
        self.structure = factories.make_structure(session, clock)
        self.worker = factories.make_person(session, clock, self.structure, Role.WORKER)
        admin = factories.make_person(session, clock, self.structure, Role.ADMIN)
        session.commit()
        session.expunge_all()
        self.admin = factories.actor_of(self.structure, admin, Role.ADMIN)
        self.amina = factories.actor_of(self.structure, self.worker, Role.WORKER)
        self.count = 0

    def issue(self, issuing: Issuing | None = None) -> uuid.UUID:
        return service.issue(issuing or self.issuing, self.claim())

    def reserve(self, claim_id: uuid.UUID) -> uuid.UUID:
        return reserve_many(self.issuing, [claim_id]).credentials[claim_id]

    def claim(self) -> uuid.UUID:
        self.count += 1
        self.session.rollback()
        claim = factories.make_approved_claim(
            self.session,
            self.clock,
            self.structure,
            self.worker,
            self.version_id,
            skill_id=f"M{self.count:02}",
        )
        self.session.commit()
        return claim

    def row(self, credential_id: uuid.UUID) -> Credential:
        self.session.rollback()
        self.session.expire_all()
        return self.session.get_one(Credential, credential_id)

    def signed(self, credential_id: uuid.UUID) -> str:
        signed = self.row(credential_id).signed
        assert signed is not None
        return signed

    def verdict(self, signed: str) -> Verdict:
        self.session.rollback()
        self.session.expire_all()
        return verify(
            signed.encode(), resolver=queries.local_documents(self.session), now=self.clock.now()
        ).verdict

    def active(self) -> IssuerKey:
        (key,) = (key for key in self.all_keys() if key.state is KeyState.ACTIVE)
        return key

    def all_keys(self) -> list[IssuerKey]:
        self.session.rollback()
        self.session.expire_all()
        return list(self.session.scalars(select(IssuerKey).order_by(IssuerKey.created_at)))


@pytest.fixture
def world(session: Session, sessions: sessionmaker[Session], clock: StillClock) -> World:
    return World(session, sessions, clock)


# -- identity ------------------------------------------------------------------------------------
def test_a_structure_becomes_an_issuer_once(world: World) -> None:
    profile_id = service.create_profile(world.issuing, world.structure.id)
    assert service.create_profile(world.issuing, world.structure.id) == profile_id
    profile = world.session.get_one(IssuerProfile, profile_id)
    assert profile.did == f"did:web:badges.example.org:issuers:{SLUG}"
    assert did_web_address(profile.did) == f"https://badges.example.org/issuers/{SLUG}/did.json"
    assert world.session.scalar(select(func.count()).select_from(IssuerKey)) == 1
    published = world.session.scalars(select(StatusList)).one()
    assert (published.revision, published.size) == (1, 131_072)


def test_a_port_is_part_of_the_identity(world: World) -> None:
    local = factories.make_issuing(world.issuing.sessions, world.clock, base_url="http://127.0.0.1:5000")
    profile_id = service.create_profile(local, world.structure.id)
    assert world.session.get_one(IssuerProfile, profile_id).did == f"did:web:127.0.0.1%3A5000:issuers:{SLUG}"
    assert world.verdict(world.signed(world.issue(local))) is Verdict.VALID


def test_two_structures_of_one_name_have_two_identities(world: World) -> None:
    other = factories.make_structure(world.session, world.clock)
    world.session.commit()
    world.session.expunge_all()
    ids = [service.create_profile(world.issuing, one.id) for one in (world.structure, other)]
    slugs = [world.session.get_one(IssuerProfile, one).slug for one in ids]
    assert slugs == [SLUG, f"{SLUG}-2"]


# -- rotation ------------------------------------------------------------------------------------
def test_after_a_rotation_old_badges_hold_and_new_ones_use_the_new_key(world: World) -> None:
    before = world.issue()
    world.clock.forward(days=1)
    key_id = service.rotate_key(world.issuing, world.admin, world.active().id)
    after = world.issue()
    assert [key.state for key in world.all_keys()] == [KeyState.RETIRED, KeyState.ACTIVE]
    assert world.row(after).key_id == key_id != world.row(before).key_id
    assert [world.verdict(world.signed(one)) for one in (before, after)] == [Verdict.VALID] * 2
    document = queries.did_document(world.session, SLUG)
    assert len(document["verificationMethod"]) == len(document["assertionMethod"]) == 2
    assert all(isinstance(name, str) for name in document["assertionMethod"])
    assert len(queries.key_set(world.session, SLUG, factories.BASE_URL)["keys"]) == 2


def test_each_key_has_its_own_address_and_no_private_part(world: World) -> None:
    world.issue()
    for key in queries.key_set(world.session, SLUG, factories.BASE_URL)["keys"]:
        multibase = key["kid"].rpartition("/")[2]
        assert key["kid"] == f"{factories.BASE_URL}/issuers/{SLUG}/keys/{multibase}"
        assert queries.one_key(world.session, SLUG, multibase, factories.BASE_URL) == key
        assert "d" not in key
    with pytest.raises(NotFound):
        queries.one_key(world.session, SLUG, "z6Mkunknown", factories.BASE_URL)


def test_a_reservation_survives_a_rotation(world: World) -> None:
    claim = world.claim()
    service.create_profile(world.issuing, world.structure.id)
    credential_id = world.reserve(claim)
    key_id = world.row(credential_id).key_id
    service.rotate_key(world.issuing, world.admin, world.active().id)
    service.complete(world.issuing, credential_id)
    assert world.row(credential_id).key_id == key_id
    assert world.verdict(world.signed(credential_id)) is Verdict.VALID


def test_only_an_administrator_of_an_issuer_rotates(world: World) -> None:
    with pytest.raises(NotFound):
        service.rotate_key(world.issuing, world.admin, uuid.uuid4())
    world.issue()
    with pytest.raises(Forbidden):
        service.rotate_key(world.issuing, world.amina, world.active().id)
    with pytest.raises(NotFound):
        service.rotate_key(world.issuing, world.admin, uuid.uuid4())
    elsewhere = Actor(uuid.uuid4(), uuid.uuid4(), frozenset({Role.ADMIN}))
    with pytest.raises(NotFound):
        service.rotate_key(world.issuing, elsewhere, world.active().id)
    assert len(world.all_keys()) == 1


def test_ten_rotations_at_once_make_one_key(world: World) -> None:
    world.issue()
    old, barrier, found = world.active().id, threading.Barrier(10), []

    def rotate() -> None:
        barrier.wait()
        found.append(service.rotate_key(world.issuing, world.admin, old))

    threads = [threading.Thread(target=rotate) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [key.state for key in world.all_keys()] == [KeyState.RETIRED, KeyState.ACTIVE]
    assert found == [world.active().id] * 10
    acts = [entry.act for entry in world.session.scalars(select(audit.JournalEntry))]
    assert acts.count("issuer_key.retired") == acts.count("issuer_key.created") == 1


def test_to_replace_a_key_that_signs_no_longer_changes_nothing(world: World) -> None:
    world.issue()
    old = world.active().id
    world.clock.forward(days=1)
    new = service.rotate_key(world.issuing, world.admin, old)
    service.mark_key_compromised(world.issuing, world.admin, old, world.clock.now())
    assert service.rotate_key(world.issuing, world.admin, old) == new
    assert [key.state for key in world.all_keys()] == [KeyState.COMPROMISED, KeyState.ACTIVE]


def test_after_a_rotation_lists_are_signed_with_the_new_key_and_say_the_same(world: World) -> None:
    kept, withdrawn = world.issue(), world.issue()
    service.revoke(world.session, world.clock, world.admin, withdrawn, "x")
    drain(world)
    list_id = world.row(kept).status_list_id
    before = json.loads(queries.status_list(world.session, list_id).signed)
    world.clock.forward(days=1)
    service.rotate_key(world.issuing, world.admin, world.active().id)
    drain(world)
    world.session.rollback()
    world.session.expire_all()
    after = json.loads(queries.status_list(world.session, list_id).signed)
    assert world.active().public_multibase in after["proof"][0]["verificationMethod"]
    assert world.active().public_multibase not in before["proof"][0]["verificationMethod"]
    assert before["credentialSubject"] == after["credentialSubject"]
    assert world.verdict(world.signed(kept)) is Verdict.VALID
    assert world.verdict(world.signed(withdrawn)) is Verdict.REVOKED


# -- compromise ----------------------------------------------------------------------------------
def test_after_a_compromise_nothing_the_key_signed_is_accepted_anywhere(world: World) -> None:
    credential_id = world.issue()
    old = world.signed(credential_id)
    (key,) = world.all_keys()
    world.clock.forward(days=1)
    service.mark_key_compromised(world.issuing, world.admin, key.id, world.clock.now())
    drain(world)
    assert world.verdict(old) is Verdict.INVALID
    document = queries.did_document(world.session, SLUG)
    assert len(document["verificationMethod"]) == 2
    assert [name.partition("#")[2] for name in document["assertionMethod"]] == [
        world.all_keys()[1].public_multibase
    ]
    assert len(queries.key_set(world.session, SLUG, factories.BASE_URL)["keys"]) == 1


def test_what_was_signed_before_is_signed_again_and_what_came_after_waits_for_a_person(world: World) -> None:
    before = world.issue()
    first = json.loads(world.signed(before))
    world.clock.forward(days=3)
    since = world.clock.now()
    after = world.issue()
    (key,) = world.all_keys()
    world.clock.forward(days=1)
    compromise = service.mark_key_compromised(world.issuing, world.admin, key.id, since)
    drain(world)
    assert (compromise.renewed, compromise.doubtful) == ((before,), (after,))
    assert world.verdict(world.signed(before)) is Verdict.VALID
    assert world.verdict(world.signed(after)) is Verdict.INVALID
    again = json.loads(world.signed(before))
    assert {name for name in again if again[name] != first[name]} == {"validFrom", "proof"}
    service.mend(world.issuing, world.admin, after)
    assert world.verdict(world.signed(after)) is Verdict.VALID


def test_a_revocation_made_before_a_compromise_still_shows_after_it(world: World) -> None:
    kept, withdrawn = world.issue(), world.issue()
    service.revoke(world.session, world.clock, world.admin, withdrawn, "x")
    (key,) = world.all_keys()
    world.clock.forward(days=1)
    service.mark_key_compromised(world.issuing, world.admin, key.id, world.clock.now())
    drain(world)
    list_id = world.row(kept).status_list_id
    published = json.loads(queries.status_list(world.session, list_id).signed)
    assert world.all_keys()[1].public_multibase in published["proof"][0]["verificationMethod"]
    service.revoke(world.session, world.clock, world.admin, kept, "x")
    drain(world)
    assert world.verdict(world.signed(kept)) is Verdict.REVOKED


def test_what_is_reserved_is_signed_with_the_new_key_after_a_compromise(world: World) -> None:
    world.issue()
    credential_id = world.reserve(world.claim())
    (key,) = world.all_keys()
    world.clock.forward(days=1)
    compromise = service.mark_key_compromised(world.issuing, world.admin, key.id, world.clock.now())
    assert credential_id in compromise.renewed
    drain(world)
    assert world.row(credential_id).key_id == world.all_keys()[1].id
    assert world.verdict(world.signed(credential_id)) is Verdict.VALID


def test_a_compromise_is_of_ones_own_key(world: World) -> None:
    world.issue()
    with pytest.raises(NotFound):
        service.mark_key_compromised(world.issuing, world.admin, uuid.uuid4(), world.clock.now())
    (key,) = world.all_keys()
    elsewhere = Actor(uuid.uuid4(), uuid.uuid4(), frozenset({Role.ADMIN}))
    with pytest.raises(NotFound):
        service.mark_key_compromised(world.issuing, elsewhere, key.id, world.clock.now())


# -- keys at rest --------------------------------------------------------------------------------
def test_keys_are_sealed_anew_under_the_first_key_encryption_key(world: World) -> None:
    world.issue()
    service.rotate_key(world.issuing, world.admin, world.active().id)
    both = LocalVault({"new": b"n" * 32, **factories.KEKS})
    assert service.reseal_all(world.issuing.sessions, world.clock, both) == 2
    assert {key.kek for key in world.all_keys()} == {"new"}
    only_new = factories.make_issuing(
        world.issuing.sessions, world.clock, vault=LocalVault({"new": b"n" * 32})
    )
    assert world.verdict(world.signed(world.issue(only_new))) is Verdict.VALID
    assert audit.verify(world.session).faults == ()


def test_a_command_seals_keys_anew(world: World, database_url: str, tmp_path: Path) -> None:
    world.issue()
    named = {"new": b"n" * 32, **factories.KEKS}
    encoded = ",".join(f"{name}:{base64.b64encode(key).decode()}" for name, key in named.items())
    environment = {
        "BADGES_MODE": "test", "BADGES_BASE_URL": factories.BASE_URL, "BADGES_DATABASE_URL": database_url,
        "BADGES_SECRET_KEY": "s" * 40, "BADGES_KEY_ENCRYPTION_KEYS": encoded,
        "BADGES_MEDIA_DIR": str(tmp_path),
    }  # fmt: skip
    program = Path(sys.executable).with_name("badges")
    done = subprocess.run(
        [program, "keys", "reseal"], env=environment, capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.returncode) == ("Issuer keys sealed again: 1.\n", 0), done.stderr
    assert [key.kek for key in world.all_keys()] == ["new"]


def test_without_its_key_encryption_key_nothing_is_signed_or_resealed(world: World) -> None:
    world.issue()
    lost = LocalVault({"other": b"o" * 32})
    with pytest.raises(KeyUnreadable):
        service.reseal_all(world.issuing.sessions, world.clock, lost)
    claim = world.claim()
    with pytest.raises(KeyUnreadable):
        service.issue(factories.make_issuing(world.issuing.sessions, world.clock, vault=lost), claim)
    assert {key.kek for key in world.all_keys()} == {"test"}
    assert world.verdict(world.signed(service.issue(world.issuing, claim))) is Verdict.VALID


def test_a_sealed_key_cannot_be_moved_to_another_issuer(world: World) -> None:
    world.issue()
    other = factories.make_structure(world.session, world.clock)
    world.session.commit()
    service.create_profile(world.issuing, other.id)
    first, second = world.all_keys()
    second.sealed_private = first.sealed_private
    world.session.commit()
    with pytest.raises(KeyUnreadable):
        service.reseal_all(world.issuing.sessions, world.clock, world.issuing.vault)


def test_the_private_key_never_shows(
    world: World, engine: Engine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    secret = bytes(range(7, 39))
    canaries = {
        repr(secret), secret.hex(),
        base64.b64encode(secret).decode(), base64.urlsafe_b64encode(secret).decode(),
    }  # fmt: skip
    monkeypatch.setattr(keys, "generate_private_key", lambda: keys.private_from_bytes(secret))
    said = io.StringIO()
    with redirect_stdout(said), redirect_stderr(said), structlog.testing.capture_logs() as logs:
        caplog.set_level(logging.DEBUG)
        credential_id = world.issue()
        (key,) = world.all_keys()
        broken = factories.make_issuing(
            world.issuing.sessions, world.clock, vault=LocalVault({"z": b"z" * 32})
        )
        try:
            service.issue(broken, world.claim())
        except KeyUnreadable:
            said.write(traceback.format_exc())
        said.write(repr((key, vars(key), world.issuing, world.issuing.vault, logs)))
        said.write(world.signed(credential_id) + json.dumps(queries.did_document(world.session, SLUG)))
    with engine.connect() as connection:
        for table in ("issuer_keys", "journal", "outbox", "credentials", "issuer_profiles"):
            said.write(repr(connection.exec_driver_sql(f"SELECT * FROM {table}").all()))
    told = said.getvalue() + caplog.text
    assert [canary for canary in canaries if canary in told] == []


def drain(world: World) -> None:
    """Carry out what is owed to credentials and lists, as the relay does."""
    world.session.rollback()
    for credential_id in world.session.scalars(
        select(Credential.id).where(Credential.signed.is_(None))
    ).all():
        service.complete(world.issuing, credential_id)
    for list_id in world.session.scalars(select(StatusList.id)).all():
        service.publish_status_list(world.issuing, list_id)
