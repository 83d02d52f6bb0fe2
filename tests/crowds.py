"""Many workers of a house, each with a claim that waits: rows made directly, so that 300 take a second."""

import uuid
from collections.abc import Sequence
from datetime import timedelta

from badges.clock import today
from badges.evidence.models import (
    Answer,
    AnswerKind,
    Mark,
    Observation,
    ObservationMark,
    Situation,
    SituationKind,
)
from badges.people.models import Membership, Person
from badges.permissions import Role
from badges.recognition.models import Claim, ClaimStep
from badges.recognition.rules import ClaimState, Step
from tests.houses import SKILL, House

LEVEL = "N1"
SEEN = ((9, "karim"), (2, "marc"))
NAMES = (
    "Amadou", "Bintou", "Carlos", "Daria", "Elena", "Farid", "Gwen", "Hamid", "Ioana", "Joao", "Khadija",
    "Luis", "Mehdi", "Nour", "Olga", "Pavel", "Rosa", "Samir", "Tesfaye", "Yasmin",
)  # fmt: skip


def submitted_by_many(house: House, count: int, skills: Sequence[str] = (SKILL,)) -> list[uuid.UUID]:
    """Give `count` new workers one claim each, met by the rule and waiting; the oldest first."""
    return [
        _one(house, number, skills[number % len(skills)], situations)
        for number, situations in _days(house, count)
    ]


def _days(house: House, count: int) -> list[tuple[int, dict[int, uuid.UUID]]]:
    situations = {}
    for days_ago, by in SEEN:
        situation = Situation(
            id=uuid.uuid4(),
            structure_id=house.structure_id,
            happened_on=today(house.clock) - timedelta(days_ago),
            kind=SituationKind.COLLECTIVE_TASK,
            title="Leek harvest",
            created_by=house.people[by].person_id,
            created_at=house.clock.now(),
        )
        house.session.add(situation)
        situations[days_ago] = situation.id
    house.session.flush()
    return [(number, situations) for number in range(count)]


def _one(house: House, number: int, skill: str, situations: dict[int, uuid.UUID]) -> uuid.UUID:
    session, now = house.session, house.clock.now()
    name = NAMES[number % len(NAMES)] + ("" if number < len(NAMES) else f" {number // len(NAMES) + 1}")
    worker, claim_id = uuid.uuid4(), uuid.uuid4()
    session.add(Person(id=worker, given_name=name, family_name="Diallo", created_at=now))
    session.flush()
    session.add(
        Membership(
            id=uuid.uuid4(), structure_id=house.structure_id, person_id=worker, role=Role.WORKER,
            started_on=today(house.clock), crew="Serres",
        )
    )  # fmt: skip
    for days_ago, by in SEEN:
        _seen(house, worker, skill, situations[days_ago], by)
    session.add(
        Claim(
            id=claim_id, structure_id=house.structure_id, worker_id=worker,
            framework_version_id=house.version_id, skill_id=skill, level=LEVEL,
            state=ClaimState.SUBMITTED, version=2, opened_at=now,
            submitted_at=now - timedelta(seconds=1000 - number),
        )
    )  # fmt: skip
    session.flush()
    moves = (
        (Step.OPEN, ClaimState.OPEN, ClaimState.OPEN),
        (Step.SUBMIT, ClaimState.OPEN, ClaimState.SUBMITTED),
    )
    for position, (step, start, end) in enumerate(moves, 1):
        session.add(
            ClaimStep(
                id=uuid.uuid4(), claim_id=claim_id, number=position, action=step.value,
                from_state=start, to_state=end,
                person_id=house.people["marc"].person_id, role=Role.SUPERVISOR.value, at=now,
            )
        )  # fmt: skip
    session.commit()
    return claim_id


def _seen(house: House, worker: uuid.UUID, skill: str, situation_id: uuid.UUID, by: str) -> None:
    now, observation_id = house.clock.now(), uuid.uuid4()
    behaviours = house.behaviours_of(skill, LEVEL)
    house.session.add(
        Observation(
            id=observation_id, structure_id=house.structure_id, situation_id=situation_id, worker_id=worker,
            observer_id=house.people[by].person_id, observer_role=Role.SUPERVISOR,
            framework_version_id=house.version_id, skill_id=skill, level=LEVEL, content_hash="0" * 64,
            captured_at=now, received_at=now,
            marks=[ObservationMark(behaviour_id=behaviour, mark=Mark.YES) for behaviour in behaviours],
        )
    )  # fmt: skip
    house.session.flush()
    house.session.add(
        Answer(id=uuid.uuid4(), number=1, observation_id=observation_id, kind=AnswerKind.AGREE, at=now)
    )
    house.session.flush()
