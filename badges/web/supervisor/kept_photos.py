"""Photos that came with a form to be shown again: cleaned, stored, and named in it by a sealed token.

A browser never fills in a file field again, so without this a warning about a word would lose the photos.
The token names the person, so that nobody can attach what somebody else sent.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from flask import current_app
from itsdangerous import BadData, URLSafeTimedSerializer
from werkzeug.datastructures import FileStorage

from badges.errors import BadgesError, NotFound
from badges.evidence import service_photos
from badges.evidence.media import MAX_BYTES
from badges.web.access import actor, ports

_SALT = "kept-photo"
_SECONDS = 12 * 3600


@dataclass(frozen=True)
class Stash:
    """Tokens of the photos that are kept, and why others are not: (number of the photo, error)."""

    tokens: tuple[str, ...]
    refused: tuple[tuple[int, BadgesError], ...]


def received(files: Iterable[FileStorage]) -> tuple[bytes, ...]:
    """Return the photos posted, each read to just above our limit; empty fields are none."""
    read = (file.stream.read(MAX_BYTES + 1) for file in files if file.filename)
    return tuple(content for content in read if content)


def stash(photos: Iterable[bytes]) -> Stash:
    """Clean and store `photos` so that the form can be sent again without them."""
    tokens, refused = [], []
    for number, photo in enumerate(photos, start=1):
        try:
            (kept,) = service_photos.keep(ports().storage, (photo,)).values()
        except BadgesError as error:
            refused.append((number, error))
        else:
            tokens.append(_serializer().dumps([str(actor().person_id), kept.sha256]))
    return Stash(tuple(tokens), tuple(refused))


def opened(tokens: Iterable[str]) -> tuple[bytes, ...]:
    """Return the photos that `tokens` name. Raises `NotFound` for a token of somebody else or too old."""
    return tuple(_opened(token) for token in tokens)


def _opened(token: str) -> bytes:
    try:
        person_id, sha256 = _serializer().loads(token, max_age=_SECONDS)
    except (BadData, ValueError) as error:
        raise NotFound from error
    if person_id != str(actor().person_id):
        raise NotFound
    return ports().storage.get(sha256)


def _serializer() -> URLSafeTimedSerializer:
    fallbacks = current_app.config.get("SECRET_KEY_FALLBACKS") or []
    return URLSafeTimedSerializer([*fallbacks, current_app.config["SECRET_KEY"]], salt=_SALT)
