"""What a worker may do with a badge, and the links that carry it further; pure decisions."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final
from urllib.parse import quote, urlencode

from badges.errors import BadgeWithdrawn, KeepFirst
from badges.people.models import NameForm
from badges.sharing.models import HoldingState

CONSENT_TEXT: Final = "2026-11"
"""The version of the words on the consent page; a new wording is a new version."""


class Act(StrEnum):
    """What the worker does with a badge."""

    KEEP = "keep"
    DECLINE = "decline"
    SHOW = "show"
    HIDE = "hide"


class BadgeState(StrEnum):
    """Where a badge stands, in the eyes of its worker."""

    TO_ANSWER = "to-answer"
    PRIVATE = "private"
    PREPARING = "preparing"
    VISIBLE = "visible"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class Held:
    """The facts that decide: the worker's decision, whether the page is open, what the issuer did."""

    state: HoldingState
    shown: bool
    revoked: bool
    sealed: bool = True


@dataclass(frozen=True)
class NewShowing:
    """What the worker agreed to: this badge, under this name, with the words of `language`."""

    credential_id: uuid.UUID
    name_form: NameForm
    language: str
    pseudonym: str = ""
    channel: str = "page"


def after(held: Held, act: Act) -> Held:
    """Return what `act` makes of `held`; doing the same twice changes nothing.

    Raises `BadgeWithdrawn` when the issuer took the badge back, `KeepFirst` when it was declined.
    Keeping and declining can be changed at any time; declining also closes the page.
    """
    if act is Act.KEEP:
        return replace(held, state=HoldingState.KEPT)
    if act is Act.DECLINE:
        return replace(held, state=HoldingState.DECLINED, shown=False)
    if act is Act.HIDE:
        return replace(held, shown=False)
    if held.revoked:
        raise BadgeWithdrawn
    if held.state is HoldingState.DECLINED:
        raise KeepFirst
    return replace(held, state=HoldingState.KEPT, shown=True)


def badge_state(held: Held) -> BadgeState:
    """Return the one word for `held` on the worker's shelf."""
    if held.revoked:
        return BadgeState.WITHDRAWN
    if held.state is HoldingState.OFFERED:
        return BadgeState.TO_ANSWER
    if held.state is HoldingState.DECLINED:
        return BadgeState.DECLINED
    if not held.shown:
        return BadgeState.PRIVATE
    return BadgeState.VISIBLE if held.sealed else BadgeState.PREPARING


def badge_path(token: str) -> str:
    """Return the path of the public page of a badge."""
    return f"/b/{token}"


def image_path(achievement_id: uuid.UUID) -> str:
    """Return the path of the image of an achievement, as a drawing."""
    return f"/achievements/{achievement_id}/image.svg"


def linkedin_profile_url(
    *, name: str, organisation: str, issued: datetime, expires: datetime | None, page: str, credential: str
) -> str:
    """Return LinkedIn's “add to profile” address, every value encoded; no end date when there is none."""
    values: dict[str, str] = {
        "startTask": "CERTIFICATION_NAME",
        "name": name,
        "organizationName": organisation,
        "issueYear": str(issued.year),
        "issueMonth": str(issued.month),
    }
    if expires is not None:
        values |= {"expirationYear": str(expires.year), "expirationMonth": str(expires.month)}
    values |= {"certUrl": page, "certId": credential}
    return _address("https://www.linkedin.com/profile/add", values)


def linkedin_share_url(page: str) -> str:
    """Return LinkedIn's address to share a page; its words and picture come from the page itself."""
    return _address("https://www.linkedin.com/sharing/share-offsite/", {"url": page})


def _address(base: str, values: Mapping[str, str]) -> str:
    return f"{base}?{urlencode(values, quote_via=quote, safe='')}"
