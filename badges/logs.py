"""What our programs say while they run: one event a line, and never the content of a variable."""

import sys

import structlog
from structlog.types import Processor


def configure() -> None:
    """Write events as JSON, one a line, or for a person at a terminal; tracebacks without local variables.

    Left alone, structlog shows the variables of a traceback where the library `rich` happens to be
    installed: names of people and opened keys would stand in the log.
    """
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *(_for_people() if sys.stdout.isatty() else _for_machines()),
        ]
    )


def _for_people() -> list[Processor]:
    return [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]


def _for_machines() -> list[Processor]:
    return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
