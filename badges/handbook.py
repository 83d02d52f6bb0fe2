"""Pages of docs/ written from what the code declares, so that they cannot grow old."""

from collections.abc import Iterator

import click

from badges import errors
from badges.errors import BadgesError

_ERRORS_HEAD = """# Errors

Written by `badges docs errors`; a test compares. Each error has a stable id and says what to do.

| id | message |
|---|---|
"""
_COMMANDS_HEAD = """# Commands

Written by `badges docs commands`; a test compares. Settings come from the environment (settings.md);
`badges --demo ...` uses those of `make run`.

| command | what it does |
|---|---|
"""


def errors_page() -> str:
    """Return docs/errors.md: every error id with its English message."""
    known = {error.id: error.message for error in _all_errors()}
    return _ERRORS_HEAD + "".join(f"| `{name}` | {known[name]} |\n" for name in sorted(known))


def commands_page(root: click.Group) -> str:
    """Return docs/commands.md: every command with the first line of its help."""
    return _COMMANDS_HEAD + "".join(
        f"| `badges {name}` | {said} |\n" for name, said in sorted(_commands(root))
    )


def _all_errors() -> Iterator[type[BadgesError]]:
    for name in errors.__all__:
        thing = getattr(errors, name)
        if isinstance(thing, type) and issubclass(thing, BadgesError):
            yield thing


def _commands(group: click.Group, prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from _commands(command, f"{prefix}{name} ")
        else:
            yield f"{prefix}{name}", (command.help or "").split("\n")[0]
