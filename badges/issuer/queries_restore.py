"""Whether this store was put back from a backup that nobody has looked at yet."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from badges.errors import RestoreUnacknowledged
from badges.issuer.models import Restore


def unacknowledged(session: Session) -> Restore | None:
    """Return the oldest restore that nobody has acknowledged, or None."""
    return session.scalars(
        select(Restore).where(Restore.acknowledged_at.is_(None)).order_by(Restore.at, Restore.id).limit(1)
    ).one_or_none()


def require_acknowledged(session: Session) -> None:
    """Pass when nothing waits. Raises `RestoreUnacknowledged`: until then nothing is reserved or signed."""
    if unacknowledged(session) is not None:
        raise RestoreUnacknowledged
