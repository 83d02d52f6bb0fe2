"""What runs in a process of its own, to be killed: a relay, and a whole life of three badges."""

import multiprocessing
import os
import tempfile
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import select, update
from sqlalchemy.orm import Session, sessionmaker

from badges import jobs, outbox
from badges.clock import Clock
from badges.db import build_engine, session_factory
from badges.evidence.storage import LocalStorage
from badges.frameworks import service as frameworks
from badges.issuer import service
from badges.issuer.models import Credential, IssuerKey, KeyState
from badges.people.mailer import ConsoleMailer
from badges.people.models import NameForm, Person
from badges.permissions import Actor, Role
from badges.ports import Ports
from badges.recognition.models import Claim
from badges.recognition.rules import ClaimState
from badges.settings import Settings
from badges.sharing.fetcher import GuardedFetcher
from tests import factories
from tests.conftest import StillClock

MIDNIGHT = datetime(2026, 11, 23, tzinfo=UTC)
HURRY = 60
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["tests.crash.warm"])


@dataclass(frozen=True)
class Cast:
    """Who and what the story is about; ids only, so that it can cross over to another process."""

    structure_id: uuid.UUID
    worker_id: uuid.UUID
    admin_id: uuid.UUID
    renamed: uuid.UUID
    revoked: uuid.UUID
    blocked: uuid.UUID
    blocked_worker_id: uuid.UUID

    @property
    def worker(self) -> Actor:
        return Actor(self.worker_id, self.structure_id, frozenset({Role.WORKER}))

    @property
    def admin(self) -> Actor:
        return Actor(self.admin_id, self.structure_id, frozenset({Role.ADMIN}))


class HurriedClock:
    """A clock that all processes share and that runs sixty times too fast, so that leases soon end."""

    def __init__(self, started: float) -> None:
        self.started = started

    def now(self) -> datetime:
        return MIDNIGHT + timedelta(seconds=int((time.time() - self.started) * HURRY))

    def new_id(self) -> uuid.UUID:
        return uuid.uuid4()

    def new_token(self) -> str:
        return uuid.uuid4().hex


def relay_until_killed(url: str, started: float) -> None:
    """Carry out what is owed, for ever."""
    ports = _ports(url, HurriedClock(started))
    while True:
        outbox.drain(ports.sessions, ports.clock, jobs.handlers(ports))
        time.sleep(0.02)


def live(url: str, cast: Cast, hour: int, crash_at: str) -> None:
    """Issue three badges, rename, pause, mend, renew, change keys, revoke; every act may be done again."""
    os.environ["BADGES_CRASH_AT"] = crash_at
    clock = StillClock(MIDNIGHT + timedelta(hours=hour))
    ports = _ports(url, clock)
    issuing = jobs.issuing(ports)
    _become_issuer(issuing, cast)
    outbox.drain(ports.sessions, clock, jobs.handlers(ports))
    credentials = _credentials(ports.sessions)
    service.rename_recipient(issuing, cast.worker, credentials[cast.renamed].id, NameForm.FULL)
    service.suspend(issuing, cast.admin, credentials[cast.renamed].id, "x")
    service.reinstate(issuing, cast.admin, credentials[cast.renamed].id)
    _mend(issuing, ports.sessions, cast, credentials[cast.blocked].id)
    _renew(issuing, cast, credentials[cast.renamed].id)
    _change_keys(issuing, ports.sessions, cast)
    with ports.sessions() as session:
        service.revoke(session, clock, cast.admin, credentials[cast.revoked].id, "x")
    outbox.drain(ports.sessions, clock, jobs.handlers(ports))


def _become_issuer(issuing: service.Issuing, cast: Cast) -> None:
    """Issue badges that hold for two months, so that each can be asked for again at once."""
    service.create_profile(issuing, cast.structure_id)
    with issuing.sessions() as session:
        frameworks.adopt_catalogue(session, issuing.clock, cast.structure_id)
        service.set_validity(session, issuing.clock, cast.admin, 2)


def _renew(issuing: service.Issuing, cast: Cast, credential_id: uuid.UUID) -> None:
    with issuing.sessions() as session:
        if session.get_one(Claim, cast.renamed).state is ClaimState.APPROVED:
            service.renew(session, issuing.clock, cast.worker, credential_id)


def _mend(
    issuing: service.Issuing, sessions: sessionmaker[Session], cast: Cast, credential_id: uuid.UUID
) -> None:
    with sessions() as session:
        session.execute(update(Person).where(Person.id == cast.blocked_worker_id).values(given_name="Fatou"))
        session.commit()
        blocked = session.get_one(Credential, credential_id).blocked_reason
    if blocked:
        service.mend(issuing, cast.admin, credential_id)


def _change_keys(issuing: service.Issuing, sessions: sessionmaker[Session], cast: Cast) -> None:
    with sessions() as session:
        keys = session.scalars(select(IssuerKey).order_by(IssuerKey.created_at, IssuerKey.id)).all()
    if len(keys) == 1:
        issuing.clock.forward(minutes=1)  # type: ignore[attr-defined]
        service.rotate_key(issuing, cast.admin, keys[0].id)
    if all(key.state is not KeyState.COMPROMISED for key in keys):
        since = issuing.clock.now() + timedelta(days=1)
        service.mark_key_compromised(issuing, cast.admin, keys[0].id, since)


def _credentials(sessions: sessionmaker[Session]) -> dict[uuid.UUID, Credential]:
    with sessions() as session:
        return {row.claim_id: row for row in session.scalars(select(Credential))}


def _ports(url: str, clock: Clock) -> Ports:
    media = Path(tempfile.gettempdir())
    settings = Settings(
        mode="test", base_url=factories.BASE_URL, database_url=url, secret_key="s" * 40,
        key_encryption_keys=factories.KEKS, media_dir=media, relay="off",
    )  # fmt: skip
    issuing = factories.make_issuing(session_factory(build_engine(url)), clock)
    return Ports(
        settings=settings,
        clock=clock,
        sessions=issuing.sessions,
        storage=LocalStorage(media),
        mailer=ConsoleMailer(),
        vault=issuing.vault,
        signer=issuing.signer,
        artwork=issuing.artwork,
        fetcher=GuardedFetcher(),
    )
