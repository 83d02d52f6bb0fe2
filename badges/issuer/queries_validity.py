"""Reads about the end of badges: which may be asked for again, and which badge a new one takes over from."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from badges.errors import NotFound
from badges.frameworks import queries as frameworks
from badges.frameworks.models import FrameworkVersion
from badges.frameworks.rules import text_in
from badges.issuer.models import Credential
from badges.issuer.rules_validity import is_over, renewable
from badges.people.queries import worker_thing
from badges.permissions import Action, Actor, require
from badges.recognition.models import Claim
from badges.recognition.queries import ApprovedClaim
from badges.recognition.rules import ClaimState


@dataclass(frozen=True)
class Ending:
    """A badge that may be asked for again, called as its reader does; `over` once its end has passed."""

    credential_id: uuid.UUID
    title: str
    rank: int
    valid_until: datetime
    over: bool


@dataclass(frozen=True)
class Predecessor:
    """The badge that a new one takes over from; `awarded_at` is the day of its decision."""

    id: uuid.UUID
    awarded_at: datetime


def ending(
    session: Session, actor: Actor, now: datetime, worker_id: uuid.UUID, language: str
) -> tuple[Ending, ...]:
    """Return the badges of a worker that may be asked for again at `now` (aware), the soonest end first.

    Raises `NotFound`, `Forbidden`.
    """
    if actor.structure_id is None:
        raise NotFound
    require(actor, Action.SUBMIT_CLAIM, worker_thing(session, actor.structure_id, worker_id))
    rows = session.execute(
        select(Credential, Claim)
        .join(Claim, Claim.id == Credential.claim_id)
        .where(
            Credential.worker_id == worker_id,
            Credential.structure_id == actor.structure_id,
            Credential.valid_until.is_not(None),
            Claim.state == ClaimState.APPROVED,
        )
        .order_by(Credential.valid_until, Credential.id)
    )
    return tuple(
        _ending(session, credential.id, claim, end, now, language)
        for credential, claim in rows
        if (end := credential.valid_until) is not None and renewable(end, now)
    )


def may_renew(session: Session, credential: Credential, now: datetime) -> bool:
    """Tell whether `credential` may be asked for again at `now` (aware) and was not yet."""
    if not renewable(credential.valid_until, now):
        return False
    return session.get_one(Claim, credential.claim_id).state is ClaimState.APPROVED


def predecessors(session: Session, claims: Sequence[ApprovedClaim]) -> dict[uuid.UUID, Predecessor]:
    """Return the badge before, by id of claim, for those of `claims` (of one structure) that renew one.

    It is the newest badge of the same worker, framework (in any version), skill and level whose claim ended
    by being renewed.
    """
    framework = FrameworkVersion.framework_id
    rows = session.execute(
        select(Claim.worker_id, framework, Claim.skill_id, Claim.level, Credential.id, Claim.decided_at)
        .join(Credential, Credential.claim_id == Claim.id)
        .join(FrameworkVersion, FrameworkVersion.id == Claim.framework_version_id)
        .where(
            Claim.worker_id.in_({claim.worker_id for claim in claims}),
            Claim.structure_id.in_({claim.structure_id for claim in claims}),
            Claim.state == ClaimState.RENEWED,
        )
        .order_by(Credential.reserved_at)
    ).all()
    if not rows:
        return {}
    known = {tuple(row[:4]): Predecessor(row[4], decided) for row in rows if (decided := row[5])}
    versions = {claim.framework_version_id for claim in claims}
    named = dict(
        session.execute(select(FrameworkVersion.id, framework).where(FrameworkVersion.id.in_(versions))).all()
    )
    keys = {
        claim.id: (claim.worker_id, named[claim.framework_version_id], claim.skill_id, claim.level)
        for claim in claims
    }
    return {claim_id: known[key] for claim_id, key in keys.items() if key in known}


def _ending(
    session: Session, credential_id: uuid.UUID, claim: Claim, end: datetime, now: datetime, language: str
) -> Ending:
    framework = frameworks.load(session, claim.framework_version_id)
    return Ending(
        credential_id=credential_id,
        title=text_in(framework.skill(claim.skill_id).label, language),
        rank=framework.level(claim.level).rank,
        valid_until=end,
        over=is_over(end, now),
    )
