"""Situations: tell one with its crew, come back to it, choose who and what was seen."""

from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from badges.clock import today
from badges.errors import InvalidInput
from badges.evidence import queries_crew, service
from badges.evidence.rules import NewSituation, SituationKind
from badges.frameworks import queries as frameworks
from badges.frameworks.rules import text_in
from badges.web.access import actor, ports
from badges.web.database import db
from badges.web.errors import say
from badges.web.forms import FormFault, FormState, read
from badges.web.i18n import language
from badges.web.observation_cards import cards
from badges.web.supervisor import menu
from badges.web.supervisor.blueprint import bp
from badges.web.supervisor.forms import SituationForm


@bp.get("/situations/new")
def new_situation() -> ResponseReturnValue:
    """Show an empty situation: today, the whole crew, the trade of the last one."""
    last = next(iter(queries_crew.recent_situations(db.session(), actor())), None)
    values = {
        "trade": (last.framework_id if last else None) or "",
        "id": str(ports().clock.new_id()),
        "happened_on": today(ports().clock).isoformat(),
        "kind": SituationKind.COLLECTIVE_TASK.value,
    }
    return _situation_form(FormState(values))


@bp.post("/situations/new")
def create_situation() -> ResponseReturnValue:
    """Keep a situation, then ask who was seen."""
    try:
        typed = read(SituationForm)
        new = NewSituation(
            id=typed["id"], happened_on=typed["happened_on"], kind=typed["kind"], title=typed["title"],
            place=typed["place"], framework_id=typed["trade"] or None, crew=tuple(typed["crew"]),
        )  # fmt: skip
        service.create_situation(db.session(), ports().clock, actor(), new)
    except FormFault as fault:
        return _situation_form(fault.state), 422
    except InvalidInput as error:
        return _situation_form(FormState(_typed(), {"happened_on": [say(error)]})), 422
    return redirect(url_for("supervisor.situation", situation_id=new.id), code=303)


@bp.get("/situations/<uuid:situation_id>")
def situation(situation_id: UUID) -> ResponseReturnValue:
    """Ask who was seen: one tap per person; what was last noted here is offered again."""
    found = queries_crew.situation(db.session(), ports().clock, actor(), situation_id)
    adopted = frameworks.adopted(db.session(), _structure_id())
    again = next(iter(_menu(found, adopted, ()).recent), None)
    noted = cards(db.session(), found.noted, language())
    return render_template("supervisor/situation.html", situation=found, again=again, noted=noted)


@bp.get("/situations/<uuid:situation_id>/skills")
def skills(situation_id: UUID) -> ResponseReturnValue:
    """Ask what was seen: the last skill noted here, the trade, the first soft skills, then everything."""
    found = queries_crew.situation(db.session(), ports().clock, actor(), situation_id)
    chosen = _chosen(found)
    if not chosen:
        flash(gettext("Choose at least one person."), "error")
        return redirect(url_for("supervisor.situation", situation_id=situation_id), code=303)
    adopted = frameworks.adopted(db.session(), _structure_id())
    return render_template(
        "supervisor/skills.html",
        situation=found,
        chosen=chosen,
        search=request.args.get("search", ""),
        menu=_menu(found, adopted, tuple(tile.person_id for tile in chosen)),
    )


def _chosen(found: queries_crew.SituationView) -> tuple[queries_crew.CrewTile, ...]:
    wanted = set(request.args.getlist("who"))
    return tuple(tile for tile in (*found.crew, *found.others) if str(tile.person_id) in wanted)


def _menu(
    found: queries_crew.SituationView, adopted: menu.Frameworks, workers: tuple[UUID, ...]
) -> menu.SkillMenu:
    wanted = menu.Wanted(
        workers=workers,
        last_levels=queries_crew.last_levels(db.session(), actor(), workers),
        recent=found.recent,
        trade_id=found.framework_id,
        search=request.args.get("search", "")[:100],
        language=language(),
    )
    return menu.build(adopted, wanted)


def _situation_form(form: FormState) -> str:
    adopted = frameworks.adopted(db.session(), _structure_id())
    trades = [(one.id, text_in(one.title, language())) for one in adopted.values() if one.kind == "hard"]
    tiles = queries_crew.crew(db.session(), ports().clock, actor())
    return render_template(
        "supervisor/new_situation.html", form=form, trades=trades, tiles=tiles, kinds=list(SituationKind)
    )


def _typed() -> dict[str, object]:
    return {**request.form.to_dict(), "crew": request.form.getlist("crew")}


def _structure_id() -> UUID:
    structure_id = actor().structure_id
    assert structure_id is not None  # noqa: S101 - an observer works in a structure
    return structure_id
