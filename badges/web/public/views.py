"""The landing page, the page of one badge with its files, and what there is to know about the platform."""

import hashlib
from typing import Any, Final

from flask import Response, make_response, render_template, request
from flask.typing import ResponseReturnValue

from badges.errors import PageHidden, StillPreparing
from badges.openbadges.report import Verdict
from badges.sharing import queries, queries_files, service_files
from badges.sharing.rules import badge_path
from badges.web.access import ports
from badges.web.database import db
from badges.web.i18n import language
from badges.web.public.blueprint import bp
from badges.web.qr import qr_png, qr_svg

JSON_TYPES: Final = ("application/vc+ld+json", "application/ld+json", "application/json")
VARIES: Final = "Accept, Accept-Language"
RETRY_SECONDS: Final = "30"
NOT_IN_FORCE: Final = {
    Verdict.REVOKED: "public/revoked.html",
    Verdict.SUSPENDED: "public/suspended.html",
}


@bp.get("/")
def landing() -> ResponseReturnValue:
    """Say what this is."""
    return render_template("public/landing.html")


@bp.get("/about/badges")
def about_badges() -> ResponseReturnValue:
    """Say how a badge is made."""
    return render_template("public/about_badges.html")


@bp.get("/about/legal")
def about_legal() -> ResponseReturnValue:
    """Say who is responsible for what."""
    return render_template("public/about_legal.html", host=ports().settings.host)


@bp.get("/about/privacy")
def about_privacy() -> ResponseReturnValue:
    """Say what is kept, for how long, and who sees it."""
    return render_template("public/about_privacy.html")


@bp.get("/about/accessibility")
def about_accessibility() -> ResponseReturnValue:
    """Say what was checked and what was not."""
    return render_template("public/about_accessibility.html")


@bp.get("/b/<token>")
def badge(token: str) -> ResponseReturnValue:
    """Show one badge, checked now; as the signed document to whoever asks for JSON."""
    if request.accept_mimetypes.best_match(("text/html", *JSON_TYPES)) in JSON_TYPES:
        return badge_file(token, "json", as_attachment=False)
    page = queries.public_page(db.session(), ports().clock.now(), token, language())
    template = NOT_IN_FORCE.get(page.verdict, "public/badge.html")
    return fresh(
        make_response(render_template(template, badge=page, token=token, base_url=ports().settings.base_url))
    )


@bp.get("/b/<token>.<any(json, png, svg, jwt):kind>")
def badge_file(token: str, kind: str, *, as_attachment: bool = True) -> ResponseReturnValue:
    """Send the signed document, alone or inside its picture, or as a token."""
    credential = queries.shown_credential(db.session(), token)
    file = service_files.badge_file(ports().issuing, db.session(), credential, kind)
    response = make_response(file.body)
    response.content_type = file.media_type
    if as_attachment:
        response.headers["Content-Disposition"] = f'attachment; filename="{file.name}"'
    return fresh(response)


@bp.get("/b/<token>/card.png")
def card(token: str) -> ResponseReturnValue:
    """Send the picture that social networks show; a badge that is not valid has none."""
    page = queries.public_page(db.session(), ports().clock.now(), token, language())
    if page.verdict is not Verdict.VALID:
        raise PageHidden
    credential = queries.shown_credential(db.session(), token)
    return picture(queries_files.card_file(db.session(), credential, page, address_of(token)), "image/png")


@bp.get("/b/<token>/qr.<any(svg, png):kind>")
def qr(token: str, kind: str) -> ResponseReturnValue:
    """Send the QR code of a page that is shown."""
    queries.shown_credential(db.session(), token)
    if kind == "svg":
        return picture(qr_svg(address_of(token)), "image/svg+xml")
    return picture(qr_png(address_of(token)), "image/png")


@bp.errorhandler(PageHidden)
def show_gone(_error: PageHidden) -> ResponseReturnValue:
    """Answer the same, word for word, for a page that is hidden and for one that never was."""
    return fresh(make_response(render_template("public/gone.html"), 404))


@bp.errorhandler(StillPreparing)
def show_preparing(_error: StillPreparing) -> ResponseReturnValue:
    """Ask to come back: the new edition is being signed."""
    response = make_response(render_template("public/preparing.html"), 503)
    response.headers["Retry-After"] = RETRY_SECONDS
    return fresh(response)


def address_of(token: str) -> str:
    """Return the full address of a badge page."""
    return f"{ports().settings.base_url}{badge_path(token)}"


def picture(body: bytes, media_type: str) -> Response:
    """Return a picture, to be asked for again each time."""
    response = make_response(body)
    response.content_type = media_type
    return fresh(response)


def fresh(response: Response) -> Response:
    """Let caches keep an answer but ask each time, so that a page hidden is hidden at once."""
    response.headers["Cache-Control"] = "no-cache"
    response.headers["Vary"] = VARIES
    if response.status_code == 200:  # noqa: PLR2004 - OK
        response.set_etag(hashlib.sha256(response.get_data()).hexdigest()[:32])
        conditional: Any = response.make_conditional(request)
        return response if conditional is None else conditional
    return response
