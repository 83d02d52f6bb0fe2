"""The reviewer: the queue, one claim on one screen, and the decision."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from badges.errors import BadgesError, ClaimMoved, ClaimPaused, Conflict, RuleNotMet
from badges.recognition import queries_review, service
from badges.recognition.queries_review import About, ClaimView, QueueItem
from badges.recognition.rules import ClaimState, Step
from badges.web import access
from badges.web.access import actor, ports
from badges.web.claims.deciding import REASONS_OF, decide
from badges.web.claims.deciding import approve as approve_claim
from badges.web.claims.forms import InterviewForm
from badges.web.claims.links import ReviewLinks
from badges.web.database import db
from badges.web.errors import say, status_of
from badges.web.forms import FormFault, FormState, read
from badges.web.i18n import language

TIME_TO_UNDO = timedelta(seconds=10)
NO_TIME = timedelta(0)

bp = Blueprint("reviewer", __name__)
bp.before_request(access.require_reviewer)


@bp.get("/review")
def queue() -> ResponseReturnValue:
    """Show what waits, the oldest first; a wide screen opens the first one beside the list."""
    return _queue_page()


@bp.get("/review/<uuid:claim_id>")
def claim(claim_id: UUID) -> ResponseReturnValue:
    """Show one claim with everything that decides about it."""
    return _claim_page(claim_id)


@bp.post("/review/<uuid:claim_id>/approve")
def approve(claim_id: UUID) -> ResponseReturnValue:
    """Recognise the skill; ten seconds to change one's mind."""
    items = _items()
    about = _about(items, claim_id)
    first_time = about is not None and about.state is ClaimState.SUBMITTED
    try:
        approve_claim(actor(), claim_id, TIME_TO_UNDO if first_time else NO_TIME)
    except (RuleNotMet, ClaimPaused) as error:
        return _claim_page(claim_id, told=say(error)), status_of(error)
    except ClaimMoved as error:
        return _queue_page(told=say(error)), status_of(error)
    name = about.worker_name if about else ""
    text = gettext("Approved for %(name)s. The badge is being made.", name=name)
    undo_url = url_for("reviewer.undo", claim_id=claim_id) if first_time else ""
    message: Any = {"text": text, "undo": undo_url}
    flash(message, "ok")
    return _on(items, claim_id)


@bp.post("/review/<uuid:claim_id>/undo")
def undo(claim_id: UUID) -> ResponseReturnValue:
    """Take one's approval back, while no badge is being made."""
    try:
        service.take_back(db.session(), ports().clock, actor(), claim_id)
    except Conflict as error:
        return _queue_page(told=say(error)), status_of(error)
    flash(gettext("Undone. The request waits for a decision again."), "ok")
    return redirect(url_for("reviewer.claim", claim_id=claim_id), code=303)


@bp.get("/review/<uuid:claim_id>/return")
def return_claim(claim_id: UUID) -> ResponseReturnValue:
    """Choose what is still missing."""
    return _reasons_page(Step.RETURN, claim_id)


@bp.post("/review/<uuid:claim_id>/return")
def send_back(claim_id: UUID) -> ResponseReturnValue:
    """Ask for what is still missing."""
    return _decide(Step.RETURN, claim_id)


@bp.get("/review/<uuid:claim_id>/refuse")
def refuse(claim_id: UUID) -> ResponseReturnValue:
    """Choose why not."""
    return _reasons_page(Step.REFUSE, claim_id)


@bp.post("/review/<uuid:claim_id>/refuse")
def send_refusal(claim_id: UUID) -> ResponseReturnValue:
    """Refuse, saying why."""
    return _decide(Step.REFUSE, claim_id)


@bp.post("/review/<uuid:claim_id>/interview")
def interview(claim_id: UUID) -> ResponseReturnValue:
    """Note the day of the interview."""
    try:
        noted = read(InterviewForm)
        service.record_interview(db.session(), ports().clock, actor(), claim_id, noted["day"])
    except FormFault as fault:
        return _claim_page(claim_id, fault.state), 422
    except BadgesError as error:
        return _claim_page(claim_id, FormState(errors={"day": [say(error)]})), status_of(error)
    flash(gettext("The day of the interview is noted."), "ok")
    return redirect(url_for("reviewer.claim", claim_id=claim_id), code=303)


def _decide(step: Step, claim_id: UUID) -> ResponseReturnValue:
    items = _items()
    about = _about(items, claim_id)
    try:
        decide(step, actor(), claim_id)
    except FormFault as fault:
        return _reasons_page(step, claim_id, fault.state), 422
    except ClaimMoved as error:
        return _queue_page(told=say(error)), status_of(error)
    name = about.worker_name if about else ""
    flash(
        gettext("Sent back to %(name)s with what is missing.", name=name)
        if step is Step.RETURN
        else gettext("Refused. %(name)s can read why.", name=name),
        "ok",
    )
    return _on(items, claim_id)


def _queue_page(told: str = "") -> str:
    items = _items()
    first = _view(items[0].about.claim_id) if items else None
    links = _links(items, first.about.claim_id) if first else None
    return render_template(
        "reviewer/queue.html", items=items, view=first, links=links, told=told, form=FormState(), alone=False
    )


def _claim_page(claim_id: UUID, form: FormState | None = None, told: str = "") -> str:
    items = _items()
    return render_template(
        "reviewer/queue.html",
        items=items,
        view=_view(claim_id),
        links=_links(items, claim_id),
        told=told,
        form=form or FormState(),
        alone=True,
    )


def _reasons_page(step: Step, claim_id: UUID, form: FormState | None = None) -> str:
    return render_template(
        "reviewer/reasons.html",
        step=step,
        reasons=REASONS_OF[step],
        view=_view(claim_id),
        links=_links((), claim_id),
        form=form or FormState(),
    )


def _about(items: tuple[QueueItem, ...], claim_id: UUID) -> About | None:
    return next((item.about for item in items if item.about.claim_id == claim_id), None)


def _items() -> tuple[QueueItem, ...]:
    return queries_review.queue(db.session(), ports().clock, actor(), language())


def _view(claim_id: UUID) -> ClaimView:
    return queries_review.claim_view(db.session(), ports().clock, actor(), claim_id, language())


def _links(items: tuple[QueueItem, ...], claim_id: UUID) -> ReviewLinks:
    ids = [item.about.claim_id for item in items]
    here = ids.index(claim_id) if claim_id in ids else -1
    before = ids[here - 1] if here > 0 else None
    after = ids[here + 1] if 0 <= here < len(ids) - 1 else None
    return ReviewLinks("reviewer", (("claim_id", claim_id),), _address(before), _address(after))


def _on(items: tuple[QueueItem, ...], claim_id: UUID) -> ResponseReturnValue:
    links = _links(items, claim_id)
    return redirect(links.following or links.previous or url_for("reviewer.queue"), code=303)


def _address(claim_id: UUID | None) -> str:
    return url_for("reviewer.claim", claim_id=claim_id) if claim_id else ""
