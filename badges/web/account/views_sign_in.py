"""The doors: e-mail and password, a link by e-mail, a printed card, and the one-click links of the demo."""

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from badges.errors import BadgesError, LinkSpent, NotFound, TooMany, WrongPin, WrongSignIn
from badges.people import queries_sign_in, service_sign_in
from badges.web import access
from badges.web.account.blueprint import bp
from badges.web.account.demo import read_demo_token
from badges.web.account.door import device, home, let_in, local_path, remote
from badges.web.account.forms import LinkForm, PasswordForm, PinForm
from badges.web.database import db
from badges.web.errors import say, status_of
from badges.web.forms import FormFault, FormState, read


@bp.get("/sign-in")
def sign_in() -> ResponseReturnValue:
    """Show the doors; whoever is signed in is led on."""
    wish = local_path(request.args.get("next", ""))
    if access.signed_in():
        return redirect(wish or home(), code=303)
    return render_template("account/sign_in.html", form=FormState(), next=wish)


@bp.post("/sign-in")
def with_password() -> ResponseReturnValue:
    """Sign in by e-mail and password."""
    wish = local_path(request.form.get("next", ""))
    try:
        values = read(PasswordForm)
        token = service_sign_in.with_password(
            db.session(), access.ports().clock, values["email"], values["password"], device(), remote()
        )
    except FormFault as fault:
        return render_template("account/sign_in.html", form=fault.state, next=wish), 422
    except (WrongSignIn, TooMany) as error:
        form = FormState({"email": request.form.get("email", "")}, {"password": [say(error)]})
        return _again("account/sign_in.html", error, form=form, next=wish)
    return let_in(token, wish)


@bp.post("/sign-in/link")
def ask_link() -> ResponseReturnValue:
    """Ask for a link by e-mail; the answer is the same whether the address is known or not."""
    try:
        service_sign_in.request_link(db.session(), access.ports().clock, read(LinkForm)["email"], remote())
    except FormFault as fault:
        return render_template("account/sign_in.html", form=fault.state, next=""), 422
    except TooMany as error:
        form = FormState({"email": request.form.get("email", "")}, {"email": [say(error)]})
        return _again("account/sign_in.html", error, form=form, next="")
    return redirect(url_for("account.link_sent"), code=303)


@bp.get("/sign-in/sent")
def link_sent() -> ResponseReturnValue:
    """Tell where to look for the letter."""
    return render_template("account/link_sent.html")


@bp.get("/sign-in/link/<token>")
def link(token: str) -> ResponseReturnValue:
    """Show one button: reading the page, as mail programs do ahead of their reader, spends nothing."""
    try:
        queries_sign_in.check_link(db.session(), access.ports().clock, token)
    except LinkSpent as error:
        return _again("account/link.html", error, spent=say(error))
    return render_template("account/link.html", spent="")


@bp.post("/sign-in/link/<token>")
def use_link(token: str) -> ResponseReturnValue:
    """Sign in with the link and spend it."""
    try:
        return let_in(service_sign_in.use_link(db.session(), access.ports().clock, token, device()))
    except LinkSpent as error:
        return _again("account/link.html", error, spent=say(error))


@bp.get("/card/<token>")
def card(token: str) -> ResponseReturnValue:
    """Ask for the code of a printed card."""
    front = queries_sign_in.live_card(db.session(), token)
    return render_template("account/card.html", card=front, form=FormState())


@bp.post("/card/<token>")
def use_card(token: str) -> ResponseReturnValue:
    """Sign in with the card and its code."""
    front = queries_sign_in.live_card(db.session(), token)
    try:
        pin = read(PinForm)["pin"]
        session_token = service_sign_in.with_card(
            db.session(), access.ports().clock, token, pin, device(), remote()
        )
    except FormFault as fault:
        return render_template("account/card.html", card=front, form=FormState({}, fault.state.errors)), 422
    except (WrongPin, TooMany) as error:
        return _again("account/card.html", error, card=front, form=FormState({}, {"pin": [say(error)]}))
    return let_in(session_token)


@bp.get("/demo/<token>")
def demo(token: str) -> ResponseReturnValue:
    """Sign in with one click, in demo mode only; elsewhere this page does not exist."""
    if access.ports().settings.mode != "demo":
        raise NotFound
    person_id, structure_id = read_demo_token(access.ports().settings.secret_key, token)
    return let_in(
        service_sign_in.start_demo(db.session(), access.ports().clock, person_id, structure_id),
        request.args.get("next", ""),
    )


def _again(template: str, error: BadgesError, **values: object) -> ResponseReturnValue:
    """Show the page again with what went wrong."""
    headers = (
        {"Retry-After": str(int(str(error.params["minutes"])) * 60)} if isinstance(error, TooMany) else {}
    )
    return render_template(template, **values), status_of(error), headers
