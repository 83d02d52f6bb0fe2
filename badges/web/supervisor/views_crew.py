"""My crew: who is in it, what was seen of each, and the situations of the last days."""

from uuid import UUID

from flask import render_template
from flask.typing import ResponseReturnValue

from badges.clock import today
from badges.evidence import queries, queries_crew
from badges.recognition.queries_progress import progress
from badges.web.access import actor, ports
from badges.web.database import db
from badges.web.i18n import language
from badges.web.observation_cards import cards
from badges.web.supervisor.blueprint import bp


@bp.get("/crew")
def crew() -> ResponseReturnValue:
    """Show the workers in charge as tiles, and where to go on noting."""
    tiles = queries_crew.crew(db.session(), ports().clock, actor())
    situations = queries_crew.recent_situations(db.session(), actor())
    return render_template(
        "supervisor/crew.html", tiles=tiles, situations=situations, today=today(ports().clock)
    )


@bp.get("/workers/<uuid:worker_id>")
def worker(worker_id: UUID) -> ResponseReturnValue:
    """Show where one worker in charge stands, then everything noted, newest first."""
    found = queries.of_worker(db.session(), actor(), worker_id)
    return render_template(
        "supervisor/worker.html",
        person=queries_crew.worker(db.session(), actor(), worker_id),
        lines=progress(db.session(), ports().clock, actor(), worker_id, language()),
        cards=cards(db.session(), found, language()),
    )
