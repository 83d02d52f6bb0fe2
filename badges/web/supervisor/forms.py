"""What a supervisor types: a situation, and what they saw in it."""

import uuid
from collections.abc import Mapping

from marshmallow import ValidationError

from badges.evidence.rules import Mark, SituationKind
from badges.web.forms import Choice, Form, Text, fields

MARK_PREFIX = "mark-"
LONGEST_TYPED = 2_000


class SituationForm(Form):
    """A moment at work. `id` was made when the page was, so that sending twice is once."""

    id = fields.UUID(required=True)
    happened_on = fields.Date(required=True)
    kind = Choice(SituationKind, required=True)
    title = Text(max_length=120, required=True)
    place = Text(max_length=120)
    trade = Text(max_length=80)
    crew = fields.List(fields.UUID(), load_default=list)


class Entry(fields.Field[tuple[uuid.UUID, uuid.UUID]]):
    """The id of an observation to come and the worker it is about, as "id.worker"."""

    def _deserialize(self, value: object, *_args: object, **_options: object) -> tuple[uuid.UUID, uuid.UUID]:
        first, _, second = str(value).partition(".")
        try:
            return uuid.UUID(first), uuid.UUID(second)
        except ValueError as error:
            raise ValidationError([]) from error


class ObservationForm(Form):
    """What was seen, for one worker or several. The marks are read apart: their names are behaviours."""

    situation_id = fields.UUID(required=True)
    version_id = fields.UUID(required=True)
    skill_id = Text(max_length=10, required=True)
    level = Text(max_length=4, required=True)
    captured_at = fields.AwareDateTime(required=True)
    entry = fields.List(Entry(), required=True)
    fact = Text(max_length=LONGEST_TYPED)
    kept = fields.List(fields.String(), load_default=list)
    confirmed = fields.Boolean(load_default=False)
    supersedes_id = fields.UUID(load_default=None)


def marks_of(form: Mapping[str, str]) -> dict[str, Mark]:
    """Return the marks of a posted form by behaviour; a value that is no mark counts as not seen."""
    return {
        name.removeprefix(MARK_PREFIX): Mark(value) if value in set(Mark) else Mark.NOT_SEEN
        for name, value in form.items()
        if name.startswith(MARK_PREFIX)
    }
