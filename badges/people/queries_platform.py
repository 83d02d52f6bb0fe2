"""What a platform operator sees: structures and numbers, never a person."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from badges.people.models import Membership, Structure, StructureModel
from badges.permissions import Action, Actor, Role, Thing, require


@dataclass(frozen=True)
class StructureRow:
    """A structure in numbers."""

    id: uuid.UUID
    slug: str
    public_name: str
    model: StructureModel
    created_at: datetime
    workers: int
    staff: int


def structures(session: Session, actor: Actor) -> tuple[StructureRow, ...]:
    """Return all structures by name with how many people work there now. Raises `Forbidden`."""
    require(actor, Action.VIEW_PLATFORM, Thing(structure_id=None))
    is_worker = Membership.role == Role.WORKER
    people = (
        select(
            Membership.structure_id,
            func.count(func.distinct(case((is_worker, Membership.person_id)))).label("workers"),
            func.count(func.distinct(case((~is_worker, Membership.person_id)))).label("staff"),
        )
        .where(Membership.ended_at.is_(None))
        .group_by(Membership.structure_id)
        .subquery()
    )
    rows = session.execute(
        select(
            Structure.id,
            Structure.slug,
            Structure.public_name,
            Structure.model,
            Structure.created_at,
            func.coalesce(people.c.workers, 0),
            func.coalesce(people.c.staff, 0),
        )
        .outerjoin(people, people.c.structure_id == Structure.id)
        .order_by(Structure.public_name, Structure.id)
    )
    return tuple(StructureRow(*row) for row in rows)
