"""Migrations are linear, numbered, and give exactly the tables of the models."""

import re
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

from badges import migrations
from badges.db import Base

VERSIONS = Path(migrations.FOLDER) / "versions"


def test_there_is_one_head_and_the_file_names_it() -> None:
    scripts = ScriptDirectory.from_config(migrations.configuration())
    assert scripts.get_heads() == [(Path(migrations.FOLDER) / ".current-head").read_text().strip()]


def test_files_are_numbered_and_follow_each_other() -> None:
    names = sorted(path.stem for path in VERSIONS.glob("*.py"))
    assert [name[:4] for name in names] == [f"{number:04}" for number in range(1, len(names) + 1)]
    for path in sorted(VERSIONS.glob("*.py"))[1:]:
        previous = f"{int(path.stem[:4]) - 1:04}"
        assert re.search(rf'^down_revision = "{previous}"$', path.read_text(), re.MULTILINE)


def test_migrating_gives_the_tables_of_the_models(engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        assert compare_metadata(context, Base.metadata) == []
