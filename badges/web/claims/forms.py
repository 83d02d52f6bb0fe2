"""The forms of claims: ask, appeal, note an interview, decide."""

from flask_babel import lazy_gettext as _l

from badges.recognition.rules import Reason
from badges.web.forms import Choice, Form, Text, fields, validate

WORDS = 500
DAY = {"invalid": _l("Choose a day.")}


class AskForm(Form):
    """Which skill and level of which worker is asked for."""

    worker_id = fields.UUID(required=True)
    version_id = fields.UUID(required=True)
    skill_id = Text(max_length=10, required=True)
    level = Text(max_length=4, required=True)


class AppealForm(Form):
    """Why the worker does not agree with the refusal."""

    comment = Text(max_length=WORDS, required=True, multiline=True)


class InterviewForm(Form):
    """The day an interview took place."""

    day = fields.Date(required=True, error_messages=DAY)


class ApproveForm(Form):
    """What the reviewer had before their eyes when they approved."""

    version = fields.Integer(required=True, validate=validate.Range(min=1))
    shown = Text(max_length=16, required=True)


class ReturnForm(Form):
    """What is still missing."""

    version = fields.Integer(required=True, validate=validate.Range(min=1))
    reason = Choice(Reason, required=True)
    comment = Text(max_length=WORDS, multiline=True)


class RefuseForm(Form):
    """Why not: both the reason and the words are needed."""

    version = fields.Integer(required=True, validate=validate.Range(min=1))
    reason = Choice(Reason, required=True)
    comment = Text(max_length=WORDS, required=True, multiline=True)
