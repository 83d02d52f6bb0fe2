"""Photos of the work: shown to whoever may read the observation they belong to, and kept nowhere else."""

from uuid import UUID

from flask import Blueprint, Response, make_response

from badges.evidence import queries
from badges.evidence.queries import PhotoPlace
from badges.permissions import Action, require
from badges.recognition.queries_review import in_review_thing
from badges.web import access
from badges.web.access import actor, ports
from badges.web.database import db

bp = Blueprint("photos", __name__)
bp.before_request(access.require_sign_in)


@bp.get("/photos/<uuid:photo_id>")
def show(photo_id: UUID) -> Response:
    """Send one photo to somebody who may read its observation; a reviewer while its claim is in review."""
    place = queries.photo(db.session(), actor().structure_id, photo_id)
    thing = in_review_thing(
        db.session(), ports().clock.now(), place.thing, place.version_id, place.skill_id, place.level
    )
    require(actor(), Action.VIEW_OBSERVATION, thing)
    return photo_response(place)


def photo_response(place: PhotoPlace) -> Response:
    """Return the bytes of a photo with headers that let a browser show it and do nothing else with it."""
    response = make_response(ports().storage.get(place.sha256))
    response.content_type = place.media_type
    response.headers["Content-Disposition"] = f'inline; filename="photo-{place.sha256[:8]}.jpg"'
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return response
