"""Whatever dies when: one badge per claim, the same bytes, no revocation lost."""

import ast
import os
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import exc, func, select, text
from sqlalchemy.orm import Session, sessionmaker

from badges import audit, outbox
from badges.audit import JournalEntry
from badges.crash import crash_point
from badges.db import transaction
from badges.errors import Unavailable
from badges.issuer import queries, service
from badges.issuer.models import Credential, IssuerKey, IssuerProfile
from badges.issuer.service_signing import sign
from badges.issuer.service_templates import frozen_document
from badges.openbadges.loads import dump_json, load_json
from badges.openbadges.report import Verdict
from badges.openbadges.verify import verify
from badges.outbox import OutboxMessage
from badges.permissions import Role
from badges.recognition.models import Claim
from badges.recognition.rules import ClaimState
from tests import factories
from tests.conftest import StillClock
from tests.crash import children
from tests.crash.children import MIDNIGHT, PROCESSES, Cast

BADGES = Path(__file__).parents[2] / "badges"


def steps() -> list[str]:
    """Every crash point of issuing, so that a new one is tried unasked; restores have their own tests."""
    paths = (path for path in BADGES.rglob("*.py") if path.parent.name != "backup")
    calls = (node for path in paths for node in ast.walk(ast.parse(path.read_text())))
    return sorted(
        str(node.args[0].value)
        for node in calls
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "crash_point"
        if isinstance(node.args[0], ast.Constant)
    )


@dataclass
class World:
    session: Session
    sessions: sessionmaker[Session]
    url: str
    cast: Cast

    def rows(self) -> dict[uuid.UUID, Credential]:
        self.session.rollback()
        self.session.expire_all()
        return {row.claim_id: row for row in self.session.scalars(select(Credential))}

    def frozen(self) -> dict[tuple[uuid.UUID, int], str]:
        return {(row.id, row.edition): row.unsigned for row in self.rows().values()}

    def live(self, hour: int, crash_at: str = "") -> int | None:
        process = PROCESSES.Process(target=children.live, args=(self.url, self.cast, hour, crash_at))
        process.start()
        process.join(60)
        return process.exitcode

    def verdict(self, row: Credential, clock: StillClock) -> Verdict:
        assert row.signed is not None
        return verify(
            row.signed.encode(), resolver=queries.local_documents(self.session), now=clock.now()
        ).verdict


@pytest.fixture
def world(session: Session, sessions: sessionmaker[Session], database_url: str) -> World:
    clock = StillClock(MIDNIGHT)
    version_id = factories.soft_framework(session, clock)
    structure = factories.make_structure(session, clock)
    worker = factories.make_person(session, clock, structure, Role.WORKER)
    unlucky = factories.make_person(session, clock, structure, Role.WORKER, given_name="Fa\x0btou")
    admin = factories.make_person(session, clock, structure, Role.ADMIN)
    claims = [
        factories.make_approved_claim(session, clock, structure, person, version_id, skill_id=skill)
        for person, skill in ((worker, "S01"), (worker, "S02"), (unlucky, "S03"))
    ]
    for claim in claims:
        owe(session, clock, claim)
    session.commit()
    session.expunge_all()
    cast = Cast(structure.id, worker.id, admin.id, claims[0], claims[1], claims[2], unlucky.id)
    return World(session, sessions, database_url, cast)


def owe(session: Session, clock: Any, claim_id: uuid.UUID) -> None:
    outbox.publish(session, clock, topic="claim.approved", key=str(claim_id), claim_id=str(claim_id))


def test_the_crash_points_are_off_unless_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "BADGES_CRASH_AT" not in os.environ
    for name in steps():
        crash_point(name)
    monkeypatch.setenv("BADGES_CRASH_AT", "elsewhere")
    crash_point("reserve:after-commit")


@pytest.mark.parametrize("step", steps())
def test_a_crash_at_any_step_is_resumed_to_the_same_bytes(world: World, step: str) -> None:
    assert world.live(hour=1, crash_at=step) == 137
    frozen = world.frozen()
    assert world.live(hour=2) == 0
    rows = world.rows()
    assert len(rows) == 3
    for key, document in world.frozen().items():
        assert frozen.get(key, document) == document, "what was frozen never changes"
    check_bytes(world, rows.values())
    check_end(world, rows)


def test_without_any_crash_the_end_is_the_same(world: World) -> None:
    assert world.live(hour=1) == 0
    check_end(world, world.rows())


def check_bytes(world: World, rows: Any) -> None:
    """The sealed bytes are those that an uninterrupted signer makes of the frozen document."""
    issuing = factories.make_issuing(world.sessions, StillClock(MIDNIGHT))
    for row in rows:
        key = world.session.get_one(IssuerKey, row.key_id)
        did = world.session.get_one(IssuerProfile, row.profile_id).did
        frozen = dump_json(frozen_document(world.session, row)).decode()
        assert row.signed == sign(issuing, key, did, frozen, row.reserved_at)


def check_end(world: World, rows: dict[uuid.UUID, Credential]) -> None:
    cast, clock = world.cast, StillClock(MIDNIGHT.replace(hour=3))
    assert world.verdict(rows[cast.renamed], clock) is Verdict.VALID
    assert world.verdict(rows[cast.blocked], clock) is Verdict.VALID
    assert world.verdict(rows[cast.revoked], clock) is Verdict.REVOKED
    assert rows[cast.renamed].recipient_name == "Amina Diallo"
    assert rows[cast.blocked].recipient_name == "Fatou D."
    assert world.session.scalar(select(func.count()).where(OutboxMessage.done_at.is_(None))) == 0
    assert [key.state for key in keys_of(world)] == ["compromised", "active"]
    asked = select(Claim.state).where(Claim.skill_id == "S01").order_by(Claim.state)
    assert world.session.scalars(asked).all() == [ClaimState.OPEN, ClaimState.RENEWED], "asked for again once"
    for row in rows.values():
        signed = [entry for entry in journal_of(world, row) if entry.act == "credential.signed"]
        assert len({entry.details["edition"] for entry in signed}) == len(signed), "each edition signed once"
    assert audit.verify(world.session).faults == ()


def keys_of(world: World) -> list[IssuerKey]:
    return list(world.session.scalars(select(IssuerKey).order_by(IssuerKey.created_at)))


def journal_of(world: World, row: Credential) -> list[JournalEntry]:
    entries = world.session.scalars(select(JournalEntry).order_by(JournalEntry.sequence))
    return [entry for entry in entries if entry.subject == f"credential:{row.id}"]


# -- one INSERT fails after signing (the shape of Boulder's cert_storage_failed_test) ------------------
_WHEN = "NEW.topic = 'credential.issued'"
REFUSE = {
    "sqlite": f"CREATE TRIGGER refuse BEFORE INSERT ON outbox WHEN {_WHEN} "
    "BEGIN SELECT RAISE(ABORT, 'no room'); END",
    "postgresql": f"CREATE TRIGGER refuse BEFORE INSERT ON outbox FOR EACH ROW WHEN ({_WHEN}) "
    "EXECUTE FUNCTION refuse_change()",
}
ALLOW = {"sqlite": "DROP TRIGGER refuse", "postgresql": "DROP TRIGGER refuse ON outbox"}


def test_a_badge_whose_sealing_failed_can_be_found_revoked_and_recovered(world: World) -> None:
    clock = StillClock(MIDNIGHT)
    issuing = factories.make_issuing(world.sessions, clock)
    kind = world.session.get_bind().dialect.name
    run(world, REFUSE[kind])
    for claim in (world.cast.renamed, world.cast.revoked):
        with pytest.raises((exc.DatabaseError, Unavailable)):
            service.issue(issuing, claim)
    rows = world.rows()
    assert [row.signed for row in rows.values()] == [None, None]
    for row in rows.values():
        assert [entry.act for entry in journal_of(world, row)] == ["credential.reserved"]
    revoked_id, list_id = rows[world.cast.revoked].id, rows[world.cast.revoked].status_list_id
    service.revoke(world.session, clock, world.cast.admin, revoked_id, "x")
    service.publish_status_list(issuing, list_id)
    withdrawn = world.rows()[world.cast.revoked]
    # somebody who caught the signature before it was lost sees it revoked
    key = world.session.get_one(IssuerKey, withdrawn.key_id)
    did = world.session.get_one(IssuerProfile, withdrawn.profile_id).did
    frozen = dump_json(frozen_document(world.session, withdrawn)).decode()
    caught = sign(issuing, key, did, frozen, withdrawn.reserved_at)
    resolver = queries.local_documents(world.session)
    assert verify(caught.encode(), resolver=resolver, now=clock.now()).verdict is Verdict.REVOKED
    run(world, ALLOW[kind])
    service.issue(issuing, world.cast.renamed)
    recovered = world.rows()[world.cast.renamed]
    assert world.verdict(recovered, clock) is Verdict.VALID
    assert load_json(recovered.signed or "")["id"] == f"urn:uuid:{recovered.id}"


def run(world: World, statement: str) -> None:
    with transaction(world.session):
        world.session.execute(text(statement))
