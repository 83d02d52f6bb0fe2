"""Reads around a batch: what the reviewer ticked, and what they approved at one moment."""

import uuid
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from badges.errors import NotFound
from badges.permissions import Action, Actor, Thing, require
from badges.recognition.models import Claim, ClaimStep
from badges.recognition.queries_review import About, abouts
from badges.recognition.rules import ClaimState, Step


def ticked(
    session: Session, actor: Actor, claim_ids: Collection[uuid.UUID], language: str
) -> tuple[About, ...]:
    """Return who and which skill for claims that the actor ticked, whatever became of them since.

    Raises `NotFound` when one is not of the actor's structure, `Forbidden` for who is no reviewer.
    """
    require(actor, Action.VIEW_QUEUE, Thing(actor.structure_id))
    claims = session.scalars(
        select(Claim)
        .where(Claim.id.in_(claim_ids), Claim.structure_id == actor.structure_id)
        .order_by(Claim.submitted_at, Claim.id)
    ).all()
    if set(claim_ids) - {claim.id for claim in claims}:
        raise NotFound
    return tuple(abouts(session, claims, language).values())


def approved_at(session: Session, actor: Actor, at: datetime, language: str) -> tuple[About, ...]:
    """Return what the actor approved at the moment `at` (aware) and has not taken back since.

    Raises `Forbidden` for who is no reviewer.
    """
    require(actor, Action.VIEW_QUEUE, Thing(actor.structure_id))
    mine = (
        select(ClaimStep.claim_id)
        .where(ClaimStep.at == at, ClaimStep.action == Step.APPROVE, ClaimStep.person_id == actor.person_id)
        .scalar_subquery()
    )
    claims = session.scalars(
        select(Claim)
        .where(
            Claim.structure_id == actor.structure_id,
            Claim.state == ClaimState.APPROVED,
            Claim.decided_at == at,
            Claim.id.in_(mine),
        )
        .order_by(Claim.submitted_at, Claim.id)
    ).all()
    return tuple(abouts(session, claims, language).values())
