"""A claim as those who carry it see it: the worker, their supervisor, tutor and coach."""

from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from badges.errors import BadgesError
from badges.issuer import service as issuer
from badges.recognition import queries_review, service
from badges.recognition.queries_review import ClaimView
from badges.recognition.rules import Step
from badges.web import access
from badges.web.access import actor, ports
from badges.web.claims.drawings import drawing_response
from badges.web.claims.forms import AppealForm, AskForm, InterviewForm
from badges.web.database import db
from badges.web.errors import say, status_of
from badges.web.forms import FormFault, FormState, read
from badges.web.i18n import language

bp = Blueprint("claims", __name__)
bp.before_request(access.require_sign_in)


@bp.post("/claims")
def ask() -> ResponseReturnValue:
    """Open a claim and, when the rule allows it, ask for its review in the same gesture."""
    asked = read(AskForm)
    claim_id = service.open_claim(db.session(), ports().clock, actor(), **asked)
    view = _view(claim_id)
    if Step.SUBMIT in view.steps and view.proposal.ready and not view.proposal.paused:
        return submit(claim_id)
    return _to(claim_id)


@bp.post("/claims/renew/<uuid:credential_id>")
def renew(credential_id: UUID) -> ResponseReturnValue:
    """Ask for a badge again whose end is near: open its next claim."""
    claim_id = issuer.renew(db.session(), ports().clock, actor(), credential_id)
    flash(gettext("Noted. What was seen since the last badge counts for the next one."), "ok")
    return _to(claim_id)


@bp.get("/claims/<uuid:claim_id>")
def claim(claim_id: UUID) -> ResponseReturnValue:
    """Show what is there, what is needed, what was decided and why."""
    return render_template("recognition/claim.html", view=_view(claim_id), form=FormState())


@bp.post("/claims/<uuid:claim_id>/submit")
def submit(claim_id: UUID) -> ResponseReturnValue:
    """Ask for the review."""
    service.submit(db.session(), ports().clock, actor(), claim_id)
    flash(gettext("Sent. A reviewer will look at it."), "ok")
    return _to(claim_id)


@bp.post("/claims/<uuid:claim_id>/withdraw")
def withdraw(claim_id: UUID) -> ResponseReturnValue:
    """Take one's own request back."""
    service.withdraw(db.session(), ports().clock, actor(), claim_id)
    flash(gettext("Withdrawn. What was seen stays with you, and you can ask again."), "ok")
    return _to(claim_id)


@bp.post("/claims/<uuid:claim_id>/appeal")
def appeal(claim_id: UUID) -> ResponseReturnValue:
    """Ask a second reviewer."""
    try:
        said = read(AppealForm)
    except FormFault as fault:
        return render_template("recognition/claim.html", view=_view(claim_id), form=fault.state), 422
    service.appeal(db.session(), ports().clock, actor(), claim_id, said["comment"])
    flash(gettext("Sent. Someone else will look at it."), "ok")
    return _to(claim_id)


@bp.post("/claims/<uuid:claim_id>/interview")
def interview(claim_id: UUID) -> ResponseReturnValue:
    """Note the day of the interview."""
    try:
        noted = read(InterviewForm)
        service.record_interview(db.session(), ports().clock, actor(), claim_id, noted["day"])
    except FormFault as fault:
        return render_template("recognition/claim.html", view=_view(claim_id), form=fault.state), 422
    except BadgesError as error:
        state = FormState(errors={"day": [say(error)]})
        return render_template("recognition/claim.html", view=_view(claim_id), form=state), status_of(error)
    flash(gettext("The day of the interview is noted."), "ok")
    return _to(claim_id)


@bp.get("/drawings/<uuid:version_id>/<skill_id>-<level>.svg")
def drawing(version_id: UUID, skill_id: str, level: str) -> Response:
    """Draw the mark of a skill at a level."""
    return drawing_response(version_id, skill_id, level)


def _view(claim_id: UUID) -> ClaimView:
    return queries_review.claim_view(db.session(), ports().clock, actor(), claim_id, language())


def _to(claim_id: UUID) -> ResponseReturnValue:
    return redirect(url_for("claims.claim", claim_id=claim_id), code=303)
