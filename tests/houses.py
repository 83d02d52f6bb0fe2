"""A structure with everybody who has a hand in a claim, for tests of recognition."""

import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from badges.audit import JournalEntry
from badges.clock import Clock, today
from badges.evidence import service as evidence
from badges.evidence.models import AnswerKind, Mark, SituationKind
from badges.evidence.rules import NewObservation, NewSituation
from badges.evidence.storage import LocalStorage
from badges.frameworks import queries as frameworks
from badges.frameworks import service as frameworks_service
from badges.people.models import Assignment, Membership, Person, Structure, StructureModel
from badges.permissions import Actor, Role
from badges.recognition import queries, service
from badges.recognition.models import Claim
from badges.recognition.rules import ClaimState, Reason

SKILL = "S03"


@dataclass
class House:
    """A structure with one worker, Amina, and everybody who has a hand in a claim."""

    session: Session
    clock: Clock
    storage: LocalStorage
    structure_id: uuid.UUID = field(default_factory=uuid.uuid4)
    version_id: uuid.UUID = field(default_factory=uuid.uuid4)
    people: dict[str, Actor] = field(default_factory=dict)

    def build(self) -> "House":
        self.session.add(
            Structure(
                id=self.structure_id,
                slug=f"s-{self.structure_id.hex[:8]}",
                legal_name="ACI",
                kind="aci",
                model=StructureModel.TREMPLIN,
                public_name="Les Jardins du Canal",
                public_description="Vegetables",
                created_at=self.clock.now(),
            )
        )
        self.session.flush()
        self.person("amina", Role.WORKER)
        self.person("marc", Role.SUPERVISOR, Role.REVIEWER, in_charge=True)
        self.person("karim", Role.TUTOR, in_charge=True)
        self.person("lea", Role.COACH, in_charge=True)
        self.person("sophie", Role.REVIEWER)
        self.person("paul", Role.REVIEWER)
        self.person("ada", Role.ADMIN)
        self.session.commit()
        frameworks_service.adopt_catalogue(self.session, self.clock, self.structure_id)
        adopted = frameworks.adopted(self.session, self.structure_id)
        self.version_id = next(key for key, framework in adopted.items() if framework.kind == "soft")
        self.session.rollback()
        return self

    def person(self, name: str, *roles: Role, in_charge: bool = False) -> Actor:
        person_id, now = uuid.uuid4(), self.clock.now()
        self.session.add(Person(id=person_id, given_name=name.title(), created_at=now))
        self.session.flush()
        for role in roles:
            self.session.add(
                Membership(
                    id=uuid.uuid4(),
                    structure_id=self.structure_id,
                    person_id=person_id,
                    role=role,
                    started_on=today(self.clock),
                )
            )
            if in_charge and role is not Role.REVIEWER:
                self.session.add(
                    Assignment(
                        id=uuid.uuid4(),
                        structure_id=self.structure_id,
                        worker_id=self.worker_id,
                        staff_id=person_id,
                        role=role,
                    )
                )
        self.session.flush()
        self.people[name] = Actor(person_id, self.structure_id, frozenset(roles))
        return self.people[name]

    @property
    def worker_id(self) -> uuid.UUID:
        person_id = self.people["amina"].person_id
        assert person_id
        return person_id

    def see(
        self,
        days_ago: int,
        *marks: Mark,
        by: str = "marc",
        level: str = "N1",
        answer: AnswerKind | None = AnswerKind.AGREE,
        title: str = "Leek harvest",
        photos: tuple[bytes, ...] = (),
    ) -> uuid.UUID:
        """Record one observation `days_ago`, marks in the order of the behaviours; YES to all by default."""
        actor, situation_id, observation_id = self.people[by], uuid.uuid4(), uuid.uuid4()
        day = today(self.clock) - timedelta(days=days_ago)
        evidence.create_situation(
            self.session,
            self.clock,
            actor,
            NewSituation(id=situation_id, happened_on=day, kind=SituationKind.COLLECTIVE_TASK, title=title),
        )
        evidence.record_observation(
            self.session,
            self.clock,
            self.storage,
            actor,
            NewObservation(
                id=observation_id,
                situation_id=situation_id,
                worker_id=self.worker_id,
                framework_version_id=self.version_id,
                skill_id=SKILL,
                level=level,
                marks=dict(zip(self.behaviours(level), marks or (Mark.YES, Mark.YES), strict=True)),
                captured_at=self.clock.now(),
                photos=photos,
            ),
        )
        if answer:
            self.answer(observation_id, answer)
        return observation_id

    def answer(self, observation_id: uuid.UUID, kind: AnswerKind) -> None:
        evidence.answer(self.session, self.clock, self.people["amina"], observation_id, kind)

    def behaviours(self, level: str) -> tuple[str, ...]:
        return self.behaviours_of(SKILL, level)

    def behaviours_of(self, skill: str, level: str) -> tuple[str, ...]:
        return queries.behaviour_ids(frameworks.load(self.session, self.version_id), skill, level)

    def open(self, level: str = "N1", by: str = "marc") -> uuid.UUID:
        return service.open_claim(
            self.session, self.clock, self.people[by], self.worker_id, self.version_id, SKILL, level
        )

    def submit(self, claim_id: uuid.UUID, by: str = "marc") -> None:
        service.submit(self.session, self.clock, self.people[by], claim_id)

    def submitted(self) -> uuid.UUID:
        """A claim at the first level that the rule supports, waiting for its review."""
        self.see(9, by="karim")
        self.see(2)
        claim_id = self.open()
        self.submit(claim_id)
        return claim_id

    def approve(self, claim_id: uuid.UUID, by: str = "sophie", **more: Any) -> None:
        version = self.claim(claim_id).version
        service.approve(self.session, self.clock, self.people[by], claim_id, version, **more)

    def refuse(self, claim_id: uuid.UUID, by: str = "sophie") -> None:
        version = self.claim(claim_id).version
        service.refuse(
            self.session,
            self.clock,
            self.people[by],
            claim_id,
            version,
            Reason.NOT_YET_REGULAR,
            "Seen twice: two more weeks will show it.",
        )

    def refused(self) -> uuid.UUID:
        claim_id = self.submitted()
        self.refuse(claim_id)
        return claim_id

    def claim(self, claim_id: uuid.UUID) -> Claim:
        self.session.rollback()
        return self.session.get_one(Claim, claim_id, populate_existing=True)

    def state(self, claim_id: uuid.UUID) -> ClaimState:
        return self.claim(claim_id).state

    def acts(self) -> list[str]:
        self.session.rollback()
        lines = self.session.scalars(select(JournalEntry.act).order_by(JournalEntry.sequence))
        return [act for act in lines if act.startswith("claim.")]
