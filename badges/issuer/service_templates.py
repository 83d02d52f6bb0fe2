"""Templates of credentials: stored once, compiled and linted once per process, never changed."""

import hashlib
import json
import uuid
from functools import lru_cache
from typing import NamedTuple, Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from badges.errors import NotFound
from badges.issuer.models import IssuingTemplate
from badges.issuer.queries_public import face_of
from badges.issuer.rules import issuer_profile
from badges.issuer.rules_template import Shape, award_template
from badges.issuer.service_achievements import Aim, ensure, spec_of
from badges.issuer.service_signing import Issuing
from badges.openbadges.lint import lint_template
from badges.openbadges.loads import Document, dump_json, load_json
from badges.openbadges.template import Template
from badges.openbadges.template_holes import filled, hole
from badges.people.models import Structure

COMPILED = 256
"""Templates kept compiled in one process: some 100 kB each, for as many achievements in use at a time."""


class StoredTemplate(NamedTuple):
    """A template as it is referred to; `digest` is the SHA-256 of its document."""

    id: uuid.UUID
    achievement_id: uuid.UUID
    digest: str


def template_of(session: Session, issuing: Issuing, aim: Aim, shape: Shape) -> StoredTemplate:
    """Return the template of `aim` in `shape` as the issuer looks today, stored when it is new.

    In the caller's transaction, which holds the lock of the profile. Raises what `ensure` raises.
    """
    achievement, profile = ensure(session, issuing, aim), aim.profile
    document = award_template(
        issuer_profile(
            face_of(session.get_one(Structure, profile.structure_id)),
            profile.did,
            issuing.addresses.issuer(profile.slug),
        ),
        spec_of(session, issuing, aim, achievement.id),
        load_json(achievement.document),
        level=aim.level,
        wording=aim.wording,
        status_list=issuing.addresses.status_list(hole("status_list")),
        shape=shape,
    )
    text = dump_json(document).decode()
    digest = hashlib.sha256(text.encode()).hexdigest()
    known = session.scalar(
        select(IssuingTemplate.id).where(
            IssuingTemplate.profile_id == profile.id, IssuingTemplate.digest == digest
        )
    )
    template_id = known or _store(session, issuing, achievement.id, profile.id, digest, text)
    return StoredTemplate(template_id, achievement.id, digest)


def compiled(session: Session, template_id: uuid.UUID, did: str) -> Template:
    """Return a stored template, fit to be signed with a key of `did`.

    Compiled and linted when this process first needs it. Raises `NotIssuable`, `NotCanonical`.
    """
    return _compiled(_text_of(session, template_id), did)


class IsFrozen(Protocol):
    """A credential or one edition of it, as the database holds what it will be signed as."""

    @property
    def template_id(self) -> uuid.UUID | None:
        """The template whose holes `unsigned` fills; None when it is the whole document."""

    @property
    def unsigned(self) -> str:
        """JSON."""


def frozen_document(session: Session, credential: IsFrozen) -> Document:
    """Return what the current edition of `credential` is, or will be, signed as: all of it but the proof."""
    frozen: Document = json.loads(credential.unsigned)
    if credential.template_id is None:
        return frozen
    document: Document = filled(json.loads(_text_of(session, credential.template_id)), frozen)
    return document


def _store(
    session: Session,
    issuing: Issuing,
    achievement_id: uuid.UUID,
    profile_id: uuid.UUID,
    digest: str,
    text: str,
) -> uuid.UUID:
    template = IssuingTemplate(
        id=issuing.clock.new_id(),
        profile_id=profile_id,
        achievement_id=achievement_id,
        digest=digest,
        document=text,
        created_at=issuing.clock.now(),
    )
    session.add(template)
    session.flush()
    return template.id


def _text_of(session: Session, template_id: uuid.UUID) -> str:
    text = session.scalar(select(IssuingTemplate.document).where(IssuingTemplate.id == template_id))
    if text is None:
        raise NotFound
    return text


@lru_cache(maxsize=COMPILED)
def _compiled(text: str, did: str) -> Template:
    """Compile once; the key is the text itself, so what is signed is always made from what is stored."""
    template = Template.compile(json.loads(text))
    lint_template(template, verification_method=f"{did}#key")
    return template
