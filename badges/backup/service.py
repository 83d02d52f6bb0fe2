"""Making a backup while the platform serves: all of it, flushed and named last, or nothing."""

import hashlib
import platform
import shutil
import tempfile
from collections.abc import Collection, Iterator
from importlib.metadata import version
from pathlib import Path

from sqlalchemy import func, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from badges import audit
from badges.audit import GENESIS, JournalEntry
from badges.backup.database import DatabaseCopy
from badges.backup.database_postgres import PostgresCopy
from badges.backup.database_sqlite import SqliteCopy
from badges.backup.rules import FORMAT, MANIFEST, MEDIA, Facts, Manifest, StoredFile
from badges.db import transaction
from badges.durable import bring_to_disk, write_durably
from badges.errors import BackupFailed, NotFound
from badges.evidence.models import ObservationPhoto
from badges.issuer.models import Credential, IssuerKey, JwtKey
from badges.issuer.service_witness import show_all
from badges.issuer.signer import LOCAL
from badges.ports import Ports
from badges.settings import Settings

CONSOLE = "console"


def copy_of(settings: Settings) -> DatabaseCopy:
    """Return how the database of `settings` is saved and put back."""
    kind = make_url(settings.database_url).get_backend_name()
    return SqliteCopy(settings.database_url) if kind == "sqlite" else PostgresCopy(settings.database_url)


def back_up(ports: Ports, folder: Path) -> tuple[Path, Manifest]:
    """Save database and photos into a new folder below `folder`; return its path and what is in it.

    The witness is brought up to date first, so it knows at least what the backup knows. The database is
    one consistent moment of it; photos are named by their SHA-256 and copied after it. Only the owner may
    read the result. It holds issuers' keys sealed, and never the key-encryption keys that open them.
    Raises `BackupFailed`, `ProgramMissing`, `WitnessAway`. Journals "store.backed_up".
    """
    show_all(ports.issuing)
    made_at = ports.clock.now()
    target = folder / f"badges-{made_at:%Y%m%dT%H%M%SZ}"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(dir=folder, prefix=".unfinished-"))
        try:
            manifest = _save(ports, unfinished, copy_of(ports.settings))
            unfinished.rename(target)
        except BaseException:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise
        bring_to_disk(folder)
    except OSError as fault:
        raise BackupFailed(reason=str(fault)) from fault
    _journal(ports, manifest)
    return target, manifest


def describe(session: Session) -> Facts:
    """Return what a snapshot says of itself."""
    last = session.scalars(select(JournalEntry).order_by(JournalEntry.sequence.desc()).limit(1)).first()
    sealing = {
        *session.scalars(select(IssuerKey.kek).distinct().where(IssuerKey.custodian == LOCAL)),
        *session.scalars(select(JwtKey.kek).distinct().where(JwtKey.kek != "")),
    }
    return Facts(
        schema=session.scalar(text("SELECT version_num FROM alembic_version")) or "",
        journal_lines=last.sequence if last else 0,
        journal_head=last.hash if last else GENESIS,
        credentials=session.scalar(select(func.count()).select_from(Credential)) or 0,
        keks=tuple(sorted(sealing)),
        blobs=tuple(sorted(session.scalars(select(ObservationPhoto.sha256).distinct()))),
    )


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _save(ports: Ports, folder: Path, database: DatabaseCopy) -> Manifest:
    dump = folder / database.file_name
    facts = database.save(dump, describe)
    dump.chmod(0o600)
    forgotten = tuple(_copy_blobs(ports, folder, {*facts.blobs, *ports.storage.all()}, facts.blobs))
    files = tuple(
        StoredFile(path=path.relative_to(folder).as_posix(), sha256=sha256_of(path), size=path.stat().st_size)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    )
    manifest = Manifest(
        format=FORMAT,
        made_at=ports.clock.now(),
        versions=database.versions() | {"badges": version("badges"), "python": platform.python_version()},
        base_url=ports.settings.base_url,
        database=database.kind,
        schema=facts.schema,
        journal_lines=facts.journal_lines,
        journal_head=facts.journal_head,
        credentials=facts.credentials,
        keks=facts.keks,
        forgotten=forgotten,
        files=files,
    )
    write_durably(folder / MANIFEST, manifest.to_json())
    for inner in (folder, *(path for path in folder.rglob("*") if path.is_dir())):
        bring_to_disk(inner)
    return manifest


def _copy_blobs(ports: Ports, folder: Path, names: Collection[str], needed: Collection[str]) -> Iterator[str]:
    """Copy each photo and check it; yield those of `needed` that were forgotten since the snapshot."""
    for sha256 in sorted(names):
        try:
            content = ports.storage.get(sha256)
        except NotFound:
            if _is_needed(ports, sha256):
                raise BackupFailed(reason=f"the photo {sha256} is missing from the media folder") from None
            if sha256 in needed:
                yield sha256
            continue
        if hashlib.sha256(content).hexdigest() != sha256:
            raise BackupFailed(reason=f"the photo {sha256} is damaged in the media folder")
        target = folder / MEDIA / sha256[:2] / sha256
        for parent in (target.parent.parent, target.parent):
            parent.mkdir(mode=0o700, exist_ok=True)
        write_durably(target, content)


def _is_needed(ports: Ports, sha256: str) -> bool:
    with ports.sessions() as session:
        known = select(ObservationPhoto.id).where(ObservationPhoto.sha256 == sha256).limit(1)
        return session.scalar(known) is not None


def _journal(ports: Ports, manifest: Manifest) -> None:
    with ports.sessions() as session, transaction(session):
        audit.record(
            session,
            ports.clock,
            actor=CONSOLE,
            act="store.backed_up",
            subject="store:backup",
            sha256=hashlib.sha256(manifest.to_json()).hexdigest(),
            head=manifest.journal_head,
        )
