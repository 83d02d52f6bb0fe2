"""An issuer whose badges are followed through their life, with a relay that carries out what is owed."""

import json
import uuid
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from badges import outbox
from badges.audit import JournalEntry
from badges.frameworks import service as frameworks
from badges.issuer import queries, service
from badges.issuer.models import Credential, IssuerKey, KeyState, StatusList, StatusPurpose
from badges.openbadges.report import Verdict
from badges.openbadges.status import decode, is_set
from badges.openbadges.verify import verify
from badges.permissions import Role
from badges.recognition.models import Claim
from tests import factories
from tests.conftest import StillClock


class House:
    """A structure, Amina who works there, Bakary beside her, and Claire who administers it."""

    def __init__(self, session: Session, sessions: sessionmaker[Session], clock: StillClock) -> None:
        self.session, self.clock = session, clock
        self.issuing = factories.make_issuing(sessions, clock)
        self.version_id = factories.soft_framework(session, clock)
        self.structure = factories.make_structure(session, clock)
        self.worker = factories.make_person(session, clock, self.structure, Role.WORKER)
        other = factories.make_person(session, clock, self.structure, Role.WORKER, given_name="Bakary")
        admin = factories.make_person(session, clock, self.structure, Role.ADMIN, given_name="Claire")
        session.commit()
        session.expunge_all()
        frameworks.adopt_catalogue(session, clock, self.structure.id)
        self.admin = factories.actor_of(self.structure, admin, Role.ADMIN)
        self.amina = factories.actor_of(self.structure, self.worker, Role.WORKER)
        self.bakary = factories.actor_of(self.structure, other, Role.WORKER)
        self.count = 0

    def approve(self, **changes: Any) -> uuid.UUID:
        """Add an approved claim, of another skill each time unless told otherwise."""
        self.count += 1
        self.forget()
        facts = {"skill_id": f"M{self.count:02}"} | changes
        claim_id = factories.make_approved_claim(
            self.session, self.clock, self.structure, self.worker, self.version_id, **facts
        )
        self.session.commit()
        return claim_id

    def issue(self, **changes: Any) -> uuid.UUID:
        return service.issue(self.issuing, self.approve(**changes))

    def drain(self) -> None:
        """Carry out all that is owed to lists and credentials, as the relay does."""
        self.forget()

        def complete(payload: Any) -> None:
            ids = [uuid.UUID(one) for one in payload["credential_ids"].split(",")]
            service.complete_many(self.issuing, ids)

        outbox.drain(
            self.issuing.sessions, self.clock,
            {
                "credential.reserved": complete,
                "credential.issued": lambda payload: payload,
                "credential.withdrawn": lambda payload: service.list_as_withdrawn(
                    self.issuing, uuid.UUID(payload["credential_id"])
                ),
                "status_list.changed": lambda payload: service.publish_status_list(
                    self.issuing, uuid.UUID(payload["status_list_id"])
                ),
            },
        )  # fmt: skip

    def forget(self) -> None:
        """Read the next thing from the database as it is now."""
        self.session.expunge_all()
        self.session.rollback()

    def row(self, credential_id: uuid.UUID) -> Credential:
        self.forget()
        return self.session.get_one(Credential, credential_id)

    def claim(self, claim_id: uuid.UUID) -> Claim:
        self.forget()
        return self.session.get_one(Claim, claim_id)

    def signed(self, credential_id: uuid.UUID) -> str:
        signed = self.row(credential_id).signed
        assert signed is not None
        return signed

    def document(self, credential_id: uuid.UUID) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.signed(credential_id))
        return document

    def verdict(self, signed: str) -> Verdict:
        """Return what our verifier says of `signed` now."""
        self.forget()
        resolver = queries.local_documents(self.session)
        return verify(signed.encode(), resolver=resolver, now=self.clock.now()).verdict

    def lists(self, purpose: StatusPurpose) -> list[StatusList]:
        self.forget()
        rows = select(StatusList).where(StatusList.purpose == purpose).order_by(StatusList.number)
        return list(self.session.scalars(rows))

    def published(self, status_list_id: uuid.UUID) -> dict[str, Any]:
        """Return the document served for a list."""
        self.forget()
        document: dict[str, Any] = json.loads(queries.status_list(self.session, status_list_id).signed)
        return document

    def on(self, status_list_id: uuid.UUID) -> set[int]:
        """Return the places that are on in what is served."""
        bits = decode(self.published(status_list_id)["credentialSubject"]["encodedList"])
        return {index for index in range(len(bits) * 8) if is_set(bits, index)}

    def active(self) -> IssuerKey:
        self.forget()
        return self.session.scalars(select(IssuerKey).where(IssuerKey.state == KeyState.ACTIVE)).one()

    def times(self, act: str) -> int:
        """Return how often the journal says `act`."""
        self.forget()
        lines = select(func.count()).select_from(JournalEntry).where(JournalEntry.act == act)
        return self.session.scalar(lines) or 0
