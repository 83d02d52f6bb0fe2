"""A roster is imported row by row: nothing by halves, nothing twice, no row held back by another."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from badges import outbox
from badges.audit import JournalEntry
from badges.errors import Forbidden, RosterEmpty, RosterGone
from badges.people import queries, service, service_people, service_roster
from badges.people.models import Assignment, Membership, Person, RosterUpload, StructureModel
from badges.people.rules import NewPerson, NewStructure
from badges.people.rules_roster import RowAction
from badges.permissions import Actor, Role, console
from tests.conftest import StillClock

FILE = """Matricule;Prénom;Nom;E-mail;Rôle;Équipe;Encadrant;Accompagnateur;Date d'entrée;Sortie prévue;Langue
="00017";Amina;Diallo;;;Serres;Marc Petit;Léa Martin;01/09/2026;28/02/2027;peul
00018;Elena;Kovalenko;;salariée;Serres;marc@x.example;;15/09/2026;;ukrainien
;Gwen;Le Goff;;;Livraison;;;;;
;Marc;Petit;marc@x.example;encadrant;;;;;;
;Léa;Martin;lea@x.example;accompagnatrice, validatrice;;;;;;
;;Sans prénom;;;;;;;;
""".encode("cp1252")


@pytest.fixture
def admin(session: Session, clock: StillClock) -> Actor:
    structure_id = service.create_structure(session, clock, console(), structure("Les Jardins du Canal"))
    person = NewPerson(given_name="Ada", email="ada@x.example", roles=frozenset({Role.ADMIN}))
    person_id = service.add_person(session, clock, console(structure_id), person)
    return Actor(person_id, structure_id, frozenset({Role.ADMIN}))


def structure(name: str, model: StructureModel = StructureModel.TREMPLIN) -> NewStructure:
    return NewStructure(legal_name="X", kind="ACI", model=model, public_name=name, public_description="")


def counts(check: service_roster.Check) -> dict[str, int]:
    return {action.value: check.count(action) for action in RowAction if check.count(action)}


def lines(session: Session) -> int:
    session.rollback()
    return session.scalar(select(func.count()).select_from(JournalEntry)) or 0


def test_a_check_saves_nothing(session: Session, clock: StillClock, admin: Actor) -> None:
    before = lines(session)
    check = service_roster.check_roster(session, admin, FILE)
    assert counts(check) == {"create": 5, "error": 1}
    assert lines(session) == before
    assert session.scalar(select(func.count()).select_from(Person)) == 1


def test_an_import_saves_good_rows_whole_and_is_journalled_once_without_names(
    session: Session, clock: StillClock, admin: Actor
) -> None:
    before = lines(session)
    done = service_roster.import_roster(session, clock, admin, FILE)
    assert counts(done) == {"create": 5, "error": 1}
    entry = session.scalars(select(JournalEntry).order_by(JournalEntry.sequence.desc()).limit(1)).one()
    assert (lines(session) - before, entry.act) == (1, "roster.imported")
    assert entry.details == {"create": "5", "update": "0", "unchanged": "0", "error": "1"}
    amina = session.scalars(select(Person).where(Person.given_name == "Amina")).one()
    member = session.scalars(select(Membership).where(Membership.person_id == amina.id)).one()
    assert (member.reference, member.crew, member.started_on, member.planned_exit_on, amina.language) == (
        "00017", "Serres", date(2026, 9, 1), date(2027, 2, 28), "ff",
    )  # fmt: skip
    marc = session.scalars(select(Person).where(Person.given_name == "Marc")).one()
    tiles = queries.workers_in_charge(session, actor(marc, admin, Role.SUPERVISOR))
    assert [tile.given_name for tile in tiles] == ["Amina", "Elena"]


def actor(person: Person, admin: Actor, *roles: Role) -> Actor:
    return Actor(person.id, admin.structure_id, frozenset(roles))


def test_the_same_file_twice_changes_nothing_the_second_time(
    session: Session, clock: StillClock, admin: Actor
) -> None:
    service_roster.import_roster(session, clock, admin, FILE)
    before = snapshot(session)
    assert counts(service_roster.import_roster(session, clock, admin, FILE)) == {"unchanged": 5, "error": 1}
    assert snapshot(session) == before


def test_a_file_sent_several_times_at_once_is_imported_once(
    session: Session, sessions: sessionmaker[Session], clock: StillClock, admin: Actor
) -> None:
    ready = threading.Barrier(4)

    def send(_number: int) -> dict[str, int]:
        with sessions() as own:
            ready.wait(timeout=10)
            return counts(service_roster.import_roster(own, clock, admin, FILE))

    with ThreadPoolExecutor(4) as pool:
        done = sorted(pool.map(send, range(4)), key=str)
    assert done == [{"create": 5, "error": 1}] + [{"unchanged": 5, "error": 1}] * 3
    assert session.scalar(select(func.count()).select_from(Person)) == 1 + 5


def snapshot(session: Session) -> list[object]:
    session.rollback()
    session.expunge_all()
    rows = [
        session.execute(select(*table.__table__.columns).order_by(table.id)).all()
        for table in (Person, Membership, Assignment)
    ]
    return [tuple(row) for table in rows for row in table]


def test_a_changed_file_changes_only_what_it_says(session: Session, clock: StillClock, admin: Actor) -> None:
    service_roster.import_roster(session, clock, admin, FILE)
    text = """Matricule;Prénom;Équipe;Encadrant;E-mail;Rôle
00017;Amina;Cuisine;Rosa;amina@x.example;
;Rosa;;;rosa@x.example;encadrante
"""
    done = service_roster.import_roster(session, clock, admin, text.encode())
    assert counts(done) == {"create": 1, "update": 1}
    amina = session.scalars(select(Person).where(Person.given_name == "Amina")).one()
    member = session.scalars(select(Membership).where(Membership.person_id == amina.id)).one()
    assert (amina.family_name, amina.email, member.crew) == ("Diallo", "amina@x.example", "Cuisine")
    rosa = session.scalars(select(Person.id).where(Person.given_name == "Rosa")).one()
    lea = session.scalars(select(Person.id).where(Person.given_name == "Léa")).one()
    assert admin.structure_id
    pairs = queries.in_charge_of(session, admin.structure_id, amina.id)
    assert {(pair.role, pair.staff_id) for pair in pairs} == {(Role.SUPERVISOR, rosa), (Role.COACH, lea)}


def test_a_role_added_by_a_file_reaches_the_person(session: Session, clock: StillClock, admin: Actor) -> None:
    service_roster.import_roster(session, clock, admin, FILE)
    text = "Prénom;Nom;E-mail;Rôle\nMarc;Petit;marc@x.example;validateur\n"
    assert counts(service_roster.import_roster(session, clock, admin, text.encode())) == {"update": 1}
    marc = session.scalars(select(Person.id).where(Person.given_name == "Marc")).one()
    assert queries.actor_in(session, marc, admin.structure_id).roles == {Role.SUPERVISOR, Role.REVIEWER}


def test_an_address_of_another_structure_joins_its_account(
    session: Session, clock: StillClock, admin: Actor
) -> None:
    other = service.create_structure(session, clock, console(), structure("Canal Vert"))
    done = service_roster.import_roster(
        session, clock, console(other), "Prénom;E-mail;Rôle\nAdèle;ada@x.example;encadrante\n".encode()
    )
    assert counts(done) == {"create": 1}
    (ada,) = session.scalars(select(Person).where(Person.email == "ada@x.example"))
    assert (ada.id, ada.given_name) == (admin.person_id, "Ada")
    assert queries.actor_in(session, ada.id, other).roles == {Role.SUPERVISOR}


def test_a_row_that_fails_when_written_does_not_hold_back_the_others(
    session: Session, clock: StillClock, admin: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [clock.new_id() for _ in range(3)]
    monkeypatch.setattr(clock, "new_id", iter_ids([ids[place] for place in (0, 1, 0, 1, 0, 2, 0, 1)]))
    done = service_roster.import_roster(session, clock, admin, "Prénom\nA\nB\n".encode())
    assert counts(done) == {"create": 1, "error": 1}
    assert session.scalar(select(func.count()).where(Person.given_name.in_(["A", "B"]))) == 1


def iter_ids(ids: list[object]) -> object:
    """Identifiers that repeat, so that the second row breaks a unique key."""
    supply = iter(ids)
    return lambda: next(supply)


def test_only_administrators_import(session: Session, clock: StillClock, admin: Actor) -> None:
    supervisor = Actor(admin.person_id, admin.structure_id, frozenset({Role.SUPERVISOR}))
    for verb in (
        lambda: service_roster.check_roster(session, supervisor, FILE),
        lambda: service_roster.import_roster(session, clock, supervisor, FILE),
        lambda: service_roster.keep_upload(session, clock, supervisor, "x.csv", FILE),
    ):
        with pytest.raises(Forbidden):
            verb()


def test_a_kept_file_is_corrected_on_the_screen_imported_and_forgotten(
    session: Session, clock: StillClock, admin: Actor
) -> None:
    upload = service_roster.keep_upload(session, clock, admin, "équipe.csv", FILE)
    check = service_roster.check_upload(session, clock, admin, upload)
    assert (check.file_name, counts(check)) == ("équipe.csv", {"create": 5, "error": 1})
    service_roster.correct_upload(
        session, clock, admin, upload, {"7": {"given_name": " Sam ", "is_operator": "1"}}
    )
    assert counts(service_roster.check_upload(session, clock, admin, upload)) == {"create": 6}
    assert counts(service_roster.import_upload(session, clock, admin, upload)) == {"create": 6}
    assert (
        session.scalars(select(Person.given_name).where(Person.family_name == "Sans prénom")).one() == "Sam"
    )
    assert session.scalar(select(func.count()).select_from(RosterUpload)) == 0
    with pytest.raises(RosterGone):
        service_roster.import_upload(session, clock, admin, upload)


def test_a_kept_file_is_its_senders_alone_and_goes_after_an_hour(
    session: Session, clock: StillClock, admin: Actor
) -> None:
    upload = service_roster.keep_upload(session, clock, admin, "a.csv", FILE)
    other = NewPerson(given_name="Bo", email="bo@x.example", roles=frozenset({Role.ADMIN}))
    bo = Actor(service.add_person(session, clock, admin, other), admin.structure_id, frozenset({Role.ADMIN}))
    with pytest.raises(RosterGone):
        service_roster.check_upload(session, clock, bo, upload)
    clock.forward(minutes=61)
    with pytest.raises(RosterGone):
        service_roster.check_upload(session, clock, admin, upload)
    service_roster.keep_upload(session, clock, bo, "b.csv", FILE)
    assert session.scalars(select(RosterUpload.file_name)).all() == ["b.csv"]
    service_roster.drop_upload(session, bo)
    assert session.scalars(select(RosterUpload.file_name)).all() == []


def test_a_file_left_lying_is_forgotten_after_an_hour_by_the_relay(
    session: Session, sessions: sessionmaker[Session], clock: StillClock, admin: Actor
) -> None:
    service_roster.keep_upload(session, clock, admin, "a.csv", FILE)
    handlers = {
        "roster_upload.expired": lambda payload: service_roster.forget_upload(
            sessions, UUID(payload["upload_id"])
        )
    }
    assert outbox.drain(sessions, clock, handlers) == 0
    clock.forward(hours=1)
    assert outbox.drain(sessions, clock, handlers) == 1
    session.rollback()
    assert session.scalars(select(RosterUpload.file_name)).all() == []


def test_a_file_that_cannot_be_read_is_not_kept(session: Session, clock: StillClock, admin: Actor) -> None:
    with pytest.raises(RosterEmpty):
        service_roster.keep_upload(session, clock, admin, "a.csv", "Prénom\n".encode())
    assert session.scalar(select(func.count()).select_from(RosterUpload)) == 0


def test_somebody_disabled_is_not_changed_by_a_file(
    session: Session, clock: StillClock, admin: Actor
) -> None:
    service_roster.import_roster(session, clock, admin, FILE)
    marc = session.scalars(select(Person.id).where(Person.given_name == "Marc")).one()
    service_people.disable_person(session, clock, admin, marc)
    check = service_roster.check_roster(session, admin, FILE)
    assert {row.line: row.action.value for row in check.plans if row.action is RowAction.ERROR} == {
        2: "error", 3: "error", 5: "error", 7: "error",
    }  # fmt: skip


def test_five_thousand_rows_are_imported_in_seconds(
    session: Session, clock: StillClock, admin: Actor
) -> None:
    rows = "".join(f"{n:05};P{n};N{n % 300};Équipe {n % 30};Ada\n" for n in range(4_998))
    text = f"Matricule;Prénom;Nom;Équipe;Tuteur\n{rows}"
    text += "\n;Rosa;;;\n"
    service_people.set_roles(session, clock, admin, admin.person_id, frozenset({Role.ADMIN, Role.TUTOR}))
    assert counts(service_roster.import_roster(session, clock, admin, text.encode())) == {"create": 4_999}
    assert counts(service_roster.check_roster(session, admin, text.encode())) == {"unchanged": 4_999}
