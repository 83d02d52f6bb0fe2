"""Platform operators: added from the machine's own command line, never from a page."""

import uuid

from sqlalchemy import select
from sqlalchemy.orm import Session

from badges import audit
from badges.clock import Clock
from badges.db import transaction
from badges.errors import EmailTaken
from badges.people.models import Person
from badges.people.rules import clean_email


def add_operator(session: Session, clock: Clock, given_name: str, email: str) -> uuid.UUID:
    """Add somebody who runs the platform and sees no personal data. Journalled as `operator.added`.

    Raises `BadEmail`, and `EmailTaken` when somebody of a structure has this address: an operator is nobody
    else, so that no second role opens personal data to them.
    """
    address = clean_email(email)
    with transaction(session):
        if session.scalar(select(Person.id).where(Person.email == address)):
            raise EmailTaken
        operator = Person(
            id=clock.new_id(),
            given_name=given_name,
            email=address,
            is_operator=True,
            created_at=clock.now(),
        )
        session.add(operator)
        audit.record(
            session, clock, actor="command-line", act="operator.added", subject=f"person:{operator.id}"
        )
    return operator.id
