"""Writes the rows of a roster that the plan found good, many at a time, none of them by halves."""

import uuid
from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Delete, Update, delete, exc, insert, select, update
from sqlalchemy.orm import Session

from badges.clock import Clock, today
from badges.db import Base
from badges.errors import EmailTaken, NotInCharge
from badges.people.models import Assignment, Membership, Person, Structure
from badges.people.rules_roster import RowAction, RowPlan
from badges.people.rules_roster_cells import Cells, Reason
from badges.people.rules_roster_match import KnownPerson, StaffRef
from badges.permissions import STAFF, Role

BATCH = 250


class RosterWriter:
    """Writes planned rows in savepoints: of many rows, and again of one row each when something is wrong."""

    def __init__(self, session: Session, clock: Clock, structure: Structure) -> None:
        self._session, self._clock, self._structure = session, clock, structure
        self._added: dict[int, uuid.UUID] = {}
        self._accounts: dict[str | None, uuid.UUID] = {}
        self._staged: dict[type[Base], list[dict[str, object]]] = {}

    def write_all(self, plans: Sequence[RowPlan]) -> tuple[RowPlan, ...]:
        """Write staff first, because workers refer to them; return the rows in the order of the file.

        A row that cannot be written after all comes back with the action ERROR and its reason.
        """
        emails = {row.cells.email for row in plans if row.action is RowAction.CREATE} - {None}
        accounts = self._session.execute(select(Person.email, Person.id).where(Person.email.in_(emails)))
        self._accounts.update((email, person_id) for email, person_id in accounts)
        order = sorted(plans, key=lambda row: (not row.cells.roles & STAFF, row.line))
        done = [
            row for start in range(0, len(order), BATCH) for row in self._write(order[start : start + BATCH])
        ]
        return tuple(sorted(done, key=lambda row: row.line))

    def _write(self, rows: Sequence[RowPlan]) -> Sequence[RowPlan]:
        try:
            with self._session.begin_nested():
                self._stage(rows)
        except (exc.IntegrityError, NotInCharge) as error:
            if len(rows) > 1:
                return [done for row in rows for done in self._write([row])]
            self._added.pop(rows[0].line, None)
            taken = isinstance(error, exc.IntegrityError)
            reason = (
                Reason("email", EmailTaken.message) if taken else Reason("supervisor", NotInCharge.message)
            )
            return [replace(rows[0], action=RowAction.ERROR, reasons=(reason,))]
        return rows

    def _stage(self, rows: Sequence[RowPlan]) -> None:
        self._staged = {Person: [], Membership: [], Assignment: []}
        for row in rows:
            if row.action is RowAction.CREATE:
                self._added[row.line] = self._create(row.cells)
            elif row.action is RowAction.UPDATE and row.known:
                self._added[row.line] = row.known.person_id
                self._update(row, row.known)
            if row.action in {RowAction.CREATE, RowAction.UPDATE}:
                self._put_in_charge(self._added[row.line], row)
        for table, values in self._staged.items():
            if values:
                self._session.execute(insert(table), values)

    def _create(self, cells: Cells) -> uuid.UUID:
        person_id = self._accounts.get(cells.email) if cells.email else None
        if person_id is None:
            person_id = self._clock.new_id()
            self._staged[Person].append(
                {
                    "id": person_id,
                    "given_name": cells.given_name,
                    "family_name": cells.family_name,
                    "email": cells.email,
                    "language": cells.language or self._structure.language,
                    "created_at": self._clock.now(),
                }
            )
        for role in sorted(cells.roles):
            self._add_membership(person_id, role, cells)
        return person_id

    def _add_membership(self, person_id: uuid.UUID, role: Role, cells: Cells) -> None:
        worker = role is Role.WORKER
        self._staged[Membership].append(
            {
                "id": self._clock.new_id(),
                "structure_id": self._structure.id,
                "person_id": person_id,
                "role": role,
                "crew": cells.crew,
                "started_on": cells.started_on or today(self._clock),
                "reference": cells.reference if worker else None,
                "planned_exit_on": cells.planned_exit_on if worker else None,
            }
        )

    def _update(self, row: RowPlan, known: KnownPerson) -> None:
        cells, changed = row.cells, {change.column for change in row.changes}
        here = (Membership.structure_id == self._structure.id, Membership.person_id == known.person_id)
        person = {name: getattr(cells, name) for name in _OF_PERSON & changed}
        if person:
            self._execute(update(Person).where(Person.id == known.person_id).values(person))
        for role in sorted(cells.roles - known.roles):
            self._execute(delete(Membership).where(*here, Membership.role == role))
            self._add_membership(known.person_id, role, replace(cells, crew=cells.crew or known.crew))
        if "crew" in changed:
            self._execute(update(Membership).where(*here).values(crew=cells.crew))
        worker = {name: getattr(cells, name) for name in _OF_WORKER & changed}
        if worker:
            self._execute(update(Membership).where(*here, Membership.role == Role.WORKER).values(worker))

    def _put_in_charge(self, worker_id: uuid.UUID, row: RowPlan) -> None:
        """Replace who is in charge, for the roles that the row changes. Raises `NotInCharge`."""
        here = (Assignment.structure_id == self._structure.id, Assignment.worker_id == worker_id)
        changed = {change.column for change in row.changes}
        pairs = {(role, ref) for role, ref in row.in_charge if row.known is None or role.value in changed}
        for role in {role for role, _ in pairs} if row.known else set():
            self._execute(delete(Assignment).where(*here, Assignment.role == role))
        self._staged[Assignment] += [
            {
                "id": self._clock.new_id(),
                "structure_id": self._structure.id,
                "worker_id": worker_id,
                "staff_id": self._person(ref),
                "role": role,
            }
            for role, ref in pairs
        ]

    def _person(self, ref: StaffRef) -> uuid.UUID:
        found = self._added.get(ref) if isinstance(ref, int) else ref
        if found is None:
            raise NotInCharge
        return found

    def _execute(self, statement: Update | Delete) -> None:
        self._session.execute(statement, execution_options={"synchronize_session": False})


_OF_PERSON = {"given_name", "family_name", "email", "language"}
_OF_WORKER = {"reference", "started_on", "planned_exit_on"}
