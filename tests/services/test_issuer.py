"""An approved claim becomes exactly one signed badge, and it says the truth and nothing more."""

import hashlib
import json
import threading
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, sessionmaker

from badges import audit
from badges.audit import JournalEntry
from badges.errors import (
    BadgeWithdrawn,
    Forbidden,
    LabelTooLong,
    NotFound,
    NothingToMend,
    RevocationReasonNeeded,
    SignedOtherwise,
    StillPreparing,
)
from badges.issuer import queries, service
from badges.issuer.models import Achievement, Credential, StatusList, SupersededEdition
from badges.issuer.service import Issuing
from badges.issuer.service_templates import frozen_document
from badges.issuer.signer import HeldKey, LocalSigner
from badges.openbadges.loads import load_json
from badges.openbadges.report import Verdict
from badges.openbadges.verify import verify
from badges.outbox import OutboxMessage
from badges.people.models import NameForm, Person, Structure
from badges.permissions import Actor, Role
from badges.recognition.models import Claim, ClaimStep
from badges.recognition.rules import ClaimState
from badges.recognition.rules_basis import to_json
from tests import factories
from tests.conftest import StillClock


@dataclass
class World:
    """A structure with an approved claim of Amina, and its administrator."""

    session: Session
    clock: StillClock
    issuing: Issuing
    structure: Structure
    worker: Person
    claim_id: uuid.UUID
    version_id: uuid.UUID
    admin: Actor
    amina: Actor

    def issue(self) -> uuid.UUID:
        return service.issue(self.issuing, self.claim_id)

    def credential(self, credential_id: uuid.UUID) -> Credential:
        self.session.rollback()
        self.session.expire_all()
        return self.session.get_one(Credential, credential_id)

    def document(self, credential_id: uuid.UUID) -> dict[str, Any]:
        signed = self.credential(credential_id).signed
        assert signed is not None
        return load_json(signed)

    def verdict(self, credential_id: uuid.UUID) -> Verdict:
        signed = self.credential(credential_id).signed
        assert signed is not None
        return self.verdict_of(signed)

    def verdict_of(self, signed: str) -> Verdict:
        resolver = queries.local_documents(self.session)
        return verify(signed.encode(), resolver=resolver, now=self.clock.now()).verdict

    def acts(self, subject: str = "") -> list[str]:
        self.session.rollback()
        rows = self.session.scalars(select(JournalEntry).order_by(JournalEntry.sequence))
        return [row.act for row in rows if subject in row.subject]


@pytest.fixture
def world(session: Session, sessions: sessionmaker[Session], clock: StillClock) -> World:
    version_id = factories.soft_framework(session, clock)
    structure = factories.make_structure(session, clock)
    worker = factories.make_person(session, clock, structure, Role.WORKER)
    admin = factories.make_person(session, clock, structure, Role.ADMIN, given_name="Claire")
    claim_id = factories.make_approved_claim(session, clock, structure, worker, version_id)
    session.commit()
    session.expunge_all()
    return World(
        session, clock, factories.make_issuing(sessions, clock), structure, worker, claim_id, version_id,
        factories.actor_of(structure, admin, Role.ADMIN), factories.actor_of(structure, worker, Role.WORKER),
    )  # fmt: skip


# -- one claim, one credential -------------------------------------------------------------------
def test_an_approved_claim_yields_one_credential_that_verifies(world: World) -> None:
    credential_id = world.issue()
    assert world.verdict(credential_id) is Verdict.VALID
    assert world.acts(str(credential_id)) == ["credential.reserved", "credential.signed"]
    assert audit.verify(world.session).faults == ()


def test_issuing_again_changes_nothing(world: World) -> None:
    first = world.issue()
    before = world.credential(first).signed
    world.clock.forward(hours=3)
    assert world.issue() == first
    service.complete(world.issuing, first)
    assert world.credential(first).signed == before
    assert world.session.scalar(select(func.count()).select_from(Credential)) == 1


def test_many_relays_at_once_issue_one_credential_and_one_consequence(world: World) -> None:
    barrier, found, failures = threading.Barrier(6), [], []

    def relay() -> None:
        barrier.wait()
        try:
            found.append(world.issue())
        except Exception as error:  # noqa: BLE001 - the assertion below shows it
            failures.append(error)

    threads = [threading.Thread(target=relay) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(set(found)) == 1
    assert world.acts(str(found[0])) == ["credential.reserved", "credential.signed"]
    topics = select(OutboxMessage.topic).where(OutboxMessage.key.contains(str(found[0])))
    assert list(world.session.scalars(topics)) == ["credential.issued"]


def test_a_claim_that_is_not_approved_yields_nothing(world: World) -> None:
    world.session.execute(update(Claim).values(state="submitted"))
    world.session.commit()
    with pytest.raises(NotFound):
        world.issue()
    assert world.session.scalar(select(func.count()).select_from(Credential)) == 0


def test_the_journal_names_the_exact_bytes_before_and_after_signing(world: World) -> None:
    row = world.credential(world.issue())
    entries = {
        entry.act: entry.details
        for entry in world.session.scalars(select(JournalEntry))
        if str(row.id) in entry.subject
    }
    assert row.signed is not None
    assert entries["credential.reserved"]["sha256"] == hashlib.sha256(row.unsigned.encode()).hexdigest()
    assert entries["credential.signed"]["sha256"] == hashlib.sha256(row.signed.encode()).hexdigest()
    assert entries["credential.reserved"]["key"] == str(row.key_id)


def test_what_is_signed_is_what_was_frozen(world: World) -> None:
    row = world.credential(world.issue())
    signed = load_json(row.signed or "")
    frozen = frozen_document(world.session, row)
    assert {name: value for name, value in signed.items() if name != "proof"} == frozen
    assert signed["proof"][0]["created"] == "2026-11-23T09:00:00Z"


class Elsewhere(LocalSigner):
    """A signer that signs something else than what it is given."""

    def sign(self, key: HeldKey, messages: Sequence[bytes]) -> list[bytes]:
        return super().sign(key, [message + b"!" for message in messages])


def test_a_signature_over_anything_else_is_thrown_away(world: World) -> None:
    service.create_profile(world.issuing, world.structure.id)
    with pytest.raises(SignedOtherwise):
        service.issue(replace(world.issuing, signer=Elsewhere(world.issuing.vault)), world.claim_id)
    row = world.session.scalars(select(Credential)).one()
    assert row.signed is None
    assert world.verdict(world.issue()) is Verdict.VALID


# -- what the badge says -------------------------------------------------------------------------
def test_the_badge_says_what_was_seen_in_numbers_and_never_in_notes(world: World) -> None:
    (evidence,) = world.document(world.issue())["evidence"]
    assert evidence["narrative"] == (
        "5 observations, dans 3 situations de travail, sur 4 jours, entre le 1er octobre 2026 et le "
        "14 novembre 2026, par 2 personnes. Une autre personne de la structure, qui n’avait rien noté "
        "elle-même, a vérifié puis décidé."
    )


def test_nothing_that_stigmatises_or_tells_about_clients_leaves(world: World) -> None:
    row = world.credential(world.issue())
    outside = [row.signed or "", *world.session.scalars(select(Achievement.document))]
    outside += [*world.session.scalars(select(Achievement.image_svg))]
    outside.append(json.dumps(queries.did_document(world.session, "les-jardins-du-canal")))
    for said in outside:
        for secret in (factories.LEGAL_NAME, "insertion", 'aci"', "Dupont", str(world.worker.id)):
            assert secret.lower() not in said.lower()


def test_the_badge_names_the_worker_in_the_form_they_chose(world: World) -> None:
    subject = world.document(world.issue())["credentialSubject"]
    assert subject["identifier"] == [
        {"type": "IdentityObject", "hashed": False, "identityHash": "Amina D.", "identityType": "name"}
    ]


def test_two_badges_of_one_worker_cannot_be_linked_by_an_id(world: World) -> None:
    other = factories.make_approved_claim(
        world.session, world.clock, world.structure, world.worker, world.version_id, skill_id="M02"
    )
    world.session.commit()
    subjects = {
        world.document(service.issue(world.issuing, claim))["credentialSubject"]["id"]
        for claim in (world.claim_id, other)
    }
    assert len(subjects) == 2
    assert all(subject.startswith("urn:uuid:") for subject in subjects)


def test_the_level_is_a_result_in_a_rubric_of_three(world: World) -> None:
    subject = world.document(world.issue())["credentialSubject"]
    (result,), (rubric,) = subject["result"], subject["achievement"]["resultDescription"]
    levels = rubric["rubricCriterionLevel"]
    assert [level["level"] for level in levels] == ["N1", "N2", "N3"]
    assert result["achievedLevel"] == levels[1]["id"]
    assert result["resultDescription"] == rubric["id"]


def test_every_holder_gets_the_same_achievement_and_the_same_picture(world: World) -> None:
    other = factories.make_person(
        world.session, world.clock, world.structure, Role.WORKER, given_name="Bakary"
    )
    claim = factories.make_approved_claim(
        world.session, world.clock, world.structure, other, world.version_id
    )
    world.session.commit()
    ids = (world.issue(), service.issue(world.issuing, claim))
    first, second = (world.document(one)["credentialSubject"]["achievement"] for one in ids)
    assert first == second
    row = world.session.scalars(select(Achievement)).one()
    served = load_json(row.document)
    assert {"@context": served["@context"], "creator": served["creator"], **first} == served
    assert served["creator"]["id"] == world.document(ids[0])["issuer"]["id"]
    assert row.image_png.startswith(b"\x89PNG")
    assert "- Se met d’accord avec les autres avant de commencer." in first["criteria"]["narrative"]


def test_only_esco_skills_that_say_the_same_are_claimed(world: World) -> None:
    aim = world.document(world.issue())["credentialSubject"]["achievement"]
    assert aim["tag"][0] == "Compétences sociales"
    for alignment in aim["alignment"]:
        assert alignment["targetFramework"] == "ESCO"
        assert alignment["targetUrl"].startswith("http://data.europa.eu/esco/skill/")
        assert "correspondance" in alignment["targetDescription"]


def test_an_english_speaking_structure_signs_in_english(world: World) -> None:
    world.session.execute(update(Structure).values(language="en"))
    world.session.commit()
    document = world.document(world.issue())
    assert document["name"].endswith(", level 2 of 3")
    assert document["credentialSubject"]["achievement"]["inLanguage"] == "en"
    assert document["evidence"][0]["narrative"].startswith(
        "5 observations in 3 work situations, on 4 days between"
    )


def test_status_indexes_are_spread_and_never_shared(world: World) -> None:
    claims = [world.claim_id] + [
        factories.make_approved_claim(
            world.session, world.clock, world.structure, world.worker, world.version_id, skill_id=f"M{n:02}"
        )
        for n in range(1, 9)
    ]
    world.session.commit()
    rows = [world.credential(service.issue(world.issuing, claim)) for claim in claims]
    indexes = [row.status_index for row in rows]
    assert len(set(indexes)) == len(indexes)
    assert indexes != sorted(indexes)
    assert all(0 <= index < 131_072 for index in indexes)


# -- blocked by the lint -------------------------------------------------------------------------
def test_a_badge_that_fails_the_lint_is_not_signed_and_says_why(world: World) -> None:
    world.session.execute(update(Person).values(given_name="A\x0bmina"))
    world.session.commit()
    credential_id = world.issue()
    row = world.credential(credential_id)
    assert row.signed is None
    assert "U+000B" in row.blocked_reason
    assert world.acts(str(credential_id)) == ["credential.reserved", "credential.blocked"]
    assert world.issue() == credential_id
    assert world.acts(str(credential_id)) == ["credential.reserved", "credential.blocked"]


def test_a_blocked_badge_is_mended_once_its_cause_is_gone(world: World) -> None:
    world.session.execute(update(Person).values(given_name="A\x0bmina"))
    world.session.commit()
    credential_id = world.issue()
    before = frozen_document(world.session, world.credential(credential_id))
    world.session.execute(update(Person).values(given_name="Aminata"))
    world.session.commit()
    world.clock.forward(minutes=5)
    service.mend(world.issuing, world.admin, credential_id)
    after = world.document(credential_id)
    assert world.verdict(credential_id) is Verdict.VALID
    assert after["credentialSubject"]["identifier"][0]["identityHash"] == "Aminata D."
    for kept in ("id", "credentialStatus"):
        assert after[kept] == before[kept]
    assert after["credentialSubject"]["id"] == before["credentialSubject"]["id"]


def test_a_claim_without_any_observation_is_never_signed_as_seen(world: World) -> None:
    nothing = factories.basis(observations=0, first_day=None, last_day=None, observation_ids=())
    world.session.execute(update(Claim).values(basis=to_json(nothing)))
    world.session.commit()
    row = world.credential(world.issue())
    assert (row.signed, row.blocked_reason) == (None, "$.evidence: nothing was observed")


def test_only_an_administrator_mends_and_only_what_needs_it(world: World) -> None:
    credential_id = world.issue()
    with pytest.raises(NothingToMend):
        service.mend(world.issuing, world.admin, credential_id)
    with pytest.raises(Forbidden):
        service.mend(world.issuing, world.amina, credential_id)


def test_a_badge_that_cannot_be_drawn_reserves_nothing(world: World) -> None:
    narrow = factories.make_issuing(world.issuing.sessions, world.clock, artwork=factories.NoRoom())
    with pytest.raises(LabelTooLong):
        service.issue(narrow, world.claim_id)
    assert world.session.scalar(select(func.count()).select_from(Credential)) == 0
    assert world.verdict(world.issue()) is Verdict.VALID


# -- another name form ---------------------------------------------------------------------------
def test_a_new_name_form_is_a_new_edition_of_the_same_badge(world: World) -> None:
    credential_id = world.issue()
    before = world.document(credential_id)
    world.clock.forward(days=2)
    service.rename_recipient(world.issuing, world.amina, credential_id, NameForm.FULL)
    after = world.document(credential_id)
    assert world.verdict(credential_id) is Verdict.VALID
    assert after["credentialSubject"]["identifier"][0]["identityHash"] == "Amina Diallo"
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"validFrom", "credentialSubject", "proof"}
    assert (before["validFrom"], after["validFrom"]) == ("2026-11-23T09:00:00Z", "2026-11-25T09:00:00Z")
    superseded = world.session.scalars(select(SupersededEdition)).one()
    assert (superseded.edition, load_json(superseded.signed)) == (1, before)
    issued = select(OutboxMessage.key).where(OutboxMessage.topic == "credential.issued")
    assert sorted(world.session.scalars(issued)) == [f"credential.issued:{credential_id}:{n}" for n in (1, 2)]


def test_the_same_name_form_makes_no_edition(world: World) -> None:
    credential_id = world.issue()
    service.rename_recipient(world.issuing, world.amina, credential_id, NameForm.INITIAL)
    assert world.credential(credential_id).edition == 1


def test_a_newer_edition_is_newer_even_within_one_second(world: World) -> None:
    credential_id = world.issue()
    service.rename_recipient(world.issuing, world.amina, credential_id, NameForm.FULL)
    assert world.document(credential_id)["validFrom"] == "2026-11-23T09:00:01Z"


def test_only_the_worker_changes_the_name_on_the_badge(world: World) -> None:
    credential_id = world.issue()
    with pytest.raises(Forbidden):
        service.rename_recipient(world.issuing, world.admin, credential_id, NameForm.FULL)
    with pytest.raises(NotFound):
        service.rename_recipient(world.issuing, world.amina, uuid.uuid4(), NameForm.FULL)


# -- revocation ----------------------------------------------------------------------------------
def test_a_revoked_badge_is_revoked_for_everybody_and_says_not_why(world: World) -> None:
    credential_id = world.issue()
    service.revoke(world.session, world.clock, world.admin, credential_id, "Erreur de personne")
    row = world.credential(credential_id)
    service.publish_status_list(world.issuing, row.status_list_id)
    assert world.verdict(credential_id) is Verdict.REVOKED
    published = queries.status_list(world.session, row.status_list_id)
    assert "Erreur" not in published.signed
    assert "Erreur" not in repr([entry.details for entry in world.session.scalars(select(JournalEntry))])
    assert row.revocation_reason == "Erreur de personne"
    assert load_json(published.signed)["credentialSubject"]["ttl"] == 300_000


def test_revoking_twice_is_revoking_once(world: World) -> None:
    credential_id = world.issue()
    for reason in ("un", "deux"):
        service.revoke(world.session, world.clock, world.admin, credential_id, reason)
    assert world.credential(credential_id).revocation_reason == "un"
    assert world.acts(str(credential_id)).count("credential.revoked") == 1


def test_after_a_revocation_the_same_level_can_be_recognised_again(world: World) -> None:
    first = world.issue()
    service.revoke(world.session, world.clock, world.admin, first, "Erreur de personne")
    assert world.session.get_one(Claim, world.claim_id).state is ClaimState.REVOKED
    last = world.session.scalars(select(ClaimStep).where(ClaimStep.claim_id == world.claim_id)).one()
    assert (last.action, last.role, last.comment) == ("revoke", "admin", "")
    assert world.acts(str(world.claim_id))[-1] == "claim.revoke"
    again = factories.make_approved_claim(
        world.session, world.clock, world.structure, world.worker, world.version_id
    )
    world.session.commit()
    second = service.issue(world.issuing, again)
    assert world.credential(second).status_index != world.credential(first).status_index
    assert world.verdict(second) is Verdict.VALID


def test_what_is_owed_for_a_claim_revoked_meanwhile_is_done_without_a_fault(world: World) -> None:
    first = world.issue()
    service.revoke(world.session, world.clock, world.admin, first, "x")
    assert service.issue(world.issuing, world.claim_id) == first


def test_revoking_needs_a_reason_and_an_administrator_of_the_structure(world: World) -> None:
    credential_id = world.issue()
    with pytest.raises(RevocationReasonNeeded):
        service.revoke(world.session, world.clock, world.admin, credential_id, "  ")
    with pytest.raises(Forbidden):
        service.revoke(world.session, world.clock, world.amina, credential_id, "x")
    elsewhere = Actor(uuid.uuid4(), uuid.uuid4(), frozenset({Role.ADMIN}))
    with pytest.raises(NotFound):
        service.revoke(world.session, world.clock, elsewhere, credential_id, "x")


def test_a_revoked_badge_gets_no_new_edition_and_is_never_signed(world: World) -> None:
    credential_id = world.issue()
    service.revoke(world.session, world.clock, world.admin, credential_id, "x")
    with pytest.raises(BadgeWithdrawn):
        service.rename_recipient(world.issuing, world.amina, credential_id, NameForm.FULL)
    world.session.execute(update(Credential).values(signed=None, sealed_at=None))
    world.session.commit()
    service.complete(world.issuing, credential_id)
    assert world.credential(credential_id).signed is None
    with pytest.raises(StillPreparing):
        queries.sealed(world.session, credential_id)


def test_publishing_at_once_from_many_sides_loses_no_revocation(world: World) -> None:
    claims = [world.claim_id] + [
        factories.make_approved_claim(
            world.session, world.clock, world.structure, world.worker, world.version_id, skill_id=f"M{n:02}"
        )
        for n in range(1, 6)
    ]
    world.session.commit()
    ids = [service.issue(world.issuing, claim) for claim in claims]
    list_id = world.credential(ids[0]).status_list_id
    failures: list[Exception] = []

    def withdraw(credential_id: uuid.UUID) -> None:
        try:
            with world.issuing.sessions() as session:
                service.revoke(session, world.clock, world.admin, credential_id, "x")
            service.publish_status_list(world.issuing, list_id)
        except Exception as error:  # noqa: BLE001 - the assertion below shows it
            failures.append(error)

    threads = [threading.Thread(target=withdraw, args=(one,)) for one in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert {world.verdict(one) for one in ids} == {Verdict.REVOKED}


def test_a_full_list_is_followed_by_a_new_one(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    first = world.issue()
    index = world.credential(first).status_index
    other = factories.make_approved_claim(
        world.session, world.clock, world.structure, world.worker, world.version_id, skill_id="M02"
    )
    world.session.commit()
    monkeypatch.setattr("badges.issuer.service_status._RANDOM.sample", lambda _all, count: [index] * count)
    second = service.issue(world.issuing, other)
    rows = [world.credential(one) for one in (first, second)]
    assert rows[0].status_list_id != rows[1].status_list_id
    assert world.session.scalar(select(func.count()).select_from(StatusList)) == 2
    assert world.verdict(second) is Verdict.VALID
