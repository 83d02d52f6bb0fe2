"""Reads for a roster: the structure as the plan compares it with, and the file waiting for its import."""

import uuid
from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from sqlalchemy import Executable, exists, or_, select
from sqlalchemy.orm import Session, aliased

from badges.clock import Clock
from badges.errors import RosterGone
from badges.people import queries
from badges.people.models import Membership, Person, RosterUpload, Structure
from badges.people.rules import InCharge
from badges.people.rules_roster_match import Known, KnownPerson
from badges.permissions import Actor, Role

UPLOAD_LIFE = timedelta(hours=1)
_MEMBERSHIPS = select(
    Membership.person_id,
    Membership.role,
    Membership.crew,
    Membership.reference,
    Membership.started_on,
    Membership.planned_exit_on,
    Membership.ended_at,
)


def known(session: Session, structure: Structure, emails: Iterable[str]) -> Known:
    """Return what a plan needs about `structure`, and which of `emails` live elsewhere; four queries."""
    memberships: dict[uuid.UUID, list[Any]] = defaultdict(list)
    for row in session.execute(_MEMBERSHIPS.where(Membership.structure_id == structure.id)):
        memberships[row.person_id].append(row)
    in_charge = queries.in_charge_of_all(session, structure.id)
    people = tuple(
        _known_person(person, memberships[person.id], frozenset(in_charge.get(person.id, ())))
        for person in session.execute(_people(structure.id))
    )
    return Known(structure.model, people, _elsewhere(session, emails, {person.email for person in people}))


def upload_of(session: Session, clock: Clock, actor: Actor, upload_id: uuid.UUID) -> RosterUpload:
    """Return the file that `actor` sent to their structure less than an hour ago. Raises `RosterGone`."""
    upload = session.get(RosterUpload, upload_id)
    if (
        upload is None
        or (upload.person_id, upload.structure_id) != (actor.person_id, actor.structure_id)
        or clock.now() - upload.created_at > UPLOAD_LIFE
    ):
        raise RosterGone
    return upload


def _people(structure_id: uuid.UUID) -> Executable:
    other = aliased(Membership)
    elsewhere = exists().where(other.person_id == Person.id, other.structure_id != structure_id)
    here = exists().where(Membership.person_id == Person.id, Membership.structure_id == structure_id)
    names = (Person.id, Person.given_name, Person.family_name, Person.email, Person.language)
    shared = or_(Person.is_operator, elsewhere).label("shared")
    return select(*names, Person.disabled_at, shared).where(here).order_by(Person.id)


def _known_person(person: Any, memberships: list[Any], in_charge: frozenset[InCharge]) -> KnownPerson:
    worker = next((row for row in memberships if row.role is Role.WORKER), None)
    return KnownPerson(
        person_id=person.id,
        given_name=person.given_name,
        family_name=person.family_name,
        email=person.email,
        language=person.language,
        roles=frozenset(row.role for row in memberships if row.ended_at is None),
        crew=(worker or memberships[0]).crew,
        reference=worker.reference if worker else None,
        started_on=worker.started_on if worker else None,
        planned_exit_on=worker.planned_exit_on if worker else None,
        in_charge=in_charge,
        left=all(row.ended_at for row in memberships),
        closed=person.disabled_at is not None,
        shared=bool(person.shared),
    )


def _elsewhere(session: Session, emails: Iterable[str], ours: set[str | None]) -> dict[str, bool]:
    wanted = sorted(set(emails) - ours)
    rows = session.execute(select(Person.email, Person.disabled_at).where(Person.email.in_(wanted)))
    return {email: disabled_at is not None for email, disabled_at in rows if email}
