"""A worker who holds one signed badge, for tests of showing, reading and verifying it."""

import uuid
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from badges.audit import JournalEntry
from badges.issuer import service as issuer
from badges.issuer.models import Credential
from badges.issuer.service import Issuing
from badges.people.models import NameForm, Person, Structure
from badges.permissions import Actor, Role
from badges.sharing import queries, queries_worker, service
from badges.sharing.models import Consent
from badges.sharing.rules import BadgeState, NewShowing
from tests import factories
from tests.conftest import StillClock


@dataclass
class Holder:
    """Amina has one signed badge, offered to her; Bakary works beside her, Claire administers."""

    session: Session
    clock: StillClock
    issuing: Issuing
    structure: Structure
    worker: Person
    amina: Actor
    bakary: Actor
    claire: Actor
    badge: uuid.UUID

    def state(self) -> BadgeState:
        return self.own().state

    def own(self) -> queries_worker.OwnBadge:
        self.forget()
        return queries_worker.own_badge(self.session, self.amina, self.clock.now(), self.badge, "fr")

    def show(self, form: NameForm = NameForm.INITIAL, *, actor: Actor | None = None, **more: str) -> str:
        """Show the badge, a minute later."""
        self.clock.forward(minutes=1)
        new = NewShowing(self.badge, form, "fr", **more)
        return service.show(self.issuing, actor or self.amina, new)

    def page(self, token: str, language: str = "fr") -> queries.BadgePage:
        """Read the public page, a minute later."""
        self.forget()
        self.clock.forward(minutes=1)
        return queries.public_page(self.session, self.clock.now(), token, language)

    def hide(self) -> None:
        service.hide(self.session, self.clock, self.amina, self.badge, "fr")

    def revoke(self) -> None:
        """Withdraw the badge and publish the list."""
        issuer.revoke(self.session, self.clock, self.claire, self.badge, "delivered by mistake")
        issuer.publish_status_list(self.issuing, self.credential().status_list_id)
        self.forget()

    def credential(self) -> Credential:
        self.forget()
        return self.session.get_one(Credential, self.badge)

    def signed(self) -> str:
        signed = self.credential().signed
        assert signed is not None
        return signed

    def consents(self) -> list[tuple[int, str, str, str]]:
        self.forget()
        rows = self.session.scalars(select(Consent).order_by(Consent.number))
        return [(row.number, row.act, row.text_version, row.language) for row in rows]

    def acts(self) -> list[str]:
        self.forget()
        rows = self.session.scalars(select(JournalEntry).order_by(JournalEntry.sequence))
        return [row.act for row in rows if row.act.startswith("badge.")]

    def forget(self) -> None:
        self.session.rollback()
        self.session.expire_all()


def build_holder(
    sessions: sessionmaker[Session],
    session: Session,
    clock: StillClock,
    *,
    base_url: str = factories.BASE_URL,
) -> Holder:
    """Issue teamwork, level 2, to Amina, and offer it to her."""
    version_id = factories.soft_framework(session, clock)
    structure = factories.make_structure(session, clock, public_email="bonjour@jardins.example")
    amina = factories.make_person(session, clock, structure, Role.WORKER)
    bakary = factories.make_person(session, clock, structure, Role.WORKER, given_name="Bakary")
    claire = factories.make_person(session, clock, structure, Role.ADMIN, given_name="Claire")
    claim_id = factories.make_approved_claim(session, clock, structure, amina, version_id)
    session.commit()
    issuing = factories.make_issuing(sessions, clock, base_url=base_url)
    badge = issuer.issue(issuing, claim_id)
    service.offer(sessions, clock, badge)
    return Holder(
        session, clock, issuing, structure, amina,
        factories.actor_of(structure, amina, Role.WORKER), factories.actor_of(structure, bakary, Role.WORKER),
        factories.actor_of(structure, claire, Role.ADMIN), badge,
    )  # fmt: skip
