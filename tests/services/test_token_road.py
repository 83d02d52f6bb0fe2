"""A structure whose key lives in a PKCS#11 token: the whole road, and what a token that is away costs."""

import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from badges import audit, jobs, outbox
from badges.evidence.storage import LocalStorage
from badges.issuer import queries, service
from badges.issuer.models import Credential, IssuerKey, KeyState
from badges.issuer.service import Issuing
from badges.issuer.service_reserve import reserve_many
from badges.issuer.signer import LOCAL, LocalSigner, Signers
from badges.openbadges.report import Verdict
from badges.openbadges.verify import verify
from badges.outbox import OutboxMessage
from badges.people.mailer import ConsoleMailer
from badges.permissions import Role
from badges.ports import Ports
from badges.settings import Settings
from badges.sharing.fetcher import GuardedFetcher
from tests import factories
from tests.conftest import StillClock
from tests.tokens import PKCS11, SoftToken, soft_token


@pytest.fixture
def token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SoftToken]:
    with soft_token(tmp_path, monkeypatch) as found:
        yield found


class World:
    """An issuer, its administrator, and claims to issue one by one."""

    def __init__(
        self, session: Session, sessions: sessionmaker[Session], clock: StillClock, media: Path
    ) -> None:
        self.session, self.clock, self.media = session, clock, media
        self.local = factories.make_issuing(sessions, clock)
        self.version_id = factories.soft_framework(session, clock)
        self.structure = factories.make_structure(session, clock)
        self.worker = factories.make_person(session, clock, self.structure, Role.WORKER)
        admin = factories.make_person(session, clock, self.structure, Role.ADMIN)
        session.commit()
        self.admin = factories.actor_of(self.structure, admin, Role.ADMIN)
        self.count = 0

    def with_token(self, token: SoftToken, **changes: str) -> Issuing:
        custodians = {LOCAL: LocalSigner(self.local.vault), PKCS11: token.signer(**changes)}
        return replace(self.local, signer=Signers(PKCS11, custodians))

    def claim(self) -> str:
        self.count += 1
        self.session.rollback()
        claim_id = factories.make_approved_claim(
            self.session, self.clock, self.structure, self.worker, self.version_id,
            skill_id=f"M{self.count:02}",
        )  # fmt: skip
        self.session.commit()
        return str(claim_id)

    def owe(self) -> None:
        """Owe the badge of a new claim, as approving it does."""
        claim_id = self.claim()
        outbox.publish(self.session, self.clock, topic="claim.approved", key=claim_id, claim_id=claim_id)
        self.session.commit()

    def drain(self, issuing: Issuing) -> None:
        """Carry out what is owed, as a worker does."""
        settings = Settings(
            mode="test", base_url=factories.BASE_URL, database_url="sqlite://", secret_key="s" * 40,
            key_encryption_keys=factories.KEKS, media_dir=self.media,
        )  # fmt: skip
        ports = Ports(
            settings=settings, clock=self.clock, sessions=issuing.sessions, mailer=ConsoleMailer(),
            storage=LocalStorage(self.media), vault=issuing.vault, signer=issuing.signer,
            artwork=issuing.artwork, fetcher=GuardedFetcher(),
        )  # fmt: skip
        outbox.drain(issuing.sessions, self.clock, jobs.handlers(ports))

    def verdicts(self) -> list[Verdict]:
        self.session.rollback()
        self.session.expire_all()
        resolver = queries.local_documents(self.session)
        return [
            verify((row.signed or "").encode(), resolver=resolver, now=self.clock.now()).verdict
            for row in self.session.scalars(select(Credential).order_by(Credential.reserved_at))
        ]

    def waiting(self) -> int:
        """Return how many approved claims have no signed badge."""
        self.session.rollback()
        self.session.expire_all()
        signed = self.session.scalars(select(Credential).where(Credential.signed.is_not(None))).all()
        return self.count - len(signed)

    def active(self) -> uuid.UUID:
        """Return the id of the key that signs now."""
        self.session.rollback()
        return self.session.scalars(select(IssuerKey.id).where(IssuerKey.state == KeyState.ACTIVE)).one()

    def key_id(self) -> uuid.UUID:
        """Return the id of the newest key."""
        return self.session.scalars(select(IssuerKey.id).order_by(IssuerKey.created_at.desc()).limit(1)).one()

    def custodians(self) -> list[str]:
        self.session.rollback()
        return list(self.session.scalars(select(IssuerKey.custodian).order_by(IssuerKey.created_at)))


@pytest.fixture
def world(session: Session, sessions: sessionmaker[Session], clock: StillClock, tmp_path: Path) -> World:
    return World(session, sessions, clock, tmp_path)


def test_a_structure_whose_key_lives_in_a_token_issues_badges_that_verify(
    world: World, token: SoftToken
) -> None:
    world.owe()
    world.drain(world.with_token(token))
    assert world.verdicts() == [Verdict.VALID]
    assert world.custodians() == ["pkcs11"]
    assert audit.verify(world.session).faults == ()


def test_a_structure_moves_into_a_token_and_its_old_badges_hold(world: World, token: SoftToken) -> None:
    world.owe()
    world.drain(world.local)
    world.clock.forward(days=1)
    issuing = world.with_token(token)
    service.rotate_key(issuing, world.admin, world.active())
    world.owe()
    world.drain(issuing)
    assert world.custodians() == ["local", "pkcs11"]
    assert world.verdicts() == [Verdict.VALID] * 2


def test_what_was_reserved_under_a_local_key_is_signed_by_it_after_the_move(
    world: World, token: SoftToken
) -> None:
    service.create_profile(world.local, world.structure.id)
    (credential_id,) = reserve_many(world.local, [uuid.UUID(world.claim())]).credentials.values()
    issuing = world.with_token(token)
    service.rotate_key(issuing, world.admin, world.active())
    service.complete(issuing, credential_id)
    assert world.verdicts() == [Verdict.VALID]


def test_sealing_anew_leaves_the_keys_of_a_token_alone(world: World, token: SoftToken) -> None:
    world.owe()
    world.drain(world.with_token(token))
    before = world.session.scalars(select(IssuerKey.sealed_private)).all()
    assert service.reseal_all(world.local.sessions, world.clock, world.local.vault) == 0
    world.session.rollback()
    assert world.session.scalars(select(IssuerKey.sealed_private)).all() == before


@pytest.mark.parametrize("fault", ["unplugged", "pin"])
def test_while_a_token_is_away_nothing_is_lost_and_then_all_is_signed(
    world: World, token: SoftToken, fault: str
) -> None:
    issuing = world.with_token(token)
    service.create_profile(issuing, world.structure.id)
    for _ in range(3):
        world.owe()
    if fault == "unplugged":
        token.unplug()
    world.drain(world.with_token(token, pin="9999-wrong") if fault == "pin" else issuing)
    assert world.waiting() == 3
    if fault == "unplugged":
        token.plug()
    world.clock.forward(minutes=1)
    world.drain(issuing)
    assert world.verdicts() == [Verdict.VALID] * 3
    world.session.rollback()
    assert world.session.scalars(select(OutboxMessage).where(OutboxMessage.done_at.is_(None))).all() == []
    assert audit.verify(world.session).faults == ()
