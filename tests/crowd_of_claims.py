"""Approved claims by the hundred, each of another worker: rows made directly, which takes no time."""

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from badges import outbox
from badges.clock import Clock
from badges.outbox import Owed
from badges.people.models import NameForm, Person, Structure
from badges.recognition.models import Claim
from badges.recognition.rules import ClaimState
from badges.recognition.rules_basis import to_json
from tests import factories

NAMES = (
    "Amina",
    "Bakary",
    "Zoé",
    "Léa “Lou”",
    'Mar"ia',
    "Łukasz",
    "Ngọc",
    "👩🏽‍🌾 Fleur",
    "O'Neill",
    "Nadia\\",
)


def approved_claims(
    session: Session,
    clock: Clock,
    structure: Structure,
    version_id: uuid.UUID,
    count: int,
    *,
    skills: Sequence[str] = ("S01", "S02", "S03"),
    names: Sequence[str] = NAMES,
) -> list[uuid.UUID]:
    """Add `count` workers with one approved claim each, the skills in turn, and return the claims."""
    if not count:
        return []
    persons: list[dict[str, Any]] = [
        {
            "id": uuid.uuid4(), "given_name": names[number % len(names)], "family_name": "Diallo",
            "pseudonym": "", "name_form": NameForm.INITIAL, "language": "fr", "is_operator": False,
            "created_at": clock.now(),
        }
        for number in range(count)
    ]  # fmt: skip
    claims = [
        {
            "id": uuid.uuid4(), "structure_id": structure.id, "worker_id": person["id"],
            "framework_version_id": version_id, "skill_id": skills[number % len(skills)], "level": "N2",
            "state": ClaimState.APPROVED, "version": 3, "opened_at": clock.now(), "submitted_at": clock.now(),
            "decided_at": clock.now(), "basis": to_json(factories.basis(observations=5 + number % 3)),
        }
        for number, person in enumerate(persons)
    ]  # fmt: skip
    session.connection().execute(insert(Person), persons)
    session.connection().execute(insert(Claim), claims)
    return [claim["id"] for claim in claims]


def owe_badges(session: Session, clock: Clock, claims: Sequence[uuid.UUID]) -> None:
    """Owe the badge of each claim, as an approval does."""
    owed = [Owed(str(one), {"claim_id": str(one)}) for one in claims]
    outbox.publish_many(session, clock, topic="claim.approved", owed=owed)
