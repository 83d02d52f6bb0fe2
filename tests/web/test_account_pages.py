"""The doors and the page about oneself: no way in by guessing, a new cookie each time, devices that end."""

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from badges import jobs, outbox
from badges.app import create_app
from badges.people import service
from badges.people.mailer import Letter
from badges.people.models import EmailLink, NameForm, Person, SignIn, StructureModel
from badges.people.rules import NewPerson, NewStructure
from badges.people.service_cards import issue_card
from badges.permissions import Actor, Role, console
from badges.web.access import TOKEN
from badges.web.account.demo import demo_token
from badges.web.account.door import local_path
from tests.conftest import StillClock
from tests.live import settings_for

PASSWORD = "quatre mots bien longs"
CSRF = re.compile(r'name="csrf_token" value="([^"]+)"')


@dataclass
class Postbox:
    letters: list[Letter]

    def send(self, letter: Letter) -> None:
        self.letters.append(letter)


@dataclass(frozen=True)
class House:
    admin: Actor
    marc: uuid.UUID
    amina: uuid.UUID


@pytest.fixture
def app(database_url: str, tmp_path: Path, clock: StillClock) -> Iterator[Flask]:
    app = create_app(replace(settings_for(database_url, tmp_path / "media"), mode="demo"), clock=clock)
    app.extensions["badges"] = replace(app.extensions["badges"], mailer=Postbox([]))
    yield app
    app.extensions["badges"].sessions.kw["bind"].dispose()


@pytest.fixture
def house(app: Flask, session: Session, clock: StillClock) -> House:
    new = NewStructure(
        legal_name="Association X", kind="ACI", model=StructureModel.TREMPLIN, public_name="Jardins",
        public_description="",
    )  # fmt: skip
    admin = console(service.create_structure(session, clock, console(), new))
    marc = NewPerson(given_name="Marc", email="marc@x.example", roles=frozenset({Role.SUPERVISOR}))
    amina = NewPerson(given_name="Amina", family_name="Diallo", roles=frozenset({Role.WORKER}))
    return House(
        admin,
        service.add_person(session, clock, admin, marc),
        service.add_person(session, clock, admin, amina),
    )


def post(client: FlaskClient, path: str, page: str | None = None, **fields: str) -> TestResponse:
    """Send a form as a browser would: with the CSRF field of the page it stands on."""
    token = CSRF.search(client.get(page or path).text)
    assert token, page or path
    return client.post(path, data={"csrf_token": token[1], **fields})


def mailed_link(app: Flask) -> str:
    """Let the relay run, then return the path of the link in the letter that left."""
    ports = app.extensions["badges"]
    outbox.drain(ports.sessions, ports.clock, jobs.handlers(ports))
    found = re.search(r"http://[^/]+(/sign-in/link/\S+)", ports.mailer.letters[-1].body)
    assert found
    return found[1]


def by_link(app: Flask, client: FlaskClient) -> TestResponse:
    post(client, "/sign-in/link", "/sign-in", email="marc@x.example")
    return post(client, mailed_link(app))


def cookie(client: FlaskClient) -> str | None:
    with client.session_transaction() as session:
        return session.get(TOKEN)


def test_a_link_by_mail_signs_in_once_and_reading_it_spends_nothing(app: Flask, house: House) -> None:
    client = app.test_client()
    assert post(client, "/sign-in/link", "/sign-in", email="MARC@x.example").location == "/sign-in/sent"
    path = mailed_link(app)
    for _ in range(3):
        assert client.get(path).status_code == 200
    answer = post(client, path)
    assert (answer.status_code, answer.location) == (303, "/crew")
    assert client.get("/crew").status_code == 200
    spent = app.test_client().get(path)
    assert spent.status_code == 422
    assert "<form" not in spent.text


def test_the_letter_names_nobody_and_comes_in_the_language_of_its_reader(app: Flask, house: House) -> None:
    post(app.test_client(), "/sign-in/link", "/sign-in", email="marc@x.example")
    mailed_link(app)
    (letter,) = app.extensions["badges"].mailer.letters
    assert letter.to == "marc@x.example"
    assert "Marc" not in letter.body
    assert "Jardins" not in letter.body


def test_an_unknown_address_gets_the_same_answer(app: Flask, house: House) -> None:
    answers = [
        post(app.test_client(), "/sign-in/link", "/sign-in", email=email)
        for email in ("marc@x.example", "nobody@x.example")
    ]
    assert [(answer.status_code, answer.location, answer.text) for answer in answers] == [
        (303, "/sign-in/sent", answers[0].text)
    ] * 2


def set_password(app: Flask) -> FlaskClient:
    client = app.test_client()
    by_link(app, client)
    assert post(client, "/me/password", "/me", password=PASSWORD).status_code == 303
    return client


def test_a_password_is_set_after_a_link_and_then_opens_the_door(app: Flask, house: House) -> None:
    set_password(app)
    client = app.test_client()
    wrong = post(client, "/sign-in", email="marc@x.example", password="wrong")
    assert wrong.status_code == 422
    assert 'value="marc@x.example"' in wrong.text
    assert 'value="wrong"' not in wrong.text
    assert post(client, "/sign-in", email="marc@x.example", password=PASSWORD).location == "/crew"


def test_too_many_tries_say_when_to_come_back(app: Flask, house: House) -> None:
    client = app.test_client()
    answers = [post(client, "/sign-in", email="marc@x.example", password="x").status_code for _ in range(8)]
    stopped = post(client, "/sign-in", email="marc@x.example", password="x")
    assert answers == [422] * 8
    assert (stopped.status_code, stopped.headers["Retry-After"]) == (429, "900")


def test_a_forged_forwarded_address_does_not_reset_the_count(app: Flask, house: House) -> None:
    client = app.test_client()
    token = CSRF.search(client.get("/sign-in").text)
    assert token
    form = {"csrf_token": token[1], "email": "marc@x.example", "password": "x"}
    statuses = [
        client.post("/sign-in", data=form, headers={"X-Forwarded-For": f"203.0.113.{number}"}).status_code
        for number in range(9)
    ]
    assert statuses == [422] * 8 + [429]


def test_each_door_changes_the_cookie_and_ends_what_was_open(
    app: Flask, house: House, session: Session
) -> None:
    client = set_password(app)
    first = cookie(client)
    with client.session_transaction() as planted:
        planted["csrf_token"] = "planted"
    settings = app.extensions["badges"].settings
    path = f"/demo/{demo_token(settings.secret_key, house.marc, house.admin.structure_id)}"
    assert client.get(path).status_code == 303
    assert cookie(client) not in {None, first}
    with client.session_transaction() as after:
        assert after.get("csrf_token") != "planted"
    session.rollback()
    assert sorted(sign_in.ended_at is None for sign_in in session.scalars(select(SignIn))) == [False, True]


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(app: Flask, house: House) -> None:
    answer = by_link(app, app.test_client())
    header = next(value for value in answer.headers.getlist("Set-Cookie") if value.startswith("badges="))
    assert "HttpOnly" in header
    assert "SameSite=Lax" in header


def test_signing_out_ends_the_session_on_the_server(app: Flask, house: House) -> None:
    client = app.test_client()
    by_link(app, client)
    token = cookie(client)
    assert post(client, "/sign-out", "/me").location == "/sign-in"
    with client.session_transaction() as stolen:
        stolen[TOKEN] = token
    assert client.get("/me").location.startswith("/sign-in")


def test_another_device_is_listed_and_ended(app: Flask, house: House) -> None:
    here, there = app.test_client(), app.test_client()
    by_link(app, here)
    by_link(app, there)
    (path,) = re.findall(r'action="(/me/sign-ins/[^"]+/end)"', here.get("/me").text)
    assert post(here, path, "/me").status_code == 303
    assert there.get("/me").status_code == 303
    assert here.get("/me").status_code == 200


def test_nobody_ends_the_session_of_somebody_else(app: Flask, house: House, session: Session) -> None:
    client, other = app.test_client(), app.test_client()
    by_link(app, client)
    settings = app.extensions["badges"].settings
    other.get(f"/demo/{demo_token(settings.secret_key, house.amina, house.admin.structure_id)}")
    marc = session.scalars(select(SignIn.id).where(SignIn.person_id == house.marc)).one()
    assert post(other, f"/me/sign-ins/{marc}/end", "/me").status_code == 404
    assert client.get("/me").status_code == 200


def test_a_worker_signs_in_with_card_and_code_and_chooses_a_name(
    app: Flask, house: House, session: Session, clock: StillClock
) -> None:
    card = issue_card(session, clock, house.admin, house.amina)
    client = app.test_client()
    page = client.get(f"/card/{card.token}").text
    assert "Amina" not in page[: page.find("<main")]
    assert "Diallo" not in page
    assert post(client, f"/card/{card.token}", pin="000000").status_code == 422
    answer = post(client, f"/card/{card.token}", pin=card.pin)
    assert answer.location == "/badges"
    assert post(client, "/me/name", "/me", name_form="pseudonym").status_code == 422
    assert post(client, "/me/name", "/me", name_form="pseudonym", pseudonym="Mina").status_code == 303
    person = session.get_one(Person, house.amina, populate_existing=True)
    assert (person.name_form, person.pseudonym) == (NameForm.PSEUDONYM, "Mina")
    assert 'name="current"' not in client.get("/me").text
    assert post(client, "/me/password", "/me", password=PASSWORD).status_code == 403
    assert client.get("/card/unknown").status_code == 404


def test_the_staff_print_a_card_once_and_the_square_leads_to_it(
    app: Flask, house: House, session: Session, clock: StillClock
) -> None:
    service.assign(session, clock, house.admin, house.amina, house.marc, Role.SUPERVISOR)
    client = app.test_client()
    by_link(app, client)
    asked = client.get(f"/workers/{house.amina}/card")
    assert asked.status_code == 200
    assert "wcard__pin" not in asked.text
    printed = post(client, f"/workers/{house.amina}/card")
    pin = re.search(r"wcard__pin num\">\s*(\d{3} \d{3})", printed.text)
    assert pin
    assert printed.headers["Cache-Control"] == "no-store"
    assert "data:image/svg+xml;base64," in printed.text
    assert (
        post(client, f"/workers/{house.amina}/card/stop", f"/workers/{house.amina}/card").status_code == 303
    )
    assert client.get(f"/workers/{uuid.uuid4()}/card").status_code == 404


def test_a_worker_prints_no_card(app: Flask, house: House) -> None:
    client = app.test_client()
    settings = app.extensions["badges"].settings
    client.get(f"/demo/{demo_token(settings.secret_key, house.amina, house.admin.structure_id)}")
    assert client.get(f"/workers/{house.amina}/card").status_code == 403


def test_demo_links_exist_in_demo_mode_only(
    app: Flask, house: House, tmp_path: Path, database_url: str
) -> None:
    settings = app.extensions["badges"].settings
    token = demo_token(settings.secret_key, house.marc, house.admin.structure_id)
    assert app.test_client().get("/demo/forged").status_code == 422
    plain = create_app(replace(settings, mode="test"))
    assert plain.test_client().get(f"/demo/{token}").status_code == 404
    plain.extensions["badges"].sessions.kw["bind"].dispose()


def test_a_demo_cookie_is_worth_nothing_outside_demo_mode(app: Flask, house: House) -> None:
    client = app.test_client()
    settings = app.extensions["badges"].settings
    client.get(f"/demo/{demo_token(settings.secret_key, house.marc, house.admin.structure_id)}")
    token = cookie(client)
    plain = create_app(replace(settings, mode="test"), clock=app.extensions["badges"].clock)
    thief = plain.test_client()
    with thief.session_transaction() as session:
        session[TOKEN] = token
    assert thief.get("/me").status_code == 303
    plain.extensions["badges"].sessions.kw["bind"].dispose()


def test_after_signing_in_one_goes_where_one_wished_but_never_elsewhere(app: Flask, house: House) -> None:
    client = app.test_client()
    asked = client.get("/me?x=1")
    assert asked.location == "/sign-in?next=/me?x%3D1"
    set_password(app)
    token = CSRF.search(client.get(asked.location).text)
    assert token
    form = {"csrf_token": token[1], "email": "marc@x.example", "password": PASSWORD, "next": "/me?x=1"}
    assert client.post("/sign-in", data=form).location == "/me?x=1"


@pytest.mark.parametrize(
    ("wish", "path"),
    [
        ("/badges?x=1", "/badges?x=1"),
        ("https://evil.example", ""),
        ("//evil.example", ""),
        ("/\\evil.example", ""),
        ("/a\\b", ""),
        ("javascript:alert(1)", ""),
        ("/ok\r\nSet-Cookie: a=b", ""),
        ("/sign-out", ""),
        ("/demo/x", ""),
        ("", ""),
    ],
)
def test_only_paths_of_ours_are_followed(wish: str, path: str) -> None:
    assert local_path(wish) == path


def test_links_are_kept_as_hashes(app: Flask, house: House, session: Session) -> None:
    post(app.test_client(), "/sign-in/link", "/sign-in", email="marc@x.example")
    token = mailed_link(app).rsplit("/", 1)[1]
    assert token not in session.scalars(select(EmailLink.token_hash)).one()


def test_the_language_of_ones_pages_is_kept(app: Flask, house: House) -> None:
    client = app.test_client()
    by_link(app, client)
    post(client, "/me/language", "/me", language="en")
    assert '<html lang="en"' in client.get("/me").text
    assert post(client, "/me/language", "/me", language="xx").status_code == 422
