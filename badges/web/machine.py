"""How documents for machines are served: the right type, cacheable, readable from any site."""

from datetime import timedelta
from typing import Any

from flask import Response, make_response, request

from badges.openbadges.loads import Document, dump_json

JSON_TYPES = ("application/vc+ld+json", "application/ld+json", "application/json")
FOR_EVER = timedelta(days=365)


def document(body: Document | str | bytes, media_type: str, *, lives: timedelta) -> Response:
    """Return a document or picture that anybody may read and keep for `lives`.

    Verifiers run in browsers too, on other sites: nothing here is private, so any origin may read it.
    """
    raw = dump_json(body) if isinstance(body, dict) else body
    response = make_response(raw)
    response.content_type = media_type
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    never_changes = ", immutable" if lives >= FOR_EVER else ""
    response.headers["Cache-Control"] = f"public, max-age={int(lives.total_seconds())}{never_changes}"
    response.add_etag()
    conditional: Any = response.make_conditional(request)
    return response if conditional is None else conditional


def prefers_json(*, unless_said: bool) -> bool:
    """Tell whether JSON is asked for rather than a page; `unless_said` when the reader takes anything."""
    offers = (*JSON_TYPES, "text/html") if unless_said else ("text/html", *JSON_TYPES)
    return request.accept_mimetypes.best_match(offers, default=offers[0]) in JSON_TYPES
