"""What an administrator sees: the people of their structure, and one of them with all that can change."""

import uuid
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from badges.errors import NotFound
from badges.people import queries
from badges.people.models import Membership, NameForm, Person, Structure, WorkerCard
from badges.people.rules import IN_CHARGE_ROLES, InCharge, StructureTexts
from badges.people.rules_roster_file import fold
from badges.permissions import Action, Actor, Role, Thing, require


@dataclass(frozen=True)
class PersonRow:
    """Somebody of the structure, as a line of the list. `roles` are those held now."""

    id: uuid.UUID
    given_name: str
    family_name: str
    email: str | None
    roles: tuple[Role, ...]
    crew: str
    reference: str | None
    closed: bool

    @property
    def name(self) -> str:
        """Return first name and family name."""
        return f"{self.given_name} {self.family_name}".strip()

    @property
    def here(self) -> bool:
        """Tell whether they still hold a role and can sign in."""
        return bool(self.roles) and not self.closed


@dataclass(frozen=True)
class PersonPage:
    """Everything about one person that an administrator may read or change."""

    row: PersonRow
    language: str
    started_on: date
    planned_exit_on: date | None
    shared: bool
    in_charge: frozenset[InCharge]
    card_issued_at: datetime | None
    was_worker: bool
    staff: dict[Role, tuple[PersonRow, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Oneself:
    """What a person sees of their own account."""

    given_name: str
    family_name: str
    email: str | None
    language: str
    name_form: NameForm
    pseudonym: str
    full_name: str
    short_name: str


def people(
    session: Session, actor: Actor, *, role: Role | None = None, search: str = "", gone: bool = False
) -> tuple[PersonRow, ...]:
    """Return the people of the structure of `actor` by first name; `gone` for those who have left.

    `search` finds parts of names, e-mail, crew and reference, without accents. Raises `Forbidden`.
    """
    require(actor, Action.VIEW_PEOPLE, Thing(structure_id=actor.structure_id))
    words = fold(search).split()
    return tuple(
        row
        for row in _rows(session, actor.structure_id)
        if row.here is not gone
        and (role is None or role in row.roles)
        and all(word in _text(row) for word in words)
    )


def person_page(session: Session, actor: Actor, person_id: uuid.UUID) -> PersonPage:
    """Return one person of the structure of `actor`. Raises `NotFound`, `Forbidden`."""
    require(actor, Action.VIEW_PEOPLE, Thing(structure_id=actor.structure_id))
    rows = {row.id: row for row in _rows(session, actor.structure_id)}
    if person_id not in rows or actor.structure_id is None:
        raise NotFound
    memberships = list(
        session.scalars(
            select(Membership).where(
                Membership.structure_id == actor.structure_id, Membership.person_id == person_id
            )
        )
    )
    worker = next((member for member in memberships if member.role is Role.WORKER), memberships[0])
    person = session.get_one(Person, person_id)
    return PersonPage(
        row=rows[person_id],
        language=person.language,
        started_on=worker.started_on,
        planned_exit_on=worker.planned_exit_on,
        shared=_is_shared(session, person, actor.structure_id),
        in_charge=queries.in_charge_of(session, actor.structure_id, person_id),
        card_issued_at=_card_issued_at(session, actor.structure_id, person_id),
        was_worker=worker.role is Role.WORKER,
        staff={
            role: tuple(row for row in rows.values() if row.here and role in row.roles)
            for role in sorted(IN_CHARGE_ROLES)
        },
    )


def oneself(session: Session, actor: Actor) -> Oneself:
    """Return what `actor` sees of their own account."""
    person = session.get_one(Person, actor.person_id)
    return Oneself(
        person.given_name,
        person.family_name,
        person.email,
        person.language,
        person.name_form,
        person.pseudonym,
        queries.public_name(person, NameForm.FULL),
        queries.public_name(person, NameForm.INITIAL),
    )


def structure_texts(session: Session, actor: Actor) -> StructureTexts:
    """Return what the structure of `actor` says of itself. Raises `NotFound`, `Forbidden`."""
    require(actor, Action.EDIT_STRUCTURE, Thing(structure_id=actor.structure_id))
    structure = session.get(Structure, actor.structure_id)
    if structure is None:
        raise NotFound
    names = StructureTexts.__dataclass_fields__
    return StructureTexts(**{name: getattr(structure, name) for name in names})


def _rows(session: Session, structure_id: uuid.UUID | None) -> list[PersonRow]:
    found: dict[uuid.UUID, list[tuple[Person, Membership]]] = {}
    for person, membership in session.execute(
        select(Person, Membership)
        .join(Membership, Membership.person_id == Person.id)
        .where(Membership.structure_id == structure_id)
        .order_by(Membership.role)
    ):
        found.setdefault(person.id, []).append((person, membership))
    rows = [_row(pairs[0][0], [membership for _, membership in pairs]) for pairs in found.values()]
    return sorted(rows, key=lambda row: (fold(row.given_name), fold(row.family_name), row.id))


def _row(person: Person, memberships: list[Membership]) -> PersonRow:
    return PersonRow(
        id=person.id,
        given_name=person.given_name,
        family_name=person.family_name,
        email=person.email,
        roles=tuple(member.role for member in memberships if member.ended_at is None),
        crew=next((member.crew for member in memberships if member.crew), ""),
        reference=next((member.reference for member in memberships if member.reference), None),
        closed=person.disabled_at is not None,
    )


def _text(row: PersonRow) -> str:
    return fold(f"{row.name} {row.email or ''} {row.crew} {row.reference or ''}")


def _is_shared(session: Session, person: Person, structure_id: uuid.UUID) -> bool:
    elsewhere = select(Membership.id).where(
        Membership.person_id == person.id, Membership.structure_id != structure_id
    )
    return person.is_operator or session.scalar(elsewhere.limit(1)) is not None


def _card_issued_at(session: Session, structure_id: uuid.UUID, person_id: uuid.UUID) -> datetime | None:
    return session.scalar(
        select(WorkerCard.issued_at).where(
            WorkerCard.structure_id == structure_id,
            WorkerCard.person_id == person_id,
            WorkerCard.revoked_at.is_(None),
        )
    )
