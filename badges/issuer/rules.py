"""What an issuer puts into its documents: addresses, achievements, credentials; pure decisions."""

import re
import unicodedata
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from badges.frameworks.rules import Alignment, Framework, Skill, text_in
from badges.issuer.rules_status import Place
from badges.issuer.rules_wording import Wording
from badges.openbadges.credential import status_entry
from badges.openbadges.loads import Document
from badges.openbadges.moments import timestamp
from badges.openbadges.specs import (
    AchievementSpec,
    AlignmentSpec,
    IssuerProfile,
    LevelSpec,
    StatusEntry,
)
from badges.recognition.rules_basis import Basis

LIST_SIZE: Final = 131_072
STATUS_TTL: Final = timedelta(minutes=5)
SLUG_LENGTH: Final = 50
ESCO: Final = "ESCO"
CLAIMED_MATCHES: Final = ("exact", "close")
"""A badge claims only the ESCO skills that say the same; broader or narrower ones would overstate it."""


@dataclass(frozen=True)
class Addresses:
    """Where everything an issuer publishes stands, below `base_url` (no slash at its end)."""

    base_url: str

    def issuer(self, slug: str) -> str:
        """Return the public page of an issuer; its did:web is made of it."""
        return f"{self.base_url}/issuers/{slug}"

    def key(self, slug: str, multibase: str) -> str:
        """Return the address of one key as a bare JWK: the `kid` of the key."""
        return f"{self.issuer(slug)}/keys/{multibase}"

    def achievement(self, achievement_id: uuid.UUID) -> str:
        """Return the id of an achievement."""
        return f"{self.base_url}/achievements/{achievement_id}"

    def achievement_image(self, achievement_id: uuid.UUID) -> str:
        """Return the address of the badge image, a PNG of 512 px."""
        return f"{self.achievement(achievement_id)}/image.png"

    def status_list(self, status_list_id: uuid.UUID | str) -> str:
        """Return the address of a status list."""
        return f"{self.base_url}/status/{status_list_id}"


@dataclass(frozen=True)
class PublicFace:
    """What may be said of a structure in public; its legal name and kind are not even here."""

    name: str
    description: str
    email: str
    url: str


class Award(NamedTuple):
    """One award to one person, as it is frozen: ids are final, `name` is the form the worker chose.

    With `renews_id` it takes over from an older badge, decided at `previous_at`.
    """

    credential_id: uuid.UUID
    recipient_id: uuid.UUID
    name: str
    reserved_at: datetime
    awarded_at: datetime
    valid_until: datetime | None
    place: Place
    basis: Basis
    renews_id: uuid.UUID | None = None
    previous_at: datetime | None = None


def slug_of(name: str, taken: Collection[str]) -> str:
    """Return a short address for the issuer called `name` that is none of `taken`."""
    parted = re.sub(r"[’'‘]", "-", name).replace("œ", "oe").replace("Œ", "Oe").replace("æ", "ae")
    plain = unicodedata.normalize("NFKD", parted).encode("ascii", "ignore").decode().lower()
    stem = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:SLUG_LENGTH].strip("-") or "issuer"
    number, slug = 1, stem
    while slug in taken:
        number += 1
        slug = f"{stem}-{number}"
    return slug


def issuer_profile(face: PublicFace, did: str, address: str) -> IssuerProfile:
    """Return the Profile of an issuer (OB 3.0, B.1.16); its address is its own site when it has one."""
    return IssuerProfile(
        id=did, name=face.name, url=face.url or address, description=face.description, email=face.email
    )


def achievement_spec(
    framework: Framework,
    skill: Skill,
    level: str,
    *,
    wording: Wording,
    address: str,
    caption: str,
    creator: str,
) -> AchievementSpec:
    """Return the achievement of `skill` at `level`: the same text for everyone who earns it.

    `caption` are the words that replace the image, `creator` is the DID of the issuer.
    """
    language = wording.language
    behaviours = [text_in(behaviour.text, language) for behaviour in skill.at(level).behaviours]
    return AchievementSpec(
        id=address,
        name=wording.achievement_name(text_in(skill.label, language), framework.level(level).rank),
        description=wording.description(
            text_in(skill.summary, language), text_in(framework.level(level).definition, language)
        ),
        criteria_narrative=wording.criteria(behaviours),
        image_url=f"{address}/image.png",
        image_caption=caption,
        language=language,
        tags=(text_in(skill.dimension.label, language), *_rome_tags(skill)),
        alignments=tuple(_esco(item, wording) for item in skill.alignments if is_claimed(item)),
        levels=tuple(
            LevelSpec(
                id=level_id(address, step.code),
                name=text_in(step.label, language),
                level=step.code,
                description=text_in(step.definition, language),
            )
            for step in framework.levels
        ),
        rubric_id=f"{address}#levels",
        rubric_name=wording.rubric_name,
        creator=creator,
        version=framework.version,
    )


def level_id(address: str, level: str) -> str:
    """Return the id of a level in the rubric of the achievement at `address`."""
    return f"{address}#{level}"


def renamed(document: Document, moment: datetime, *, name: str) -> Document:
    """Return `document` for the same award under another `name`: only the name and validFrom differ."""
    identity = {"type": "IdentityObject", "hashed": False, "identityHash": name, "identityType": "name"}
    subject = document["credentialSubject"] | {"identifier": [identity]}
    return redated(document, moment) | {"credentialSubject": subject}


def redated(document: Document, moment: datetime) -> Document:
    """Return `document` valid from `moment`; awardedDate and the end stay."""
    return document | {"validFrom": beginning(moment, document.get("validUntil", ""))}


def beginning(moment: datetime, end: str) -> str:
    """Return the validFrom of an edition made at `moment` that ends at `end` (a timestamp, or nothing).

    A badge whose time is over still gets new editions, for another name or key: none begins after its end.
    """
    written = timestamp(moment)
    return min(written, end) if end else written


def relisted(document: Document, moment: datetime, *, entry: StatusEntry) -> Document:
    """Return `document` with `entry` as its one status entry: only that and validFrom differ."""
    return redated(document, moment) | {"credentialStatus": status_entry(entry)}


def newer_than(before: datetime, now: datetime) -> datetime:
    """Return when an edition that replaces one of `before` begins: now, yet later than that one.

    A newer validFrom with the same issuer and id replaces the older document (OB 3.0, B.1.5).
    """
    return max(now, before + timedelta(seconds=1))


def is_claimed(alignment: Alignment) -> bool:
    """Tell whether an achievement claims `alignment`: an ESCO skill that says the same."""
    return alignment.framework == ESCO and alignment.match in CLAIMED_MATCHES and bool(alignment.uri)


def _esco(alignment: Alignment, wording: Wording) -> AlignmentSpec:
    """ESCO labels are not all known in every language: the description says in which one this is."""
    language = wording.language if wording.language in alignment.label else "en"
    return AlignmentSpec(
        target_name=text_in(alignment.label, language),
        target_url=str(alignment.uri),
        target_framework=ESCO,
        target_description=wording.alignment(alignment.match, language),
    )


def _rome_tags(skill: Skill) -> tuple[str, ...]:
    """ROME publishes codes but no address per skill, and an alignment needs one: the code is a tag."""
    return tuple(
        f"ROME 4.0 {item.code} {text_in(item.label, 'fr')}"
        for item in skill.alignments
        if item.framework.startswith("ROME") and item.code
    )
