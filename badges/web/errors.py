"""How an error becomes a page: the only place where our errors meet HTTP statuses."""

from flask import Flask, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from badges.errors import (
    BadgesError,
    Conflict,
    Forbidden,
    InvalidInput,
    NotFound,
    NotSignedIn,
    TooLarge,
    TooMany,
    Unavailable,
)

STATUS_OF_FAMILY: tuple[tuple[type[BadgesError], int], ...] = (
    (NotSignedIn, 401),
    (Forbidden, 403),
    (NotFound, 404),
    (Conflict, 409),
    (TooLarge, 413),
    (TooMany, 429),
    (Unavailable, 503),
    (InvalidInput, 422),
)


def init_app(app: Flask) -> None:
    """Attach the error pages to `app`."""
    app.register_error_handler(BadgesError, show_error)
    app.register_error_handler(CSRFError, show_expired_form)
    app.register_error_handler(HTTPException, show_http_error)
    app.register_error_handler(500, show_http_error)


def status_of(error: BadgesError) -> int:
    """Return the HTTP status of `error` by its family; 500 when it is of none."""
    return next((status for family, status in STATUS_OF_FAMILY if isinstance(error, family)), 500)


def say(error: BadgesError) -> str:
    """Return the message of `error` in the reader's language."""
    return str(gettext(error.message, **error.params))


def show_error(error: BadgesError) -> ResponseReturnValue:
    """Show one of our errors; somebody not signed in is led to the sign-in page and back."""
    if isinstance(error, NotSignedIn) and request.method in {"GET", "HEAD"}:
        return redirect(url_for("account.sign_in", next=request.full_path.rstrip("?")), code=303)
    status = status_of(error)
    body = render_template("errors/error.html", status=status, message=say(error), error_id=error.id)
    headers = {"Retry-After": "60"} if status in {429, 503} else {}
    return body, status, headers


def show_expired_form(_error: CSRFError) -> ResponseReturnValue:
    """Tell that the form was open for too long."""
    message = gettext("This page was open for too long. Go back, reload it, then send again.")
    return render_template("errors/error.html", status=400, message=message, error_id="expired-form"), 400


def show_http_error(error: HTTPException) -> ResponseReturnValue:
    """Show an HTTP error raised by Flask itself (404, 405, 413, 500...)."""
    status = error.code or 500
    ours = {404: NotFound, 413: TooLarge, 403: Forbidden}.get(status, BadgesError)
    body = render_template(
        "errors/error.html", status=status, message=gettext(ours.message), error_id=ours.id
    )
    headers = [(name, value) for name, value in error.get_headers() if name in {"Allow", "Retry-After"}]
    return body, status, headers
