"""The life of badges for administrators: pausing one, giving it back, and how new ones are issued and end."""

from uuid import UUID

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from badges.errors import BadValidity
from badges.issuer import service_profile, service_suspend, service_validity
from badges.web.access import actor, ports
from badges.web.admin.blueprint import bp
from badges.web.admin.forms_issuer import HabitsForm, SuspendForm
from badges.web.admin.views_issuer import credential_page, issuer_page
from badges.web.database import db
from badges.web.errors import say
from badges.web.forms import FormFault, FormState, read


@bp.post("/credentials/<uuid:credential_id>/suspend")
def suspend(credential_id: UUID) -> ResponseReturnValue:
    """Pause one badge while a doubt is cleared up."""
    try:
        reason = read(SuspendForm)["doubt"]
    except FormFault as fault:
        return credential_page(credential_id, fault.state), 422
    service_suspend.suspend(ports().issuing, actor(), credential_id, reason)
    flash(gettext("The badge is paused. Everybody sees it within five minutes."), "ok")
    return redirect(url_for("admin.credential", credential_id=credential_id), code=303)


@bp.post("/credentials/<uuid:credential_id>/reinstate")
def reinstate(credential_id: UUID) -> ResponseReturnValue:
    """Give one badge back."""
    service_suspend.reinstate(ports().issuing, actor(), credential_id)
    flash(gettext("The pause is over. Everybody sees it within five minutes."), "ok")
    return redirect(url_for("admin.credential", credential_id=credential_id), code=303)


@bp.post("/issuer/habits")
def set_habits() -> ResponseReturnValue:
    """Choose how badges are issued and when new ones end."""
    try:
        chosen = read(HabitsForm)
    except FormFault as fault:
        return issuer_page(fault.state), 422
    session, clock, who = db.session(), ports().clock, actor()
    try:
        service_validity.set_validity(session, clock, who, chosen["months"] or None)
    except BadValidity as error:
        return issuer_page(FormState(chosen, {"months": [say(error)]})), 422
    service_profile.set_issues_in_waves(session, clock, who, in_waves=chosen["issuing"] == "waves")
    flash(gettext("Saved. Badges already signed stay as they are."), "ok")
    return redirect(url_for("admin.issuer"), code=303)
