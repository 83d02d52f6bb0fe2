"""The rows of a roster as the screens show them: faults first, then what will happen, in words."""

from collections import Counter
from dataclasses import dataclass

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from badges.people.rules_roster import RowAction, RowPlan
from badges.people.service_roster import Check

MOST_FAULTS = 100
MOST_OTHERS = 20
MOST_OF_ALL = 1_000
COLUMN_WORDS = (
    ("given_name", _l("First name")),
    ("family_name", _l("Family name")),
    ("full_name", _l("Name")),
    ("reference", _l("Reference")),
    ("email", _l("E-mail")),
    ("role", _l("Role")),
    ("crew", _l("Crew")),
    ("supervisor", _l("Supervisor")),
    ("tutor", _l("Tutor")),
    ("coach", _l("Coach")),
    ("started_on", _l("Entry")),
    ("planned_exit_on", _l("Planned exit")),
    ("language", _l("Language")),
)
_WORD_OF = dict(COLUMN_WORDS)
_ORDER = (RowAction.ERROR, RowAction.UPDATE, RowAction.CREATE, RowAction.UNCHANGED)


@dataclass(frozen=True)
class ShownRow:
    """One row on the screen; `faults` are by column, `what` says the changes and what is left out.

    `twin`: the same as an earlier row, so left out.
    """

    line: int
    action: RowAction
    cells: dict[str, str]
    faults: dict[str, str]
    what: tuple[str, ...]
    twin: bool


def shown_rows(check: Check, *, everything: bool) -> list[ShownRow]:
    """Return the rows to show, faults first; without `everything`, the first of each kind only."""
    most = MOST_OF_ALL if everything else MOST_OTHERS
    limits = {RowAction.ERROR: MOST_FAULTS}
    ordered = sorted(check.plans, key=lambda row: (_ORDER.index(row.action), not row.twin, row.line))
    seen: Counter[RowAction] = Counter()
    rows: list[ShownRow] = []
    for row in ordered:
        seen[row.action] += 1
        if seen[row.action] <= limits.get(row.action, most):
            rows.append(_shown(row))
    return rows


def _shown(row: RowPlan) -> ShownRow:
    faults = {reason.column: gettext(reason.message, **reason.params) for reason in row.reasons}
    changes = tuple(
        gettext(
            "%(column)s: %(before)s → %(after)s",
            column=_WORD_OF[change.column],
            before=change.before,
            after=change.after,
        )
        if change.before
        else gettext("%(column)s: %(after)s", column=_WORD_OF[change.column], after=change.after)
        for change in row.changes
    )
    notes = tuple(gettext(note.message, **note.params) for note in row.notes)
    return ShownRow(row.line, row.action, dict(row.raw), faults, (*changes, *notes), twin=row.twin)
