"""How a database is copied whole while it serves, and put back: a port, with one adapter for each kind."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol, TypeVar

from sqlalchemy.orm import Session

from badges.issuer.models import Restore

Described = TypeVar("Described")


class DatabaseCopy(Protocol):
    """Saves one consistent moment of a database into a file, and puts such a file back."""

    @property
    def kind(self) -> str:
        """Which database this is, as SQLAlchemy names it."""

    @property
    def file_name(self) -> str:
        """What the file in a backup is called."""

    def versions(self) -> dict[str, str]:
        """Return the versions of what reads and writes the file."""

    def save(self, target: Path, describe: Callable[[Session], Described]) -> Described:
        """Write the database as it stands now to `target`, and return what `describe` says of that moment.

        Writers are not held up. Raises `BackupFailed`, `ProgramMissing`.
        """

    def is_empty(self) -> bool:
        """Tell whether nothing is here yet: no file, or no table."""

    def put_back(self, source: Path, fence: Restore) -> AbstractContextManager[str]:
        """Load `source` with the row `fence`, and give the URL where what was loaded can be worked on.

        Whoever sees the database sees the fence with it: nothing is issued before it is acknowledged. When
        the block ends, the database is in its place. Raises `BackupFailed`, `ProgramMissing`.
        """
