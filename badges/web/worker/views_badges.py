"""The worker's badges: the shelf, one badge, keep or not, show or stop, take away."""

from typing import Any
from uuid import UUID

from flask import flash, make_response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from badges.errors import PageHidden
from badges.issuer.service import Issuing
from badges.sharing import queries_worker, service, service_files
from badges.sharing.queries_worker import OwnBadge
from badges.sharing.rules import BadgeState, NewShowing, badge_path, linkedin_profile_url, linkedin_share_url
from badges.web.access import actor, ports
from badges.web.database import db
from badges.web.forms import FormFault, FormState, read
from badges.web.i18n import language
from badges.web.qr import qr_png, qr_svg
from badges.web.worker.blueprint import bp
from badges.web.worker.forms_badges import ShowForm


@bp.get("/badges")
def badges() -> ResponseReturnValue:
    """Show the shelf and the map of skills."""
    shelf = queries_worker.shelf(db.session(), actor(), ports().clock.now(), language())
    lanes = queries_worker.skills_map(db.session(), actor(), shelf, language())
    return render_template("worker/badges.html", shelf=shelf, lanes=lanes)


@bp.get("/badges/<uuid:credential_id>")
def badge(credential_id: UUID) -> ResponseReturnValue:
    """Show one badge: the feast when it is new, then everything that can be done with it."""
    own = _own(credential_id)
    if own.state is BadgeState.TO_ANSWER:
        return render_template("worker/bravo.html", own=own)
    return render_template("worker/badge.html", own=own, **_links(own))


@bp.post("/badges/<uuid:credential_id>/keep")
def keep(credential_id: UUID) -> ResponseReturnValue:
    """Keep it, for oneself."""
    service.keep(db.session(), ports().clock, actor(), credential_id)
    flash(gettext("Kept, for you alone."), "ok")
    return _to(credential_id)


@bp.post("/badges/<uuid:credential_id>/decline")
def decline(credential_id: UUID) -> ResponseReturnValue:
    """Refuse it; the mind can be changed."""
    service.decline(db.session(), ports().clock, actor(), credential_id, language())
    undo = url_for("worker.keep", credential_id=credential_id)
    message: Any = {"text": gettext("Noted. Nothing else changes for you."), "undo": undo}
    flash(message, "ok")
    return redirect(url_for("worker.badges"), code=303)


@bp.get("/badges/<uuid:credential_id>/show")
def preview(credential_id: UUID) -> ResponseReturnValue:
    """Show what others would see, before anything is public."""
    return render_template("worker/show.html", own=_own(credential_id), form=FormState())


@bp.post("/badges/<uuid:credential_id>/show")
def show(credential_id: UUID) -> ResponseReturnValue:
    """Open the public page under the name chosen."""
    try:
        chosen = read(ShowForm)
    except FormFault as fault:
        return render_template("worker/show.html", own=_own(credential_id), form=fault.state), 422
    new = NewShowing(credential_id, chosen["name_form"], language(), chosen["pseudonym"])
    service.show(_issuing(), actor(), new)
    flash(gettext("Shown. You can stop when you want."), "ok")
    return _to(credential_id)


@bp.post("/badges/<uuid:credential_id>/hide")
def hide(credential_id: UUID) -> ResponseReturnValue:
    """Stop showing it, at once."""
    service.hide(db.session(), ports().clock, actor(), credential_id, language())
    flash(gettext("No longer shown. The link says nothing more."), "ok")
    return _to(credential_id)


@bp.get("/badges/<uuid:credential_id>/file.<any(json, png, svg, jwt):kind>")
def file(credential_id: UUID, kind: str) -> ResponseReturnValue:
    """Send the badge to take away: private or shown, it is the worker's."""
    credential = queries_worker.own_credential(db.session(), actor(), credential_id)
    found = service_files.badge_file(ports().issuing, db.session(), credential, kind)
    response = make_response(found.body)
    response.content_type = found.media_type
    response.headers["Content-Disposition"] = f'attachment; filename="{found.name}"'
    return response


@bp.get("/badges/<uuid:credential_id>/slip")
def slip(credential_id: UUID) -> ResponseReturnValue:
    """Show the slip to print, with the code that leads to the page."""
    own = _own(credential_id)
    return render_template("worker/badge_slip.html", own=own, address=_address(own))


@bp.get("/badges/<uuid:credential_id>/qr.<any(svg, png):kind>")
def qr(credential_id: UUID, kind: str) -> ResponseReturnValue:
    """Send the QR code of the page."""
    address = _address(_own(credential_id))
    response = make_response(qr_svg(address) if kind == "svg" else qr_png(address))
    response.content_type = "image/svg+xml" if kind == "svg" else "image/png"
    return response


def _own(credential_id: UUID) -> OwnBadge:
    return queries_worker.own_badge(db.session(), actor(), ports().clock.now(), credential_id, language())


def _address(own: OwnBadge) -> str:
    """Return the address of the public page; raise `PageHidden` when there is none to lead to."""
    if own.state not in {BadgeState.VISIBLE, BadgeState.PREPARING}:
        raise PageHidden
    return f"{ports().settings.base_url}{badge_path(own.token)}"


def _links(own: OwnBadge) -> dict[str, str]:
    if own.state is not BadgeState.VISIBLE or own.page is None:
        return {"address": "", "linkedin_profile": "", "linkedin_share": ""}
    address = _address(own)
    profile = linkedin_profile_url(
        name=own.page.signed_name,
        organisation=own.page.issuer.name,
        issued=own.page.awarded,
        expires=own.page.expires,
        page=address,
        credential=f"urn:uuid:{own.page.credential_id}",
    )
    return {"address": address, "linkedin_profile": profile, "linkedin_share": linkedin_share_url(address)}


def _issuing() -> Issuing:
    return ports().issuing


def _to(credential_id: UUID) -> ResponseReturnValue:
    return redirect(url_for("worker.badge", credential_id=credential_id), code=303)
