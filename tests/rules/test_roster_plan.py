"""What a roster would do is decided row by row, and every doubt is told instead of guessed."""

import uuid
from dataclasses import replace
from datetime import date

import pytest

from badges.errors import BadDates, EmailNeeded, EmailTaken, SharedAccount
from badges.people.models import StructureModel
from badges.people.rules import InCharge
from badges.people.rules_roster import Change, RowAction, RowPlan, plan
from badges.people.rules_roster_cells import Cells, read_cells, read_date, read_language
from badges.people.rules_roster_file import RosterRow, read_roster
from badges.people.rules_roster_match import Known, KnownPerson
from badges.permissions import Role

MARC = KnownPerson(
    person_id=uuid.UUID(int=1), given_name="Marc", family_name="Petit", email="marc@x.example", language="fr",
    roles=frozenset({Role.SUPERVISOR}), crew="", reference=None, started_on=None, planned_exit_on=None,
    in_charge=frozenset(), left=False, closed=False, shared=False,
)  # fmt: skip
AMINA = replace(
    MARC, person_id=uuid.UUID(int=2), given_name="Amina", family_name="Diallo", email=None,
    roles=frozenset({Role.WORKER}), crew="Serres", reference="00017", started_on=date(2026, 9, 1),
    in_charge=frozenset({InCharge(Role.SUPERVISOR, uuid.UUID(int=1))}),
)  # fmt: skip
UNNUMBERED = replace(AMINA, person_id=uuid.UUID(int=3), given_name="Zoé", family_name="Léger", reference=None)


def planned(
    text: str,
    *people: KnownPerson,
    model: StructureModel = StructureModel.TREMPLIN,
    elsewhere: dict[str, bool] | None = None,
) -> tuple[RowPlan, ...]:
    return plan(read_roster(text.encode()).rows, Known(model, people, elsewhere or {}))


def actions(text: str, *people: KnownPerson) -> list[str]:
    return [row.action.value for row in planned(text, *people)]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("24/11/2026", date(2026, 11, 24)),
        ("4/3/26", date(2026, 3, 4)),
        ("24-11-2026", date(2026, 11, 24)),
        ("24.11.2026", date(2026, 11, 24)),
        ("2026-11-24", date(2026, 11, 24)),
        ("2026-11-24T00:00:00Z", date(2026, 11, 24)),
        ("24/11/2026 00:00", date(2026, 11, 24)),
        ("mar. 24/11/2026", date(2026, 11, 24)),
        ("46350", date(2026, 11, 24)),
        ("46350.0", date(2026, 11, 24)),
        ("46350,00", date(2026, 11, 24)),
        ("24 novembre 2026", date(2026, 11, 24)),
        ("24-nov-26", date(2026, 11, 24)),
        ("1er juil. 2026", date(2026, 7, 1)),
        ("1 juin 2026", date(2026, 6, 1)),
        ("5 août 2026", date(2026, 8, 5)),
        ("12 Dec 2026", date(2026, 12, 12)),
        ("29/02/2028", date(2028, 2, 29)),
    ],
)
def test_dates_are_read_as_people_write_them(text: str, day: date) -> None:
    assert read_date(text) == day


@pytest.mark.parametrize(
    "text", ["11/24/2026", "31/02/2026", "29/02/2027", "24/11/1926", "12345", "soon", "24 foo 2026", "1/2"]
)
def test_a_date_that_cannot_be_told_is_a_fault_of_its_cell(text: str) -> None:
    _, faults = read_cells(RosterRow(2, {"given_name": "A", "started_on": text}))
    assert [fault.column for fault in faults] == ["started_on"]


@pytest.mark.parametrize(
    ("text", "code"),
    [("français", "fr"), ("Arabe", "ar"), ("dari", "prs"), ("FR", "fr"), ("Ukrainian", "uk"), ("peul", "ff")],
)
def test_languages_are_known_by_name_and_by_code(text: str, code: str) -> None:
    assert read_language(text) == code


@pytest.mark.parametrize(
    ("text", "roles"),
    [
        ("Salariée", {Role.WORKER}),
        ("Encadrant technique d'insertion", {Role.SUPERVISOR}),
        ("encadrante, validatrice", {Role.SUPERVISOR, Role.REVIEWER}),
        ("CIP / tuteur", {Role.COACH, Role.TUTOR}),
        ("Conseillère en insertion professionnelle", {Role.COACH}),
    ],
)
def test_roles_are_read_in_both_genders_and_several_at_once(text: str, roles: set[Role]) -> None:
    cells, faults = read_cells(RosterRow(2, {"given_name": "A", "role": text}))
    assert (cells.roles, faults) == (roles, ())


@pytest.mark.parametrize("role", ["Administrateur", "maraîcher", "operator", "encadrant, pilote"])
def test_nobody_becomes_administrator_or_something_unknown_by_a_spreadsheet(role: str) -> None:
    (row,) = planned(f"Prénom;Rôle;E-mail\nA;{role};a@x.example\n")
    assert [reason.column for reason in row.reasons] == ["role"]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("DIALLO Amina", ("Amina", "DIALLO")),
        ("Amina DE LA TOUR", ("Amina", "DE LA TOUR")),
        ("Amina", ("Amina", "")),
    ],
)
def test_one_column_for_both_names_is_split_by_capitals(text: str, names: tuple[str, str]) -> None:
    cells, _ = read_cells(RosterRow(2, {"full_name": text}))
    assert (cells.given_name, cells.family_name) == names


def test_one_column_without_capitals_is_a_doubt() -> None:
    (row,) = planned("Nom et prénom\nJean Pierre Martin\n")
    assert (row.action, row.reasons[0].column) == (RowAction.ERROR, "full_name")


def test_every_fault_of_a_row_is_told_at_once() -> None:
    (row,) = planned("Prénom;Nom;E-mail;Date d'entrée\n;Diallo;no address;soon\n")
    assert [reason.column for reason in row.reasons] == ["email", "started_on", "given_name"]


def test_a_new_person_is_a_worker_unless_the_row_says_otherwise() -> None:
    (row,) = planned("Prénom;Nom\nGwen;Le Goff\n")
    assert (row.action, row.cells.roles) == (RowAction.CREATE, {Role.WORKER})


def test_staff_need_an_address() -> None:
    (row,) = planned("Prénom;Rôle\nGwen;encadrante\n")
    assert [reason.message for reason in row.reasons] == [EmailNeeded.message]


def test_the_reference_finds_somebody_even_when_the_family_name_changed() -> None:
    (row,) = planned("Prénom;Nom;Matricule\nAmina;Sow;00017\n", AMINA)
    assert (row.known, row.changes) == (AMINA, (Change("family_name", "Diallo", "Sow"),))


def test_a_reference_that_names_somebody_else_altogether_is_a_doubt() -> None:
    (row,) = planned("Prénom;Nom;Matricule\nBakary;Traoré;00017\n", AMINA)
    assert (row.action, row.reasons[0].column, row.reasons[0].params) == (
        RowAction.ERROR, "reference", {"name": "Amina Diallo"},
    )  # fmt: skip


def test_a_reference_and_an_address_of_two_people_are_a_doubt() -> None:
    (row,) = planned("Prénom;Nom;Matricule;E-mail\nAmina;Diallo;00017;marc@x.example\n", AMINA, MARC)
    assert row.action is RowAction.ERROR
    assert row.reasons[0].params == {"one": "Amina Diallo", "other": "Marc Petit"}


def test_names_and_crew_find_somebody_whatever_the_accents() -> None:
    assert actions("Prénom;Nom;Équipe\nzoe;LEGER;serres\n", UNNUMBERED) == ["update"]
    assert actions("Prénom;Nom;Équipe\nZoé;Léger;Serres\n", UNNUMBERED) == ["unchanged"]


def test_a_number_given_later_is_added_to_the_person_known_by_name() -> None:
    (row,) = planned("Prénom;Nom;Équipe;Matricule\nZoé;Léger;Serres;42\n", UNNUMBERED)
    assert row.changes == (Change("reference", "", "42"),)


def test_the_same_name_in_another_crew_is_a_doubt_and_with_another_number_a_new_person() -> None:
    (row,) = planned("Prénom;Nom;Équipe\nZoé;Léger;Livraison\n", UNNUMBERED)
    assert (row.action, row.reasons[0].column) == (RowAction.ERROR, "reference")
    assert actions("Prénom;Nom;Équipe;Matricule\nAmina;Diallo;Serres;99\n", AMINA) == ["create"]


def test_two_known_people_of_one_name_are_a_doubt() -> None:
    twin = replace(UNNUMBERED, person_id=uuid.UUID(int=4))
    assert actions("Prénom;Nom;Équipe\nZoé;Léger;Serres\n", UNNUMBERED, twin) == ["error"]
    assert actions("Prénom;Nom\nZoé;Léger\n", UNNUMBERED, replace(twin, crew="Livraison")) == ["error"]


def test_empty_cells_change_nothing() -> None:
    (row,) = planned(
        "Prénom;Nom;Matricule;Équipe;Encadrant;Date d'entrée;Langue\nAmina;;00017;;;;\n", AMINA, MARC
    )
    assert (row.action, row.changes) == (RowAction.UNCHANGED, ())


def test_a_second_line_about_the_same_person_is_left_out_or_a_doubt() -> None:
    text = "Prénom;Nom;Équipe\nGwen;Le Goff;Serres\nGwen;Le Goff;Serres\nGWEN;Le Goff;serres\n"
    rows = planned(text)
    assert [row.action.value for row in rows] == ["create", "unchanged", "error"]
    assert rows[1].notes[0].params == {"line": "2"}
    assert rows[2].reasons[0].params == {"line": "2"}


def test_homonyms_with_different_numbers_are_two_people() -> None:
    assert actions("Prénom;Nom;Matricule\nGwen;Le Goff;1\nGwen;Le Goff;2\nGwen;Le Goff;1\n") == [
        "create", "create", "unchanged",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["Marc Petit", "PETIT Marc", "marc", "Petit", "Marc@x.example"])
def test_whoever_is_in_charge_is_found_by_name_or_address(name: str) -> None:
    (row,) = planned(f"Prénom;Encadrant\nGwen;{name}\n", MARC)
    assert row.in_charge == ((Role.SUPERVISOR, MARC.person_id),)


def test_whoever_is_in_charge_may_be_added_further_down_in_the_same_file() -> None:
    rows = planned(
        "Prénom;Nom;E-mail;Rôle;Encadrant\nGwen;;;;Rosa Luz\nRosa;Luz;rosa@x.example;encadrante;\n"
    )
    assert rows[0].in_charge == ((Role.SUPERVISOR, 3),)


def test_whoever_is_in_charge_must_hold_the_role_and_be_one() -> None:
    other = replace(MARC, person_id=uuid.UUID(int=9), family_name="Grand", email="m2@x.example")
    assert (
        actions("Prénom;Encadrant;Tuteur\nA;Nobody;\nB;Marc;\nC;;Marc Petit\n", MARC, other) == ["error"] * 3
    )


def test_a_worker_follows_staff_that_failed_into_error_but_others_are_free() -> None:
    text = "Prénom;Nom;E-mail;Rôle;Encadrant\nRosa;Luz;bad address;encadrante;\nGwen;;;;Rosa Luz\nIdil;;;;\n"
    assert actions(text) == ["error", "error", "create"]


def test_another_supervisor_replaces_the_one_of_that_role_only() -> None:
    rosa = replace(
        MARC, person_id=uuid.UUID(int=5), given_name="Rosa", family_name="Luz", email="rosa@x.example"
    )
    (row,) = planned("Prénom;Nom;Matricule;Encadrant\nAmina;Diallo;00017;Rosa Luz\n", AMINA, MARC, rosa)
    assert (row.action, row.changes) == (RowAction.UPDATE, (Change("supervisor", "", "Rosa Luz"),))


def test_an_exit_date_is_left_out_where_no_exit_is_programmed() -> None:
    text = "Prénom;Sortie prévue\nGwen;28/02/2027\n"
    (row,) = planned(text, model=StructureModel.SOCIAL_INTEGRATION)
    assert (row.action, row.cells.planned_exit_on, len(row.notes)) == (RowAction.CREATE, None, 1)
    (row,) = planned(text)
    assert (row.cells.planned_exit_on, row.notes) == (date(2027, 2, 28), ())


def test_an_exit_before_the_entry_is_an_error() -> None:
    (row,) = planned("Prénom;Date d'entrée;Sortie prévue\nGwen;01/09/2026;01/08/2026\n")
    assert row.reasons[0].message == BadDates.message
    (row,) = planned("Prénom;Nom;Matricule;Sortie prévue\nAmina;Diallo;00017;01/08/2026\n", AMINA)
    assert row.reasons[0].message == BadDates.message


def test_somebody_who_left_does_not_come_back_by_an_old_file() -> None:
    gone = replace(AMINA, left=True, roles=frozenset())
    assert actions("Prénom;Nom;Matricule\nAmina;Diallo;00017\n", gone) == ["error"]


def test_an_account_of_another_structure_keeps_its_name_and_address() -> None:
    shared = replace(MARC, shared=True)
    (row,) = planned("Prénom;Nom;E-mail;Équipe\nMarcel;Petit;marc@x.example;Serres\n", shared)
    assert row.changes == (Change("crew", "", "Serres"),)
    (row,) = planned("Prénom;Nom;E-mail\nMarc;Petit;other@x.example\n", replace(shared, email=None))
    assert row.reasons[0].message == SharedAccount.message


def test_an_address_known_elsewhere_joins_unless_its_account_is_closed() -> None:
    text = "Prénom;E-mail\nGwen;gwen@x.example\n"
    (row,) = planned(text, elsewhere={"gwen@x.example": False})
    assert (row.action, len(row.notes)) == (RowAction.CREATE, 1)
    (row,) = planned(text, elsewhere={"gwen@x.example": True})
    assert row.reasons[0].message == EmailTaken.message


def test_an_address_of_somebody_else_is_not_taken_over() -> None:
    (row,) = planned("Prénom;Nom;Matricule;E-mail\nAmina;Diallo;00017;g@x.example\n", AMINA)
    assert row.changes == (Change("email", "", "g@x.example"),)
    (row,) = plan(
        read_roster("Prénom;Nom;Matricule;E-mail\nAmina;Diallo;00017;g@x.example\n".encode()).rows,
        Known(StructureModel.TREMPLIN, (AMINA,), {"g@x.example": False}),
    )
    assert row.reasons[0].message == EmailTaken.message


def test_a_role_is_added_and_never_taken_away() -> None:
    (row,) = planned("Prénom;Nom;E-mail;Rôle\nMarc;Petit;marc@x.example;validateur\n", MARC)
    assert row.changes == (Change("role", "supervisor", "reviewer, supervisor"),)


def test_a_column_for_who_is_in_charge_means_nothing_for_staff() -> None:
    (row,) = planned("Prénom;E-mail;Rôle;Encadrant\nRosa;rosa@x.example;encadrante;Nobody\n")
    assert (row.action, row.in_charge) == (RowAction.CREATE, ())


def test_a_name_that_is_too_long_is_a_fault_of_its_cell() -> None:
    (row,) = planned(f"Prénom;Nom\n{'a' * 81};B\n")
    assert (row.reasons[0].column, row.reasons[0].params) == ("given_name", {"limit": "80"})
    assert isinstance(row.cells, Cells)
