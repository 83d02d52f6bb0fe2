"""What each consequence in the outbox is, and what is done once a day; engine.py runs them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from typing import Final
from uuid import UUID

import structlog

from badges import outbox, outbox_care
from badges.clock import Clock
from badges.db import transaction
from badges.evidence import service_photos
from badges.issuer import service as issuer
from badges.issuer import service_waves
from badges.issuer.service import Issuing
from badges.outbox import Bulk, Handlers, Payload
from badges.people import service_roster, service_sign_in
from badges.ports import Ports
from badges.sharing import service as sharing

DAY_BEGINS: Final = timedelta(hours=2)
"""After midnight, UTC. Daily work that nobody was there to notice is owed as soon as a worker runs."""
FEW: Final = 10
"""Messages taken together when each may already name a whole chunk of badges."""

log = structlog.get_logger(__name__)


def handlers(ports: Ports) -> Handlers:
    """Return what happens for each topic. Every topic that is published has a handler (a test checks it)."""
    return {
        "claim.approved": Bulk(
            lambda payloads: issuer.issue_approved(ports.issuing, ids_in(payloads, "claim_id"))
        ),
        "wave.chunk": lambda payload: issue_chunk(ports, payload),
        "credential.reserved": Bulk(
            lambda payloads: issuer.complete_many(ports.issuing, ids_in(payloads, "credential_id")), most=FEW
        ),
        "credential.issued": Bulk(
            lambda payloads: sharing.offer_many(
                ports.sessions, ports.clock, ids_in(payloads, "credential_id")
            ),
            most=FEW,
        ),
        "credential.withdrawn": lambda payload: issuer.list_as_withdrawn(
            ports.issuing, UUID(payload["credential_id"])
        ),
        "status_list.changed": lambda payload: issuer.publish_status_list(
            issuing(ports), UUID(payload["status_list_id"])
        ),
        "roster_upload.expired": lambda payload: service_roster.forget_upload(
            ports.sessions, UUID(payload["upload_id"])
        ),
        "email_link.requested": lambda payload: service_sign_in.send_link(
            ports.sessions, ports.clock, ports.mailer, ports.settings.base_url, UUID(payload["person_id"])
        ),
        "daily.due": lambda payload: DAILY[payload["task"]](ports),
    }


def issue_chunk(ports: Ports, payload: Payload) -> None:
    """Issue the chunk of a wave that a message names."""
    service_waves.issue_chunk(ports.issuing, UUID(payload["wave_id"]), int(payload["chunk"]))


def ids_in(payloads: Sequence[Payload], name: str) -> list[UUID]:
    """Return what some messages are about: each names one (`credential_id`) or many (`credential_ids`)."""
    texts = (one.get(f"{name}s") or one[name] for one in payloads)
    return [UUID(identifier) for text in texts for identifier in text.split(",")]


def issuing(ports: Ports) -> Issuing:
    """Return what issuing needs, taken from `ports`."""
    return ports.issuing


def working_day(clock: Clock) -> date:
    """Return the day whose daily work should be owed by now."""
    return (clock.now() - DAY_BEGINS).date()


def owe_daily_work(ports: Ports, day: date) -> None:
    """Owe each daily task of `day`. However many processes notice, and however often, each is owed once."""
    with ports.sessions() as session, transaction(session):
        for task in DAILY:
            outbox.publish(session, ports.clock, topic="daily.due", key=f"{task}:{day}", task=task)


def sweep_photos(ports: Ports) -> None:
    """Forget photos whose form never came."""
    with ports.sessions() as session:
        count = service_photos.sweep_orphans(session, ports.clock, ports.storage)
    log.info("photos.swept", count=count)


def forget_messages(ports: Ports) -> None:
    """Forget messages that were carried out long ago and whose keys guard nothing."""
    with ports.sessions() as session:
        count = outbox_care.forget_done(session, ports.clock)
    log.info("outbox.forgotten", count=count)


DAILY: Final[Mapping[str, Callable[[Ports], None]]] = {"photos": sweep_photos, "messages": forget_messages}
