"""A structure at work, for tests of evidence: who is in it, who is in charge of whom, and ready-made acts."""

import io
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from PIL import Image
from sqlalchemy.orm import Session

from badges.clock import Clock
from badges.evidence import service
from badges.evidence.models import Mark, SituationKind
from badges.evidence.rules import NewObservation, NewSituation
from badges.evidence.storage import LocalStorage
from badges.frameworks import queries as frameworks
from badges.frameworks import service as frameworks_service
from badges.people.models import Assignment, Membership, Person, Structure, StructureModel
from badges.permissions import Actor, Role

TEAMWORK = "S03"
A, B = "S03-N2-a", "S03-N2-b"


@dataclass
class Crew:
    """Marc supervises Amina and Bakary, Léa coaches them; Karim supervises nobody yet."""

    session: Session
    clock: Clock
    storage: LocalStorage
    structure_id: uuid.UUID
    soft: uuid.UUID
    marc: Actor
    karim: Actor
    lea: Actor
    rita: Actor
    amina: Actor
    bakary: Actor

    def situation(self, by: Actor | None = None, **changes: Any) -> uuid.UUID:
        """Tell a situation, with Amina in its crew."""
        facts: dict[str, Any] = {
            "id": uuid.uuid4(), "happened_on": date(2026, 11, 23), "kind": SituationKind.COLLECTIVE_TASK,
            "title": "Récolte des poireaux", "place": "Serre 2", "crew": (self.amina.person_id,),
        }  # fmt: skip
        new = NewSituation(**(facts | changes))
        return service.create_situation(self.session, self.clock, by or self.marc, new)

    def new(self, situation_id: uuid.UUID, **changes: Any) -> NewObservation:
        """Return an observation of Amina, level 2 of teamwork, first behaviour seen."""
        facts: dict[str, Any] = {
            "id": uuid.uuid4(), "situation_id": situation_id, "worker_id": self.amina.person_id,
            "framework_version_id": self.soft, "skill_id": TEAMWORK, "level": "N2",
            "marks": {A: Mark.YES}, "captured_at": self.clock.now(),
        }  # fmt: skip
        return NewObservation(**(facts | changes))

    def record(self, new: NewObservation, by: Actor | None = None) -> uuid.UUID:
        """Record `new`, by Marc unless told otherwise."""
        return service.record_observation(self.session, self.clock, self.storage, by or self.marc, new)

    def observed(self, **changes: Any) -> uuid.UUID:
        """Record one observation in a situation of its own."""
        return self.record(self.new(self.situation(), **changes))


def build_crew(session: Session, clock: Clock, media: Path, slug: str = "jardins") -> Crew:
    """Fill `session` with a structure that works with the whole catalogue."""
    structure = Structure(
        id=uuid.uuid4(), slug=slug, legal_name="Association ACI", kind="aci", model=StructureModel.TREMPLIN,
        public_name="Les Jardins du Canal", public_description="Maraîchage", created_at=clock.now(),
    )  # fmt: skip
    session.add(structure)
    session.flush()
    roles: Mapping[str, Role] = {
        "Marc": Role.SUPERVISOR, "Karim": Role.SUPERVISOR, "Léa": Role.COACH, "Rita": Role.REVIEWER,
        "Amina": Role.WORKER, "Bakary": Role.WORKER,
    }  # fmt: skip
    actors = {name: add_member(session, clock, structure.id, name, role) for name, role in roles.items()}
    for worker in ("Amina", "Bakary"):
        for staff, role in (("Marc", Role.SUPERVISOR), ("Léa", Role.COACH)):
            put_in_charge(session, actors[staff], role, actors[worker])
    session.commit()
    frameworks_service.adopt_catalogue(session, clock, structure.id)
    adopted = frameworks.adopted(session, structure.id)
    soft = next(version_id for version_id, framework in adopted.items() if framework.kind == "soft")
    names = ("Marc", "Karim", "Léa", "Rita", "Amina", "Bakary")
    return Crew(session, clock, LocalStorage(media), structure.id, soft, *(actors[name] for name in names))


def put_in_charge(session: Session, staff: Actor, role: Role, worker: Actor) -> None:
    """Put `staff` in charge of `worker`."""
    session.add(
        Assignment(
            id=uuid.uuid4(), structure_id=staff.structure_id, worker_id=worker.person_id,
            staff_id=staff.person_id, role=role,
        )
    )  # fmt: skip
    session.flush()


def picture(kind: str = "JPEG", size: tuple[int, int] = (60, 40), **options: Any) -> bytes:
    """Return an image whose upper left quarter is green, the rest red."""
    image = Image.new("RGB", size, (200, 60, 40))
    image.paste((30, 160, 60), (0, 0, size[0] // 2, size[1] // 2))
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def days(count: int) -> timedelta:
    """Return `count` days."""
    return timedelta(days=count)


def add_member(session: Session, clock: Clock, structure_id: uuid.UUID, name: str, role: Role) -> Actor:
    """Add somebody with one role."""
    person = Person(id=uuid.uuid4(), given_name=name, family_name="Diallo", created_at=clock.now())
    session.add(person)
    session.flush()
    session.add(
        Membership(
            id=uuid.uuid4(), structure_id=structure_id, person_id=person.id, role=role, crew="Serres",
            started_on=clock.now().date(),
        )
    )  # fmt: skip
    return Actor(person.id, structure_id, frozenset({role}))
