"""Reads of frameworks: a version parsed, and the versions a structure works with."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from sqlalchemy import select
from sqlalchemy.orm import Session

from badges.errors import NotFound
from badges.frameworks.models import Adoption, FrameworkVersion
from badges.frameworks.rules import Framework, parse, text_in
from badges.permissions import Action, Actor, Thing, require

_LOADED = "frameworks"
"""Where a session remembers the versions it has read; they are frozen, so they are never out of date."""


def load(session: Session, version_id: uuid.UUID) -> Framework:
    """Return the framework stored as `version_id`, read once per session. Raises `NotFound`."""
    known: dict[uuid.UUID, Framework] = session.info.setdefault(_LOADED, {})
    if version_id not in known:
        version = session.get(FrameworkVersion, version_id)
        if version is None:
            raise NotFound
        known[version_id] = parse_document(version.document)
    return known[version_id]


@lru_cache(maxsize=64)
def parse_document(document: str) -> Framework:
    """Parse an imported document once; versions are frozen, so the cache can never be stale."""
    return parse(json.loads(document))


def adopted(session: Session, structure_id: uuid.UUID) -> dict[uuid.UUID, Framework]:
    """Return the framework versions that `structure_id` works with, soft skills first."""
    rows = session.execute(
        select(FrameworkVersion.id, FrameworkVersion.document)
        .join(Adoption, Adoption.version_id == FrameworkVersion.id)
        .where(Adoption.structure_id == structure_id)
        .order_by(FrameworkVersion.kind.desc(), FrameworkVersion.framework_id)
    )
    return {version_id: parse_document(document) for version_id, document in rows}


@dataclass(frozen=True)
class Offer:
    """One version of a framework as an administrator finds it: in use, newer than that, or older."""

    version_id: uuid.UUID
    framework_id: str
    title: str
    kind: str
    version: str
    skills: int
    imported_at: datetime
    adopted: bool
    newer: bool


def offers(session: Session, actor: Actor, language: str) -> tuple[Offer, ...]:
    """Return every imported version, those in use first. Raises `Forbidden`."""
    require(actor, Action.VIEW_FRAMEWORKS, Thing(actor.structure_id))
    in_use = dict(
        session.execute(
            select(Adoption.framework_id, Adoption.version_id).where(
                Adoption.structure_id == actor.structure_id
            )
        ).all()
    )
    versions = session.scalars(
        select(FrameworkVersion).order_by(FrameworkVersion.imported_at.desc(), FrameworkVersion.framework_id)
    ).all()
    imported = {version.id: version.imported_at for version in versions}
    found = [_offer(version, in_use, imported, language) for version in versions]
    return tuple(sorted(found, key=lambda offer: (not offer.adopted, offer.kind != "soft", offer.title)))


def browse(session: Session, actor: Actor, version_id: uuid.UUID) -> Framework:
    """Return one version to read. Raises `NotFound` or `Forbidden`."""
    require(actor, Action.VIEW_FRAMEWORKS, Thing(actor.structure_id))
    return load(session, version_id)


def _offer(
    version: FrameworkVersion,
    in_use: Mapping[str, uuid.UUID],
    imported: Mapping[uuid.UUID, datetime],
    language: str,
) -> Offer:
    framework = parse_document(version.document)
    current = in_use.get(version.framework_id)
    return Offer(
        version_id=version.id,
        framework_id=version.framework_id,
        title=text_in(framework.title, language),
        kind=version.kind,
        version=version.version,
        skills=len(framework.skills),
        imported_at=version.imported_at,
        adopted=current == version.id,
        newer=current is None or version.imported_at > imported[current],
    )
