"""The pages of supervisors and tutors, all behind one decision."""

from flask import Blueprint

from badges.web import access

bp = Blueprint("supervisor", "badges.web.supervisor")
bp.before_request(access.require_observer)
