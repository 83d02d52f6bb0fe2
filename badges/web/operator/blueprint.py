"""The pages of platform operators, all behind one decision."""

from flask import Blueprint

from badges.web import access

bp = Blueprint("operator", "badges.web.operator", url_prefix="/platform")
bp.before_request(access.require_operator)
