"""The public page of a badge: what a stranger reads, from the sealed document and a check made now."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from badges.errors import PageHidden, StillPreparing
from badges.frameworks import queries as frameworks
from badges.frameworks.rules import Framework, Skill, text_in
from badges.issuer import queries as issuer
from badges.issuer.artwork import BadgeDesign, alt_text
from badges.issuer.models import Achievement, Credential, IssuerProfile
from badges.openbadges.report import Check, Report, Verdict
from badges.openbadges.verify import verify
from badges.people.models import Structure
from badges.recognition import queries as recognition
from badges.sharing.models import Holding
from badges.sharing.rules import image_path
from badges.sharing.rules_reading import BadgeText, Reference, Step, read_badge


@dataclass(frozen=True)
class HowSeen:
    """How the skill was seen, in numbers and dates only: never a note, never a name."""

    observations: int
    days: int
    situations: int
    observers: int
    first_day: date | None
    last_day: date | None
    agreed: bool
    outside_organisation: str


@dataclass(frozen=True)
class IssuerCard:
    """The public face of the structure, as signed; `path` is its page here."""

    name: str
    description: str
    email: str
    url: str
    identity: str
    path: str


@dataclass(frozen=True)
class BadgePage:
    """Everything the public page says. The preview shown before consent is this same object.

    `language` is the one that was signed; `translated` tells that the words shown are another version of
    the same framework. Dates are aware moments; `revoked_at` is None unless the issuer took the badge back.
    """

    credential_id: uuid.UUID
    achievement_id: uuid.UUID
    signed: str
    signed_name: str
    verdict: Verdict
    checks: tuple[Check, ...]
    checked_at: datetime
    holder: str
    title: str
    rank: int
    steps: tuple[Step, ...]
    behaviours: tuple[str, ...]
    dimension: str
    image_words: str
    how: HowSeen
    issuer: IssuerCard
    awarded: datetime
    expires: datetime | None
    revoked_at: datetime | None
    references: tuple[Reference, ...]
    language: str
    translated: bool
    design: BadgeDesign

    @property
    def image(self) -> str:
        """The path of the badge image, the same for every holder."""
        return image_path(self.achievement_id)


@dataclass(frozen=True)
class Words:
    """The texts of one achievement in one language."""

    title: str
    behaviours: tuple[str, ...]
    steps: tuple[Step, ...]


def public_page(session: Session, now: datetime, token: str, language: str) -> BadgePage:
    """Return what the page at `token` says at `now` (aware), in `language` where the framework has it.

    Raises `PageHidden` when it is not shown or never was, `StillPreparing` until the edition is sealed.
    """
    return page_of(session, now, shown_credential(session, token), language)


def shown_credential(session: Session, token: str) -> Credential:
    """Return the credential whose page is open at `token`. Raises `PageHidden`."""
    found = session.scalars(
        select(Credential)
        .join(Holding, Holding.credential_id == Credential.id)
        .where(Holding.token == token, Holding.shown_at.is_not(None))
    ).first()
    if found is None:
        raise PageHidden
    return found


def page_of(session: Session, now: datetime, credential: Credential, language: str) -> BadgePage:
    """Return the page of `credential`, verified now by our own verifier. Raises `StillPreparing`."""
    if credential.signed is None:
        raise StillPreparing
    report = verify(credential.signed.encode(), resolver=issuer.local_documents(session), now=now)
    text = read_badge(report.credential)
    achievement = session.get_one(Achievement, credential.achievement_id)
    profile = session.get_one(IssuerProfile, credential.profile_id)
    design = design_of(session, achievement)
    words = words_of(session, achievement, text, language)
    return BadgePage(
        credential_id=credential.id,
        achievement_id=achievement.id,
        signed=credential.signed,
        signed_name=text.name,
        verdict=_verdict(credential, report),
        checks=report.checks,
        checked_at=now,
        holder=text.holder or credential.recipient_name,
        title=words.title,
        rank=text.rank,
        steps=words.steps,
        behaviours=words.behaviours,
        dimension=design.dimension,
        image_words=alt_text(design),
        how=how_seen(session, credential.claim_id),
        issuer=IssuerCard(
            name=text.issuer_name,
            description=text.issuer_description,
            email=text.issuer_email,
            url=text.issuer_url,
            identity=text.issuer_id,
            path=f"/issuers/{profile.slug}",
        ),
        awarded=text.awarded or credential.reserved_at,
        expires=text.expires,
        revoked_at=credential.revoked_at,
        references=text.references,
        language=achievement.language,
        translated=language != achievement.language,
        design=design,
    )


def _verdict(credential: Credential, report: Report) -> Verdict:
    """Ask the ledger first: it knows at once what the status list says a moment later."""
    if credential.revoked_at is not None:
        return Verdict.REVOKED
    if credential.suspended_at is not None and report.verdict is not Verdict.INVALID:
        return Verdict.SUSPENDED
    return report.verdict


def words_of(session: Session, achievement: Achievement, text: BadgeText, language: str) -> Words:
    """Return the signed words, or in another language those of the same frozen framework version."""
    framework, skill = framework_skill(session, achievement)
    if language == achievement.language and text.criteria:
        return Words(text_in(skill.label, language), text.criteria, text.steps)
    return Words(
        title=text_in(skill.label, language),
        behaviours=tuple(text_in(item.text, language) for item in skill.at(achievement.level).behaviours),
        steps=tuple(
            Step(text_in(level.label, language), text_in(level.definition, language))
            for level in framework.levels
        ),
    )


def framework_skill(session: Session, achievement: Achievement) -> tuple[Framework, Skill]:
    """Return the framework version an achievement was built from, and its skill."""
    framework = frameworks.load(session, achievement.framework_version_id)
    return framework, framework.skill(achievement.skill_id)


def design_of(session: Session, achievement: Achievement) -> BadgeDesign:
    """Return what the badge image of `achievement` shows, the same for every holder."""
    _, skill = framework_skill(session, achievement)
    issuer_name = session.scalars(
        select(Structure.public_name)
        .join(IssuerProfile, IssuerProfile.structure_id == Structure.id)
        .where(IssuerProfile.id == achievement.profile_id)
    ).one()
    return BadgeDesign(
        dimension=skill.dimension.id,
        level=achievement.level,
        pictogram=skill.pictogram,
        label=text_in(skill.badge_label, achievement.language),
        skill_label=text_in(skill.label, achievement.language),
        language=achievement.language,
        issuer_name=issuer_name,
    )


def how_seen(session: Session, claim_id: uuid.UUID) -> HowSeen:
    """Return the basis frozen when the claim was approved, without titles, notes or names."""
    basis = recognition.approved(session, claim_id).basis
    return HowSeen(
        observations=basis.observations,
        days=basis.days,
        situations=basis.situations,
        observers=basis.observers,
        first_day=basis.first_day,
        last_day=basis.last_day,
        agreed=basis.agreed >= basis.observations,
        outside_organisation=basis.outside_organisation,
    )
