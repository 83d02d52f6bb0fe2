"""Achievements: made once per issuer, skill, level and language, with their picture, and never changed."""

import uuid
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from badges import audit
from badges.frameworks import queries as frameworks
from badges.frameworks.rules import Framework, text_in
from badges.issuer.artwork import BadgeDesign
from badges.issuer.models import Achievement, IssuerProfile
from badges.issuer.rules import achievement_spec
from badges.issuer.rules_wording import Wording
from badges.issuer.service_signing import SYSTEM, Issuing
from badges.openbadges.credential import achievement_document
from badges.openbadges.loads import dump_json
from badges.openbadges.specs import AchievementSpec

PNG_SIZE = 512


@dataclass(frozen=True)
class Aim:
    """What is recognised, by whom and in which words."""

    profile: IssuerProfile
    issuer_name: str
    framework_version_id: uuid.UUID
    skill_id: str
    level: str
    wording: Wording


class Made(NamedTuple):
    """An achievement that exists; `document` is the JSON served at its address."""

    id: uuid.UUID
    document: str


def ensure(session: Session, issuing: Issuing, aim: Aim) -> Made:
    """Return the achievement for `aim`, made in the caller's transaction when it is the first of its kind.

    The caller holds the lock of the profile, so no second one is made meanwhile. Raises `UnknownSkill`,
    `LabelTooLong`, `UnknownDesignPart`. Journals "achievement.created".
    """
    return _find(session, aim) or _create(session, issuing, aim)


def spec_of(session: Session, issuing: Issuing, aim: Aim, achievement_id: uuid.UUID) -> AchievementSpec:
    """Return what the achievement says, from its frozen framework version."""
    framework = frameworks.load(session, aim.framework_version_id)
    return achievement_spec(
        framework,
        framework.skill(aim.skill_id),
        aim.level,
        wording=aim.wording,
        address=issuing.addresses.achievement(achievement_id),
        caption=issuing.artwork.alt_text(design_of(framework, aim)),
        creator=aim.profile.did,
    )


def design_of(framework: Framework, aim: Aim) -> BadgeDesign:
    """Return what the picture of an achievement shows."""
    skill, language = framework.skill(aim.skill_id), aim.wording.language
    return BadgeDesign(
        dimension=skill.dimension.id,
        level=aim.level,
        pictogram=skill.pictogram,
        label=text_in(skill.badge_label, language),
        skill_label=text_in(skill.label, language),
        language=language,
        issuer_name=aim.issuer_name,
    )


def _find(session: Session, aim: Aim) -> Made | None:
    row = session.execute(
        select(Achievement.id, Achievement.document).where(
            Achievement.profile_id == aim.profile.id,
            Achievement.framework_version_id == aim.framework_version_id,
            Achievement.skill_id == aim.skill_id,
            Achievement.level == aim.level,
            Achievement.language == aim.wording.language,
        )
    ).one_or_none()
    return Made(row.id, row.document) if row else None


def _create(session: Session, issuing: Issuing, aim: Aim) -> Made:
    achievement_id = issuing.clock.new_id()
    design = design_of(frameworks.load(session, aim.framework_version_id), aim)
    achievement = Achievement(
        id=achievement_id,
        profile_id=aim.profile.id,
        framework_version_id=aim.framework_version_id,
        skill_id=aim.skill_id,
        level=aim.level,
        language=aim.wording.language,
        document=dump_json(achievement_document(spec_of(session, issuing, aim, achievement_id))).decode(),
        image_svg=issuing.artwork.svg(design).decode(),
        image_png=issuing.artwork.png(design, PNG_SIZE),
        created_at=issuing.clock.now(),
    )
    session.add(achievement)
    session.flush()
    audit.record(
        session,
        issuing.clock,
        actor=SYSTEM,
        act="achievement.created",
        subject=f"achievement:{achievement_id}",
        structure_id=aim.profile.structure_id,
        skill=aim.skill_id,
        level=aim.level,
    )
    return Made(achievement_id, achievement.document)
