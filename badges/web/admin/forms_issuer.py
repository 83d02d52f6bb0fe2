"""What administrators type about badges and keys."""

from badges.issuer.rules_validity import MOST_MONTHS
from badges.web.forms import Form, Text, fields, validate


class RevokeForm(Form):
    """Why a badge is withdrawn; never shown outside."""

    reason = Text(max_length=300, required=True, multiline=True)


class CompromiseForm(Form):
    """Since which day somebody else may have held the key."""

    since = fields.Date(required=True)


class WaveForm(Form):
    """The wave to be started, named by the page that offers it: sent twice it is one."""

    wave_id = fields.UUID(required=True)


class SuspendForm(Form):
    """Why a badge is paused; never shown outside."""

    doubt = Text(max_length=300, required=True, multiline=True)


class HabitsForm(Form):
    """Whether badges are issued at once or in waves, and after how many months new ones end; 0 is no end."""

    issuing = Text(max_length=5, required=True, validate=validate.OneOf(("once", "waves")))
    months = fields.Integer(required=True, validate=validate.Range(min=0, max=MOST_MONTHS))
