"""Noting what was seen: two sentences to answer, a fact and photos if wanted, saved once if sent twice."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from badges.errors import AlreadyCorrected, BadgesError, InvalidInput, NotFound, TooLarge, TooMany
from badges.evidence import queries, queries_crew, service
from badges.evidence.queries_crew import Choice, CrewTile, SituationView
from badges.evidence.rules import Mark, NewObservation
from badges.evidence.rules_words import SensitiveWord, sensitive_words
from badges.frameworks import queries as frameworks
from badges.frameworks.rules import text_in
from badges.permissions import Action, require
from badges.web.access import actor, ports
from badges.web.database import db
from badges.web.errors import say
from badges.web.forms import read
from badges.web.i18n import language
from badges.web.observation_cards import icon_of
from badges.web.supervisor import kept_photos
from badges.web.supervisor.blueprint import bp
from badges.web.supervisor.forms import ObservationForm, marks_of

_MENDABLE = (InvalidInput, TooLarge, TooMany)


@dataclass(frozen=True)
class Sheet:
    """What the page shows: for whom, which skill at which level, and what is already answered."""

    situation: SituationView
    entries: tuple[tuple[uuid.UUID, CrewTile], ...]
    choice: Choice
    captured_at: str
    marks: Mapping[str, Mark]
    fact: str = ""
    supersedes_id: uuid.UUID | None = None
    kept: tuple[str, ...] = ()
    words: tuple[SensitiveWord, ...] = ()
    errors: Mapping[str, list[str]] | None = None


@bp.get("/situations/<uuid:situation_id>/observe")
def observe(situation_id: uuid.UUID) -> ResponseReturnValue:
    """Ask what was seen of the persons chosen, for the skill and level chosen."""
    found = queries_crew.situation(db.session(), ports().clock, actor(), situation_id)
    wanted = set(request.args.getlist("who"))
    chosen = [tile for tile in (*found.crew, *found.others) if str(tile.person_id) in wanted]
    if not chosen:
        flash(gettext("Choose at least one person."), "error")
        return redirect(url_for("supervisor.situation", situation_id=situation_id), code=303)
    choice = Choice(_uuid("version"), request.args.get("skill", ""), request.args.get("level", ""))
    entries = tuple((ports().clock.new_id(), tile) for tile in chosen)
    return _page(Sheet(found, entries, choice, ports().clock.now().isoformat(), {}))


@bp.get("/observations/<uuid:observation_id>/correct")
def correct(observation_id: uuid.UUID) -> ResponseReturnValue:
    """Show an observation again to its author, to be said better; the worker sees both."""
    old = queries.observation(db.session(), actor(), observation_id)
    require(actor(), Action.CORRECT_OBSERVATION, queries.thing_of(db.session(), actor(), old))
    found = queries_crew.situation(db.session(), ports().clock, actor(), old.situation_id)
    choice = Choice(old.version_id, old.skill_id, request.args.get("level", old.level))
    entries = ((ports().clock.new_id(), _tile_of(old)),)
    return _page(Sheet(found, entries, choice, old.captured_at.isoformat(), old.marks, old.fact, old.id))


@bp.post("/observations")
def save() -> ResponseReturnValue:
    """Keep what was seen; a word about health or the like is shown once, and the person decides."""
    typed = read(ObservationForm)
    photos = (*kept_photos.opened(typed["kept"]), *kept_photos.received(request.files.getlist("photos")))
    words = () if typed["confirmed"] else sensitive_words(typed["fact"], language())
    if words:
        return _again(typed, photos, words=words)
    news = [_new(typed, entry, photos) for entry in typed["entry"]]
    try:
        ids = service.record_observations(db.session(), ports().clock, ports().storage, actor(), news)
    except _MENDABLE as error:
        return _again(typed, photos, error=error)
    _tell(news, ids)
    return redirect(url_for("supervisor.situation", situation_id=typed["situation_id"]), code=303)


@bp.post("/observations/take-back")
def take_back() -> ResponseReturnValue:
    """Take back what was noted by mistake."""
    ids = _ids()
    situation_id = queries.observation(db.session(), actor(), ids[0]).situation_id
    try:
        service.take_back(db.session(), ports().clock, actor(), ids)
        flash(gettext("Taken back. It does not count any more."), "ok")
    except AlreadyCorrected as error:
        flash(say(error), "error")
    return redirect(url_for("supervisor.situation", situation_id=situation_id), code=303)


def _new(
    typed: Mapping[str, Any], entry: tuple[uuid.UUID, uuid.UUID], photos: tuple[bytes, ...]
) -> NewObservation:
    return NewObservation(
        id=entry[0], situation_id=typed["situation_id"], worker_id=entry[1],
        framework_version_id=typed["version_id"], skill_id=typed["skill_id"], level=typed["level"],
        marks=marks_of(request.form), fact=typed["fact"], photos=photos, captured_at=typed["captured_at"],
        supersedes_id=typed["supersedes_id"],
    )  # fmt: skip


def _again(
    typed: Mapping[str, Any],
    photos: tuple[bytes, ...],
    *,
    words: tuple[SensitiveWord, ...] = (),
    error: BadgesError | None = None,
) -> ResponseReturnValue:
    """Show the form again with everything in it, photos too."""
    found = queries_crew.situation(db.session(), ports().clock, actor(), typed["situation_id"])
    tiles = {tile.person_id: tile for tile in (*found.crew, *found.others)}
    if typed["supersedes_id"] is not None:
        old = queries.observation(db.session(), actor(), typed["supersedes_id"])
        tiles.setdefault(old.worker_id, _tile_of(old))
    stash = kept_photos.stash(photos)
    sheet = Sheet(
        situation=found,
        entries=tuple((new_id, tiles[who]) for new_id, who in typed["entry"] if who in tiles),
        choice=Choice(typed["version_id"], typed["skill_id"], typed["level"]),
        captured_at=typed["captured_at"].isoformat(),
        marks=marks_of(request.form),
        fact=typed["fact"],
        supersedes_id=typed["supersedes_id"],
        kept=stash.tokens,
        words=words,
        errors=_errors(stash, error),
    )
    return _page(sheet), 422


def _tile_of(view: queries.ObservationView) -> CrewTile:
    return CrewTile(view.worker_id, view.worker_name, "", None, to_see=False)


def _errors(stash: kept_photos.Stash, error: BadgesError | None) -> dict[str, list[str]]:
    if stash.refused:
        return {
            "photos": [
                gettext("Photo %(number)s: %(reason)s", number=number, reason=say(refused))
                for number, refused in stash.refused
            ]
        }
    if error is None:
        return {}
    field = {"fact-too-long": "fact", "too-many-photos": "photos", "photo-quota": "photos"}.get(
        error.id, "marks"
    )
    return {field: [say(error)]}


def _page(sheet: Sheet) -> str:
    framework = frameworks.load(db.session(), sheet.choice.version_id)
    skill = framework.skill(sheet.choice.skill_id)
    level = framework.level(sheet.choice.level)
    return render_template(
        "supervisor/observe.html",
        sheet=sheet,
        skill=text_in(skill.label, language()),
        icon=icon_of(skill),
        level=level,
        level_name=text_in(level.label, language()),
        levels=[(one.code, one.rank, text_in(one.label, language())) for one in framework.levels],
        behaviours=[(one.id, text_in(one.text, language())) for one in skill.at(level.code).behaviours],
    )


def _tell(news: list[NewObservation], ids: tuple[uuid.UUID, ...]) -> None:
    names = ", ".join(queries.observation(db.session(), actor(), one).worker_name for one in ids)
    if news[0].supersedes_id is not None:
        flash(gettext("Corrected for %(names)s.", names=names), "ok")
        return
    undo = url_for("supervisor.take_back", id=[str(one) for one in ids])
    message: Any = {"text": gettext("Saved for %(names)s.", names=names), "undo": undo}
    flash(message, "ok")


def _ids() -> list[uuid.UUID]:
    try:
        ids = [uuid.UUID(one) for one in request.values.getlist("id")]
    except ValueError as error:
        raise NotFound from error
    if not ids:
        raise NotFound
    return ids


def _uuid(name: str) -> uuid.UUID:
    try:
        return uuid.UUID(request.args.get(name, ""))
    except ValueError as error:
        raise NotFound from error
