"""Issuing: the one road from approved claims to signed badges, for one claim and for ten thousand."""

import uuid
from collections.abc import Sequence
from typing import Final

from sqlalchemy import select

from badges.cycles import no_search_for_cycles
from badges.errors import BadgesError
from badges.issuer.models import IssuerProfile
from badges.issuer.service_profile import create_profile
from badges.issuer.service_reserve import Reservations, reserve_many
from badges.issuer.service_seal import complete_many, seal_many
from badges.issuer.service_signing import Issuing
from badges.recognition.models import Claim
from badges.recognition.rules import ClaimState

CHUNK: Final = 1000
"""Claims of one transaction: more would save little and hold the locks longer."""


def issue_many(issuing: Issuing, claim_ids: Sequence[uuid.UUID]) -> tuple[uuid.UUID, ...]:
    """Turn approved claims into exactly one signed credential each, and return their ids in that order.

    Chunk by chunk: all are reserved in one transaction, signed outside any lock, and sealed in another one.
    Each step can be resumed: called again after any crash, or several times at once, it ends with the same
    credentials and the same bytes. A structure becomes an issuer with its first badge. What cannot be
    issued holds back nothing else; then its error is raised at the end: `NotFound` for a claim that is
    not approved, and see `reserve_many` and `complete_many` for the others.
    """
    found: dict[uuid.UUID, uuid.UUID] = {}
    failures: list[BadgesError] = []
    for first in range(0, len(claim_ids), CHUNK):
        with no_search_for_cycles():
            reserved = _issue_chunk(issuing, list(dict.fromkeys(claim_ids[first : first + CHUNK])))
        found |= reserved.credentials
        failures += reserved.failures
    if failures:
        raise failures[0]
    return tuple(found[claim_id] for claim_id in claim_ids)


def _issue_chunk(issuing: Issuing, claim_ids: Sequence[uuid.UUID]) -> Reservations:
    _ensure_issuers(issuing, claim_ids)
    reserved = reserve_many(issuing, claim_ids)
    seal_many(issuing, reserved.editions, owed=reserved.owed)
    complete_many(issuing, reserved.older)
    return reserved


def issue_approved(issuing: Issuing, claim_ids: Sequence[uuid.UUID]) -> None:
    """Issue what was just approved, as `issue_many` does; where badges are issued in waves, it waits."""
    in_waves = (
        select(Claim.id)
        .join(IssuerProfile, IssuerProfile.structure_id == Claim.structure_id)
        .where(Claim.id.in_(claim_ids), IssuerProfile.issues_in_waves)
    )
    with issuing.sessions() as session:
        waiting = set(session.scalars(in_waves))
    issue_many(issuing, [claim_id for claim_id in claim_ids if claim_id not in waiting])


def _ensure_issuers(issuing: Issuing, claim_ids: Sequence[uuid.UUID]) -> None:
    issuer = select(IssuerProfile.id).where(IssuerProfile.structure_id == Claim.structure_id)
    approved = select(Claim.structure_id).where(Claim.id.in_(claim_ids), Claim.state == ClaimState.APPROVED)
    with issuing.sessions() as session:
        missing = session.scalars(approved.where(~issuer.exists()).distinct()).all()
    for structure_id in missing:
        create_profile(issuing, structure_id)
