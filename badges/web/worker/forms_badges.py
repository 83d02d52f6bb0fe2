"""What a worker chooses before showing a badge."""

from typing import Any

from flask_babel import gettext
from marshmallow import ValidationError, validates_schema

from badges.errors import N_
from badges.people.models import NameForm
from badges.web.forms import Choice, Form, Text

NAME_MISSING = N_("Write the name that others will see.")


class ShowForm(Form):
    """Under which name."""

    name_form = Choice(NameForm, required=True)
    pseudonym = Text(max_length=80)

    @validates_schema
    def needs_a_pseudonym(self, data: dict[str, Any], **_options: Any) -> None:
        """Another name has to be written."""
        if data.get("name_form") is NameForm.PSEUDONYM and not data.get("pseudonym"):
            raise ValidationError(gettext(NAME_MISSING), "pseudonym")
