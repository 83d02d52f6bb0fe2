"""Ten thousand badges or one: the same road, the same promise, and each claim yields exactly one."""

import threading
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest
from sqlalchemy import exc, func, select, text, update
from sqlalchemy.orm import Session, sessionmaker

from badges import audit
from badges.audit import JournalEntry
from badges.db import transaction
from badges.errors import LabelTooLong, NotFound, SignedOtherwise, Unavailable
from badges.issuer import queries, service, service_bulk
from badges.issuer.models import Achievement, Credential, IssuingTemplate, StatusList, SupersededEdition
from badges.issuer.service import Issuing
from badges.issuer.service_signing import active_key
from badges.issuer.service_templates import frozen_document
from badges.jobs import ids_in
from badges.openbadges.loads import dump_json, load_json
from badges.openbadges.report import Verdict
from badges.openbadges.verify import verify
from badges.outbox import OutboxMessage
from badges.people.models import NameForm, Person, Structure
from badges.permissions import Actor, Role
from badges.recognition.models import Claim
from badges.recognition.rules_basis import to_json
from tests import factories
from tests.conftest import StillClock
from tests.crowd_of_claims import approved_claims


@dataclass
class Crowd:
    """A structure that may have any number of approved claims."""

    session: Session
    clock: StillClock
    issuing: Issuing
    structure: Structure
    version_id: uuid.UUID
    admin: Actor

    def claims(self, count: int, **options: Any) -> list[uuid.UUID]:
        found = approved_claims(self.session, self.clock, self.structure, self.version_id, count, **options)
        self.session.commit()
        return found

    def rows(self) -> list[Credential]:
        self.session.rollback()
        self.session.expire_all()
        return list(self.session.scalars(select(Credential).order_by(Credential.id)))

    def verdict(self, row: Credential) -> Verdict:
        assert row.signed is not None
        resolver = queries.local_documents(self.session)
        return verify(row.signed.encode(), resolver=resolver, now=self.clock.now()).verdict

    def acts(self) -> Counter[str]:
        self.session.rollback()
        return Counter(self.session.scalars(select(JournalEntry.act)))

    def check_all_issued(self, claims: Sequence[uuid.UUID], looked_at: int = 12) -> None:
        """Each claim has one credential, all are signed and journalled once, those looked at verify."""
        rows = self.rows()
        assert sorted(row.claim_id for row in rows) == sorted(claims)
        assert len({(row.status_list_id, row.status_index) for row in rows}) == len(rows)
        assert all(row.signed for row in rows)
        acts = self.acts()
        assert acts["credential.reserved"] == acts["credential.signed"] == len(claims)
        for row in rows[:: max(1, len(rows) // looked_at)]:
            assert self.verdict(row) is Verdict.VALID
        assert audit.verify(self.session).faults == ()

    def offered(self) -> Counter[str]:
        """How often each credential is named in what is owed to its worker."""
        messages = select(OutboxMessage.payload).where(OutboxMessage.topic == "credential.issued")
        payloads = self.session.scalars(messages)
        return Counter(one for payload in payloads for one in payload["credential_ids"].split(","))


@pytest.fixture
def crowd(session: Session, sessions: sessionmaker[Session], clock: StillClock) -> Crowd:
    version_id = factories.soft_framework(session, clock)
    structure = factories.make_structure(session, clock)
    admin = factories.make_person(session, clock, structure, Role.ADMIN, given_name="Claire")
    session.commit()
    session.expunge_all()
    return Crowd(
        session, clock, factories.make_issuing(sessions, clock), structure, version_id,
        factories.actor_of(structure, admin, Role.ADMIN),
    )  # fmt: skip


def at_once(*acts: Callable[[], object]) -> list[Exception]:
    """Begin all acts at the same instant and give back what went wrong."""
    barrier, failures = threading.Barrier(len(acts)), []

    def run(act: Callable[[], object]) -> None:
        barrier.wait()
        try:
            act()
        except Exception as error:  # noqa: BLE001 - the caller asserts on it
            failures.append(error)

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures


# -- the promise --------------------------------------------------------------------------------
@pytest.mark.parametrize("count", [1, 2, 499, 500, 501, 1203])
def test_the_size_of_a_batch_changes_nothing_about_the_promise(crowd: Crowd, count: int) -> None:
    claims = crowd.claims(count)
    ids = service.issue_many(crowd.issuing, claims)
    by_claim = {row.claim_id: row.id for row in crowd.rows()}
    assert ids == tuple(by_claim[claim] for claim in claims)
    crowd.check_all_issued(claims)
    assert crowd.offered() == Counter(str(one) for one in ids)
    unsealed = select(func.count()).where(OutboxMessage.topic == "credential.reserved")
    assert crowd.session.scalar(unsealed) == 0, "what was signed at once is owed no more"


def test_nothing_to_issue_is_nothing(crowd: Crowd) -> None:
    assert service.issue_many(crowd.issuing, []) == ()


def test_a_badge_issued_alone_or_among_many_says_the_same(crowd: Crowd) -> None:
    same = to_json(factories.basis())
    claims = crowd.claims(3, skills=["S03"], names=["Amina"])
    crowd.session.execute(update(Claim).values(basis=same))
    crowd.session.commit()
    service.issue(crowd.issuing, claims[0])
    service.issue_many(crowd.issuing, claims)
    said = []
    for row in crowd.rows():
        document = load_json(row.signed or "")
        subject = document["credentialSubject"]
        for part in (document, subject, subject["result"][0], document["evidence"][0]):
            part.pop("id")
        for part in ("credentialStatus", "proof"):
            document.pop(part)
        said.append(document)
    assert said[0] == said[1] == said[2]


def test_issuing_again_changes_nothing(crowd: Crowd) -> None:
    claims = crowd.claims(20)
    first = service.issue_many(crowd.issuing, claims)
    before = {row.id: row.signed for row in crowd.rows()}
    crowd.clock.forward(hours=2)
    assert service.issue_many(crowd.issuing, [*reversed(claims), claims[0]]) == (*reversed(first), first[0])
    assert {row.id: row.signed for row in crowd.rows()} == before
    crowd.check_all_issued(claims)


def test_batches_that_overlap_in_time_and_in_claims_yield_one_badge_each(crowd: Crowd) -> None:
    claims = crowd.claims(60)
    parts = [claims, list(reversed(claims)), claims[10:50], claims[::3], claims[5:6]]
    acts = [lambda part=part: service.issue_many(crowd.issuing, part) for part in parts]  # type: ignore[misc]
    assert at_once(*acts) == []
    crowd.check_all_issued(claims)
    assert set(crowd.offered().values()) == {1}


def test_two_structures_in_one_batch_each_sign_with_their_own_key(crowd: Crowd) -> None:
    other = factories.make_structure(crowd.session, crowd.clock, public_name="Atelier Vélo")
    ours = crowd.claims(4)
    theirs = approved_claims(crowd.session, crowd.clock, other, crowd.version_id, 4)
    crowd.session.commit()
    claims = [one for pair in zip(ours, theirs, strict=True) for one in pair]
    service.issue_many(crowd.issuing, claims)
    crowd.check_all_issued(claims)
    issuers = {row.structure_id: load_json(row.signed or "")["issuer"]["name"] for row in crowd.rows()}
    assert issuers == {crowd.structure.id: "Les Jardins du Canal", other.id: "Atelier Vélo"}


# -- what cannot be issued holds back nobody -------------------------------------------------------
def test_one_blocked_badge_among_many_holds_back_no_other(crowd: Crowd) -> None:
    claims = crowd.claims(9, names=["Amina", "Ba\x0bkary", "Zoé"])
    service.issue_many(crowd.issuing, claims)
    rows = {row.claim_id: row for row in crowd.rows()}
    blocked = [rows[claim] for claim in claims[1::3]]
    assert [bool(rows[claim].signed) for claim in claims] == [True, False, True] * 3
    assert all("U+000B" in row.blocked_reason for row in blocked)
    acts = crowd.acts()
    counted = [acts[f"credential.{act}"] for act in ("reserved", "signed", "blocked")]
    assert counted == [9, 6, 3]
    service.issue_many(crowd.issuing, claims)
    assert crowd.acts() == acts
    crowd.session.execute(update(Person).values(given_name="Aminata"))
    crowd.session.commit()
    for row in blocked:
        service.mend(crowd.issuing, crowd.admin, row.id)
    assert {crowd.verdict(row) for row in crowd.rows()} == {Verdict.VALID}


def test_a_claim_without_any_observation_is_blocked_among_others(crowd: Crowd) -> None:
    claims = crowd.claims(3)
    nothing = factories.basis(observations=0, first_day=None, last_day=None, observation_ids=())
    crowd.session.execute(update(Claim).where(Claim.id == claims[1]).values(basis=to_json(nothing)))
    crowd.session.commit()
    service.issue_many(crowd.issuing, claims)
    reasons = {row.claim_id: row.blocked_reason for row in crowd.rows()}
    assert [reasons[claim] for claim in claims] == ["", "$.evidence: nothing was observed", ""]


def test_a_claim_that_is_not_approved_is_told_after_the_others_are_issued(crowd: Crowd) -> None:
    claims = crowd.claims(5)
    crowd.session.execute(update(Claim).where(Claim.id == claims[2]).values(state="submitted"))
    crowd.session.commit()
    with pytest.raises(NotFound):
        service.issue_many(crowd.issuing, claims)
    crowd.check_all_issued([claim for claim in claims if claim != claims[2]])


def test_a_badge_that_cannot_be_drawn_is_told_after_the_others_are_issued(crowd: Crowd) -> None:
    @dataclass(frozen=True)
    class NoRoomForOne:
        drawn: Any

        def svg(self, design: Any) -> bytes:
            if design.level == "N2" and design.skill_label.startswith(self.drawn):
                raise LabelTooLong(label="x", limit=1)
            return b"<svg xmlns='http://www.w3.org/2000/svg'/>"

        mark_svg = svg

        def png(self, design: Any, size: int) -> bytes:
            return self.svg(design)

        def alt_text(self, design: Any) -> str:
            return "alt"

    claims = crowd.claims(6)
    service.issue(crowd.issuing, claims[0])
    refused = crowd.session.scalar(select(Achievement.document))
    assert refused
    crowd.session.rollback()
    narrow = replace(crowd.issuing, artwork=NoRoomForOne(drawn=""))
    with pytest.raises(LabelTooLong):
        service.issue_many(narrow, claims)
    assert {row.claim_id for row in crowd.rows()} == set(claims[::3]), "the achievement that exists is issued"
    service.issue_many(crowd.issuing, claims)
    crowd.check_all_issued(claims)


def test_a_signer_that_signs_something_else_leaves_nothing_behind(crowd: Crowd) -> None:
    @dataclass(frozen=True)
    class Forger:
        honest: Any

        def make(self, profile_id: uuid.UUID) -> Any:
            return self.honest.make(profile_id)

        def sign(self, key: Any, messages: Sequence[bytes]) -> list[bytes]:
            return self.honest.sign(key, [message[::-1] for message in messages])

    claims = crowd.claims(3)
    service.create_profile(crowd.issuing, crowd.structure.id)
    with pytest.raises(SignedOtherwise):
        service.issue_many(replace(crowd.issuing, signer=Forger(crowd.issuing.signer)), claims)
    assert [row.signed for row in crowd.rows()] == [None] * 3
    service.issue_many(crowd.issuing, claims)
    crowd.check_all_issued(claims)


# -- one INSERT fails after signing --------------------------------------------------------------
_REFUSE = {
    "sqlite": "CREATE TRIGGER refuse BEFORE INSERT ON journal WHEN NEW.act = 'credential.signed' "
    "BEGIN SELECT RAISE(ABORT, 'no room'); END",
    "postgresql": "CREATE TRIGGER refuse BEFORE INSERT ON journal FOR EACH ROW "
    "WHEN (NEW.act = 'credential.signed') EXECUTE FUNCTION refuse_change()",
}
_ALLOW = {"sqlite": "DROP TRIGGER refuse", "postgresql": "DROP TRIGGER refuse ON journal"}


def test_a_batch_whose_sealing_failed_is_recovered_and_nothing_is_doubled(crowd: Crowd) -> None:
    claims, kind = crowd.claims(40), crowd.session.get_bind().dialect.name
    with transaction(crowd.session):
        crowd.session.execute(text(_REFUSE[kind]))
    with pytest.raises((exc.DatabaseError, Unavailable)):
        service.issue_many(crowd.issuing, claims)
    frozen = {row.id: row.unsigned for row in crowd.rows()}
    assert len(frozen) == 40
    assert [row.signed for row in crowd.rows()] == [None] * 40
    owed = select(OutboxMessage).where(OutboxMessage.topic == "credential.reserved")
    message = crowd.session.scalars(owed).one()
    assert set(message.payload["credential_ids"].split(",")) == {str(one) for one in frozen}
    with transaction(crowd.session):
        crowd.session.execute(text(_ALLOW[kind]))
    crowd.clock.forward(minutes=2)
    service.complete_many(crowd.issuing, list(frozen))
    crowd.check_all_issued(claims)
    assert {row.id: row.unsigned for row in crowd.rows()} == frozen
    service.issue_many(crowd.issuing, claims)
    assert set(crowd.offered().values()) == {1}


# -- templates -----------------------------------------------------------------------------------
def test_a_template_is_stored_once_per_achievement_and_never_changed(crowd: Crowd) -> None:
    service.issue_many(crowd.issuing, crowd.claims(9))
    before = {row.id: row.document for row in crowd.session.scalars(select(IssuingTemplate))}
    assert len(before) == 3
    crowd.session.execute(update(Structure).values(public_name="Les Jardins du Port"))
    crowd.session.commit()
    claims = crowd.claims(3)
    service.issue_many(crowd.issuing, claims)
    crowd.session.expire_all()
    after = {row.id: row.document for row in crowd.session.scalars(select(IssuingTemplate))}
    assert len(after) == 6
    assert {name: after[name] for name in before} == before
    rows = crowd.rows()
    names = Counter(load_json(row.signed or "")["issuer"]["name"] for row in rows)
    assert names == {"Les Jardins du Canal": 9, "Les Jardins du Port": 3}
    assert {crowd.verdict(row) for row in rows} == {Verdict.VALID}


def test_the_journal_binds_the_values_and_the_template_that_were_frozen(crowd: Crowd) -> None:
    (credential_id,) = service.issue_many(crowd.issuing, crowd.claims(1))
    template = crowd.session.scalars(select(IssuingTemplate)).one()
    line = crowd.session.scalars(select(JournalEntry).where(JournalEntry.act == "credential.reserved")).one()
    assert line.subject == f"credential:{credential_id}"
    assert line.details["template"] == template.digest


def test_every_text_comes_back_word_for_word(crowd: Crowd) -> None:
    service.issue_many(crowd.issuing, crowd.claims(30))
    for row in crowd.rows():
        signed = load_json(row.signed or "")
        (identity,) = signed["credentialSubject"]["identifier"]
        assert identity["identityHash"] == row.recipient_name
        assert dump_json(signed).decode() == row.signed, "compact JSON, members in their order"
        assert {name: value for name, value in signed.items() if name != "proof"} == frozen_document(
            crowd.session, row
        )


# -- rows of the release before --------------------------------------------------------------------
def as_the_release_before(crowd: Crowd, credential_id: uuid.UUID) -> None:
    """Freeze the whole document in the row, as the release before did."""
    row = crowd.session.get_one(Credential, credential_id)
    row.unsigned = dump_json(frozen_document(crowd.session, row)).decode()
    row.template_id = None
    crowd.session.commit()


def test_what_the_release_before_reserved_is_sealed_to_the_same_bytes(crowd: Crowd) -> None:
    claims = crowd.claims(4)
    service.issue_many(crowd.issuing, claims)
    before = {row.id: row.signed for row in crowd.rows()}
    for one in list(before)[:2]:
        as_the_release_before(crowd, one)
    crowd.session.execute(update(Credential).values(signed=None, sealed_at=None))
    crowd.session.commit()
    service.complete_many(crowd.issuing, list(before))
    assert {row.id: row.signed for row in crowd.rows()} == before


def test_what_the_release_before_signed_can_be_renamed_and_signed_anew(crowd: Crowd) -> None:
    (claim,) = crowd.claims(1, names=["Amina"])
    (credential_id,) = service.issue_many(crowd.issuing, [claim])
    as_the_release_before(crowd, credential_id)
    worker = Actor(crowd.rows()[0].worker_id, crowd.structure.id, frozenset({Role.WORKER}))
    crowd.clock.forward(hours=1)
    service.rename_recipient(crowd.issuing, worker, credential_id, NameForm.FULL)
    (row,) = crowd.rows()
    assert (crowd.verdict(row), row.recipient_name, row.edition) == (Verdict.VALID, "Amina Diallo", 2)
    assert load_json(row.signed or "")["validFrom"] == "2026-11-23T10:00:00Z"
    assert crowd.session.scalars(select(SupersededEdition.edition)).all() == [1]


def test_what_the_release_before_blocked_is_mended_from_the_texts_of_today(crowd: Crowd) -> None:
    (claim,) = crowd.claims(1, names=["Ami\x0bna"])
    (credential_id,) = service.issue_many(crowd.issuing, [claim])
    as_the_release_before(crowd, credential_id)
    crowd.session.execute(update(Person).values(given_name="Amina"))
    crowd.session.commit()
    service.mend(crowd.issuing, crowd.admin, credential_id)
    (row,) = crowd.rows()
    assert (crowd.verdict(row), row.recipient_name) == (Verdict.VALID, "Amina D.")
    assert row.template_id is not None


def test_a_message_of_the_release_before_is_still_understood() -> None:
    one, two, three = (str(uuid.uuid4()) for _ in range(3))
    payloads = [{"credential_id": one}, {"credential_ids": f"{two},{three}"}]
    assert [str(found) for found in ids_in(payloads, "credential_id")] == [one, two, three]


# -- keys and lists --------------------------------------------------------------------------------
def test_a_batch_crosses_over_to_the_next_list_when_one_is_full(crowd: Crowd) -> None:
    service.create_profile(crowd.issuing, crowd.structure.id)
    crowd.session.execute(update(StatusList).values(size=200))
    crowd.session.commit()
    claims = crowd.claims(260)
    service.issue_many(crowd.issuing, claims)
    crowd.check_all_issued(claims)
    assert crowd.session.scalar(select(func.count()).select_from(StatusList)) == 2


def test_what_was_reserved_with_a_key_since_disowned_is_signed_with_the_new_one(crowd: Crowd) -> None:
    claims = crowd.claims(5)
    service.issue_many(crowd.issuing, claims)
    profile_id = crowd.rows()[0].profile_id
    key = active_key(crowd.session, profile_id)
    crowd.session.execute(update(Credential).values(signed=None, sealed_at=None))
    crowd.session.commit()
    crowd.clock.forward(hours=1)
    service.mark_key_compromised(crowd.issuing, crowd.admin, key.id, crowd.clock.now())
    service.complete_many(crowd.issuing, [row.id for row in crowd.rows()])
    rows = crowd.rows()
    assert {crowd.verdict(row) for row in rows} == {Verdict.VALID}
    assert {row.edition for row in rows} == {2}
    assert key.id not in {row.key_id for row in rows}


def test_chunks_are_small_enough_for_every_database() -> None:
    """SQLite takes 32,766 values in one statement; a reservation names a claim up to three times."""
    assert service_bulk.CHUNK * 3 < 32_766
