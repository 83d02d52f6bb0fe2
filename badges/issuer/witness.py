"""The witness: a place apart that keeps what strangers have seen of us, for the day the database is lost."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from badges.durable import write_durably
from badges.errors import NotFound, WitnessAway


class Witness(Protocol):
    """A few small named files, each replaced whole. An object store fits behind it."""

    def write(self, name: str, content: bytes) -> None:
        """Keep `content` durably under `name`, in place of what stood there. Raises `WitnessAway`."""

    def read(self, name: str) -> bytes:
        """Return what is kept under `name`. Raises `NotFound`, `WitnessAway`."""

    def names(self) -> Iterator[str]:
        """Yield every name, in order. Raises `WitnessAway`."""


@dataclass(frozen=True)
class LocalWitness:
    """A folder, on another disk or machine than the database.

    The folder itself is never made here: a disk that is not mounted must not look like an empty witness.
    """

    folder: Path

    def write(self, name: str, content: bytes) -> None:
        """Write a file that survives a power cut."""
        target = self.folder / name
        try:
            self._check()
            target.parent.mkdir(mode=0o700, exist_ok=True)
            write_durably(target, content)
        except OSError as fault:
            raise WitnessAway(folder=self.folder) from fault

    def read(self, name: str) -> bytes:
        """Read the file."""
        try:
            self._check()
            return (self.folder / name).read_bytes()
        except FileNotFoundError as fault:
            raise NotFound from fault
        except OSError as fault:
            raise WitnessAway(folder=self.folder) from fault

    def names(self) -> Iterator[str]:
        """Walk the folder."""
        self._check()
        for path in sorted(self.folder.rglob("*.json")):
            yield path.relative_to(self.folder).as_posix()

    def _check(self) -> None:
        if not self.folder.is_dir():
            raise WitnessAway(folder=self.folder)
