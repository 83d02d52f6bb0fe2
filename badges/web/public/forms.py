"""What the verify form takes: a link, a pasted text, or a file."""

from badges.web.forms import Form, Text, fields


class VerifyForm(Form):
    """One of the three is enough; the file comes beside.

    The text is taken as it is: tidying a single space would break its signature.
    """

    link = Text(max_length=2_000)
    text = fields.String(load_default="")
