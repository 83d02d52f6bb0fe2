"""Sealing: what was reserved is linted, signed outside any lock, and kept if nothing changed meanwhile."""

import hashlib
import uuid
from dataclasses import dataclass

from sqlalchemy import update
from sqlalchemy.orm import Session

from badges import audit, outbox
from badges.crash import crash_point
from badges.db import transaction
from badges.errors import NotFound, NotIssuable, Unreadable
from badges.issuer.models import Credential, IssuerKey, IssuerProfile
from badges.issuer.rules import unfit
from badges.issuer.service_editions import was_signed
from badges.issuer.service_signing import SYSTEM, Issuing, method_of, sign
from badges.issuer.service_status import ensure_published
from badges.openbadges.lint import lint
from badges.openbadges.loads import load_json


@dataclass(frozen=True)
class _Reserved:
    """An edition that is frozen and not signed yet."""

    credential: Credential
    key: IssuerKey
    did: str


def complete(issuing: Issuing, credential_id: uuid.UUID) -> None:
    """Lint, sign and seal the reserved edition of a credential; nothing to do when that is done.

    A document that fails the lint is not signed: the credential is blocked, with the reason, until an
    administrator mends it. What was withdrawn before it was ever signed stays unsigned.
    Raises `NotFound`, `KeyUnreadable`. Journals "credential.signed" or "credential.blocked".
    """
    reserved = _reserved(issuing, credential_id)
    if reserved is None:
        return
    row = reserved.credential
    ensure_published(issuing, row.status_list_id)
    crash_point("lint:before")
    try:
        _lint(row.unsigned, method_of(reserved.did, reserved.key))
    except NotIssuable as fault:
        _block(issuing, row, str(fault.params["faults"]))
        return
    crash_point("sign:before")
    signed = sign(issuing, reserved.key, reserved.did, row.unsigned, row.reserved_at)
    crash_point("sign:after")
    _seal(issuing, row, signed)
    crash_point("seal:after-commit")


def _reserved(issuing: Issuing, credential_id: uuid.UUID) -> _Reserved | None:
    with issuing.sessions() as session:
        row = session.get(Credential, credential_id)
        if row is None:
            raise NotFound
        if row.signed is not None or row.blocked_reason:
            return None
        if row.revoked_at is not None and not was_signed(session, row):
            return None
        profile = session.get_one(IssuerProfile, row.profile_id)
        return _Reserved(row, session.get_one(IssuerKey, row.key_id), profile.did)


def _lint(frozen: str, verification_method: str) -> None:
    try:
        document = load_json(frozen)
    except Unreadable as fault:
        raise NotIssuable(faults=str(fault)) from fault
    lint(document, verification_method=verification_method)
    if reason := unfit(document):
        raise NotIssuable(faults=reason)


def _seal(issuing: Issuing, row: Credential, signed: str) -> None:
    """Keep the signed bytes, unless the edition is sealed already or was frozen anew meanwhile."""
    with issuing.sessions() as session, transaction(session):
        now = issuing.clock.now()
        sealed = session.scalars(
            update(Credential)
            .where(
                Credential.id == row.id,
                Credential.edition == row.edition,
                Credential.signed.is_(None),
            )
            .values(signed=signed, sealed_at=now)
            .returning(Credential)
        ).one_or_none()
        if sealed is None:
            return
        digest = hashlib.sha256(signed.encode()).hexdigest()
        _journal(session, issuing, "credential.signed", sealed, edition=str(row.edition), sha256=digest)
        outbox.publish(
            session,
            issuing.clock,
            topic="credential.issued",
            key=f"{row.id}:{row.edition}",
            credential_id=str(row.id),
        )
        crash_point("seal:before-commit")


def _block(issuing: Issuing, row: Credential, reason: str) -> None:
    with issuing.sessions() as session, transaction(session):
        credential = session.get_one(Credential, row.id, with_for_update=True)
        if credential.edition == row.edition and credential.signed is None:
            credential.blocked_reason = reason
            _journal(session, issuing, "credential.blocked", credential, reason=NotIssuable.id)


def _journal(session: Session, issuing: Issuing, act: str, credential: Credential, **details: str) -> None:
    audit.record(
        session,
        issuing.clock,
        actor=SYSTEM,
        act=act,
        subject=f"credential:{credential.id}",
        structure_id=credential.structure_id,
        **details,
    )
