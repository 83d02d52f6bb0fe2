"""The files of a badge: the signed document, the same inside a picture, the card for social networks."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy.orm import Session

from badges.errors import StillPreparing
from badges.frameworks.rules import text_in
from badges.issuer.models import Achievement, Credential
from badges.openbadges.bake import bake
from badges.sharing.card import CardSpec
from badges.sharing.card_png import card_png
from badges.sharing.queries import BadgePage, design_of, framework_skill

MEDIA_TYPES: Final = {
    "json": "application/vc+ld+json",
    "png": "image/png",
    "svg": "image/svg+xml",
    "jwt": "text/plain",
}


@dataclass(frozen=True)
class BadgeFile:
    """Bytes to download, with their media type and a name without any personal word in it."""

    name: str
    media_type: str
    body: bytes


def badge_file(session: Session, credential: Credential, kind: str) -> BadgeFile:
    """Return the signed document as `kind`: "json", or baked into the "png" or "svg" picture (OB 3.0, 5.3).

    Baked on each download, so that the file always carries the edition in force. Raises `StillPreparing`.
    """
    if credential.signed is None:
        raise StillPreparing
    achievement = session.get_one(Achievement, credential.achievement_id)
    signed = credential.signed.encode()
    pictures = {"png": achievement.image_png, "svg": achievement.image_svg.encode()}
    body = signed if kind == "json" else bake(pictures[kind], signed)
    return BadgeFile(_name(session, achievement, kind), MEDIA_TYPES[kind], body)


def token_file(session: Session, credential: Credential, token: str) -> BadgeFile:
    """Return `token`, the VC-JWT of a credential, as a file (OB 3.0, 5.3)."""
    achievement = session.get_one(Achievement, credential.achievement_id)
    return BadgeFile(_name(session, achievement, "jwt"), MEDIA_TYPES["jwt"], token.encode())


def card_file(session: Session, credential: Credential, page: BadgePage, address: str) -> bytes:
    """Return the 1200 x 627 PNG that social networks show, in the language that was signed."""
    achievement = session.get_one(Achievement, credential.achievement_id)
    framework, skill = framework_skill(session, achievement)
    language = achievement.language
    return card_png(
        CardSpec(
            design=design_of(session, achievement),
            holder_name=page.holder,
            level_label=text_in(framework.level(achievement.level).label, language),
            behaviours=tuple(text_in(item.text, language) for item in skill.at(achievement.level).behaviours),
            address=address.partition("://")[2],
        )
    )


def _name(session: Session, achievement: Achievement, kind: str) -> str:
    _, skill = framework_skill(session, achievement)
    return f"badge-{skill.slug}-{achievement.level}.{kind}"
