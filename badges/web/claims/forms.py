"""The forms of claims: ask, appeal, note an interview, decide."""

import re
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from marshmallow import ValidationError

from badges.recognition import service_batch
from badges.recognition.rules import Reason
from badges.web.forms import Choice, Form, Text, fields, validate

WORDS = 500
_TICK = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}):([0-9]{1,9}):([0-9a-f]{16})")
NOTHING_TICKED = _l("Tick at least one request.")
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


class TickField(fields.Field[service_batch.Choice]):
    """One ticked claim, written as its id, its version and the digest of what was shown."""

    def _deserialize(self, value: Any, *_where: Any, **_options: Any) -> service_batch.Choice:
        ticked = _TICK.fullmatch(str(value))
        if ticked is None:
            raise ValidationError(str(NOTHING_TICKED))
        return service_batch.Choice(UUID(ticked[1]), int(ticked[2]), ticked[3])


class BatchForm(Form):
    """The claims ticked in a batch, with what the reviewer had before their eyes."""

    choice = fields.List(TickField(), required=True, validate=validate.Length(1, service_batch.MOST_AT_ONCE))


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
