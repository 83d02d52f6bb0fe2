"""Me: my name on badges, my language, my password, my devices, my structures, and the way out."""

from uuid import UUID

from flask import flash, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from badges.errors import BadgesError, InvalidInput, PseudonymNeeded, TooMany, WeakPassword, WrongSignIn
from badges.people import queries_people, queries_sign_in, service, service_password, service_sign_in
from badges.people.queries_sign_in import SignedIn
from badges.web import access
from badges.web.account.blueprint import me
from badges.web.account.door import home as first_page
from badges.web.account.door import remote
from badges.web.account.forms import LanguageForm, NewPasswordForm, OwnNameForm, StructureForm
from badges.web.database import db
from badges.web.errors import say, status_of
from badges.web.forms import FormFault, FormState, read
from badges.web.navigation import more_items

_FIELD_OF: dict[type[BadgesError], str] = {
    PseudonymNeeded: "pseudonym",
    WeakPassword: "password",
    WrongSignIn: "current",
    TooMany: "current",
}


@me.get("/me")
def home() -> ResponseReturnValue:
    """Show everything about oneself."""
    return _page(FormState())


@me.post("/me/name")
def choose_name() -> ResponseReturnValue:
    """Choose how one's name is written on badges."""
    try:
        values = read(OwnNameForm)
        service.choose_name(
            db.session(), access.ports().clock, access.actor(), values["name_form"], values["pseudonym"]
        )
    except InvalidInput as error:
        return _refused(error)
    return _done(gettext("Your next badges will carry this name."))


@me.post("/me/language")
def choose_language() -> ResponseReturnValue:
    """Choose the language of one's pages."""
    language = read(LanguageForm)["language"]
    service.choose_language(db.session(), access.ports().clock, access.actor(), language)
    session["lang"] = language
    return redirect(url_for("me.home"), code=303)


@me.post("/me/password")
def set_password() -> ResponseReturnValue:
    """Set a password; every other device is signed out."""
    try:
        values = read(NewPasswordForm)
        service_password.set_password(
            db.session(),
            access.ports().clock,
            _who(),
            values["password"],
            current=values["current"],
            remote=remote(),
        )
    except (InvalidInput, TooMany) as error:
        return _refused(error)
    return _done(gettext("Your password is set. Your other devices are signed out."))


@me.post("/me/sign-ins/<uuid:sign_in_id>/end")
def end(sign_in_id: UUID) -> ResponseReturnValue:
    """Sign out one device."""
    service_sign_in.end(db.session(), access.ports().clock, access.actor(), sign_in_id)
    if sign_in_id == _who().sign_in_id:
        return _out()
    return _done(gettext("This device is signed out."))


@me.post("/me/structure")
def switch() -> ResponseReturnValue:
    """Go on in another structure."""
    wanted = read(StructureForm)["structure_id"]
    service_sign_in.switch_structure(db.session(), access.ports().clock, _who(), wanted)
    access.forget()
    return redirect(first_page(), code=303)


@me.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    """Leave, on this device."""
    service_sign_in.end(db.session(), access.ports().clock, access.actor(), _who().sign_in_id)
    return _out()


def _page(form: FormState) -> str:
    who, own = _who(), db.session()
    return render_template(
        "account/me.html",
        me=queries_people.oneself(own, who.actor),
        who=who,
        form=form,
        more_places=more_items(who.actor),
        devices=service_sign_in.list_open(own, access.ports().clock, access.ports().settings, who),
        may_set_password=queries_sign_in.may_set_password(who),
        needs_current=service_password.needs_current(own, who),
    )


def _refused(error: BadgesError) -> ResponseReturnValue:
    state = (
        error.state if isinstance(error, FormFault) else FormState({}, {_FIELD_OF[type(error)]: [say(error)]})
    )
    return _page(state), status_of(error)


def _done(message: str) -> ResponseReturnValue:
    flash(message, "ok")
    return redirect(url_for("me.home"), code=303)


def _out() -> ResponseReturnValue:
    session.clear()
    return redirect(url_for("account.sign_in"), code=303)


def _who() -> SignedIn:
    who = access.signed_in()
    assert who is not None  # noqa: S101 - require_sign_in has run
    return who
