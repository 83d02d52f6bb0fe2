"""Reserving credentials: everything about them is decided and stored before anything is signed."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from badges import audit, outbox
from badges.audit import Act
from badges.crash import crash_point
from badges.db import transaction
from badges.errors import BadgesError, NotFound
from badges.issuer.models import Credential, IssuerProfile, IssuingTemplate
from badges.issuer.queries_validity import Predecessor, predecessors
from badges.issuer.rules import Award
from badges.issuer.rules_status import Place
from badges.issuer.rules_template import Shape, award_values
from badges.issuer.rules_validity import end_of_validity
from badges.issuer.rules_wording import Wording, wording
from badges.issuer.service_achievements import Aim
from badges.issuer.service_editions import Frozen, reserved_act
from badges.issuer.service_signing import Issuing, active_key, lock_profile
from badges.issuer.service_status import take_indexes
from badges.issuer.service_templates import frozen_document, template_of
from badges.openbadges.loads import dump_json
from badges.outbox import LEASE, Owed
from badges.people.models import Structure
from badges.people.queries import public_names
from badges.recognition import queries as recognition
from badges.recognition.queries import ApprovedClaim

Row = Mapping[str, Any]


@dataclass
class Reservations:
    """What came of some claims: the credential of each, or why it has none.

    `owed` names the message that has their signatures made, should this process not come to it.
    """

    credentials: dict[uuid.UUID, uuid.UUID] = field(default_factory=dict)
    failures: dict[uuid.UUID, BadgesError] = field(default_factory=dict)
    owed: str = ""


class _Kind(NamedTuple):
    """What claims have in common that can share a template."""

    framework_version_id: uuid.UUID
    skill_id: str
    level: str
    renews: bool


def reserve_many(issuing: Issuing, claim_ids: Sequence[uuid.UUID]) -> Reservations:
    """Give each approved claim its one credential, all in one transaction; those that have one keep it.

    Reserving takes an id and a status index for ever, and freezes what will be signed. A claim that is not
    approved (`NotFound`) or a badge that cannot be drawn (`LabelTooLong`, `UnknownDesignPart`) holds back
    no other. Journals "credential.reserved" for each, before anything is signed.
    """
    with issuing.sessions() as session, transaction(session):
        claims = recognition.approved_many(session, claim_ids)
        known = select(Credential.claim_id, Credential.id).where(Credential.claim_id.in_(claim_ids))
        houses = sorted({claim.structure_id for claim in claims.values()})
        profiles = {house: lock_profile(session, house) for house in houses}
        found = Reservations({row.claim_id: row.id for row in session.execute(known)})
        found.failures = {one: NotFound() for one in claim_ids if one not in claims}
        fresh = [claim for claim in claims.values() if claim.id not in found.credentials]
        reserved = [
            one
            for house, profile in profiles.items()
            for one in _reserve(
                session, issuing, profile, [c for c in fresh if c.structure_id == house], found
            )
        ]
        _store(session, issuing, reserved, found)
        crash_point("reserve:before-commit")
    crash_point("reserve:after-commit")
    return found


def write_again(
    session: Session, issuing: Issuing, profile: IssuerProfile, credential: Credential, moment: datetime
) -> Frozen:
    """Return what a reserved credential says when it is written anew from what is true at `moment`."""
    claim = recognition.approved(session, credential.claim_id)
    subject = frozen_document(session, credential)["credentialSubject"]
    desk = _Desk.of(session, issuing, profile, [claim], moment)
    template = desk.template(claim)
    credential.recipient_name = desk.names[claim.worker_id]
    credential.valid_until, credential.achievement_id = desk.valid_until, template.achievement_id
    place = Place(credential.status_list_id, credential.status_index)
    recipient_id = uuid.UUID(subject["id"].removeprefix("urn:uuid:"))
    return Frozen(template.id, desk.written(claim, credential.id, recipient_id, place))


@dataclass(frozen=True)
class _Desk:
    """What writing the credentials of one issuer at one moment needs, read once for all of them."""

    session: Session
    issuing: Issuing
    profile: IssuerProfile
    issuer_name: str
    wording: Wording
    moment: datetime
    valid_until: datetime | None
    names: Mapping[uuid.UUID, str]
    before: Mapping[uuid.UUID, Predecessor]
    templates: dict[_Kind, IssuingTemplate | BadgesError]

    @classmethod
    def of(
        cls,
        session: Session,
        issuing: Issuing,
        profile: IssuerProfile,
        claims: Sequence[ApprovedClaim],
        moment: datetime,
    ) -> "_Desk":
        structure, months = session.get_one(Structure, profile.structure_id), profile.validity_months
        return cls(
            session,
            issuing,
            profile,
            issuer_name=structure.public_name,
            wording=wording(structure.language),
            moment=moment,
            valid_until=end_of_validity(moment, months) if months else None,
            names=public_names(session, {claim.worker_id for claim in claims}),
            before=predecessors(session, claims),
            templates={},
        )

    def template(self, claim: ApprovedClaim) -> IssuingTemplate:
        """Return the template for `claim`; what cannot be drawn once cannot be drawn again."""
        renews = claim.id in self.before
        kind = _Kind(claim.framework_version_id, claim.skill_id, claim.level, renews)
        if kind not in self.templates:
            self.templates[kind] = self._template(kind)
        found = self.templates[kind]
        if isinstance(found, BadgesError):
            raise found
        return found

    def written(
        self, claim: ApprovedClaim, credential_id: uuid.UUID, recipient_id: uuid.UUID, place: Place
    ) -> str:
        """Return the values of the template for one award, as JSON."""
        older = self.before.get(claim.id)
        award = Award(
            credential_id=credential_id,
            recipient_id=recipient_id,
            name=self.names[claim.worker_id],
            reserved_at=self.moment,
            awarded_at=claim.decided_at,
            valid_until=self.valid_until,
            place=place,
            basis=claim.basis,
            renews_id=older.id if older else None,
            previous_at=older.awarded_at if older else None,
        )
        return dump_json(award_values(award, self.wording)).decode()

    def _template(self, kind: _Kind) -> IssuingTemplate | BadgesError:
        aim = Aim(
            profile=self.profile,
            issuer_name=self.issuer_name,
            framework_version_id=kind.framework_version_id,
            skill_id=kind.skill_id,
            level=kind.level,
            wording=self.wording,
        )
        shape = Shape(ends=self.valid_until is not None, renews=kind.renews)
        try:
            return template_of(self.session, self.issuing, aim, shape)
        except BadgesError as fault:
            return fault


def _reserve(
    session: Session,
    issuing: Issuing,
    profile: IssuerProfile,
    claims: Sequence[ApprovedClaim],
    found: Reservations,
) -> Iterator[tuple[Row, Act]]:
    """Decide all about the credentials of one issuer; note in `found` what each claim gets, or why not."""
    desk = _Desk.of(session, issuing, profile, claims, issuing.clock.now())
    drawn = []
    for claim in claims:
        try:
            drawn.append((claim, desk.template(claim)))
        except BadgesError as fault:
            found.failures[claim.id] = fault
    key = active_key(session, profile.id)
    for (claim, template), place in zip(
        drawn, take_indexes(session, issuing, profile, len(drawn)), strict=True
    ):
        credential_id = found.credentials[claim.id] = issuing.clock.new_id()
        text = desk.written(claim, credential_id, issuing.clock.new_id(), place)
        older = desk.before.get(claim.id)
        yield (
            {
                "id": credential_id,
                "claim_id": claim.id,
                "structure_id": claim.structure_id,
                "profile_id": profile.id,
                "worker_id": claim.worker_id,
                "achievement_id": template.achievement_id,
                "key_id": key.id,
                "status_list_id": place.status_list_id,
                "status_index": place.index,
                "template_id": template.id,
                "renews_id": older.id if older else None,
                "edition": 1,
                "recipient_name": desk.names[claim.worker_id],
                "unsigned": text,
                "reserved_at": desk.moment,
                "valid_until": desk.valid_until,
                "blocked_reason": "",
                "suspension_reason": "",
                "revocation_reason": "",
            },
            reserved_act(
                claim.structure_id, credential_id, 1, key.id, Frozen(template.id, text), template.digest
            ),
        )


def _store(
    session: Session, issuing: Issuing, reserved: Sequence[tuple[Row, Act]], found: Reservations
) -> None:
    """Write the rows and their journal lines; owe the signatures, should this process not come to them."""
    if not reserved:
        return
    rows, acts = zip(*reserved, strict=True)
    session.flush()
    session.connection().execute(insert(Credential), rows)
    audit.record_many(session, issuing.clock, acts)
    ids = [str(row["id"]) for row in rows]
    found.owed = f"{ids[0]}:1"
    owed = Owed(found.owed, {"credential_ids": ",".join(ids)})
    outbox.publish_many(session, issuing.clock, topic="credential.reserved", owed=[owed], after=LEASE)
