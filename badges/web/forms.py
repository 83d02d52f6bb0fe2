"""How a form is read: strict fields, every fault beside its field, nothing the person typed lost."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import request
from flask_babel import gettext
from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate
from werkzeug.datastructures import MultiDict

from badges.errors import N_, InvalidInput

REQUIRED = N_("Please fill this in.")
_LEFT_OUT = frozenset({"Cc", "Cs", "Co", "Cn"})
_BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
TOO_LONG = N_("Too long: %(max)s characters at most.")


@dataclass(frozen=True)
class FormState:
    """What a form shows again: the values as typed and the faults by field name."""

    values: Mapping[str, Any] = field(default_factory=dict)
    errors: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def value(self, name: str, default: Any = "") -> Any:
        """Return what was typed in `name`."""
        return self.values.get(name, default)

    def error(self, name: str) -> str:
        """Return the first fault of `name`, or an empty text."""
        return next(iter(self.errors.get(name, ())), "")


class FormFault(InvalidInput):
    """A form has faults; `state` has what to show again."""

    id = "form-fault"
    message = N_("Something is missing or wrong. It is marked below. Nothing you typed is lost.")

    def __init__(self, state: FormState) -> None:
        super().__init__()
        self.state = state


class Form(Schema):
    """A schema whose unknown fields (the CSRF token, buttons) are left out."""

    class Meta:
        """Marshmallow options."""

        unknown = EXCLUDE


class Text(fields.String):
    """A line or a paragraph: trimmed, NFC, without control characters, never longer than `max_length`."""

    def __init__(
        self, *, max_length: int, required: bool = False, multiline: bool = False, **options: Any
    ) -> None:
        self.max_length, self.multiline = max_length, multiline
        if not required:
            options.setdefault("load_default", "")
        super().__init__(required=required, **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> str:
        text = unicodedata.normalize("NFC", super()._deserialize(value, attr, data, **options))
        text = "".join(char for char in text if _is_kept(char, multiline=self.multiline)).strip()
        if self.required and not text:
            raise ValidationError(gettext(REQUIRED))
        if len(text) > self.max_length:
            raise ValidationError(gettext(TOO_LONG, max=self.max_length))
        return text


def _is_kept(char: str, *, multiline: bool) -> bool:
    """Keep letters, spaces of every kind and emoji; leave out controls, bidi tricks and unassigned signs."""
    if char == "\n":
        return multiline
    return char not in _BIDI_CONTROLS and unicodedata.category(char) not in _LEFT_OUT


class Choice(fields.Enum[Any]):
    """One member of a StrEnum, by its value."""

    def __init__(self, kind: Any, **options: Any) -> None:
        super().__init__(kind, by_value=True, **options)


def read(form: type[Form] | Form, source: MultiDict[str, str] | None = None) -> dict[str, Any]:
    """Read the posted form. Lists are read for `fields.List`. Raises `FormFault` with all faults at once."""
    schema = form() if isinstance(form, type) else form
    data = source if source is not None else request.form
    values = {
        name: data.getlist(name) if isinstance(schema.fields.get(name), fields.List) else data[name]
        for name in data
    }
    try:
        loaded: dict[str, Any] = schema.load(values)
    except ValidationError as error:
        raise FormFault(FormState(values, _messages(error))) from error
    return loaded


def _messages(error: ValidationError) -> dict[str, list[str]]:
    required = fields.Field.default_error_messages["required"]
    return {
        str(name): [gettext(REQUIRED) if message == required else str(message) for message in _flat(messages)]
        for name, messages in error.normalized_messages().items()  # type: ignore[no-untyped-call]
    }


def _flat(messages: Any) -> list[Any]:
    if isinstance(messages, Mapping):
        return [message for inner in messages.values() for message in _flat(inner)]
    return list(messages) if isinstance(messages, Sequence) and not isinstance(messages, str) else [messages]


__all__ = ["Choice", "Form", "FormFault", "FormState", "Text", "fields", "read", "validate"]
