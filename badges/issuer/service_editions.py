"""Editions of a credential: freezing what will be signed, and freezing it anew when it must change."""

import hashlib
import json
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from badges import audit, outbox
from badges.issuer.models import Credential, IssuerKey, SupersededEdition
from badges.issuer.rules import newer_than
from badges.issuer.service_signing import Issuing
from badges.openbadges.loads import Document, dump_json

Change = Callable[[Document, datetime], Document]


def freeze(
    session: Session,
    issuing: Issuing,
    credential: Credential,
    document: Document,
    key: IssuerKey,
    *,
    actor: str,
) -> None:
    """Freeze `document` as what the current edition of `credential` will be signed as, with `key`.

    In the caller's transaction. Journals "credential.reserved", that is "about to sign", with the hash of
    the exact bytes, and owes the signature through the outbox.
    """
    credential.unsigned = dump_json(document).decode()
    credential.key_id, credential.blocked_reason = key.id, ""
    session.add(credential)
    session.flush()
    audit.record(
        session,
        issuing.clock,
        actor=actor,
        act="credential.reserved",
        subject=f"credential:{credential.id}",
        structure_id=credential.structure_id,
        edition=str(credential.edition),
        key=str(key.id),
        sha256=hashlib.sha256(credential.unsigned.encode()).hexdigest(),
    )
    outbox.publish(
        session,
        issuing.clock,
        topic="credential.reserved",
        key=f"{credential.id}:{credential.edition}",
        credential_id=str(credential.id),
    )


def new_edition(
    session: Session, issuing: Issuing, credential: Credential, change: Change, key: IssuerKey, *, actor: str
) -> None:
    """Freeze a changed document of the same credential: same id, same index, newer validFrom.

    A sealed edition is kept aside as superseded and no longer served. In the caller's transaction, which
    holds the lock of the row. Journals "credential.reserved".
    """
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
    document = change(json.loads(credential.unsigned), moment)
    freeze(session, issuing, credential, document, key, actor=actor)


def was_signed(session: Session, credential: Credential) -> bool:
    """Tell whether some edition of `credential` ever left signed."""
    if credential.signed is not None:
        return True
    older = select(SupersededEdition.id).where(SupersededEdition.credential_id == credential.id)
    return session.scalar(older.limit(1)) is not None
