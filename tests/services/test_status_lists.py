"""Status lists: one per purpose, places never given twice, signed when they change and only then."""

import threading
import uuid
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, sessionmaker

from badges.db import transaction
from badges.errors import NotFound
from badges.issuer import service
from badges.issuer.models import Credential, SpentStatusEntry, StatusList, StatusPurpose
from badges.issuer.rules import LIST_SIZE, STATUS_TTL
from badges.issuer.rules_status import Place
from badges.issuer.service_signing import lock_profile
from badges.issuer.service_status import ensure_published, take_index, take_indexes
from badges.openbadges.moments import parse_timestamp
from badges.openbadges.report import Verdict
from badges.openbadges.status import MIN_ENTRIES, decode
from tests.conftest import StillClock
from tests.lives import House

REVOCATION, SUSPENSION = StatusPurpose


@pytest.fixture
def house(session: Session, sessions: sessionmaker[Session], clock: StillClock) -> House:
    house = House(session, sessions, clock)
    service.create_profile(house.issuing, house.structure.id)
    return house


def take(house: House, count: int, purpose: StatusPurpose = REVOCATION) -> list[Place]:
    """Take places and keep them, as spent ones."""
    with transaction(house.session):
        profile = lock_profile(house.session, house.structure.id)
        places = take_indexes(house.session, house.issuing, profile, count, purpose)
        keep(house, places)
    return places


def keep(house: House, places: list[Place]) -> None:
    house.session.add_all(
        SpentStatusEntry(
            status_list_id=place.status_list_id, status_index=place.index,
            cause="test", spent_at=house.clock.now(),
        )
        for place in places
    )  # fmt: skip


def resize(house: House, size: int) -> uuid.UUID:
    """Make the open list small, so that it fills up in a test; such a list cannot be published."""
    (status_list,) = house.lists(REVOCATION)
    house.session.execute(update(StatusList).values(size=size))
    house.session.commit()
    return status_list.id


def test_there_is_one_list_per_purpose_and_a_place_is_in_the_list_of_its_purpose(house: House) -> None:
    withdrawal, pause = take(house, 1)[0], take(house, 1, SUSPENSION)[0]
    assert withdrawal.status_list_id != pause.status_list_id
    assert [one.id for one in house.lists(REVOCATION)] == [withdrawal.status_list_id]
    assert [one.id for one in house.lists(SUSPENSION)] == [pause.status_list_id]
    house.drain()
    for place, purpose in ((withdrawal, "revocation"), (pause, "suspension")):
        subject = house.published(place.status_list_id)["credentialSubject"]
        assert subject["statusPurpose"] == purpose
        assert len(decode(subject["encodedList"])) * 8 == LIST_SIZE >= MIN_ENTRIES


def test_a_whole_chunk_takes_its_places_at_once_and_each_is_new(house: House) -> None:
    places = [place for _ in range(3) for place in take(house, 500)]
    assert len(set(places)) == 1_500
    indexes = [place.index for place in places]
    assert indexes != sorted(indexes)
    assert max(indexes) - min(indexes) > LIST_SIZE * 0.9


def test_a_place_is_neither_that_of_a_badge_nor_one_that_is_spent(house: House) -> None:
    badges = [house.issue() for _ in range(4)]
    list_id = resize(house, 64)
    for number, index in enumerate(sorted(set(range(64)) - {3, 9, 27})):
        if number < len(badges):
            moved = update(Credential).where(Credential.id == badges[number])
            house.session.execute(moved.values(status_index=index))
        else:
            keep(house, [Place(list_id, index)])
    house.session.commit()
    with transaction(house.session):
        profile = lock_profile(house.session, house.structure.id)
        assert take_index(house.session, house.issuing, profile).index in {3, 9, 27}


def test_a_list_gives_almost_all_its_places_then_closes_and_the_next_one_opens(house: House) -> None:
    first = resize(house, 256)
    places: list[Place] = []
    while all(place.status_list_id == first for place in places):
        places += take(house, 20)
    assert len(set(places)) == len(places)
    assert 256 * 14 / 16 < sum(place.status_list_id == first for place in places) <= 256
    closed, opened = house.lists(REVOCATION)
    assert (closed.closed_at, opened.closed_at) == (house.clock.now(), None)
    assert (closed.number, opened.number, opened.size) == (1, 2, LIST_SIZE)
    opened_id = opened.id
    assert {place.status_list_id for place in take(house, 5)} == {opened_id}


def test_a_list_that_is_closed_gives_no_place_whatever_is_free_in_it(house: House) -> None:
    (old,) = house.lists(REVOCATION)
    old.closed_at = house.clock.now()
    house.session.commit()
    places = take(house, 3)
    assert old.id not in {place.status_list_id for place in places}
    badge = house.row(house.issue())
    assert badge.status_list_id == places[0].status_list_id
    assert house.verdict(house.signed(badge.id)) is Verdict.VALID


def test_lists_of_both_purposes_share_one_series_of_numbers(house: House) -> None:
    take(house, 1, SUSPENSION)
    (pauses,) = house.lists(SUSPENSION)
    pauses.closed_at = house.clock.now()
    house.session.commit()
    take(house, 1, SUSPENSION)
    house.forget()
    assert list(house.session.scalars(select(StatusList.number).order_by(StatusList.number))) == [1, 2, 3]


def test_publishing_what_is_served_already_signs_nothing(house: House) -> None:
    badge = house.row(house.issue())
    house.drain()
    before, times = house.published(badge.status_list_id), house.times("status_list.published")
    house.clock.forward(days=400)
    service.publish_status_list(house.issuing, badge.status_list_id)
    ensure_published(house.issuing, badge.status_list_id)
    assert house.published(badge.status_list_id) == before
    assert house.times("status_list.published") == times


def test_ten_withdrawals_are_one_signature(house: House) -> None:
    badges = [house.row(house.issue()) for _ in range(10)]
    house.drain()
    revision, ids = house.lists(REVOCATION)[0].revision, [badge.id for badge in badges]
    for badge_id in ids:
        service.revoke(house.session, house.clock, house.admin, badge_id, "x")
    house.drain()
    (after,) = house.lists(REVOCATION)
    assert after.revision == revision + 1
    assert house.on(after.id) == {badge.status_index for badge in badges}


def test_a_list_is_signed_again_when_its_key_is_no_longer_the_active_one(house: House) -> None:
    badge = house.row(house.issue())
    before = house.published(badge.status_list_id)
    house.clock.forward(hours=1)
    service.rotate_key(house.issuing, house.admin, house.active().id)
    service.publish_status_list(house.issuing, badge.status_list_id)
    after = house.published(badge.status_list_id)
    assert before["proof"] != after["proof"]
    assert house.active().public_multibase in after["proof"][0]["verificationMethod"]


def test_what_is_spent_is_on_and_stays_on(house: House) -> None:
    places = take(house, 3)
    badge = house.row(house.issue())
    service.publish_status_list(house.issuing, badge.status_list_id)
    assert house.on(badge.status_list_id) == {place.index for place in places}
    service.revoke(house.session, house.clock, house.admin, badge.id, "x")
    house.drain()
    assert house.on(badge.status_list_id) == {place.index for place in places} | {badge.status_index}


def test_a_list_says_how_long_it_may_be_kept_and_has_no_end_of_its_own(house: House) -> None:
    badge = house.row(house.issue())
    document = house.published(badge.status_list_id)
    assert document["credentialSubject"]["ttl"] == STATUS_TTL / timedelta(milliseconds=1) == 300_000
    assert parse_timestamp(document["validFrom"]) == house.clock.now()
    assert "validUntil" not in document


def test_an_unknown_list_is_not_published(house: House) -> None:
    with pytest.raises(NotFound):
        service.publish_status_list(house.issuing, uuid.uuid4())
    with pytest.raises(NotFound):
        ensure_published(house.issuing, uuid.uuid4())


def test_however_many_publish_at_once_the_ledger_has_the_last_word(house: House) -> None:
    badges = [house.issue() for _ in range(3)]
    for badge in badges:
        service.suspend(house.issuing, house.admin, badge, "x")
    status_list_id = house.row(badges[0]).status_list_id

    def toggle(badge: uuid.UUID) -> None:
        for _ in range(5):
            service.reinstate(house.issuing, house.admin, badge)
            service.publish_status_list(house.issuing, status_list_id)
            service.suspend(house.issuing, house.admin, badge, "x")
            service.publish_status_list(house.issuing, status_list_id)
        if badge == badges[0]:
            service.reinstate(house.issuing, house.admin, badge)
            service.publish_status_list(house.issuing, status_list_id)

    def publish() -> None:
        for _ in range(10):
            service.publish_status_list(house.issuing, status_list_id)

    at_once(*(partial(toggle, badge) for badge in badges), *[publish] * 3)
    assert house.on(status_list_id) == {house.row(badge).status_index for badge in badges[1:]}


def test_badges_issued_at_once_have_a_place_each(house: House) -> None:
    claims = [house.approve() for _ in range(12)]
    at_once(*(partial(service.issue_many, house.issuing, claims[first::3]) for first in range(3)))
    house.forget()
    places = select(func.count(func.distinct(Credential.status_index))).select_from(Credential)
    assert house.session.scalar(places) == len(claims)


def at_once(*works: Callable[[], object]) -> None:
    """Do everything in threads that begin together; none may fail."""
    barrier, failures = threading.Barrier(len(works)), []

    def run(work: Callable[[], object]) -> None:
        barrier.wait()
        try:
            work()
        except Exception as error:  # noqa: BLE001 - the assertion below shows it
            failures.append(error)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
