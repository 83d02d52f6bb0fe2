"""`badges ...`: commands of at most ten lines that call a service and print what happened."""

import os
import sys
import tempfile
from pathlib import Path
from typing import BinaryIO

import click

from badges.app import build_ports, migrated
from badges.clock import SystemClock
from badges.demo import world
from badges.demo.journey import STEPS, Journey
from badges.demo.server import GUNICORN, environment, gunicorn_arguments, headless_settings, welcome
from badges.errors import BadgesError
from badges.evidence import service_photos
from badges.frameworks import service as frameworks_service
from badges.issuer import service as issuer
from badges.jobs import Relay
from badges.openbadges.report import Verdict
from badges.recognition.rules_workflow import workflow_page
from badges.settings import from_environ
from badges.sharing import queries_verify as verifying
from badges.sharing.fetcher import GuardedFetcher


@click.group()
def cli() -> None:
    """Turn what people do at work into Open Badges that strangers can trust."""


@cli.command()
@click.argument("file", type=click.File("rb"))
@click.option("--documents", type=click.File("rb"), help="JSON object: DID or address -> document.")
@click.option("--offline", is_flag=True, help="Ask nothing of the network.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def verify(file: BinaryIO, documents: BinaryIO | None, offline: bool, as_json: bool) -> None:
    """Verify the badge in FILE: exit status 0 only when it is valid, 1 otherwise, 2 when unreadable."""
    known = verifying.read_documents(documents.read()) if documents else {}
    fetcher = None if offline else GuardedFetcher()
    report = verifying.verify_file(file.read(), known, fetcher, SystemClock().now())
    click.echo(verifying.report_text(report, as_json=as_json))
    sys.exit(0 if report.verdict is Verdict.VALID else 1)


@cli.command()
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="Where files go.")
def demo(out: Path) -> None:
    """Live the whole journey headless, on a temporary database, and write what a verifier needs."""
    with tempfile.TemporaryDirectory() as folder:
        journey = Journey(migrated(build_ports(headless_settings(Path(folder)))), out)
        for number, step in enumerate(journey.steps(), start=1):
            click.echo(f"[{'#' * number:{'.'}<{STEPS}}] {number}/{STEPS} {step}")


@cli.command("demo-server")
def demo_server() -> None:
    """Serve the demo structure on this machine and print a sign-in link for each role."""
    os.environ |= environment()
    ports = migrated(build_ports(from_environ()))
    world.fill(ports)
    for line in welcome(ports):
        click.echo(line)
    os.execv(GUNICORN, gunicorn_arguments())  # noqa: S606 - our own server, in place of this process


@cli.command()
def relay() -> None:
    """Carry out what the outbox owes, until stopped: for a process of its own (BADGES_RELAY=off elsewhere)."""
    Relay(build_ports(from_environ())).run()


@cli.group()
def keys() -> None:
    """Look after the keys of issuers."""


@keys.command("reseal")
def reseal_keys() -> None:
    """Seal every issuer key again under the first of BADGES_KEY_ENCRYPTION_KEYS; the others can then go."""
    ports = build_ports(from_environ())
    count = issuer.reseal_all(ports.sessions, ports.clock, ports.vault)
    click.echo(f"Issuer keys sealed again: {count}.")


@cli.group()
def frameworks() -> None:
    """Look after competency frameworks."""


@frameworks.command("import")
@click.argument("file", type=click.File("rb"))
def import_framework(file: BinaryIO) -> None:
    """Check the framework in FILE and store it; every fault is told with its place in the file."""
    ports, text = build_ports(from_environ()), frameworks_service.read_text(file.read())
    for warning in frameworks_service.examine(text).warnings:
        click.echo(f"warning: {warning}", err=True)
    with ports.sessions() as session:
        click.echo(f"Stored as {frameworks_service.import_document(session, ports.clock, text)}.")


@cli.group()
def photos() -> None:
    """Look after the photos of the work."""


@photos.command("sweep")
def sweep_photos() -> None:
    """Forget photos that no observation refers to a day after they came; run it every night."""
    ports = build_ports(from_environ())
    with ports.sessions() as session:
        click.echo(f"Photos forgotten: {service_photos.sweep_orphans(session, ports.clock, ports.storage)}.")


@cli.group()
def docs() -> None:
    """Write the pages of docs/ that come from tables."""


@docs.command("workflow")
def workflow() -> None:
    """Print docs/workflow.md from the workflow table."""
    click.echo(workflow_page(), nl=False)


def main() -> None:
    """Run a command; one of our errors is told in one line, exit status 2."""
    try:
        cli(standalone_mode=True)
    except BadgesError as error:
        click.echo(f"badges: {error}", err=True)
        sys.exit(2)
