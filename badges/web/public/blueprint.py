"""The pages open to the world: one blueprint without any cookie, one for the form of /verify."""

from flask import Blueprint

from badges.web import access

bp = Blueprint("public", "badges.web.public")
bp.before_request(access.allow_anyone)

verify = Blueprint("verify", "badges.web.public")
verify.before_request(access.allow_anyone_with_cookie)
