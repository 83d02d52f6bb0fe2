"""Editions of a credential: freezing what will be signed, and freezing it anew when it must change."""

import hashlib
import json
import uuid
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from badges import audit, outbox
from badges.audit import Act
from badges.issuer.models import Credential, IssuerKey, IssuingTemplate, SupersededEdition
from badges.issuer.rules import newer_than
from badges.issuer.rules_template import Amendment
from badges.issuer.service_signing import SYSTEM, Issuing
from badges.openbadges.loads import Document, dump_json


class Edition(NamedTuple):
    """An edition that is frozen and not signed yet.

    `frozen` are the values of the holes of its template; without a template it is the whole document.
    """

    id: uuid.UUID
    structure_id: uuid.UUID
    key_id: uuid.UUID
    template_id: uuid.UUID | None
    status_list_id: uuid.UUID
    edition: int
    reserved_at: datetime
    frozen: Document


def freeze(
    session: Session,
    issuing: Issuing,
    credential: Credential,
    frozen: Document,
    template_id: uuid.UUID | None,
    key: IssuerKey,
    *,
    actor: str,
) -> None:
    """Freeze what the current edition of `credential` will be signed as, with `key`; see `Edition`.

    In the caller's transaction. Journals "credential.reserved", that is "about to sign", with the hash of
    what is frozen and that of its template, and owes the signature through the outbox.
    """
    credential.unsigned, credential.template_id = dump_json(frozen).decode(), template_id
    credential.key_id, credential.blocked_reason = key.id, ""
    digest = session.scalar(select(IssuingTemplate.digest).where(IssuingTemplate.id == template_id))
    edition = Edition(
        credential.id, credential.structure_id, key.id, template_id, credential.status_list_id,
        credential.edition, credential.reserved_at, frozen,
    )  # fmt: skip
    act = reserved_act(edition, credential.unsigned, digest or "", actor=actor)
    audit.record_many(session, issuing.clock, [act])
    outbox.publish(
        session,
        issuing.clock,
        topic="credential.reserved",
        key=f"{credential.id}:{credential.edition}",
        credential_ids=str(credential.id),
    )


def reserved_act(edition: Edition, text: str, digest: str, *, actor: str = SYSTEM) -> Act:
    """Return the journal line of a reservation that froze `text`; `digest` is its template's, if any."""
    details = {
        "edition": str(edition.edition),
        "key": str(edition.key_id),
        "sha256": hashlib.sha256(text.encode()).hexdigest(),
    }
    if digest:
        details["template"] = digest
    return Act(actor, "credential.reserved", f"credential:{edition.id}", edition.structure_id, details)


def new_edition(
    session: Session,
    issuing: Issuing,
    credential: Credential,
    amendment: Amendment,
    key: IssuerKey,
    *,
    actor: str,
) -> None:
    """Freeze the same award anew, amended: same credential id, newer validFrom, all else word for word.

    A sealed edition is kept aside as superseded and no longer served. In the caller's transaction, which
    holds the lock of the row. Journals "credential.reserved".
    """
    frozen, moment = json.loads(credential.unsigned), begin_edition(session, issuing, credential)
    amended = amendment.of_values if credential.template_id else amendment.of_document
    template_id = credential.template_id
    freeze(session, issuing, credential, amended(frozen, moment), template_id, key, actor=actor)


def begin_edition(session: Session, issuing: Issuing, credential: Credential) -> datetime:
    """Put a sealed edition aside, open the next one and return the moment it is valid from."""
    moment = issuing.clock.now()
    if credential.signed is not None and credential.sealed_at is not None:
        moment = newer_than(credential.reserved_at, moment)
        session.add(
            SupersededEdition(
                id=issuing.clock.new_id(),
                credential_id=credential.id,
                edition=credential.edition,
                signed=credential.signed,
                sealed_at=credential.sealed_at,
            )
        )
    credential.edition += 1
    credential.reserved_at = moment
    credential.signed = credential.sealed_at = None
    return moment


def was_signed(session: Session, credential_id: uuid.UUID) -> bool:
    """Tell whether some edition of a credential that is not sealed now ever left signed."""
    older = select(SupersededEdition.id).where(SupersededEdition.credential_id == credential_id)
    return session.scalar(older.limit(1)) is not None
