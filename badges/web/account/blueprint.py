"""The doors, open to the world with a cookie, and the pages about oneself, open to whoever is signed in."""

from flask import Blueprint

from badges.web import access

bp = Blueprint("account", "badges.web.account")
bp.before_request(access.allow_anyone_with_cookie)

me = Blueprint("me", "badges.web.account")
me.before_request(access.require_sign_in)

cards = Blueprint("cards", "badges.web.account", url_prefix="/workers")
cards.before_request(access.require_staff)
