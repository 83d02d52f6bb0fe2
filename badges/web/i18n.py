"""Which language a page speaks: asked for, else the person's own, else the browser's, else French."""

from flask import Flask, g, request, session
from flask_babel import Babel, get_locale

from badges.web.access import signed_in

LANGUAGES = ("fr", "en")
DEFAULT = "fr"


def init_app(app: Flask) -> None:
    """Attach translations to `app`."""
    Babel(
        app,
        locale_selector=select_locale,
        default_locale=DEFAULT,
        default_translation_directories="translations",
    )


def select_locale() -> str:
    """Choose the language of this request; on public pages only the link and the browser count."""
    asked = request.args.get("lang")
    if asked in LANGUAGES:
        if not g.get("is_public"):
            session["lang"] = asked
        return str(asked)
    if not g.get("is_public"):
        remembered = session.get("lang")
        if remembered in LANGUAGES:
            return str(remembered)
        who = signed_in()
        if who and who.language in LANGUAGES:
            return who.language
    return request.accept_languages.best_match(LANGUAGES) or DEFAULT


def language() -> str:
    """Return the language of this request as "fr" or "en"."""
    locale = get_locale()
    return locale.language if locale else DEFAULT
