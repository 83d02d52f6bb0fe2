"""What an administrator changes about a person: corrections, roles, an account closed and opened again."""

import uuid
from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from badges.clock import Clock, today
from badges.db import transaction
from badges.errors import EmailNeeded, EmailTaken, RoleNeeded, SharedAccount
from badges.people.models import Membership, Person, Structure
from badges.people.rules import GIVEN_ROLES, PersonEdit, clean_email, clean_name
from badges.people.service_rows import (
    end_sign_ins,
    is_shared,
    journal,
    keep_an_administrator,
    own_structure,
    person_of,
    role_names,
    write_worker,
)
from badges.permissions import STAFF, Action, Actor, Role, Thing, require


def edit_person(session: Session, clock: Clock, actor: Actor, person_id: uuid.UUID, edit: PersonEdit) -> None:
    """Correct what the structure holds about a person. Journalled as `person.edited`.

    Raises `SharedAccount` when a name or e-mail would change for another structure too: otherwise an
    administrator could take over somebody else's account by changing its address.
    """
    name, email = clean_name(edit.given_name), clean_email(edit.email)
    with transaction(session):
        structure = own_structure(session, actor)
        require(actor, Action.MANAGE_PEOPLE, Thing(structure_id=structure.id))
        person, memberships = person_of(session, structure.id, person_id)
        before = (person.given_name, person.family_name, person.email)
        after = (name, " ".join(edit.family_name.split()), email)
        if before != after:
            _rename(session, person, structure.id, memberships, *after)
        person.language = edit.language
        for membership in memberships:
            membership.crew = edit.crew.strip()
            if membership.role is Role.WORKER:
                write_worker(session, structure, membership, edit.reference, edit.planned_exit_on)
        journal(session, clock, actor, "person.edited", f"person:{person_id}")


def set_roles(
    session: Session, clock: Clock, actor: Actor, person_id: uuid.UUID, roles: frozenset[Role]
) -> None:
    """Give a person exactly `roles` in the structure of `actor`; none means that they have left.

    Journalled as `person.roles_set`. Raises `LastAdministrator`, `RoleNeeded`, `EmailNeeded`.
    """
    if not roles <= GIVEN_ROLES:
        raise RoleNeeded
    with transaction(session):
        structure = own_structure(session, actor)
        require(actor, Action.MANAGE_PEOPLE, Thing(structure_id=structure.id))
        person, memberships = person_of(session, structure.id, person_id)
        if roles & STAFF and not person.email:
            raise EmailNeeded
        if Role.ADMIN not in roles:
            keep_an_administrator(session, structure.id, person_id)
        _replace_roles(session, clock, structure, person_id, memberships, roles)
        journal(session, clock, actor, "person.roles_set", f"person:{person_id}", roles=role_names(roles))


def disable_person(session: Session, clock: Clock, actor: Actor, person_id: uuid.UUID) -> None:
    """Close an account: nobody signs in with it until it is opened again. Journalled as `person.disabled`.

    Raises `LastAdministrator`, and `SharedAccount` when it also belongs to another structure (end the
    roles here instead).
    """
    with transaction(session):
        structure = own_structure(session, actor)
        require(actor, Action.MANAGE_PEOPLE, Thing(structure_id=structure.id))
        person, _ = person_of(session, structure.id, person_id)
        keep_an_administrator(session, structure.id, person_id)
        if is_shared(session, person, structure.id):
            raise SharedAccount
        person.disabled_at = person.disabled_at or clock.now()
        end_sign_ins(session, clock, person_id)
        journal(session, clock, actor, "person.disabled", f"person:{person_id}")


def enable_person(session: Session, clock: Clock, actor: Actor, person_id: uuid.UUID) -> None:
    """Open a closed account again. Journalled as `person.enabled`. Raises `SharedAccount`."""
    with transaction(session):
        structure = own_structure(session, actor)
        require(actor, Action.MANAGE_PEOPLE, Thing(structure_id=structure.id))
        person, _ = person_of(session, structure.id, person_id)
        if is_shared(session, person, structure.id):
            raise SharedAccount
        person.disabled_at = None
        journal(session, clock, actor, "person.enabled", f"person:{person_id}")


def _rename(
    session: Session, person: Person, structure_id: uuid.UUID, memberships: Iterable[Membership],
    given_name: str, family_name: str, email: str | None,
) -> None:  # fmt: skip
    if is_shared(session, person, structure_id):
        raise SharedAccount
    if email is None and any(member.role in STAFF and member.ended_at is None for member in memberships):
        raise EmailNeeded
    if email and session.scalar(select(Person.id).where(Person.email == email, Person.id != person.id)):
        raise EmailTaken
    person.given_name, person.family_name, person.email = given_name, family_name, email


def _replace_roles(
    session: Session, clock: Clock, structure: Structure, person_id: uuid.UUID,
    memberships: list[Membership], roles: frozenset[Role],
) -> None:  # fmt: skip
    held = {membership.role: membership for membership in memberships}
    for role, membership in held.items():
        if role not in roles:
            membership.ended_at = membership.ended_at or clock.now()
        elif membership.ended_at:
            membership.ended_at, membership.started_on, membership.planned_exit_on = None, today(clock), None
    crew = next((membership.crew for membership in memberships), "")
    session.add_all(
        Membership(
            id=clock.new_id(), structure_id=structure.id, person_id=person_id, role=role, crew=crew,
            started_on=today(clock),
        )
        for role in roles - set(held)
    )  # fmt: skip
