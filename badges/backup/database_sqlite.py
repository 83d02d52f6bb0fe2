"""SQLite: VACUUM INTO reads one moment while others write; a restore is built beside and renamed."""

import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import create_engine
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from badges.backup.database import Described
from badges.db import SQLITE_BUSY_SECONDS, build_engine, transaction
from badges.durable import bring_to_disk
from badges.errors import BackupFailed
from badges.issuer.models import Restore

_BESIDE = ("-wal", "-shm", "-journal")


@dataclass(frozen=True)
class SqliteCopy:
    """The SQLite file that `url` names."""

    url: str

    kind = "sqlite"
    file_name = "database.sqlite"

    @property
    def path(self) -> Path:
        """The file itself."""
        return Path(make_url(self.url).database or "")

    def versions(self) -> dict[str, str]:
        """Return that of SQLite."""
        return {"sqlite": sqlite3.sqlite_version}

    def save(self, target: Path, describe: Callable[[Session], Described]) -> Described:
        """Copy with VACUUM INTO, flush, then read the copy."""
        try:
            with closing(_opened(self.path, "rw")) as connection:
                connection.execute("VACUUM INTO ?", (str(target),))
            bring_to_disk(target)
        except (sqlite3.Error, OSError) as fault:
            raise BackupFailed(reason=str(fault)) from fault
        reading = create_engine("sqlite://", creator=lambda: _opened(target, "ro"))
        try:
            with Session(reading) as session:
                return describe(session)
        finally:
            reading.dispose()

    def is_empty(self) -> bool:
        """Look for a table; a write-ahead log that lost its database counts as something."""
        if any(Path(f"{self.path}{end}").exists() for end in _BESIDE):
            return False
        if not self.path.exists() or self.path.stat().st_size == 0:
            return True
        with closing(_opened(self.path, "ro")) as connection:
            return bool(connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,))

    @contextmanager
    def put_back(self, source: Path, fence: Restore) -> Iterator[str]:
        """Copy beside the place, let the caller work on it, then rename it into the place."""
        folder = Path(tempfile.mkdtemp(dir=self.path.parent, prefix=".restoring-"))
        try:
            copy = folder / self.path.name
            shutil.copyfile(source, copy)
            copy.chmod(0o600)
            url = f"sqlite:///{copy}"
            engine = build_engine(url)
            try:
                with Session(engine) as session, transaction(session):
                    session.add(fence)
            finally:
                engine.dispose()
            yield url
            _settle(copy)
            copy.replace(self.path)
            bring_to_disk(self.path.parent)
        except OSError as fault:
            raise BackupFailed(reason=str(fault)) from fault
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _opened(path: Path, mode: str) -> sqlite3.Connection:
    address = f"file:{quote(str(path))}?mode={mode}"
    return sqlite3.connect(
        address, uri=True, timeout=SQLITE_BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )


def _settle(path: Path) -> None:
    """Bring the write-ahead log into the file, so that the file alone is everything."""
    with closing(_opened(path, "rw")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    bring_to_disk(path)
