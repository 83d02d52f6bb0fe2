"""Reads of people: who is asking, who is in charge of whom, and how a name is written."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import Session, aliased

from badges.errors import NotFound
from badges.people.models import Assignment, Membership, NameForm, Person, Structure
from badges.people.rules import InCharge
from badges.permissions import Actor, Role, Thing


def actor_in(session: Session, person_id: uuid.UUID, structure_id: uuid.UUID | None) -> Actor:
    """Return `person_id` with the roles they hold now in `structure_id`.

    Ended roles do not count, but a worker who has left keeps theirs: the badges stay their own.
    """
    roles = set(
        session.scalars(
            select(Membership.role).where(
                Membership.person_id == person_id,
                Membership.structure_id == structure_id,
                or_(Membership.ended_at.is_(None), Membership.role == Role.WORKER),
            )
        )
    )
    person = session.get_one(Person, person_id)
    if person.is_operator:
        roles.add(Role.OPERATOR)
    return Actor(person_id, structure_id, frozenset(roles))


def structure_called(session: Session, slug: str) -> uuid.UUID:
    """Return the structure with this short address. Raises `NotFound`."""
    found = session.scalar(select(Structure.id).where(Structure.slug == slug))
    if found is None:
        raise NotFound
    return found


def worker_thing(session: Session, structure_id: uuid.UUID, worker_id: uuid.UUID) -> Thing:
    """Return the facts `may` needs about a worker of `structure_id`. Raises `NotFound` when not one.

    A worker without a coach is followed by every coach of the structure: nobody falls between two chairs.
    """
    if not _is_worker(session, structure_id, worker_id):
        raise NotFound
    staff = {(pair.role, pair.staff_id) for pair in in_charge_of(session, structure_id, worker_id)}
    if all(role is not Role.COACH for role, _ in staff):
        staff |= {(Role.COACH, coach) for coach in persons_with_role(session, structure_id, Role.COACH)}
    return Thing(structure_id=structure_id, worker_id=worker_id, staff=frozenset(staff))


def in_charge_of(session: Session, structure_id: uuid.UUID, worker_id: uuid.UUID) -> frozenset[InCharge]:
    """Return who is in charge of a worker; whoever no longer holds the role does not count."""
    pairs = session.execute(
        _in_charge_now(structure_id)
        .with_only_columns(Assignment.role, Assignment.staff_id)
        .where(Assignment.worker_id == worker_id)
    )
    return frozenset(InCharge(role, staff_id) for role, staff_id in pairs)


def in_charge_of_all(session: Session, structure_id: uuid.UUID) -> dict[uuid.UUID, set[InCharge]]:
    """Return who is in charge of each worker of a structure, by worker, in one query."""
    found: dict[uuid.UUID, set[InCharge]] = {}
    for assignment in session.scalars(_in_charge_now(structure_id)):
        pair = InCharge(assignment.role, assignment.staff_id)
        found.setdefault(assignment.worker_id, set()).add(pair)
    return found


def persons_with_role(session: Session, structure_id: uuid.UUID, role: Role) -> list[uuid.UUID]:
    """Return the persons who hold `role` now in `structure_id`; closed accounts do not count."""
    return list(
        session.scalars(
            select(Membership.person_id)
            .join(Person, Person.id == Membership.person_id)
            .where(
                Membership.structure_id == structure_id,
                Membership.role == role,
                Membership.ended_at.is_(None),
                Person.disabled_at.is_(None),
            )
        )
    )


@dataclass(frozen=True)
class WorkerTile:
    """A worker as a tile: first name, crew, nothing else."""

    person_id: uuid.UUID
    given_name: str
    family_name: str
    crew: str


def workers_in_charge(session: Session, actor: Actor) -> list[WorkerTile]:
    """Return the workers that `actor` supervises, tutors or coaches in their structure, by first name.

    The same rule as `worker_thing`, for all workers in one query.
    """
    if actor.structure_id is None:
        return []
    pairs = _in_charge_now(actor.structure_id).where(Assignment.worker_id == Membership.person_id)
    mine: ColumnElement[bool] = pairs.where(
        Assignment.staff_id == actor.person_id, Assignment.role.in_(sorted(actor.roles))
    ).exists()
    if Role.COACH in actor.roles:
        mine = or_(mine, ~pairs.where(Assignment.role == Role.COACH).exists())
    rows = session.execute(
        select(Membership.person_id, Person.given_name, Person.family_name, Membership.crew)
        .join(Person, Person.id == Membership.person_id)
        .where(
            Membership.structure_id == actor.structure_id,
            Membership.role == Role.WORKER,
            Membership.ended_at.is_(None),
            mine,
        )
        .order_by(Person.given_name, Person.family_name, Person.id)
    )
    return [WorkerTile(*row) for row in rows]


def public_names(session: Session, person_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, str]:
    """Return the name of each of these persons, in the form that they chose, in one query."""
    table = Person.__table__.c
    parts = select(table.id, table.name_form, table.given_name, table.family_name, table.pseudonym)
    rows = session.execute(parts.where(table.id.in_(person_ids))).all()
    return {row.id: public_name(row, row.name_form) for row in rows}


class Named(Protocol):
    """Whatever has the parts of a name."""

    @property
    def given_name(self) -> str:
        """What everybody has."""

    @property
    def family_name(self) -> str:
        """May be empty."""

    @property
    def pseudonym(self) -> str:
        """May be empty."""


def public_name(person: Named, form: NameForm) -> str:
    """Write a worker's name in `form`: "Amina Diallo", "Amina D." or the pseudonym they chose."""
    if form is NameForm.PSEUDONYM and person.pseudonym:
        return person.pseudonym
    if form is NameForm.FULL:
        return f"{person.given_name} {person.family_name}".strip()
    initial = f" {person.family_name[0]}." if person.family_name else ""
    return f"{person.given_name}{initial}"


def _in_charge_now(structure_id: uuid.UUID) -> Select[Any]:
    """Return the assignments whose staff member still holds the role and can still sign in."""
    holds, staff = aliased(Membership), aliased(Person)
    return (
        select(Assignment)
        .join(
            holds,
            and_(
                holds.structure_id == Assignment.structure_id,
                holds.person_id == Assignment.staff_id,
                holds.role == Assignment.role,
                holds.ended_at.is_(None),
            ),
        )
        .join(staff, and_(staff.id == Assignment.staff_id, staff.disabled_at.is_(None)))
        .where(Assignment.structure_id == structure_id)
    )


def _is_worker(session: Session, structure_id: uuid.UUID, worker_id: uuid.UUID) -> bool:
    return (
        session.scalar(
            select(Membership.id).where(
                Membership.structure_id == structure_id,
                Membership.person_id == worker_id,
                Membership.role == Role.WORKER,
            )
        )
        is not None
    )
