"""Verbs of frameworks: import a version after checking all of it, adopt one, freeze one that is in use."""

import hashlib
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path as File
from typing import Any

from jsonschema import Draft202012Validator, ValidationError
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from badges import audit
from badges.clock import Clock
from badges.data_files import data_dir
from badges.db import transaction
from badges.errors import FrameworkFrozen, FrameworkInvalid, FrameworkTooLarge, NotFound, NotJson
from badges.frameworks import rules_import
from badges.frameworks.models import Adoption, FrameworkVersion
from badges.frameworks.rules_import import Fault, Found
from badges.frameworks.rules_places import Path, line_of, lines, shown
from badges.openbadges.loads import load_json
from badges.permissions import Action, Actor, Thing, require

MAX_BYTES = 2 * 1024 * 1024
CATALOGUE = File(__file__).parent / "catalogue"
IMPORTER = "operator"
_SCHEMA = "competency-framework.schema.json"
_LONGEST_REASON = 200


@dataclass(frozen=True)
class Examination:
    """What reading a document gave: its content, and what it would be better to mend (never faults)."""

    document: Mapping[str, Any]
    warnings: tuple[Fault, ...]


def examine(text: str) -> Examination:
    """Check a framework document completely without storing it; nothing is fetched from the network.

    Raises `FrameworkTooLarge` above 2 MiB, a subclass of `Unreadable` when it is not JSON, and
    `FrameworkInvalid` with every fault, its place and its line.
    """
    if len(text.encode()) > MAX_BYTES:
        raise FrameworkTooLarge
    document = load_json(text, limit=MAX_BYTES)
    found = _schema_faults(document) or rules_import.faults(document, _pictograms())
    if found:
        raise FrameworkInvalid(with_lines(found, text))
    return Examination(document, with_lines(rules_import.warnings(document), text))


def read_text(content: bytes) -> str:
    """Return the text of a framework file as it stands, without its byte order mark. Raises `NotJson`."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotJson(reason=f"not UTF-8 at byte {error.start}") from error


def import_document(session: Session, clock: Clock, text: str) -> uuid.UUID:
    """Store one version of a framework and return its id. The same bytes twice change nothing.

    A version that evidence points at never changes: other bytes under its number raise `FrameworkFrozen`.
    Raises what `examine` raises. Journalled as "framework.imported".
    """
    document = examine(text).document
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    with transaction(session):
        known = session.scalars(
            select(FrameworkVersion)
            .where(
                FrameworkVersion.framework_id == document["id"],
                FrameworkVersion.version == document["version"],
            )
            .with_for_update()
        ).one_or_none()
        if known and known.sha256 == sha256:
            return known.id
        if known and known.frozen_at:
            raise FrameworkFrozen(framework=known.framework_id, version=known.version)
        version = known or _new_version(session, clock, document)
        version.document, version.sha256, version.kind = text, sha256, document["kind"]
        version.imported_at = clock.now()
        session.flush()
        audit.record(
            session,
            clock,
            actor=IMPORTER,
            act="framework.imported",
            subject=f"framework_version:{version.id}",
            framework=version.framework_id,
            version=version.version,
            sha256=sha256,
        )
    return version.id


def import_catalogue(session: Session, clock: Clock) -> list[uuid.UUID]:
    """Import every framework we ship; doing it again changes nothing. Return the ids, in file order."""
    return [import_document(session, clock, path.read_text("utf-8")) for path in catalogue_files()]


def catalogue_files() -> list[File]:
    """Return the framework files we ship."""
    return sorted(CATALOGUE.glob("*.json"))


def adopt(session: Session, clock: Clock, actor: Actor, version_id: uuid.UUID) -> None:
    """Make the actor's structure work with this version from now on; older evidence stays where it points.

    Raises `NotFound` for an unknown version, `Forbidden`. Journalled as "framework.adopted".
    """
    with transaction(session):
        require(actor, Action.ADOPT_FRAMEWORK, Thing(structure_id=actor.structure_id))
        version = session.get(FrameworkVersion, version_id)
        if version is None or actor.structure_id is None:
            raise NotFound
        _adopt(session, clock, actor.structure_id, version, actor.journal_name)


def adopt_catalogue(session: Session, clock: Clock, structure_id: uuid.UUID) -> None:
    """Give a structure every framework of the catalogue that it does not work with yet."""
    version_ids = import_catalogue(session, clock)
    with transaction(session):
        adopted = set(
            session.scalars(select(Adoption.framework_id).where(Adoption.structure_id == structure_id))
        )
        for version_id in version_ids:
            version = session.get_one(FrameworkVersion, version_id)
            if version.framework_id not in adopted:
                _adopt(session, clock, structure_id, version, IMPORTER)


def mark_used(session: Session, clock: Clock, version_id: uuid.UUID) -> None:
    """Freeze a version because evidence now points at it; called inside the verb that writes the evidence."""
    session.execute(
        update(FrameworkVersion)
        .where(FrameworkVersion.id == version_id, FrameworkVersion.frozen_at.is_(None))
        .values(frozen_at=clock.now())
    )


def _adopt(
    session: Session, clock: Clock, structure_id: uuid.UUID, version: FrameworkVersion, journal_name: str
) -> None:
    adoption = session.scalars(
        select(Adoption)
        .where(Adoption.structure_id == structure_id, Adoption.framework_id == version.framework_id)
        .with_for_update()
    ).one_or_none()
    if adoption and adoption.version_id == version.id:
        return
    if adoption is None:
        adoption = Adoption(id=clock.new_id(), structure_id=structure_id, framework_id=version.framework_id)
        session.add(adoption)
    adoption.version_id, adoption.adopted_at = version.id, clock.now()
    session.flush()
    audit.record(
        session,
        clock,
        actor=journal_name,
        act="framework.adopted",
        subject=f"framework_version:{version.id}",
        structure_id=structure_id,
    )


def _new_version(session: Session, clock: Clock, document: Mapping[str, Any]) -> FrameworkVersion:
    version = FrameworkVersion(id=clock.new_id(), framework_id=document["id"], version=document["version"])
    session.add(version)
    return version


def with_lines(found: list[Found], text: str) -> tuple[Fault, ...]:
    """Return what was found in the document of `text` as people read it: each with its place and line."""
    if not found:
        return ()
    known = lines(text)
    return tuple(Fault(shown(path), line_of(path, known), reason) for path, reason in found)


def _schema_faults(document: Mapping[str, Any]) -> list[Found]:
    found = [_fault(error) for error in _validator().iter_errors(document)]
    return sorted(set(found), key=lambda fault: [str(step).zfill(6) for step in fault[0]])


def _fault(error: ValidationError) -> Found:
    path: Path = tuple(error.absolute_path)
    if error.validator == "oneOf" and not path:
        return path, "either “dimensions”, or “dimension” and “units”, must be there"
    return path, error.message[:_LONGEST_REASON]


@cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(json.loads((data_dir("schemas") / _SCHEMA).read_text("utf-8")))


@cache
def _pictograms() -> frozenset[str]:
    return frozenset(path.stem for path in (data_dir("badge_designs") / "pictograms").glob("*.svg"))
