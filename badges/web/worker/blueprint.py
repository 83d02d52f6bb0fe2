"""The pages of a worker: every view of this package hangs on this one blueprint."""

from flask import Blueprint

from badges.web import access

bp = Blueprint("worker", "badges.web.worker")
bp.before_request(access.require_worker)
