"""`badges issue` and `badges waves`: issuing all that waits, from the command line."""

import sys
import time
import uuid
from collections.abc import Callable

import click

from badges import jobs, outbox
from badges.app import build_ports
from badges.errors import BadgesError, NotFound
from badges.issuer import queries_waves, service_waves
from badges.issuer.models import Wave, WaveState
from badges.issuer.queries_waves import WaveProgress
from badges.people.queries import structure_called
from badges.permissions import Actor, console
from badges.ports import Ports
from badges.settings import from_environ

PAUSE_SECONDS = 0.2
"""How long to wait when other processes have the chunks that are left in hand."""


@click.command()
@click.option("--structure", "slug", required=True, help="The short address of the structure.")
@click.option("--wave", "wave_id", type=click.UUID, help="A wave that was stopped: go on with it.")
def issue(slug: str, wave_id: uuid.UUID | None) -> None:
    """Issue every badge that waits; exit status 1 when one is held back.

    Ctrl-C stops: what is signed is kept, and the rest can go on later.
    """
    ports = build_ports(from_environ())
    with ports.sessions() as session:
        actor = console(structure_called(session, slug))
    wave_id = _begun(ports, actor, wave_id)
    try:
        _work_off(ports, actor, wave_id)
    except (KeyboardInterrupt, BadgesError):
        _stop(ports, actor, slug, wave_id)
        raise
    ended = _progress(ports, actor, wave_id)
    click.echo(_line(ended, ports))
    for failure in ended.failures:
        click.echo(f"held back: {failure.holder}, {failure.reason}", err=True)
    sys.exit(1 if ended.blocked else 0)


@click.command()
@click.option("--structure", "slug", required=True, help="The short address of the structure.")
def waves(slug: str) -> None:
    """List the last waves of a structure, the newest first, and what waits for the next one."""
    ports = build_ports(from_environ())
    with ports.sessions() as session:
        actor = console(structure_called(session, slug))
        for wave in queries_waves.waves_of(session, actor):
            click.echo(_line(wave, ports))
        click.echo(f"{queries_waves.waiting(session, actor)} waiting.")


def _begun(ports: Ports, actor: Actor, wave_id: uuid.UUID | None) -> uuid.UUID:
    """Resume the wave `wave_id`, or start one: with that id when there is none of it."""
    if wave_id:
        try:
            return _told(ports, service_waves.resume, actor, wave_id)
        except NotFound:
            pass
    return _told(ports, service_waves.start, actor, wave_id or ports.clock.new_id())


def _told(ports: Ports, verb: Callable[..., Wave], actor: Actor, wave_id: uuid.UUID) -> uuid.UUID:
    with ports.sessions() as session:
        return verb(session, ports.clock, actor, wave_id).id


def _work_off(ports: Ports, actor: Actor, wave_id: uuid.UUID) -> None:
    """Carry out chunks until the wave has ended; what other processes take meanwhile is theirs."""
    now, done = _progress(ports, actor, wave_id), 0
    with click.progressbar(length=now.total, label="Issuing") as bar:
        while now.state is WaveState.RUNNING:
            if not _next_chunk(ports, wave_id):
                time.sleep(PAUSE_SECONDS)
            now = _progress(ports, actor, wave_id)
            bar.update(now.done - done)
            done = now.done


def _next_chunk(ports: Ports, wave_id: uuid.UUID) -> int:
    """Carry out one chunk that is owed; tell whether there was one. Raises what went wrong in this wave."""
    faults: list[BadgesError] = []

    def chunk(payload: outbox.Payload) -> None:
        try:
            jobs.issue_chunk(ports, payload)
        except BadgesError as fault:
            if payload["wave_id"] == str(wave_id):
                faults.append(fault)
            raise

    taken = outbox.relay_once(ports.sessions, ports.clock, {"wave.chunk": chunk}, topics=["wave.chunk"])
    if faults:
        raise faults[0]
    return taken


def _stop(ports: Ports, actor: Actor, slug: str, wave_id: uuid.UUID) -> None:
    _told(ports, service_waves.cancel, actor, wave_id)
    stopped = _progress(ports, actor, wave_id)
    click.echo(f"\nStopped. {stopped.sealed} of {stopped.total} badges are signed and stay so. To go on:")
    click.echo(f"badges issue --structure {slug} --wave {wave_id}")


def _progress(ports: Ports, actor: Actor, wave_id: uuid.UUID) -> WaveProgress:
    with ports.sessions() as session:
        return queries_waves.progress(session, actor, wave_id)


def _line(wave: WaveProgress, ports: Ports) -> str:
    seconds = wave.seconds(ports.clock.now())
    return (
        f"{wave.id} {wave.state.value}: {wave.sealed} of {wave.total} signed, "
        f"{wave.blocked} held back, {seconds} s."
    )


COMMANDS = (issue, waves)
