"""A made-up issuer, achievement and credential, and the documents a stranger needs to verify it."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from badges.openbadges.credential import credential_document
from badges.openbadges.keys import did_document, private_from_bytes, public_multibase
from badges.openbadges.proof import sign
from badges.openbadges.specs import (
    AchievementSpec,
    AlignmentSpec,
    CredentialSpec,
    EvidenceSpec,
    IssuerProfile,
    LevelSpec,
    StatusEntry,
)
from badges.openbadges.status import bitstring, status_list_credential

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ISSUED = datetime(2026, 11, 20, 14, 30, tzinfo=UTC)
DID = "did:web:badges.example:issuers:les-jardins"
BASE = "https://badges.example/issuers/les-jardins"
LIST_URL = f"{BASE}/status/1"
KEY = private_from_bytes(bytes(range(32)))
METHOD = f"{DID}#{public_multibase(KEY.public_key())}"

ISSUER = IssuerProfile(
    id=DID,
    name="Les Jardins de la Vallée",
    url=BASE,
    description="Chantier d'insertion, maraîchage et espaces verts",
    email="contact@badges.example",
    image=f"{BASE}/logo.png",
)
ACHIEVEMENT_URL = f"{BASE}/achievements/organiser-n2"
ACHIEVEMENT = AchievementSpec(
    id=ACHIEVEMENT_URL,
    name="Organiser le travail de l'équipe — niveau 2",
    description="Mettre l'équipe d'accord avant de commencer.",
    criteria_narrative="- répartit les tâches\n- vérifie que chacun a compris « le plan »\t✓",
    image_url=f"{ACHIEVEMENT_URL}/badge.png",
    image_caption="Badge hexagonal",
    language="fr",
    tags=("méthodologique", "travail d'équipe"),
    alignments=(
        AlignmentSpec(
            target_name="planifier",
            target_url="http://data.europa.eu/esco/skill/3bf2e0f3-2b71-4b7f-a5f0-fe8d2bf0d8b6",
            target_framework="ESCO",
        ),
    ),
    levels=tuple(
        LevelSpec(f"{ACHIEVEMENT_URL}#{mark}", f"Niveau {mark[1]}", mark, f"Description {mark}")
        for mark in ("N1", "N2", "N3")
    ),
    rubric_id=f"{ACHIEVEMENT_URL}#niveaux",
    rubric_name="Niveau atteint",
    creator=DID,
)
CREDENTIAL = CredentialSpec(
    id="urn:uuid:0b6b1d5e-6f4e-4a39-8f0e-1a9d7a3c1f00",
    issuer=ISSUER,
    achievement=ACHIEVEMENT,
    recipient_id="urn:uuid:7d9c3a52-90cb-4b0b-a8be-5d9a8e1f2b11",
    recipient_name="Amina D.",
    valid_from=ISSUED,
    valid_until=datetime(2031, 11, 20, 14, 30, tzinfo=UTC),
    awarded_date=ISSUED,
    status=StatusEntry(LIST_URL, 5),
    achieved_level=f"{ACHIEVEMENT_URL}#N2",
    evidence=(EvidenceSpec("Observations", "12 observations dans 4 situations.", "workplace observation"),),
)


def unsigned(**changes: Any) -> dict[str, Any]:
    return credential_document(replace(CREDENTIAL, **changes))


def signed(document: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    return sign(document or unsigned(**changes), KEY, METHOD, ISSUED)


def status_list(*revoked: int, purpose: str = "revocation", **changes: Any) -> dict[str, Any]:
    document = status_list_credential(LIST_URL, DID, bitstring(revoked), valid_from=ISSUED, purpose=purpose)
    return sign(document | changes, KEY, METHOD, ISSUED)


def documents(*revoked: int) -> dict[str, Any]:
    return {DID: did_document(DID, [KEY.public_key()]), LIST_URL: status_list(*revoked)}
