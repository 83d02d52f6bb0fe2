"""What is typed at the door and on the page about oneself."""

from badges.people.models import NameForm
from badges.web.forms import Choice, Form, Text, fields, validate
from badges.web.i18n import LANGUAGES

_TAKEN = validate.Length(max=1_000)


class PasswordForm(Form):
    """E-mail and password."""

    email = Text(max_length=254, required=True)
    password = fields.String(required=True, validate=_TAKEN)
    next = Text(max_length=500)


class LinkForm(Form):
    """The e-mail that asks for a link."""

    email = Text(max_length=254, required=True)


class PinForm(Form):
    """The code of a card."""

    pin = Text(max_length=20, required=True)


class OwnNameForm(Form):
    """How one's name is written on badges to come."""

    name_form = Choice(NameForm, required=True)
    pseudonym = Text(max_length=80)


class LanguageForm(Form):
    """The language of one's pages."""

    language = fields.String(required=True, validate=validate.OneOf(LANGUAGES))


class NewPasswordForm(Form):
    """A new password, and the current one where it is needed."""

    current = fields.String(load_default="", validate=_TAKEN)
    password = fields.String(required=True, validate=_TAKEN)


class StructureForm(Form):
    """Which structure to go on in."""

    structure_id = fields.UUID(required=True)
