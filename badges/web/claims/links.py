"""Where the buttons of a review lead: the same screen serves a reviewer of the house and an invited one."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import url_for


@dataclass(frozen=True)
class ReviewLinks:
    """The addresses of one review; `key` is what identifies it in them (a claim, or an invitation)."""

    blueprint: str
    key: tuple[tuple[str, Any], ...]
    previous: str = ""
    following: str = ""

    def to(self, page: str) -> str:
        """Return the address of one page of this review: claim, approve, return_claim, refuse, interview."""
        return url_for(f"{self.blueprint}.{page}", **dict(self.key))

    def photo(self, photo_id: UUID) -> str:
        """Return the address of a photo of the work."""
        if self.blueprint == "invited":
            return url_for("invited.photo", photo_id=photo_id, **dict(self.key))
        return url_for("photos.show", photo_id=photo_id)

    def drawing(self, version_id: UUID, skill_id: str, level: str) -> str:
        """Return the address of the mark of a skill."""
        if self.blueprint == "invited":
            return url_for("invited.drawing", **dict(self.key))
        return url_for("claims.drawing", version_id=version_id, skill_id=skill_id, level=level)
