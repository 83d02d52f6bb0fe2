"""Reads about sign-ins: who holds a token, in which structures, and what else is open."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from badges.clock import Clock
from badges.errors import CardUnknown, LinkSpent
from badges.people import queries
from badges.people.models import EmailLink, Membership, Person, SignIn, SignInMethod, Structure, WorkerCard
from badges.people.rules_secrets import fingerprint
from badges.permissions import STAFF, Actor, Role
from badges.settings import Settings


@dataclass(frozen=True)
class SignedIn:
    """Somebody signed in on one device, in one structure, and the structures they can switch to.

    A printed card opens the worker's pages of its structure and nothing else, whatever other roles the
    person holds: a card is made by staff, who must not reach further with it.
    """

    actor: Actor
    sign_in_id: uuid.UUID
    person_id: uuid.UUID
    given_name: str
    language: str
    structure_id: uuid.UUID | None
    structure_name: str
    structures: tuple[tuple[uuid.UUID, str], ...]
    method: SignInMethod = SignInMethod.PASSWORD


@dataclass(frozen=True)
class OpenSignIn:
    """One open sign-in as its owner sees it listed."""

    id: uuid.UUID
    method: SignInMethod
    device: str
    created_at: datetime
    last_seen_at: datetime
    structure_name: str


@dataclass(frozen=True)
class CardFront:
    """What the page of a card may say before the code is typed: whose tile to draw, where."""

    id: uuid.UUID
    person_id: uuid.UUID
    given_name: str
    structure_id: uuid.UUID
    structure_name: str
    pin_hash: str


def open_sign_in(session: Session, token_hash: str) -> SignIn | None:
    """Return the sign-in that was not ended, of an account that is not closed."""
    return session.scalar(
        select(SignIn)
        .join(Person, Person.id == SignIn.person_id)
        .where(SignIn.token_hash == token_hash, SignIn.ended_at.is_(None), Person.disabled_at.is_(None))
    )


def signed_in(session: Session, row: SignIn) -> SignedIn:
    """Return everything a request needs to know about the holder of `row`."""
    person = session.get_one(Person, row.person_id)
    actor = queries.actor_in(session, row.person_id, row.structure_id)
    structures = structures_of(session, row.person_id)
    if row.method is SignInMethod.CARD:
        actor = Actor(actor.person_id, actor.structure_id, actor.roles & {Role.WORKER})
        structures = tuple(pair for pair in structures if pair[0] == row.structure_id)
    return SignedIn(
        actor=actor,
        sign_in_id=row.id,
        person_id=row.person_id,
        given_name=person.given_name,
        language=person.language,
        structure_id=row.structure_id,
        structure_name=dict(structures).get(row.structure_id, "") if row.structure_id else "",
        structures=structures,
        method=row.method,
    )


def structures_of(session: Session, person_id: uuid.UUID) -> tuple[tuple[uuid.UUID, str], ...]:
    """Return the structures where a person holds a role, or was a worker, by name."""
    rows = session.execute(
        select(Structure.id, Structure.public_name)
        .join(Membership, Membership.structure_id == Structure.id)
        .where(
            Membership.person_id == person_id,
            or_(Membership.ended_at.is_(None), Membership.role == Role.WORKER),
        )
        .distinct()
        .order_by(Structure.public_name, Structure.id)
    )
    return tuple((structure_id, name) for structure_id, name in rows)


def usual_structure(session: Session, person_id: uuid.UUID) -> uuid.UUID | None:
    """Return where a person goes on when they sign in: where they were last, else the first one they joined.

    A platform operator starts outside of all structures.
    """
    if session.get_one(Person, person_id).is_operator:
        return None
    own = {structure_id for structure_id, _ in structures_of(session, person_id)}
    last = session.scalar(
        select(SignIn.structure_id)
        .where(SignIn.person_id == person_id, SignIn.structure_id.in_(own))
        .order_by(SignIn.last_seen_at.desc(), SignIn.created_at.desc())
        .limit(1)
    )
    first = (
        select(Membership.structure_id)
        .where(Membership.person_id == person_id, Membership.structure_id.in_(own))
        .order_by(Membership.ended_at.is_not(None), Membership.started_on, Membership.id)
        .limit(1)
    )
    return last or session.scalar(first)


def list_open(session: Session, clock: Clock, settings: Settings, who: SignedIn) -> tuple[OpenSignIn, ...]:
    """Return the open sign-ins of `who`, the newest first; with a card, only those made with a card."""
    now = clock.now()
    rows = session.execute(
        select(SignIn, Structure.public_name)
        .outerjoin(Structure, Structure.id == SignIn.structure_id)
        .where(
            SignIn.person_id == who.person_id,
            SignIn.ended_at.is_(None),
            SignIn.last_seen_at > now - settings.session_idle,
            SignIn.created_at > now - settings.session_absolute,
        )
        .order_by(SignIn.last_seen_at.desc(), SignIn.id)
    )
    return tuple(
        OpenSignIn(row.id, row.method, row.device, row.created_at, row.last_seen_at, name or "")
        for row, name in rows
        if who.method is not SignInMethod.CARD or row.method is SignInMethod.CARD
    )


def live_card(session: Session, card_token: str) -> CardFront:
    """Return the card that holds `card_token`. Raises `CardUnknown` when it was replaced or never existed."""
    row = session.execute(
        select(WorkerCard, Person.given_name, Structure.public_name)
        .join(Person, Person.id == WorkerCard.person_id)
        .join(Structure, Structure.id == WorkerCard.structure_id)
        .where(
            WorkerCard.token_hash == fingerprint(card_token),
            WorkerCard.revoked_at.is_(None),
            Person.disabled_at.is_(None),
        )
    ).first()
    if row is None:
        raise CardUnknown
    card, given_name, structure_name = row
    return CardFront(card.id, card.person_id, given_name, card.structure_id, structure_name, card.pin_hash)


def check_link(session: Session, clock: Clock, token: str) -> None:
    """Pass when a sign-in link would work; it is not spent by this. Raises `LinkSpent`."""
    link = session.scalar(select(EmailLink).where(EmailLink.token_hash == fingerprint(token)))
    if link is None or link.used_at or link.expires_at <= clock.now():
        raise LinkSpent


def may_set_password(who: SignedIn) -> bool:
    """Tell whether `who` signs in as staff on this device: a printed card never leads to a password."""
    return who.method is not SignInMethod.CARD and bool(who.actor.roles & {*STAFF, Role.OPERATOR})
