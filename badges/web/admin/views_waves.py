"""Issuing in waves for administrators: what waits, how far a wave is, stopping it and going on."""

from typing import Any
from uuid import UUID

from flask import flash, jsonify, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from badges.errors import NothingToIssue
from badges.issuer import queries_waiting, queries_waves, service_waves
from badges.issuer.models import WaveState
from badges.issuer.queries_waves import WaveProgress
from badges.issuer.rules_blocked import cause_of
from badges.web.access import actor, ports
from badges.web.admin.blueprint import bp
from badges.web.admin.forms_issuer import WaveForm
from badges.web.database import db
from badges.web.errors import say, status_of
from badges.web.forms import read
from badges.web.i18n import language


@bp.get("/waves")
def waves() -> ResponseReturnValue:
    """Show what waits to be issued, and the waves so far."""
    return _waves_page()


@bp.post("/waves")
def start_wave() -> ResponseReturnValue:
    """Issue all that waits; the form names the wave, so that sending it again starts nothing new."""
    wave_id = read(WaveForm)["wave_id"]
    try:
        service_waves.start(db.session(), ports().clock, actor(), wave_id)
    except NothingToIssue as error:
        return _waves_page(say(error)), status_of(error)
    return redirect(url_for("admin.wave", wave_id=wave_id), code=303)


@bp.get("/waves/<uuid:wave_id>")
def wave(wave_id: UUID) -> ResponseReturnValue:
    """Show how far a wave is, what it could not issue, and what can be done."""
    progress = queries_waves.progress(db.session(), actor(), wave_id)
    faults = [(failure, cause_of(failure.reason)) for failure in progress.failures]
    return render_template("admin/wave.html", wave=progress, words=words_of(progress), faults=faults)


@bp.get("/waves/<uuid:wave_id>/progress")
def wave_progress(wave_id: UUID) -> ResponseReturnValue:
    """Send how far a wave is, for the page that watches it."""
    progress = queries_waves.progress(db.session(), actor(), wave_id)
    told: dict[str, Any] = {
        "state": progress.state.value,
        "total": progress.total,
        "sealed": progress.sealed,
        "blocked": progress.blocked,
        "percent": progress.percent,
        "words": words_of(progress),
    }
    return jsonify(told)


@bp.post("/waves/<uuid:wave_id>/cancel")
def cancel_wave(wave_id: UUID) -> ResponseReturnValue:
    """Stop a wave; what is signed stays."""
    service_waves.cancel(db.session(), ports().clock, actor(), wave_id)
    return redirect(url_for("admin.wave", wave_id=wave_id), code=303)


@bp.post("/waves/<uuid:wave_id>/resume")
def resume_wave(wave_id: UUID) -> ResponseReturnValue:
    """Go on with a wave that was stopped."""
    resumed = service_waves.resume(db.session(), ports().clock, actor(), wave_id)
    if resumed.state is WaveState.FINISHED:
        flash(gettext("Nothing of this wave was left to issue."), "ok")
    return redirect(url_for("admin.wave", wave_id=wave_id), code=303)


def words_of(progress: WaveProgress) -> str:
    """Say in one sentence how far a wave is."""
    signed = ngettext(
        "%(sealed)s of %(num)s badge signed", "%(sealed)s of %(num)s badges signed", progress.total,
        sealed=progress.sealed,
    )  # fmt: skip
    if not progress.blocked:
        return f"{signed}."
    held = ngettext("%(num)s held back", "%(num)s held back", progress.blocked)
    return f"{signed}, {held}."


def _waves_page(told: str = "") -> str:
    session, who = db.session(), actor()
    return render_template(
        "admin/waves.html",
        habit=queries_waiting.habit(session, who),
        groups=queries_waiting.waiting_groups(session, who, language()),
        waiting=queries_waves.waiting(session, who),
        waves=queries_waves.waves_of(session, who),
        wave_id=ports().clock.new_id(),
        told=told,
    )
