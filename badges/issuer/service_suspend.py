"""Pausing a badge while a doubt is cleared up, and giving it back; see docs/adr/0014-one-status-entry.md."""

import uuid

from sqlalchemy.orm import Session

from badges import audit
from badges.crash import crash_point
from badges.db import transaction
from badges.errors import BadgeNotInForce, BadgeWithdrawn, StillPreparing, SuspensionReasonNeeded
from badges.issuer.models import (
    Credential,
    IssuerKey,
    IssuerProfile,
    KeyState,
    SpentStatusEntry,
    StatusList,
    StatusPurpose,
)
from badges.issuer.rules_template import Amendment
from badges.issuer.service_editions import new_edition
from badges.issuer.service_renew import locked
from badges.issuer.service_seal import complete
from badges.issuer.service_signing import SYSTEM, Issuing, active_key
from badges.issuer.service_status import REASON_LENGTH, owe_publication, take_index
from badges.openbadges.specs import StatusEntry
from badges.permissions import Action, Actor, Thing, require


def suspend(issuing: Issuing, actor: Actor, credential_id: uuid.UUID, reason: str) -> None:
    """Pause a badge: every verifier refuses it until it is given back; `reason` stays inside.

    A credential holds one status entry. The first time, the badge leaves its place in the list of
    withdrawals, which stays on for ever, so that the files handed out so far stop verifying; a new edition
    with a place in the list of suspensions is signed at once. Later pauses only turn that bit on. Link, QR
    code and LinkedIn entry never change. Twice is once.

    Raises `SuspensionReasonNeeded`, `BadgeWithdrawn`, `BadgeNotInForce`, `StillPreparing`, `NotFound`,
    `Forbidden`. Journals "credential.suspended", without the reason, then what `complete` journals.
    """
    if not reason.strip():
        raise SuspensionReasonNeeded
    with issuing.sessions() as session, transaction(session):
        profile, credential = _own(session, actor, credential_id)
        if credential.suspended_at is not None:
            return
        _check_in_force(session, credential)
        credential.suspended_at, credential.suspended_by = issuing.clock.now(), actor.person_id
        credential.suspension_reason = reason.strip()[:REASON_LENGTH]
        _journal(session, issuing, actor, "credential.suspended", credential)
        if _is_among_pauses(session, credential):
            _owe(session, issuing, credential.status_list_id)
        else:
            _move(session, issuing, profile, credential, StatusPurpose.SUSPENSION, actor=actor.journal_name)
        crash_point("suspend:before-commit")
    crash_point("suspend:after-commit")
    complete(issuing, credential_id)


def reinstate(issuing: Issuing, actor: Actor, credential_id: uuid.UUID) -> None:
    """Give a paused badge back: its bit goes off, and files downloaded since the pause verify again.

    Nothing happens when it is not paused. Raises `BadgeWithdrawn`, `NotFound`, `Forbidden`.
    Journals "credential.reinstated".
    """
    with issuing.sessions() as session, transaction(session):
        _, credential = _own(session, actor, credential_id)
        if credential.suspended_at is None:
            return
        credential.suspended_at, credential.suspended_by, credential.suspension_reason = None, None, ""
        _journal(session, issuing, actor, "credential.reinstated", credential)
        _owe(session, issuing, credential.status_list_id)
        crash_point("reinstate:before-commit")
    crash_point("reinstate:after-commit")


def list_as_withdrawn(issuing: Issuing, credential_id: uuid.UUID) -> None:
    """Move a withdrawn badge that was once paused back among the withdrawals, in a new edition.

    So whoever asks for it from now on reads “withdrawn” and not “paused”, also with a verifier that knows
    withdrawals only. Its place among the suspensions stays on for ever. What must not be signed again
    (blocked, or signed by a compromised key) stays where it is, on. Twice is once. Raises `NotFound`.
    Journals what `new_edition` and `complete` journal.
    """
    with issuing.sessions() as session, transaction(session):
        profile, credential = locked(session, credential_id)
        if credential.revoked_at is None or not _is_among_pauses(session, credential):
            return
        if _waits_for_eyes(session, credential):
            return
        _move(session, issuing, profile, credential, StatusPurpose.REVOCATION, actor=SYSTEM)
    complete(issuing, credential_id)


def _own(session: Session, actor: Actor, credential_id: uuid.UUID) -> tuple[IssuerProfile, Credential]:
    profile, credential = locked(session, credential_id)
    require(actor, Action.REVOKE_CREDENTIAL, Thing(structure_id=credential.structure_id))
    if credential.revoked_at is not None:
        raise BadgeWithdrawn
    return profile, credential


def _check_in_force(session: Session, credential: Credential) -> None:
    if _waits_for_eyes(session, credential):
        raise BadgeNotInForce
    if credential.signed is None:
        raise StillPreparing


def _waits_for_eyes(session: Session, credential: Credential) -> bool:
    """Tell whether an administrator must look at it before it is signed again, which any move does."""
    key = session.get_one(IssuerKey, credential.key_id)
    return bool(credential.blocked_reason or (credential.signed and key.state is KeyState.COMPROMISED))


def _is_among_pauses(session: Session, credential: Credential) -> bool:
    return session.get_one(StatusList, credential.status_list_id).purpose is StatusPurpose.SUSPENSION


def _move(
    session: Session,
    issuing: Issuing,
    profile: IssuerProfile,
    credential: Credential,
    purpose: StatusPurpose,
    *,
    actor: str,
) -> None:
    """Leave the place in one list, on for ever, and take one in a list of `purpose`, in a new edition."""
    session.merge(  # a restore may have spent it already
        SpentStatusEntry(
            status_list_id=credential.status_list_id,
            status_index=credential.status_index,
            cause=purpose.value,
            spent_at=issuing.clock.now(),
        )
    )
    _owe(session, issuing, credential.status_list_id)
    place = take_index(session, issuing, profile, purpose)
    credential.status_list_id, credential.status_index = place.status_list_id, place.index
    _owe(session, issuing, credential.status_list_id)
    address = issuing.addresses.status_list(place.status_list_id)
    amendment = Amendment(entry=StatusEntry(address, place.index, purpose.value))
    new_edition(session, issuing, credential, amendment, active_key(session, profile.id), actor=actor)


def _owe(session: Session, issuing: Issuing, status_list_id: uuid.UUID) -> None:
    """Have the list signed again; a bit that goes on and off is owed each time."""
    owe_publication(session, issuing.clock, status_list_id, cause=str(issuing.clock.new_id()))


def _journal(session: Session, issuing: Issuing, actor: Actor, act: str, credential: Credential) -> None:
    audit.record(
        session,
        issuing.clock,
        actor=actor.journal_name,
        act=act,
        subject=f"credential:{credential.id}",
        structure_id=credential.structure_id,
    )
