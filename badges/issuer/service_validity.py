"""The end of a badge: how long new ones hold, and asking for the same one again when it comes near."""

import uuid

from sqlalchemy.orm import Session

from badges import audit
from badges.clock import Clock
from badges.crash import crash_point
from badges.db import transaction
from badges.errors import BadgeWithdrawn, BadValidity, NotFound, TooEarlyToRenew
from badges.issuer.models import Credential
from badges.issuer.rules_validity import MOST_MONTHS, is_validity, renewable
from badges.issuer.service_signing import own_profile
from badges.people.queries import worker_thing
from badges.permissions import Action, Actor, require
from badges.recognition import service as recognition


def set_validity(session: Session, clock: Clock, actor: Actor, months: int | None) -> None:
    """Have the badges reserved from now on end after `months` (1 to 120); None is no end.

    Badges already reserved keep the end they have. Raises `BadValidity`, `NotFound` when the structure is no
    issuer yet, `Forbidden`. Journals "issuer.validity".
    """
    if not is_validity(months):
        raise BadValidity(most=MOST_MONTHS)
    with transaction(session):
        profile = own_profile(session, actor)
        if profile.validity_months == months:
            return
        profile.validity_months = months
        audit.record(
            session,
            clock,
            actor=actor.journal_name,
            act="issuer.validity",
            subject=f"issuer:{profile.id}",
            structure_id=profile.structure_id,
            months=str(months or ""),
        )


def renew(session: Session, clock: Clock, actor: Actor, credential_id: uuid.UUID) -> uuid.UUID:
    """Ask for the same badge again and return the id of its new claim, which three hands will decide.

    From three months before its end, and after it. The badge holds until its end, whatever is decided; the
    new one names it. Raises `TooEarlyToRenew`, `BadgeWithdrawn`, `ClaimMoved` when it was asked for already,
    `NotFound`, `Forbidden`. Journalled as "claim.renew" and "claim.open".
    """
    with transaction(session):
        credential = session.get(Credential, credential_id, with_for_update=True)
        if credential is None:
            raise NotFound
        thing = worker_thing(session, credential.structure_id, credential.worker_id)
        require(actor, Action.SUBMIT_CLAIM, thing)
        if credential.revoked_at is not None:
            raise BadgeWithdrawn
        if not renewable(credential.valid_until, clock.now()):
            raise TooEarlyToRenew
        claim_id = recognition.renew(session, clock, actor, credential.claim_id)
        crash_point("renew:before-commit")
    crash_point("renew:after-commit")
    return claim_id
