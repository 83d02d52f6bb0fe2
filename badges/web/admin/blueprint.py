"""The pages of structure administrators, all behind one decision."""

from flask import Blueprint

from badges.web import access

bp = Blueprint("admin", "badges.web.admin", url_prefix="/admin")
bp.before_request(access.require_admin)
