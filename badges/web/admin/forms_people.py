"""What an administrator types about people and about the structure itself."""

from typing import Any

from marshmallow import ValidationError, post_load

from badges.people.models import StructureModel
from badges.people.rules import CREW_LENGTH, NAME_LENGTH, REFERENCE_LENGTH, InCharge
from badges.permissions import Role
from badges.web.forms import Choice, Form, Text, fields, validate


class OptionalDate(fields.Date):
    """A day, or nothing."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> Any:
        return None if value == "" else super()._deserialize(value, attr, data, **options)


class Pair(fields.Field[InCharge]):
    """A member of staff and their role towards a worker, as "role:id"."""

    def _deserialize(self, value: object, attr: str | None, data: Any, **_options: Any) -> InCharge:
        role, _, staff_id = str(value).partition(":")
        try:
            return InCharge(Role(role), fields.UUID().deserialize(staff_id, attr, data))
        except ValueError as error:
            raise ValidationError("unknown") from error


class _Person(Form):
    given_name = Text(max_length=NAME_LENGTH, required=True)
    family_name = Text(max_length=NAME_LENGTH)
    email = Text(max_length=254)
    language = Text(max_length=10, load_default="fr")
    crew = Text(max_length=CREW_LENGTH)
    reference = Text(max_length=REFERENCE_LENGTH)
    planned_exit_on = OptionalDate(load_default=None)

    @post_load
    def nothing_is_none(self, values: dict[str, Any], **_options: Any) -> dict[str, Any]:
        """Turn an empty address or number into none at all."""
        return values | {name: values[name] or None for name in ("email", "reference")}


class NewPersonForm(_Person):
    """Somebody to add."""

    roles = fields.List(Choice(Role), load_default=list)
    started_on = OptionalDate(load_default=None)


class PersonForm(_Person):
    """Corrections."""


class RolesForm(Form):
    """The roles somebody holds."""

    roles = fields.List(Choice(Role), load_default=list)


class InChargeForm(Form):
    """Who is in charge of a worker."""

    staff = fields.List(Pair(), load_default=list)


class StructureTextsForm(Form):
    """What the structure says of itself; `confirmed` after the warning about telling words."""

    legal_name = Text(max_length=200, required=True)
    kind = Text(max_length=40)
    model = Choice(StructureModel, required=True)
    public_name = Text(max_length=120, required=True)
    public_description = Text(max_length=500, multiline=True)
    public_email = Text(max_length=254)
    public_url = Text(max_length=300, validate=validate.Regexp(r"(https?://\S+)?\Z"))
    language = fields.String(required=True, validate=validate.OneOf(("fr", "en")))
    confirmed = fields.Boolean(load_default=False)
