"""The same badge signed again: under another form of the worker's name, or after something went wrong."""

import uuid

from sqlalchemy import select
from sqlalchemy.orm import Session

from badges.crash import crash_point
from badges.db import transaction
from badges.errors import BadgeWithdrawn, NotFound, NothingToMend
from badges.issuer.models import Credential, IssuerKey, IssuerProfile, KeyState
from badges.issuer.rules_template import Amendment
from badges.issuer.service_editions import begin_edition, freeze, new_edition, was_signed
from badges.issuer.service_seal import complete
from badges.issuer.service_signing import Issuing, active_key, lock_profile
from badges.issuer.service_writing import write_again
from badges.people.models import NameForm, Person
from badges.people.queries import public_name
from badges.permissions import Action, Actor, Thing, require


def rename_recipient(issuing: Issuing, actor: Actor, credential_id: uuid.UUID, form: NameForm) -> None:
    """Sign the same badge again with the worker's name written in `form`; only the name and validFrom change.

    Same credential id and status index; the edition before is kept aside and no longer served. Nothing
    happens when the name is already written so. Raises `BadgeWithdrawn`, `NotFound`, `Forbidden`.
    Journals "credential.reserved", then what `complete` journals.
    """
    with issuing.sessions() as session, transaction(session):
        profile, credential = locked(session, credential_id)
        thing = Thing(structure_id=credential.structure_id, worker_id=credential.worker_id)
        require(actor, Action.PUBLISH_BADGE, thing)
        if credential.revoked_at is not None:
            raise BadgeWithdrawn
        name = public_name(session.get_one(Person, credential.worker_id), form)
        if name != credential.recipient_name:
            credential.recipient_name = name
            _renew(session, issuing, profile, credential, Amendment(name=name), actor)
        crash_point("rename:before-commit")
    crash_point("rename:after-commit")
    complete(issuing, credential_id)


def mend(issuing: Issuing, actor: Actor, credential_id: uuid.UUID) -> None:
    """Try a blocked badge again, or sign a doubtful one (compromised key) with the key of today.

    What was never signed is written anew from today's texts; what was signed before stays word for word,
    but for the name form. Raises `NothingToMend`, `BadgeWithdrawn`, `NotFound`, `Forbidden`.
    Journals "credential.reserved", then what `complete` journals.
    """
    with issuing.sessions() as session, transaction(session):
        profile, credential = locked(session, credential_id)
        require(actor, Action.MANAGE_ISSUER, Thing(structure_id=credential.structure_id))
        if credential.revoked_at is not None:
            raise BadgeWithdrawn
        key = session.get_one(IssuerKey, credential.key_id)
        if not credential.blocked_reason and key.state is not KeyState.COMPROMISED:
            raise NothingToMend
        if credential.signed is None and not was_signed(session, credential.id):
            _begin_again(session, issuing, profile, credential, actor)
        else:
            _renew(session, issuing, profile, credential, _mended(session, credential), actor)
        crash_point("mend:before-commit")
    complete(issuing, credential_id)


def locked(session: Session, credential_id: uuid.UUID) -> tuple[IssuerProfile, Credential]:
    """Return a credential and its issuer, both locked until the end of the transaction. Raises `NotFound`.

    The profile first, then the row: the same order everywhere, so nobody waits in a circle.
    """
    structure_id = session.scalar(select(Credential.structure_id).where(Credential.id == credential_id))
    if structure_id is None:
        raise NotFound
    profile = lock_profile(session, structure_id)
    return profile, session.get_one(Credential, credential_id, with_for_update=True)


def _renew(
    session: Session,
    issuing: Issuing,
    profile: IssuerProfile,
    credential: Credential,
    amendment: Amendment,
    actor: Actor,
) -> None:
    key = active_key(session, profile.id)
    new_edition(session, issuing, credential, amendment, key, actor=actor.journal_name)


def _begin_again(
    session: Session, issuing: Issuing, profile: IssuerProfile, credential: Credential, actor: Actor
) -> None:
    begin_edition(session, issuing, credential)
    template_id, values = write_again(session, issuing, profile, credential)
    key = active_key(session, profile.id)
    freeze(session, issuing, credential, values, template_id, key, actor=actor.journal_name)


def _mended(session: Session, credential: Credential) -> Amendment:
    """Return what changes: what is held back gets its name anew, in the form chosen today."""
    if not credential.blocked_reason:
        return Amendment()
    person = session.get_one(Person, credential.worker_id)
    credential.recipient_name = public_name(person, person.name_form)
    return Amendment(name=credential.recipient_name)
