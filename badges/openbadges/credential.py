"""Build OpenBadgeCredentials, achievements and issuer profiles as unsigned JSON documents."""

from typing import Any, Final

from badges.openbadges.contexts import CREDENTIALS_V2, EXTENSIONS, OPEN_BADGES
from badges.openbadges.loads import Document
from badges.openbadges.moments import timestamp
from badges.openbadges.specs import (
    AchievementSpec,
    AlignmentSpec,
    CredentialSpec,
    EvidenceSpec,
    IssuerProfile,
    LevelSpec,
    StatusEntry,
)

CONTEXTS: Final = (CREDENTIALS_V2, OPEN_BADGES, EXTENSIONS)
SCHEMA_ID: Final = (
    "https://purl.imsglobal.org/spec/ob/v3p0/schema/json/ob_v3p0_achievementcredential_schema.json"
)
SCHEMA_TYPE: Final = "1EdTechJsonSchemaValidator2019"
MAX_CREDENTIAL: Final = 64 * 1024
"""Bytes of JSON of the largest credential that we sign."""


def credential_document(spec: CredentialSpec) -> Document:
    """Return the unsigned OpenBadgeCredential of `spec` (OB 3.0, B.1; VC Data Model 2.0).

    Lists wherever the standard allows several, contexts in the required order, and no empty
    member: this shape passes both published schemas. Evidence and result are named after the
    credential (`#evidence-1`, `#result-1`), so that the only nameless part that differs from holder
    to holder is the identity. An evidence that has an id keeps it: the id of an older credential
    says that this one renews it.
    """
    return _filled(
        {
            "@context": list(CONTEXTS),
            "id": spec.id,
            "type": ["VerifiableCredential", "OpenBadgeCredential"],
            "name": spec.achievement.name,
            "description": spec.description,
            "issuer": profile(spec.issuer),
            "validFrom": timestamp(spec.valid_from),
            "validUntil": timestamp(spec.valid_until) if spec.valid_until else None,
            "awardedDate": timestamp(spec.awarded_date),
            "credentialSubject": _subject(spec),
            "evidence": [
                _evidence(item, f"{spec.id}#evidence-{number}")
                for number, item in enumerate(spec.evidence, 1)
            ],
            "credentialStatus": status_entry(spec.status) if spec.status else None,
            "credentialSchema": [{"id": SCHEMA_ID, "type": SCHEMA_TYPE}],
        }
    )


def achievement_document(spec: AchievementSpec) -> Document:
    """Return the achievement as it is served at its own address, context included."""
    return {"@context": [CREDENTIALS_V2, OPEN_BADGES], **achievement(spec)}


def profile_document(issuer: IssuerProfile) -> Document:
    """Return the issuer's profile as it is served at its own address, context included."""
    return {"@context": [CREDENTIALS_V2, OPEN_BADGES], **profile(issuer)}


def profile(issuer: IssuerProfile) -> Document:
    """Return the Profile object of `issuer` (OB 3.0, B.1.16)."""
    return _filled(
        {
            "id": issuer.id,
            "type": ["Profile"],
            "name": issuer.name,
            "description": issuer.description,
            "url": issuer.url,
            "email": issuer.email,
            "image": _image(issuer.image),
        }
    )


def achievement(spec: AchievementSpec) -> Document:
    """Return the Achievement object of `spec` (OB 3.0, B.1.1)."""
    return _filled(
        {
            "id": spec.id,
            "type": ["Achievement"],
            "achievementType": spec.achievement_type,
            "name": spec.name,
            "description": spec.description,
            "criteria": {"narrative": spec.criteria_narrative},
            "image": _image(spec.image_url, spec.image_caption),
            "creator": {"id": spec.creator, "type": ["Profile"]} if spec.creator else None,
            "inLanguage": spec.language,
            "tag": list(spec.tags),
            "version": spec.version,
            "alignment": [_alignment(item) for item in spec.alignments],
            "resultDescription": [_rubric(spec)] if spec.levels else None,
        }
    )


def status_entry(entry: StatusEntry) -> Document:
    """Return the BitstringStatusListEntry of `entry` (Bitstring Status List 1.0, 2.1)."""
    return {
        "id": f"{entry.list_url}#{entry.index}",
        "type": "BitstringStatusListEntry",
        "statusPurpose": entry.purpose,
        "statusListIndex": str(entry.index),
        "statusListCredential": entry.list_url,
    }


def _subject(spec: CredentialSpec) -> Document:
    return _filled(
        {
            "id": spec.recipient_id,
            "type": ["AchievementSubject"],
            "identifier": [_name_identity(spec.recipient_name)] if spec.recipient_name else None,
            "achievement": achievement(spec.achievement),
            "result": [_result(spec)] if spec.achieved_level else None,
        }
    )


def _name_identity(name: str) -> Document:
    return {"type": "IdentityObject", "hashed": False, "identityHash": name, "identityType": "name"}


def _result(spec: CredentialSpec) -> Document:
    level = next(item for item in spec.achievement.levels if item.id == spec.achieved_level)
    return {
        "id": f"{spec.id}#result-1",
        "type": ["Result"],
        "resultDescription": spec.achievement.rubric_id,
        "achievedLevel": level.id,
        "value": level.level or level.name,
    }


def _rubric(spec: AchievementSpec) -> Document:
    return {
        "id": spec.rubric_id,
        "type": ["ResultDescription"],
        "name": spec.rubric_name,
        "resultType": "RubricCriterionLevel",
        "rubricCriterionLevel": [_level(item) for item in spec.levels],
    }


def _level(level: LevelSpec) -> Document:
    return _filled(
        {
            "id": level.id,
            "type": ["RubricCriterionLevel"],
            "name": level.name,
            "description": level.description,
            "level": level.level,
        }
    )


def _alignment(alignment: AlignmentSpec) -> Document:
    return _filled(
        {
            "type": ["Alignment"],
            "targetName": alignment.target_name,
            "targetUrl": alignment.target_url,
            "targetFramework": alignment.target_framework,
            "targetCode": alignment.target_code,
            "targetDescription": alignment.target_description,
        }
    )


def _evidence(evidence: EvidenceSpec, own_id: str) -> Document:
    return _filled(
        {
            "id": evidence.id or own_id,
            "type": ["Evidence"],
            "name": evidence.name,
            "narrative": evidence.narrative,
            "genre": evidence.genre,
        }
    )


def _image(url: str, caption: str = "") -> Document | None:
    return _filled({"id": url, "type": "Image", "caption": caption}) if url else None


def _filled(members: dict[str, Any]) -> Document:
    """Null and empty values must be left out (OB 3.0, 9); False and 0 stay."""
    return {name: value for name, value in members.items() if value not in (None, "", [], {})}
