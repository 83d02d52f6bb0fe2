"""What a credential says, in the parts a person reads; written by strangers, so bounded and never trusted."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import unquote

from badges.openbadges.loads import Document
from badges.openbadges.members import first_object, has_type, identity, listed, objects, text
from badges.openbadges.moments import parse_timestamp

SHORT: Final = 200
LONG: Final = 2_000
MOST: Final = 12
ITEM: Final = re.compile(r"^\s*(?:[-*•]|\d{1,2}[.)])\s+")


@dataclass(frozen=True)
class Reference:
    """A skill of a public framework that the badge is aligned with; its address is shown, never followed."""

    name: str
    framework: str
    address: str


@dataclass(frozen=True)
class Step:
    """One level of the badge's own scale."""

    name: str
    description: str


@dataclass(frozen=True)
class Line:
    """One line of a text, and whether it is an item of a list."""

    text: str
    item: bool


@dataclass(frozen=True)
class BadgeText:
    """The words of one credential. Empty where it says nothing.

    `narrative` are the lines of the criteria, those of a list marked as items (what the person does).
    `rank` is the level reached among `steps`, from 1; 0 when the badge has no levels.
    """

    id: str
    name: str
    description: str
    holder: str
    issuer_id: str
    issuer_name: str
    issuer_description: str
    issuer_url: str
    issuer_email: str
    language: str
    image: str
    image_words: str
    narrative: tuple[Line, ...]
    evidence: tuple[str, ...]
    steps: tuple[Step, ...]
    rank: int
    awarded: datetime | None
    expires: datetime | None
    references: tuple[Reference, ...]
    tags: tuple[str, ...]

    @property
    def criteria(self) -> tuple[str, ...]:
        """The items of the criteria: what the person does."""
        return tuple(line.text for line in self.narrative if line.item)

    @property
    def issuer_site(self) -> str:
        """The host that a did:web or https identity names, or nothing: all a stranger can check."""
        return site_of(self.issuer_id)


def read_badge(credential: Document) -> BadgeText:
    """Return the words of `credential`, a verified or unverified OpenBadgeCredential of any origin."""
    issuer = credential.get("issuer")
    profile = issuer if isinstance(issuer, dict) else {}
    subject = first_object(credential.get("credentialSubject"))
    achievement = first_object(subject.get("achievement"))
    lines = tuple(_lines(first_object(achievement.get("criteria")).get("narrative")))
    image = first_object(achievement.get("image"))
    steps, rank = _level(subject, achievement)
    return BadgeText(
        id=_short(credential.get("id")),
        name=_short(achievement.get("name")) or _short(credential.get("name")),
        description=_long(achievement.get("description")),
        holder=holder_name(subject),
        issuer_id=_short(identity(issuer)),
        issuer_name=_short(profile.get("name")),
        issuer_description=_long(profile.get("description")),
        issuer_url=_short(profile.get("url")),
        issuer_email=_short(profile.get("email")),
        language=_short(achievement.get("inLanguage"))[:12],
        image=text(image.get("id")),
        image_words=_short(image.get("caption")),
        narrative=tuple(Line(ITEM.sub("", line), ITEM.match(line) is not None) for line in lines),
        evidence=tuple(_evidence(credential)),
        steps=steps,
        rank=rank,
        awarded=_moment(credential, "awardedDate", "validFrom", "issuanceDate"),
        expires=_moment(credential, "validUntil", "expirationDate"),
        references=tuple(_references(achievement)),
        tags=tuple(_short(tag) for tag in listed(achievement.get("tag"))[:MOST] if text(tag)),
    )


def holder_name(subject: Document) -> str:
    """Return the name the subject carries in clear, or nothing (IdentityObject, OB 3.0 B.1.10)."""
    for item in objects(subject.get("identifier")):
        if item.get("identityType") == "name" and item.get("hashed") is False:
            return _short(item.get("identityHash"))
    return ""


def site_of(issuer: str) -> str:
    """Return the host named by a did:web or https identity, or nothing."""
    if issuer.startswith("did:web:"):
        return unquote(issuer.split(":")[2])
    found = re.match(r"https://([^/?#@\s]+)", issuer)
    return found[1] if found else ""


def _level(subject: Document, achievement: Document) -> tuple[tuple[Step, ...], int]:
    reached = {text(result.get("achievedLevel")) for result in objects(subject.get("result"))} - {""}
    for rubric in objects(achievement.get("resultDescription")):
        levels = objects(rubric.get("rubricCriterionLevel"))[:MOST]
        ids = [identity(level) for level in levels]
        rank = next((place for place, name in enumerate(ids, 1) if name in reached), 0)
        if rank:
            steps = (Step(_short(level.get("name")), _short(level.get("description"))) for level in levels)
            return tuple(steps), rank
    return (), 0


def _evidence(credential: Document) -> Iterator[str]:
    for item in objects(credential.get("evidence"))[:MOST]:
        yield from _lines(item.get("narrative") or item.get("description") or item.get("name"))


def _references(achievement: Document) -> Iterator[Reference]:
    for item in objects(achievement.get("alignment"))[:MOST]:
        if has_type(item, "Alignment"):
            yield Reference(
                _short(item.get("targetName")),
                _short(item.get("targetFramework")),
                _short(item.get("targetUrl")),
            )


def _moment(credential: Document, *names: str) -> datetime | None:
    return next((found for name in names if (found := parse_timestamp(credential.get(name)))), None)


def _lines(value: object) -> Iterator[str]:
    for line in text(value)[:LONG].splitlines()[: 2 * MOST]:
        if line.strip():
            yield line.strip()


def _short(value: object) -> str:
    return " ".join(text(value)[: SHORT + 1].split())[:SHORT]


def _long(value: object) -> str:
    return text(value)[:LONG].strip()
