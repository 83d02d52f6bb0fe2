"""Sealing: what was reserved is checked, signed outside any lock, and kept if nothing changed meanwhile."""

import hashlib
import random
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from badges import audit, outbox
from badges.audit import Act
from badges.crash import crash_point
from badges.db import transaction, update_many
from badges.errors import NotIssuable, SignedOtherwise
from badges.issuer.models import Credential
from badges.issuer.queries import local_documents
from badges.issuer.queries_restore import require_acknowledged
from badges.issuer.service_editions import Edition
from badges.issuer.service_prepare import prepared, reserved_editions
from badges.issuer.service_signing import SYSTEM, Issuing, held_key
from badges.issuer.service_status import ensure_published
from badges.issuer.service_templates import frozen_document
from badges.openbadges.report import Verdict
from badges.openbadges.template import secured
from badges.openbadges.verify import verify
from badges.outbox import Owed

AUTHENTIC = frozenset({Verdict.VALID, Verdict.REVOKED, Verdict.SUSPENDED, Verdict.EXPIRED})
"""What our own verifier may say of what we just signed: a withdrawn or ended badge is still ours."""
_RANDOM = random.SystemRandom()


class _Signed(NamedTuple):
    """An edition with its signed JSON and the SHA-256 of that."""

    edition: Edition
    body: str
    sha256: str


@dataclass
class _Sealing:
    """What becomes of some editions: signed, or the reason why not."""

    signed: list[_Signed] = field(default_factory=list)
    blocked: list[tuple[Edition, str]] = field(default_factory=list)


def complete(issuing: Issuing, credential_id: uuid.UUID) -> None:
    """Check, sign and seal the reserved edition of one credential, as `complete_many` does."""
    complete_many(issuing, [credential_id])


def complete_many(issuing: Issuing, credential_ids: Sequence[uuid.UUID]) -> None:
    """Seal the reserved editions of some credentials as `seal_many` does; nothing to do where that is done.

    What is blocked waits for an administrator, and what was withdrawn before it was ever signed stays
    unsigned. Raises `NotFound`, and what `seal_many` raises.
    """
    with issuing.sessions() as session:
        editions = reserved_editions(session, credential_ids)
    seal_many(issuing, editions)


def seal_many(issuing: Issuing, editions: Sequence[Edition], *, owed: str = "") -> None:
    """Check, sign and seal some reserved editions.

    What fails its checks is not signed: that credential is blocked, with the reason, until an
    administrator mends it, and holds back no other. One of the signed badges, at random, is judged by our
    own verifier before any is kept. `owed` names the message that then need not be carried out any more.
    Raises `SignedOtherwise`, and what the signer raises. Journals "credential.signed" or
    "credential.blocked" for each.
    """
    if not editions:
        return
    for status_list_id in {edition.status_list_id for edition in editions}:
        ensure_published(issuing, status_list_id)
    sealing = _Sealing()
    with issuing.sessions() as session:
        require_acknowledged(session)
        crash_point("lint:before")
        batches = list(prepared(session, editions, sealing.blocked))
    crash_point("sign:before")
    for key, batch in batches:
        signatures = issuing.signer.sign(held_key(key), [one.message for one in batch])
        for one, signature in zip(batch, signatures, strict=True):
            body = secured(one.before, signature)
            sealing.signed.append(_Signed(one.edition, body.decode(), hashlib.sha256(body).hexdigest()))
    crash_point("sign:after")
    if sealing.signed and not _is_authentic(issuing, _RANDOM.choice(sealing.signed)):
        raise SignedOtherwise
    _seal(issuing, sealing, owed)
    crash_point("seal:after-commit")


def _is_authentic(issuing: Issuing, signed: _Signed) -> bool:
    """Tell whether our verifier trusts the very bytes to be kept, and whether they say what is frozen."""
    edition = signed.edition
    with issuing.sessions() as session:
        now = max(issuing.clock.now(), edition.reserved_at)
        report = verify(signed.body.encode(), resolver=local_documents(session), now=now)
        row = session.get_one(Credential, edition.id)
        frozen = frozen_document(session, row)
    said = {name: value for name, value in report.credential.items() if name != "proof"}
    return report.verdict in AUTHENTIC and (said == frozen or row.edition != edition.edition)


def _seal(issuing: Issuing, sealing: _Sealing, owed: str) -> None:
    """Keep the signed bytes, except of editions that are sealed already or were frozen anew meanwhile."""
    with issuing.sessions() as session, transaction(session):
        ids = [one.edition.id for one in sealing.signed] + [edition.id for edition, _ in sealing.blocked]
        table = Credential.__table__.c
        rows = session.execute(
            select(table.id, table.edition)
            .where(table.id.in_(ids), table.sealed_at.is_(None), table.blocked_reason == "")
            .order_by(table.id)
            .with_for_update()
        )
        open_ones = {credential_id: edition for credential_id, edition in rows.all()}  # noqa: C416
        signed = [one for one in sealing.signed if _is_open(one.edition, open_ones)]
        blocked = [one for one in sealing.blocked if _is_open(one[0], open_ones)]
        _keep(session, issuing, signed)
        _hold_back(session, issuing, blocked)
        if owed:
            outbox.cancel(session, topic="credential.reserved", key=owed)
        crash_point("seal:before-commit")


def _is_open(edition: Edition, open_ones: Mapping[uuid.UUID, int]) -> bool:
    return open_ones.get(edition.id) == edition.edition


def _keep(session: Session, issuing: Issuing, signed: Sequence[_Signed]) -> None:
    if not signed:
        return
    now = issuing.clock.now()
    sealed = [{"id": one.edition.id, "signed": one.body, "sealed_at": now} for one in signed]
    update_many(session, Credential.__table__, "id", sealed)
    acts = (
        _act("credential.signed", one.edition, edition=str(one.edition.edition), sha256=one.sha256)
        for one in signed
    )
    audit.record_many(session, issuing.clock, acts)
    first = signed[0].edition
    payload = {"credential_ids": ",".join([str(one.edition.id) for one in signed])}
    owed = Owed(f"{first.id}:{first.edition}", payload)
    outbox.publish_many(session, issuing.clock, topic="credential.issued", owed=[owed])


def _hold_back(session: Session, issuing: Issuing, blocked: Sequence[tuple[Edition, str]]) -> None:
    if not blocked:
        return
    reasons = [{"id": one.id, "blocked_reason": reason} for one, reason in blocked]
    update_many(session, Credential.__table__, "id", reasons)
    acts = (_act("credential.blocked", edition, reason=NotIssuable.id) for edition, _ in blocked)
    audit.record_many(session, issuing.clock, acts)


def _act(act: str, one: Edition, **details: str) -> Act:
    return Act(SYSTEM, act, f"credential:{one.id}", one.structure_id, details)
