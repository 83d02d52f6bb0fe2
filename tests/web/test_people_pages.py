"""What administrators and operators do with people: add, correct, import, open, and nothing beyond."""

import io
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from badges.app import create_app
from badges.frameworks import queries as frameworks
from badges.issuer.models import IssuerProfile
from badges.people import queries, service, service_operators, service_sign_in
from badges.people.models import Person, RosterUpload, Structure, StructureModel
from badges.people.rules import NewPerson, NewStructure
from badges.permissions import Role, console
from badges.web.access import TOKEN
from tests.conftest import StillClock
from tests.live import settings_for

CSRF = re.compile(r'name="csrf_token" value="([^"]+)"')
ROSTER = """Prénom;Nom;Équipe;Rôle;E-mail;Téléphone
Amina;Diallo;Serres;;;06
=cmd()|x;;Serres;pilote;;07
;Sans prénom;Serres;;;08
Gwen;Le Goff;Serres;;;09
Gwen;Le Goff;Serres;;;09
""".encode("cp1252")


@dataclass(frozen=True)
class House:
    structure_id: uuid.UUID
    ada: uuid.UUID


@pytest.fixture
def app(database_url: str, tmp_path: Path, clock: StillClock) -> Iterator[Flask]:
    app = create_app(replace(settings_for(database_url, tmp_path / "media"), mode="demo"), clock=clock)
    yield app
    app.extensions["badges"].sessions.kw["bind"].dispose()


@pytest.fixture
def house(app: Flask, session: Session, clock: StillClock) -> House:
    return build(session, clock, "Jardins", "ada@x.example")


def build(session: Session, clock: StillClock, name: str, email: str) -> House:
    ada = NewPerson(given_name="Ada", email=email, roles=frozenset({Role.ADMIN}))
    new = NewStructure(
        legal_name="Association X", kind="ACI", model=StructureModel.TREMPLIN, public_name=name,
        public_description="", administrator=ada,
    )  # fmt: skip
    structure_id = service.create_structure(session, clock, console(), new)
    return House(structure_id, queries.persons_with_role(session, structure_id, Role.ADMIN)[0])


def enter(app: Flask, session: Session, person_id: uuid.UUID, structure_id: uuid.UUID | None) -> FlaskClient:
    token = service_sign_in.start_demo(session, app.extensions["badges"].clock, person_id, structure_id)
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie[TOKEN] = token
    return client


@pytest.fixture
def admin(app: Flask, session: Session, house: House) -> FlaskClient:
    return enter(app, session, house.ada, house.structure_id)


def post(client: FlaskClient, path: str, page: str = "", **fields: object) -> TestResponse:
    token = CSRF.search(client.get(page or path).text)
    assert token, page or path
    return client.post(path, data={"csrf_token": token[1], **fields})


def add(admin: FlaskClient, **fields: object) -> uuid.UUID:
    values = {"given_name": "Amina", "language": "fr", "roles": ["worker"]}
    answer = post(admin, "/admin/people/new", **values | fields)
    assert answer.status_code == 303, answer.text
    return uuid.UUID(answer.location.rsplit("/", 1)[1])


def test_somebody_is_added_corrected_given_roles_and_found(admin: FlaskClient) -> None:
    amina = add(admin, crew="Serres", reference="17")
    marc = add(admin, given_name="Marc", email="marc@x.example", roles=["supervisor", "coach"])
    page = f"/admin/people/{amina}"
    changed = {
        "given_name": "Aminata",
        "family_name": "Diallo",
        "language": "ff",
        "crew": "Cuisine",
        "reference": "17",
    }
    assert post(admin, page, **changed, planned_exit_on="2027-02-28").status_code == 303
    pairs = [f"supervisor:{marc}", f"coach:{marc}"]
    assert post(admin, f"{page}/in-charge", page, staff=pairs).status_code == 303
    shown = admin.get(page).text
    assert "Aminata Diallo" in shown
    assert 'value="2027-02-28"' in shown
    assert len(re.findall(r'value="(?:supervisor|coach):[^"]+"\s+checked', shown)) == 2
    assert "Aminata" in admin.get("/admin/people?q=cuisine").text
    assert "Aminata" not in admin.get("/admin/people?role=coach").text
    assert post(admin, f"{page}/roles", page).status_code == 303
    assert "Aminata" not in admin.get("/admin/people").text
    assert "Aminata" in admin.get("/admin/people?gone=1").text


def test_a_refused_form_keeps_what_was_typed_and_says_why_beside_the_field(admin: FlaskClient) -> None:
    typed = {"given_name": "Marc", "family_name": "Petit", "language": "fr", "roles": ["supervisor"]}
    refused = post(admin, "/admin/people/new", **typed)
    assert refused.status_code == 422
    assert 'value="Petit"' in refused.text
    assert 'id="f-email-err"' in refused.text
    refused = post(admin, "/admin/people/new", **typed, email="ada@x.example")
    assert refused.status_code == 409
    assert 'id="f-email-err"' in refused.text
    refused = post(admin, "/admin/people/new", **typed, email="m@x.example", started_on="soon")
    assert refused.status_code == 422
    assert (
        post(admin, "/admin/people/new", **typed | {"roles": ["operator"]}, email="m@x.example").status_code
        == 422
    )


def test_the_last_administrator_stays(admin: FlaskClient, house: House) -> None:
    page = f"/admin/people/{house.ada}"
    assert post(admin, f"{page}/roles", page, roles=["supervisor"]).status_code == 409
    assert post(admin, f"{page}/close", page).status_code == 409
    assert admin.get("/admin/people").status_code == 200


def test_a_closed_account_is_opened_again(admin: FlaskClient) -> None:
    amina = add(admin)
    page = f"/admin/people/{amina}"
    assert post(admin, f"{page}/close", page).status_code == 303
    assert "/reopen" in admin.get(page).text
    assert post(admin, f"{page}/reopen", page).status_code == 303
    assert "/close" in admin.get(page).text


def test_people_of_another_structure_do_not_exist(
    app: Flask, admin: FlaskClient, session: Session, clock: StillClock
) -> None:
    other = build(session, clock, "Canal Vert", "bea@x.example")
    for path in (f"/admin/people/{other.ada}", f"/workers/{other.ada}/card"):
        assert admin.get(path).status_code == 404
    for path in ("", "/roles", "/in-charge", "/close", "/reopen"):
        fields = {"given_name": "Thief", "language": "fr", "roles": "worker"}
        assert (
            post(admin, f"/admin/people/{other.ada}{path}", "/admin/people/new", **fields).status_code == 404
        )
    assert "Bea" not in admin.get("/admin/people").text


def send(admin: FlaskClient, data: bytes = ROSTER, name: str = "équipe.csv") -> TestResponse:
    answer = post(admin, "/admin/people/import", file=(io.BytesIO(data), name))
    answer.request.input_stream.close()
    return answer


def test_a_list_is_checked_corrected_and_imported(admin: FlaskClient, session: Session) -> None:
    check = send(admin).location
    page = admin.get(check).text
    assert session.scalar(select(func.count()).select_from(Person)) == 1
    assert [int(number) for number in re.findall(r"<dd>\s*(\d+)", page)] == [2, 2, 1]
    assert page.index("Sans prénom") < page.index("Le Goff")
    assert "Téléphone" in page
    fixes = {"cell-3-role": "salarié", "cell-4-given_name": "Sam"}
    assert post(admin, f"{check}/correct", check, **fixes).location == check
    assert [int(number) for number in re.findall(r"<dd>\s*(\d+)", admin.get(check).text)] == [4, 0, 1]
    done = post(admin, f"{check}/import", check)
    assert done.status_code == 200
    session.rollback()
    assert session.scalar(select(func.count()).select_from(Person)) == 5
    assert session.scalar(select(func.count()).select_from(RosterUpload)) == 0
    assert admin.get(check).status_code == 404


def test_lines_to_correct_come_back_as_a_file_that_runs_nothing(admin: FlaskClient) -> None:
    check = send(admin).location
    answer = admin.get(f"{check}/to-correct.csv")
    text = answer.data.decode("utf-8-sig")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert text.splitlines()[1].startswith("'=cmd()|x;;Serres;pilote;;")
    assert "Sans prénom" in text
    assert "Amina" not in text


def test_a_file_can_be_given_up(admin: FlaskClient, session: Session) -> None:
    check = send(admin).location
    assert post(admin, f"{check}/drop", check).location == "/admin/people"
    assert session.scalar(select(func.count()).select_from(RosterUpload)) == 0


@pytest.mark.parametrize(
    ("data", "status"),
    [(b"", 422), (b"PK\x03\x04 xlsx", 422), ("Prénom\n".encode(), 422), (b"a" * (2 * 1024 * 1024 + 1), 413)],
    ids=["nothing", "a workbook", "no person", "too large"],
)
def test_a_file_that_cannot_be_used_is_refused_with_a_reason(
    admin: FlaskClient, data: bytes, status: int
) -> None:
    refused = send(admin, data)
    assert refused.status_code == status
    assert 'id="f-file-err"' in refused.text


def test_telling_words_are_asked_about_once(admin: FlaskClient, session: Session, house: House) -> None:
    texts = {
        "legal_name": "Association X", "kind": "ACI", "model": "tremplin", "public_name": "Jardins",
        "public_description": "Un chantier d’insertion", "language": "fr",
    }  # fmt: skip
    asked = post(admin, "/admin/structure", **texts)
    assert asked.status_code == 422
    assert 'name="confirmed"' in asked.text
    assert post(admin, "/admin/structure", **texts, confirmed="1").status_code == 303
    structure = session.get_one(Structure, house.structure_id, populate_existing=True)
    assert structure.public_description == "Un chantier d’insertion"
    assert post(admin, "/admin/structure", **texts | {"public_url": "javascript:alert(1)"}).status_code == 422


def test_an_operator_opens_a_structure_and_sees_no_person(
    app: Flask, session: Session, clock: StillClock, house: House
) -> None:
    olga = service_operators.add_operator(session, clock, "Olga", "olga@p.example")
    client = enter(app, session, olga, None)
    assert client.get("/platform").status_code == 200
    new = {
        "legal_name": "Y", "kind": "", "model": "social_integration", "public_name": "Canal Vert",
        "public_description": "", "language": "fr", "given_name": "Bea", "email": "bea@x.example",
    }  # fmt: skip
    assert post(client, "/platform/structures/new", **new).status_code == 303
    session.rollback()
    made = session.scalars(select(Structure).where(Structure.public_name == "Canal Vert")).one()
    assert session.scalars(select(IssuerProfile).where(IssuerProfile.structure_id == made.id)).one()
    assert frameworks.adopted(session, made.id)
    assert queries.persons_with_role(session, made.id, Role.ADMIN)
    assert post(client, "/platform/structures/new", **new).status_code == 422
    assert "Canal Vert" in client.get("/platform").text
    for path in (
        "/admin/people",
        f"/admin/people/{house.ada}",
        "/crew",
        "/badges",
        f"/workers/{house.ada}/card",
    ):
        assert client.get(path).status_code in {403, 404}, path


def test_an_administrator_opens_no_structure(admin: FlaskClient) -> None:
    assert admin.get("/platform").status_code == 403
    assert admin.get("/platform/structures/new").status_code == 403
