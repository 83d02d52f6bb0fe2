"""An administrator issues all that waits; what is sealed stays, and each claim still yields one badge."""

import uuid
from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, sessionmaker

from badges import audit, outbox
from badges.audit import JournalEntry
from badges.db import transaction
from badges.errors import Forbidden, NotFound, NothingToIssue
from badges.issuer import queries, queries_waves, service, service_waves
from badges.issuer.models import Credential, IssuerProfile, Wave, WaveClaim, WaveState
from badges.issuer.service import Issuing
from badges.openbadges.report import Verdict
from badges.openbadges.verify import verify
from badges.outbox import OutboxMessage
from badges.people.models import Person, Structure
from badges.permissions import Actor, Role
from badges.recognition.models import Claim
from badges.recognition.service import APPROVED
from tests import factories
from tests.conftest import StillClock
from tests.crowd_of_claims import approved_claims, owe_badges
from tests.services.test_issuer_bulk import at_once


@dataclass
class House:
    """A structure, its administrator, and claims that wait; chunks of ten."""

    session: Session
    sessions: sessionmaker[Session]
    clock: StillClock
    issuing: Issuing
    structure: Structure
    version_id: uuid.UUID
    admin: Actor

    def claims(self, count: int, **options: Any) -> list[uuid.UUID]:
        found = approved_claims(self.session, self.clock, self.structure, self.version_id, count, **options)
        owe_badges(self.session, self.clock, found)
        self.session.commit()
        return found

    def start(self, wave_id: uuid.UUID | None = None) -> uuid.UUID:
        wave_id = wave_id or uuid.uuid4()
        with self.sessions() as session:
            assert service_waves.start(session, self.clock, self.admin, wave_id).id == wave_id
        return wave_id

    def cancel(self, wave_id: uuid.UUID) -> None:
        with self.sessions() as session:
            service_waves.cancel(session, self.clock, self.admin, wave_id)

    def resume(self, wave_id: uuid.UUID) -> None:
        with self.sessions() as session:
            service_waves.resume(session, self.clock, self.admin, wave_id)

    def progress(self, wave_id: uuid.UUID) -> queries_waves.WaveProgress:
        with self.sessions() as session:
            return queries_waves.progress(session, self.admin, wave_id)

    def waiting(self) -> int:
        with self.sessions() as session:
            return queries_waves.waiting(session, self.admin)

    def relay(self, issuing: Issuing | None = None, chunks: int | None = None) -> None:
        """Carry out what waves owe: all of it, or only so many chunks."""
        handlers: outbox.Handlers = {
            "wave.chunk": lambda payload: service_waves.issue_chunk(
                issuing or self.issuing, uuid.UUID(payload["wave_id"]), int(payload["chunk"])
            )
        }
        topics = ["wave.chunk"]
        if chunks is None:
            outbox.drain(self.sessions, self.clock, handlers, topics=topics)
        for _ in range(chunks or 0):
            assert outbox.relay_once(self.sessions, self.clock, handlers, topics=topics)

    def rows(self) -> list[Credential]:
        self.session.rollback()
        self.session.expire_all()
        return list(self.session.scalars(select(Credential).order_by(Credential.id)))

    def acts(self) -> Counter[str]:
        self.session.rollback()
        return Counter(self.session.scalars(select(JournalEntry.act)))

    def check_all_issued(self, claims: list[uuid.UUID]) -> None:
        rows = self.rows()
        assert sorted(row.claim_id for row in rows) == sorted(claims)
        acts = self.acts()
        assert acts["credential.reserved"] == acts["credential.signed"] == len(claims)
        assert audit.verify(self.session).faults == ()
        resolver = queries.local_documents(self.session)
        for row in rows[::7]:
            report = verify((row.signed or "").encode(), resolver=resolver, now=self.clock.now())
            assert report.verdict is Verdict.VALID


@pytest.fixture
def house(
    session: Session, sessions: sessionmaker[Session], clock: StillClock, monkeypatch: pytest.MonkeyPatch
) -> House:
    monkeypatch.setattr(service_waves, "CHUNK", 10)
    version_id = factories.soft_framework(session, clock)
    structure = factories.make_structure(session, clock)
    admin = factories.make_person(session, clock, structure, Role.ADMIN, given_name="Claire")
    session.commit()
    session.expunge_all()
    return House(
        session, sessions, clock, factories.make_issuing(sessions, clock), structure, version_id,
        factories.actor_of(structure, admin, Role.ADMIN),
    )  # fmt: skip


# -- start -----------------------------------------------------------------------------------------
def test_a_wave_issues_all_that_waits_and_ends(house: House) -> None:
    claims = house.claims(35)
    assert house.waiting() == 35
    wave_id = house.start()
    assert house.waiting() == 0
    begun = house.progress(wave_id)
    assert (begun.state, begun.total, begun.done, begun.percent) == (WaveState.RUNNING, 35, 0, 0)
    house.clock.forward(seconds=42)
    house.relay()
    ended = house.progress(wave_id)
    assert (ended.state, ended.sealed, ended.blocked, ended.percent) == (WaveState.FINISHED, 35, 0, 100)
    assert ended.seconds(house.clock.now()) == 42
    house.check_all_issued(claims)
    acts = house.acts()
    assert [acts[f"wave.{act}"] for act in ("started", "finished", "cancelled")] == [1, 1, 0]


def test_a_wave_takes_alike_claims_side_by_side(house: House) -> None:
    house.claims(30, skills=["S01", "S02", "S03"])
    wave_id = house.start()
    rows = house.session.execute(
        select(WaveClaim.chunk, Claim.skill_id)
        .join(Claim, Claim.id == WaveClaim.claim_id)
        .where(WaveClaim.wave_id == wave_id)
        .distinct()
    ).all()
    assert len(rows) == 3, "one skill in each chunk"


def test_the_same_wave_asked_for_fifty_times_at_once_is_one_wave(house: House) -> None:
    claims, wave_id = house.claims(12), uuid.uuid4()
    assert at_once(*[lambda: house.start(wave_id)] * 50) == []
    house.session.rollback()
    assert house.session.scalar(select(func.count()).select_from(Wave)) == 1
    assert house.acts()["wave.started"] == 1
    owed = select(func.count()).where(OutboxMessage.topic == "wave.chunk")
    assert house.session.scalar(owed) == 2
    house.relay()
    house.check_all_issued(claims)


def test_two_waves_at_once_share_no_claim(house: House) -> None:
    claims = house.claims(25)
    failures = at_once(house.start, house.start)
    assert [type(failure) for failure in failures] == [NothingToIssue]
    house.relay()
    house.check_all_issued(claims)


def test_nothing_waiting_is_no_wave(house: House) -> None:
    with pytest.raises(NothingToIssue):
        house.start()
    assert house.session.scalar(select(func.count()).select_from(Wave)) == 0


def test_only_administrators_start_cancel_resume_and_look(house: House) -> None:
    house.claims(1)
    wave_id = house.start()
    reviewer = Actor(uuid.uuid4(), house.structure.id, frozenset({Role.REVIEWER}))
    stranger = Actor(uuid.uuid4(), uuid.uuid4(), frozenset({Role.ADMIN}))
    for verb in (service_waves.start, service_waves.cancel, service_waves.resume):
        with pytest.raises(Forbidden):
            verb(house.session, house.clock, reviewer, wave_id)
    for verb in (service_waves.cancel, service_waves.resume):
        with pytest.raises(NotFound):
            verb(house.session, house.clock, stranger, wave_id)
        with pytest.raises(NotFound):
            verb(house.session, house.clock, house.admin, uuid.uuid4())
    with pytest.raises(Forbidden):
        queries_waves.waiting(house.session, reviewer)
    with pytest.raises(NotFound):
        queries_waves.progress(house.session, stranger, wave_id)


def test_a_wave_of_another_structure_is_not_found_under_its_id(house: House) -> None:
    house.claims(1)
    wave_id = house.start()
    other = factories.make_structure(house.session, house.clock)
    admin = factories.make_person(house.session, house.clock, other, Role.ADMIN)
    approved_claims(house.session, house.clock, other, house.version_id, 1)
    house.session.commit()
    with pytest.raises(NotFound):
        service_waves.start(house.session, house.clock, factories.actor_of(other, admin, Role.ADMIN), wave_id)


# -- together with the badges that are issued one by one ----------------------------------------------
def test_claims_owed_one_by_one_and_in_a_wave_yield_one_badge_each(house: House) -> None:
    claims = house.claims(30)
    handlers: outbox.Handlers = {
        "claim.approved": outbox.Bulk(
            lambda payloads: service.issue_approved(
                house.issuing, [uuid.UUID(one["claim_id"]) for one in payloads]
            ),
            most=4,
        )
    }

    def one_by_one() -> None:
        outbox.drain(house.sessions, house.clock, handlers, topics=["claim.approved"])

    def in_a_wave() -> None:
        house.start()
        house.relay()

    failures = at_once(one_by_one, in_a_wave, one_by_one)
    assert [failure for failure in failures if not isinstance(failure, NothingToIssue)] == []
    house.relay()
    one_by_one()
    house.check_all_issued(claims)


def test_where_badges_are_issued_in_waves_an_approval_waits_for_one(house: House) -> None:
    service.create_profile(house.issuing, house.structure.id)
    house.session.execute(update(IssuerProfile).values(issues_in_waves=True))
    claims = house.claims(3)
    service.issue_approved(house.issuing, claims)
    assert house.rows() == []
    assert house.waiting() == 3
    house.start()
    house.relay()
    house.check_all_issued(claims)


def test_an_approval_that_a_wave_has_taken_can_no_longer_be_taken_back(house: House) -> None:
    """Taking back means cancelling what the approval owes; where nothing is owed any more, it is too late."""
    claims = house.claims(2)
    house.start()
    keys = [str(claim) for claim in claims]
    with transaction(house.session):
        assert outbox.cancel_many(house.session, topic=APPROVED, keys=keys) == 0
    house.relay()
    house.check_all_issued(claims)


# -- cancel and resume -------------------------------------------------------------------------------
def test_cancelling_keeps_what_is_sealed_and_leaves_the_rest_waiting(house: House) -> None:
    house.claims(35)
    wave_id = house.start()
    house.relay(chunks=2)
    house.cancel(wave_id)
    house.cancel(wave_id)
    house.relay()
    stopped = house.progress(wave_id)
    assert (stopped.state, stopped.sealed, stopped.total) == (WaveState.CANCELLED, 20, 35)
    assert len(house.rows()) == 20
    assert house.waiting() == 15
    assert house.acts()["wave.cancelled"] == 1


def test_a_cancelled_wave_goes_on_where_it_stopped(house: House) -> None:
    claims = house.claims(35)
    wave_id = house.start()
    house.relay(chunks=1)
    house.cancel(wave_id)
    house.relay()
    house.resume(wave_id)
    house.resume(wave_id)
    assert house.progress(wave_id).state is WaveState.RUNNING
    house.relay()
    assert house.progress(wave_id).state is WaveState.FINISHED
    house.check_all_issued(claims)
    acts = house.acts()
    assert [acts[f"wave.{act}"] for act in ("resumed", "finished")] == [1, 1]


def test_what_a_cancelled_wave_left_behind_goes_into_the_next_one(house: House) -> None:
    claims = house.claims(35)
    first = house.start()
    house.relay(chunks=1)
    house.cancel(first)
    more = house.claims(5)
    second = house.start()
    assert house.progress(second).total == 30
    left = house.progress(first)
    assert (left.total, left.sealed, left.percent) == (10, 10, 100)
    house.resume(first)
    assert house.progress(first).state is WaveState.FINISHED
    house.relay()
    house.check_all_issued(claims + more)


def test_a_finished_wave_is_neither_cancelled_nor_resumed(house: House) -> None:
    house.claims(3)
    wave_id = house.start()
    house.relay()
    house.cancel(wave_id)
    house.resume(wave_id)
    assert house.progress(wave_id).state is WaveState.FINISHED


def test_a_chunk_carried_out_twice_at_once_yields_one_badge_each(house: House) -> None:
    claims = house.claims(10)
    wave_id = house.start()
    chunk = [lambda: service_waves.issue_chunk(house.issuing, wave_id, 0)] * 4
    assert at_once(*chunk) == []
    house.check_all_issued(claims)
    assert house.acts()["wave.finished"] == 1


# -- what fails --------------------------------------------------------------------------------------
def test_blocked_badges_are_told_and_end_the_wave_with_the_others(house: House) -> None:
    house.claims(12, names=["Amina", "Ba\x0bkary"])
    wave_id = house.start()
    house.relay()
    ended = house.progress(wave_id)
    assert (ended.state, ended.sealed, ended.blocked, ended.percent) == (WaveState.FINISHED, 6, 6, 100)
    assert {failure.holder for failure in ended.failures} == {"Ba\x0bkary D."}
    assert all("U+000B" in failure.reason for failure in ended.failures)
    house.session.execute(update(Person).values(given_name="Bakary"))
    house.session.commit()
    service.mend(house.issuing, house.admin, ended.failures[0].credential_id)
    assert house.progress(wave_id).sealed == 7


def test_a_chunk_that_fails_is_tried_again_and_the_wave_ends(house: House) -> None:
    claims = house.claims(12)
    wave_id = house.start()
    house.relay(replace(house.issuing, artwork=factories.NoRoom()))
    assert house.progress(wave_id).state is WaveState.RUNNING
    house.clock.forward(minutes=1)
    house.relay()
    assert house.progress(wave_id).state is WaveState.FINISHED
    house.check_all_issued(claims)


# -- reading -----------------------------------------------------------------------------------------
def test_the_waves_of_a_structure_are_listed_newest_first(house: House) -> None:
    with house.sessions() as session:
        assert queries_waves.latest(session, house.admin) is None
    house.claims(2)
    first = house.start()
    house.relay()
    house.clock.forward(hours=1)
    house.claims(3)
    second = house.start()
    with house.sessions() as session:
        newest = queries_waves.latest(session, house.admin)
        listed = queries_waves.waves_of(session, house.admin)
    assert newest is not None
    assert newest.id == second
    assert [(wave.id, wave.total, wave.sealed) for wave in listed] == [(second, 3, 0), (first, 2, 2)]
