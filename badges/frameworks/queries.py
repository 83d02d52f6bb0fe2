"""Reads of frameworks: a version parsed, and the versions a structure works with."""

import json
import uuid
from functools import lru_cache

from sqlalchemy import select
from sqlalchemy.orm import Session

from badges.errors import NotFound
from badges.frameworks.models import Adoption, FrameworkVersion
from badges.frameworks.rules import Framework, parse


def load(session: Session, version_id: uuid.UUID) -> Framework:
    """Return the framework stored as `version_id`. Raises `NotFound`."""
    version = session.get(FrameworkVersion, version_id)
    if version is None:
        raise NotFound
    return parse_document(version.document)


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
