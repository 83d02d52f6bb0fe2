"""Reserving credentials: everything about them is decided and stored before anything is signed."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from badges import audit, outbox
from badges.crash import crash_point
from badges.db import insert_many, transaction
from badges.errors import BadgesError, NotFound
from badges.issuer.models import Credential, IssuerProfile
from badges.issuer.rules_status import Place
from badges.issuer.service_editions import Edition, reserved_act
from badges.issuer.service_signing import Issuing, active_key, lock_profile
from badges.issuer.service_status import take_indexes
from badges.issuer.service_templates import StoredTemplate
from badges.issuer.service_writing import Writing
from badges.openbadges.loads import dump_json
from badges.outbox import LEASE, Owed
from badges.recognition import queries as recognition
from badges.recognition.queries import ApprovedClaim


@dataclass
class Reservations:
    """What came of some claims: the credential of each, or why some have none.

    `older` are the credentials that existed before; `editions` are those reserved just now, to be signed.
    `owed` names the message that has them signed, should this process not come to it.
    """

    credentials: dict[uuid.UUID, uuid.UUID]
    older: list[uuid.UUID]
    failures: list[BadgesError] = field(default_factory=list)
    editions: list[Edition] = field(default_factory=list)
    owed: str = ""


def reserve_many(issuing: Issuing, claim_ids: Sequence[uuid.UUID]) -> Reservations:
    """Give each approved claim its one credential, all in one transaction; those that have one keep it.

    Reserving takes an id and a status index for ever, and freezes what will be signed. A claim that is not
    approved (`NotFound`) or a badge that cannot be drawn (`LabelTooLong`, `UnknownDesignPart`) holds back
    no other. Journals "credential.reserved" for each, before anything is signed.
    """
    with issuing.sessions() as session, transaction(session):
        claims = recognition.approved_many(session, claim_ids)
        houses = sorted({claim.structure_id for claim in claims})
        profiles = [lock_profile(session, house) for house in houses]
        known = _known(session, claim_ids)
        found = Reservations(known, list(known.values()))
        found.failures += [NotFound() for _ in range(len(claim_ids) - len(claims))]
        for profile in profiles:
            theirs = [claim for claim in claims if claim.structure_id == profile.structure_id]
            fresh = [claim for claim in theirs if claim.id not in found.credentials]
            _reserve(session, issuing, profile, fresh, found)
        _owe_signatures(session, issuing, found)
        crash_point("reserve:before-commit")
    crash_point("reserve:after-commit")
    return found


def _known(session: Session, claim_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, uuid.UUID]:
    """Return the credentials that some of the claims have, by claim. The locks are held before this reads."""
    rows = session.execute(
        select(Credential.claim_id, Credential.id).where(Credential.claim_id.in_(claim_ids))
    )
    return {row.claim_id: row.id for row in rows}


def _reserve(
    session: Session,
    issuing: Issuing,
    profile: IssuerProfile,
    claims: Sequence[ApprovedClaim],
    found: Reservations,
) -> None:
    """Reserve the credentials of one issuer; note in `found` what each claim gets, or why it gets none."""
    if not claims:
        return
    writing, drawn = Writing.of(session, issuing, profile, claims), []
    for claim in claims:
        try:
            drawn.append((claim, writing.template(claim)))
        except BadgesError as fault:
            found.failures.append(fault)
    key, places = active_key(session, profile.id), take_indexes(session, issuing, profile, len(drawn))
    rows, acts = [], []
    for (claim, template), place in zip(drawn, places, strict=True):
        credential_id = issuing.clock.new_id()
        values = writing.values(claim, credential_id, issuing.clock.new_id(), place)
        edition = Edition(
            credential_id, profile.structure_id, key.id, template.id, place.status_list_id, 1,
            writing.moment, values,
        )  # fmt: skip
        text = dump_json(values).decode()
        rows.append(_row(writing, claim, template, place, edition, text))
        acts.append(reserved_act(edition, text, template.digest))
        found.credentials[claim.id] = credential_id
        found.editions.append(edition)
    insert_many(session, Credential.__table__, rows)
    audit.record_many(session, issuing.clock, acts)


def _row(
    writing: Writing,
    claim: ApprovedClaim,
    template: StoredTemplate,
    place: Place,
    edition: Edition,
    text: str,
) -> dict[str, Any]:
    older = writing.before.get(claim.id) if writing.before else None
    return {
        "id": edition.id,
        "claim_id": claim.id,
        "structure_id": edition.structure_id,
        "profile_id": writing.profile.id,
        "worker_id": claim.worker_id,
        "achievement_id": template.achievement_id,
        "key_id": edition.key_id,
        "status_list_id": place.status_list_id,
        "status_index": place.index,
        "template_id": template.id,
        "renews_id": older.id if older else None,
        "edition": edition.edition,
        "recipient_name": edition.frozen["name"],
        "unsigned": text,
        "reserved_at": edition.reserved_at,
        "valid_until": writing.valid_until,
        "blocked_reason": "",
        "suspension_reason": "",
        "revocation_reason": "",
    }


def _owe_signatures(session: Session, issuing: Issuing, found: Reservations) -> None:
    """Have the badges signed by somebody else, a minute from now, should this process not come to it."""
    if not found.editions:
        return
    first = found.editions[0]
    found.owed = f"{first.id}:{first.edition}"
    ids = ",".join([str(edition.id) for edition in found.editions])
    owed = Owed(found.owed, {"credential_ids": ids})
    outbox.publish_many(session, issuing.clock, topic="credential.reserved", owed=[owed], after=LEASE)
