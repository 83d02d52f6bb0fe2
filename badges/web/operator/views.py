"""The platform: structures and numbers, and the opening of a new structure."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from badges.errors import BadAddress, BadgesError, Conflict, InvalidInput
from badges.frameworks import service as frameworks
from badges.issuer import service as issuer
from badges.people import queries_platform, service
from badges.people.models import StructureModel
from badges.people.rules import NewPerson, NewStructure
from badges.people.rules_stigma import telling_words
from badges.permissions import Role
from badges.web.access import actor, ports
from badges.web.admin.choices import MODELS
from badges.web.database import db
from badges.web.errors import say, status_of
from badges.web.forms import FormFault, FormState, read
from badges.web.operator.blueprint import bp
from badges.web.operator.forms import NewStructureForm


@bp.get("")
def home() -> ResponseReturnValue:
    """Show the structures in numbers."""
    return render_template("operator/home.html", rows=queries_platform.structures(db.session(), actor()))


@bp.get("/structures/new")
def new_structure() -> ResponseReturnValue:
    """Show the form of a new structure."""
    return _page(FormState({"model": StructureModel.TREMPLIN.value, "language": "fr"}))


@bp.post("/structures/new")
def create_structure() -> ResponseReturnValue:
    """Open a structure: its first administrator, its frameworks, its identity as an issuer."""
    try:
        values = read(NewStructureForm)
        telling = telling_words(values["public_name"], values["public_description"])
        if telling and "confirmed" not in request.form:
            return _page(FormState(request.form.to_dict()), telling), 422
        structure_id = service.create_structure(db.session(), ports().clock, actor(), _new(values))
    except (InvalidInput, Conflict) as error:
        return _page(_state(error)), status_of(error)
    frameworks.adopt_catalogue(db.session(), ports().clock, structure_id)
    issuer.create_profile(ports().issuing, structure_id)
    flash(gettext("The structure is open. Its administrator can ask for a sign-in link."), "ok")
    return redirect(url_for("operator.home"), code=303)


def _new(values: dict[str, Any]) -> NewStructure:
    administrator = NewPerson(
        given_name=values.pop("given_name"),
        family_name=values.pop("family_name"),
        email=values.pop("email"),
        language=values["language"],
        roles=frozenset({Role.ADMIN}),
    )
    return NewStructure(administrator=administrator, **values)


def _state(error: BadgesError) -> FormState:
    if isinstance(error, FormFault):
        return error.state
    field = "public_name" if isinstance(error, BadAddress) else "email"
    return FormState(request.form.to_dict(), {field: [say(error)]})


def _page(form: FormState, telling: tuple[str, ...] = ()) -> str:
    return render_template("operator/new_structure.html", form=form, telling=telling, models=MODELS)
