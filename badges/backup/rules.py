"""What a backup says of itself, and whether it may be put back here; pure decisions."""

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from badges.errors import BackupUnreadable

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
MEDIA: Final = "media"


@dataclass(frozen=True, kw_only=True)
class StoredFile:
    """A file of a backup, by its path inside it."""

    path: str
    sha256: str
    size: int


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What a snapshot of the database says of itself.

    `schema` is the migration head, `keks` the names of the key-encryption keys that seal issuers' keys,
    `blobs` the photos its rows refer to.
    """

    schema: str
    journal_lines: int
    journal_head: str
    credentials: int
    keks: tuple[str, ...]
    blobs: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What is in a backup. It names key-encryption keys and holds none of them.

    `forgotten` are photos that were forgotten, as they may be, while the backup was made.
    """

    format: int
    made_at: datetime
    versions: Mapping[str, str]
    base_url: str
    database: str
    schema: str
    journal_lines: int
    journal_head: str
    credentials: int
    keks: tuple[str, ...]
    forgotten: tuple[str, ...]
    files: tuple[StoredFile, ...]

    def to_json(self) -> bytes:
        """Return it as JSON for people and machines."""
        return json.dumps(asdict(self) | {"made_at": self.made_at.isoformat()}, indent=1).encode()


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a backup would be put back: kind of database, address, keys at hand, schemas we know."""

    database: str
    base_url: str
    keks: Collection[str]
    schemas: Collection[str]


def read_manifest(place: str, content: bytes) -> Manifest:
    """Read what `to_json` wrote. Raises `BackupUnreadable` for anything else."""
    try:
        known: dict[str, Any] = json.loads(content)
        if known["format"] != FORMAT:
            raise BackupUnreadable(place=place, reason=f"its format {known['format']} is not ours ({FORMAT})")
        return Manifest(
            **known
            | {
                "made_at": datetime.fromisoformat(known["made_at"]),
                "keks": tuple(known["keks"]),
                "forgotten": tuple(known["forgotten"]),
                "files": tuple(StoredFile(**one) for one in known["files"]),
            }
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        raise BackupUnreadable(place=place, reason="its manifest is not one that we wrote") from None


def misfits(manifest: Manifest, here: Place) -> Iterator[str]:
    """Yield every reason why a whole backup can still not be put back at `here`."""
    if manifest.database != here.database:
        yield f"it is of {manifest.database} and BADGES_DATABASE_URL names {here.database}"
    if manifest.base_url != here.base_url:
        yield f"its address is {manifest.base_url} and BADGES_BASE_URL says {here.base_url}"
    if manifest.schema not in here.schemas:
        yield f"its schema {manifest.schema} is newer than this release"
    missing = sorted(set(manifest.keks) - set(here.keks))
    if missing:
        yield f"BADGES_KEY_ENCRYPTION_KEYS lacks {', '.join(missing)}: a backup never holds these keys"


def missing_lines(restored_lines: int, seen_sequence: int, *, seen_is_ours: bool) -> int | None:
    """Return how many lines the journal lacks at least; None when the witness saw another story of it.

    `seen_is_ours` tells whether the line that the witness saw, when we have one of that number, is ours.
    """
    if seen_sequence > restored_lines:
        return seen_sequence - restored_lines
    return 0 if seen_is_ours else None


def tell_missing(lines: int | None) -> str:
    """Return in words what `missing_lines` found."""
    if lines is None:
        return "How much is missing cannot be told: the witness saw nothing of this journal."
    return f"At least {lines} lines of the journal came after the backup and are missing."
