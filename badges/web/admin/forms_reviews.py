"""The form that invites a reviewer from outside."""

from badges.web.forms import Form, Text


class InviteForm(Form):
    """Who is invited, and where they work: it is declared on the badge."""

    name = Text(max_length=120, required=True)
    organisation = Text(max_length=120, required=True)
