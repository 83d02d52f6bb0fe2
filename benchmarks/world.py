"""A structure with thousands of approved claims that wait, made as rows; the rest is the real service."""

import contextlib
import itertools
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from sqlalchemy import create_engine, insert, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from badges import migrations
from badges.app import build_ports
from badges.frameworks import queries as frameworks
from badges.frameworks import service as frameworks_service
from badges.issuer import service as issuer
from badges.people.models import Membership, Person, Structure, StructureModel
from badges.permissions import Actor, Role
from badges.ports import Ports
from badges.recognition.models import Claim
from badges.recognition.rules import ClaimState
from badges.recognition.rules_basis import Basis, to_json
from badges.settings import Settings

ACHIEVEMENTS = 8
LEVEL = "N2"
AT_ONCE = 5_000
NAMES = ("Amina", "Bakary", "Zoë", "N'Golo", "Marie-Ève", "Łukasz", "Thị Mai", "João")
BASE_URL = "https://badges.example"


def settings(database_url: str, folder: Path) -> Settings:
    """Return the settings of a service of its own; what `folder` holds goes with it."""
    return Settings(
        mode="test",
        base_url=BASE_URL,
        database_url=database_url,
        secret_key="bench-" + "s" * 40,
        key_encryption_keys={"bench": b"k" * 32},
        media_dir=folder / "media",
        relay="off",
    )


def environment(database_url: str, folder: Path) -> dict[str, str]:
    """Return the same settings as a program of its own reads them."""
    return {
        "BADGES_MODE": "test",
        "BADGES_BASE_URL": BASE_URL,
        "BADGES_DATABASE_URL": database_url,
        "BADGES_SECRET_KEY": "bench-" + "s" * 40,
        "BADGES_KEY_ENCRYPTION_KEYS": "bench:a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s=",
        "BADGES_MEDIA_DIR": str(folder / "media"),
        "BADGES_RELAY": "off",
    }


def open_ports(database_url: str, folder: Path) -> Ports:
    """Return the adapters of the service over a database."""
    return build_ports(settings(database_url, folder))


def administrator(session: Session) -> Actor:
    """Return the administrator of the one structure."""
    found = session.scalars(select(Membership).where(Membership.role == Role.ADMIN)).one()
    return Actor(found.person_id, found.structure_id, frozenset({Role.ADMIN}))


def fill(ports: Ports, claims: int) -> None:
    """Make the structure, issue each of its badges once, and give `claims` workers an approved claim."""
    migrations.upgrade(ports.sessions.kw["bind"])
    with ports.sessions() as session:
        _structure(session, ports)
    issue_each_badge(ports)
    with ports.sessions() as session:
        _approve(session, ports, claims)


def issue_each_badge(ports: Ports) -> None:
    """Issue one badge of each achievement, to new workers: their pictures are drawn, a process is warm."""
    with ports.sessions() as session:
        claims = _approve(session, ports, ACHIEVEMENTS)
    for claim_id in claims:
        issuer.issue(ports.issuing, claim_id)


@dataclass
class Databases:
    """Databases that begin alike: filled once, copied for each measurement, dropped at the end."""

    folder: Path
    postgres: str

    def __post_init__(self) -> None:
        self._names = itertools.count()
        self._made: list[str] = []

    def filled(self, kind: str, claims: int) -> str:
        """Return the URL of a database with `claims` waiting claims, never to be used itself."""
        path = self.folder / f"filled-{claims}.sqlite"
        url = f"sqlite:///{path}"
        if kind == "sqlite" and path.exists():
            return url
        if kind == "postgres":
            name = f"badges_bench_filled_{claims}"
            url = self._named(name)
            if name in self._made:
                return url
            self._create(name)
        ports = open_ports(url, self.folder)
        fill(ports, claims)
        ports.sessions.kw["bind"].dispose()
        return url

    @contextlib.contextmanager
    def copy(self, kind: str, claims: int) -> Iterator[str]:
        """Give the URL of a fresh copy of the filled database; it is gone afterwards."""
        source, number = self.filled(kind, claims), next(self._names)
        if kind == "sqlite":
            folder = Path(tempfile.mkdtemp(dir=self.folder))
            shutil.copy(make_url(source).database or "", folder / "badges.sqlite")
            yield f"sqlite:///{folder / 'badges.sqlite'}"
            shutil.rmtree(folder)
            return
        name = f"badges_bench_{number}"
        self._create(name, template=make_url(source).database or "")
        yield self._named(name)
        self._drop(name)

    def close(self) -> None:
        """Drop what is left on the server."""
        for name in list(self._made):
            self._drop(name)

    def _named(self, name: str) -> str:
        return make_url(self.postgres).set(database=name).render_as_string(hide_password=False)

    def _create(self, name: str, template: str = "template1") -> None:
        self._drop(name)
        self._admin(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        self._made.append(name)

    def _drop(self, name: str) -> None:
        self._admin(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        if name in self._made:
            self._made.remove(name)

    def _admin(self, statement: str) -> None:
        engine = create_engine(self.postgres, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(statement))
        engine.dispose()


def _structure(session: Session, ports: Ports) -> None:
    now, structure_id, person_id = ports.clock.now(), uuid.uuid4(), uuid.uuid4()
    session.add(
        Structure(
            id=structure_id, slug="les-jardins-du-canal", legal_name="ACI", kind="aci",
            model=StructureModel.TREMPLIN, public_name="Les Jardins du Canal",
            public_description="Maraîchage et espaces verts.", created_at=now,
        )
    )  # fmt: skip
    session.add(Person(id=person_id, given_name="Claire", family_name="Martin", created_at=now))
    session.flush()
    session.add(_member(structure_id, person_id, Role.ADMIN, now.date()))
    session.commit()
    frameworks_service.adopt_catalogue(session, ports.clock, structure_id)


def _soft(session: Session, structure_id: uuid.UUID) -> tuple[uuid.UUID, list[str]]:
    adopted = frameworks.adopted(session, structure_id)
    version_id = next(key for key, framework in adopted.items() if framework.kind == "soft")
    skills = [skill.id for skill in adopted[version_id].skills][:ACHIEVEMENTS]
    session.rollback()
    return version_id, skills


def _approve(session: Session, ports: Ports, count: int) -> list[uuid.UUID]:
    """Add workers with one claim each, approved an hour ago."""
    structure_id = session.scalars(select(Structure.id)).one()
    version_id, skills = _soft(session, structure_id)
    hour_ago = ports.clock.now() - timedelta(hours=1)
    claims: list[uuid.UUID] = []
    for first in range(0, count, AT_ONCE):
        ids = [(uuid.uuid4(), uuid.uuid4(), at) for at in range(first, min(first + AT_ONCE, count))]
        persons = [
            {"id": person, "given_name": NAMES[at % len(NAMES)], "family_name": f"D{at}",
             "created_at": hour_ago}
            for person, _, at in ids
        ]  # fmt: skip
        memberships = [
            {"id": uuid.uuid4(), "structure_id": structure_id, "person_id": person, "role": Role.WORKER,
             "started_on": date(2026, 1, 5)}
            for person, _, _ in ids
        ]  # fmt: skip
        waiting = [
            {"id": claim, "structure_id": structure_id, "worker_id": person, "level": LEVEL, "version": 3,
             "framework_version_id": version_id, "skill_id": skills[at % len(skills)],
             "state": ClaimState.APPROVED, "opened_at": hour_ago, "submitted_at": hour_ago,
             "decided_at": hour_ago, "basis": to_json(_basis(at))}
            for person, claim, at in ids
        ]  # fmt: skip
        session.execute(insert(Person), persons)
        session.execute(insert(Membership), memberships)
        session.execute(insert(Claim), waiting)
        session.commit()
        claims += [claim for _, claim, _ in ids]
    return claims


def _member(structure_id: uuid.UUID, person_id: uuid.UUID, role: Role, day: date) -> Membership:
    return Membership(
        id=uuid.uuid4(), structure_id=structure_id, person_id=person_id, role=role, started_on=day
    )


def _basis(number: int) -> Basis:
    """Return what an approval was based on; no two neighbours alike, so each has a sentence of its own."""
    observations = 3 + number % 17
    return Basis(
        observation_ids=tuple(uuid.UUID(int=number * 32 + at) for at in range(observations)),
        observations=observations, days=2 + number % 7, situations=2 + number % 5, observers=1 + number % 4,
        first_day=date(2026, 9, 1) + timedelta(number % 29),
        last_day=date(2026, 10, 15) + timedelta(number % 31),
        situation_titles=("Chez Mme Dupont", "Récolte", "Marché"), agreed=3, reviewer_kind="inside",
        outside_organisation="",
    )  # fmt: skip
