"""What the badges of one issuer say at one moment: read once, then written out for each claim."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.orm import Session

from badges.errors import BadgesError
from badges.issuer.models import Credential, IssuerProfile
from badges.issuer.queries_validity import Predecessor, predecessors
from badges.issuer.rules import Award
from badges.issuer.rules_status import Place
from badges.issuer.rules_template import Shape, award_values
from badges.issuer.rules_validity import end_of_validity
from badges.issuer.rules_wording import Wording, wording
from badges.issuer.service_achievements import Aim
from badges.issuer.service_signing import Issuing
from badges.issuer.service_templates import StoredTemplate, frozen_document, template_of
from badges.people.models import Structure
from badges.people.queries import public_names
from badges.recognition import queries as recognition
from badges.recognition.queries import ApprovedClaim


class _Kind(NamedTuple):
    """What claims have in common that share a template."""

    framework_version_id: uuid.UUID
    skill_id: str
    level: str
    renews: bool


@dataclass(frozen=True)
class Writing:
    """All that the credentials of one issuer are written from, in the transaction that locks its profile."""

    session: Session
    issuing: Issuing
    profile: IssuerProfile
    issuer_name: str
    wording: Wording
    moment: datetime
    valid_until: datetime | None
    names: Mapping[uuid.UUID, str]
    before: Mapping[uuid.UUID, Predecessor]
    _templates: dict[_Kind, StoredTemplate | BadgesError]

    @classmethod
    def of(
        cls, session: Session, issuing: Issuing, profile: IssuerProfile, claims: Sequence[ApprovedClaim]
    ) -> "Writing":
        """Read what `claims` (of one structure) need, in a few queries whatever their number."""
        structure, months = session.get_one(Structure, profile.structure_id), profile.validity_months
        now = issuing.clock.now()
        return cls(
            session,
            issuing,
            profile,
            issuer_name=structure.public_name,
            wording=wording(structure.language),
            moment=now,
            valid_until=end_of_validity(now, months) if months else None,
            names=public_names(session, {claim.worker_id for claim in claims}),
            before=predecessors(session, claims),
            _templates={},
        )

    def template(self, claim: ApprovedClaim) -> StoredTemplate:
        """Return the template for `claim`. Raises what `template_of` raises, each time it is asked."""
        renews = bool(self.before) and claim.id in self.before
        kind = _Kind(claim.framework_version_id, claim.skill_id, claim.level, renews)
        if kind not in self._templates:
            self._templates[kind] = self._template(kind)
        found = self._templates[kind]
        if isinstance(found, BadgesError):
            raise found
        return found

    def values(
        self, claim: ApprovedClaim, credential_id: uuid.UUID, recipient_id: uuid.UUID, place: Place
    ) -> dict[str, str]:
        """Return what fills the template for one award."""
        older = self.before.get(claim.id) if self.before else None
        award = Award(
            credential_id,
            recipient_id,
            self.names[claim.worker_id],
            self.moment,
            claim.decided_at,
            self.valid_until,
            place,
            claim.basis,
            older.id if older else None,
            older.awarded_at if older else None,
        )
        return award_values(award, self.wording)

    def _template(self, kind: _Kind) -> StoredTemplate | BadgesError:
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


def write_again(
    session: Session, issuing: Issuing, profile: IssuerProfile, credential: Credential
) -> tuple[uuid.UUID, dict[str, str]]:
    """Return what an unsigned credential says when it is written anew today: its template and the values.

    Its id, its place and the id of its holder stay.
    """
    claim = recognition.approved(session, credential.claim_id)
    subject = frozen_document(session, credential)["credentialSubject"]
    writing = Writing.of(session, issuing, profile, [claim])
    template = writing.template(claim)
    credential.recipient_name = writing.names[claim.worker_id]
    credential.valid_until, credential.achievement_id = writing.valid_until, template.achievement_id
    place = Place(credential.status_list_id, credential.status_index)
    recipient_id = uuid.UUID(subject["id"].removeprefix("urn:uuid:"))
    return template.id, writing.values(claim, credential.id, recipient_id, place)
