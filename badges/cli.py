"""`badges ...`: commands of at most ten lines that call a service and print what happened."""

import json
import os
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import BinaryIO

import click

from badges import audit, cli_store, cli_waves, logs, outbox_care
from badges.app import build_ports, migrated
from badges.clock import SystemClock
from badges.demo import world
from badges.demo.journey import STEPS, Journey
from badges.demo.server import (
    GUNICORN,
    check_port,
    environment,
    gunicorn_arguments,
    headless_settings,
    welcome,
)
from badges.engine import run_workers
from badges.errors import BadgesError
from badges.evidence import service_photos
from badges.frameworks import service as frameworks_service
from badges.handbook import commands_page, errors_page
from badges.issuer import artwork_fit
from badges.issuer import service as issuer
from badges.issuer.service_witness import show_all
from badges.jobs import issuing
from badges.openbadges.report import Verdict
from badges.people import queries, service_operators, service_roster
from badges.people import service as people_service
from badges.people.models import StructureModel
from badges.people.rules import NewPerson, NewStructure, make_slug
from badges.people.rules_roster import RowAction
from badges.people.rules_roster_file import MAX_BYTES
from badges.people.rules_roster_words import tell
from badges.permissions import Role, console
from badges.recognition.rules_workflow import workflow_page
from badges.settings import from_environ
from badges.sharing import queries_verify as verifying
from badges.sharing.fetcher import GuardedFetcher


@click.group()
@click.option("--demo", "on_demo", is_flag=True, help="Work on the demo that `make run` made here.")
def cli(on_demo: bool) -> None:
    """Turn what people do at work into Open Badges that strangers can trust."""
    logs.configure()
    if on_demo:
        os.environ |= environment()


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
@click.option(
    "--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="Where files go."
)
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
    check_port()
    ports = migrated(build_ports(from_environ()))
    made = world.fill(ports)
    for line in welcome(ports, made):
        click.echo(line)
    os.execv(GUNICORN, gunicorn_arguments())  # noqa: S606 - our own server, in place of this process


@cli.command()
@click.option("--processes", type=click.IntRange(1, 64), default=1, show_default=True)
def worker(processes: int) -> None:
    """Carry out what the outbox owes and the daily work, until stopped; run as many as you like."""
    from_environ()
    run_workers(lambda: build_ports(from_environ()), processes)


@cli.group("outbox")
def outbox_group() -> None:
    """Look after what has been promised and not yet been carried out."""


@outbox_group.command("status")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@click.option("--max-age", type=click.IntRange(0), help="Exit status 1 when the oldest is later.")
def outbox_status(as_json: bool, max_age: int | None) -> None:
    """Tell what the outbox owes, topic by topic, how late the oldest is, and the last errors."""
    ports = build_ports(from_environ())
    with ports.sessions() as session:
        found = outbox_care.status(session, ports.clock)
    click.echo(json.dumps(asdict(found), default=str) if as_json else "\n".join(found.lines()))
    sys.exit(1 if max_age is not None and found.age_seconds > max_age else 0)


@cli.group()
def keys() -> None:
    """Look after the keys of issuers."""


@keys.command("reseal")
def reseal_keys() -> None:
    """Seal every issuer key again under the first of BADGES_KEY_ENCRYPTION_KEYS; the others can then go."""
    ports = build_ports(from_environ())
    count = issuer.reseal_all(ports.sessions, ports.clock, ports.vault)
    show_all(ports.issuing)
    click.echo(f"Issuer keys sealed again: {count}.")


@cli.group()
def frameworks() -> None:
    """Look after competency frameworks."""


@frameworks.command("import")
@click.argument("file", type=click.File("rb"))
def import_framework(file: BinaryIO) -> None:
    """Check the framework in FILE and store it; every fault is told with its place in the file."""
    text = frameworks_service.read_text(file.read())
    examination = frameworks_service.examine(text)
    for warning in examination.warnings:
        click.echo(f"warning: {warning}", err=True)
    artwork_fit.check_labels(examination.document, text)
    ports = build_ports(from_environ())
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


@docs.command("errors")
def errors() -> None:
    """Print docs/errors.md from the declared errors."""
    click.echo(errors_page(), nl=False)


@docs.command("commands")
def commands() -> None:
    """Print docs/commands.md from the declared commands."""
    click.echo(commands_page(cli), nl=False)


@cli.group()
def db() -> None:
    """Look after the database."""


@db.command("upgrade")
def upgrade_database() -> None:
    """Bring the database to the newest schema; doing it again changes nothing."""
    migrated(build_ports(from_environ()))
    click.echo("The database has the newest schema.")


@cli.group()
def journal() -> None:
    """Look after the journal."""


@journal.command("verify")
@click.option("--head", help="A hash noted earlier, elsewhere: a journal without it was cut.")
def verify_journal(head: str | None) -> None:
    """Read the journal again and name every line that was changed or cut; exit status 1 when one was."""
    with build_ports(from_environ()).sessions() as session:
        report = audit.verify(session, known_head=head)
    for fault in report.faults:
        click.echo(f"line {fault.sequence}: {fault.reason}", err=True)
    click.echo(f"{report.entries} lines, head {report.head}: {'NOT intact' if report.faults else 'intact'}.")
    sys.exit(1 if report.faults else 0)


@cli.group()
def structure() -> None:
    """Open structures."""


@structure.command("create")
@click.option(
    "--public-name", required=True, help="On every badge; the address of the issuer is made from it."
)
@click.option("--legal-name", required=True, help="Stays inside.")
@click.option("--kind", default="", help="Stays inside.")
@click.option(
    "--model", type=click.Choice(list(StructureModel)), default=StructureModel.TREMPLIN, show_default=True
)
@click.option("--language", type=click.Choice(["fr", "en"]), default="fr", show_default=True)
@click.option("--admin-name", required=True, help="First name of the first administrator.")
@click.option("--admin-email", required=True, help="They ask for a sign-in link with it.")
def create_structure(admin_name: str, admin_email: str, language: str, model: str, **texts: str) -> None:
    """Open a structure: its first administrator, the catalogue of frameworks, its identity as an issuer."""
    admin = NewPerson(
        given_name=admin_name, email=admin_email, language=language, roles=frozenset({Role.ADMIN})
    )
    new = NewStructure(
        administrator=admin, language=language, model=StructureModel(model), public_description="", **texts
    )
    ports = build_ports(from_environ())
    with ports.sessions() as session:
        structure_id = people_service.create_structure(session, ports.clock, console(), new)
        frameworks_service.adopt_catalogue(session, ports.clock, structure_id)
    issuer.create_profile(issuing(ports), structure_id)
    click.echo(f"{new.public_name} is open; its short address is {make_slug(new.public_name)}.")


@cli.group()
def operator() -> None:
    """Look after those who run the platform."""


@operator.command("add")
@click.option("--name", required=True, help="First name.")
@click.option("--email", required=True, help="They ask for a sign-in link with it.")
def add_operator(name: str, email: str) -> None:
    """Add somebody who opens structures and sees numbers, never a person."""
    ports = build_ports(from_environ())
    with ports.sessions() as session:
        service_operators.add_operator(session, ports.clock, name, email)
    click.echo("Added. Sign-in is by a link sent by e-mail.")


@cli.group()
def people() -> None:
    """Look after the people of a structure."""


@people.command("import")
@click.argument("file", type=click.File("rb"))
@click.option("--structure", "slug", required=True, help="The short address of the structure.")
@click.option("--dry-run", is_flag=True, help="Say what would happen, save nothing.")
def import_people(file: BinaryIO, slug: str, dry_run: bool) -> None:
    """Import the roster in FILE (CSV of a spreadsheet); exit status 1 when a line has to be corrected."""
    ports, data = build_ports(from_environ()), file.read(MAX_BYTES + 1)
    with ports.sessions() as session:
        actor = console(queries.structure_called(session, slug))
        if dry_run:
            check = service_roster.check_roster(session, actor, data)
        else:
            check = service_roster.import_roster(session, ports.clock, actor, data)
    for line in tell(check.plans, done=not dry_run):
        click.echo(line)
    sys.exit(1 if check.count(RowAction.ERROR) else 0)


for _command in (*cli_store.COMMANDS, *cli_waves.COMMANDS):
    cli.add_command(_command)


def main() -> None:
    """Run a command; one of our errors is told in one line, exit status 2."""
    try:
        cli(standalone_mode=True)
    except BadgesError as error:
        click.echo(f"badges: {error}", err=True)
        sys.exit(2)
