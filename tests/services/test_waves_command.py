"""Issuing all that waits, typed as an operator would."""

import re
import time
import uuid
from collections.abc import Callable

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from badges import outbox
from badges.app import build_ports
from badges.clock import SystemClock
from badges.errors import KeyUnreadable
from badges.issuer import service_waves
from badges.issuer.models import Credential
from badges.people.models import Structure
from badges.permissions import console
from badges.settings import from_environ
from tests import factories
from tests.crowd_of_claims import approved_claims
from tests.services.test_commands import badges, opened, run

__all__ = ["badges"]
SLUG = "les-jardins-du-canal"
CLOCK = SystemClock()


def session() -> Session:
    return build_ports(from_environ()).sessions()


def claims(count: int, name: str = "Amina") -> list[uuid.UUID]:
    """Open the structure if need be, and have so many badges wait."""
    opened()
    with session() as rows:
        structure = rows.scalars(select(Structure)).one()
        version_id = factories.soft_framework(rows, CLOCK)
        found = approved_claims(rows, CLOCK, structure, version_id, count, skills=["S01"], names=[name])
        rows.commit()
    return found


def issue(*words: str) -> tuple[int, str]:
    result = run("issue", "--structure", SLUG, *words)
    return result.exit_code, result.output


@pytest.mark.usefixtures("badges")
def test_all_that_waits_is_issued_and_told() -> None:
    claims(7)
    assert run("waves", "--structure", SLUG).output == "7 waiting.\n"
    status, said = issue()
    assert status == 0
    assert re.search(r" finished: 7 of 7 signed, 0 held back, \d+ s\.$", said)
    with session() as rows:
        assert rows.scalar(select(func.count(Credential.sealed_at))) == 7
    assert run("waves", "--structure", SLUG).output.splitlines()[-1] == "0 waiting."


@pytest.mark.usefixtures("badges")
def test_nothing_to_issue_is_said() -> None:
    opened()
    result = run("issue", "--structure", SLUG)
    assert "No badge waits" in str(result.exception)


@pytest.mark.usefixtures("badges")
def test_what_is_held_back_is_told_with_its_reason_and_changes_the_exit_status() -> None:
    claims(2)
    claims(1, name="Ba\x0bkary")
    status, said = issue()
    assert status == 1
    assert "2 of 3 signed, 1 held back" in said
    assert "U+000B" in said


class PulledPlug(BaseException):
    """A process that ends with a chunk in its hands."""


@pytest.mark.usefixtures("badges")
def test_stopping_keeps_what_is_signed_and_says_how_to_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_waves, "CHUNK", 2)
    claims(5)
    wave_id = str(uuid.uuid4())
    start_and_lose_a_chunk(wave_id)
    with monkeypatch.context() as patch:
        patch.setattr(time, "sleep", raising(KeyboardInterrupt))
        status, said = issue("--wave", wave_id)
    assert status == 1
    assert "Stopped. 3 of 5 badges are signed" in said
    assert f"badges issue --structure {SLUG} --wave {wave_id}" in said
    assert f"{wave_id} cancelled: 3 of 5" in run("waves", "--structure", SLUG).output
    status, said = issue("--wave", wave_id)
    assert (status, "5 of 5 signed" in said) == (0, True)


@pytest.mark.usefixtures("badges")
def test_a_wave_that_cannot_go_on_stops_and_its_error_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    claims(3)
    monkeypatch.setenv("BADGES_KEY_ENCRYPTION_KEYS", "two:" + "b2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s=")
    result = run("issue", "--structure", SLUG)
    assert isinstance(result.exception, KeyUnreadable)
    assert "Stopped. 0 of 3 badges are signed" in result.output


def raising(error: type[BaseException]) -> Callable[[object], None]:
    def act(_anything: object) -> None:
        raise error

    return act


def start_and_lose_a_chunk(wave_id: str) -> None:
    """Start a wave whose first chunk was just taken by another process that has ended since."""
    ports = build_ports(from_environ())
    with ports.sessions() as rows:
        actor = console(rows.scalars(select(Structure.id)).one())
        service_waves.start(rows, ports.clock, actor, uuid.UUID(wave_id))
    with pytest.raises(PulledPlug):
        outbox.relay_once(
            ports.sessions, ports.clock, {"wave.chunk": raising(PulledPlug)}, topics=["wave.chunk"]
        )
