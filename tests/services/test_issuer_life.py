"""The life of a badge: paused and given back, withdrawn all the same, at its end, and renewed."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from badges import audit
from badges.errors import (
    BadgeNotInForce,
    BadgeWithdrawn,
    BadValidity,
    ClaimMoved,
    Forbidden,
    NotFound,
    StillPreparing,
    SuspensionReasonNeeded,
    TooEarlyToRenew,
)
from badges.issuer import queries_ledger, queries_validity, service
from badges.issuer.models import (
    Credential,
    IssuerProfile,
    KeyState,
    SpentStatusEntry,
    StatusPurpose,
    SupersededEdition,
)
from badges.issuer.queries_ledger import LedgerState
from badges.issuer.service_reserve import reserve_many
from badges.openbadges.report import Verdict
from badges.people.models import NameForm
from badges.permissions import Actor, Role
from badges.recognition.models import ClaimStep
from badges.recognition.rules import ClaimState
from tests.conftest import StillClock
from tests.lives import House

REVOCATION, SUSPENSION = StatusPurpose
ELSEWHERE = Actor(uuid.uuid4(), uuid.uuid4(), frozenset({Role.ADMIN}))


@pytest.fixture
def house(session: Session, sessions: sessionmaker[Session], clock: StillClock) -> House:
    return House(session, sessions, clock)


def suspend(house: House, badge: uuid.UUID, reason: str = "who saw it?") -> None:
    """Pause a badge, a minute later, and carry out what follows."""
    house.clock.forward(minutes=1)
    service.suspend(house.issuing, house.admin, badge, reason)
    house.drain()


def reinstate(house: House, badge: uuid.UUID) -> None:
    house.clock.forward(minutes=1)
    service.reinstate(house.issuing, house.admin, badge)
    house.drain()


def revoke(house: House, badge: uuid.UUID) -> None:
    house.clock.forward(minutes=1)
    service.revoke(house.session, house.clock, house.admin, badge, "x")
    house.drain()


# -- paused and given back -----------------------------------------------------------------------
def test_a_paused_badge_is_suspended_for_strangers_and_valid_again_afterwards(house: House) -> None:
    badge = house.issue()
    suspend(house, badge)
    during = house.signed(badge)
    assert house.verdict(during) is Verdict.SUSPENDED
    reinstate(house, badge)
    assert house.signed(badge) == during
    assert house.verdict(during) is Verdict.VALID


def test_a_file_handed_out_before_the_pause_never_verifies_again(house: House) -> None:
    badge = house.issue()
    before = house.signed(badge)
    suspend(house, badge)
    assert house.verdict(before) is Verdict.REVOKED
    reinstate(house, badge)
    assert house.verdict(before) is Verdict.REVOKED


def test_the_new_edition_differs_by_its_status_entry_and_its_beginning_only(house: House) -> None:
    badge = house.issue()
    before = house.document(badge)
    suspend(house, badge)
    after = house.document(badge)
    assert {name for name in after if after[name] != before[name]} == {
        "validFrom", "credentialStatus", "proof"
    }  # fmt: skip
    entry, row = after["credentialStatus"], house.row(badge)
    assert entry["type"] == "BitstringStatusListEntry"
    assert entry["statusPurpose"] == "suspension"
    assert entry["statusListIndex"] == str(row.status_index)
    assert entry["statusListCredential"].endswith(f"/status/{row.status_list_id}")
    assert entry["id"] == f"{entry['statusListCredential']}#{row.status_index}"
    assert row.edition == 2
    assert house.session.scalars(select(SupersededEdition.edition)).all() == [1]


def test_the_place_left_behind_is_spent_for_ever(house: House) -> None:
    badge = house.issue()
    old = house.row(badge)
    left = (old.status_list_id, old.status_index)
    suspend(house, badge)
    spent = house.session.scalars(select(SpentStatusEntry)).one()
    assert (spent.status_list_id, spent.status_index, spent.cause) == (*left, "suspension")
    reinstate(house, badge)
    assert left[1] in house.on(left[0])


def test_a_second_pause_only_turns_the_bit_on_again(house: House) -> None:
    badge = house.issue()
    suspend(house, badge)
    signed, place = house.signed(badge), house.row(badge).status_index
    for _ in range(3):
        reinstate(house, badge)
        assert place not in house.on(house.row(badge).status_list_id)
        suspend(house, badge)
        assert place in house.on(house.row(badge).status_list_id)
        assert house.verdict(signed) is Verdict.SUSPENDED
    assert house.signed(badge) == signed
    assert len(house.lists(SUSPENSION)) == 1
    assert (house.times("credential.suspended"), house.times("credential.reinstated")) == (4, 3)


def test_twice_is_once(house: House) -> None:
    badge = house.issue()
    suspend(house, badge, "first")
    since = house.row(badge).suspended_at
    suspend(house, badge, "second")
    row = house.row(badge)
    assert (row.suspended_at, row.suspension_reason, row.suspended_by) == (
        since, "first", house.admin.person_id
    )  # fmt: skip
    reinstate(house, badge)
    reinstate(house, badge)
    row = house.row(badge)
    assert (row.suspended_at, row.suspension_reason, row.suspended_by) == (None, "", None)
    assert (house.times("credential.suspended"), house.times("credential.reinstated")) == (1, 1)
    assert audit.verify(house.session).faults == ()


def test_the_reason_of_a_pause_is_needed_and_stays_inside(house: House) -> None:
    badge = house.issue()
    with pytest.raises(SuspensionReasonNeeded):
        service.suspend(house.issuing, house.admin, badge, "  ")
    suspend(house, badge, "CANARY " + "x" * 400)
    assert house.row(badge).suspension_reason.startswith("CANARY")
    assert len(house.row(badge).suspension_reason) == 300
    told = house.signed(badge) + str(house.published(house.row(badge).status_list_id))
    told += str([entry.details for entry in house.session.scalars(select(audit.JournalEntry))])
    assert "CANARY" not in told


def test_only_an_administrator_of_the_structure_pauses_or_gives_back(house: House) -> None:
    badge = house.issue()
    for verb in (
        lambda actor: service.suspend(house.issuing, actor, badge, "x"),
        lambda actor: service.reinstate(house.issuing, actor, badge),
    ):
        with pytest.raises(Forbidden):
            verb(house.amina)
        with pytest.raises(NotFound):
            verb(ELSEWHERE)
    with pytest.raises(NotFound):
        service.suspend(house.issuing, house.admin, uuid.uuid4(), "x")
    assert house.row(badge).edition == 1


def test_a_badge_that_is_not_signed_or_held_back_cannot_be_paused(house: House) -> None:
    service.create_profile(house.issuing, house.structure.id)
    claim = house.approve()
    badge = reserve_many(house.issuing, [claim]).credentials[claim]
    with pytest.raises(StillPreparing):
        service.suspend(house.issuing, house.admin, badge, "x")
    house.row(badge).blocked_reason = "$.name: no"
    house.session.commit()
    with pytest.raises(BadgeNotInForce):
        service.suspend(house.issuing, house.admin, badge, "x")


def test_pausing_does_not_launder_a_badge_signed_with_a_compromised_key(house: House) -> None:
    badge = house.issue()
    key = house.active()
    service.mark_key_compromised(house.issuing, house.admin, key.id, house.clock.now())
    house.drain()
    with pytest.raises(BadgeNotInForce):
        service.suspend(house.issuing, house.admin, badge, "x")
    assert house.verdict(house.signed(badge)) is Verdict.INVALID


def test_a_compromise_during_a_pause_signs_again_and_leaves_it_paused(house: House) -> None:
    badge = house.issue()
    suspend(house, badge)
    house.clock.forward(days=1)
    service.mark_key_compromised(house.issuing, house.admin, house.active().id, house.clock.now())
    house.drain()
    assert house.verdict(house.signed(badge)) is Verdict.SUSPENDED
    reinstate(house, badge)
    assert house.verdict(house.signed(badge)) is Verdict.VALID
    assert house.document(badge)["proof"][0]["verificationMethod"].endswith(house.active().public_multibase)


def test_a_paused_badge_keeps_its_entry_under_another_name(house: House) -> None:
    badge = house.issue()
    suspend(house, badge)
    house.clock.forward(minutes=1)
    service.rename_recipient(house.issuing, house.amina, badge, NameForm.FULL)
    assert house.document(badge)["credentialStatus"]["statusPurpose"] == "suspension"
    assert house.verdict(house.signed(badge)) is Verdict.SUSPENDED
    reinstate(house, badge)
    assert house.verdict(house.signed(badge)) is Verdict.VALID


# -- withdrawn all the same ----------------------------------------------------------------------
@pytest.mark.parametrize("given_back", [False, True])
def test_a_badge_that_was_paused_is_withdrawn_for_ever_in_every_edition(
    house: House, given_back: bool
) -> None:
    badge = house.issue()
    first = house.signed(badge)
    suspend(house, badge)
    second = house.signed(badge)
    if given_back:
        reinstate(house, badge)
    revoke(house, badge)
    assert house.verdict(first) is Verdict.REVOKED
    assert house.verdict(second) is Verdict.SUSPENDED, "its bit among the pauses stays on"
    assert house.verdict(house.signed(badge)) is Verdict.REVOKED
    with pytest.raises(BadgeWithdrawn):
        service.reinstate(house.issuing, house.admin, badge)
    with pytest.raises(BadgeWithdrawn):
        service.suspend(house.issuing, house.admin, badge, "x")
    row = house.row(badge)
    assert (row.status_list_id, row.edition) == (house.lists(REVOCATION)[0].id, 3)
    assert len(house.on(row.status_list_id)) == 2
    assert len(house.on(house.lists(SUSPENSION)[0].id)) == 1
    assert house.document(badge)["credentialStatus"]["statusPurpose"] == "revocation"
    service.list_as_withdrawn(house.issuing, badge)
    assert house.row(badge).edition == 3


def test_a_paused_badge_that_is_doubtful_is_withdrawn_where_it_stands(house: House) -> None:
    badge = house.issue()
    suspend(house, badge)
    signed = house.signed(badge)
    service.mark_key_compromised(house.issuing, house.admin, house.active().id, house.clock.at)
    revoke(house, badge)
    assert house.signed(badge) == signed
    assert house.row(badge).status_index in house.on(house.lists(SUSPENSION)[0].id)


def test_a_badge_that_is_in_force_is_never_listed_as_withdrawn(house: House) -> None:
    badge = house.issue()
    suspend(house, badge)
    service.list_as_withdrawn(house.issuing, badge)
    reinstate(house, badge)
    assert house.verdict(house.signed(badge)) is Verdict.VALID
    assert house.row(badge).edition == 2


def test_the_ledger_says_paused_then_withdrawn(house: House) -> None:
    badge = house.issue()
    suspend(house, badge, "who saw it?")
    entry = queries_ledger.entry(house.session, house.admin, house.clock.now(), badge, "fr")
    assert (entry.line.state, entry.suspension_reason, entry.may_suspend) == (
        LedgerState.SUSPENDED, "who saw it?", False
    )  # fmt: skip
    revoke(house, badge)
    entry = queries_ledger.entry(house.session, house.admin, house.clock.now(), badge, "fr")
    assert entry.line.state is LedgerState.REVOKED


# -- at its end ----------------------------------------------------------------------------------
def set_validity(house: House, months: int | None) -> None:
    service.create_profile(house.issuing, house.structure.id)
    service.set_validity(house.session, house.clock, house.admin, months)
    house.forget()


def test_new_badges_get_the_end_that_the_administrator_chose(house: House) -> None:
    before = house.issue()
    set_validity(house, 24)
    after = house.issue()
    assert "validUntil" not in house.document(before)
    assert house.row(before).valid_until is None
    assert house.document(after)["validUntil"] == "2028-11-23T22:59:59Z"
    assert house.row(after).valid_until == datetime(2028, 11, 23, 22, 59, 59, tzinfo=UTC)
    set_validity(house, None)
    assert "validUntil" not in house.document(house.issue())
    assert house.times("issuer.validity") == 2


def test_a_badge_is_valid_until_the_last_second_and_then_expired(house: House) -> None:
    set_validity(house, 12)
    badge = house.issue()
    signed = house.signed(badge)
    house.clock.at = datetime(2027, 11, 23, 22, 59, 59, tzinfo=UTC)
    assert house.verdict(signed) is Verdict.VALID
    house.clock.forward(seconds=1)
    assert house.verdict(signed) is Verdict.EXPIRED
    line = queries_ledger.entry(house.session, house.admin, house.clock.now(), badge, "fr").line
    assert line.state is LedgerState.EXPIRED


def test_an_edition_made_after_the_end_never_begins_after_it(house: House) -> None:
    set_validity(house, 1)
    badge = house.issue()
    house.clock.forward(days=90)
    service.rename_recipient(house.issuing, house.amina, badge, NameForm.FULL)
    document = house.document(badge)
    assert document["validFrom"] <= document["validUntil"]
    assert house.verdict(house.signed(badge)) is Verdict.EXPIRED


def test_a_pause_keeps_the_end(house: House) -> None:
    set_validity(house, 12)
    badge = house.issue()
    end = house.document(badge)["validUntil"]
    suspend(house, badge)
    assert house.document(badge)["validUntil"] == end


def test_only_an_administrator_chooses_a_validity_and_only_a_sensible_one(house: House) -> None:
    with pytest.raises(NotFound):
        service.set_validity(house.session, house.clock, house.admin, 12)
    service.create_profile(house.issuing, house.structure.id)
    for months in (0, -1, 121):
        with pytest.raises(BadValidity):
            service.set_validity(house.session, house.clock, house.admin, months)
    with pytest.raises(Forbidden):
        service.set_validity(house.session, house.clock, house.amina, 12)
    with pytest.raises(NotFound):
        service.set_validity(house.session, house.clock, ELSEWHERE, 12)
    service.set_validity(house.session, house.clock, house.admin, 12)
    service.set_validity(house.session, house.clock, house.admin, 12)
    assert house.times("issuer.validity") == 1
    house.forget()
    assert house.session.scalars(select(IssuerProfile.validity_months)).one() == 12


# -- renewed -------------------------------------------------------------------------------------
def near_its_end(house: House, **changes: str) -> uuid.UUID:
    """Issue a badge for a year and go to two months before its end."""
    set_validity(house, 12)
    badge = house.issue(skill_id="S03", **changes)
    house.clock.at = datetime(2027, 9, 23, 9, 0, tzinfo=UTC)
    return badge


def renew(house: House, badge: uuid.UUID, actor: Actor | None = None) -> uuid.UUID:
    return service.renew(house.session, house.clock, actor or house.amina, badge)


def approve(house: House, claim_id: uuid.UUID) -> None:
    """Have a claim approved, as three hands would."""
    claim, old = house.claim(claim_id), house.approve(skill_id="S04")
    approved = house.claim(old)
    claim = house.claim(claim_id)
    claim.basis, claim.decided_at = house.claim(old).basis, approved.decided_at
    claim = house.session.merge(claim)
    claim.state = ClaimState.APPROVED
    house.session.commit()


def test_a_badge_near_its_end_is_asked_for_again_and_holds_until_then(house: House) -> None:
    badge = near_its_end(house)
    old_claim = house.row(badge).claim_id
    claim_id = renew(house, badge)
    assert claim_id != old_claim
    assert house.claim(claim_id).state is ClaimState.OPEN
    assert house.claim(old_claim).state is ClaimState.RENEWED
    assert house.claim(old_claim).decided_at is not None
    assert house.verdict(house.signed(badge)) is Verdict.VALID
    steps = house.session.scalars(select(ClaimStep.action).where(ClaimStep.claim_id == old_claim)).all()
    assert steps == ["renew"]
    assert (house.times("claim.renew"), house.times("claim.open")) == (1, 1)


def test_the_new_badge_names_the_old_one(house: House) -> None:
    badge = near_its_end(house)
    claim_id = renew(house, badge)
    approve(house, claim_id)
    new = service.issue(house.issuing, claim_id)
    assert house.row(new).renews_id == badge
    seen, previous = house.document(new)["evidence"]
    assert seen["name"] == "Vu au travail"
    assert (previous["id"], previous["name"]) == (f"urn:uuid:{badge}", "Badge précédent")
    assert "le 23 novembre 2026" in previous["narrative"]
    assert house.verdict(house.signed(new)) is Verdict.VALID
    house.clock.at = datetime(2028, 1, 1, tzinfo=UTC)
    assert house.verdict(house.signed(badge)) is Verdict.EXPIRED
    assert house.verdict(house.signed(new)) is Verdict.VALID


def test_a_badge_is_asked_for_again_once_and_not_too_early(house: House) -> None:
    endless = house.issue()
    badge = near_its_end(house)
    house.clock.at = datetime(2027, 8, 22, 21, 59, tzinfo=UTC)
    for too_early in (badge, endless):
        with pytest.raises(TooEarlyToRenew):
            renew(house, too_early)
    house.clock.at = datetime(2027, 8, 22, 22, tzinfo=UTC)
    renew(house, badge)
    with pytest.raises(ClaimMoved):
        renew(house, badge)


def test_a_badge_whose_end_is_long_past_can_be_asked_for_again(house: House) -> None:
    badge = near_its_end(house)
    house.clock.forward(days=2_000)
    assert house.claim(renew(house, badge)).state is ClaimState.OPEN


def test_the_worker_asks_and_nobody_who_is_not_in_charge(house: House) -> None:
    badge = near_its_end(house)
    for actor in (house.bakary, house.admin):
        with pytest.raises(Forbidden):
            renew(house, badge, actor)
    with pytest.raises(NotFound):
        renew(house, badge, ELSEWHERE)
    with pytest.raises(NotFound):
        renew(house, uuid.uuid4())
    revoke(house, badge)
    with pytest.raises(BadgeWithdrawn):
        renew(house, badge)


def test_a_badge_that_was_asked_for_again_can_still_be_withdrawn(house: House) -> None:
    badge = near_its_end(house)
    next_claim = renew(house, badge)
    revoke(house, badge)
    assert house.claim(house.row(badge).claim_id).state is ClaimState.REVOKED
    assert house.verdict(house.signed(badge)) is Verdict.REVOKED
    approve(house, next_claim)
    new = service.issue(house.issuing, next_claim)
    assert house.row(new).renews_id is None


def test_badges_that_may_be_asked_for_again_are_listed_with_their_end(house: House) -> None:
    house.issue()
    badge = near_its_end(house)
    (line,) = queries_validity.ending(house.session, house.amina, house.clock.now(), house.worker.id, "fr")
    assert (line.credential_id, line.title, line.rank, line.over) == (badge, "Travailler en équipe", 2, False)
    later = house.clock.now() + timedelta(days=365)
    (line,) = queries_validity.ending(house.session, house.amina, later, house.worker.id, "fr")
    assert line.over
    renew(house, badge)
    assert queries_validity.ending(house.session, house.amina, later, house.worker.id, "fr") == ()
    with pytest.raises(Forbidden):
        queries_validity.ending(house.session, house.bakary, later, house.worker.id, "fr")
    with pytest.raises(NotFound):
        queries_validity.ending(house.session, ELSEWHERE, later, house.worker.id, "fr")


def test_every_key_state_keeps_its_badges_as_it_should_through_a_whole_life(house: House) -> None:
    """One badge signed by each of three keys: retired, compromised afterwards, active."""
    badges = []
    for _ in range(3):
        badges.append(house.issue())
        house.clock.forward(days=1)
        if len(badges) < 3:
            service.rotate_key(house.issuing, house.admin, house.active().id)
    keys = [house.row(badge).key_id for badge in badges]
    stranger_has = house.signed(badges[1])
    service.mark_key_compromised(house.issuing, house.admin, keys[1], house.clock.now())
    house.drain()
    assert [house.verdict(house.signed(badge)) for badge in badges] == [Verdict.VALID] * 3
    assert house.verdict(stranger_has) is Verdict.INVALID
    assert house.session.get_one(Credential, badges[1]).key_id == keys[2]
    assert house.active().state is KeyState.ACTIVE
