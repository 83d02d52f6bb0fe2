"""The issuer for its administrators: public face, keys, the ledger of badges, and withdrawing one."""

from datetime import UTC, datetime, time
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from badges.clock import today
from badges.errors import NotFound
from badges.issuer import queries_ledger, service
from badges.issuer.models import KeyState
from badges.issuer.queries_ledger import KeyLine
from badges.issuer.rules_blocked import cause_of
from badges.issuer.service import Issuing
from badges.web.access import actor, ports
from badges.web.admin.blueprint import bp
from badges.web.admin.forms_issuer import CompromiseForm, RevokeForm
from badges.web.database import db
from badges.web.forms import FormFault, FormState, read
from badges.web.i18n import language


@bp.get("/issuer")
def issuer() -> ResponseReturnValue:
    """Show the public face of the structure, its identity and its keys."""
    return issuer_page(FormState())


@bp.post("/issuer")
def open_issuer() -> ResponseReturnValue:
    """Make the structure an issuer."""
    service.open_profile(_issuing(), actor())
    flash(gettext("Your structure can now issue badges."), "ok")
    return redirect(url_for("admin.issuer"), code=303)


@bp.post("/issuer/keys/<uuid:key_id>/replace")
def replace_key(key_id: UUID) -> ResponseReturnValue:
    """Sign with a new key from now on; a second click on the same page makes no second key."""
    service.rotate_key(_issuing(), actor(), key_id)
    flash(gettext("A new key signs from now on. Badges already issued stay valid."), "ok")
    return redirect(url_for("admin.issuer"), code=303)


@bp.get("/issuer/keys/<uuid:key_id>/compromised")
def compromised_key(key_id: UUID) -> ResponseReturnValue:
    """Ask since when somebody else may hold a key, and say what follows."""
    return _compromise_page(key_id, FormState({"since": today(ports().clock).isoformat()}))


@bp.post("/issuer/keys/<uuid:key_id>/compromised")
def mark_compromised(key_id: UUID) -> ResponseReturnValue:
    """Disown a key."""
    try:
        day = read(CompromiseForm)["since"]
    except FormFault as fault:
        return _compromise_page(key_id, fault.state), 422
    since = datetime.combine(day, time(), UTC)
    found = service.mark_key_compromised(_issuing(), actor(), key_id, since)
    flash(_told(found), "ok")
    return redirect(url_for("admin.issuer"), code=303)


@bp.get("/credentials")
def credentials() -> ResponseReturnValue:
    """List the badges of the structure, newest first, without any evidence."""
    page = request.args.get("page", 1, int)
    ledger = queries_ledger.ledger(db.session(), actor(), ports().clock.now(), language(), page)
    return render_template("admin/credentials.html", ledger=ledger)


@bp.get("/credentials/<uuid:credential_id>")
def credential(credential_id: UUID) -> ResponseReturnValue:
    """Show one badge and what can be done about it."""
    return credential_page(credential_id, FormState())


@bp.post("/credentials/<uuid:credential_id>/revoke")
def revoke(credential_id: UUID) -> ResponseReturnValue:
    """Withdraw one badge for ever."""
    try:
        reason = read(RevokeForm)["reason"]
    except FormFault as fault:
        return credential_page(credential_id, fault.state), 422
    service.revoke(db.session(), ports().clock, actor(), credential_id, reason)
    flash(gettext("The badge is withdrawn. Everybody sees it within five minutes."), "ok")
    return redirect(url_for("admin.credential", credential_id=credential_id), code=303)


@bp.post("/credentials/<uuid:credential_id>/mend")
def mend(credential_id: UUID) -> ResponseReturnValue:
    """Try a blocked badge again, or sign a doubtful one with the key of today."""
    service.mend(_issuing(), actor(), credential_id)
    return redirect(url_for("admin.credential", credential_id=credential_id), code=303)


def _issuing() -> Issuing:
    return ports().issuing


def issuer_page(form: FormState) -> str:
    """Return the page of the issuer, with what was typed in its form. Raises `Forbidden`."""
    desk = queries_ledger.desk(db.session(), actor(), language())
    return render_template("admin/issuer.html", desk=desk, edit_url=url_for("admin.structure"), form=form)


def credential_page(credential_id: UUID, form: FormState) -> str:
    """Return the page of one badge, with what was typed in its forms. Raises `NotFound`, `Forbidden`."""
    now = ports().clock.now()
    entry = queries_ledger.entry(db.session(), actor(), now, credential_id, language())
    cause = cause_of(entry.blocked_reason)
    return render_template("admin/credential.html", entry=entry, cause=cause, form=form)


def _compromise_page(key_id: UUID, form: FormState) -> str:
    desk = queries_ledger.desk(db.session(), actor(), language())
    return render_template("admin/key_compromised.html", key=_key_of(desk.keys, key_id), form=form)


def _key_of(keys: tuple[KeyLine, ...], key_id: UUID) -> KeyLine:
    for key in keys:
        if key.id == key_id and key.state is not KeyState.COMPROMISED:
            return key
    raise NotFound


def _told(found: service.Compromise) -> str:
    renewed, doubtful = len(found.renewed), len(found.doubtful)
    told: str = ngettext(
        "The key is disowned. %(num)d badge was signed again.",
        "The key is disowned. %(num)d badges were signed again.",
        renewed,
    )
    if not doubtful:
        return told
    asked = ngettext(
        "%(num)d badge waits for you to look at it.", "%(num)d badges wait for you to look at them.", doubtful
    )
    return f"{told} {asked}"
