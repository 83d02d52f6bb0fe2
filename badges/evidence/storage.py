"""Where cleaned photos live: bytes under their own SHA-256, in a local folder by default."""

import hashlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from badges.durable import write_durably
from badges.errors import NotFound, Unavailable

_SHA256 = re.compile(r"[0-9a-f]{64}")


class MediaStorage(Protocol):
    """Content-addressed bytes."""

    def put(self, content: bytes) -> str:
        """Keep `content` durably and return its SHA-256 in hex. Raises `Unavailable` (disk full...)."""

    def get(self, sha256: str) -> bytes:
        """Return the bytes kept under `sha256`. Raises `NotFound`."""

    def delete(self, sha256: str) -> None:
        """Forget `sha256`; forgetting twice is fine."""

    def all(self) -> Iterator[str]:
        """Yield every SHA-256 that is kept, for backups."""

    def put_before(self, moment: datetime) -> Iterator[str]:
        """Yield every SHA-256 last put before `moment`: what nobody refers to by then is an orphan."""


@dataclass(frozen=True)
class LocalStorage:
    """A folder with one file per content, written beside and renamed, so no half file is ever seen."""

    folder: Path

    def put(self, content: bytes) -> str:
        """Write, flush to the disk, rename."""
        sha256 = hashlib.sha256(content).hexdigest()
        target = self._path(sha256)
        try:
            if target.exists():
                os.utime(target)
            else:
                target.parent.mkdir(parents=True, exist_ok=True)
                write_durably(target, content)
        except OSError as error:
            raise Unavailable from error
        return sha256

    def get(self, sha256: str) -> bytes:
        """Read the file."""
        try:
            return self._path(sha256).read_bytes()
        except FileNotFoundError as error:
            raise NotFound from error

    def delete(self, sha256: str) -> None:
        """Remove the file."""
        self._path(sha256).unlink(missing_ok=True)

    def all(self) -> Iterator[str]:
        """Walk the folder."""
        yield from (path.name for path in self.folder.glob("??/*") if _SHA256.fullmatch(path.name))

    def put_before(self, moment: datetime) -> Iterator[str]:
        """Compare the time of the files, which each put renews."""
        yield from (
            sha256 for sha256 in self.all() if self._path(sha256).stat().st_mtime < moment.timestamp()
        )

    def _path(self, sha256: str) -> Path:
        if not _SHA256.fullmatch(sha256):
            raise NotFound
        return self.folder / sha256[:2] / sha256
