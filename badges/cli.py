"""`badges ...`: commands of at most ten lines that call a service and print what happened."""

import sys

import click

from badges.errors import BadgesError


@click.group()
def cli() -> None:
    """Turn what people do at work into Open Badges that strangers can trust."""


def main() -> None:
    """Run a command; one of our errors is told in one line, exit status 2."""
    try:
        cli(standalone_mode=True)
    except BadgesError as error:
        click.echo(f"badges: {error}", err=True)
        sys.exit(2)
