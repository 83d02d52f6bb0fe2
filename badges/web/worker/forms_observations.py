"""What a worker says of an observation."""

from badges.evidence.rules import AnswerKind
from badges.web.forms import Choice, Form, Text

LONGEST_TYPED = 2_000


class AnswerForm(Form):
    """One of three answers, with a sentence if they wish."""

    answer = Choice(AnswerKind, required=True)
    sentence = Text(max_length=LONGEST_TYPED)
