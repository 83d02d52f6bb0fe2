"""The worker's badges on a phone: answer, look before showing, show, stop, take away."""

import io
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import zxingcpp
from flask import Flask
from flask.testing import FlaskClient
from lxml import html as page_parser
from PIL import Image
from sqlalchemy.orm import Session, sessionmaker
from werkzeug.test import TestResponse

from badges.app import create_app
from badges.issuer import queries
from badges.openbadges.bake import unbake
from badges.openbadges.report import Verdict
from badges.openbadges.verify import verify
from badges.people import service_sign_in
from badges.permissions import Actor
from badges.sharing.rules import BadgeState
from badges.web.access import TOKEN
from tests.conftest import StillClock
from tests.holders import Holder, build_holder
from tests.live import settings_for

BASE = "http://127.0.0.1:5000"
CSRF = re.compile(r'name="csrf_token" value="([^"]+)"')
Door = Callable[[Actor], FlaskClient]


@pytest.fixture
def app(database_url: str, tmp_path: Path, clock: StillClock) -> Iterator[Flask]:
    settings = replace(settings_for(database_url, tmp_path / "media", base_url=BASE), mode="demo")
    app = create_app(settings, clock=clock)
    yield app
    app.extensions["badges"].sessions.kw["bind"].dispose()


@pytest.fixture
def holder(app: Flask, sessions: sessionmaker[Session], session: Session, clock: StillClock) -> Holder:
    return build_holder(sessions, session, clock, base_url=BASE)


@pytest.fixture
def enter(app: Flask, session: Session, clock: StillClock) -> Door:
    """Sign somebody in on a browser of their own."""

    def door(actor: Actor) -> FlaskClient:
        assert actor.person_id
        token = service_sign_in.start_demo(session, clock, actor.person_id, actor.structure_id)
        client = app.test_client()
        with client.session_transaction() as cookie:
            cookie[TOKEN] = token
        return client

    return door


@pytest.fixture
def amina(enter: Door, holder: Holder) -> FlaskClient:
    return enter(holder.amina)


def text(response: TestResponse, status: int = 200) -> str:
    assert response.status_code == status, response.text[:2000]
    return " ".join(unescape(response.text).replace("\N{NO-BREAK SPACE}", " ").split())


def press(client: FlaskClient, holder: Holder, button: str, **fields: str) -> TestResponse:
    """Send the form of a button found on the page of the badge or on its preview."""
    source = "/show" if button == "show" else ""
    token = CSRF.search(client.get(f"/badges/{holder.badge}{source}?lang=en").text)
    assert token
    return client.post(f"/badges/{holder.badge}/{button}", data={"csrf_token": token[1], **fields})


def test_a_new_badge_is_a_feast_with_three_answers(amina: FlaskClient, holder: Holder) -> None:
    page = text(amina.get(f"/badges/{holder.badge}?lang=en"))
    assert "Well done, Amina" in page
    assert "Les Jardins du Canal recognises:" in page
    for answer in ("I keep it to myself", "I keep it and show it", "I do not want this badge"):
        assert answer in page


def test_keeping_leads_to_a_private_badge(amina: FlaskClient, holder: Holder) -> None:
    assert press(amina, holder, "keep").status_code == 303
    page = text(amina.get(f"/badges/{holder.badge}?lang=en"))
    assert "Only you see it" in page
    assert "linkedin.com" not in page


def test_the_preview_holds_the_same_words_as_the_public_page(
    amina: FlaskClient, holder: Holder, app: Flask
) -> None:
    preview = page_parser.fromstring(amina.get(f"/badges/{holder.badge}/show?lang=fr").text)
    press(amina, holder, "show", name_form="initial")
    (own,) = [place for place in preview.iter("div") if place.get("class") == "preview"]
    public = text(app.test_client().get(f"/b/{holder.own().token}?lang=fr"))
    wanted = [node for node in own.iter("li", "dd", "dt", "h2", "h3", "b") if node.text_content().strip()]
    assert len(wanted) > 15
    for node in wanted:
        words = " ".join(node.text_content().replace("\N{NO-BREAK SPACE}", " ").split())
        assert words in " ".join(page_parser.fromstring(public).text_content().split()), words


def test_the_two_buttons_of_a_consent_look_the_same(amina: FlaskClient, holder: Holder) -> None:
    page = page_parser.fromstring(amina.get(f"/badges/{holder.badge}/show?lang=en").text)
    (dock,) = [place for place in page.iter("div") if place.get("class") == "dock"]
    buttons = [node.get("class") for node in dock.iter("a", "button")]
    assert buttons == ["btn btn--pair"] * 2
    assert "btn--main" not in amina.get(f"/badges/{holder.badge}/show").text


def test_nothing_is_public_after_looking(amina: FlaskClient, holder: Holder) -> None:
    amina.get(f"/badges/{holder.badge}/show")
    assert holder.own().token == ""
    assert holder.consents() == []


def test_showing_then_stopping_takes_one_tap_each(amina: FlaskClient, holder: Holder, app: Flask) -> None:
    press(amina, holder, "show", name_form="full")
    token = holder.own().token
    holder.clock.forward(minutes=1)
    stranger = app.test_client()
    assert "Amina Diallo" in text(stranger.get(f"/b/{token}"))
    press(amina, holder, "hide")
    assert stranger.get(f"/b/{token}").status_code == 404
    assert [act for _, act, *_ in holder.consents()] == ["show", "hide"]
    assert [language for *_, language in holder.consents()] == ["en", "en"]


@pytest.mark.parametrize("fields", [{}, {"name_form": "pseudonym"}, {"name_form": "nickname"}])
def test_without_a_name_nothing_is_shown_and_the_page_says_why(
    amina: FlaskClient, holder: Holder, fields: dict[str, str]
) -> None:
    response = press(amina, holder, "show", **fields)
    assert "err" in text(response, 422)
    assert holder.consents() == []


def test_another_name_is_kept_when_something_is_wrong_and_signed_when_right(
    amina: FlaskClient, holder: Holder, app: Flask
) -> None:
    press(amina, holder, "show", name_form="pseudonym", pseudonym="Mina du jardin")
    holder.clock.forward(minutes=1)
    assert "Mina du jardin" in text(app.test_client().get(f"/b/{holder.own().token}"))
    assert "Mina du jardin" in text(amina.get(f"/badges/{holder.badge}/show"))


def test_linkedin_receives_the_name_the_dates_and_the_page(amina: FlaskClient, holder: Holder) -> None:
    press(amina, holder, "show", name_form="initial")
    holder.clock.forward(minutes=1)
    page = page_parser.fromstring(amina.get(f"/badges/{holder.badge}").text)
    links = [link.get("href") for link in page.iter("a") if "linkedin.com" in (link.get("href") or "")]
    profile, share = links
    address = f"{BASE}/b/{holder.own().token}"
    assert parse_qs(urlsplit(profile).query) == {
        "startTask": ["CERTIFICATION_NAME"],
        "name": ["Travailler en équipe, niveau 2 sur 3"],
        "organizationName": ["Les Jardins du Canal"],
        "issueYear": ["2026"],
        "issueMonth": ["11"],
        "certUrl": [address],
        "certId": [f"urn:uuid:{holder.badge}"],
    }
    assert parse_qs(urlsplit(share).query) == {"url": [address]}


@pytest.mark.parametrize("kind", ["json", "png", "svg"])
def test_a_private_badge_can_be_taken_away(amina: FlaskClient, holder: Holder, kind: str) -> None:
    response = amina.get(f"/badges/{holder.badge}/file.{kind}")
    assert unbake(response.data) == holder.signed()
    assert response.headers["Cache-Control"] == "no-store"


def test_a_private_badge_can_be_taken_away_as_a_token(amina: FlaskClient, holder: Holder) -> None:
    response = amina.get(f"/badges/{holder.badge}/file.jwt")
    assert (response.status_code, response.mimetype) == (200, "text/plain")
    assert response.headers["Cache-Control"] == "no-store"
    resolver = queries.local_documents(holder.session)
    holder.forget()
    assert verify(response.data, resolver=resolver, now=holder.clock.now()).verdict is Verdict.VALID


def test_nobody_else_takes_the_token_of_a_badge(enter: Door, holder: Holder) -> None:
    assert enter(holder.bakary).get(f"/badges/{holder.badge}/file.jwt").status_code in (403, 404)


def test_the_slip_shows_a_code_and_the_short_address(amina: FlaskClient, holder: Holder) -> None:
    press(amina, holder, "show", name_form="initial")
    address = f"{BASE}/b/{holder.own().token}"
    assert address.removeprefix("http://") in text(amina.get(f"/badges/{holder.badge}/slip"))
    picture = Image.open(io.BytesIO(amina.get(f"/badges/{holder.badge}/qr.png").data)).convert("L")
    assert zxingcpp.read_barcodes(picture)[0].text == address


def test_there_is_no_slip_for_a_page_that_is_not_shown(amina: FlaskClient, holder: Holder) -> None:
    for path in ("slip", "qr.png", "qr.svg"):
        assert amina.get(f"/badges/{holder.badge}/{path}").status_code == 404


def test_the_shelf_names_each_state(amina: FlaskClient, holder: Holder) -> None:
    assert "To answer" in text(amina.get("/badges?lang=en"))
    press(amina, holder, "keep")
    assert "Private" in text(amina.get("/badges?lang=en"))
    press(amina, holder, "show", name_form="initial")
    assert "Visible" in text(amina.get("/badges?lang=en"))
    holder.revoke()
    assert holder.state() is BadgeState.WITHDRAWN
    assert "Withdrawn" in text(amina.get("/badges?lang=en"))
    assert "Close the public page" in text(amina.get(f"/badges/{holder.badge}?lang=en"))


def test_a_declined_badge_can_still_be_kept(amina: FlaskClient, holder: Holder) -> None:
    press(amina, holder, "decline")
    assert "Not kept" in text(amina.get("/badges?lang=en"))
    assert "You can change your mind." in text(amina.get(f"/badges/{holder.badge}?lang=en"))
    press(amina, holder, "keep")
    assert holder.state() is BadgeState.PRIVATE


@pytest.mark.parametrize("path", ["", "/show", "/slip", "/file.json", "/qr.png"])
def test_a_colleague_sees_nothing_of_it(enter: Door, holder: Holder, path: str) -> None:
    assert enter(holder.bakary).get(f"/badges/{holder.badge}{path}").status_code == 403


def test_an_empty_shelf_says_what_will_come(enter: Door, holder: Holder) -> None:
    assert "Your first badge will appear here." in text(enter(holder.bakary).get("/badges?lang=en"))
