"""The coach: the workers followed, one worker's progress, and the talks to close."""

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from badges.errors import NotFound
from badges.evidence import queries as evidence
from badges.evidence import service as evidence_service
from badges.issuer.queries_validity import ending
from badges.people.queries import WorkerTile, workers_in_charge
from badges.recognition.queries_progress import followed, progress
from badges.web import access
from badges.web.access import actor, ports
from badges.web.coach.forms import TalkForm
from badges.web.database import db
from badges.web.forms import read
from badges.web.i18n import language
from badges.web.observation_cards import cards

LATEST = 12

bp = Blueprint("coach", __name__, url_prefix="/coach")
bp.before_request(access.require_coach)


@bp.get("/workers")
def workers() -> ResponseReturnValue:
    """Show the workers followed, with what asks for a hand first."""
    return render_template("coach/workers.html", lines=followed(db.session(), ports().clock, actor()))


@bp.get("/workers/<uuid:worker_id>")
def worker(worker_id: UUID) -> ResponseReturnValue:
    """Show one worker's progress on one page: what is acquired first, then what comes next."""
    lines = progress(db.session(), ports().clock, actor(), worker_id, language())
    seen = evidence.of_worker(db.session(), actor(), worker_id)
    return render_template(
        "coach/worker.html",
        worker=_tile(worker_id),
        lines=lines,
        endings=ending(db.session(), actor(), ports().clock.now(), worker_id, language()),
        cards=cards(db.session(), seen[:LATEST], language()),
        older=max(0, len(seen) - LATEST),
    )


@bp.get("/talks")
def talks() -> ResponseReturnValue:
    """Show the talks to have, the oldest first."""
    found = evidence.open_talks(db.session(), actor())
    shown = cards(db.session(), tuple(talk.observation for talk in found), language())
    return render_template("coach/talks.html", talks=list(zip(found, shown, strict=True)))


@bp.post("/talks/<uuid:talk_id>")
def close_talk(talk_id: UUID) -> ResponseReturnValue:
    """Note that a talk took place and how it ended."""
    outcome = read(TalkForm)["outcome"]
    evidence_service.close_talk(db.session(), ports().clock, actor(), talk_id, outcome)
    flash(gettext("The talk is closed. What was said stays between you."), "ok")
    return redirect(url_for("coach.talks"), code=303)


def _tile(worker_id: UUID) -> WorkerTile:
    for tile in workers_in_charge(db.session(), actor()):
        if tile.person_id == worker_id:
            return tile
    raise NotFound
