"""Signing in: tokens, links, cards, throttling, and what ends what."""

import re
import uuid
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Literal

import pytest
from argon2 import PasswordHasher
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from badges import outbox
from badges.audit import JournalEntry
from badges.errors import (
    CardUnknown,
    Forbidden,
    LinkSpent,
    NotFound,
    TooMany,
    WeakPassword,
    WrongPin,
    WrongSignIn,
)
from badges.people import queries_sign_in, service, service_cards, service_people, service_sign_in
from badges.people.mailer import Letter
from badges.people.models import Attempt, EmailLink, Person, SignIn, StructureModel, WorkerCard
from badges.people.queries_sign_in import SignedIn
from badges.people.rules import NewPerson, NewStructure
from badges.people.rules_secrets import fingerprint
from badges.people.service_password import set_password
from badges.permissions import Actor, Role, console
from badges.settings import Settings
from tests.conftest import StillClock

PASSWORD = "quatre mots bien longs"
OTHER_PASSWORD = "encore quatre mots longs"


@dataclass
class Postbox:
    letters: list[Letter] = field(default_factory=list)

    def send(self, letter: Letter) -> None:
        self.letters.append(letter)


@dataclass(frozen=True)
class House:
    """A structure with an administrator, a supervisor and a worker."""

    structure_id: uuid.UUID
    admin: Actor
    marc: uuid.UUID
    amina: uuid.UUID


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        mode="test",
        base_url="https://badges.example.org",
        database_url="sqlite://",
        secret_key="s" * 32,
        key_encryption_keys={"one": b"k" * 32},
        media_dir=tmp_path,
    )


def build_house(
    session: Session, clock: StillClock, name: str = "Les Jardins du Canal", mail: str = "jardins"
) -> House:
    structure_id = service.create_structure(
        session,
        clock,
        console(),
        NewStructure(
            legal_name="Association X",
            kind="ACI",
            model=StructureModel.TREMPLIN,
            public_name=name,
            public_description="",
        ),
    )
    admin = console(structure_id)
    people = {
        "marc": NewPerson(
            given_name="Marc", email=f"marc@{mail}.example", roles=frozenset({Role.SUPERVISOR})
        ),
        "amina": NewPerson(given_name="Amina", family_name="Diallo", roles=frozenset({Role.WORKER})),
    }
    made = {who: service.add_person(session, clock, admin, new) for who, new in people.items()}
    return House(structure_id, admin, **made)


@pytest.fixture
def house(session: Session, clock: StillClock) -> House:
    return build_house(session, clock)


def journal(session: Session) -> list[str]:
    session.rollback()
    return list(session.scalars(select(JournalEntry.act).order_by(JournalEntry.sequence)))


def give_password(session: Session, clock: StillClock, settings: Settings, person_id: uuid.UUID) -> None:
    who = by_link(session, clock, settings, person_id)
    set_password(session, clock, who, PASSWORD)
    service_sign_in.end(session, clock, who.actor, who.sign_in_id)


def by_link(session: Session, clock: StillClock, settings: Settings, person_id: uuid.UUID) -> SignedIn:
    token = clock.new_token()
    session.add(
        EmailLink(
            id=clock.new_id(),
            token_hash=fingerprint(token),
            person_id=person_id,
            created_at=clock.now(),
            expires_at=clock.now() + timedelta(minutes=10),
        )
    )
    session.commit()
    who = service_sign_in.resume(
        session, clock, settings, service_sign_in.use_link(session, clock, token, "test")
    )
    assert who is not None
    return who


def test_a_password_opens_a_session_whose_token_is_nowhere_in_the_database(
    session: Session, clock: StillClock, settings: Settings, house: House
) -> None:
    give_password(session, clock, settings, house.marc)
    token = service_sign_in.with_password(
        session, clock, " MARC@jardins.example ", PASSWORD, "Firefox", "192.0.2.1"
    )
    who = service_sign_in.resume(session, clock, settings, token)
    assert who is not None
    assert (who.person_id, who.given_name, who.structure_name) == (house.marc, "Marc", "Les Jardins du Canal")
    assert who.actor == Actor(house.marc, house.structure_id, frozenset({Role.SUPERVISOR}))
    assert session.scalar(select(func.count()).where(SignIn.token_hash == token)) == 0


def test_each_sign_in_has_a_token_of_its_own(
    session: Session, clock: StillClock, settings: Settings, house: House
) -> None:
    give_password(session, clock, settings, house.marc)
    tokens = {
        service_sign_in.with_password(session, clock, "marc@jardins.example", PASSWORD, "", "")
        for _ in range(2)
    }
    assert len(tokens) == 2


@pytest.mark.parametrize("email", ["marc@jardins.example", "nobody@jardins.example", "no address at all"])
def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(
    session: Session, clock: StillClock, settings: Settings, house: House, email: str
) -> None:
    give_password(session, clock, settings, house.marc)
    before = journal(session)
    with pytest.raises(WrongSignIn):
        service_sign_in.with_password(session, clock, email, "not the password", "", "192.0.2.1")
    assert journal(session) == before


def test_an_unknown_address_costs_a_hash_like_a_known_one(
    session: Session, clock: StillClock, settings: Settings, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    give_password(session, clock, settings, house.marc)
    costs = []
    for email in ("marc@jardins.example", "nobody@jardins.example"):
        hasher = CountingHasher()
        monkeypatch.setattr("badges.people.rules_secrets._ARGON2", hasher)
        with pytest.raises(WrongSignIn):
            service_sign_in.with_password(session, clock, email, "guess", "", "192.0.2.1")
        costs.append(hasher.verified)
    assert costs == [1, 1]


class CountingHasher(PasswordHasher):
    verified = 0

    def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: A002 - theirs
        self.verified += 1
        return super().verify(hash, password)


def test_guessing_is_stopped_before_hashing_and_starts_again_after_a_while(
    session: Session, clock: StillClock, settings: Settings, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    give_password(session, clock, settings, house.marc)
    hashed = []
    monkeypatch.setattr(service_sign_in, "matches", lambda *_: hashed.append(1))
    for _ in range(8):
        with pytest.raises(WrongSignIn):
            service_sign_in.with_password(session, clock, "marc@jardins.example", "guess", "", "192.0.2.66")
    with pytest.raises(TooMany) as stopped:
        service_sign_in.with_password(session, clock, "marc@jardins.example", "guess", "", "192.0.2.66")
    assert (stopped.value.params, len(hashed)) == ({"minutes": 15}, 8)
    monkeypatch.undo()
    clock.forward(minutes=16)
    assert service_sign_in.with_password(session, clock, "marc@jardins.example", PASSWORD, "", "192.0.2.66")


def test_hammering_does_not_push_the_end_of_the_wait_away(
    session: Session, clock: StillClock, settings: Settings, house: House
) -> None:
    for _ in range(8):
        with pytest.raises(WrongSignIn):
            service_sign_in.with_password(session, clock, "x@jardins.example", "guess", "", "192.0.2.66")
    for _ in range(14):
        clock.forward(minutes=1)
        with pytest.raises(TooMany):
            service_sign_in.with_password(session, clock, "x@jardins.example", "guess", "", "192.0.2.66")
    clock.forward(minutes=1)
    with pytest.raises(WrongSignIn):
        service_sign_in.with_password(session, clock, "x@jardins.example", "guess", "", "192.0.2.66")


def test_a_stranger_who_guesses_from_everywhere_does_not_lock_the_owner_out(
    session: Session, clock: StillClock, settings: Settings, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    give_password(session, clock, settings, house.marc)
    service_sign_in.with_password(session, clock, "marc@jardins.example", PASSWORD, "", "198.51.100.7")
    monkeypatch.setattr(service_sign_in, "matches", lambda *_: False)
    for number in range(40):
        with pytest.raises(WrongSignIn):
            service_sign_in.with_password(
                session, clock, "marc@jardins.example", "guess", "", f"203.0.113.{number}"
            )
    with pytest.raises(TooMany):
        service_sign_in.with_password(session, clock, "marc@jardins.example", "guess", "", "203.0.113.99")
    monkeypatch.undo()
    assert service_sign_in.with_password(session, clock, "marc@jardins.example", PASSWORD, "", "198.51.100.7")
    service_sign_in.request_link(session, clock, "marc@jardins.example", "192.0.2.1")


def test_a_good_password_does_not_pay_for_guessing_those_of_others(
    session: Session, clock: StillClock, settings: Settings, house: House
) -> None:
    give_password(session, clock, settings, house.marc)
    service_sign_in.with_password(session, clock, "marc@jardins.example", PASSWORD, "", "192.0.2.66")
    kept = session.scalar(
        select(func.count()).where(
            Attempt.scope == "password", Attempt.key == fingerprint("remote", "192.0.2.66")
        )
    )
    assert kept == 1


def test_tries_name_nobody(session: Session, clock: StillClock, house: House) -> None:
    with pytest.raises(WrongSignIn):
        service_sign_in.with_password(session, clock, "canary@jardins.example", "guess", "", "192.0.2.66")
    rows = [str(vars(row)) for row in session.scalars(select(Attempt))]
    assert rows
    assert not any("canary" in row or "192.0.2" in row for row in rows)


def test_a_session_ends_when_idle_and_in_any_case_after_the_longest_time(
    session: Session, clock: StillClock, settings: Settings, house: House
) -> None:
    token = service_sign_in.start_demo(session, clock, house.marc, house.structure_id)
    demo = replace(settings, mode="demo")
    clock.forward(hours=13)
    assert service_sign_in.resume(session, clock, demo, token) is None
    token = service_sign_in.start_demo(session, clock, house.marc, house.structure_id)
    for _ in range(59):
        clock.forward(hours=12, minutes=-1)
        assert service_sign_in.resume(session, clock, demo, token)
    clock.forward(hours=11, minutes=59)
    clock.forward(hours=2)
    assert service_sign_in.resume(session, clock, demo, token) is None


def test_a_demo_session_is_refused_outside_demo_mode(
    session: Session, clock: StillClock, settings: Settings, house: House
) -> None:
    token = service_sign_in.start_demo(session, clock, house.marc, house.structure_id)
    assert service_sign_in.resume(session, clock, settings, token) is None


def test_an_ended_session_is_over_and_nobody_ends_those_of_others(
    session: Session, clock: StillClock, settings: Settings, house: House
) -> None:
    demo = replace(settings, mode="demo")
    token = service_sign_in.start_demo(session, clock, house.marc, house.structure_id)
    who = service_sign_in.resume(session, clock, demo, token)
    assert who is not None
    stranger = Actor(house.amina, house.structure_id, frozenset({Role.WORKER}))
    with pytest.raises(NotFound):
        service_sign_in.end(session, clock, stranger, who.sign_in_id)
    assert [row.id for row in service_sign_in.list_open(session, clock, demo, who)] == [who.sign_in_id]
    service_sign_in.end(session, clock, who.actor, who.sign_in_id)
    assert service_sign_in.resume(session, clock, demo, token) is None
    assert journal(session)[-1] == "sign_in.ended"


def test_a_new_password_ends_every_other_device(
    session: Session, clock: StillClock, settings: Settings, house: House
) -> None:
    give_password(session, clock, settings, house.marc)
    tokens = [
        service_sign_in.with_password(session, clock, "marc@jardins.example", PASSWORD, "", "")
        for _ in range(2)
    ]
    here = service_sign_in.resume(session, clock, settings, tokens[0])
    assert here is not None
    with pytest.raises(WrongSignIn):
        set_password(session, clock, here, OTHER_PASSWORD, current="not it")
    set_password(session, clock, here, OTHER_PASSWORD, current=PASSWORD)
    assert service_sign_in.resume(session, clock, settings, tokens[0])
    assert service_sign_in.resume(session, clock, settings, tokens[1]) is None
    with pytest.raises(WrongSignIn):
        service_sign_in.with_password(session, clock, "marc@jardins.example", PASSWORD, "", "")
    assert service_sign_in.with_password(session, clock, "marc@jardins.example", OTHER_PASSWORD, "", "")


@pytest.mark.parametrize(
    "weak", ["short", "motdepasse123", "aaaaaaaaaaaaaaa", "marc123456789!", "jardins12345678"]
)
def test_a_password_easy_to_guess_is_refused(
    session: Session, clock: StillClock, settings: Settings, house: House, weak: str
) -> None:
    who = by_link(session, clock, settings, house.marc)
    with pytest.raises(WeakPassword):
        set_password(session, clock, who, weak)


def test_a_closed_account_is_signed_out_at_once(
    session: Session, clock: StillClock, settings: Settings, house: House
) -> None:
    give_password(session, clock, settings, house.marc)
    token = service_sign_in.with_password(session, clock, "marc@jardins.example", PASSWORD, "", "")
    service_people.disable_person(session, clock, house.admin, house.marc)
    assert service_sign_in.resume(session, clock, settings, token) is None
    with pytest.raises(WrongSignIn):
        service_sign_in.with_password(session, clock, "marc@jardins.example", PASSWORD, "", "")
    service_people.enable_person(session, clock, house.admin, house.marc)
    assert service_sign_in.resume(session, clock, settings, token) is None
    assert service_sign_in.with_password(session, clock, "marc@jardins.example", PASSWORD, "", "")


def test_a_link_is_sent_once_works_once_and_for_ten_minutes(
    session: Session, sessions: sessionmaker[Session], clock: StillClock, settings: Settings, house: House
) -> None:
    tokens = [asked_link(session, sessions, clock, house.marc) for _ in range(2)]
    token = service_sign_in.use_link(session, clock, tokens[0], "Firefox")
    assert service_sign_in.resume(session, clock, settings, token)
    with pytest.raises(LinkSpent):
        service_sign_in.use_link(session, clock, tokens[0], "Firefox")
    queries_sign_in.check_link(session, clock, tokens[1])
    clock.forward(minutes=10)
    with pytest.raises(LinkSpent):
        queries_sign_in.check_link(session, clock, tokens[1])
    with pytest.raises(LinkSpent):
        service_sign_in.use_link(session, clock, tokens[1], "Firefox")


def asked_link(
    session: Session, sessions: sessionmaker[Session], clock: StillClock, person_id: uuid.UUID
) -> str:
    """Ask for a link, let the relay send it, and return the token as read in the letter."""
    service_sign_in.request_link(session, clock, "Marc@jardins.example", "192.0.2.1")
    postbox = Postbox()
    send = {
        "email_link.requested": lambda payload: service_sign_in.send_link(
            sessions, clock, postbox, "https://badges.example.org", uuid.UUID(payload["person_id"])
        )
    }
    assert outbox.drain(sessions, clock, send) == 1
    (letter,) = postbox.letters
    assert letter.to == "marc@jardins.example"
    found = re.search(r"https://badges\.example\.org/sign-in/link/(\w+)", letter.body)
    assert found
    return found[1]


def test_asking_a_link_for_nobody_looks_the_same_and_sends_nothing(
    session: Session, sessions: sessionmaker[Session], clock: StillClock, house: House
) -> None:
    assert service_sign_in.request_link(session, clock, "nobody@jardins.example", "192.0.2.1") is None
    postbox = Postbox()
    send = {
        "email_link.requested": lambda payload: service_sign_in.send_link(
            sessions, clock, postbox, "https://badges.example.org", uuid.UUID(payload["person_id"])
        )
    }
    assert outbox.drain(sessions, clock, send) == 1
    assert postbox.letters == []
    for _ in range(5):
        service_sign_in.request_link(session, clock, "nobody@jardins.example", "192.0.2.1")
    with pytest.raises(TooMany):
        service_sign_in.request_link(session, clock, "nobody@jardins.example", "192.0.2.1")


def test_a_card_and_its_code_open_the_worker_pages(
    session: Session, clock: StillClock, settings: Settings, house: House
) -> None:
    card = service_sign_in.issue_card(session, clock, house.admin, house.amina)
    assert re.fullmatch(r"\d{6}", card.pin)
    token = service_sign_in.with_card(
        session, clock, card.token, f"{card.pin[:3]} {card.pin[3:]}", "", "192.0.2.1"
    )
    who = service_sign_in.resume(session, clock, settings, token)
    assert who is not None
    assert who.actor.roles == {Role.WORKER}
    kept = session.scalars(select(WorkerCard)).one()
    assert card.token not in kept.token_hash
    assert card.pin not in kept.pin_hash


def test_a_new_card_kills_the_old_one_and_what_it_had_opened(
    session: Session, clock: StillClock, settings: Settings, house: House
) -> None:
    old = service_sign_in.issue_card(session, clock, house.admin, house.amina)
    token = service_sign_in.with_card(session, clock, old.token, old.pin, "", "192.0.2.1")
    new = service_sign_in.issue_card(session, clock, house.admin, house.amina)
    assert service_sign_in.resume(session, clock, settings, token) is None
    with pytest.raises(CardUnknown):
        service_sign_in.with_card(session, clock, old.token, old.pin, "", "192.0.2.1")
    assert service_sign_in.with_card(session, clock, new.token, new.pin, "", "192.0.2.1")
    last = session.scalars(select(JournalEntry).where(JournalEntry.act == "card.issued")).all()[-1]
    assert last.details == {"worker": str(house.amina), "replaced": str(old.card_id)}


def test_a_stopped_card_opens_nothing(session: Session, clock: StillClock, house: House) -> None:
    card = service_sign_in.issue_card(session, clock, house.admin, house.amina)
    service_cards.stop_card(session, clock, house.admin, house.amina)
    with pytest.raises(CardUnknown):
        service_sign_in.with_card(session, clock, card.token, card.pin, "", "192.0.2.1")
    with pytest.raises(NotFound):
        service_cards.stop_card(session, clock, house.admin, house.amina)


def test_who_has_left_reaches_their_badges_with_their_card_and_gets_another_when_it_is_lost(
    session: Session, clock: StillClock, settings: Settings, house: House
) -> None:
    cards = [service_sign_in.issue_card(session, clock, house.admin, house.amina)]
    service_people.set_roles(session, clock, house.admin, house.amina, frozenset())
    for _ in range(2):
        card = cards[-1]
        token = service_sign_in.with_card(session, clock, card.token, card.pin, "", "192.0.2.1")
        who = service_sign_in.resume(session, clock, settings, token)
        assert who is not None
        assert (who.actor.roles, who.structure_id) == ({Role.WORKER}, house.structure_id)
        cards.append(service_sign_in.issue_card(session, clock, house.admin, house.amina))
    with pytest.raises(NotFound):
        service_sign_in.issue_card(session, clock, house.admin, house.marc)


def test_codes_are_guessed_slowly_even_from_many_addresses(
    session: Session, clock: StillClock, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = service_sign_in.issue_card(session, clock, house.admin, house.amina)
    monkeypatch.setattr(service_sign_in, "matches", lambda *_: False)
    for number in range(20):
        with pytest.raises(WrongPin):
            service_sign_in.with_card(session, clock, card.token, "000000", "", f"203.0.113.{number}")
    with pytest.raises(TooMany):
        service_sign_in.with_card(session, clock, card.token, card.pin, "", "203.0.113.99")
    monkeypatch.undo()
    clock.forward(hours=1, minutes=1)
    assert service_sign_in.with_card(session, clock, card.token, card.pin, "", "203.0.113.99")


def test_a_card_made_by_staff_reaches_no_further_than_its_structure_and_the_worker_pages(
    session: Session, clock: StillClock, settings: Settings, house: House
) -> None:
    other = build_house(session, clock, "Canal Vert", "vert")
    victim = service.add_person(
        session,
        clock,
        house.admin,
        NewPerson(given_name="Léa", email="lea@jardins.example", roles=frozenset({Role.ADMIN})),
    )
    joined = service.add_person(
        session,
        clock,
        other.admin,
        NewPerson(given_name="X", email="lea@jardins.example", roles=frozenset({Role.WORKER, Role.ADMIN})),
    )
    assert joined == victim
    card = service_sign_in.issue_card(session, clock, other.admin, victim)
    who = service_sign_in.resume(
        session, clock, settings, service_sign_in.with_card(session, clock, card.token, card.pin, "", "")
    )
    assert who is not None
    assert (who.actor.roles, who.structures) == ({Role.WORKER}, ((other.structure_id, "Canal Vert"),))
    with pytest.raises(NotFound):
        service_sign_in.switch_structure(session, clock, who, house.structure_id)
    with pytest.raises(Forbidden):
        set_password(session, clock, who, PASSWORD)


def test_somebody_in_two_structures_switches_between_them(
    session: Session, clock: StillClock, settings: Settings, house: House
) -> None:
    clock.forward(days=1)
    other = build_house(session, clock, "Canal Vert", "vert")
    service.add_person(
        session,
        clock,
        other.admin,
        NewPerson(given_name="Marc", email="marc@jardins.example", roles=frozenset({Role.REVIEWER})),
    )
    who = by_link(session, clock, settings, house.marc)
    assert (who.structure_name, len(who.structures)) == ("Les Jardins du Canal", 2)
    service_sign_in.switch_structure(session, clock, who, other.structure_id)
    assert by_link(session, clock, settings, house.marc).structure_name == "Canal Vert"
    assert "sign_in.switched" in journal(session)


def test_an_operator_belongs_to_no_structure(
    session: Session, clock: StillClock, settings: Settings, house: House
) -> None:
    session.get_one(Person, house.marc).is_operator = True
    session.commit()
    who = by_link(session, clock, settings, house.marc)
    assert (who.structure_id, who.structure_name, who.actor.roles) == (None, "", {Role.OPERATOR})
