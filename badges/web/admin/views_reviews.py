"""Requests that wait for a decision, and inviting a reviewer from outside when nobody inside can decide."""

from uuid import UUID

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from badges.errors import NotFound
from badges.recognition import queries_review, service_invitations
from badges.recognition.queries_review import Waiting
from badges.web.access import actor, ports
from badges.web.admin.blueprint import bp
from badges.web.admin.forms_reviews import InviteForm
from badges.web.database import db
from badges.web.forms import FormFault, FormState, read
from badges.web.i18n import language


@bp.get("/reviews")
def reviews() -> ResponseReturnValue:
    """Show what waits for a decision: who and which skill, never what was seen."""
    return render_template("admin/reviews.html", waiting=_waiting())


@bp.get("/reviews/<uuid:claim_id>/invite")
def invite(claim_id: UUID) -> ResponseReturnValue:
    """Ask who comes from outside."""
    return render_template("admin/invite.html", waiting=_one(claim_id), form=FormState(), link="")


@bp.post("/reviews/<uuid:claim_id>/invite")
def send_invitation(claim_id: UUID) -> ResponseReturnValue:
    """Make the link and show it once: it is not kept."""
    one = _one(claim_id)
    try:
        guest = read(InviteForm)
    except FormFault as fault:
        return render_template("admin/invite.html", waiting=one, form=fault.state, link=""), 422
    token = service_invitations.invite_reviewer(
        db.session(), ports().clock, actor(), claim_id, guest["name"], guest["organisation"]
    )
    link = ports().settings.base_url + url_for("invited.claim", token=token)
    return render_template("admin/invite.html", waiting=one, form=FormState(values=guest), link=link)


def _waiting() -> tuple[Waiting, ...]:
    return queries_review.waiting(db.session(), ports().clock, actor(), language())


def _one(claim_id: UUID) -> Waiting:
    for one in _waiting():
        if one.about.claim_id == claim_id:
            return one
    raise NotFound
