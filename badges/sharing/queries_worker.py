"""A worker's own badges: the shelf, the map of skills, and one badge with everything to decide about it."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from badges.errors import NotFound
from badges.evidence import queries as evidence
from badges.frameworks import queries as frameworks
from badges.frameworks.rules import text_in
from badges.issuer.models import Achievement, Credential
from badges.issuer.queries_validity import may_renew
from badges.issuer.rules_validity import is_over
from badges.people.models import NameForm, Person, Structure
from badges.people.queries import public_name, worker_thing
from badges.permissions import Action, Actor, Thing, require
from badges.sharing.models import Holding
from badges.sharing.queries import BadgePage, framework_skill, page_of
from badges.sharing.rules import BadgeState, Held, badge_state, image_path

SEEN_RING, CHECKED_RING = 2, 3
LANES = ("social", "contributive", "methodological", "technical")


@dataclass(frozen=True)
class ShelfBadge:
    """One badge on the shelf, in the language asked for.

    `state` is what its worker decided; `paused` and `over` are what the issuer and time made of it.
    """

    credential_id: uuid.UUID
    achievement_id: uuid.UUID
    skill_id: str
    title: str
    rank: int
    dimension: str
    issuer_name: str
    awarded: datetime
    state: BadgeState
    paused: bool
    over: bool

    @property
    def image(self) -> str:
        """The path of the badge image."""
        return image_path(self.achievement_id)


@dataclass(frozen=True)
class LaneSkill:
    """One skill of the map: how many looks it has had, and the badge that says so, if any."""

    title: str
    rings: int
    rank: int
    credential_id: uuid.UUID | None


@dataclass(frozen=True)
class Lane:
    """One dimension of the map; never empty."""

    dimension: str
    skills: tuple[LaneSkill, ...]


@dataclass(frozen=True)
class NameChoice:
    """A form of the worker's name, written as others would read it."""

    form: NameForm
    name: str
    chosen: bool


@dataclass(frozen=True)
class OwnBadge:
    """One badge of the worker who asks. `page` is what others see, or would see; None while it is signed.

    `valid_until` is None for a badge without an end; `may_renew` tells that it can be asked for again now.
    `takes_over_from` and `replaced_by` are the badges before and after it, when it was renewed.
    """

    card: ShelfBadge
    state: BadgeState
    shown: bool
    token: str
    given_name: str
    names: tuple[NameChoice, ...]
    page: BadgePage | None
    valid_until: datetime | None
    may_renew: bool
    takes_over_from: uuid.UUID | None
    replaced_by: uuid.UUID | None


def shelf(session: Session, actor: Actor, now: datetime, language: str) -> tuple[ShelfBadge, ...]:
    """Return the badges offered to `actor`: those to answer first, then the newest; `now` is aware.

    Raises `NotFound`, `Forbidden`.
    """
    _require_self(session, actor)
    rows = session.execute(
        select(Holding, Credential, Achievement, Structure.public_name)
        .join(Credential, Credential.id == Holding.credential_id)
        .join(Achievement, Achievement.id == Credential.achievement_id)
        .join(Structure, Structure.id == Credential.structure_id)
        .where(Holding.worker_id == actor.person_id, Credential.structure_id == actor.structure_id)
        .order_by(Holding.offered_at.desc(), Credential.id)
    ).all()
    cards = [_card(session, *row, now=now, language=language) for row in rows]
    return tuple(sorted(cards, key=lambda card: card.state is not BadgeState.TO_ANSWER))


def skills_map(
    session: Session, actor: Actor, badges: tuple[ShelfBadge, ...], language: str
) -> tuple[Lane, ...]:
    """Return what was seen and checked of `actor`, by dimension: badges first, then skills seen at work."""
    _require_self(session, actor)
    held = [badge for badge in badges if badge.state not in {BadgeState.DECLINED, BadgeState.WITHDRAWN}]
    best: dict[tuple[str, str], LaneSkill] = {}
    for badge in sorted(held, key=lambda badge: badge.rank):
        best[badge.dimension, badge.title] = LaneSkill(
            badge.title, CHECKED_RING, badge.rank, badge.credential_id
        )
    assert actor.person_id is not None  # noqa: S101 - required above
    assert actor.structure_id is not None  # noqa: S101 - required above
    for version_id, skill_id, _level in evidence.skills_seen(
        session, actor.person_id, structure_id=actor.structure_id
    ):
        skill = frameworks.load(session, version_id).skill(skill_id)
        title = text_in(skill.label, language)
        best.setdefault((skill.dimension.id, title), LaneSkill(title, SEEN_RING, 0, None))
    lanes = (
        Lane(
            name,
            tuple(
                sorted((skill for (dimension, _), skill in best.items() if dimension == name), key=_by_rings)
            ),
        )
        for name in LANES
    )
    return tuple(lane for lane in lanes if lane.skills)


def own_badge(
    session: Session, actor: Actor, now: datetime, credential_id: uuid.UUID, language: str
) -> OwnBadge:
    """Return one badge of `actor` with its page as others would see it. Raises `NotFound`, `Forbidden`."""
    credential, holding = _own(session, actor, credential_id)
    achievement = session.get_one(Achievement, credential.achievement_id)
    structure = session.get_one(Structure, credential.structure_id)
    person = session.get_one(Person, holding.worker_id)
    card = _card(session, holding, credential, achievement, structure.public_name, now=now, language=language)
    return OwnBadge(
        card=card,
        state=card.state,
        shown=holding.shown_at is not None,
        token=holding.token or "",
        given_name=person.given_name,
        names=_names(person, credential.recipient_name),
        page=page_of(session, now, credential, language) if credential.signed is not None else None,
        valid_until=credential.valid_until,
        may_renew=may_renew(session, credential, now),
        takes_over_from=credential.renews_id,
        replaced_by=_replaced_by(session, credential),
    )


def own_credential(session: Session, actor: Actor, credential_id: uuid.UUID) -> Credential:
    """Return the ledger row of a badge of `actor`, for download. Raises `NotFound`, `Forbidden`."""
    return _own(session, actor, credential_id)[0]


def _own(session: Session, actor: Actor, credential_id: uuid.UUID) -> tuple[Credential, Holding]:
    holding = session.get(Holding, credential_id)
    if holding is None:
        raise NotFound
    credential = session.get_one(Credential, credential_id)
    thing = Thing(structure_id=credential.structure_id, worker_id=holding.worker_id)
    require(actor, Action.VIEW_OWN_BADGE, thing)
    return credential, holding


def _replaced_by(session: Session, credential: Credential) -> uuid.UUID | None:
    """Return the badge that was offered in place of this one and still stands."""
    return session.scalars(
        select(Credential.id)
        .join(Holding, Holding.credential_id == Credential.id)
        .where(Credential.renews_id == credential.id, Credential.revoked_at.is_(None))
    ).first()


def _require_self(session: Session, actor: Actor) -> None:
    if actor.structure_id is None or actor.person_id is None:
        raise NotFound
    require(actor, Action.VIEW_OWN_BADGE, worker_thing(session, actor.structure_id, actor.person_id))


def _names(person: Person, signed: str) -> tuple[NameChoice, ...]:
    """Write the forms, shortest first; the one already signed is chosen, else the person's own."""
    forms = [NameForm.INITIAL, NameForm.FULL] + ([NameForm.PSEUDONYM] if person.pseudonym else [])
    written = {form: public_name(person, form) for form in forms}
    chosen = next((form for form in forms if written[form] == signed), person.name_form)
    return tuple(NameChoice(form, name, form is chosen) for form, name in written.items())


def _card(
    session: Session,
    holding: Holding,
    credential: Credential,
    achievement: Achievement,
    issuer_name: str,
    *,
    now: datetime,
    language: str,
) -> ShelfBadge:
    framework, skill = framework_skill(session, achievement)
    revoked, sealed = credential.revoked_at is not None, credential.signed is not None
    return ShelfBadge(
        credential_id=credential.id,
        achievement_id=achievement.id,
        skill_id=skill.id,
        title=text_in(skill.label, language),
        rank=framework.level(achievement.level).rank,
        dimension=skill.dimension.id,
        issuer_name=issuer_name,
        awarded=holding.offered_at,
        state=badge_state(Held(holding.state, holding.shown_at is not None, revoked, sealed)),
        paused=credential.suspended_at is not None and not revoked,
        over=is_over(credential.valid_until, now) and not revoked,
    )


def _by_rings(skill: LaneSkill) -> tuple[int, str]:
    return -skill.rings, skill.title
