"""Reads of evidence: what was seen of a worker, what waits for an answer, which talks are open."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from badges.errors import NotFound
from badges.evidence.models import (
    Answer,
    AnswerKind,
    Mark,
    Observation,
    ObservationPhoto,
    Settlement,
    Situation,
    SituationKind,
    Talk,
)
from badges.evidence.rules import is_set_aside
from badges.people import queries as people
from badges.people.models import Person
from badges.permissions import Action, Actor, Role, Thing, may, require


@dataclass(frozen=True)
class PhotoView:
    """A photo of the work: where its page finds it, and its size in pixels."""

    id: uuid.UUID
    width: int
    height: int


@dataclass(frozen=True)
class Seen:
    """One observation that counts: nobody has corrected it or taken it back."""

    id: uuid.UUID
    situation_id: uuid.UUID
    situation_title: str
    situation_kind: SituationKind
    happened_on: date
    observer_id: uuid.UUID
    observer_name: str
    observer_role: Role
    marks: Mapping[str, Mark]
    fact: str
    photos: tuple[PhotoView, ...]
    answer: AnswerKind | None
    answer_sentence: str
    talk_open: bool
    set_aside: bool


@dataclass(frozen=True)
class ObservationView(Seen):
    """One observation with everything a page says of it, corrected or not."""

    worker_id: uuid.UUID
    worker_name: str
    version_id: uuid.UUID
    skill_id: str
    level: str
    captured_at: datetime
    received_at: datetime
    corrects_id: uuid.UUID | None
    corrected: bool
    taken_back: bool
    settled: bool

    @property
    def counts(self) -> bool:
        """True for the newest word on what was seen."""
        return not self.corrected and not self.taken_back

    @property
    def awaits_answer(self) -> bool:
        """True when the worker has not said yet what they think of it, and still can."""
        return self.counts and self.answer is None and not self.settled


def seen(
    session: Session,
    worker_id: uuid.UUID,
    version_id: uuid.UUID,
    skill_id: str,
    level: str,
    *,
    structure_id: uuid.UUID,
) -> tuple[Seen, ...]:
    """Return what counts of a worker for one skill and level in one structure, newest first.

    No permission is checked: claims are decided with it. A talk about an observation that was corrected is
    still open for the one that corrects it.
    """
    found = views(
        session,
        Observation.structure_id == structure_id,
        Observation.worker_id == worker_id,
        Observation.framework_version_id == version_id,
        Observation.skill_id == skill_id,
        Observation.level == level,
    )
    return tuple(view for view in found if view.counts)


def seen_of(
    session: Session, worker_ids: Collection[uuid.UUID], *, structure_id: uuid.UUID
) -> tuple[ObservationView, ...]:
    """Return everything that counts of several workers in one structure, newest first, in few queries.

    No permission is checked: the award rule is applied with it.
    """
    found = views(session, Observation.structure_id == structure_id, Observation.worker_id.in_(worker_ids))
    return tuple(view for view in found if view.counts)


def skills_seen(
    session: Session, worker_id: uuid.UUID, *, structure_id: uuid.UUID
) -> tuple[tuple[uuid.UUID, str, str], ...]:
    """Return the (framework version, skill, level) for which something counts, the newest first."""
    found = views(session, Observation.structure_id == structure_id, Observation.worker_id == worker_id)
    return tuple(dict.fromkeys((view.version_id, view.skill_id, view.level) for view in found if view.counts))


def of_worker(session: Session, actor: Actor, worker_id: uuid.UUID) -> tuple[ObservationView, ...]:
    """Return everything noted about a worker, newest first, corrected ones too: the worker always sees it.

    Raises `NotFound` or `Forbidden`.
    """
    if actor.structure_id is None:
        raise NotFound
    thing = people.worker_thing(session, actor.structure_id, worker_id)
    require(actor, Action.VIEW_WORKER, thing)
    require(actor, Action.VIEW_OBSERVATION, thing)
    return views(session, Observation.structure_id == actor.structure_id, Observation.worker_id == worker_id)


def awaiting_answer(session: Session, actor: Actor) -> tuple[ObservationView, ...]:
    """Return the actor's own observations that wait for their answer, oldest first."""
    assert actor.person_id is not None  # noqa: S101 - only workers ask
    mine = of_worker(session, actor, actor.person_id)
    return tuple(view for view in reversed(mine) if view.awaits_answer)


def observation(session: Session, actor: Actor, observation_id: uuid.UUID) -> ObservationView:
    """Return one observation. Raises `NotFound` or `Forbidden`."""
    found = views(session, Observation.id == observation_id, Observation.structure_id == actor.structure_id)
    if not found:
        raise NotFound
    require(actor, Action.VIEW_OBSERVATION, thing_of(session, actor, found[0]))
    return found[0]


def thing_of(session: Session, actor: Actor, view: ObservationView) -> Thing:
    """Return the facts `may` needs about an observation of the actor's structure."""
    assert actor.structure_id is not None  # noqa: S101 - `view` was found in it
    thing = people.worker_thing(session, actor.structure_id, view.worker_id)
    return Thing(thing.structure_id, thing.worker_id, author_id=view.observer_id, staff=thing.staff)


@dataclass(frozen=True)
class PhotoPlace:
    """A photo, what it was seen for, and the facts `may` needs but for those of the claim above it."""

    sha256: str
    media_type: str
    observation_id: uuid.UUID
    worker_id: uuid.UUID
    version_id: uuid.UUID
    skill_id: str
    level: str
    thing: Thing


def photo(session: Session, structure_id: uuid.UUID | None, photo_id: uuid.UUID) -> PhotoPlace:
    """Return where a photo of `structure_id` is kept and whom it concerns; the caller asks `may`.

    Raises `NotFound`, also for a photo of another structure.
    """
    row = session.get(ObservationPhoto, photo_id)
    seen_in = session.get(Observation, row.observation_id) if row else None
    if row is None or seen_in is None or structure_id is None or seen_in.structure_id != structure_id:
        raise NotFound
    worker = people.worker_thing(session, structure_id, seen_in.worker_id)
    return PhotoPlace(
        row.sha256, row.media_type, seen_in.id, seen_in.worker_id, seen_in.framework_version_id,
        seen_in.skill_id, seen_in.level,
        Thing(structure_id, seen_in.worker_id, author_id=seen_in.observer_id, staff=worker.staff),
    )  # fmt: skip


@dataclass(frozen=True)
class OpenTalk:
    """A talk that a coach has to have: about what, asked for how. What is said in it is never kept."""

    id: uuid.UUID
    opened_at: datetime
    kind: AnswerKind
    sentence: str
    observation: ObservationView


def open_talks(session: Session, actor: Actor) -> tuple[OpenTalk, ...]:
    """Return the open talks of the workers that the actor coaches, oldest first. Raises `Forbidden`."""
    require(actor, Action.VIEW_TALKS, Thing(actor.structure_id))
    rows = session.execute(
        select(Talk, Answer)
        .join(Answer, Answer.id == Talk.answer_id)
        .where(Talk.structure_id == actor.structure_id, Talk.closed_at.is_(None))
        .order_by(Talk.opened_at, Talk.id)
    ).all()
    things = {
        talk.worker_id: people.worker_thing(session, talk.structure_id, talk.worker_id) for talk, _ in rows
    }
    mine = [(talk, asked) for talk, asked in rows if may(actor, Action.CLOSE_TALK, things[talk.worker_id])]
    ids = [talk.observation_id for talk, _ in mine]
    about = {view.id: view for view in views(session, Observation.id.in_(ids))}
    return tuple(
        OpenTalk(talk.id, talk.opened_at, asked.kind, asked.sentence, about[talk.observation_id])
        for talk, asked in mine
    )


def coaches_of(session: Session, structure_id: uuid.UUID, worker_id: uuid.UUID) -> tuple[str, ...]:
    """Return the first names of the coaches who talk with a worker."""
    thing = people.worker_thing(session, structure_id, worker_id)
    coaches = [person_id for role, person_id in thing.staff if role is Role.COACH]
    return tuple(
        session.scalars(select(Person.given_name).where(Person.id.in_(coaches)).order_by(Person.given_name))
    )


def views(session: Session, *conditions: ColumnElement[bool]) -> tuple[ObservationView, ...]:
    """Return the observations that meet `conditions`, newest first; the caller has asked `may`."""
    rows = session.execute(
        select(Observation, Situation, Person.given_name)
        .join(Situation, Situation.id == Observation.situation_id)
        .join(Person, Person.id == Observation.observer_id)
        .where(*conditions)
        .order_by(Situation.happened_on.desc(), Observation.captured_at.desc(), Observation.id)
    ).all()
    about = _about(session, [found for found, _, _ in rows])
    return tuple(_view(found, situation, name, about) for found, situation, name in rows)


@dataclass(frozen=True)
class _About:
    """Everything around a set of observations, read with one query each."""

    answers: Mapping[uuid.UUID, Answer]
    talks: Mapping[uuid.UUID, Sequence[Talk]]
    supersedes: Mapping[uuid.UUID, uuid.UUID | None]
    corrected: Collection[uuid.UUID]
    settled: Collection[uuid.UUID]
    worker_names: Mapping[uuid.UUID, str]

    def talks_of(self, observation_id: uuid.UUID | None) -> list[Talk]:
        """Return the talks of an observation and of those it corrects, oldest first."""
        found: list[Talk] = []
        while observation_id is not None:
            found += self.talks.get(observation_id, ())
            observation_id = self.supersedes.get(observation_id)
        return sorted(found, key=lambda talk: (talk.opened_at, talk.closed_at is None))


def _about(session: Session, found: Sequence[Observation]) -> _About:
    ids, workers = [one.id for one in found], {one.worker_id for one in found}
    links = dict(
        session.execute(
            select(Observation.id, Observation.supersedes_id).where(Observation.worker_id.in_(workers))
        ).all()
    )
    talks: dict[uuid.UUID, list[Talk]] = {}
    for talk in session.scalars(select(Talk).where(Talk.worker_id.in_(workers)).order_by(Talk.opened_at)):
        talks.setdefault(talk.observation_id, []).append(talk)
    answers = session.scalars(select(Answer).where(Answer.observation_id.in_(ids)).order_by(Answer.number))
    names = session.execute(select(Person.id, Person.given_name).where(Person.id.in_(workers)))
    return _About(
        answers={answer.observation_id: answer for answer in answers},
        talks=talks,
        supersedes=links,
        corrected={old for old in links.values() if old is not None},
        settled=set(
            session.scalars(select(Settlement.observation_id).where(Settlement.observation_id.in_(ids)))
        ),
        worker_names=dict(names.all()),
    )


def _view(found: Observation, situation: Situation, observer_name: str, about: _About) -> ObservationView:
    marks = {row.behaviour_id: row.mark for row in sorted(found.marks, key=lambda row: row.behaviour_id)}
    answer, talks = about.answers.get(found.id), about.talks_of(found.id)
    return ObservationView(
        id=found.id,
        situation_id=situation.id,
        situation_title=situation.title,
        situation_kind=situation.kind,
        happened_on=situation.happened_on,
        observer_id=found.observer_id,
        observer_name=observer_name,
        observer_role=found.observer_role,
        marks=marks,
        fact=found.fact,
        photos=tuple(PhotoView(photo.id, photo.width, photo.height) for photo in found.photos),
        answer=answer.kind if answer else None,
        answer_sentence=answer.sentence if answer else "",
        talk_open=any(talk.closed_at is None for talk in talks),
        set_aside=is_set_aside(talk.outcome for talk in talks),
        worker_id=found.worker_id,
        worker_name=about.worker_names[found.worker_id],
        version_id=found.framework_version_id,
        skill_id=found.skill_id,
        level=found.level,
        captured_at=found.captured_at,
        received_at=found.received_at,
        corrects_id=found.supersedes_id,
        corrected=found.id in about.corrected,
        taken_back=not found.fact and not found.photos and set(marks.values()) <= {Mark.NOT_SEEN},
        settled=found.id in about.settled,
    )
