"""The headers every answer carries, and the refusal of forms sent from other sites."""

from flask import Flask, Response, current_app, g, request

from badges.errors import Forbidden, NotFound

CONTENT_SECURITY_POLICY = "; ".join(  # noqa: FLY002 - one directive a line reads best
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
ALWAYS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(), microphone=(), camera=(), interest-cohort=()",
    "X-Frame-Options": "DENY",
}
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN_SITES = frozenset({"same-origin", "none"})


def init_app(app: Flask) -> None:
    """Attach the headers and the cross-site check to `app`."""
    app.before_request(refuse_cross_site)
    app.before_request(refuse_nul)
    app.after_request(add_headers)


def refuse_cross_site() -> None:
    """Refuse a state-changing request that a browser says comes from another site. Raises `Forbidden`."""
    if request.method in _SAFE_METHODS:
        return
    if request.headers.get("Sec-Fetch-Site", "none") not in _OWN_SITES:
        raise Forbidden


def refuse_nul() -> None:
    """Answer that there is nothing at an address with a NUL: PostgreSQL cannot even look for it.

    Raises `NotFound`.
    """
    if "\0" in request.path:
        raise NotFound


def add_headers(response: Response) -> Response:
    """Add the headers; private pages are never stored by a browser or a proxy."""
    for name, value in ALWAYS.items():
        response.headers.setdefault(name, value)
    if current_app.extensions["badges"].settings.secure:
        response.headers.setdefault("Strict-Transport-Security", "max-age=63072000; includeSubDomains")
    if not g.get("is_public") and request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
    if g.get("is_public") and response.mimetype == "text/html":
        response.vary.add("Accept-Language")
    response.headers.setdefault("X-Robots-Tag", "noindex")
    return response
