"""The relay: carries out what the outbox owes, in a thread of the web process or in a process of its own."""

import threading
from collections.abc import Mapping
from uuid import UUID

import structlog

from badges import outbox
from badges.issuer import service as issuer
from badges.issuer.service import Issuing
from badges.outbox import Handler
from badges.people import service_roster, service_sign_in
from badges.ports import Ports
from badges.sharing import service as sharing

IDLE_SECONDS = 1.0

log = structlog.get_logger(__name__)


def handlers(ports: Ports) -> Mapping[str, Handler]:
    """Return what happens for each topic. Every topic that is published has a handler (a test checks it)."""
    return {
        "claim.approved": lambda payload: issuer.issue(issuing(ports), UUID(payload["claim_id"])),
        "credential.reserved": lambda payload: issuer.complete(
            issuing(ports), UUID(payload["credential_id"])
        ),
        "credential.issued": lambda payload: sharing.offer(
            ports.sessions, ports.clock, UUID(payload["credential_id"])
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
    }


def issuing(ports: Ports) -> Issuing:
    """Return what issuing needs, taken from `ports`."""
    return ports.issuing


class Relay(threading.Thread):
    """A background thread that drains the outbox until it is stopped."""

    def __init__(self, ports: Ports) -> None:
        super().__init__(name="badges-relay", daemon=True)
        self._ports = ports
        self._ending = threading.Event()

    def run(self) -> None:
        """Drain, then wait a moment; a failing database is logged and tried again, never given up."""
        known = handlers(self._ports)
        while not self._ending.is_set():
            try:
                outbox.drain(self._ports.sessions, self._ports.clock, known)
            except Exception:
                log.exception("relay.failed")
            self._ending.wait(IDLE_SECONDS)

    def stop(self) -> None:
        """Ask the thread to end and wait for it."""
        self._ending.set()
        self.join(timeout=10)
