"""What happens to structures and persons: created, added, put in charge, named as they wish."""

import uuid
from collections.abc import Iterable

from sqlalchemy import delete, exc, select
from sqlalchemy.orm import Session

from badges import audit
from badges.clock import Clock, today
from badges.db import transaction
from badges.errors import BadAddress, BadgesError, EmailTaken, NotInCharge, PseudonymNeeded
from badges.people import queries
from badges.people.models import Assignment, Membership, NameForm, Person, Structure
from badges.people.rules import (
    IN_CHARGE_ROLES,
    InCharge,
    NewPerson,
    NewStructure,
    StructureTexts,
    check_exit,
    check_roles,
    check_slug,
    check_texts,
    clean_email,
    clean_name,
    make_slug,
)
from badges.people.service_rows import (
    journal,
    memberships_of,
    oneself,
    own_structure,
    role_names,
    write_worker,
)
from badges.permissions import Action, Actor, Role, Thing, require


def create_structure(session: Session, clock: Clock, actor: Actor, new: NewStructure) -> uuid.UUID:
    """Create a structure and its first administrator, if named. Journalled as `structure.created`.

    Raises `PublicNameNeeded`, `BadAddress` when the address is unfit or taken, and what `add_person` raises.
    """
    check_texts(new)
    slug = check_slug(new.slug) if new.slug else make_slug(new.public_name)
    with transaction(session):
        require(actor, Action.CREATE_STRUCTURE, Thing(structure_id=None))
        if session.scalar(select(Structure.id).where(Structure.slug == slug)):
            raise BadAddress(slug=slug)
        structure = Structure(id=clock.new_id(), slug=slug, created_at=clock.now())
        _write_texts(structure, new)
        session.add(structure)
        _flush_or(session, BadAddress(slug=slug))
        administrator = _add(session, clock, structure, new.administrator) if new.administrator else None
        audit.record(
            session, clock, actor=actor.journal_name, act="structure.created",
            subject=f"structure:{structure.id}", structure_id=structure.id,
            administrator=str(administrator or ""),
        )  # fmt: skip
    return structure.id


def edit_structure(session: Session, clock: Clock, actor: Actor, texts: StructureTexts) -> None:
    """Change what the structure of `actor` says of itself. Journalled as `structure.edited`."""
    check_texts(texts)
    with transaction(session):
        structure = own_structure(session, actor)
        require(actor, Action.EDIT_STRUCTURE, Thing(structure_id=structure.id))
        _write_texts(structure, texts)
        journal(session, clock, actor, "structure.edited", f"structure:{structure.id}")


def add_person(session: Session, clock: Clock, actor: Actor, new: NewPerson) -> uuid.UUID:
    """Add somebody to the structure of `actor`. Journalled as `person.added`.

    An e-mail known to the platform from another structure joins that account: its name is not overwritten.
    Raises `BadName`, `BadEmail`, `RoleNeeded`, `EmailNeeded`, `EmailTaken`, `ReferenceTaken`,
    `NoProgrammedExit`, `BadDates`.
    """
    with transaction(session):
        structure = own_structure(session, actor)
        require(actor, Action.MANAGE_PEOPLE, Thing(structure_id=structure.id))
        person_id = _add(session, clock, structure, new)
        journal(session, clock, actor, "person.added", f"person:{person_id}", roles=role_names(new.roles))
    return person_id


def assign(
    session: Session, clock: Clock, actor: Actor, worker_id: uuid.UUID, staff_id: uuid.UUID, role: Role
) -> None:
    """Put one more person in charge of a worker, as `worker.in_charge_set`. Raises `NotInCharge`."""
    with transaction(session):
        structure_id = own_structure(session, actor).id
        require(actor, Action.MANAGE_PEOPLE, queries.worker_thing(session, structure_id, worker_id))
        pairs = {InCharge(role, staff_id), *queries.in_charge_of(session, structure_id, worker_id)}
        _replace_in_charge(session, clock, actor, worker_id, pairs)


def set_in_charge(
    session: Session, clock: Clock, actor: Actor, worker_id: uuid.UUID, pairs: frozenset[InCharge]
) -> None:
    """Put exactly `pairs` in charge of a worker, as `worker.in_charge_set`. Raises `NotInCharge`."""
    with transaction(session):
        structure_id = own_structure(session, actor).id
        require(actor, Action.MANAGE_PEOPLE, queries.worker_thing(session, structure_id, worker_id))
        _replace_in_charge(session, clock, actor, worker_id, pairs)


def choose_name(session: Session, clock: Clock, actor: Actor, form: NameForm, pseudonym: str = "") -> None:
    """Choose how one's own name is written on badges to come. Journalled as `person.name_chosen`.

    Raises `PseudonymNeeded`. Badges already signed change only when the worker asks.
    """
    pseudonym = " ".join(pseudonym.split())
    if form is NameForm.PSEUDONYM and not pseudonym:
        raise PseudonymNeeded
    with transaction(session):
        person = oneself(session, actor)
        person.name_form, person.pseudonym = form, pseudonym or person.pseudonym
        journal(session, clock, actor, "person.name_chosen", f"person:{person.id}", form=form.value)


def choose_language(session: Session, clock: Clock, actor: Actor, language: str) -> None:
    """Choose the language of one's own pages and letters. Journalled as `person.language_chosen`."""
    with transaction(session):
        person = oneself(session, actor)
        person.language = language
        journal(session, clock, actor, "person.language_chosen", f"person:{person.id}", language=language)


def _add(session: Session, clock: Clock, structure: Structure, new: NewPerson) -> uuid.UUID:
    name, email = clean_name(new.given_name), clean_email(new.email)
    started_on = new.started_on or today(clock)
    check_roles(new.roles, email)
    check_exit(structure.model, started_on, new.planned_exit_on)
    person = session.scalar(select(Person).where(Person.email == email)) if email else None
    if person is None:
        person = Person(
            id=clock.new_id(), given_name=name, family_name=" ".join(new.family_name.split()), email=email,
            language=new.language, created_at=clock.now(),
        )  # fmt: skip
        session.add(person)
        _flush_or(session, EmailTaken())
    elif person.disabled_at or memberships_of(session, structure.id, person.id):
        raise EmailTaken
    for role in sorted(new.roles):
        membership = Membership(
            id=clock.new_id(), structure_id=structure.id, person_id=person.id, role=role,
            crew=new.crew.strip(), started_on=started_on,
        )  # fmt: skip
        if role is Role.WORKER:
            write_worker(session, structure, membership, new.reference, new.planned_exit_on)
        session.add(membership)
    session.flush()
    return person.id


def _flush_or(session: Session, error: BadgesError) -> None:
    """Write now; a unique value that somebody else took in the same instant is told as `error`."""
    try:
        session.flush()
    except exc.IntegrityError as fault:
        raise error from fault


def _write_texts(structure: Structure, texts: StructureTexts) -> None:
    structure.legal_name, structure.kind, structure.model = texts.legal_name, texts.kind, texts.model
    structure.public_name, structure.public_description = texts.public_name.strip(), texts.public_description
    structure.public_email, structure.public_url = clean_email(texts.public_email) or "", texts.public_url
    structure.language = texts.language


def _replace_in_charge(
    session: Session, clock: Clock, actor: Actor, worker_id: uuid.UUID, pairs: Iterable[InCharge]
) -> None:
    structure_id = own_structure(session, actor).id
    wanted = frozenset(pairs)
    for pair in wanted:
        if pair.role not in IN_CHARGE_ROLES or pair.staff_id not in queries.persons_with_role(
            session, structure_id, pair.role
        ):
            raise NotInCharge
    session.execute(
        delete(Assignment).where(Assignment.structure_id == structure_id, Assignment.worker_id == worker_id)
    )
    session.add_all(
        Assignment(
            id=clock.new_id(),
            structure_id=structure_id,
            worker_id=worker_id,
            staff_id=pair.staff_id,
            role=pair.role,
        )
        for pair in wanted
    )
    staff = ",".join(sorted(f"{pair.role}:{pair.staff_id}" for pair in wanted))
    journal(session, clock, actor, "worker.in_charge_set", f"person:{worker_id}", staff=staff)
