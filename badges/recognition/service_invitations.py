"""The outside reviewer: invited by link to decide one claim, where a structure has too few hands."""

import hashlib
import uuid
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from badges import audit
from badges.clock import Clock
from badges.db import transaction
from badges.errors import ClaimMoved, InvitationEnded, NotFound
from badges.people.models import Structure
from badges.permissions import Action, Actor, Role, Thing, require
from badges.recognition.models import Claim, ReviewerInvitation
from badges.recognition.rules import ClaimState
from badges.recognition.service_steps import locked

VALIDITY = timedelta(days=14)
_CAN_BE_REVIEWED = frozenset(
    {ClaimState.OPEN, ClaimState.SUBMITTED, ClaimState.RETURNED, ClaimState.APPEALED}
)


@dataclass(frozen=True)
class Invited:
    """Who came by an invitation link, and for which claim."""

    actor: Actor
    claim_id: uuid.UUID
    state: ClaimState
    structure_id: uuid.UUID
    structure_name: str
    name: str
    organisation: str


def invite_reviewer(
    session: Session, clock: Clock, actor: Actor, claim_id: uuid.UUID, name: str, organisation: str
) -> str:
    """Return the secret of a link by which `name`, of `organisation`, may decide this claim for 14 days.

    Only the hash of the secret is kept; that the reviewer is an outside one is declared on the badge.
    Raises `NotFound`, `ClaimMoved` when nothing is left to decide, `Forbidden`. Journalled as
    "claim.reviewer_invited".
    """
    with transaction(session):
        claim = locked(session, claim_id)
        require(actor, Action.INVITE_REVIEWER, Thing(structure_id=claim.structure_id))
        if claim.state not in _CAN_BE_REVIEWED:
            raise ClaimMoved
        if actor.person_id is None:
            raise NotFound
        token = clock.new_token()
        invitation = ReviewerInvitation(
            id=clock.new_id(),
            structure_id=claim.structure_id,
            claim_id=claim.id,
            token_hash=_hash(token),
            name=name,
            organisation=organisation,
            invited_by=actor.person_id,
            created_at=clock.now(),
            expires_at=clock.now() + VALIDITY,
        )
        session.add(invitation)
        session.flush()
        audit.record(
            session,
            clock,
            actor=actor.journal_name,
            act="claim.reviewer_invited",
            subject=f"claim:{claim.id}",
            structure_id=claim.structure_id,
            invitation=str(invitation.id),
        )
    return token


def actor_of_invitation(session: Session, clock: Clock, token: str) -> Actor:
    """Return the actor who came by this link. Raises `InvitationEnded`."""
    return invited(session, clock, token).actor


def invited(session: Session, clock: Clock, token: str) -> Invited:
    """Return who came by this link and for which claim. Raises `InvitationEnded`: unknown, used, too old."""
    found = session.execute(
        select(ReviewerInvitation, Claim.state, Structure.public_name)
        .join(Claim, Claim.id == ReviewerInvitation.claim_id)
        .join(Structure, Structure.id == ReviewerInvitation.structure_id)
        .where(
            ReviewerInvitation.token_hash == _hash(token),
            ReviewerInvitation.ended_at.is_(None),
            ReviewerInvitation.expires_at > clock.now(),
        )
    ).one_or_none()
    if found is None:
        raise InvitationEnded
    invitation, state, structure_name = found
    return Invited(
        actor=Actor(None, invitation.structure_id, frozenset({Role.OUTSIDE_REVIEWER}), invitation.id),
        claim_id=invitation.claim_id,
        state=state,
        structure_id=invitation.structure_id,
        structure_name=structure_name,
        name=invitation.name,
        organisation=invitation.organisation,
    )


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
