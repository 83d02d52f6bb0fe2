"""What the verify form takes: a link, a pasted text, or a file."""

from badges.web.forms import Form, Text


class VerifyForm(Form):
    """One of the three is enough; the file comes beside."""

    link = Text(max_length=2_000)
    text = Text(max_length=1_500_000, multiline=True)
