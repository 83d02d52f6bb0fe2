"""A structure becomes an issuer: its identity, its first key and first status list, and how it issues."""

import uuid

from sqlalchemy import select
from sqlalchemy.orm import Session

from badges import audit
from badges.clock import Clock
from badges.crash import crash_point
from badges.db import transaction
from badges.errors import NotFound
from badges.issuer.models import IssuerProfile, StatusList, StatusPurpose
from badges.issuer.rules import slug_of
from badges.issuer.service_signing import SYSTEM, Issuing, new_key, own_profile
from badges.issuer.service_status import begin_list, ensure_published
from badges.issuer.service_witness import show_keys
from badges.openbadges.did import did_web
from badges.people.models import Structure
from badges.permissions import Action, Actor, Thing, require


def create_profile(issuing: Issuing, structure_id: uuid.UUID) -> uuid.UUID:
    """Make `structure_id` an issuer and return the id of its profile; a second call changes nothing.

    Its did:web is made of our address and its public name, and stays when that name changes. The first
    status list is signed before this returns. Raises `NotFound`. Journals "issuer.created".
    """
    with issuing.sessions() as session:
        with transaction(session):
            structure = session.get(Structure, structure_id, with_for_update={"key_share": True})
            if structure is None:
                raise NotFound
            profile = session.scalars(
                select(IssuerProfile).where(IssuerProfile.structure_id == structure_id)
            ).one_or_none()
            profile = profile or _create(session, issuing, structure)
        crash_point("profile:after-commit")
        lists = session.scalars(select(StatusList.id).where(StatusList.profile_id == profile.id)).all()
    for status_list_id in lists:
        ensure_published(issuing, status_list_id)
    return profile.id


def open_profile(issuing: Issuing, actor: Actor) -> uuid.UUID:
    """Make the actor's structure an issuer at the wish of its administrator; see `create_profile`.

    Raises `Forbidden`, `NotFound` for somebody of no structure.
    """
    require(actor, Action.MANAGE_ISSUER, Thing(structure_id=actor.structure_id))
    if actor.structure_id is None:
        raise NotFound
    return create_profile(issuing, actor.structure_id)


def set_issues_in_waves(session: Session, clock: Clock, actor: Actor, *, in_waves: bool) -> None:
    """Have approved claims wait for an administrator to issue them together, or issue each at once again.

    What waits already goes on waiting for a wave. Raises `NotFound` when the structure is no issuer yet,
    `Forbidden`. Journals "issuer.waves".
    """
    with transaction(session):
        profile = own_profile(session, actor)
        if profile.issues_in_waves == in_waves:
            return
        profile.issues_in_waves = in_waves
        audit.record(
            session,
            clock,
            actor=actor.journal_name,
            act="issuer.waves",
            subject=f"issuer:{profile.id}",
            structure_id=profile.structure_id,
            in_waves=str(in_waves).lower(),
        )


def _create(session: Session, issuing: Issuing, structure: Structure) -> IssuerProfile:
    slug = slug_of(structure.public_name, session.scalars(select(IssuerProfile.slug)).all())
    profile = IssuerProfile(
        id=issuing.clock.new_id(),
        structure_id=structure.id,
        slug=slug,
        did=did_web(issuing.addresses.issuer(slug)),
        created_at=issuing.clock.now(),
    )
    session.add(profile)
    session.flush()
    key = new_key(issuing, profile.id)
    session.add(key)
    begin_list(session, issuing, profile.id, StatusPurpose.REVOCATION)
    audit.record(
        session,
        issuing.clock,
        actor=SYSTEM,
        act="issuer.created",
        subject=f"issuer:{profile.id}",
        structure_id=structure.id,
        did=profile.did,
        key=str(key.id),
        public_key=key.public_multibase,
    )
    show_keys(session, issuing, profile.id)
    return profile
