"""Letters by e-mail: the port, and an adapter for development that says loudly it sends nothing."""

from dataclasses import dataclass
from typing import Protocol

import structlog

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Letter:
    """A plain-text e-mail to one person."""

    to: str
    subject: str
    body: str


class Mailer(Protocol):
    """Sends letters."""

    def send(self, letter: Letter) -> None:
        """Hand `letter` over to the outside. Raises `Unavailable` when that is not possible now."""


class ConsoleMailer:
    """Writes letters on the terminal and sends nothing: for the demo only."""

    def send(self, letter: Letter) -> None:
        """Print the letter. The log line carries no address."""
        log.warning("mailer.console_only", hint="this e-mail was NOT sent; it is printed below")
        print(f"--- To: {letter.to}\n--- Subject: {letter.subject}\n{letter.body}\n---", flush=True)  # noqa: T201
