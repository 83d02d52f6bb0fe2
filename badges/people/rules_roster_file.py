"""Reading a roster as spreadsheets write it: bytes to named cells, whatever the encoding or separator."""

import csv
import io
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from badges.errors import (
    RosterColumnTwice,
    RosterEmpty,
    RosterQuoteOpen,
    RosterTooLarge,
    RosterTooLong,
    RosterUnreadable,
    RosterWithoutNames,
)

MAX_BYTES = 2 * 1024 * 1024
MAX_ROWS = 5_000
DELIMITERS = (";", ",", "\t", "|")
HEADER_WITHIN = 15
HEADER_COLUMNS = 2
_NOT_TEXT = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF", b"\x1f\x8b", b"\x89PNG", b"\xff\xd8\xff", b"{\\rtf")
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))

# How columns are called, once accents, capitals, punctuation and feminine endings are gone.
COLUMNS: Mapping[str, frozenset[str]] = {
    "given_name": frozenset(
        {"prenom", "prenoms", "prenom usuel", "given name", "first name", "firstname", "forename"}
    ),
    "family_name": frozenset(
        {"nom", "nom de famille", "nom d usage", "nom usuel", "family name", "last name", "lastname",
         "surname"}
    ),
    "full_name": frozenset(
        {"nom et prenom", "nom prenom", "prenom nom", "prenom et nom", "nom complet", "full name",
         "name", "salarie"}
    ),
    "email": frozenset(
        {"email", "e mail", "mail", "mel", "courriel", "adresse email", "adresse e mail", "adresse mail",
         "adresse electronique", "adresse courriel", "email address", "e mail address"}
    ),
    "role": frozenset({"role", "roles", "fonction"}),
    "crew": frozenset({"equipe", "crew", "team", "groupe", "group", "atelier", "chantier", "secteur"}),
    "reference": frozenset(
        {"reference", "ref", "matricule", "numero", "n", "no", "id", "identifiant", "number", "code",
         "numero salarie", "n salarie", "n matricule", "numero de matricule", "code salarie", "staff number",
         "employee number", "employee id"}
    ),
    "supervisor": frozenset(
        {"encadrant", "encadrant technique", "encadrement", "supervisor", "moniteur", "chef d equipe", "eti"}
    ),
    "coach": frozenset(
        {"accompagnateur", "accompagnateur social", "accompagnateur socioprofessionnel",
         "accompagnateur socio professionnel", "accompagnement", "cip", "asp", "conseiller", "coach",
         "referent",
         "referent social"}
    ),
    "tutor": frozenset({"tuteur", "tuteur formateur", "tutor", "formateur"}),
    "started_on": frozenset(
        {"date d entree", "entree", "date entree", "entree le", "date de debut", "date debut", "debut",
         "date d embauche", "embauche", "debut de contrat", "debut contrat", "start date", "started on",
         "start",
         "entry date", "arrivee", "date d arrivee"}
    ),
    "planned_exit_on": frozenset(
        {"sortie prevue", "date de sortie", "date sortie", "date de sortie prevue", "sortie", "fin prevue",
         "fin de contrat", "fin contrat", "date de fin", "date fin", "date de fin de contrat", "planned exit",
         "planned exit on", "planned exit date", "exit date", "end date"}
    ),
    "language": frozenset({"langue", "langue parlee", "langue principale", "language", "lang"}),
}  # fmt: skip
_FEMININE = re.compile(r"[(.·•/-](?:e|ne|trice|euse|rice|ere|s|es)\)?(?:s\b)?(?=\W|$)")
_MASCULINE = {
    "accompagnatrice": "accompagnateur", "administratrice": "administrateur", "cheffe": "chef",
    "conseillere": "conseiller", "encadrante": "encadrant", "formatrice": "formateur",
    "monitrice": "moniteur",
    "ouvriere": "ouvrier", "participante": "participant", "professionnelle": "professionnel",
    "referente": "referent", "salariee": "salarie", "sociale": "social", "travailleuse": "travailleur",
    "tutrice": "tuteur", "validatrice": "validateur",
}  # fmt: skip
_SPACES = re.compile(r"[\s\u00a0\u202f\u2007\u200b\ufeff]+")


@dataclass(frozen=True)
class RosterRow:
    """One line as the spreadsheet numbers it, and its cells by our column names; empty cells are left out."""

    line: int
    cells: Mapping[str, str]


@dataclass(frozen=True)
class Roster:
    """A file read: what each column was called, which columns mean nothing to us, and the rows."""

    columns: Mapping[str, str]
    ignored: tuple[str, ...]
    rows: tuple[RosterRow, ...]


def read_roster(data: bytes) -> Roster:
    """Read `data` (at most 2 MiB, 5,000 persons).

    Raises `RosterTooLarge`, `RosterTooLong`, `RosterUnreadable`, `RosterQuoteOpen`, `RosterWithoutNames`,
    `RosterColumnTwice`, `RosterEmpty`: each is about the whole file; a fault of one row never is.
    """
    if len(data) > MAX_BYTES:
        raise RosterTooLarge
    text = decode(data)
    declared = re.match(r"\s*\"?sep=(.)\"?[;,\t]*\r?\n", text)
    if declared:
        text = text[declared.end() :]
    delimiters = (declared[1],) if declared else DELIMITERS
    header_at, names, delimiter = _find_header(text, delimiters)
    columns = _columns(names)
    rows = tuple(_rows(text, delimiter, header_at, columns))
    if not rows:
        raise RosterEmpty
    ignored = tuple(name for index, name in enumerate(names) if name and index not in columns)
    return Roster({column: names[index] for index, column in columns.items()}, ignored, rows)


def decode(data: bytes) -> str:
    """Return the text of `data`: UTF-8, UTF-16 or Windows-1252. Raises `RosterUnreadable`."""
    if data.startswith(_NOT_TEXT):
        raise RosterUnreadable
    try:
        text = data.decode(_encoding(data))
    except UnicodeDecodeError as error:
        raise RosterUnreadable from error
    if "\x00" in text:
        raise RosterUnreadable
    return text


def clean_cell(text: str) -> str:
    """Return a cell as its author meant it: without ="00123", a guarding apostrophe or strange spaces."""
    text = _SPACES.sub(" ", unicodedata.normalize("NFC", text)).strip()
    quirk = re.fullmatch(r'="([^"]*)"', text)
    if quirk:
        text = quirk[1].strip()
    if re.match(r"'[=+\-@]", text):
        text = text[1:]
    return "".join(char for char in text if char.isprintable())


def column_key(name: str) -> str:
    """Return a column or role name without accents, capitals, punctuation and feminine endings."""
    words = re.sub(r"[^a-z0-9]+", " ", _FEMININE.sub("", fold(name))).split()
    return " ".join(_MASCULINE.get(word, word) for word in words)


def fold(text: str) -> str:
    """Return `text` for comparing: without accents, capitals and double spaces."""
    plain = "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    return " ".join(plain.casefold().split())


_COLUMN_OF = {column_key(name): column for column, names in COLUMNS.items() for name in names}


def _encoding(data: bytes) -> str:
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return encoding
    head = data[:2000]
    if head[1::2].count(0) > len(head) // 4:
        return "utf-16-le"
    if head[0::2].count(0) > len(head) // 4:
        return "utf-16-be"
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _find_header(text: str, delimiters: tuple[str, ...]) -> tuple[int, list[str], str]:
    """Return where the header is, its names, and the separator under which it makes most sense."""
    best: tuple[int, int, list[str], str] | None = None
    for delimiter in delimiters:
        for index, record in enumerate(_records(text, delimiter)):
            if index >= HEADER_WITHIN:
                break
            known = [_COLUMN_OF[column_key(name)] for name in record if column_key(name) in _COLUMN_OF]
            if {"given_name", "full_name"} & set(known) and (best is None or len(known) > best[0]):
                best = (len(known), index, [clean_cell(name) for name in record], delimiter)
    if best is None:
        raise RosterWithoutNames
    return best[1:]


def _columns(names: list[str]) -> dict[int, str]:
    """Return our name of each column by its place. Raises `RosterColumnTwice`."""
    keys = [_COLUMN_OF.get(column_key(name), "") for name in names]
    if "given_name" in keys:
        besides = "" if "family_name" in keys else "family_name"
        keys = [besides if key == "full_name" else key for key in keys]
    columns: dict[int, str] = {}
    for index, column in enumerate(keys):
        if column and column in columns.values():
            raise RosterColumnTwice(first=names[keys.index(column)], second=names[index])
        if column:
            columns[index] = column
    return columns


def _rows(text: str, delimiter: str, header_at: int, columns: Mapping[int, str]) -> Iterator[RosterRow]:
    count = 0
    for index, record in enumerate(_records(text, delimiter)):
        if index <= header_at:
            continue
        cells = {columns[place]: clean_cell(cell) for place, cell in enumerate(record) if place in columns}
        cells = {column: cell for column, cell in cells.items() if cell}
        if not cells:
            continue
        count += 1
        if count > MAX_ROWS:
            raise RosterTooLong(limit=MAX_ROWS)
        yield RosterRow(index + 1, cells)


def _records(text: str, delimiter: str) -> Iterator[list[str]]:
    """Yield the records; a quotation mark left open is told instead of swallowing the rest of the file."""
    lines = io.StringIO(text, newline="").readlines()
    reader = csv.reader(lines, delimiter=delimiter)
    number, seen = 0, 0
    try:
        for record in reader:
            number += 1
            if reader.line_num == len(lines) and _left_open(lines[seen:], delimiter):
                raise RosterQuoteOpen(line=number)
            seen = reader.line_num
            yield record
    except csv.Error as error:
        raise RosterQuoteOpen(line=number + 1) from error


def _left_open(lines: list[str], delimiter: str) -> bool:
    """Tell whether the last record of the file was opened by a quotation mark that nothing closes."""
    try:
        list(csv.reader(lines, delimiter=delimiter, strict=True))
    except csv.Error as error:
        return "unexpected end" in str(error)
    return False
