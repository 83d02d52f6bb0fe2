"""What every template may use: language, navigation, structure, and versioned static files."""

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

from babel import Locale
from flask import Flask, g, request, url_for

from badges.frameworks.rules import text_in
from badges.web import access
from badges.web.i18n import language
from badges.web.navigation import nav_items

STATIC = Path(__file__).parent / "static"


def init_app(app: Flask) -> None:
    """Attach the context to `app`."""
    app.context_processor(context)
    app.jinja_env.globals["asset"] = asset
    app.jinja_env.globals["text_in"] = text_in


def context() -> dict[str, Any]:
    """Return the variables of every template; imported macros see only `asset`, `csrf_token` and gettext."""
    who = None if g.get("is_public") else access.signed_in()
    items = nav_items(who.actor) if who else []
    return {
        "locale": language(),
        "text_direction": Locale.parse(language()).text_direction,
        "signed_in": who,
        "actor": who.actor if who else None,
        "structure_name": who.structure_name if who else "",
        "nav_items": items,
        "home_url": items[0].url if items else url_for("me.home") if who else url_for("public.landing"),
    }


def asset(path: str) -> str:
    """Return the URL of a static file with a fingerprint, so that it may be cached for a year."""
    return _address(path, request.script_root)


@lru_cache(maxsize=256)
def _address(path: str, _root: str) -> str:
    """Build the URL once: a page asks for it at each icon. `_root` is where the application is mounted."""
    return url_for("static", filename=path, v=_fingerprint(path))


@lru_cache(maxsize=256)
def _fingerprint(path: str) -> str:
    return hashlib.sha256((STATIC / path).read_bytes()).hexdigest()[:12]
