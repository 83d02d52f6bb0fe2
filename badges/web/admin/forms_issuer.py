"""What administrators type about badges and keys."""

from badges.web.forms import Form, Text, fields


class RevokeForm(Form):
    """Why a badge is withdrawn; never shown outside."""

    reason = Text(max_length=300, required=True, multiline=True)


class CompromiseForm(Form):
    """Since which day somebody else may have held the key."""

    since = fields.Date(required=True)
