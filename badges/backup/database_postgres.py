"""PostgreSQL: pg_dump of an exported snapshot; a restore is one transaction, its fence inside it."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from sqlalchemy import text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.orm import Session

from badges.backup.database import Described
from badges.db import build_engine
from badges.errors import BackupFailed, ProgramMissing
from badges.issuer.models import Restore

_PORTABLE = ("--no-owner", "--no-privileges")
_TABLES = text(
    "SELECT count(*) FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace "
    "WHERE relkind IN ('r', 'p', 'v', 'm', 'S') "
    "AND nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'"
)


@dataclass(frozen=True)
class PostgresCopy:
    """The PostgreSQL database that `url` names."""

    url: str

    kind = "postgresql"
    file_name = "database.dump"

    def versions(self) -> dict[str, str]:
        """Return that of pg_dump."""
        said = subprocess.run(  # noqa: S603 - a program of PostgreSQL, fixed arguments
            [_program("pg_dump"), "--version"], capture_output=True, text=True, check=False
        )
        return {"pg_dump": said.stdout.strip()}

    def save(self, target: Path, describe: Callable[[Session], Described]) -> Described:
        """Hold one snapshot open, dump it in the custom format, and describe the same snapshot."""
        program = _program("pg_dump")
        engine = build_engine(self.url)
        try:
            with engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
                snapshot = connection.scalar(text("SELECT pg_export_snapshot()"))
                self._run(
                    program, *_PORTABLE, "--format=custom", f"--snapshot={snapshot}", f"--file={target}"
                )
                with Session(connection) as session:
                    return describe(session)
        finally:
            engine.dispose()

    def is_empty(self) -> bool:
        """Look for a table, a view or a sequence of anybody's."""
        engine = build_engine(self.url)
        try:
            with engine.connect() as connection:
                return not connection.scalar(_TABLES)
        finally:
            engine.dispose()

    @contextmanager
    def put_back(self, source: Path, fence: Restore) -> Iterator[str]:
        """Send the dump through psql as one transaction; without its COMMIT nothing was ever there."""
        psql, pg_restore = _program("psql"), _program("pg_restore")
        arguments = ("--no-psqlrc", "--quiet", "--output=/dev/null", "--set=ON_ERROR_STOP=1", "--file=-")
        with (
            tempfile.TemporaryFile() as said,
            subprocess.Popen(  # noqa: S603 - a program of PostgreSQL, fixed arguments
                [psql, *arguments, f"--dbname={self._address()}"],
                stdin=subprocess.PIPE,
                stderr=said,
                env=self._environment(),
            ) as loading,
        ):
            fault = _feed(loading, [pg_restore, *_PORTABLE, "--file=-", str(source)], _fence(fence))
            if loading.wait() != 0:
                said.seek(0)
                fault = _last_line(said.read())
            if fault:
                raise BackupFailed(reason=fault)
        yield self.url

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(  # noqa: S603 - a program of PostgreSQL, fixed arguments
            [program, *arguments, f"--dbname={self._address()}"],
            capture_output=True,
            check=False,
            env=self._environment(),
        )
        if done.returncode != 0:
            raise BackupFailed(reason=_last_line(done.stderr))

    def _address(self) -> str:
        """Return the URL as libpq reads it, without the password: arguments are seen by everybody."""
        url = make_url(self.url)
        address = URL.create("postgresql", url.username, None, url.host, url.port, url.database, url.query)
        return address.render_as_string(hide_password=False)

    def _environment(self) -> dict[str, str]:
        password = make_url(self.url).password
        return {"PATH": os.defpath} | ({"PGPASSWORD": str(password)} if password else {})


def _feed(loading: "subprocess.Popen[bytes]", unpacking: list[str], last_words: str) -> str:
    """Write the whole script to psql, fence and COMMIT only when all of it came; return what failed."""
    script = cast("IO[bytes]", loading.stdin)
    try:
        with script:
            script.write(b"BEGIN;\n")
            script.flush()
            unpacked = subprocess.run(unpacking, stdout=script, stderr=subprocess.PIPE, check=False)  # noqa: S603 - see above
            if unpacked.returncode == 0:
                script.write(last_words.encode())
                return ""
            return _last_line(unpacked.stderr)
    except BrokenPipeError:
        return ""  # psql has ended, and says why itself


def _fence(fence: Restore) -> str:
    values = f"'{fence.id}', '{fence.at.isoformat()}', '{fence.backup_at.isoformat()}', 0, ''"
    columns = "id, at, backup_at, merged_bits, acknowledged_by"
    return f"INSERT INTO public.restores ({columns}) VALUES ({values});\nCOMMIT;\n"  # noqa: S608 - an id and two moments


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise ProgramMissing(program=name)
    return found


def _last_line(said: bytes) -> str:
    lines = said.decode(errors="replace").strip().splitlines()
    return lines[-1][:300] if lines else "no reason was given"
