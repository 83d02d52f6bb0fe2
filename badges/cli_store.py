"""`badges backup`, `restore`, `verify-store`, `acknowledge-restore`: looking after all that is stored."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from badges.app import build_ports
from badges.backup import queries_store, service, service_restore
from badges.issuer.witness import LocalWitness
from badges.ports import Ports
from badges.settings import from_environ

_FOLDER = click.Path(file_okay=False, path_type=Path)


@click.command("backup")
@click.option("--to", "folder", required=True, type=_FOLDER, help="A new folder is made in it.")
def back_up(folder: Path) -> None:
    """Save database and photos while the platform serves: all or nothing, for its owner's eyes only."""
    with _opened() as ports:
        place, made = service.back_up(ports, folder)
    click.echo(f"{place}: {made.credentials} badges, {made.journal_lines} lines of the journal, ", nl=False)
    click.echo(f"{len(made.files)} files. Head of the journal: {made.journal_head}")
    click.echo(f"It does not hold the key-encryption keys: keep {', '.join(made.keks) or 'them'} elsewhere.")


@click.command()
@click.option("--from", "folder", required=True, type=_FOLDER, help="What `badges backup` made.")
@click.option("--witness", type=_FOLDER, help="What saw the lists since; default BADGES_WITNESS_DIR.")
@click.option("--no-witness", is_flag=True, help="There is none: accept that withdrawals may be lost.")
def restore(folder: Path, witness: Path | None, no_witness: bool) -> None:
    """Put a backup back into an empty database, with all that the witness saw after it."""
    began = time.monotonic()
    with _opened() as ports:
        given = LocalWitness(witness) if witness else ports.witness
        seen = None if no_witness else given
        merged = service_restore.restore(ports, folder, seen, without_witness=no_witness)
        report = queries_store.verify_store(ports)
    click.echo("\n".join((*merged.lines(), *report.lines())))
    click.echo(f"Back after {time.monotonic() - began:.1f} s. Nothing is issued or published yet:")
    click.echo("look at the gap with `badges acknowledge-restore`.")
    sys.exit(0 if report.sound else 1)


@click.command("verify-store")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def verify_store(as_json: bool) -> None:
    """Try every promise on all that is stored; exit status 1 when one is broken."""
    with _opened() as ports:
        report = queries_store.verify_store(ports)
    click.echo(report.to_json() if as_json else "\n".join(report.lines()))
    sys.exit(0 if report.sound else 1)


@click.command("acknowledge-restore")
@click.option("--yes", is_flag=True, help="Do not ask.")
def acknowledge_restore(yes: bool) -> None:
    """Show what a restore could not bring back and, after a yes, issue and publish again."""
    with _opened() as ports:
        with ports.sessions() as session:
            click.echo("\n".join(service_restore.gap(session).lines()))
        if not yes:
            click.confirm("Go on with this store?", abort=True)
        left = service_restore.acknowledge(ports)
    click.echo("The doors are open again: what was owed is being issued, and every list is signed anew.")
    if left:
        click.echo(f"{left} badges are being signed first: run this again in a minute to have them paused.")


COMMANDS = (back_up, restore, verify_store, acknowledge_restore)


@contextmanager
def _opened() -> Iterator[Ports]:
    """Give the ports of the environment, and let go of the database at the end."""
    ports = build_ports(from_environ())
    try:
        yield ports
    finally:
        ports.sessions.kw["bind"].dispose()
