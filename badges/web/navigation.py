"""The few places each role goes to: at most four, an icon and a word each; "Me" lists the others."""

from dataclasses import dataclass

from flask import request, url_for
from flask_babel import lazy_gettext as _l

from badges.permissions import Actor, Role

MOST = 4
Place = tuple[str, object, str]


@dataclass(frozen=True)
class NavItem:
    """One entry of the main navigation, as the templates read it.

    `current`: this page, or a page under it; `exact`: this very page.
    """

    icon: str
    label: str
    url: str
    current: bool
    exact: bool = False
    count: int = 0


_ME: Place = ("person", _l("Me"), "me.home")
_BADGES: Place = ("badge", _l("Badges"), "worker.badges")
_CREW: Place = ("people", _l("Crew"), "supervisor.crew")
_QUEUE: Place = ("inbox", _l("To review"), "reviewer.queue")
_ISSUED: Place = ("badge", _l("Badges"), "admin.credentials")
_BY_ROLE: tuple[tuple[Role, tuple[Place, ...]], ...] = (
    (Role.WORKER, (_BADGES, ("talk", _l("Answer"), "worker.observations"))),
    (Role.SUPERVISOR, (_CREW,)),
    (Role.TUTOR, (_CREW,)),
    (Role.COACH, (("list", _l("My workers"), "coach.workers"), ("talk", _l("Talks"), "coach.talks"))),
    (Role.REVIEWER, (_QUEUE,)),
    (
        Role.ADMIN,
        (("people", _l("People"), "admin.people"), _ISSUED, ("key", _l("Issuer"), "admin.issuer")),
    ),
    (Role.OPERATOR, (("home", _l("Platform"), "operator.home"),)),
)
_UNDER = {
    "worker.badges": ("worker.badge", "worker.preview", "worker.slip"),
    "worker.observations": ("worker.observation", "claims."),
    "supervisor.crew": ("supervisor.", "claims.", "cards."),
    "coach.workers": ("coach.worker", "claims.", "cards."),
    "coach.talks": ("coach.close_talk",),
    "reviewer.queue": ("reviewer.",),
    "admin.people": (
        "admin.person",
        "admin.new_person",
        "admin.roster",
        "admin.check_roster",
        "admin.structure",
        "cards.",
    ),
    "admin.credentials": ("admin.credential", "admin.review", "admin.invite", "admin.wave"),
    "admin.issuer": ("admin.compromised_key", "admin.framework"),
    "operator.home": ("operator.",),
    "me.home": ("me.",),
}


def nav_items(actor: Actor) -> list[NavItem]:
    """Return the navigation of `actor`: at most four entries, "Me" last; nothing for nobody's roles."""
    first, others = _split(actor)
    if not first:
        return []
    here = _here([*first, *others, _ME])
    away = here in [endpoint for *_, endpoint in others]
    return [_item(place, "me.home" if away else here) for place in (*first, _ME)]


def more_items(actor: Actor) -> list[NavItem]:
    """Return the places of `actor` that the navigation has no room for; "Me" lists them."""
    return [_item(place, "") for place in _split(actor)[1]]


def _split(actor: Actor) -> tuple[list[Place], list[Place]]:
    roles = [list(places) for role, places in _BY_ROLE if role in actor.roles]
    ranks = range(max(map(len, roles), default=0))
    by_rank = dict.fromkeys((places[rank] for rank in ranks for places in roles if rank < len(places)), True)
    kept = list(by_rank)[: MOST - 1]
    told = list(dict.fromkeys(place for places in roles for place in places))
    return [place for place in told if place in kept], [place for place in told if place not in kept]


def _here(places: list[Place]) -> str:
    """Return the endpoint of the first place that this page is, or stands under."""
    page = request.endpoint or ""
    endpoints = [endpoint for *_, endpoint in places]
    if page in endpoints:
        return page
    return next((one for one in endpoints if page.startswith(_UNDER.get(one, ()))), "")


def _item(place: Place, here: str) -> NavItem:
    icon, label, endpoint = place
    return NavItem(icon, str(label), url_for(endpoint), endpoint == here, endpoint == request.endpoint)
