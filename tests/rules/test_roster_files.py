"""Rosters are read as spreadsheets really write them, or refused with a sentence that says what to do."""

import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from badges import errors
from badges.errors import BadgesError
from badges.people.rules_roster_file import MAX_ROWS, Roster, RosterRow, clean_cell, column_key, read_roster

ROSTERS = Path(__file__).parents[1] / "data" / "rosters"
PLAIN = "Prénom;Nom;Équipe\nAmina;Diallo;Serres\nÉlodie;Œuvrard;Serres\n"
ROWS = [
    {"given_name": "Amina", "family_name": "Diallo", "crew": "Serres"},
    {"given_name": "Élodie", "family_name": "Œuvrard", "crew": "Serres"},
]


def cells(roster: Roster) -> list[dict[str, str]]:
    return [dict(row.cells) for row in roster.rows]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_encoding_separator_and_line_end_gives_the_same_rows(
    encoding: str, delimiter: str, end: str
) -> None:
    data = PLAIN.replace(";", delimiter).replace("\n", end).encode(encoding)
    assert cells(read_roster(data)) == ROWS


def test_a_file_of_french_excel_keeps_its_zeros_and_accents() -> None:
    roster = read_roster((ROSTERS / "excel-fr-cp1252.csv").read_bytes())
    assert [row.line for row in roster.rows] == [2, 4, 5]
    assert roster.rows[0].cells == {
        "reference": "00017",
        "given_name": "Amina",
        "family_name": "Diallo",
        "role": "salariée",
        "crew": "Serres",
        "supervisor": "Marc Petit",
        "started_on": "01/09/2026",
        "planned_exit_on": "28/02/2027",
        "language": "peul",
    }
    assert roster.ignored == ()


def test_a_file_of_libreoffice_may_hold_a_line_break_inside_a_cell() -> None:
    roster = read_roster((ROSTERS / "libreoffice-utf8.csv").read_bytes())
    assert [(row.line, row.cells["given_name"]) for row in roster.rows] == [(2, "Zoé"), (3, "Gwen")]
    assert roster.ignored == ("Remarque",)


def test_unicode_text_of_excel_is_read() -> None:
    roster = read_roster((ROSTERS / "excel-unicode-text.txt").read_bytes())
    assert cells(roster) == [
        {
            "given_name": "Léa",
            "family_name": "Martin",
            "email": "lea@jardins.example",
            "role": "Accompagnatrice sociale",
        }
    ]


def test_a_title_above_the_columns_and_a_separator_line_are_passed_over() -> None:
    roster = read_roster((ROSTERS / "excel-utf8-bom-sep.csv").read_bytes())
    assert cells(roster) == [{"given_name": "Bakary", "family_name": "Traoré", "crew": "Serres"}]


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("PRÉNOM(S)", "prenom"),
        ("  Date d’entrée ", "date d entree"),
        ("E-mail", "e mail"),
        ("Encadrant·e technique", "encadrant technique"),
        ("Encadrante technique", "encadrant technique"),
        ("Accompagnateur.trice social.e", "accompagnateur social"),
        ("Accompagnatrice\u00a0sociale", "accompagnateur social"),
        ("N°", "n"),
        ("Tuteur/trice", "tuteur"),
        ("Nom & prénom", "nom prenom"),
        ("Chef d'équipe", "chef d equipe"),
    ],
)
def test_column_names_are_recognised_however_they_are_written(name: str, key: str) -> None:
    assert column_key(name) == key


@pytest.mark.parametrize(
    ("cell", "meant"),
    [
        ('="00123"', "00123"),
        ("\u00a0Amina\u202fD.\u200b ", "Amina D."),
        ("'=1+1", "=1+1"),
        ("'@home", "@home"),
        ("l'Arche", "l'Arche"),
        ("  two   spaces ", "two spaces"),
        ("Ame\u0301lie", "Amélie"),
        ("tab\tinside", "tab inside"),
        ("bell\x07", "bell"),
    ],
)
def test_cells_lose_the_quirks_of_spreadsheets(cell: str, meant: str) -> None:
    assert clean_cell(cell) == meant


def test_the_name_column_is_the_family_name_when_the_first_name_has_its_own() -> None:
    assert cells(read_roster(b"First name,Name\nAmina,Diallo\n")) == [
        {"given_name": "Amina", "family_name": "Diallo"}
    ]


def xlsx() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("xl/workbook.xml", "<x/>")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", errors.RosterWithoutNames),
        (b"\n\n\n", errors.RosterWithoutNames),
        (b"Nom;Equipe\nDiallo;Serres\n", errors.RosterWithoutNames),
        ("Prénom;Nom\n".encode(), errors.RosterEmpty),
        ("Prénom;Nom\n;;\n ; \n".encode(), errors.RosterEmpty),
        ("Prénom;Nom;Courriel;E-mail\nA;B;c;d\n".encode(), errors.RosterColumnTwice),
        ('Prénom;Nom\nA;B\n"C;D\nE;F\n'.encode(), errors.RosterQuoteOpen),
        (('Prénom;Nom\nA;B\n"C;D\n' + "E;F\n" * 40_000).encode(), errors.RosterQuoteOpen),
        (xlsx(), errors.RosterUnreadable),
        (b"\xd0\xcf\x11\xe0" + bytes(100), errors.RosterUnreadable),
        (b"%PDF-1.7 ...", errors.RosterUnreadable),
        (b"Pr\x00nom;Nom\nA;B\n", errors.RosterUnreadable),
        (b"Prenom;Nom\nA\x81;B\xe9\n", errors.RosterUnreadable),
        (b"\xff\xfeP", errors.RosterUnreadable),
        (b"Prenom\n" + b"a" * 2 * 1024 * 1024, errors.RosterTooLarge),
    ],
)  # fmt: skip
def test_a_file_that_is_no_roster_is_refused_with_a_reason(data: bytes, error: type[BadgesError]) -> None:
    with pytest.raises(error):
        read_roster(data)


def test_an_open_quotation_mark_is_named_by_its_line() -> None:
    with pytest.raises(errors.RosterQuoteOpen) as fault:
        read_roster('Prénom;Nom\nA;B\n"C;D\nE;F\n'.encode())
    assert fault.value.params == {"line": 3}


def test_five_thousand_persons_are_the_limit() -> None:
    rows = "\n".join(f"P{number};N" for number in range(MAX_ROWS))
    assert len(read_roster(f"Prénom;Nom\n{rows}\n\n;\n".encode()).rows) == MAX_ROWS
    with pytest.raises(errors.RosterTooLong):
        read_roster(f"Prénom;Nom\n{rows}\none;more\n".encode())


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused_by_name(data: bytes) -> None:
    outcome = "roster-read"
    try:
        read_roster(b"Prenom;Nom\n" + data)
    except BadgesError as error:
        outcome = error.id
    assert outcome.startswith("roster-")


@given(
    st.lists(
        st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=20), min_size=1, max_size=5
    )
)
def test_names_come_out_as_they_went_in(names: list[str]) -> None:
    quoted = "\n".join('"' + name.replace('"', '""') + '";x' for name in names)
    roster = read_roster(f"Prénom;Nom\n{quoted}\n".encode())
    assert [row.cells.get("given_name", "") for row in roster.rows] == [clean_cell(name) for name in names]


def test_a_row_is_numbered_as_in_the_spreadsheet() -> None:
    roster = read_roster('Prénom;Note\n"A";"one\ntwo"\n;\nB;x\n'.encode())
    assert roster.rows == (RosterRow(2, {"given_name": "A"}), RosterRow(4, {"given_name": "B"}))
