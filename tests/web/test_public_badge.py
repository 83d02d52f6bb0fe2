"""The page a recruiter scans: one verdict, no cookie, gone in one tap; and all that can be taken from it."""

import io
import json
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from urllib.parse import urlsplit

import jwt
import pytest
import zxingcpp
from flask import Flask
from flask.testing import FlaskClient
from lxml import html as page_parser
from PIL import Image
from resvg_py import svg_to_bytes
from sqlalchemy.orm import Session, sessionmaker
from werkzeug.test import TestResponse

from badges.app import create_app
from badges.issuer import queries as issuer
from badges.openbadges.bake import unbake
from badges.openbadges.report import Verdict
from badges.openbadges.verify import verify
from badges.people.models import NameForm
from tests.conftest import StillClock
from tests.holders import Holder, build_holder
from tests.live import settings_for

BASE = "http://127.0.0.1:5000"
HEADERS_THAT_DIFFER = {"Date"}


@pytest.fixture
def app(database_url: str, tmp_path: Path, clock: StillClock) -> Iterator[Flask]:
    app = create_app(settings_for(database_url, tmp_path / "media", base_url=BASE), clock=clock)
    yield app
    app.extensions["badges"].sessions.kw["bind"].dispose()


@pytest.fixture
def holder(app: Flask, sessions: sessionmaker[Session], session: Session, clock: StillClock) -> Holder:
    return build_holder(sessions, session, clock, base_url=BASE)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def text(response: TestResponse, status: int = 200) -> str:
    assert response.status_code == status, response.text[:2000]
    return " ".join(unescape(response.text).replace("\N{NO-BREAK SPACE}", " ").split())


def meta(response: TestResponse) -> dict[str, str]:
    tree = page_parser.fromstring(response.get_data())
    return {tag.get("property"): tag.get("content") for tag in tree.iter("meta") if tag.get("property")}


def test_the_page_says_authentic_what_the_person_does_the_level_and_who_says_so(
    client: FlaskClient, holder: Holder
) -> None:
    page = text(client.get(f"/b/{holder.show()}?lang=fr"))
    for said in (
        "verdict--valid",
        "Amina D.",
        "Travailler en équipe",
        "Les Jardins du Canal",
        "Se met d’accord",
    ):
        assert said in page
    assert "mailto:bonjour@jardins.example" in page


def test_the_page_can_be_read_in_english(client: FlaskClient, holder: Holder) -> None:
    page = text(client.get(f"/b/{holder.show()}?lang=en"))
    assert "Genuine badge, still valid" in page
    assert "Working in a team" in page
    assert "Signature checked just now, on Monday, November 23, 2026." in page
    assert "The name must be the one on the CV." in page
    assert "The signed badge is in French." in page


@pytest.mark.parametrize("path", ["", ".json", ".png", ".svg", ".jwt", "/card.png", "/qr.svg", "/qr.png"])
def test_no_answer_about_a_badge_sets_a_cookie_or_may_be_indexed(
    client: FlaskClient, holder: Holder, path: str
) -> None:
    response = client.get(f"/b/{holder.show()}{path}")
    assert response.status_code == 200
    assert "Set-Cookie" not in response.headers
    assert "Cookie" not in response.headers.get("Vary", "")
    assert response.headers["X-Robots-Tag"] == "noindex"
    assert response.headers["Cache-Control"] == "no-cache"
    assert response.headers["ETag"]


@pytest.mark.parametrize(
    "path", ["/", "/about/badges", "/about/legal", "/about/privacy", "/about/accessibility"]
)
@pytest.mark.parametrize("language", ["fr", "en"])
def test_public_pages_set_no_cookie_even_to_somebody_who_has_one(
    client: FlaskClient, path: str, language: str
) -> None:
    client.set_cookie("badges", "made-up")
    response = client.get(f"{path}?lang={language}")
    assert response.status_code == 200
    assert "Set-Cookie" not in response.headers
    assert f'<html lang="{language}"' in response.text


@pytest.mark.parametrize("kind", ["json", "jwt"])
def test_an_unchanged_file_is_not_sent_again(client: FlaskClient, holder: Holder, kind: str) -> None:
    token = holder.show()
    first = client.get(f"/b/{token}.{kind}")
    again = client.get(f"/b/{token}.{kind}", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize("kind", ["json", "jwt"])
def test_a_cached_copy_is_refused_once_the_page_is_hidden(
    client: FlaskClient, holder: Holder, kind: str
) -> None:
    token = holder.show()
    first = client.get(f"/b/{token}.{kind}")
    holder.hide()
    again = client.get(f"/b/{token}.{kind}", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 404


@pytest.mark.parametrize("path", ["", ".json", ".png", ".svg", ".jwt", "/card.png", "/qr.svg", "/qr.png"])
def test_hidden_and_never_there_get_the_very_same_answer(
    client: FlaskClient, holder: Holder, path: str
) -> None:
    token = holder.show()
    holder.hide()
    hidden, never = (client.get(f"/b/{name}{path}?lang=fr") for name in (token, "x" * len(token)))
    assert hidden.status_code == never.status_code == 404
    assert hidden.text.replace(token, "") == never.text.replace("x" * len(token), "")
    differing = {name for name, _ in hidden.headers} ^ {name for name, _ in never.headers}
    assert differing <= HEADERS_THAT_DIFFER
    assert "Amina" not in hidden.text
    assert "Travailler" not in hidden.text


def test_a_withdrawn_badge_is_told_without_the_reason(client: FlaskClient, holder: Holder) -> None:
    token = holder.show()
    holder.revoke()
    page = text(client.get(f"/b/{token}?lang=en"))
    assert "The issuer has withdrawn this badge" in page
    assert "A withdrawal says nothing about the person." in page
    assert "mistake" not in page
    assert "Amina" not in page
    assert client.get(f"/b/{token}/card.png").status_code == 404


def test_a_page_whose_badge_is_being_signed_asks_to_come_back(client: FlaskClient, holder: Holder) -> None:
    token = holder.show()
    credential = holder.credential()
    credential.signed = credential.sealed_at = None
    holder.session.commit()
    response = client.get(f"/b/{token}?lang=en")
    assert "being prepared" in text(response, 503)
    assert response.headers["Retry-After"]


@pytest.mark.parametrize(
    ("accept", "is_json"),
    [
        ("application/vc+ld+json", True),
        ("application/ld+json", True),
        ("application/json", True),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", False),
        ("*/*", False),
        ("", False),
        ("text/html;q=0.5, application/json", True),
    ],
)
def test_the_same_address_gives_a_page_or_the_signed_document(
    client: FlaskClient, holder: Holder, accept: str, is_json: bool
) -> None:
    response = client.get(f"/b/{holder.show()}", headers={"Accept": accept})
    assert response.mimetype == ("application/vc+ld+json" if is_json else "text/html")
    assert "Accept" in response.headers["Vary"]
    if is_json:
        assert response.text == holder.signed()
        assert "attachment" not in response.headers.get("Content-Disposition", "")


@pytest.mark.parametrize(
    ("kind", "mimetype"), [("json", "application/vc+ld+json"), ("png", "image/png"), ("svg", "image/svg+xml")]
)
def test_each_download_carries_the_signed_document(
    client: FlaskClient, holder: Holder, kind: str, mimetype: str
) -> None:
    response = client.get(f"/b/{holder.show()}.{kind}")
    assert response.mimetype == mimetype
    assert unbake(response.data) == holder.signed()
    assert response.headers["Content-Disposition"] == f'attachment; filename="badge-teamwork-N2.{kind}"'


def test_the_token_verifies_and_its_key_is_where_it_says(client: FlaskClient, holder: Holder) -> None:
    response = client.get(f"/b/{holder.show()}.jwt")
    assert (response.status_code, response.mimetype) == (200, "text/plain")
    assert response.headers["Content-Disposition"] == 'attachment; filename="badge-teamwork-N2.jwt"'
    resolver = issuer.local_documents(holder.session)
    holder.forget()
    report = verify(response.data, resolver=resolver, now=holder.clock.now())
    assert report.verdict is Verdict.VALID
    assert report.credential == {
        name: value for name, value in json.loads(holder.signed()).items() if name != "proof"
    }
    kid = jwt.get_unverified_header(response.text)["kid"]
    key = client.get(urlsplit(kid).path)
    assert (key.mimetype, key.get_json()["kid"]) == ("application/jwk+json", kid)
    assert key.headers["Access-Control-Allow-Origin"] == "*"
    assert "d" not in key.get_json()


def test_a_withdrawn_badge_is_given_as_a_file_that_says_so_but_not_as_a_new_token(
    client: FlaskClient, holder: Holder
) -> None:
    token = holder.show()
    holder.revoke()
    assert client.get(f"/b/{token}.json").status_code == 200
    assert client.get(f"/b/{token}.jwt").status_code == 409


def test_social_networks_are_given_whole_addresses_and_a_picture_of_their_size(
    client: FlaskClient, holder: Holder
) -> None:
    token = holder.show()
    tags = meta(client.get(f"/b/{token}?lang=en"))
    assert tags["og:url"] == f"{BASE}/b/{token}"
    assert tags["og:image"] == f"{BASE}/b/{token}/card.png"
    assert tags["og:title"] == "Amina D.: Working in a team, level 2 of 3"
    assert tags["og:description"].startswith("Agrees with the others")
    picture = Image.open(io.BytesIO(client.get(f"/b/{token}/card.png").data))
    assert picture.size == (1200, 627)
    assert (tags["og:image:width"], tags["og:image:height"]) == ("1200", "627")


def test_the_codes_lead_to_the_page(client: FlaskClient, holder: Holder) -> None:
    token = holder.show()
    png = client.get(f"/b/{token}/qr.png").data
    svg = svg_to_bytes(svg_string=client.get(f"/b/{token}/qr.svg").text, width=600, dpi=96)
    for picture in (png, bytes(svg)):
        (code,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture)).convert("L"))
        assert code.text == f"{BASE}/b/{token}"
        assert code.ec_level == "Q"


def test_a_hostile_name_is_shown_as_text(client: FlaskClient, holder: Holder) -> None:
    hostile = '"><img src=x onerror=alert(1)>{{7*7}}'
    page = client.get(f"/b/{holder.show(NameForm.PSEUDONYM, pseudonym=hostile)}").text
    assert "<img src=x" not in page
    assert "{{7*7}}" in unescape(page)


def test_what_is_shown_is_what_was_signed(client: FlaskClient, holder: Holder) -> None:
    page = text(client.get(f"/b/{holder.show()}?lang=fr"))
    achievement = json.loads(holder.signed())["credentialSubject"]["achievement"]
    items = [line[2:] for line in achievement["criteria"]["narrative"].splitlines() if line.startswith("- ")]
    assert items
    for line in items:
        assert line in page
