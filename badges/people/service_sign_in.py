"""Signing in: by password, by a link sent by e-mail, with a printed card; then resumed, listed and ended.

A sign-in is a row; the browser holds a random token and the row only its SHA-256, so a copy of the
database opens no door, and ending a row closes it at once.
"""

import uuid
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from badges import audit, outbox
from badges.clock import Clock
from badges.db import transaction
from badges.errors import BadEmail, CardUnknown, LinkSpent, NotFound, WrongPin, WrongSignIn
from badges.people import queries_sign_in
from badges.people.mailer import Mailer
from badges.people.models import EmailLink, Person, SignIn, SignInMethod, WorkerCard
from badges.people.queries_sign_in import SignedIn, list_open
from badges.people.rules import clean_email
from badges.people.rules_letters import sign_in_letter
from badges.people.rules_secrets import fingerprint, hash_secret, is_outdated, matches
from badges.people.rules_throttle import link_limits, password_limits, pin_limits
from badges.people.service_cards import IssuedCard, issue_card
from badges.people.service_throttle import count_try, forgive, is_known_place, remember_place
from badges.permissions import Actor
from badges.settings import Settings

LINK_LIFE = timedelta(minutes=10)
TOUCH_AT_MOST_EVERY = timedelta(minutes=5)
DEVICE_LENGTH = 120


def resume(session: Session, clock: Clock, settings: Settings, token: str) -> SignedIn | None:
    """Return who holds `token`; None when it was ended, ran out (idle or absolute) or its account closed.

    Notes that it was used, at most every five minutes; not journalled.
    """
    row = queries_sign_in.open_sign_in(session, fingerprint(token))
    if row is None or not _is_alive(row, clock.now(), settings):
        return None
    who = queries_sign_in.signed_in(session, row)
    if clock.now() - row.last_seen_at >= min(TOUCH_AT_MOST_EVERY, settings.session_idle / 4):
        with transaction(session):
            session.get_one(SignIn, who.sign_in_id).last_seen_at = clock.now()
    return who


def with_password(session: Session, clock: Clock, email: str, password: str, device: str, remote: str) -> str:
    """Sign in by e-mail and password and return the new token. Journalled as `sign_in.opened`.

    Raises `TooMany` before any hashing, else `WrongSignIn`: in the same time and words for a wrong password
    and an unknown address (ASVS 5.0 6.3.8).
    """
    address = _address(email)
    known = is_known_place(session, clock, address, remote)
    limits = password_limits(address, remote, known=known)
    count_try(session, clock, limits)
    row = session.execute(select(Person.id, Person.password_hash).where(Person.email == address)).first()
    person_id, kept = row or (None, None)
    session.rollback()
    if not matches(password, kept) or person_id is None or kept is None:
        raise WrongSignIn
    with transaction(session):
        fresh = session.get_one(Person, person_id)
        if fresh.disabled_at or fresh.password_hash != kept:
            raise WrongSignIn
        if is_outdated(kept):
            fresh.password_hash = hash_secret(password)
        forgive(session, limits)
        remember_place(session, clock, address, remote)
        return _open(session, clock, fresh.id, SignInMethod.PASSWORD, device)


def request_link(session: Session, clock: Clock, email: str, remote: str) -> None:
    """Owe a sign-in link to the owner of `email`; nothing tells whether there is one. Raises `TooMany`.

    For an unknown address a link is owed to nobody, so that the answer takes as long.
    """
    address = _address(email)
    count_try(session, clock, link_limits(address, remote))
    with transaction(session):
        person = session.scalar(select(Person).where(Person.email == address, Person.disabled_at.is_(None)))
        person_id = person.id if person else clock.new_id()
        if person:
            audit.record(
                session, clock, actor="anonymous", act="email_link.requested", subject=f"person:{person_id}"
            )
        outbox.publish(
            session, clock, topic="email_link.requested", key=str(clock.new_id()), person_id=str(person_id)
        )


def send_link(
    sessions: sessionmaker[Session], clock: Clock, mailer: Mailer, base_url: str, person_id: uuid.UUID
) -> None:
    """Make a link that works once, for ten minutes, and send it. Journalled as `email_link.made`.

    Raises `Unavailable` when the letter does not leave; the relay then tries again with a new link.
    """
    token = clock.new_token()
    with sessions() as session, transaction(session):
        person = session.get(Person, person_id)
        if person is None or person.email is None or person.disabled_at:
            return
        link = EmailLink(
            id=clock.new_id(), token_hash=fingerprint(token), person_id=person.id, created_at=clock.now(),
            expires_at=clock.now() + LINK_LIFE,
        )  # fmt: skip
        session.add(link)
        audit.record(session, clock, actor="system", act="email_link.made", subject=f"person:{person.id}")
    minutes = LINK_LIFE // timedelta(minutes=1)
    mailer.send(sign_in_letter(person.email, person.language, f"{base_url}/sign-in/link/{token}", minutes))


def use_link(session: Session, clock: Clock, token: str, device: str) -> str:
    """Sign in with a link sent by e-mail and return the new token. Journalled. Raises `LinkSpent`."""
    with transaction(session):
        link = session.scalar(
            select(EmailLink).where(EmailLink.token_hash == fingerprint(token)).with_for_update()
        )
        if link is None or link.used_at or link.expires_at <= clock.now():
            raise LinkSpent
        if session.get_one(Person, link.person_id).disabled_at:
            raise LinkSpent
        link.used_at = clock.now()
        return _open(session, clock, link.person_id, SignInMethod.EMAIL_LINK, device)


def with_card(session: Session, clock: Clock, card_token: str, pin: str, device: str, remote: str) -> str:
    """Sign in with a printed card and its code and return the new token. Journalled as `sign_in.opened`.

    Raises `CardUnknown`, `TooMany` before any hashing, `WrongPin`.
    """
    card = queries_sign_in.live_card(session, card_token)
    limits = pin_limits(str(card.id), remote)
    count_try(session, clock, limits)
    if not matches("".join(pin.split()), card.pin_hash):
        raise WrongPin
    with transaction(session):
        fresh = session.scalar(select(WorkerCard).where(WorkerCard.id == card.id).with_for_update())
        if fresh is None or fresh.revoked_at or session.get_one(Person, card.person_id).disabled_at:
            raise CardUnknown
        forgive(session, limits)
        return _open(session, clock, card.person_id, SignInMethod.CARD, device, card.structure_id)


def start_demo(session: Session, clock: Clock, person_id: uuid.UUID, structure_id: uuid.UUID | None) -> str:
    """Sign in with one click and return the new token. For demo mode only: `resume` refuses it elsewhere."""
    with transaction(session):
        if session.get(Person, person_id) is None:
            raise NotFound
        return _open(session, clock, person_id, SignInMethod.DEMO, "", structure_id)


def end(session: Session, clock: Clock, actor: Actor, sign_in_id: uuid.UUID) -> None:
    """End one of one's own sign-ins. Journalled as `sign_in.ended`. Raises `NotFound`."""
    with transaction(session):
        sign_in = session.get(SignIn, sign_in_id)
        if sign_in is None or sign_in.person_id != actor.person_id or sign_in.ended_at:
            raise NotFound
        sign_in.ended_at = clock.now()
        audit.record(
            session, clock, actor=actor.journal_name, act="sign_in.ended", subject=f"sign_in:{sign_in.id}"
        )


def switch_structure(session: Session, clock: Clock, who: SignedIn, structure_id: uuid.UUID) -> None:
    """Go on in another structure of one's own. Journalled as `sign_in.switched`. Raises `NotFound`."""
    if structure_id not in {known for known, _ in who.structures}:
        raise NotFound
    with transaction(session):
        session.get_one(SignIn, who.sign_in_id).structure_id = structure_id
        audit.record(
            session, clock, actor=who.actor.journal_name, act="sign_in.switched",
            subject=f"sign_in:{who.sign_in_id}", structure_id=structure_id,
        )  # fmt: skip


def _open(
    session: Session, clock: Clock, person_id: uuid.UUID, method: SignInMethod, device: str,
    structure_id: uuid.UUID | None = None,
) -> str:  # fmt: skip
    """Open a sign-in with a token of its own: an older token is never reused (session fixation)."""
    token, now = clock.new_token(), clock.now()
    sign_in = SignIn(
        id=clock.new_id(), token_hash=fingerprint(token), person_id=person_id, method=method,
        structure_id=structure_id or queries_sign_in.usual_structure(session, person_id),
        device=device[:DEVICE_LENGTH], created_at=now, last_seen_at=now,
    )  # fmt: skip
    session.add(sign_in)
    audit.record(
        session, clock, actor=f"person:{person_id}", act="sign_in.opened", subject=f"sign_in:{sign_in.id}",
        structure_id=sign_in.structure_id, method=method.value,
    )  # fmt: skip
    return token


def _is_alive(row: SignIn, now: datetime, settings: Settings) -> bool:
    return (
        now - row.last_seen_at < settings.session_idle
        and now - row.created_at < settings.session_absolute
        and (row.method is not SignInMethod.DEMO or settings.mode == "demo")
    )


def _address(email: str) -> str:
    """Normalise what was typed; what is no address at all is looked up as it is, and found nowhere."""
    try:
        return clean_email(email) or ""
    except BadEmail:
        return email.strip().lower()


__all__ = [
    "IssuedCard",
    "SignedIn",
    "end",
    "issue_card",
    "list_open",
    "request_link",
    "resume",
    "send_link",
    "start_demo",
    "switch_structure",
    "use_link",
    "with_card",
    "with_password",
]
