"""What an operator types to open a structure."""

from badges.people.models import StructureModel
from badges.web.forms import Choice, Form, Text, fields, validate


class NewStructureForm(Form):
    """A structure and its first administrator."""

    legal_name = Text(max_length=200, required=True)
    kind = Text(max_length=40)
    model = Choice(StructureModel, required=True)
    public_name = Text(max_length=120, required=True)
    public_description = Text(max_length=500, multiline=True)
    language = fields.String(required=True, validate=validate.OneOf(("fr", "en")))
    given_name = Text(max_length=80, required=True)
    family_name = Text(max_length=80)
    email = Text(max_length=254, required=True)
