"""People and structures: each verb is one transaction with one journal line, and the rules hold inside it."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from badges.audit import JournalEntry
from badges.errors import (
    BadAddress,
    BadDates,
    BadEmail,
    BadgesError,
    BadName,
    EmailNeeded,
    EmailTaken,
    Forbidden,
    LastAdministrator,
    NoProgrammedExit,
    NotFound,
    NotInCharge,
    PseudonymNeeded,
    PublicNameNeeded,
    ReferenceTaken,
    RoleNeeded,
    SharedAccount,
)
from badges.people import queries, queries_people, queries_platform, service, service_people
from badges.people.models import Membership, NameForm, Person, Structure, StructureModel
from badges.people.rules import InCharge, NewPerson, NewStructure, PersonEdit, StructureTexts
from badges.people.rules_stigma import telling_words
from badges.permissions import ANONYMOUS, Actor, Role, console
from tests.conftest import StillClock


def structure(name: str = "Les Jardins du Canal", **changes: object) -> NewStructure:
    values: dict[str, object] = {
        "legal_name": "Association X",
        "kind": "ACI",
        "model": StructureModel.TREMPLIN,
        "public_name": name,
        "public_description": "Maraîchage",
    }
    return NewStructure(**values | changes)  # type: ignore[arg-type]


def somebody(name: str = "Amina", *roles: Role, **values: object) -> NewPerson:
    if set(roles) & {Role.ADMIN, Role.SUPERVISOR, Role.COACH, Role.TUTOR, Role.REVIEWER}:
        values.setdefault("email", f"{name.lower()}@x.example")
    return NewPerson(given_name=name, roles=frozenset(roles or {Role.WORKER}), **values)  # type: ignore[arg-type]


@pytest.fixture
def admin(session: Session, clock: StillClock) -> Actor:
    new = structure(administrator=somebody("Ada", Role.ADMIN))
    structure_id = service.create_structure(session, clock, console(), new)
    (ada,) = queries.persons_with_role(session, structure_id, Role.ADMIN)
    return Actor(ada, structure_id, frozenset({Role.ADMIN}))


def lines(session: Session) -> list[str]:
    session.rollback()
    return list(session.scalars(select(JournalEntry.act).order_by(JournalEntry.sequence)))


def edit(**changes: object) -> PersonEdit:
    values: dict[str, object] = {
        "given_name": "Amina", "family_name": "", "email": None, "language": "fr", "crew": "",
        "reference": None, "planned_exit_on": None,
    }  # fmt: skip
    return PersonEdit(**values | changes)  # type: ignore[arg-type]


def texts(**changes: object) -> StructureTexts:
    values: dict[str, object] = {
        "legal_name": "Y", "kind": "EI", "model": StructureModel.TREMPLIN, "public_name": "Canal Vert",
        "public_description": "",
    }  # fmt: skip
    return StructureTexts(**values | changes)  # type: ignore[arg-type]


def test_every_verb_writes_one_line_without_a_name(session: Session, clock: StillClock, admin: Actor) -> None:
    amina = service.add_person(session, clock, admin, somebody("Canary", family_name="Canaryson"))
    marc = service.add_person(session, clock, admin, somebody("Marc", Role.SUPERVISOR))
    herself = Actor(amina, admin.structure_id, frozenset({Role.WORKER}))
    service.assign(session, clock, admin, amina, marc, Role.SUPERVISOR)
    service.set_in_charge(session, clock, admin, amina, frozenset())
    service.choose_name(session, clock, herself, NameForm.PSEUDONYM, "Canarybird")
    service.choose_language(session, clock, herself, "en")
    service_people.edit_person(session, clock, admin, amina, edit(given_name="Canary"))
    service_people.set_roles(session, clock, admin, marc, frozenset({Role.TUTOR}))
    service_people.disable_person(session, clock, admin, marc)
    service_people.enable_person(session, clock, admin, marc)
    service.edit_structure(session, clock, admin, texts())
    assert lines(session) == [
        "structure.created",
        "person.added",
        "person.added",
        "worker.in_charge_set",
        "worker.in_charge_set",
        "person.name_chosen",
        "person.language_chosen",
        "person.edited",
        "person.roles_set",
        "person.disabled",
        "person.enabled",
        "structure.edited",
    ]
    everything = " ".join(str(vars(entry)) for entry in session.scalars(select(JournalEntry)))
    assert "Canary" not in everything
    assert "@x.example" not in everything


@dataclass(frozen=True)
class Scene:
    """Where a verb is tried: a structure with its administrator and Amina, a worker."""

    session: Session
    clock: StillClock
    admin: Actor
    amina: uuid.UUID

    def add(self, name: str = "Bo", *roles: Role, actor: Actor | None = None, **values: object) -> object:
        new = somebody(name, *roles, **values)
        return service.add_person(self.session, self.clock, actor or self.admin, new)

    def edit(self, person_id: uuid.UUID, **changes: object) -> None:
        service_people.edit_person(self.session, self.clock, self.admin, person_id, edit(**changes))

    def roles(self, person_id: uuid.UUID | None, *roles: Role) -> None:
        assert person_id
        service_people.set_roles(self.session, self.clock, self.admin, person_id, frozenset(roles))

    def assign(self, worker_id: uuid.UUID | None, role: Role) -> None:
        assert worker_id
        assert self.admin.person_id
        service.assign(self.session, self.clock, self.admin, worker_id, self.admin.person_id, role)

    def open(self, name: str = "New", actor: Actor | None = None, **values: object) -> None:
        service.create_structure(self.session, self.clock, actor or console(), structure(name, **values))

    def write(self, **changes: object) -> None:
        service.edit_structure(self.session, self.clock, self.admin, texts(**changes))

    def as_role(self, role: Role, structure_id: uuid.UUID | None) -> Actor:
        return Actor(self.amina, structure_id, frozenset({role}))


Verb = Callable[[Scene], object]
REFUSED: dict[str, tuple[type[BadgesError], Verb]] = {
    "a name of spaces": (BadName, lambda it: it.add(" ")),
    "a name too long": (BadName, lambda it: it.add("x" * 81)),
    "an address that is none": (BadEmail, lambda it: it.add(email="no address")),
    "nobody without a role": (RoleNeeded, lambda it: it.add("Bo", Role.OPERATOR, email="o@x.example")),
    "staff without address": (EmailNeeded, lambda it: it.add("Marc", Role.SUPERVISOR, email=None)),
    "an address taken": (EmailTaken, lambda it: it.add("Ada", Role.TUTOR, email="ADA@x.example")),
    "a reference taken": (ReferenceTaken, lambda it: it.add(reference="17")),
    "an exit before the entry": (BadDates, lambda it: it.add(planned_exit_on=date(2026, 11, 1))),
    "an unknown structure": (NotFound, lambda it: it.add(actor=it.as_role(Role.ADMIN, uuid.uuid4()))),
    "adding by a worker": (
        Forbidden,
        lambda it: it.add(actor=it.as_role(Role.WORKER, it.admin.structure_id)),
    ),
    "editing a stranger": (NotFound, lambda it: it.edit(uuid.uuid4())),
    "editing to an address taken": (EmailTaken, lambda it: it.edit(it.amina, email="ada@x.example")),
    "making staff without address": (EmailNeeded, lambda it: it.roles(it.amina, Role.TUTOR)),
    "making an operator": (RoleNeeded, lambda it: it.roles(it.amina, Role.OPERATOR)),
    "ending the last administrator": (LastAdministrator, lambda it: it.roles(it.admin.person_id)),
    "closing the last administrator": (
        LastAdministrator,
        lambda it: service_people.disable_person(it.session, it.clock, it.admin, it.admin.person_id),
    ),
    "in charge without the role": (NotInCharge, lambda it: it.assign(it.amina, Role.SUPERVISOR)),
    "in charge as administrator": (NotInCharge, lambda it: it.assign(it.amina, Role.ADMIN)),
    "in charge of no worker": (NotFound, lambda it: it.assign(it.admin.person_id, Role.COACH)),
    "a pseudonym of spaces": (
        PseudonymNeeded,
        lambda it: service.choose_name(it.session, it.clock, it.admin, NameForm.PSEUDONYM, " "),
    ),
    "a public name of spaces": (PublicNameNeeded, lambda it: it.write(public_name=" ")),
    "a public address that is none": (BadEmail, lambda it: it.write(public_email="no")),
    "a structure opened twice": (BadAddress, lambda it: it.open("Les Jardins du Canal")),
    "a name without letters": (BadAddress, lambda it: it.open("???")),
    "an unfit short address": (BadAddress, lambda it: it.open(slug="Bad Slug")),
    "opening by an administrator": (Forbidden, lambda it: it.open(actor=it.as_role(Role.ADMIN, None))),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_refused_verb_leaves_no_trace(session: Session, clock: StillClock, admin: Actor, what: str) -> None:
    error, verb = REFUSED[what]
    scene = Scene(session, clock, admin, service.add_person(session, clock, admin, somebody(reference="17")))
    before = lines(session), counts(session)
    with pytest.raises(error):
        verb(scene)
    assert (lines(session), counts(session)) == before


def counts(session: Session) -> list[int | None]:
    return [
        session.scalar(select(func.count()).select_from(table)) for table in (Person, Membership, Structure)
    ]


def test_a_structure_without_programmed_exit_keeps_no_exit_date(session: Session, clock: StillClock) -> None:
    new = structure(model=StructureModel.SOCIAL_INTEGRATION)
    admin = console(service.create_structure(session, clock, console(), new))
    with pytest.raises(NoProgrammedExit):
        service.add_person(session, clock, admin, somebody(planned_exit_on=date(2027, 2, 1)))


def test_the_short_address_comes_from_the_public_name(session: Session, clock: StillClock) -> None:
    structure_id = service.create_structure(session, clock, console(), structure("L’Épicerie & Cie"))
    assert session.get_one(Structure, structure_id).slug == "lepicerie-cie"
    assert queries.structure_called(session, "lepicerie-cie") == structure_id
    with pytest.raises(NotFound):
        queries.structure_called(session, "elsewhere")


def test_a_person_of_two_structures_is_renamed_by_nobody_else(
    session: Session, clock: StillClock, admin: Actor
) -> None:
    other = console(service.create_structure(session, clock, console(), structure("Canal Vert")))
    joined = service.add_person(
        session, clock, other, somebody("Adèle", Role.SUPERVISOR, email="ada@x.example")
    )
    assert joined == admin.person_id
    assert session.get_one(Person, joined).given_name == "Ada"
    for verb in (
        lambda: service_people.edit_person(session, clock, other, joined, edit(email="thief@x.example")),
        lambda: service_people.disable_person(session, clock, other, joined),
    ):
        with pytest.raises(SharedAccount):
            verb()
    same = edit(given_name="Ada", email="ada@x.example", crew="Serres")
    service_people.edit_person(session, clock, other, joined, same)
    assert queries_people.person_page(session, other, joined).row.crew == "Serres"


def test_two_administrators_let_one_go(session: Session, clock: StillClock, admin: Actor) -> None:
    assert admin.person_id
    bo = service.add_person(session, clock, admin, somebody("Bo", Role.ADMIN))
    service_people.disable_person(session, clock, admin, bo)
    with pytest.raises(LastAdministrator):
        service_people.set_roles(session, clock, admin, admin.person_id, frozenset())
    service_people.enable_person(session, clock, admin, bo)
    service_people.set_roles(session, clock, admin, admin.person_id, frozenset())
    assert queries.persons_with_role(session, admin.structure_id, Role.ADMIN) == [bo]  # type: ignore[arg-type]


def test_a_worker_who_left_keeps_their_own_pages_and_leaves_the_crew(
    session: Session, clock: StillClock, admin: Actor
) -> None:
    amina = service.add_person(session, clock, admin, somebody())
    marc = service.add_person(session, clock, admin, somebody("Marc", Role.SUPERVISOR))
    service.assign(session, clock, admin, amina, marc, Role.SUPERVISOR)
    supervisor = queries.actor_in(session, marc, admin.structure_id)
    assert [tile.person_id for tile in queries.workers_in_charge(session, supervisor)] == [amina]
    service_people.set_roles(session, clock, admin, amina, frozenset())
    assert queries.workers_in_charge(session, supervisor) == []
    assert queries.actor_in(session, amina, admin.structure_id).roles == {Role.WORKER}
    assert [row.name for row in queries_people.people(session, admin, gone=True)] == ["Amina"]


def in_house(session: Session, person_id: uuid.UUID, admin: Actor) -> Actor:
    return queries.actor_in(session, person_id, admin.structure_id)


def test_coaches_follow_whoever_has_none_and_only_those(
    session: Session, clock: StillClock, admin: Actor
) -> None:
    amina, bakary = (
        service.add_person(session, clock, admin, somebody(name)) for name in ("Amina", "Bakary")
    )
    lea, ida = (
        service.add_person(session, clock, admin, somebody(name, Role.COACH)) for name in ("Lea", "Ida")
    )
    service.assign(session, clock, admin, amina, lea, Role.COACH)
    seen = {
        name: [
            tile.person_id
            for tile in queries.workers_in_charge(session, queries.actor_in(session, who, admin.structure_id))
        ]
        for name, who in (("lea", lea), ("ida", ida))
    }
    assert seen == {"lea": [amina, bakary], "ida": [bakary]}
    service_people.set_roles(session, clock, admin, lea, frozenset({Role.TUTOR}))
    ida_now = queries.actor_in(session, ida, admin.structure_id)
    assert [tile.person_id for tile in queries.workers_in_charge(session, ida_now)] == [amina, bakary]
    assert admin.structure_id
    assert (Role.COACH, ida) in queries.worker_thing(session, admin.structure_id, amina).staff


def test_in_charge_of_all_and_one_by_one_agree(session: Session, clock: StillClock, admin: Actor) -> None:
    amina = service.add_person(session, clock, admin, somebody())
    marc = service.add_person(session, clock, admin, somebody("Marc", Role.SUPERVISOR, Role.TUTOR))
    pairs = frozenset({InCharge(Role.SUPERVISOR, marc), InCharge(Role.TUTOR, marc)})
    service.set_in_charge(session, clock, admin, amina, pairs)
    assert admin.structure_id
    assert queries.in_charge_of(session, admin.structure_id, amina) == pairs
    assert queries.in_charge_of_all(session, admin.structure_id) == {amina: pairs}


def test_people_are_found_by_parts_of_what_is_known_of_them(
    session: Session, clock: StillClock, admin: Actor
) -> None:
    service.add_person(
        session, clock, admin, somebody("Élodie", family_name="Œuvrard", crew="Serres", reference="17")
    )
    for search in ("elodie", "SERRES 17", "Œuvrard", ""):
        assert "Élodie Œuvrard" in [row.name for row in queries_people.people(session, admin, search=search)]
    assert queries_people.people(session, admin, search="nobody") == ()
    assert [row.name for row in queries_people.people(session, admin, role=Role.ADMIN)] == ["Ada"]
    with pytest.raises(Forbidden):
        queries_people.people(session, Actor(admin.person_id, admin.structure_id, frozenset({Role.COACH})))


def test_an_operator_sees_numbers_only(session: Session, clock: StillClock, admin: Actor) -> None:
    service.add_person(session, clock, admin, somebody())
    (row,) = queries_platform.structures(session, console())
    assert (row.public_name, row.workers, row.staff) == ("Les Jardins du Canal", 1, 1)
    with pytest.raises(Forbidden):
        queries_platform.structures(session, Actor(admin.person_id, None, frozenset({Role.ADMIN})))
    with pytest.raises(BadgesError):
        queries_platform.structures(session, ANONYMOUS)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Maraîchage et paniers de légumes", ()),
        ("J'ai du soin, et la SARL aussi", ()),
        ("Nous sommes un ACI", ("ACI",)),
        ("Atelier-chantier d’Insertion", ("insertion", "atelier chantier")),
        ("Entreprise adaptée", ("entreprise adaptee",)),
        ("A sheltered workshop for disabled people", ("sheltered work", "disabled")),
    ],
)
def test_words_that_tell_of_a_situation_are_named(text: str, told: tuple[str, ...]) -> None:
    assert telling_words(text) == told
