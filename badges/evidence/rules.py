"""What evidence is and when it holds: pure decisions about situations, marks, photos, answers and talks."""

import hashlib
import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from badges.errors import FactTooLong, NothingSeen, SituationInFuture, TooManyPhotos, UnknownBehaviour

FACT_LENGTH = 280
PHOTOS_PER_OBSERVATION = 3
PHOTOS_PER_OBSERVER_AND_DAY = 200
PHOTOS_PER_STRUCTURE_AND_DAY = 2_000
NUDGE_AFTER = timedelta(days=14)
FARTHEST_TIME_ZONE = timedelta(days=1)


class SituationKind(StrEnum):
    """What kind of moment at work it was."""

    BRIEF = "brief"
    COLLECTIVE_TASK = "collective_task"
    TASK = "task"
    INCIDENT = "incident"
    CLIENT = "client"
    TIDYING = "tidying"
    TRAINING = "training"
    OTHER = "other"


class Mark(StrEnum):
    """The answer to « Je l'ai vu ? »; the values are those of the frameworks' scale."""

    YES = "YES"
    SOMETIMES = "SOMETIMES"
    NO = "NO"
    NOT_SEEN = "NOT_SEEN"


class AnswerKind(StrEnum):
    """What the worker says of an observation."""

    AGREE = "agree"
    DISAGREE = "disagree"
    TALK = "talk"


class TalkOutcome(StrEnum):
    """How the coach closed a talk: the observation stands, or it is set aside."""

    KEPT = "kept"
    SET_ASIDE = "set_aside"


@dataclass(frozen=True, kw_only=True)
class NewSituation:
    """A moment at work, as somebody tells it. `id` is made by the client, so that sending twice is once."""

    id: uuid.UUID
    happened_on: date
    kind: SituationKind
    title: str
    place: str = ""
    framework_id: str | None = None
    crew: tuple[uuid.UUID, ...] = ()


@dataclass(frozen=True, kw_only=True)
class NewObservation:
    """What somebody saw one worker do. `photos` are bytes as received; `captured_at` is the device's time."""

    id: uuid.UUID
    situation_id: uuid.UUID
    worker_id: uuid.UUID
    framework_version_id: uuid.UUID
    skill_id: str
    level: str
    captured_at: datetime
    marks: Mapping[str, Mark] = field(default_factory=dict)
    fact: str = ""
    photos: tuple[bytes, ...] = ()
    supersedes_id: uuid.UUID | None = None

    @property
    def says_nothing(self) -> bool:
        """True when nothing was seen: as a correction, it takes the earlier observation back."""
        return not self.fact and not self.photos and set(self.marks.values()) <= {Mark.NOT_SEEN}


def check_day(happened_on: date, today: date) -> None:
    """Refuse a day that has begun nowhere on Earth yet. Raises `SituationInFuture`."""
    if happened_on > today + FARTHEST_TIME_ZONE:
        raise SituationInFuture


def check_shape(new: NewObservation) -> None:
    """Refuse what no observation may be. Raises `NothingSeen`, `FactTooLong` or `TooManyPhotos`."""
    if new.supersedes_id is None and new.says_nothing:
        raise NothingSeen
    check_sentence(new.fact)
    if len(new.photos) > PHOTOS_PER_OBSERVATION:
        raise TooManyPhotos(limit=PHOTOS_PER_OBSERVATION)


def check_sentence(sentence: str) -> None:
    """Refuse a fact or an answer above 280 characters. Raises `FactTooLong`."""
    if len(sentence) > FACT_LENGTH:
        raise FactTooLong(limit=FACT_LENGTH)


def complete_marks(marks: Mapping[str, Mark], behaviours: Iterable[str]) -> dict[str, Mark]:
    """Return one mark per behaviour of the level; what was not answered is NOT_SEEN, never NO.

    Raises `UnknownBehaviour` for a mark that belongs to another skill or level.
    """
    expected = tuple(behaviours)
    for behaviour in marks:
        if behaviour not in expected:
            raise UnknownBehaviour(behaviour=behaviour)
    return {behaviour: marks.get(behaviour, Mark.NOT_SEEN) for behaviour in expected}


def capture_time(captured_at: datetime, received_at: datetime) -> datetime:
    """Believe the device's clock unless it runs ahead of ours."""
    return min(captured_at, received_at)


def content_hash(new: NewObservation, observer_id: uuid.UUID | None) -> str:
    """Return the SHA-256 that tells a replay from another observation under the same id.

    Device time is left out: a phone that sends again may have been set to the right time meanwhile.
    """
    content = {
        "observer": str(observer_id),
        "situation": str(new.situation_id),
        "worker": str(new.worker_id),
        "skill": [str(new.framework_version_id), new.skill_id, new.level],
        "marks": sorted((key, mark.value) for key, mark in new.marks.items() if mark is not Mark.NOT_SEEN),
        "fact": new.fact,
        "photos": [hashlib.sha256(photo).hexdigest() for photo in new.photos],
        "supersedes": str(new.supersedes_id or ""),
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def suggested_level(last_levels: Iterable[str | None], first: str) -> str:
    """Propose a level for one or several workers: the lowest last seen; `first` when one was never seen."""
    return min((level or first for level in last_levels), default=first)


def is_to_be_seen(last_seen_on: date | None, today: date) -> bool:
    """Tell whether nobody has noted anything about a worker for 14 days: a nudge to the observer only."""
    return last_seen_on is None or today - last_seen_on > NUDGE_AFTER


def asks_for_talk(kind: AnswerKind) -> bool:
    """Tell whether an answer pauses the claim until the coach has talked with the worker."""
    return kind is not AnswerKind.AGREE


def is_set_aside(outcomes: Iterable[TalkOutcome | None]) -> bool:
    """Tell whether the last closed talk, oldest first, ended in leaving the observation out."""
    closed = [outcome for outcome in outcomes if outcome is not None]
    return bool(closed) and closed[-1] is TalkOutcome.SET_ASIDE
