"""A storyteller: moves the clock through the past weeks and lets people act through the real verbs."""

import uuid
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from badges import jobs, outbox
from badges.evidence import service as evidence
from badges.evidence.models import AnswerKind, Mark, SituationKind
from badges.evidence.rules import NewObservation, NewSituation
from badges.frameworks import queries as frameworks
from badges.frameworks.rules import Framework
from badges.issuer.models import Credential
from badges.people import queries as people
from badges.permissions import Actor
from badges.ports import Ports
from badges.recognition import queries_review as review
from badges.recognition import service as claims

FRIDAY = 4


@dataclass
class StoryClock:
    """A clock the storyteller turns; identifiers and tokens are as random as ever."""

    at: datetime

    def now(self) -> datetime:
        """Return the moment the story has reached."""
        return self.at

    def new_id(self) -> uuid.UUID:
        """Return a random identifier."""
        return uuid.uuid4()

    def new_token(self) -> str:
        """Return a random secret of 244 bits."""
        return uuid.uuid4().hex + uuid.uuid4().hex

    def go_to(self, day: date, hour: int = 9) -> None:
        """Move to `day` at `hour`, UTC."""
        self.at = datetime.combine(day, time(hour), UTC)


@dataclass
class Story:
    """What happens in one structure. `ports.clock` is the story's own clock."""

    ports: Ports
    clock: StoryClock
    structure_id: uuid.UUID
    today: date
    session: Session
    _frameworks: dict[str, tuple[uuid.UUID, Framework]] = field(default_factory=dict)

    def go_back(self, days_ago: int, hour: int) -> None:
        """Move the clock to `hour` of the day that was `days_ago`."""
        self.clock.go_to(self.day(days_ago), hour)

    def day(self, days_ago: int) -> date:
        """Return the working day of `days_ago`, or the Friday before it: nobody works at the weekend."""
        day = self.today - timedelta(days=days_ago)
        return day - timedelta(days=max(0, day.weekday() - FRIDAY))

    def actor(self, person_id: uuid.UUID) -> Actor:
        """Return somebody with the roles they hold in this structure."""
        return people.actor_in(self.session, person_id, self.structure_id)

    def framework_of(self, skill_id: str) -> tuple[uuid.UUID, Framework]:
        """Return the adopted framework version that holds `skill_id`."""
        if not self._frameworks:
            for version_id, framework in frameworks.adopted(self.session, self.structure_id).items():
                self._frameworks |= {skill.id: (version_id, framework) for skill in framework.skills}
        return self._frameworks[skill_id]

    def situation(
        self,
        by: uuid.UUID,
        days_ago: int,
        title: str,
        place: str,
        kind: SituationKind,
        crew: tuple[uuid.UUID, ...],
    ) -> uuid.UUID:
        """Let `by` note a situation that happened `days_ago`."""
        day = self.day(days_ago)
        self.clock.go_to(day, 8)
        new = NewSituation(
            id=self.clock.new_id(),
            happened_on=day,
            kind=kind,
            title=title,
            place=place,
            framework_id=None,
            crew=crew,
        )
        return evidence.create_situation(self.session, self.clock, self.actor(by), new)

    def observe(
        self, by: uuid.UUID, situation_id: uuid.UUID, worker: uuid.UUID, skill_id: str, level: str,
        marks: str = "YY", fact: str = "", photos: tuple[bytes, ...] = (),
    ) -> uuid.UUID:  # fmt: skip
        """Let `by` note what `worker` did; `marks`: one letter per behaviour, Y, S, N or -."""
        version_id, framework = self.framework_of(skill_id)
        behaviours = framework.skill(skill_id).at(level).behaviours
        letters = zip(behaviours, marks, strict=True)
        new = NewObservation(
            id=self.clock.new_id(),
            situation_id=situation_id,
            worker_id=worker,
            framework_version_id=version_id,
            skill_id=skill_id,
            level=level,
            fact=fact,
            photos=photos,
            captured_at=self.clock.now(),
            marks={behaviour.id: _MARKS[letter] for behaviour, letter in letters},
        )
        return evidence.record_observation(self.session, self.clock, self.ports.storage, self.actor(by), new)

    def answer(
        self, worker: uuid.UUID, observation_id: uuid.UUID, kind: AnswerKind, sentence: str = ""
    ) -> None:
        """Let `worker` answer an observation about themselves."""
        evidence.answer(self.session, self.clock, self.actor(worker), observation_id, kind, sentence)

    def open_claim(self, by: uuid.UUID, worker: uuid.UUID, skill_id: str, level: str) -> uuid.UUID:
        """Let `by` open a claim for `worker`."""
        version_id, _ = self.framework_of(skill_id)
        return claims.open_claim(
            self.session, self.clock, self.actor(by), worker, version_id, skill_id, level
        )

    def submit(self, by: uuid.UUID, claim_id: uuid.UUID, *, days_ago: int) -> None:
        """Let `by` hand a claim over to the reviewers."""
        self.go_back(days_ago, 14)
        claims.submit(self.session, self.clock, self.actor(by), claim_id)

    def approve(self, reviewer: uuid.UUID, claim_id: uuid.UUID, *, days_ago: int) -> None:
        """Let `reviewer` approve, and everything that follows happen."""
        self.go_back(days_ago, 16)
        actor = self.actor(reviewer)
        claims.approve(self.session, self.clock, actor, claim_id, self.version_of(actor, claim_id))
        self.let_things_follow()

    def version_of(self, actor: Actor, claim_id: uuid.UUID) -> int:
        """Return the version of a claim that `actor` reads, as a decision must say which one it is about."""
        return review.claim_view(self.session, self.clock, actor, claim_id, "fr").about.version

    def credential_of(self, claim_id: uuid.UUID) -> uuid.UUID:
        """Return the credential that an approved claim became."""
        return self.session.scalars(select(Credential.id).where(Credential.claim_id == claim_id)).one()

    def let_things_follow(self) -> None:
        """Carry out everything the outbox owes."""
        outbox.drain(self.ports.sessions, self.clock, jobs.handlers(self.ports))


_MARKS = {"Y": Mark.YES, "S": Mark.SOMETIMES, "N": Mark.NO, "-": Mark.NOT_SEEN}
