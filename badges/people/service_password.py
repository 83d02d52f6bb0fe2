"""Choosing a password: asked again for the old one, and every other device is signed out."""

from sqlalchemy.orm import Session

from badges import audit
from badges.clock import Clock
from badges.db import transaction
from badges.errors import Forbidden, WrongSignIn
from badges.people.models import Person, SignInMethod
from badges.people.queries_sign_in import SignedIn, may_set_password
from badges.people.rules import check_password
from badges.people.rules_secrets import hash_secret, matches
from badges.people.rules_throttle import password_limits
from badges.people.service_rows import end_sign_ins, oneself
from badges.people.service_throttle import count_try, forgive


def set_password(
    session: Session, clock: Clock, who: SignedIn, new: str, *, current: str = "", remote: str = ""
) -> None:
    """Set one's own password and end all other sign-ins. Journalled as `person.password_set`.

    Whoever came by an e-mail link need not know the old one: that is how a forgotten password is replaced.
    Raises `WeakPassword`, `WrongSignIn` when the current one is wrong, `TooMany`, `Forbidden` for a card.
    """
    if not may_set_password(who):
        raise Forbidden
    person = session.get_one(Person, who.person_id)
    email, kept = person.email or "", person.password_hash
    check_password(new, about=(person.given_name, person.family_name, email))
    limits = password_limits(email, remote, known=True)
    if needs_current(session, who):
        count_try(session, clock, limits)
        if not matches(current, kept):
            raise WrongSignIn
    made = hash_secret(new)
    with transaction(session):
        fresh = oneself(session, who.actor)
        fresh.password_hash = made
        forgive(session, limits)
        end_sign_ins(session, clock, fresh.id, keep=who.sign_in_id)
        audit.record(
            session, clock, actor=who.actor.journal_name, act="person.password_set",
            subject=f"person:{fresh.id}", structure_id=who.structure_id,
        )  # fmt: skip


def needs_current(session: Session, who: SignedIn) -> bool:
    """Tell whether the current password must be given: it exists, and this sign-in was made with it."""
    person = session.get_one(Person, who.person_id)
    return person.password_hash is not None and who.method is SignInMethod.PASSWORD
