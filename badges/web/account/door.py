"""Getting in: the session cookie of a new sign-in, where it leads, and what we note of the device."""

import re
from ipaddress import IPv6Network

from flask import redirect, request, session, url_for
from flask.typing import ResponseReturnValue

from badges.people import service_sign_in
from badges.web import access
from badges.web.database import db
from badges.web.navigation import nav_items

LOCAL_PATH = re.compile(r"/(?![/\\])[^\x00-\x20\\]*")
_SYSTEMS = (("android", "Android"), ("iphone", "iPhone"), ("ipad", "iPad"), ("windows", "Windows"),
            ("mac os", "Mac"), ("cros", "Chromebook"), ("linux", "Linux"))  # fmt: skip
_BROWSERS = (("firefox", "Firefox"), ("edg", "Edge"), ("samsungbrowser", "Samsung Internet"),
             ("opr", "Opera"),
             ("chrom", "Chrome"), ("safari", "Safari"))  # fmt: skip


def let_in(token: str, wish: str = "") -> ResponseReturnValue:
    """Put `token` in a cookie of its own, end what was open on this browser, and lead to `wish` or home.

    Nothing of the old session stays: neither its token nor its CSRF secret (session fixation).
    """
    before = access.signed_in()
    if before:
        service_sign_in.end(db.session(), access.ports().clock, before.actor, before.sign_in_id)
    language = session.get("lang")
    session.clear()
    session[access.TOKEN] = token
    session.permanent = True
    if language:
        session["lang"] = language
    access.forget()
    return redirect(local_path(wish) or home(), code=303)


def home() -> str:
    """Return the address of the first page of whoever is signed in."""
    who = access.signed_in()
    items = nav_items(who.actor) if who else []
    return items[0].url if items else url_for("me.home")


def local_path(wish: str) -> str:
    """Return `wish` when it is a path of ours and not a sign-in page, else an empty text."""
    if not LOCAL_PATH.fullmatch(wish) or wish.startswith(("/sign-", "/card/", "/demo/")):
        return ""
    return wish


def device() -> str:
    """Return the browser and system of this request in a few words: "Firefox · Android"."""
    agent = (request.user_agent.string or "").lower()
    browser = next((name for sign, name in _BROWSERS if sign in agent), "")
    system = next((name for sign, name in _SYSTEMS if sign in agent), "")
    return " · ".join(filter(None, (browser, system)))


def remote() -> str:
    """Return the address a request comes from; trusted proxies are unwrapped before.

    Of an IPv6 address only the network of 64 bits counts: one visitor has all the addresses in it.
    """
    address = request.remote_addr or ""
    if ":" not in address:
        return address
    return str(IPv6Network((address.partition("%")[0], 64), strict=False))
