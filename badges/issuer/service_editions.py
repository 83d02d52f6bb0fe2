"""Editions of a credential: freezing what will be signed, and freezing it anew when it must change."""

import hashlib
import json
import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from badges import audit, outbox
from badges.audit import Act
from badges.issuer.models import Credential, IssuerKey, IssuingTemplate, SupersededEdition
from badges.issuer.rules import newer_than
from badges.issuer.rules_template import Amendment
from badges.issuer.service_signing import SYSTEM, Issuing
from badges.openbadges.loads import dump_json


@dataclass(frozen=True)
class Frozen:
    """What an edition will be signed as, in JSON: the values of a template, or, without one, all of it."""

    template_id: uuid.UUID | None
    text: str

    @property
    def sha256(self) -> str:
        """The hash by which the journal names it."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def freeze(
    session: Session,
    issuing: Issuing,
    credential: Credential,
    frozen: Frozen,
    key: IssuerKey,
    *,
    actor: str,
) -> None:
    """Freeze `frozen` as what the current edition of `credential` will be signed as, with `key`.

    In the caller's transaction. Journals "credential.reserved", that is "about to sign", with the hash of
    what is frozen and that of its template, and owes the signature through the outbox.
    """
    credential.unsigned, credential.template_id = frozen.text, frozen.template_id
    credential.key_id, credential.blocked_reason = key.id, ""
    digest = session.scalar(select(IssuingTemplate.digest).where(IssuingTemplate.id == frozen.template_id))
    act = reserved_act(
        credential.structure_id, credential.id, credential.edition, key.id, frozen, digest or "", actor=actor
    )
    audit.record_many(session, issuing.clock, [act])
    outbox.publish(
        session,
        issuing.clock,
        topic="credential.reserved",
        key=f"{credential.id}:{credential.edition}",
        credential_ids=str(credential.id),
    )


def reserved_act(
    structure_id: uuid.UUID,
    credential_id: uuid.UUID,
    edition: int,
    key_id: uuid.UUID,
    frozen: Frozen,
    digest: str,
    *,
    actor: str = SYSTEM,
) -> Act:
    """Return the journal line of a reservation; `digest` is that of the template, if there is one."""
    details = {"edition": str(edition), "key": str(key_id), "sha256": frozen.sha256}
    return Act(
        actor=actor,
        act="credential.reserved",
        subject=f"credential:{credential_id}",
        structure_id=structure_id,
        details=details | {"template": digest} if digest else details,
    )


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
    frozen = json.loads(credential.unsigned)
    moment = begin_edition(session, issuing, credential)
    amended = amendment.of_values if credential.template_id else amendment.of_document
    text = dump_json(amended(frozen, moment)).decode()
    freeze(session, issuing, credential, Frozen(credential.template_id, text), key, actor=actor)


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
