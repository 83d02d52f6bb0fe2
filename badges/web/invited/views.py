"""The outside reviewer: one claim, reached by a secret link, read and decided without an account."""

from uuid import UUID

from flask import Blueprint, Response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from badges.errors import Conflict, Forbidden
from badges.evidence import queries as evidence
from badges.permissions import Action, require
from badges.recognition import queries_review, service_invitations
from badges.recognition.queries_review import ClaimView
from badges.recognition.rules import IN_REVIEW, Step
from badges.recognition.service_invitations import Invited
from badges.web import access
from badges.web.access import ports
from badges.web.claims.deciding import REASONS_OF, decide
from badges.web.claims.deciding import approve as approve_claim
from badges.web.claims.drawings import drawing_response
from badges.web.claims.links import ReviewLinks
from badges.web.database import db
from badges.web.errors import say, status_of
from badges.web.forms import FormFault, FormState
from badges.web.i18n import language
from badges.web.photos import photo_response

bp = Blueprint("invited", __name__, url_prefix="/invited/<token>")
bp.before_request(access.allow_anyone_with_cookie)


@bp.get("")
def claim(token: str) -> ResponseReturnValue:
    """Show the claim, or that it is not the moment to decide."""
    return _claim_page(token)


@bp.post("/approve")
def approve(token: str) -> ResponseReturnValue:
    """Recognise the skill; the link is then spent."""
    guest = _guest(token)
    try:
        approve_claim(guest.actor, guest.claim_id)
    except Conflict as error:
        return _claim_page(token, told=say(error)), status_of(error)
    return _thanks(token)


@bp.get("/return")
def return_claim(token: str) -> ResponseReturnValue:
    """Choose what is still missing."""
    return _reasons_page(Step.RETURN, token)


@bp.post("/return")
def send_back(token: str) -> ResponseReturnValue:
    """Ask for what is still missing; the link serves again when the claim comes back."""
    return _decide(Step.RETURN, token)


@bp.get("/refuse")
def refuse(token: str) -> ResponseReturnValue:
    """Choose why not."""
    return _reasons_page(Step.REFUSE, token)


@bp.post("/refuse")
def send_refusal(token: str) -> ResponseReturnValue:
    """Refuse, saying why; the link is then spent."""
    return _decide(Step.REFUSE, token)


@bp.get("/drawing.svg")
def drawing(token: str) -> Response:
    """Draw the mark of the skill."""
    about = _view(_guest(token)).about
    return drawing_response(about.framework_version_id, about.skill_id, about.level)


@bp.get("/photos/<uuid:photo_id>")
def photo(token: str, photo_id: UUID) -> Response:
    """Send one photo of this claim."""
    guest = _guest(token)
    place = evidence.photo(db.session(), guest.structure_id, photo_id)
    thing = queries_review.in_review_thing(
        db.session(), ports().clock.now(), place.thing, place.version_id, place.skill_id, place.level
    )
    require(guest.actor, Action.VIEW_OBSERVATION, thing)
    return photo_response(place)


def _decide(step: Step, token: str) -> ResponseReturnValue:
    guest = _guest(token)
    try:
        decide(step, guest.actor, guest.claim_id)
    except FormFault as fault:
        return _reasons_page(step, token, fault.state), 422
    except Conflict as error:
        return _claim_page(token, told=say(error)), status_of(error)
    return _thanks(token)


@bp.get("/done")
def done(token: str) -> ResponseReturnValue:
    """Thank the reviewer; this page says nothing of the claim, so the spent link may stand in its address."""
    return render_template("invited/done.html", token=token)


def _thanks(token: str) -> ResponseReturnValue:
    return redirect(url_for("invited.done", token=token), code=303)


def _claim_page(token: str, told: str = "") -> str:
    guest = _guest(token)
    if guest.state not in IN_REVIEW:
        return render_template("invited/wait.html", guest=guest, structure_name=guest.structure_name)
    return render_template(
        "invited/claim.html",
        guest=guest,
        structure_name=guest.structure_name,
        view=_view(guest),
        links=_links(token),
        told=told,
        form=FormState(),
    )


def _reasons_page(step: Step, token: str, form: FormState | None = None) -> str:
    guest = _guest(token)
    return render_template(
        "reviewer/reasons.html",
        structure_name=guest.structure_name,
        step=step,
        reasons=REASONS_OF[step],
        view=_view(guest),
        links=_links(token),
        form=form or FormState(),
    )


def _guest(token: str) -> Invited:
    """Return who came by the link. Raises `InvitationEnded`, `Forbidden` to people of the structure itself.

    The badge will say that somebody from outside decided; whoever made the link is known to be inside.
    """
    guest = service_invitations.invited(db.session(), ports().clock, token)
    who = access.signed_in()
    if who and guest.structure_id in {structure_id for structure_id, _ in who.structures}:
        raise Forbidden
    return guest


def _view(guest: Invited) -> ClaimView:
    return queries_review.claim_view(db.session(), ports().clock, guest.actor, guest.claim_id, language())


def _links(token: str) -> ReviewLinks:
    return ReviewLinks("invited", (("token", token),))
