"""Reads for who observes: the crew in charge, the situations of the day, and what was last noted in them."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from badges.clock import Clock, today
from badges.errors import NotFound
from badges.evidence.models import Observation, Situation, SituationKind
from badges.evidence.queries import ObservationView, views
from badges.evidence.rules import is_to_be_seen
from badges.people import queries as people
from badges.people.queries import WorkerTile
from badges.permissions import Action, Actor, Thing, require

RECENT_SITUATIONS = 5


@dataclass(frozen=True)
class CrewTile:
    """A worker as the observer finds them. `to_see` is a nudge for the observer, shown to nobody else."""

    person_id: uuid.UUID
    given_name: str
    crew: str
    last_seen_on: date | None
    to_see: bool


@dataclass(frozen=True)
class SituationTile:
    """A situation in a list."""

    id: uuid.UUID
    happened_on: date
    kind: SituationKind
    title: str
    place: str
    framework_id: str | None
    observations: int


@dataclass(frozen=True)
class Choice:
    """A skill at a level, in a version of a framework: what an observation is about."""

    version_id: uuid.UUID
    skill_id: str
    level: str


@dataclass(frozen=True)
class SituationView:
    """A situation with its crew, the other workers in charge, and what the actor noted, newest first."""

    id: uuid.UUID
    happened_on: date
    kind: SituationKind
    title: str
    place: str
    framework_id: str | None
    crew: tuple[CrewTile, ...]
    others: tuple[CrewTile, ...]
    noted: tuple[ObservationView, ...]

    @property
    def recent(self) -> tuple[Choice, ...]:
        """What was noted here, the last one first: a whole crew is often seen doing the same thing."""
        choices = (Choice(view.version_id, view.skill_id, view.level) for view in self.noted)
        return tuple(dict.fromkeys(choices))


def crew(session: Session, clock: Clock, actor: Actor) -> tuple[CrewTile, ...]:
    """Return the workers in charge of `actor`, by first name, with when anybody last noted something."""
    require(actor, Action.CREATE_SITUATION, Thing(actor.structure_id))
    tiles = people.workers_in_charge(session, actor)
    last = _last_seen(session, actor, [tile.person_id for tile in tiles])
    return tuple(
        CrewTile(
            tile.person_id,
            tile.given_name,
            tile.crew,
            last.get(tile.person_id),
            is_to_be_seen(last.get(tile.person_id), today(clock)),
        )
        for tile in tiles
    )


def worker(session: Session, actor: Actor, worker_id: uuid.UUID) -> WorkerTile:
    """Return one worker in charge of the actor. Raises `NotFound` for anybody else."""
    for tile in people.workers_in_charge(session, actor):
        if tile.person_id == worker_id:
            return tile
    raise NotFound


def recent_situations(session: Session, actor: Actor) -> tuple[SituationTile, ...]:
    """Return the last situations that `actor` told or noted something in, newest first."""
    require(actor, Action.VIEW_SITUATION, Thing(actor.structure_id))
    noted = select(Observation.situation_id).where(Observation.observer_id == actor.person_id)
    counts = (
        select(Observation.situation_id, func.count().label("number"))
        .where(Observation.observer_id == actor.person_id)
        .group_by(Observation.situation_id)
        .subquery()
    )
    rows = session.execute(
        select(Situation, func.coalesce(counts.c.number, 0))
        .outerjoin(counts, counts.c.situation_id == Situation.id)
        .where(Situation.structure_id == actor.structure_id)
        .where((Situation.created_by == actor.person_id) | Situation.id.in_(noted))
        .order_by(Situation.happened_on.desc(), Situation.created_at.desc(), Situation.id)
        .limit(RECENT_SITUATIONS)
    )
    return tuple(
        SituationTile(
            found.id, found.happened_on, found.kind, found.title, found.place, found.framework_id, number
        )
        for found, number in rows
    )


def situation(session: Session, clock: Clock, actor: Actor, situation_id: uuid.UUID) -> SituationView:
    """Return one situation of the actor's structure. Raises `NotFound` or `Forbidden`."""
    found = session.get(Situation, situation_id)
    if found is None or found.structure_id != actor.structure_id:
        raise NotFound
    require(actor, Action.VIEW_SITUATION, Thing(found.structure_id))
    present = {row.worker_id for row in found.crew}
    tiles = crew(session, clock, actor)
    noted = views(session, Observation.situation_id == found.id, Observation.observer_id == actor.person_id)
    by_time = sorted(noted, key=lambda view: (view.received_at, view.captured_at), reverse=True)
    return SituationView(
        id=found.id,
        happened_on=found.happened_on,
        kind=found.kind,
        title=found.title,
        place=found.place,
        framework_id=found.framework_id,
        crew=tuple(tile for tile in tiles if tile.person_id in present),
        others=tuple(tile for tile in tiles if tile.person_id not in present),
        noted=tuple(view for view in by_time if view.counts),
    )


def last_levels(
    session: Session, actor: Actor, workers: tuple[uuid.UUID, ...]
) -> Mapping[tuple[uuid.UUID, str], str]:
    """Return, for each (worker, skill) with an observation, the level it was last noted at."""
    rows = session.execute(
        select(Observation.worker_id, Observation.skill_id, Observation.level)
        .where(Observation.structure_id == actor.structure_id, Observation.worker_id.in_(workers))
        .order_by(Observation.captured_at)
    )
    return {(worker_id, skill_id): level for worker_id, skill_id, level in rows}


def _last_seen(session: Session, actor: Actor, workers: list[uuid.UUID]) -> Mapping[uuid.UUID, date]:
    rows = session.execute(
        select(Observation.worker_id, func.max(Situation.happened_on))
        .join(Situation, Situation.id == Observation.situation_id)
        .where(Observation.structure_id == actor.structure_id, Observation.worker_id.in_(workers))
        .group_by(Observation.worker_id)
    )
    return dict(rows.all())
