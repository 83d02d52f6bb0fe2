"""What a roster would do, row by row, before anything is saved: a pure plan over rows and known people."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from badges.errors import N_, BadDates, EmailNeeded, EmailTaken, SharedAccount
from badges.people.models import StructureModel
from badges.people.rules_roster_cells import Cells, Reason, read_cells
from badges.people.rules_roster_file import RosterRow
from badges.people.rules_roster_match import Index, Known, KnownPerson, Seen, Staff, StaffRef
from badges.permissions import STAFF, Role


class RowAction(StrEnum):
    """What will happen to a row."""

    CREATE = "create"
    UPDATE = "update"
    UNCHANGED = "unchanged"
    ERROR = "error"


@dataclass(frozen=True)
class Change:
    """One value that would change."""

    column: str
    before: str
    after: str


@dataclass(frozen=True)
class RowPlan:
    """One row of the file and what will happen to it.

    `notes` say what is left out of a good row; `twin` is a good row that repeats an earlier one.
    """

    line: int
    action: RowAction
    cells: Cells
    raw: Mapping[str, str]
    known: KnownPerson | None = None
    changes: tuple[Change, ...] = ()
    reasons: tuple[Reason, ...] = ()
    notes: tuple[Reason, ...] = ()
    in_charge: tuple[tuple[Role, StaffRef], ...] = ()
    twin: bool = False


def plan(rows: Sequence[RosterRow], known: Known) -> tuple[RowPlan, ...]:
    """Return one `RowPlan` per row, in the order of the file. Empty cells never change anything."""
    index, seen, staff = Index(known.people), Seen(), Staff(known.people)
    drafts = [_draft(row, known, index, seen) for row in rows]
    for draft in drafts:
        if draft.action is not RowAction.ERROR:
            cells, ref = draft.cells, draft.known.person_id if draft.known else draft.line
            staff.add(cells.roles, cells.given_name, cells.family_name, cells.email, ref)
    return tuple(_finish(draft, staff) for draft in drafts)


def _draft(row: RosterRow, known: Known, index: Index, seen: Seen) -> RowPlan:
    """Plan a row but for who is in charge, which may depend on rows further down."""
    cells, reasons = read_cells(row)
    cells, notes = _without_exit(cells, known.model)
    draft = RowPlan(row.line, RowAction.ERROR, cells, row.cells, reasons=reasons, notes=notes)
    if reasons:
        return draft
    person, doubt = index.find(cells)
    if doubt:
        return replace(draft, reasons=(doubt,))
    twin = seen.twin(cells, person)
    if twin:
        return _double(draft, twin)
    faults = _faults_known(cells, person, index, known) if person else _faults_new(cells, known)
    if faults:
        return replace(draft, reasons=tuple(faults))
    if person is None:
        cells = replace(cells, roles=cells.roles or frozenset({Role.WORKER}))
        return replace(draft, action=RowAction.CREATE, cells=cells, notes=(*notes, *_joins(cells, known)))
    return replace(draft, action=RowAction.UNCHANGED, known=person, changes=tuple(_changes(cells, person)))


def _finish(draft: RowPlan, staff: Staff) -> RowPlan:
    if draft.action is RowAction.ERROR:
        return draft
    roles = draft.cells.roles | (draft.known.roles if draft.known else frozenset())
    named = draft.cells.in_charge if Role.WORKER in roles else ()
    found = [(role, staff.find(role, name)) for role, name in named]
    reasons = tuple(ref for _, ref in found if isinstance(ref, Reason))
    if reasons:
        return replace(draft, action=RowAction.ERROR, reasons=reasons)
    pairs = tuple((role, ref) for role, ref in found if not isinstance(ref, Reason))
    changes = (*draft.changes, *_changes_in_charge(draft, pairs))
    action = RowAction.UPDATE if changes and draft.known else draft.action
    return replace(draft, action=action, changes=changes, in_charge=pairs)


def _without_exit(cells: Cells, model: StructureModel) -> tuple[Cells, tuple[Reason, ...]]:
    if model is not StructureModel.SOCIAL_INTEGRATION or cells.planned_exit_on is None:
        return cells, ()
    note = Reason(
        "planned_exit_on", N_("The exit date is left out: your structure works without a programmed exit.")
    )
    return replace(cells, planned_exit_on=None), (note,)


def _joins(cells: Cells, known: Known) -> Iterable[Reason]:
    if cells.email in known.elsewhere:
        yield Reason("email", N_("This address already has an account: it joins, under its own name."))


def _double(draft: RowPlan, twin: Cells) -> RowPlan:
    params = {"line": str(twin.line)}
    if replace(draft.cells, line=0) == replace(twin, line=0):
        note = Reason("given_name", N_("The same as line %(line)s: left out."), params)
        cells = replace(draft.cells, in_charge=())
        return replace(draft, action=RowAction.UNCHANGED, cells=cells, notes=(note,), twin=True)
    reason = Reason(
        "given_name", N_("The same person is on line %(line)s. Keep one of the two lines."), params
    )
    return replace(draft, reasons=(reason,))


def _faults_new(cells: Cells, known: Known) -> Iterable[Reason]:
    if cells.roles & STAFF and not cells.email:
        return [Reason("email", EmailNeeded.message)]
    if cells.email and known.elsewhere.get(cells.email):
        return [Reason("email", EmailTaken.message)]
    if cells.started_on and cells.planned_exit_on and cells.planned_exit_on < cells.started_on:
        return [Reason("planned_exit_on", BadDates.message)]
    return []


def _faults_known(cells: Cells, person: KnownPerson, index: Index, known: Known) -> Iterable[Reason]:
    if person.left or person.closed:
        return [Reason("given_name", N_("This person has left. Open their page to let them come back."))]
    if cells.email and cells.email != person.email:
        if person.shared:
            return [Reason("email", SharedAccount.message)]
        if cells.email in index.by_email or cells.email in known.elsewhere:
            return [Reason("email", EmailTaken.message)]
    if cells.roles & STAFF and not (cells.email or person.email):
        return [Reason("email", EmailNeeded.message)]
    start, end = cells.started_on or person.started_on, cells.planned_exit_on or person.planned_exit_on
    return [Reason("planned_exit_on", BadDates.message)] if start and end and end < start else []


def _changes(cells: Cells, person: KnownPerson) -> Iterable[Change]:
    worker = Role.WORKER in (cells.roles | person.roles)
    own = () if person.shared else ("given_name", "family_name", "email", "language")
    for column in (*own, "crew", *(("reference", "started_on", "planned_exit_on") if worker else ())):
        new, old = getattr(cells, column), getattr(person, column)
        if new and new != old:
            yield Change(column, _shown(old), _shown(new))
    added = cells.roles - person.roles
    if added:
        yield Change("role", ", ".join(sorted(person.roles)), ", ".join(sorted(person.roles | added)))


def _changes_in_charge(draft: RowPlan, pairs: Iterable[tuple[Role, StaffRef]]) -> Iterable[Change]:
    """Tell whose charge changes; a role that the row does not name stays as it is."""
    if draft.known is None:
        return
    wanted: dict[Role, set[StaffRef]] = defaultdict(set)
    for role, ref in pairs:
        wanted[role].add(ref)
    for role, refs in wanted.items():
        if refs != {pair.staff_id for pair in draft.known.in_charge if pair.role is role}:
            names = ", ".join(name for of, name in draft.cells.in_charge if of is role)
            yield Change(role.value, "", names)


def _shown(value: object) -> str:
    return value.strftime("%d/%m/%Y") if isinstance(value, date) else str(value or "")
