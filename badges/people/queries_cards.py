"""Reads about worker cards, for the staff who print them."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from badges.errors import NotFound
from badges.people import queries
from badges.people.models import Person, WorkerCard
from badges.permissions import Action, Actor, require


@dataclass(frozen=True)
class CardHolder:
    """A worker, and since when their card works; None when they have none."""

    person_id: uuid.UUID
    given_name: str
    issued_at: datetime | None


def holder(session: Session, actor: Actor, worker_id: uuid.UUID) -> CardHolder:
    """Return a worker whose card `actor` may make. Raises `NotFound`, `Forbidden`."""
    if actor.structure_id is None:
        raise NotFound
    require(actor, Action.ISSUE_CARD, queries.worker_thing(session, actor.structure_id, worker_id))
    issued_at = session.scalar(
        select(WorkerCard.issued_at).where(
            WorkerCard.structure_id == actor.structure_id,
            WorkerCard.person_id == worker_id,
            WorkerCard.revoked_at.is_(None),
        )
    )
    return CardHolder(worker_id, session.get_one(Person, worker_id).given_name, issued_at)
