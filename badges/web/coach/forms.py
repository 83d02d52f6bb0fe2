"""The forms of coaches."""

from badges.evidence.models import TalkOutcome
from badges.web.forms import Choice, Form


class TalkForm(Form):
    """How a talk ended. What was said in it is never asked for."""

    outcome = Choice(TalkOutcome, required=True)
