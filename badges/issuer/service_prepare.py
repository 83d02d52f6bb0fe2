"""Before signing: what is frozen is checked, and turned into the bytes that a key signs."""

import json
import uuid
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from badges.errors import InvalidInput, NotFound, NotIssuable
from badges.issuer.models import Credential, IssuerKey, IssuerProfile
from badges.issuer.rules_template import NOTHING_SEEN, unfit
from badges.issuer.service_editions import Edition, was_signed
from badges.issuer.service_signing import method_of
from badges.issuer.service_templates import compiled
from badges.openbadges.lint import lint
from badges.openbadges.loads import Document
from badges.openbadges.proof import ProofOptions
from badges.openbadges.template import Template


class Prepared(NamedTuple):
    """An edition that may be signed: the 64 bytes to sign, and the JSON up to its signature."""

    edition: Edition
    message: bytes
    before: bytes


def reserved_editions(session: Session, credential_ids: Sequence[uuid.UUID]) -> list[Edition]:
    """Return the editions of these credentials that wait for their signature. Raises `NotFound`.

    What is blocked waits for an administrator, and what was withdrawn unsigned stays so.
    """
    rows = session.execute(
        select(
            Credential.id,
            Credential.structure_id,
            Credential.key_id,
            Credential.template_id,
            Credential.status_list_id,
            Credential.edition,
            Credential.reserved_at,
            Credential.unsigned,
            Credential.sealed_at,
            Credential.blocked_reason,
            Credential.revoked_at,
        ).where(Credential.id.in_(credential_ids))
    ).all()
    if len(rows) < len(set(credential_ids)):
        raise NotFound
    return [
        Edition(*row[:7], json.loads(row.unsigned))
        for row in rows
        if row.sealed_at is None and not row.blocked_reason
        if row.revoked_at is None or was_signed(session, row.id)
    ]


def prepared(
    session: Session, editions: Sequence[Edition], blocked: list[tuple[Edition, str]]
) -> Iterator[tuple[IssuerKey, list[Prepared]]]:
    """Yield what may be signed, key by key; add the rest to `blocked`, each with the reason."""
    by_key: dict[uuid.UUID, list[Edition]] = {}
    for edition in editions:
        by_key.setdefault(edition.key_id, []).append(edition)
    for key_id, theirs in by_key.items():
        key = session.get_one(IssuerKey, key_id)
        press = _Press(session, session.get_one(IssuerProfile, key.profile_id).did, key)
        batch = []
        for edition in theirs:
            try:
                batch.append(press.prepared(edition))
            except InvalidInput as fault:
                blocked.append((edition, str(fault.params.get("faults", fault))))
        yield key, batch


class _Press:
    """Turns frozen editions into what one key signs; templates and proof options are read once."""

    def __init__(self, session: Session, did: str, key: IssuerKey) -> None:
        self._session, self._did, self._method = session, did, method_of(did, key)
        self._options: dict[datetime, ProofOptions] = {}
        self._templates: dict[uuid.UUID, Template | InvalidInput] = {}

    def prepared(self, edition: Edition) -> Prepared:
        """Return what is to be signed. Raises a subclass of `InvalidInput` for what must not be."""
        options = self._options.get(edition.reserved_at)
        if options is None:
            options = self._options[edition.reserved_at] = ProofOptions(self._method, edition.reserved_at)
        if edition.template_id is None:
            return Prepared(edition, *self._whole(edition.frozen).prepare({}, options))
        if reason := unfit(edition.frozen):
            raise NotIssuable(faults=reason)
        return Prepared(edition, *self._template(edition.template_id).prepare(edition.frozen, options))

    def _template(self, template_id: uuid.UUID) -> Template:
        if template_id not in self._templates:
            try:
                self._templates[template_id] = compiled(self._session, template_id, self._did)
            except InvalidInput as fault:
                self._templates[template_id] = fault
        found = self._templates[template_id]
        if isinstance(found, InvalidInput):
            raise found
        return found

    def _whole(self, document: Document) -> Template:
        """Return a template without holes: an earlier release froze whole documents."""
        lint(document, verification_method=self._method)
        if not document.get("evidence"):
            raise NotIssuable(faults=NOTHING_SEEN)
        return Template.compile(document)
