"""Rows made directly, for tests that begin in the middle of the story; each takes only what matters to it."""

import uuid
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from badges.clock import Clock
from badges.errors import LabelTooLong
from badges.frameworks import service as frameworks
from badges.frameworks.models import FrameworkVersion
from badges.issuer.artwork import BadgeDesign
from badges.issuer.artwork_png import DrawnArtwork
from badges.issuer.service_signing import Issuing
from badges.issuer.signer import LOCAL, LocalSigner, Signers
from badges.issuer.vault import LocalVault
from badges.people.models import Membership, Person, Structure, StructureModel
from badges.permissions import Actor, Role
from badges.recognition.models import Claim
from badges.recognition.rules import ClaimState
from badges.recognition.rules_basis import Basis, to_json

BASE_URL = "https://badges.example.org"
KEKS = {"test": b"k" * 32}
LEGAL_NAME = "ATELIER CHANTIER D'INSERTION DU CANAL"


@dataclass(frozen=True)
class NoRoom:
    """An artist for whom every label is too long."""

    def svg(self, design: BadgeDesign) -> bytes:
        raise LabelTooLong(label="x", limit=1)

    mark_svg = svg

    def png(self, design: BadgeDesign, size: int) -> bytes:
        raise LabelTooLong(label="x", limit=1)

    def alt_text(self, design: BadgeDesign) -> str:
        return "alt"


def make_structure(session: Session, clock: Clock, **changes: Any) -> Structure:
    """Add a structure whose legal name and kind must never be seen outside."""
    facts: dict[str, Any] = {
        "id": uuid.uuid4(), "slug": f"s-{uuid.uuid4().hex[:8]}", "legal_name": LEGAL_NAME, "kind": "aci",
        "model": StructureModel.TREMPLIN, "public_name": "Les Jardins du Canal",
        "public_description": "Maraîchage et espaces verts.", "created_at": clock.now(),
    }  # fmt: skip
    return _added(session, Structure(**(facts | changes)))


def make_person(
    session: Session,
    clock: Clock,
    structure: Structure,
    *roles: Role,
    given_name: str = "Amina",
    **changes: Any,
) -> Person:
    """Add a person with `roles` in `structure` since three months."""
    facts: dict[str, Any] = {
        "id": uuid.uuid4(), "given_name": given_name, "family_name": "Diallo", "created_at": clock.now(),
    }  # fmt: skip
    person = _added(session, Person(**(facts | changes)))
    started_on = clock.now().date() - timedelta(days=90)
    for role in roles:
        ids = {"id": uuid.uuid4(), "structure_id": structure.id, "person_id": person.id}
        _added(session, Membership(**ids, role=role, started_on=started_on))
    return person


def actor_of(structure: Structure, person: Person, *roles: Role) -> Actor:
    """Return the person as somebody who asks, with `roles`."""
    return Actor(person.id, structure.id, frozenset(roles))


def soft_framework(session: Session, clock: Clock) -> uuid.UUID:
    """Return the version of the soft-skills framework of the catalogue, imported at most once."""
    known = session.scalars(select(FrameworkVersion.id).where(FrameworkVersion.kind == "soft")).first()
    if known:
        return known
    (path,) = (path for path in frameworks.catalogue_files() if path.stem.startswith("soft"))
    return frameworks.import_document(session, clock, path.read_text("utf-8"))


def basis(**changes: Any) -> Basis:
    """Return what an approval of five observations was based on."""
    facts = Basis(
        observation_ids=tuple(uuid.uuid4() for _ in range(5)),
        observations=5, days=4, situations=3, observers=2,
        first_day=date(2026, 10, 1), last_day=date(2026, 11, 14),
        situation_titles=("Chez Mme Dupont", "Récolte", "Marché"), agreed=5,
        reviewer_kind="inside", outside_organisation="",
    )  # fmt: skip
    return replace(facts, **changes)


def make_approved_claim(
    session: Session,
    clock: Clock,
    structure: Structure,
    worker: Person,
    version_id: uuid.UUID,
    **changes: Any,
) -> uuid.UUID:
    """Add a claim that a reviewer approved just now: teamwork, level 2, unless told otherwise."""
    facts: dict[str, Any] = {
        "id": uuid.uuid4(), "structure_id": structure.id, "worker_id": worker.id,
        "framework_version_id": version_id, "skill_id": "S03", "level": "N2", "state": ClaimState.APPROVED,
        "version": 3, "opened_at": clock.now(), "submitted_at": clock.now(), "decided_at": clock.now(),
        "basis": to_json(basis()),
    }  # fmt: skip
    return _added(session, Claim(**(facts | changes))).id


def make_issuing(sessions: sessionmaker[Session], clock: Clock, **changes: Any) -> Issuing:
    """Return what issuing needs, everything real."""
    vault = changes.get("vault", LocalVault(KEKS))
    signer = Signers(LOCAL, {LOCAL: LocalSigner(vault)})
    ports: dict[str, Any] = {
        "vault": vault, "signer": signer, "artwork": DrawnArtwork(), "base_url": BASE_URL,
    }  # fmt: skip
    return Issuing(sessions, clock, **(ports | changes))


def _added(session: Session, row: Any) -> Any:
    session.add(row)
    session.flush()
    return row
