"""Rows that the verbs of people load and write, inside the transaction of the verb."""

import uuid
from collections.abc import Iterable
from datetime import date

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from badges import audit
from badges.clock import Clock
from badges.errors import LastAdministrator, NotFound, ReferenceTaken
from badges.people.models import Membership, Person, SignIn, Structure
from badges.people.rules import check_exit
from badges.permissions import Action, Actor, Role, Thing, require


def end_sign_ins(
    session: Session, clock: Clock, person_id: uuid.UUID, *, keep: uuid.UUID | None = None
) -> None:
    """End the open sign-ins of a person but `keep`, in the caller's transaction."""
    for sign_in in session.scalars(
        select(SignIn).where(SignIn.person_id == person_id, SignIn.ended_at.is_(None))
    ):
        if sign_in.id != keep:
            sign_in.ended_at = clock.now()


def write_worker(
    session: Session,
    structure: Structure,
    membership: Membership,
    reference: str | None,
    exit_on: date | None,
) -> None:
    """Write what only a worker has. Raises `ReferenceTaken`, `NoProgrammedExit`, `BadDates`."""
    reference = (reference or "").strip() or None
    check_exit(structure.model, membership.started_on, exit_on)
    taken = select(Membership.id).where(
        Membership.structure_id == structure.id,
        Membership.reference == reference,
        Membership.person_id != membership.person_id,
    )
    if reference and session.scalar(taken.limit(1)):
        raise ReferenceTaken(reference=reference)
    membership.reference, membership.planned_exit_on = reference, exit_on


def keep_an_administrator(session: Session, structure_id: uuid.UUID, leaving: uuid.UUID) -> None:
    """Refuse that the last administrator who can still sign in goes. Raises `LastAdministrator`."""
    administrators = session.scalars(
        select(Membership.person_id)
        .join(Person, Person.id == Membership.person_id)
        .where(
            Membership.structure_id == structure_id,
            Membership.role == Role.ADMIN,
            Membership.ended_at.is_(None),
            Person.disabled_at.is_(None),
        )
        .with_for_update(of=Membership)
    ).all()
    if list(administrators) == [leaving]:
        raise LastAdministrator


def is_shared(session: Session, person: Person, structure_id: uuid.UUID) -> bool:
    """Tell whether the account counts outside `structure_id`: in another structure, or for the platform."""
    elsewhere = exists().where(Membership.person_id == person.id, Membership.structure_id != structure_id)
    return person.is_operator or bool(session.scalar(select(elsewhere)))


def own_structure(session: Session, actor: Actor) -> Structure:
    """Return the structure of `actor`. Raises `NotFound`."""
    structure = session.get(Structure, actor.structure_id) if actor.structure_id else None
    if structure is None:
        raise NotFound
    return structure


def oneself(session: Session, actor: Actor) -> Person:
    """Return the person of `actor`, who may edit themselves. Raises `Forbidden`."""
    require(actor, Action.EDIT_SELF, Thing(structure_id=actor.structure_id, worker_id=actor.person_id))
    return session.get_one(Person, actor.person_id)


def person_of(
    session: Session, structure_id: uuid.UUID, person_id: uuid.UUID
) -> tuple[Person, list[Membership]]:
    """Return a person of the structure with their memberships there, ended ones too. Raises `NotFound`."""
    memberships = memberships_of(session, structure_id, person_id)
    if not memberships:
        raise NotFound
    return session.get_one(Person, person_id), memberships


def memberships_of(session: Session, structure_id: uuid.UUID, person_id: uuid.UUID) -> list[Membership]:
    """Return the memberships of a person in the structure, ended ones too."""
    return list(
        session.scalars(
            select(Membership).where(
                Membership.structure_id == structure_id, Membership.person_id == person_id
            )
        )
    )


def role_names(roles: Iterable[Role]) -> str:
    """Return roles as the journal writes them."""
    return ",".join(sorted(roles))


def journal(session: Session, clock: Clock, actor: Actor, act: str, subject: str, **details: str) -> None:
    """Append one journal line for the structure of `actor`."""
    audit.record(
        session, clock, actor=actor.journal_name, act=act, subject=subject,
        structure_id=actor.structure_id, **details,
    )  # fmt: skip
