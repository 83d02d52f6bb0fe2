"""Reserving a credential: everything about it is decided and stored before anything is signed."""

import json
import uuid
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from badges.crash import crash_point
from badges.db import transaction
from badges.issuer.models import Credential, IssuerProfile
from badges.issuer.queries_public import face_of
from badges.issuer.rules import Award, award_document, issuer_profile
from badges.issuer.rules_wording import wording
from badges.issuer.service_achievements import Aim, ensure, spec_of
from badges.issuer.service_editions import freeze
from badges.issuer.service_signing import SYSTEM, Issuing, active_key, lock_profile
from badges.issuer.service_status import take_index
from badges.openbadges.loads import Document, load_json
from badges.people.models import Person, Structure
from badges.people.queries import public_name
from badges.recognition import queries as recognition
from badges.recognition.queries import ApprovedClaim


def reserve(issuing: Issuing, claim_id: uuid.UUID) -> uuid.UUID:
    """Return the one credential of an approved claim, reserved now if it was not yet.

    Reserving takes its id and a status index for ever, and freezes the unsigned document. Raises
    `NotFound` when the claim is not approved, `LabelTooLong` or `UnknownDesignPart` for a badge that
    cannot be drawn. Journals "credential.reserved" before anything is signed.
    """
    with issuing.sessions() as session, transaction(session):
        claim = recognition.approved(session, claim_id)
        profile = lock_profile(session, claim.structure_id)
        known = session.scalar(select(Credential.id).where(Credential.claim_id == claim_id))
        credential_id = known or _reserve(session, issuing, profile, claim)
        crash_point("reserve:before-commit")
    crash_point("reserve:after-commit")
    return credential_id


def write_again(
    session: Session, issuing: Issuing, credential: Credential, profile: IssuerProfile, moment: datetime
) -> Document:
    """Return the document of a reserved credential written anew from what is true at `moment`."""
    subject = json.loads(credential.unsigned)["credentialSubject"]
    claim = recognition.approved(session, credential.claim_id)
    credential.recipient_name = _name_of(session, claim.worker_id)
    return _write(
        session, issuing, profile, claim, _award(credential, claim, _uuid_of(subject["id"]), moment)
    )


def _reserve(session: Session, issuing: Issuing, profile: IssuerProfile, claim: ApprovedClaim) -> uuid.UUID:
    achievement = ensure(session, issuing, _aim(session, profile, claim))
    place = take_index(session, issuing, profile)
    credential = Credential(
        id=issuing.clock.new_id(),
        claim_id=claim.id,
        structure_id=claim.structure_id,
        profile_id=profile.id,
        worker_id=claim.worker_id,
        achievement_id=achievement.id,
        status_list_id=place.status_list_id,
        status_index=place.index,
        edition=1,
        recipient_name=_name_of(session, claim.worker_id),
        reserved_at=issuing.clock.now(),
    )
    award = _award(credential, claim, issuing.clock.new_id(), credential.reserved_at)
    document = _write(session, issuing, profile, claim, award)
    key = active_key(session, profile.id)
    freeze(session, issuing, credential, document, key, actor=SYSTEM)
    return credential.id


def _write(
    session: Session, issuing: Issuing, profile: IssuerProfile, claim: ApprovedClaim, award: Award
) -> Document:
    aim = _aim(session, profile, claim)
    achievement = ensure(session, issuing, aim)
    structure = session.get_one(Structure, profile.structure_id)
    return award_document(
        issuer_profile(face_of(structure), profile.did, issuing.addresses.issuer(profile.slug)),
        spec_of(session, issuing, aim, achievement.id),
        load_json(achievement.document),
        award,
        wording=aim.wording,
        status_list=issuing.addresses.status_list(award.status_list_id),
    )


def _aim(session: Session, profile: IssuerProfile, claim: ApprovedClaim) -> Aim:
    structure = session.get_one(Structure, claim.structure_id)
    return Aim(
        profile=profile,
        issuer_name=structure.public_name,
        framework_version_id=claim.framework_version_id,
        skill_id=claim.skill_id,
        level=claim.level,
        wording=wording(structure.language),
    )


def _award(credential: Credential, claim: ApprovedClaim, recipient_id: uuid.UUID, moment: datetime) -> Award:
    return Award(
        credential_id=credential.id,
        recipient_id=recipient_id,
        name=credential.recipient_name,
        level=claim.level,
        reserved_at=moment,
        awarded_at=claim.decided_at,
        status_list_id=credential.status_list_id,
        status_index=credential.status_index,
        basis=claim.basis,
    )


def _name_of(session: Session, worker_id: uuid.UUID) -> str:
    person = session.get_one(Person, worker_id)
    return public_name(person, person.name_form)


def _uuid_of(urn: str) -> uuid.UUID:
    return uuid.UUID(urn.removeprefix("urn:uuid:"))
