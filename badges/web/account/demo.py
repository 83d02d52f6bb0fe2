"""One-click sign-in links of the demo: signed, good for a month, and dead outside demo mode."""

import uuid

from itsdangerous import BadSignature, URLSafeTimedSerializer

from badges.errors import LinkSpent

_SALT = "badges.demo"
_LIFE_SECONDS = 30 * 24 * 3600


def demo_token(secret_key: str, person_id: uuid.UUID, structure_id: uuid.UUID | None) -> str:
    """Return the token of a link `/demo/<token>` that signs `person_id` in."""
    return _serializer(secret_key).dumps([str(person_id), str(structure_id or "")])


def read_demo_token(secret_key: str, token: str) -> tuple[uuid.UUID, uuid.UUID | None]:
    """Return the person and structure of `token`. Raises `LinkSpent` when we did not make it."""
    try:
        person_id, structure_id = _serializer(secret_key).loads(token, max_age=_LIFE_SECONDS)
    except BadSignature as error:
        raise LinkSpent from error
    return uuid.UUID(person_id), uuid.UUID(structure_id) if structure_id else None


def _serializer(secret_key: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(secret_key, salt=_SALT)
