"""People of the structure: the list, one person, their roles, who is in charge of them."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from badges.errors import BadgesError, Conflict, InvalidInput
from badges.people import queries_people, service, service_people
from badges.people.rules import NewPerson, PersonEdit
from badges.permissions import Role
from badges.web.access import actor, ports
from badges.web.admin.blueprint import bp
from badges.web.admin.choices import ROLES, language_choices, model_of
from badges.web.admin.forms_people import InChargeForm, NewPersonForm, PersonForm, RolesForm
from badges.web.database import db
from badges.web.errors import say, status_of
from badges.web.forms import FormFault, FormState, read

PER_PAGE = 50
_FIELD_OF = {
    "bad-name": "given_name",
    "bad-email": "email",
    "email-needed": "email",
    "email-taken": "email",
    "shared-account": "email",
    "reference-taken": "reference",
    "role-needed": "roles",
    "last-administrator": "roles",
    "no-programmed-exit": "planned_exit_on",
    "bad-dates": "planned_exit_on",
    "not-in-charge": "staff",
}


@bp.get("/people")
def people() -> ResponseReturnValue:
    """Show who is here, by role and by search; or who has left."""
    role = Role(request.args["role"]) if request.args.get("role") in set(Role) else None
    search, gone = request.args.get("q", ""), "gone" in request.args
    found = queries_people.people(db.session(), actor(), role=role, search=search, gone=gone)
    pages = max(1, -(-len(found) // PER_PAGE))
    page = min(max(request.args.get("page", 1, type=int), 1), pages)
    return render_template(
        "admin/people.html",
        rows=found[(page - 1) * PER_PAGE : page * PER_PAGE],
        total=len(found),
        role=role,
        search=search,
        gone=gone,
        page=page,
        pages=pages,
        role_options=[(code, word) for code, word, _ in ROLES],
        words={code: word for code, word, _ in ROLES},
    )


@bp.get("/people/new")
def new_person() -> ResponseReturnValue:
    """Show the form to add somebody."""
    return _new(FormState({"roles": ["worker"], "language": "fr"}))


@bp.post("/people/new")
def add_person() -> ResponseReturnValue:
    """Add somebody."""
    try:
        values = read(NewPersonForm)
        new = NewPerson(**values | {"roles": frozenset(values["roles"])})
        person_id = service.add_person(db.session(), ports().clock, actor(), new)
    except (InvalidInput, Conflict) as error:
        return _new(_state(error)), status_of(error)
    flash(gettext("%(name)s is added.", name=new.given_name), "ok")
    return redirect(url_for("admin.person", person_id=person_id), code=303)


@bp.get("/people/<uuid:person_id>")
def person(person_id: UUID) -> ResponseReturnValue:
    """Show everything about one person."""
    return _person(person_id, FormState())


@bp.post("/people/<uuid:person_id>")
def edit_person(person_id: UUID) -> ResponseReturnValue:
    """Correct what is held about a person."""
    try:
        service_people.edit_person(
            db.session(), ports().clock, actor(), person_id, PersonEdit(**read(PersonForm))
        )
    except (InvalidInput, Conflict) as error:
        return _person(person_id, _state(error)), status_of(error)
    return _saved(person_id)


@bp.post("/people/<uuid:person_id>/roles")
def set_roles(person_id: UUID) -> ResponseReturnValue:
    """Give a person exactly these roles; none means that they have left."""
    try:
        roles = frozenset(read(RolesForm)["roles"])
        service_people.set_roles(db.session(), ports().clock, actor(), person_id, roles)
    except (InvalidInput, Conflict) as error:
        return _person(person_id, _state(error, roles=request.form.getlist("roles"))), status_of(error)
    return _saved(person_id)


@bp.post("/people/<uuid:person_id>/in-charge")
def set_in_charge(person_id: UUID) -> ResponseReturnValue:
    """Put exactly these persons in charge of a worker."""
    try:
        pairs = frozenset(read(InChargeForm)["staff"])
        service.set_in_charge(db.session(), ports().clock, actor(), person_id, pairs)
    except InvalidInput as error:
        return _person(person_id, _state(error)), status_of(error)
    return _saved(person_id)


@bp.post("/people/<uuid:person_id>/close")
def close(person_id: UUID) -> ResponseReturnValue:
    """Close an account."""
    try:
        service_people.disable_person(db.session(), ports().clock, actor(), person_id)
    except Conflict as error:
        return _person(person_id, FormState({}, {"close": [say(error)]})), status_of(error)
    undo = url_for("admin.reopen", person_id=person_id)
    message: Any = {"text": gettext("The account is closed. Nobody signs in with it."), "undo": undo}
    flash(message, "ok")
    return redirect(url_for("admin.person", person_id=person_id), code=303)


@bp.post("/people/<uuid:person_id>/reopen")
def reopen(person_id: UUID) -> ResponseReturnValue:
    """Open an account again."""
    service_people.enable_person(db.session(), ports().clock, actor(), person_id)
    return _saved(person_id)


def _new(form: FormState) -> str:
    return render_template(
        "admin/person_new.html",
        form=form,
        roles=ROLES,
        languages=language_choices(),
        model=model_of(db.session()),
    )


def _person(person_id: UUID, form: FormState) -> str:
    page = queries_people.person_page(db.session(), actor(), person_id)
    return render_template(
        "admin/person.html",
        person=page,
        form=form,
        roles=ROLES,
        languages=language_choices(page.language),
        model=model_of(db.session()),
    )


def _state(error: BadgesError, **values: Any) -> FormState:
    """Return what the form shows again: what was typed, and the fault beside its field."""
    if isinstance(error, FormFault):
        return error.state
    typed = request.form.to_dict() | {"roles": request.form.getlist("roles")} | values
    return FormState(typed, {_FIELD_OF.get(error.id, "given_name"): [say(error)]})


def _saved(person_id: UUID) -> ResponseReturnValue:
    flash(gettext("Saved."), "ok")
    return redirect(url_for("admin.person", person_id=person_id), code=303)
