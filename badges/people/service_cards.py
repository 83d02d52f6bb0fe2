"""Worker cards: issued by staff, printed once, replaced when lost."""

import uuid
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from badges import audit
from badges.clock import Clock
from badges.db import transaction
from badges.errors import NotFound
from badges.people import queries
from badges.people.models import Membership, Person, SignIn, SignInMethod, Structure, WorkerCard
from badges.people.rules_secrets import fingerprint, hash_secret, new_pin
from badges.permissions import Action, Actor, Role, require


@dataclass(frozen=True)
class IssuedCard:
    """A card at the only moment when its token and code are known: to be printed now."""

    card_id: uuid.UUID
    token: str
    pin: str
    person_id: uuid.UUID
    given_name: str
    structure_name: str


def issue_card(session: Session, clock: Clock, actor: Actor, worker_id: uuid.UUID) -> IssuedCard:
    """Make a new card for a worker; the old one dies and what it opened ends. Journalled as `card.issued`.

    Whoever has left keeps their badges, so a lost card of theirs is replaced too. Raises `NotFound` for
    somebody who never was a worker of the structure, `Forbidden`.
    """
    token, pin = clock.new_token(), new_pin()
    pin_hash = hash_secret(pin)
    with transaction(session):
        structure_id = _allow(session, actor, worker_id)
        replaced = _stop(session, clock, structure_id, worker_id)
        card = WorkerCard(
            id=clock.new_id(), structure_id=structure_id, person_id=worker_id, token_hash=fingerprint(token),
            pin_hash=pin_hash, issued_by=actor.person_id, issued_at=clock.now(),
        )  # fmt: skip
        session.add(card)
        audit.record(
            session, clock, actor=actor.journal_name, act="card.issued", subject=f"card:{card.id}",
            structure_id=structure_id, worker=str(worker_id), replaced=replaced,
        )  # fmt: skip
        name = session.get_one(Person, worker_id).given_name
        structure = session.get_one(Structure, structure_id).public_name
    return IssuedCard(card.id, token, pin, worker_id, name, structure)


def stop_card(session: Session, clock: Clock, actor: Actor, worker_id: uuid.UUID) -> None:
    """Stop the card of a worker, lost for instance, and end what it had opened. Journalled as `card.stopped`.

    Raises `NotFound` when there is no live card, `Forbidden`.
    """
    with transaction(session):
        structure_id = _allow(session, actor, worker_id)
        stopped = _stop(session, clock, structure_id, worker_id)
        if not stopped:
            raise NotFound
        audit.record(
            session, clock, actor=actor.journal_name, act="card.stopped", subject=f"card:{stopped}",
            structure_id=structure_id, worker=str(worker_id),
        )  # fmt: skip


def _allow(session: Session, actor: Actor, worker_id: uuid.UUID) -> uuid.UUID:
    if actor.structure_id is None:
        raise NotFound
    require(actor, Action.ISSUE_CARD, queries.worker_thing(session, actor.structure_id, worker_id))
    session.execute(
        select(Membership.id)
        .where(
            Membership.structure_id == actor.structure_id,
            Membership.person_id == worker_id,
            Membership.role == Role.WORKER,
        )
        .with_for_update()
    )
    return actor.structure_id


def _stop(session: Session, clock: Clock, structure_id: uuid.UUID, worker_id: uuid.UUID) -> str:
    """Stop the live card, if any, and return its id as text; an empty text when there was none."""
    live = session.scalar(
        select(WorkerCard).where(
            WorkerCard.structure_id == structure_id,
            WorkerCard.person_id == worker_id,
            WorkerCard.revoked_at.is_(None),
        )
    )
    if live is None:
        return ""
    live.revoked_at = clock.now()
    for sign_in in session.scalars(
        select(SignIn).where(
            SignIn.person_id == worker_id,
            SignIn.structure_id == structure_id,
            SignIn.method == SignInMethod.CARD,
            SignIn.ended_at.is_(None),
        )
    ):
        sign_in.ended_at = clock.now()
    session.flush()
    return str(live.id)
