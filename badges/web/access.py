"""Who is asking, and the named decision each blueprint takes about them.

Every blueprint registers exactly one of these functions with `before_request`; a test checks it. "Public" is
a decision (`allow_anyone`), never an omission.
"""

from collections.abc import Callable
from typing import cast

from flask import current_app, g, session

from badges.errors import Forbidden, NotSignedIn
from badges.people import service_sign_in
from badges.people.service_sign_in import SignedIn
from badges.permissions import ANONYMOUS, STAFF, Actor, Role
from badges.ports import Ports
from badges.web.database import db

TOKEN = "sign_in"  # noqa: S105 - the name of a session entry


def ports() -> Ports:
    """Return the adapters of this application."""
    return cast("Ports", current_app.extensions["badges"])


def signed_in() -> SignedIn | None:
    """Return who is signed in on this browser, or None; read once per request."""
    if "signed_in" not in g:
        g.signed_in = None
        token = session.get(TOKEN)
        if token:
            g.signed_in = service_sign_in.resume(db.session(), ports().clock, ports().settings, token)
            if g.signed_in is None:
                session.clear()
    return cast("SignedIn | None", g.signed_in)


def forget() -> None:
    """Forget what this request has read about who is signed in: the sign-in has just changed."""
    g.pop("signed_in", None)


def actor() -> Actor:
    """Return the actor of this request; `ANONYMOUS` on public pages, which never look at the cookie."""
    if g.get("is_public"):
        return ANONYMOUS
    who = signed_in()
    return who.actor if who else ANONYMOUS


def allow_anyone() -> None:
    """Open to the world: no cookie is read and none is set."""
    g.is_public = True


def allow_anyone_with_cookie() -> None:
    """Open to the world, but the page has a form, so it carries a CSRF cookie (sign-in, /verify)."""


def require_sign_in() -> None:
    """Let in anybody who is signed in. Raises `NotSignedIn`."""
    if signed_in() is None:
        raise NotSignedIn


def require_worker() -> None:
    """Let in workers. Raises `NotSignedIn` or `Forbidden`."""
    _require(frozenset({Role.WORKER}))


def require_observer() -> None:
    """Let in supervisors and tutors. Raises `NotSignedIn` or `Forbidden`."""
    _require(frozenset({Role.SUPERVISOR, Role.TUTOR}))


def require_coach() -> None:
    """Let in coaches. Raises `NotSignedIn` or `Forbidden`."""
    _require(frozenset({Role.COACH}))


def require_reviewer() -> None:
    """Let in reviewers. Raises `NotSignedIn` or `Forbidden`."""
    _require(frozenset({Role.REVIEWER}))


def require_admin() -> None:
    """Let in structure administrators. Raises `NotSignedIn` or `Forbidden`."""
    _require(frozenset({Role.ADMIN}))


def require_operator() -> None:
    """Let in platform operators. Raises `NotSignedIn` or `Forbidden`."""
    _require(frozenset({Role.OPERATOR}))


def require_staff() -> None:
    """Let in anybody who works for the structure as staff. Raises `NotSignedIn` or `Forbidden`."""
    _require(STAFF)


ACCESS_FUNCTIONS: tuple[Callable[[], None], ...] = (
    allow_anyone,
    allow_anyone_with_cookie,
    require_sign_in,
    require_worker,
    require_observer,
    require_coach,
    require_reviewer,
    require_admin,
    require_operator,
    require_staff,
)


def _require(roles: frozenset[Role]) -> None:
    require_sign_in()
    if not roles & actor().roles:
        raise Forbidden
