"""/verify: bring a badge from anywhere, read what holds and what does not."""

from contextlib import closing
from datetime import timedelta
from typing import Final

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from badges.errors import N_, BadgesError, PageHidden, TooMany
from badges.people import service_throttle
from badges.people.rules_secrets import fingerprint
from badges.people.rules_throttle import Limit
from badges.sharing import queries_verify
from badges.sharing.fetcher import MAX_BYTES
from badges.sharing.queries_verify import Verification
from badges.web.access import ports
from badges.web.account.door import remote
from badges.web.database import db
from badges.web.errors import say, status_of
from badges.web.forms import FormFault, FormState, read
from badges.web.public.blueprint import verify
from badges.web.public.forms import VerifyForm

TRIES_PER_MINUTE: Final = 20


@verify.get("/verify")
def form() -> ResponseReturnValue:
    """Ask for a badge."""
    return render_template("public/verify.html", form=FormState({"link": request.args.get("link", "")}))


@verify.post("/verify")
def check() -> ResponseReturnValue:
    """Verify what was brought; a fault is told above the form, with what was typed kept."""
    state = FormState({"link": request.form.get("link", "")})
    try:
        found = _verified()
    except FormFault as fault:
        return render_template("public/verify.html", form=fault.state), 422
    except TooMany:
        raise
    except BadgesError as error:
        faults = {"badge": [_said(error)]}
        page = render_template("public/verify.html", form=FormState(state.values, faults))
        return page, 422 if status_of(error) >= 500 else status_of(error)  # noqa: PLR2004 - not our failure
    return render_template(
        "public/verified.html", found=found, own_image=_own_image(found), checked_at=ports().clock.now()
    )


def _verified() -> Verification:
    fields = read(VerifyForm)
    data = _file_brought()
    text = fields["text"].strip()
    if not (data or text or fields["link"]):
        raise FormFault(FormState(fields, {"badge": [gettext("Bring a file, a link or a text first.")]}))
    _count()
    now, base_url = ports().clock.now(), ports().settings.base_url
    if data or text:
        brought = data or text.encode()
        return queries_verify.verify_bytes(db.session(), ports().fetcher, base_url, now, brought)
    return queries_verify.verify_link(db.session(), ports().fetcher, base_url, now, fields["link"])


def _file_brought() -> bytes:
    given = request.files.get("file")
    if given is None:
        return b""
    with closing(given):
        data: bytes = given.read(MAX_BYTES + 1)
    return data


def _own_image(found: Verification) -> str:
    """Return the path of the badge image when it is one of ours; pictures of other sites are never loaded."""
    own = f"{ports().settings.base_url}/achievements/"
    return f"/achievements/{found.text.image.removeprefix(own)}" if found.text.image.startswith(own) else ""


def _count() -> None:
    """Slow down whoever tries many badges: each one may cost us a few requests elsewhere."""
    key = fingerprint("verify", remote())
    limit = Limit("verify", key, TRIES_PER_MINUTE, timedelta(minutes=1))
    service_throttle.count_try(db.session(), ports().clock, (limit,))


def _said(error: BadgesError) -> str:
    if isinstance(error, PageHidden):
        gone = N_(
            "This page is no longer shown. Ask the person for a new link, or for the file of the badge."
        )
        return str(gettext(gone))
    return say(error)
