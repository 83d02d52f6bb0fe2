"""The picture of a skill at a level before any badge exists: the mark that the badge will bear."""

from uuid import UUID

from flask import Response, make_response

from badges.frameworks import queries as frameworks
from badges.frameworks.rules import text_in
from badges.issuer.artwork import BadgeDesign
from badges.web.access import ports
from badges.web.database import db
from badges.web.i18n import language

KEPT_SECONDS = 24 * 3600


def drawing_response(version_id: UUID, skill_id: str, level: str) -> Response:
    """Return the mark of a skill at a level as SVG. Raises `NotFound` or `UnknownSkill`."""
    framework = frameworks.load(db.session(), version_id)
    skill = framework.skill(skill_id)
    skill.at(level)
    design = BadgeDesign(
        dimension=skill.dimension.id,
        level=level,
        pictogram=skill.pictogram,
        label=text_in(skill.badge_label, language()),
        skill_label=text_in(skill.label, language()),
        language=language(),
        issuer_name="",
    )
    response = make_response(ports().artwork.mark_svg(design))
    response.content_type = "image/svg+xml"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cache-Control"] = f"private, max-age={KEPT_SECONDS}"
    return response
