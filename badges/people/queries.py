"""Reads of people: who is asking, who is in charge of whom, and how a name is written."""

import uuid
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from badges.errors import NotFound
from badges.people.models import Assignment, Membership, NameForm, Person
from badges.permissions import Actor, Role, Thing


def actor_in(session: Session, person_id: uuid.UUID, structure_id: uuid.UUID | None) -> Actor:
    """Return `person_id` with the roles they hold now in `structure_id` (ended roles do not count)."""
    roles = set(
        session.scalars(
            select(Membership.role).where(
                Membership.person_id == person_id,
                Membership.structure_id == structure_id,
                Membership.ended_at.is_(None),
            )
        )
    )
    person = session.get_one(Person, person_id)
    if person.is_operator:
        roles.add(Role.OPERATOR)
    return Actor(person_id, structure_id, frozenset(roles))


def worker_thing(session: Session, structure_id: uuid.UUID, worker_id: uuid.UUID) -> Thing:
    """Return the facts `may` needs about a worker of `structure_id`. Raises `NotFound` when not one.

    A worker without a coach is followed by every coach of the structure: nobody falls between two chairs.
    """
    if not _is_worker(session, structure_id, worker_id):
        raise NotFound
    staff = {
        (role, staff_id)
        for role, staff_id in session.execute(
            select(Assignment.role, Assignment.staff_id).where(
                Assignment.structure_id == structure_id, Assignment.worker_id == worker_id
            )
        )
    }
    if all(role is not Role.COACH for role, _ in staff):
        staff |= {(Role.COACH, coach) for coach in persons_with_role(session, structure_id, Role.COACH)}
    return Thing(structure_id=structure_id, worker_id=worker_id, staff=frozenset(staff))


def persons_with_role(session: Session, structure_id: uuid.UUID, role: Role) -> list[uuid.UUID]:
    """Return the persons who hold `role` now in `structure_id`."""
    return list(
        session.scalars(
            select(Membership.person_id).where(
                Membership.structure_id == structure_id, Membership.role == role, Membership.ended_at.is_(None)
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
    """Return the workers that `actor` supervises, tutors or coaches in their structure, by first name."""
    if actor.structure_id is None:
        return []
    rows = session.execute(
        select(Membership.person_id, Person.given_name, Person.family_name, Membership.crew)
        .join(Person, Person.id == Membership.person_id)
        .where(
            Membership.structure_id == actor.structure_id,
            Membership.role == Role.WORKER,
            Membership.ended_at.is_(None),
        )
        .order_by(Person.given_name, Person.family_name)
    ).all()
    tiles = [WorkerTile(*row) for row in rows]
    return [tile for tile in tiles if _in_charge(session, actor, tile.person_id)]


def public_name(person: Person, form: NameForm) -> str:
    """Write a worker's name in `form`: "Amina Diallo", "Amina D." or the pseudonym they chose."""
    if form is NameForm.PSEUDONYM and person.pseudonym:
        return person.pseudonym
    if form is NameForm.FULL:
        return f"{person.given_name} {person.family_name}".strip()
    initial = f" {person.family_name[0]}." if person.family_name else ""
    return f"{person.given_name}{initial}"


def _in_charge(session: Session, actor: Actor, worker_id: uuid.UUID) -> bool:
    assert actor.structure_id is not None  # noqa: S101 - narrowed by the caller
    thing = worker_thing(session, actor.structure_id, worker_id)
    return any(role in actor.roles and person == actor.person_id for role, person in thing.staff)


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
