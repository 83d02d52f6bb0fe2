"""Photos on their way in: cleaned, counted, kept before the row that needs them, swept when no row came."""

import hashlib
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from badges import audit
from badges.clock import Clock
from badges.db import transaction
from badges.errors import PhotoQuota
from badges.evidence.media import CLEANER, PhotoCleaner
from badges.evidence.models import Observation, ObservationPhoto
from badges.evidence.rules import PHOTOS_PER_OBSERVER_AND_DAY, PHOTOS_PER_STRUCTURE_AND_DAY
from badges.evidence.storage import MediaStorage
from badges.permissions import Actor

ORPHAN_AFTER = timedelta(days=1)


@dataclass(frozen=True)
class KeptPhoto:
    """A clean photo that is stored, with what the row says of it."""

    sha256: str
    width: int
    height: int
    size: int


def keep(
    storage: MediaStorage, photos: Iterable[bytes], cleaner: PhotoCleaner = CLEANER
) -> dict[str, KeptPhoto]:
    """Clean and store `photos`; return what was kept, by the SHA-256 of the bytes as received.

    Runs outside any transaction: decoding must not hold the database. Raises what `clean` raises.
    """
    kept: dict[str, KeptPhoto] = {}
    for content in photos:
        received = sha256_of(content)
        if received not in kept:
            clean = cleaner.clean(content)
            kept[received] = KeptPhoto(
                storage.put(clean.content), clean.width, clean.height, len(clean.content)
            )
    return kept


def sha256_of(content: bytes) -> str:
    """Return the SHA-256 of `content` in hex."""
    return hashlib.sha256(content).hexdigest()


def check_quota(session: Session, actor: Actor, now: datetime, count: int) -> None:
    """Refuse more photos in one day than people at work can need. Raises `PhotoQuota`."""
    midnight = datetime.combine(now.date(), time(), tzinfo=now.tzinfo)
    sent_today = (
        select(func.count())
        .select_from(ObservationPhoto)
        .join(Observation, Observation.id == ObservationPhoto.observation_id)
        .where(Observation.structure_id == actor.structure_id, Observation.received_at >= midnight)
    )
    by_actor = sent_today.where(Observation.observer_id == actor.person_id)
    for query, limit in ((by_actor, PHOTOS_PER_OBSERVER_AND_DAY), (sent_today, PHOTOS_PER_STRUCTURE_AND_DAY)):
        if (session.scalar(query) or 0) + count > limit:
            raise PhotoQuota(limit=limit)


def sweep_orphans(session: Session, clock: Clock, storage: MediaStorage) -> int:
    """Forget photos put more than a day ago that no row refers to: their form was left, or its write failed.

    A day is longer than any form stays valid. Returns how many; journalled as "photos.swept" when any.
    """
    old = list(storage.put_before(clock.now() - ORPHAN_AFTER))
    with transaction(session):
        orphans = [sha256 for sha256 in old if not _is_referred_to(session, sha256)]
        for sha256 in orphans:
            storage.delete(sha256)
        if orphans:
            subject = f"sweep:{clock.new_id()}"
            audit.record(
                session, clock, actor="system", act="photos.swept", subject=subject, count=str(len(orphans))
            )
    return len(orphans)


def rows(
    clock: Clock, observation_id: uuid.UUID, photos: Iterable[KeptPhoto], media_type: str
) -> list[ObservationPhoto]:
    """Return the rows that tie kept photos to an observation."""
    return [
        ObservationPhoto(
            id=clock.new_id(), observation_id=observation_id, sha256=photo.sha256, media_type=media_type,
            width=photo.width, height=photo.height, size=photo.size,
        )
        for photo in photos
    ]  # fmt: skip


def _is_referred_to(session: Session, sha256: str) -> bool:
    query = select(ObservationPhoto.id).where(ObservationPhoto.sha256 == sha256).limit(1)
    return session.scalar(query) is not None
