"""What a roster would do, or did, in lines for a terminal: the faults first, then the totals."""

from collections import Counter
from collections.abc import Iterator, Sequence

from badges.people.rules_roster import RowAction, RowPlan

_VERBS = {
    RowAction.CREATE: ("will be added", "added"),
    RowAction.UPDATE: ("will be changed", "changed"),
    RowAction.UNCHANGED: ("already here", "already here"),
    RowAction.ERROR: ("to correct", "not imported"),
}


def tell(rows: Sequence[RowPlan], *, done: bool) -> Iterator[str]:
    """Yield one line per row, faults first, then one line of totals. The reader is the sender of the file."""
    for row in sorted(rows, key=lambda row: (row.action is not RowAction.ERROR, row.line)):
        yield f"line {row.line:>5}  {_VERBS[row.action][done]:<16} {_details(row)}".rstrip()
    counts = Counter(row.action for row in rows)
    totals = (f"{counts[action]} {words[done]}" for action, words in _VERBS.items())
    yield ", ".join(totals) + ("." if done else ". Nothing is saved yet.")


def _details(row: RowPlan) -> str:
    name = f"{row.cells.given_name} {row.cells.family_name}".strip()
    said = [reason.message % dict(reason.params) for reason in (*row.reasons, *row.notes)]
    changed = [f"{change.column}: {change.before or '-'} -> {change.after}" for change in row.changes]
    return "; ".join([name, *changed, *said])
