"""What waits for the next wave, by skill and level, for the administrator who starts it."""

import uuid
from dataclasses import dataclass
from itertools import groupby

from sqlalchemy import select
from sqlalchemy.orm import Session

from badges.frameworks import queries as frameworks
from badges.frameworks.rules import text_in
from badges.issuer.models import IssuerProfile
from badges.issuer.queries_waves import waiting_claims
from badges.people.models import Person
from badges.permissions import Action, Actor, Thing, require
from badges.recognition.models import Claim

NAMED = 12


@dataclass(frozen=True)
class WaitingGroup:
    """One skill at one level, and for whom: the first names by name, `count` in all."""

    version_id: uuid.UUID
    skill_id: str
    level: str
    title: str
    rank: int
    names: tuple[tuple[uuid.UUID, str], ...]
    count: int

    @property
    def more(self) -> int:
        """How many are not named."""
        return self.count - len(self.names)


@dataclass(frozen=True)
class Habit:
    """How a structure issues: not at all until it is an issuer, at once, or in waves."""

    is_issuer: bool
    in_waves: bool


def habit(session: Session, actor: Actor) -> Habit:
    """Return how the actor's structure issues its badges. Raises `Forbidden`."""
    require(actor, Action.MANAGE_ISSUER, Thing(structure_id=actor.structure_id))
    in_waves = session.scalar(
        select(IssuerProfile.issues_in_waves).where(IssuerProfile.structure_id == actor.structure_id)
    )
    return Habit(is_issuer=in_waves is not None, in_waves=bool(in_waves))


def waiting_groups(session: Session, actor: Actor, language: str) -> tuple[WaitingGroup, ...]:
    """Return what a wave started now would issue, the largest group first. Raises `Forbidden`."""
    require(actor, Action.MANAGE_ISSUER, Thing(structure_id=actor.structure_id))
    about = (Claim.framework_version_id, Claim.skill_id, Claim.level)
    rows = session.execute(
        select(*about, Person.id, Person.given_name)
        .join(Person, Person.id == Claim.worker_id)
        .where(Claim.id.in_(waiting_claims(actor.structure_id)))
        .order_by(*about, Person.given_name, Person.id)
    ).all()
    groups = []
    for (version_id, skill_id, level), of_one in groupby(rows, key=lambda row: tuple(row[:3])):
        people = [(person_id, name) for *_, person_id, name in of_one]
        framework = frameworks.load(session, version_id)
        title, rank = text_in(framework.skill(skill_id).label, language), framework.level(level).rank
        named = tuple(people[:NAMED])
        groups.append(WaitingGroup(version_id, skill_id, level, title, rank, named, len(people)))
    return tuple(sorted(groups, key=lambda group: (-group.count, group.title, group.rank)))
