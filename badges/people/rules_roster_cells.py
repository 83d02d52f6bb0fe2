"""Reading the cells of a roster: dates, roles, languages, names, as people write them in spreadsheets."""

import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache

from babel import Locale

from badges.errors import N_, BadEmail
from badges.people.rules import CREW_LENGTH, NAME_LENGTH, REFERENCE_LENGTH, clean_email
from badges.people.rules_roster_file import RosterRow, column_key, fold
from badges.permissions import Role

EXCEL_EPOCH = date(1899, 12, 30)
EXCEL_SERIALS = range(32_874, 73_051)  # 1990 to 2100
YEARS = range(1990, 2101)
ROLE_WORDS: Mapping[Role, frozenset[str]] = {
    Role.WORKER: frozenset(
        {"worker", "salarie", "salarie en insertion", "salarie polyvalent", "travailleur", "ouvrier",
         "ouvrier polyvalent",
         "participant", "stagiaire", "employe polyvalent", "agent polyvalent", "equipier"}
    ),
    Role.SUPERVISOR: frozenset(
        {"supervisor", "encadrant", "encadrant technique", "encadrant technique d insertion", "eti",
         "moniteur", "chef d equipe"}
    ),
    Role.TUTOR: frozenset({"tutor", "tuteur", "tuteur formateur", "formateur"}),
    Role.COACH: frozenset(
        {"coach", "accompagnateur", "accompagnateur social", "accompagnateur socioprofessionnel",
         "accompagnateur socio professionnel", "cip", "asp", "conseiller",
         "conseiller en insertion professionnelle", "conseiller en insertion", "referent social"}
    ),
    Role.REVIEWER: frozenset({"reviewer", "validateur"}),
    Role.ADMIN: frozenset({"admin", "administrator", "administrateur", "administrateur de structure"}),
}  # fmt: skip
_ROLE_OF = {column_key(word): role for role, words in ROLE_WORDS.items() for word in words}
_MONTHS = {
    fold(name)[:3] if fold(name)[:3] != "jui" else fold(name)[:4]: month
    for locale in ("fr", "en")
    for month, name in Locale(locale).months["format"]["wide"].items()
}


@dataclass(frozen=True)
class Reason:
    """Why a row cannot be taken, or what is left out: a msgid, its parameters, and the column to mend."""

    column: str
    message: str
    params: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Cells:
    """A row understood. None or empty means that the cell is empty: it changes nothing."""

    line: int
    given_name: str = ""
    family_name: str = ""
    email: str | None = None
    roles: frozenset[Role] = frozenset()
    crew: str = ""
    reference: str | None = None
    started_on: date | None = None
    planned_exit_on: date | None = None
    language: str = ""
    in_charge: tuple[tuple[Role, str], ...] = ()


class _CellError(Exception):
    """A cell that cannot be read."""

    def __init__(self, message: str, **params: str) -> None:
        self.message, self.params = message, params
        super().__init__(message)


def read_cells(row: RosterRow) -> tuple[Cells, tuple[Reason, ...]]:
    """Return what `row` says and every fault of it, cell by cell."""
    faults: list[Reason] = []
    values: dict[str, object] = {}
    in_charge: list[tuple[Role, str]] = []
    for column, text in row.cells.items():
        try:
            if column in _IN_CHARGE:
                in_charge += [(_IN_CHARGE[column], name) for name in _several(text)]
            else:
                values |= _READERS[column](text)
        except _CellError as fault:
            faults.append(Reason(column, fault.message, fault.params))
    if not values.get("given_name") and not any(
        fault.column in {"given_name", "full_name"} for fault in faults
    ):
        faults.append(Reason("given_name", N_("The first name is empty. A nickname is enough.")))
    return Cells(line=row.line, in_charge=tuple(in_charge), **values), tuple(faults)  # type: ignore[arg-type]


def emails_in(rows: Iterable[RosterRow]) -> set[str]:
    """Return the e-mail addresses of `rows` as they would be kept; what is no address is left out."""
    found = set()
    for row in rows:
        with suppress(_CellError):
            found.add(str(_email(row.cells["email"])["email"]) if "email" in row.cells else "")
    return found - {""}


def read_date(text: str) -> date:
    """Return the day in `text`: 24/11/2026, 2026-11-24, 24 nov. 2026, or the number Excel keeps inside."""
    text = re.sub(r"[ T]\d{1,2}:\d{2}(:\d{2})?(\.\d+)?Z?$", "", text.strip())
    number = re.fullmatch(r"(\d{5})(?:[.,]0*)?", text)
    if number and int(number[1]) in EXCEL_SERIALS:
        return EXCEL_EPOCH + timedelta(days=int(number[1]))
    year, month, day = _date_parts(text)
    if month > 12 >= day:  # noqa: PLR2004 - a month beyond 12 is a day written first by an American program
        raise _CellError(N_("We read dates as day/month/year: write %(day)s/%(month)s/%(year)s."),
                     day=f"{month:02}", month=f"{day:02}", year=str(year))  # fmt: skip
    try:
        found = date(year, month, day)
    except ValueError:
        raise _not_a_date(text) from None
    if found.year not in YEARS:
        raise _not_a_date(text)
    return found


def read_language(text: str) -> str:
    """Return the code of a language named in French or English, or given as a code ("fr", "prs")."""
    code = _languages().get(fold(text)) or _languages().get(fold(text.partition("(")[0]))
    if code is None:
        raise _CellError(N_("We do not know the language “%(language)s”. Write it like: français, dari."),
                     language=text)  # fmt: skip
    return code


def _date_parts(text: str) -> tuple[int, int, int]:
    """Return year, month, day as written; nothing is checked yet."""
    iso = re.fullmatch(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})", text)
    if iso:
        return int(iso[1]), int(iso[2]), int(iso[3])
    usual = re.fullmatch(
        r"(?:[a-z]+\.? )?(\d{1,2})\s?[-/. ]\s?(\d{1,2})\s?[-/. ]\s?(\d{2}|\d{4})", fold(text)
    )
    if usual:
        return _full_year(usual[3]), int(usual[2]), int(usual[1])
    words = re.fullmatch(
        r"(?:[a-z]+\.? )?(\d{1,2})(?:er|st|nd|rd|th)?[ -]([a-z]+)\.?[ -](\d{2}|\d{4})", fold(text)
    )
    if words:
        month = next((number for start, number in _MONTHS.items() if words[2].startswith(start)), 0)
        return _full_year(words[3]), month, int(words[1])
    raise _not_a_date(text)


def _full_year(digits: str) -> int:
    return int(digits) if len(digits) == 4 else 2000 + int(digits)  # noqa: PLR2004 - YY or YYYY


def _not_a_date(text: str) -> _CellError:
    return _CellError(N_("“%(date)s” is not a date. Write it like 24/11/2026."), date=text)


def _several(text: str) -> list[str]:
    return [part.strip() for part in re.split(r"[;,/+&\n]| et | and ", text) if part.strip()]


def _name(column: str) -> Callable[[str], dict[str, object]]:
    def read(text: str) -> dict[str, object]:
        return {column: _short(text, NAME_LENGTH)}

    return read


def _short(text: str, limit: int) -> str:
    if len(text) > limit:
        raise _CellError(N_("This is too long: %(limit)s characters at most."), limit=str(limit))
    return text


def _full_name(text: str) -> dict[str, object]:
    """Split "DIALLO Amina" or "Amina DIALLO"; without capitals nobody can tell which part is which."""
    words = text.split()
    family = [word for word in words if word == word.upper() and len(word) > 1]
    given = [word for word in words if word not in family]
    if len(words) > 1 and (not family or not given):
        raise _CellError(
            N_("We cannot tell the first name from the family name. Use two columns: Prénom and Nom.")
        )
    return {"given_name": _short(" ".join(given or words), NAME_LENGTH), "family_name": _short(
        " ".join(family) if given else "", NAME_LENGTH)}  # fmt: skip


def _email(text: str) -> dict[str, object]:
    try:
        return {"email": clean_email(text.removeprefix("mailto:"))}
    except BadEmail as error:
        raise _CellError(error.message, email=text) from error


def _roles(text: str) -> dict[str, object]:
    roles = set()
    for word in [text] if column_key(text) in _ROLE_OF else _several(text):
        role = _ROLE_OF.get(column_key(word))
        if role is None:
            raise _CellError(
                N_(
                    "We do not know the role “%(role)s”. Write: salarié, encadrant, tuteur, accompagnateur "
                    "or validateur."
                ),
                role=word,
            )
        if role is Role.ADMIN:
            raise _CellError(N_("Administrators are not imported. Add them one by one, on the page People."))
        roles.add(role)
    return {"roles": frozenset(roles)}


@lru_cache(maxsize=1)
def _languages() -> dict[str, str]:
    """Return the code of each language by its code and its French and English names, folded."""
    found: dict[str, str] = {}
    for locale in ("en", "fr"):
        for code, name in Locale(locale).languages.items():
            if "_" not in code:
                found |= {fold(name): code, code: code}
    return found | {"dari": "prs", "peul": "ff", "kurde sorani": "ckb", "sorani": "ckb", "farsi": "fa"}


_IN_CHARGE = {"supervisor": Role.SUPERVISOR, "coach": Role.COACH, "tutor": Role.TUTOR}
_READERS: Mapping[str, Callable[[str], dict[str, object]]] = {
    "given_name": _name("given_name"),
    "family_name": _name("family_name"),
    "full_name": _full_name,
    "email": _email,
    "role": _roles,
    "crew": lambda text: {"crew": _short(text, CREW_LENGTH)},
    "reference": lambda text: {"reference": _short(text, REFERENCE_LENGTH)},
    "started_on": lambda text: {"started_on": read_date(text)},
    "planned_exit_on": lambda text: {"planned_exit_on": read_date(text)},
    "language": lambda text: {"language": read_language(text)},
}
