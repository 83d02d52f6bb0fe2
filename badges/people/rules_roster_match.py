"""Who a roster row is about: somebody known, an earlier row of the same file, or nobody yet."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from badges.errors import N_
from badges.people.models import StructureModel
from badges.people.rules import InCharge
from badges.people.rules_roster_cells import Cells, Reason
from badges.people.rules_roster_file import fold
from badges.permissions import Role

StaffRef = uuid.UUID | int  # somebody known, or the line of the file that adds them
Names = tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class KnownPerson:
    """Somebody of the structure as a roster sees them. `left`: no live role; `shared`: elsewhere too."""

    person_id: uuid.UUID
    given_name: str
    family_name: str
    email: str | None
    language: str
    roles: frozenset[Role]
    crew: str
    reference: str | None
    started_on: date | None
    planned_exit_on: date | None
    in_charge: frozenset[InCharge]
    left: bool
    closed: bool
    shared: bool


@dataclass(frozen=True)
class Known:
    """The structure before the import. `elsewhere` maps e-mails of other structures to "is it closed"."""

    model: StructureModel
    people: tuple[KnownPerson, ...]
    elsewhere: Mapping[str, bool]


class Index:
    """The known people by what may identify them."""

    def __init__(self, people: Iterable[KnownPerson]) -> None:
        self.by_reference: dict[str, KnownPerson] = {}
        self.by_email: dict[str, KnownPerson] = {}
        self.by_given: dict[str, list[KnownPerson]] = defaultdict(list)
        for person in people:
            self.by_given[fold(person.given_name)].append(person)
            if person.reference:
                self.by_reference[fold(person.reference)] = person
            if person.email:
                self.by_email[person.email] = person

    def find(self, cells: Cells) -> tuple[KnownPerson | None, Reason | None]:
        """Return who the row is about: by reference, else e-mail, else names and crew; or the doubt."""
        by_reference = self.by_reference.get(fold(cells.reference)) if cells.reference else None
        by_email = self.by_email.get(cells.email) if cells.email else None
        if by_reference and by_email and by_reference is not by_email:
            return None, Reason("email", N_("The reference belongs to %(one)s, the e-mail to %(other)s."),
                                {"one": _name(by_reference), "other": _name(by_email)})  # fmt: skip
        found = by_reference or by_email
        if found and not found.shared and _strangers(cells, found):
            column = "reference" if by_reference else "email"
            return None, Reason(column, N_("Here, this is %(name)s. Correct the name, or this cell."),
                                {"name": _name(found)})  # fmt: skip
        return (found, None) if found else self._by_names(cells)

    def _by_names(self, cells: Cells) -> tuple[KnownPerson | None, Reason | None]:
        people = [person for person in self.by_given[fold(cells.given_name)] if _compatible(cells, person)]
        if not people:
            return None, None
        same = [person for person in people if _same_crew(cells, person)]
        if len(same) == 1:
            return same[0], None
        if not same and (cells.reference or cells.email):
            return None, None
        crews = ", ".join(sorted({person.crew for person in (same or people) if person.crew})) or "–"
        message = N_(
            "%(name)s is already here (%(crews)s). Add a reference or an e-mail address to tell them apart."
        )
        return None, Reason("reference", message, {"name": _name(people[0]), "crews": crews})


class Seen:
    """The rows so far, to find the same person twice in one file."""

    def __init__(self) -> None:
        self._first: dict[object, Cells] = {}
        self._named: dict[tuple[Names, str], list[Cells]] = defaultdict(list)

    def twin(self, cells: Cells, known: KnownPerson | None) -> Cells | None:
        """Return an earlier row about the same person, if any, and remember this one."""
        keys: list[object] = [known.person_id] if known else []
        keys += [("reference", fold(cells.reference))] if cells.reference else []
        keys += [("email", cells.email)] if cells.email else []
        named = self._named[(fold(cells.given_name), fold(cells.family_name)), fold(cells.crew)]
        twin = next((self._first[key] for key in keys if key in self._first), None)
        if twin is None and known is None:
            twin = next((other for other in named if _undistinguished(cells, other)), None)
        for key in keys:
            self._first.setdefault(key, cells)
        named.append(cells)
        return twin


class Staff:
    """Who can be in charge: people here, and those whom the same file adds."""

    def __init__(self, people: Iterable[KnownPerson]) -> None:
        self._found: dict[tuple[Role, str], set[StaffRef]] = defaultdict(set)
        for person in people:
            if not person.closed:
                self.add(person.roles, person.given_name, person.family_name, person.email, person.person_id)

    def add(
        self, roles: Iterable[Role], given_name: str, family_name: str, email: str | None, ref: StaffRef
    ) -> None:
        """Make somebody findable by their names and e-mail, in each of `roles`."""
        names = {
            f"{given_name} {family_name}",
            f"{family_name} {given_name}",
            given_name,
            family_name,
            email or "",
        }
        for role in roles:
            for name in names:
                self._found[role, fold(name)].add(ref)

    def find(self, role: Role, name: str) -> StaffRef | Reason:
        """Return who is called `name` in `role`, or why nobody can tell."""
        refs = self._found.get((role, fold(name)), set())
        if len(refs) == 1:
            return next(iter(refs))
        column = {Role.SUPERVISOR: "supervisor", Role.COACH: "coach", Role.TUTOR: "tutor"}[role]
        if refs:
            return Reason(
                column, N_("Several people are called “%(name)s”. Write the e-mail address."), {"name": name}
            )
        return Reason(
            column,
            N_("Nobody called “%(name)s” has this role here. Add them first, or leave this empty."),
            {"name": name},
        )


def _strangers(cells: Cells, person: KnownPerson) -> bool:
    """Tell whether a row about `person` names somebody else altogether: a wrong number, most likely."""
    given = fold(cells.given_name) != fold(person.given_name)
    family = fold(cells.family_name) != fold(person.family_name)
    return given and (family or not cells.family_name or not person.family_name)


def _compatible(cells: Cells, person: KnownPerson) -> bool:
    """Tell whether a row may be about `person`: family names agree, and no number or e-mail differs."""
    return (
        (not cells.family_name or fold(cells.family_name) == fold(person.family_name))
        and not (cells.reference and person.reference)
        and not (cells.email and person.email)
    )


def _same_crew(cells: Cells, person: KnownPerson) -> bool:
    return not cells.crew or not person.crew or fold(cells.crew) == fold(person.crew)


def _undistinguished(one: Cells, other: Cells) -> bool:
    """Tell whether two rows with equal names and crew have neither numbers nor e-mails to tell them apart."""
    return not ((one.reference and other.reference) or (one.email and other.email))


def _name(person: KnownPerson) -> str:
    return f"{person.given_name} {person.family_name}".strip()
