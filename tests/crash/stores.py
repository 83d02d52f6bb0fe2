"""Stores for tests of backups and storms: real ports, crowds of approved claims, empty databases."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy import insert, text
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from badges import outbox
from badges.app import build_ports
from badges.clock import Clock
from badges.db import build_engine, transaction
from badges.people.models import Membership, Person
from badges.permissions import Actor, Role
from badges.ports import Ports
from badges.recognition.models import Claim
from badges.recognition.rules import ClaimState
from badges.recognition.rules_basis import to_json
from badges.settings import Settings
from tests import factories


def settings_for(url: str, folder: Path, *, witness: bool = True) -> Settings:
    """Settings whose media and witness stand in `folder`."""
    folder.mkdir(exist_ok=True)
    (folder / "witness").mkdir(exist_ok=True)
    return Settings(
        mode="test", base_url=factories.BASE_URL, database_url=url, secret_key="s" * 40,
        key_encryption_keys=factories.KEKS, media_dir=folder / "media", relay="off",
        witness_dir=folder / "witness" if witness else None,
    )  # fmt: skip


@contextmanager
def open_store(settings: Settings, clock: Clock) -> Iterator[Ports]:
    """Ports that let go of the database at the end."""
    ports = build_ports(settings, clock=clock)
    yield ports
    ports.sessions.kw["bind"].dispose()


@dataclass(frozen=True)
class Crowd:
    """A structure with many approved claims."""

    structure_id: uuid.UUID
    version_id: uuid.UUID
    admin: Actor


def make_crowd(session: Session, clock: Clock) -> Crowd:
    """A structure and its administrator; claims come with `approve`."""
    version_id = factories.soft_framework(session, clock)
    structure = factories.make_structure(session, clock)
    admin = factories.make_person(session, clock, structure, Role.ADMIN)
    session.commit()
    return Crowd(structure.id, version_id, factories.actor_of(structure, admin, Role.ADMIN))


def approve(
    session: Session, clock: Clock, crowd: Crowd, count: int, *, owed: bool = True
) -> list[uuid.UUID]:
    """Add `count` workers with one approved claim each, in few statements; their badges are owed."""
    now, basis = clock.now(), to_json(factories.basis())
    people = [uuid.uuid4() for _ in range(count)]
    claims = [uuid.uuid4() for _ in range(count)]
    with transaction(session):
        connection = session.connection()
        connection.execute(
            insert(Person),
            [
                {"id": one, "given_name": "Amina", "family_name": "Diallo", "created_at": now}
                for one in people
            ],
        )
        started_on = now.date() - timedelta(days=90)
        connection.execute(
            insert(Membership),
            [
                {
                    "id": uuid.uuid4(), "structure_id": crowd.structure_id, "person_id": one,
                    "role": Role.WORKER, "started_on": started_on,
                }
                for one in people
            ],
        )  # fmt: skip
        connection.execute(
            insert(Claim),
            [
                {
                    "id": claim, "structure_id": crowd.structure_id, "worker_id": one,
                    "framework_version_id": crowd.version_id, "skill_id": "S03", "level": "N2",
                    "state": ClaimState.APPROVED, "version": 3, "opened_at": now, "submitted_at": now,
                    "decided_at": now, "basis": basis,
                }
                for claim, one in zip(claims, people, strict=True)
            ],
        )  # fmt: skip
        if owed:
            for claim in claims:
                outbox.publish(session, clock, topic="claim.approved", key=str(claim), claim_id=str(claim))
    return claims


@contextmanager
def empty_database(url: str, folder: Path) -> Iterator[str]:
    """The URL of an empty place of the same kind as `url`: a file that is not there, or a new database."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        folder.mkdir(exist_ok=True)
        yield f"sqlite:///{folder / 'restored.sqlite'}"
        return
    name = f"badges_restored_{uuid.uuid4().hex[:12]}"
    server = parsed.set(database="postgres").render_as_string(hide_password=False)
    _admin(server, f'CREATE DATABASE "{name}"')
    yield parsed.set(database=name).render_as_string(hide_password=False)
    _admin(server, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _admin(server: str, statement: str) -> None:
    engine = build_engine(server).execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()
