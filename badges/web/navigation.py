"""The few places each role goes to: at most four, an icon and a word each."""

from dataclasses import dataclass

from flask import current_app, request, url_for
from flask_babel import lazy_gettext as _l

from badges.permissions import Actor, Role


@dataclass(frozen=True)
class NavItem:
    """One entry of the main navigation, as the templates read it."""

    icon: str
    label: str
    url: str
    current: bool
    count: int = 0


_ME = ("person", _l("Me"), "me.home")
_BY_ROLE: tuple[tuple[Role, tuple[tuple[str, object, str], ...]], ...] = (
    (
        Role.WORKER,
        (("badge", _l("Badges"), "worker.badges"), ("talk", _l("Answer"), "worker.observations"), _ME),
    ),
    (Role.SUPERVISOR, (("people", _l("Crew"), "supervisor.crew"), _ME)),
    (Role.TUTOR, (("people", _l("Crew"), "supervisor.crew"), _ME)),
    (Role.COACH, (("person", _l("My workers"), "coach.workers"), ("talk", _l("Talks"), "coach.talks"), _ME)),
    (Role.REVIEWER, (("inbox", _l("To review"), "reviewer.queue"), _ME)),
    (
        Role.ADMIN,
        (("people", _l("People"), "admin.people"), ("badge", _l("Badges"), "admin.credentials"),
         ("key", _l("Issuer"), "admin.issuer"), _ME),
    ),
    (Role.OPERATOR, (("home", _l("Platform"), "operator.home"), _ME)),
)  # fmt: skip


def nav_items(actor: Actor) -> list[NavItem]:
    """Return the navigation of `actor`: the entries of all their roles, each place once, "Me" last."""
    entries = [entry for role, entries in _BY_ROLE if role in actor.roles for entry in entries]
    places = dict.fromkeys((entry for entry in entries if entry is not _ME), True)
    ordered = [*places, _ME] if entries else []
    return [
        NavItem(icon, str(label), url_for(endpoint), request.endpoint == endpoint)
        for icon, label, endpoint in ordered
        if endpoint in current_app.view_functions
    ]
