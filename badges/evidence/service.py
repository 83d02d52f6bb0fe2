"""What people do with evidence: tell a situation, note what they saw, answer, talk it over."""

import uuid
from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import delete, exc, select
from sqlalchemy.orm import Session

from badges import audit
from badges.clock import Clock, today
from badges.db import transaction
from badges.errors import (
    AlreadyCorrected,
    NotCorrectable,
    NotFound,
    ObservationConflict,
    ObservationSettled,
    TalkClosed,
)
from badges.evidence import service_photos
from badges.evidence.media import CLEANER, MEDIA_TYPE, PhotoCleaner
from badges.evidence.models import (
    Answer,
    AnswerKind,
    Observation,
    ObservationMark,
    Settlement,
    Situation,
    SituationWorker,
    Talk,
    TalkOutcome,
)
from badges.evidence.rules import (
    NewObservation,
    NewSituation,
    asks_for_talk,
    capture_time,
    check_day,
    check_sentence,
    check_shape,
    complete_marks,
    content_hash,
)
from badges.evidence.service_photos import KeptPhoto
from badges.evidence.storage import MediaStorage
from badges.frameworks import queries as frameworks
from badges.frameworks import service as frameworks_service
from badges.people import queries as people
from badges.permissions import Action, Actor, Role, Thing, require

_OBSERVING = (Role.SUPERVISOR, Role.TUTOR)


def create_situation(session: Session, clock: Clock, actor: Actor, new: NewSituation) -> uuid.UUID:
    """Keep a moment at work with its crew; the same one sent again changes nothing.

    Raises `SituationInFuture`, `Forbidden`, `NotFound` (a worker of another structure), `ObservationConflict`
    (the id is taken by something else). Journalled as "situation.created".
    """
    check_day(new.happened_on, today(clock))
    try:
        with transaction(session):
            require(actor, Action.CREATE_SITUATION, Thing(actor.structure_id))
            if (known := session.get(Situation, new.id)) is not None:
                return _same_situation(known, actor, new)
            _add_situation(session, clock, actor, new)
    except exc.IntegrityError:
        return _same_situation(session.get(Situation, new.id), actor, new)
    return new.id


def record_observation(
    session: Session,
    clock: Clock,
    storage: MediaStorage,
    actor: Actor,
    new: NewObservation,
    cleaner: PhotoCleaner = CLEANER,
) -> uuid.UUID:
    """Keep what `actor` saw one worker do, once, however often it is sent. See `record_observations`."""
    return record_observations(session, clock, storage, actor, (new,), cleaner)[0]


def record_observations(
    session: Session,
    clock: Clock,
    storage: MediaStorage,
    actor: Actor,
    news: Sequence[NewObservation],
    cleaner: PhotoCleaner = CLEANER,
) -> tuple[uuid.UUID, ...]:
    """Keep what `actor` saw, for one worker or a whole crew: all of it or none.

    An id that is known with the same content is a replay and changes nothing; with another content it raises
    `ObservationConflict`. Photos are cleaned and stored before the rows are written. One that supersedes an
    earlier observation corrects it; when it says nothing, it takes the earlier one back.
    Raises `NothingSeen`, `FactTooLong`, `TooManyPhotos`, `PhotoQuota` and the photo errors, `UnknownSkill`,
    `UnknownBehaviour`, `AlreadyCorrected`, `NotCorrectable`, `ObservationSettled`, `Forbidden`, `NotFound`.
    Journalled as "observation.recorded" or "observation.corrected", one line each.
    """
    for new in news:
        check_shape(new)
    ids = tuple(new.id for new in news)
    missing = [new for new in news if not _is_replay(session, actor, new)]
    for new in missing:
        _allowed(session, actor, new)
    session.rollback()
    kept = service_photos.keep(storage, (photo for new in missing for photo in new.photos), cleaner)
    try:
        with transaction(session):
            for new in sorted(missing, key=lambda new: new.id):
                if not _is_replay(session, actor, new):
                    _add_observation(session, clock, actor, new, kept)
    except exc.IntegrityError as error:
        if not all(_is_replay(session, actor, new) for new in missing):
            raise AlreadyCorrected from error
    return ids


def take_back(session: Session, clock: Clock, actor: Actor, observation_ids: Collection[uuid.UUID]) -> None:
    """Take back what was noted by mistake: each observation is superseded by one that says nothing.

    Doing it again changes nothing. Raises `NotFound`, `Forbidden`, `AlreadyCorrected`, `ObservationSettled`.
    Journalled as "observation.corrected".
    """
    with transaction(session):
        for observation_id in sorted(observation_ids):
            old = _locked(session, actor, observation_id)
            new = NewObservation(
                id=uuid.uuid5(old.id, "taken-back"), situation_id=old.situation_id, worker_id=old.worker_id,
                framework_version_id=old.framework_version_id, skill_id=old.skill_id, level=old.level,
                captured_at=clock.now(), supersedes_id=old.id,
            )  # fmt: skip
            if not _is_replay(session, actor, new):
                _add_observation(session, clock, actor, new, {})


def answer(
    session: Session,
    clock: Clock,
    actor: Actor,
    observation_id: uuid.UUID,
    kind: AnswerKind,
    sentence: str = "",
) -> None:
    """Keep the worker's answer to an observation; the newest counts, until the claim is decided.

    To disagree or to ask for a talk opens a talk, which the coach closes; to agree closes it at once.
    Raises `ObservationSettled`, `AlreadyCorrected` (another observation replaced it), `FactTooLong`,
    `NotFound`, `Forbidden`. Journalled as "observation.answered"; the same answer again changes nothing.
    """
    check_sentence(sentence)
    with transaction(session):
        observation = _locked(session, actor, observation_id)
        require(actor, Action.ANSWER_OBSERVATION, Thing(observation.structure_id, observation.worker_id))
        _refuse_changed(session, observation_id)
        answers = _answers(session, observation_id)
        if answers and (answers[-1].kind, answers[-1].sentence) == (kind, sentence):
            return
        new = Answer(
            id=clock.new_id(), number=len(answers) + 1, observation_id=observation_id,
            kind=kind, sentence=sentence, at=clock.now(),
        )  # fmt: skip
        session.add(new)
        session.flush()
        talk = _follow_up(session, clock, observation, new)
        subject = f"observation:{observation_id}"
        audit.record(
            session, clock, actor=actor.journal_name, act="observation.answered", subject=subject,
            structure_id=observation.structure_id, kind=kind.value, talk=talk,
        )  # fmt: skip


def close_talk(
    session: Session, clock: Clock, actor: Actor, talk_id: uuid.UUID, outcome: TalkOutcome
) -> None:
    """Close a talk: the observation is kept, or set aside so that it no longer counts.

    Raises `TalkClosed`, `NotFound`, `Forbidden` (not the coach of this worker). Journalled as "talk.closed".
    """
    with transaction(session):
        talk = session.get(Talk, talk_id, with_for_update=True)
        if talk is None or talk.structure_id != actor.structure_id:
            raise NotFound
        require(actor, Action.CLOSE_TALK, people.worker_thing(session, talk.structure_id, talk.worker_id))
        if talk.closed_at is not None:
            raise TalkClosed
        talk.closed_at, talk.closed_by, talk.outcome = clock.now(), actor.person_id, outcome
        audit.record(
            session, clock, actor=actor.journal_name, act="talk.closed", subject=f"talk:{talk.id}",
            structure_id=talk.structure_id, observation=str(talk.observation_id), outcome=outcome.value,
        )  # fmt: skip


def hold(session: Session, observation_ids: Collection[uuid.UUID]) -> None:
    """Lock observations until the caller's transaction ends, so that no answer changes meanwhile."""
    rows = select(Observation.id).where(Observation.id.in_(observation_ids)).order_by(Observation.id)
    session.execute(rows.with_for_update())


def settle(session: Session, clock: Clock, observation_ids: Collection[uuid.UUID]) -> None:
    """Freeze observations and their answers because their claim is decided; inside the caller's transaction.

    Settling twice is fine. Nothing is journalled: the decision is.
    """
    hold(session, observation_ids)
    known = set(
        session.scalars(
            select(Settlement.observation_id).where(Settlement.observation_id.in_(observation_ids))
        )
    )
    session.add_all(
        Settlement(observation_id=observation_id, settled_at=clock.now())
        for observation_id in sorted(set(observation_ids) - known)
    )
    session.flush()


def unsettle(session: Session, observation_ids: Collection[uuid.UUID]) -> None:
    """Let answers change again because the decision was taken back; inside the caller's transaction."""
    session.execute(delete(Settlement).where(Settlement.observation_id.in_(observation_ids)))


def _add_situation(session: Session, clock: Clock, actor: Actor, new: NewSituation) -> None:
    assert actor.structure_id is not None  # noqa: S101 - `require` has passed
    for worker_id in new.crew:
        people.worker_thing(session, actor.structure_id, worker_id)
    crew = [
        SituationWorker(situation_id=new.id, worker_id=worker_id) for worker_id in dict.fromkeys(new.crew)
    ]
    session.add(
        Situation(
            id=new.id, structure_id=actor.structure_id, happened_on=new.happened_on, kind=new.kind,
            title=new.title, place=new.place, framework_id=new.framework_id, created_by=actor.person_id,
            created_at=clock.now(), crew=crew,
        )
    )  # fmt: skip
    session.flush()
    audit.record(
        session, clock, actor=actor.journal_name, act="situation.created", subject=f"situation:{new.id}",
        structure_id=actor.structure_id, kind=new.kind.value, crew=str(len(crew)),
    )  # fmt: skip


def _same_situation(known: Situation | None, actor: Actor, new: NewSituation) -> uuid.UUID:
    if known is None or (
        (known.structure_id, known.created_by, known.happened_on, known.kind, known.title, known.place)
        != (actor.structure_id, actor.person_id, new.happened_on, new.kind, new.title, new.place)
    ):
        raise ObservationConflict
    return known.id


def _is_replay(session: Session, actor: Actor, new: NewObservation) -> bool:
    known = session.get(Observation, new.id)
    if known is None:
        return False
    if known.content_hash != content_hash(new, actor.person_id):
        raise ObservationConflict
    return True


def _allowed(session: Session, actor: Actor, new: NewObservation) -> tuple[Situation, Role]:
    """Return the situation, and the role in which `actor` notes this; raise when they may not."""
    if actor.structure_id is None:
        raise NotFound
    situation = session.get(Situation, new.situation_id)
    if situation is None or situation.structure_id != actor.structure_id:
        raise NotFound
    thing = people.worker_thing(session, actor.structure_id, new.worker_id)
    if new.supersedes_id is not None:
        return situation, _corrected(session, actor, new).observer_role
    require(actor, Action.RECORD_OBSERVATION, thing)
    charges = {role for role, person_id in thing.staff if person_id == actor.person_id} & actor.roles
    return situation, next(role for role in _OBSERVING if role in charges)


def _add_observation(
    session: Session, clock: Clock, actor: Actor, new: NewObservation, kept: Mapping[str, KeptPhoto]
) -> None:
    situation, role = _allowed(session, actor, new)
    now, marks = clock.now(), _marks(session, situation.structure_id, new)
    photos = [kept[service_photos.sha256_of(photo)] for photo in new.photos]
    if photos:
        service_photos.check_quota(session, actor, now, len(photos))
    session.add(
        Observation(
            id=new.id, structure_id=situation.structure_id, situation_id=situation.id,
            worker_id=new.worker_id, observer_id=actor.person_id, observer_role=role,
            framework_version_id=new.framework_version_id, skill_id=new.skill_id, level=new.level,
            fact=new.fact, content_hash=content_hash(new, actor.person_id),
            captured_at=capture_time(new.captured_at, now), received_at=now,
            supersedes_id=new.supersedes_id, marks=marks,
            photos=service_photos.rows(clock, new.id, photos, MEDIA_TYPE),
        )
    )  # fmt: skip
    session.flush()
    if all(row.worker_id != new.worker_id for row in situation.crew):
        situation.crew.append(SituationWorker(situation_id=situation.id, worker_id=new.worker_id))
    frameworks_service.mark_used(session, clock, new.framework_version_id)
    _journal_observation(session, clock, actor, new)


def _journal_observation(session: Session, clock: Clock, actor: Actor, new: NewObservation) -> None:
    supersedes = {"supersedes": str(new.supersedes_id)} if new.supersedes_id else {}
    audit.record(
        session, clock, actor=actor.journal_name, subject=f"observation:{new.id}",
        act="observation.corrected" if new.supersedes_id else "observation.recorded",
        structure_id=actor.structure_id, situation=str(new.situation_id), worker=str(new.worker_id),
        skill=f"{new.skill_id}-{new.level}", **supersedes,
    )  # fmt: skip


def _marks(session: Session, structure_id: uuid.UUID, new: NewObservation) -> list[ObservationMark]:
    adopted = frameworks.adopted(session, structure_id)
    if new.framework_version_id not in adopted and new.supersedes_id is None:
        raise NotFound
    framework = frameworks.load(session, new.framework_version_id)
    behaviours = [behaviour.id for behaviour in framework.skill(new.skill_id).at(new.level).behaviours]
    marks = complete_marks(new.marks, behaviours)
    return [
        ObservationMark(observation_id=new.id, behaviour_id=behaviour, mark=mark)
        for behaviour, mark in marks.items()
    ]


def _corrected(session: Session, actor: Actor, new: NewObservation) -> Observation:
    old = session.get(Observation, new.supersedes_id, with_for_update=True)
    if old is None:
        raise NotFound
    require(
        actor, Action.CORRECT_OBSERVATION, Thing(old.structure_id, old.worker_id, author_id=old.observer_id)
    )
    if (old.worker_id, old.situation_id) != (new.worker_id, new.situation_id):
        raise NotCorrectable
    _refuse_changed(session, old.id)
    return old


def _refuse_changed(session: Session, observation_id: uuid.UUID) -> None:
    if session.scalar(select(Observation.id).where(Observation.supersedes_id == observation_id)) is not None:
        raise AlreadyCorrected
    if session.get(Settlement, observation_id) is not None:
        raise ObservationSettled


def _locked(session: Session, actor: Actor, observation_id: uuid.UUID) -> Observation:
    observation = session.get(Observation, observation_id, with_for_update=True)
    if observation is None or observation.structure_id != actor.structure_id:
        raise NotFound
    return observation


def _answers(session: Session, observation_id: uuid.UUID) -> Sequence[Answer]:
    query = select(Answer).where(Answer.observation_id == observation_id).order_by(Answer.number)
    return session.scalars(query).all()


def _follow_up(session: Session, clock: Clock, observation: Observation, new: Answer) -> str:
    open_talks = _open_talks(session, observation)
    if not asks_for_talk(new.kind):
        for talk in open_talks:
            talk.closed_at, talk.outcome = clock.now(), TalkOutcome.KEPT
        return "closed" if open_talks else "none"
    if open_talks:
        return "open"
    session.add(
        Talk(
            id=clock.new_id(), answer_id=new.id, observation_id=observation.id,
            structure_id=observation.structure_id, worker_id=observation.worker_id, opened_at=clock.now(),
        )
    )  # fmt: skip
    return "opened"


def _open_talks(session: Session, observation: Observation) -> list[Talk]:
    """Return the open talks about an observation or those it corrects: a correction ends no talk."""
    chain, current = [observation.id], observation.supersedes_id
    while current is not None:
        chain.append(current)
        current = session.scalar(select(Observation.supersedes_id).where(Observation.id == current))
    return list(session.scalars(select(Talk).where(Talk.observation_id.in_(chain), Talk.closed_at.is_(None))))
