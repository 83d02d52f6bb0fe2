"""What strangers read about an issuer and about an achievement, as pages."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from badges.frameworks import queries as frameworks
from badges.frameworks.rules import Alignment, Framework, Skill, text_in
from badges.issuer.models import Achievement
from badges.issuer.queries import achievement, profile_called
from badges.issuer.rules import PublicFace, is_claimed, issuer_profile
from badges.openbadges.credential import profile_document
from badges.openbadges.loads import Document
from badges.people.models import Structure

MOST_ACHIEVEMENTS = 500


@dataclass(frozen=True)
class AchievementCard:
    """One achievement in a list: its skill in the reader's language and its level."""

    id: uuid.UUID
    title: str
    dimension: str
    rank: int


@dataclass(frozen=True)
class IssuerPage:
    """The public face of an issuer and what it recognises; never how many persons hold what."""

    slug: str
    did: str
    name: str
    description: str
    email: str
    url: str
    since: datetime
    achievements: tuple[AchievementCard, ...]


@dataclass(frozen=True)
class LevelWords:
    """One step of the scale."""

    name: str
    definition: str


@dataclass(frozen=True)
class AchievementPage:
    """An achievement in the words of its framework, in the reader's language."""

    id: uuid.UUID
    title: str
    name: str
    summary: str
    rank: int
    dimension: str
    behaviours: tuple[str, ...]
    levels: tuple[LevelWords, ...]
    references: tuple[tuple[str, str], ...]
    framework: str
    version: str
    issuer_slug: str
    issuer_name: str


def issuer_page(session: Session, slug: str, language: str) -> IssuerPage:
    """Return the page of the issuer at `slug`, texts of its achievements in `language`. Raises `NotFound`."""
    profile = profile_called(session, slug)
    face = face_of(session.get_one(Structure, profile.structure_id))
    rows = session.scalars(
        select(Achievement).where(Achievement.profile_id == profile.id).limit(MOST_ACHIEVEMENTS)
    )
    cards = {(card.title, card.rank): card for card in (_card(session, row, language) for row in rows)}
    return IssuerPage(
        slug=slug,
        did=profile.did,
        name=face.name,
        description=face.description,
        email=face.email,
        url=face.url,
        since=profile.created_at,
        achievements=tuple(sorted(cards.values(), key=lambda card: (card.dimension, card.title, card.rank))),
    )


def issuer_document(session: Session, slug: str, address: str) -> Document:
    """Return the Profile of an issuer as JSON-LD (OB 3.0, B.1.16). Raises `NotFound`."""
    profile = profile_called(session, slug)
    face = face_of(session.get_one(Structure, profile.structure_id))
    return profile_document(issuer_profile(face, profile.did, address))


def achievement_page(session: Session, achievement_id: uuid.UUID, language: str) -> AchievementPage:
    """Return the page of an achievement in `language`. Raises `NotFound`."""
    found = achievement(session, achievement_id)
    framework = frameworks.load(session, found.framework_version_id)
    skill = framework.skill(found.skill_id)
    profile = profile_called(session, found.issuer_slug)
    return AchievementPage(
        id=found.id,
        title=text_in(skill.label, language),
        name=text_in(skill.label, found.language),
        summary=text_in(skill.summary, language),
        rank=framework.level(found.level).rank,
        dimension=skill.dimension.id,
        behaviours=tuple(text_in(item.text, language) for item in skill.at(found.level).behaviours),
        levels=_levels(framework, language),
        references=tuple(_reference(item, language) for item in skill.alignments if is_claimed(item)),
        framework=text_in(framework.title, language),
        version=framework.version,
        issuer_slug=found.issuer_slug,
        issuer_name=session.get_one(Structure, profile.structure_id).public_name,
    )


def face_of(structure: Structure) -> PublicFace:
    """Return what may be said of `structure` in public."""
    return PublicFace(
        name=structure.public_name,
        description=structure.public_description,
        email=structure.public_email,
        url=structure.public_url,
    )


def _card(session: Session, row: Achievement, language: str) -> AchievementCard:
    framework, skill = _skill_of(session, row)
    return AchievementCard(
        id=row.id,
        title=text_in(skill.label, language),
        dimension=skill.dimension.id,
        rank=framework.level(row.level).rank,
    )


def _skill_of(session: Session, row: Achievement) -> tuple[Framework, Skill]:
    framework = frameworks.load(session, row.framework_version_id)
    return framework, framework.skill(row.skill_id)


def _levels(framework: Framework, language: str) -> tuple[LevelWords, ...]:
    return tuple(
        LevelWords(text_in(level.label, language), text_in(level.definition, language))
        for level in framework.levels
    )


def _reference(alignment: Alignment, language: str) -> tuple[str, str]:
    return text_in(alignment.label, language), str(alignment.uri)
