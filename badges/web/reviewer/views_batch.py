"""Several requests approved in one gesture: ticked, read once more by name, approved, undone if need be."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from badges.errors import NotFound
from badges.recognition import queries_batch, queries_review, service_batch
from badges.recognition.queries_review import About
from badges.recognition.service_batch import Choice, Missed, Outcome
from badges.web.access import actor, ports
from badges.web.claims.forms import NOTHING_TICKED, BatchForm
from badges.web.database import db
from badges.web.errors import say, status_of
from badges.web.forms import FormFault, read
from badges.web.i18n import language
from badges.web.reviewer.views import TIME_TO_UNDO, bp

MISSED = "missed"  # the name of a session entry
NAMED = 12
"""How many missed requests are told by name: they travel in a cookie."""


@bp.get("/review/batch")
def batch() -> ResponseReturnValue:
    """Show what can be ticked, and what is read alone and why."""
    return _page()


@bp.post("/review/batch/check")
def check_batch() -> ResponseReturnValue:
    """Show by name what is about to be approved; nothing is decided yet."""
    try:
        choices: list[Choice] = read(BatchForm)["choice"]
    except FormFault:
        return _page(str(NOTHING_TICKED)), 422
    abouts = _abouts(choice.claim_id for choice in choices)
    return render_template("reviewer/batch_check.html", choices=choices, groups=_by_skill(abouts))


@bp.post("/review/batch")
def approve_batch() -> ResponseReturnValue:
    """Approve each; the page that follows says which, and lets all or one be undone for a moment."""
    try:
        choices: list[Choice] = read(BatchForm)["choice"]
    except FormFault:
        return _page(str(NOTHING_TICKED)), 422
    outcome = service_batch.approve_many(db.session(), ports().clock, actor(), choices, TIME_TO_UNDO)
    missed = _named(outcome.missed)
    if not outcome.done:
        return _page(missed=missed), status_of(outcome.missed[0].error)
    session[MISSED] = missed
    return redirect(_done_url(outcome), code=303)


@bp.get("/review/batch/done")
def batch_done() -> ResponseReturnValue:
    """Show what was approved at one moment, with the way back while there is one."""
    at = _moment()
    left = at + TIME_TO_UNDO - ports().clock.now()
    abouts = queries_batch.approved_at(db.session(), actor(), at, language())
    return render_template(
        "reviewer/batch_done.html",
        abouts=abouts,
        at=at.isoformat(),
        seconds=max(0, int(left / timedelta(seconds=1))),
        missed=session.pop(MISSED, ()),
    )


@bp.post("/review/batch/undo")
def undo_batch() -> ResponseReturnValue:
    """Take back all that was approved at one moment, each while no badge is being made of it."""
    abouts = queries_batch.approved_at(db.session(), actor(), _moment(), language())
    outcome = service_batch.take_back_many(
        db.session(), ports().clock, actor(), [about.claim_id for about in abouts]
    )
    if outcome.done:
        text = ngettext(
            "Undone. %(num)d request waits for a decision again.",
            "Undone. %(num)d requests wait for a decision again.",
            len(outcome.done),
        )
        flash(text, "ok")
    if outcome.missed or not outcome.done:
        return _page(gettext("It is too late to undo: the badge is being made."), _named(outcome.missed)), 409
    return redirect(url_for("reviewer.batch"), code=303)


def _page(told: str = "", missed: Sequence[dict[str, Any]] = ()) -> str:
    items = queries_review.queue(db.session(), ports().clock, actor(), language())
    ready = [item for item in items if item.hindrance is None]
    return render_template(
        "reviewer/batch.html",
        ready=ready[: service_batch.MOST_AT_ONCE],
        more=len(ready[service_batch.MOST_AT_ONCE :]),
        alone=[item for item in items if item.hindrance],
        told=told,
        missed=missed,
    )


def _abouts(claim_ids: Iterable[UUID]) -> tuple[About, ...]:
    return queries_batch.ticked(db.session(), actor(), list(claim_ids), language())


def _by_skill(abouts: Sequence[About]) -> list[tuple[About, list[About]]]:
    """Put those of one skill and level together: what is recognised, then for whom."""
    ordered = sorted(abouts, key=lambda about: (about.skill, about.rank, about.worker_name))
    groups = [list(group) for _, group in groupby(ordered, key=lambda about: (about.skill, about.rank))]
    return [(group[0], group) for group in groups]


def _named(missed: Sequence[Missed]) -> list[dict[str, Any]]:
    """Say of each request that stays as it is whose it is, what for and why."""
    why = {one.claim_id: say(one.error) for one in missed}
    return [
        {"name": about.worker_name, "skill": about.skill, "rank": about.rank, "why": why[about.claim_id]}
        for about in _abouts(why)[:NAMED]
    ]


def _moment() -> datetime:
    """Return the moment that the address or the form names. Raises `NotFound` when it is none."""
    try:
        at = datetime.fromisoformat(request.values.get("at", ""))
    except ValueError as error:
        raise NotFound from error
    if at.tzinfo is None:
        raise NotFound
    return at


def _done_url(outcome: Outcome) -> str:
    return url_for("reviewer.batch_done", at=outcome.at.isoformat())
