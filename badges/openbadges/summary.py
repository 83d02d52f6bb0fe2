"""What a page shows of a credential: a few short texts and safe addresses, whoever wrote it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from badges.errors import BadDid
from badges.openbadges.did import did_web_address
from badges.openbadges.loads import Document
from badges.openbadges.members import first_object, identity, listed, objects, text
from badges.openbadges.moments import parse_timestamp

SHORT: Final = 200
LONG: Final = 4_000
MAX_ITEMS: Final = 20
# Control characters, and the marks that make a text read in another order than it is written.
INVISIBLE: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
SAFE_IMAGE: Final = re.compile(r"data:image/(png|jpeg);base64,[A-Za-z0-9+/=]+")


@dataclass(frozen=True)
class Alignment:
    """A skill of a public reference: its name there, and its address when that is a web address."""

    name: str
    framework: str
    url: str


@dataclass(frozen=True)
class Evidence:
    """How it was seen, in the issuer's words."""

    name: str
    narrative: str
    url: str


@dataclass(frozen=True)
class Summary:
    """The displayed side of one credential; empty texts and None for what it does not say.

    `issuer_host` is the web host behind the issuer's identity: the only part nobody can make up.
    """

    id: str
    name: str
    description: str
    recipient: str
    issuer_name: str
    issuer_id: str
    issuer_host: str
    issuer_url: str
    achievement_id: str
    level: str
    levels: tuple[str, ...]
    criteria: str
    criteria_url: str
    language: str
    image_url: str
    tags: tuple[str, ...]
    alignments: tuple[Alignment, ...]
    evidence: tuple[Evidence, ...]
    awarded: datetime | None
    valid_from: datetime | None
    valid_until: datetime | None


def summary(credential: Document) -> Summary:
    """Return what may be shown of `credential`: texts cut and cleaned, addresses http(s) only."""
    subject = first_object(credential.get("credentialSubject"))
    achievement = first_object(subject.get("achievement"))
    issuer = first_object(credential.get("issuer"))
    criteria = first_object(achievement.get("criteria"))
    levels = _levels(achievement)
    return Summary(
        id=_short(credential.get("id")),
        name=_short(achievement.get("name")) or _short(credential.get("name")),
        description=_long(achievement.get("description")),
        recipient=_recipient(subject),
        issuer_name=_short(issuer.get("name")),
        issuer_id=_short(identity(credential.get("issuer"))),
        issuer_host=_host(identity(credential.get("issuer"))),
        issuer_url=_address(issuer.get("url")),
        achievement_id=_short(achievement.get("id")),
        level=_level(subject, levels),
        levels=tuple(levels.values()),
        criteria=_long(criteria.get("narrative")),
        criteria_url=_address(criteria.get("id")),
        language=_short(achievement.get("inLanguage")),
        image_url=_image(achievement.get("image")),
        tags=tuple(filter(None, map(_short, listed(achievement.get("tag"))[:MAX_ITEMS]))),
        alignments=tuple(map(_alignment, _some(achievement.get("alignment")))),
        evidence=tuple(map(_evidence, _some(credential.get("evidence")))),
        awarded=parse_timestamp(credential.get("awardedDate")),
        valid_from=parse_timestamp(credential.get("validFrom", credential.get("issuanceDate"))),
        valid_until=parse_timestamp(credential.get("validUntil", credential.get("expirationDate"))),
    )


def _levels(achievement: Document) -> dict[str, str]:
    rubrics = _some(achievement.get("resultDescription"))
    levels = [level for rubric in rubrics for level in _some(rubric.get("rubricCriterionLevel"))]
    return {text(level.get("id")): _short(level.get("name")) for level in levels}


def _level(subject: Document, levels: dict[str, str]) -> str:
    for result in _some(subject.get("result")):
        achieved = text(result.get("achievedLevel"))
        if achieved in levels:
            return levels[achieved]
    return ""


def _recipient(subject: Document) -> str:
    names = (item for item in _some(subject.get("identifier")) if item.get("identityType") == "name")
    plain = next((item for item in names if item.get("hashed") is False), {})
    return _short(plain.get("identityHash")) or _short(subject.get("name"))


def _alignment(item: Document) -> Alignment:
    return Alignment(
        _short(item.get("targetName")), _short(item.get("targetFramework")), _address(item.get("targetUrl"))
    )


def _evidence(item: Document) -> Evidence:
    return Evidence(_short(item.get("name")), _long(item.get("narrative")), _address(item.get("id")))


def _some(value: object) -> Iterable[Document]:
    return objects(value)[:MAX_ITEMS]


def _image(value: object) -> str:
    found = identity(value)
    return found if SAFE_IMAGE.fullmatch(found) else _address(found)


def _address(value: object) -> str:
    address = text(value)
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    safe = parts.scheme in ("http", "https") and parts.netloc and "@" not in parts.netloc
    return address if safe and len(address) < LONG and not INVISIBLE.search(address) else ""


def _host(issuer: str) -> str:
    try:
        return urlsplit(did_web_address(issuer) if issuer.startswith("did:web:") else issuer).netloc
    except (BadDid, ValueError):
        return ""


def _short(value: object) -> str:
    return _clean(value, SHORT)


def _long(value: object) -> str:
    return _clean(value, LONG)


def _clean(value: object, limit: int) -> str:
    cleaned = INVISIBLE.sub("", text(value)).strip()
    return cleaned if len(cleaned) <= limit else cleaned[: limit - 1] + "…"
