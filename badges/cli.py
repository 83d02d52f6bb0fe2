"""`badges ...`: commands of at most ten lines that call a service and print what happened."""

import sys
from typing import BinaryIO

import click

from badges.clock import SystemClock
from badges.errors import BadgesError
from badges.openbadges.report import Verdict
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


def main() -> None:
    """Run a command; one of our errors is told in one line, exit status 2."""
    try:
        cli(standalone_mode=True)
    except BadgesError as error:
        click.echo(f"badges: {error}", err=True)
        sys.exit(2)
