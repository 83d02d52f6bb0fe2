"""/verify: what a stranger brings is judged in plain words, and nothing in it is trusted or followed."""

import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session, sessionmaker
from werkzeug.test import TestResponse

from badges.app import create_app
from badges.errors import Unresolvable
from badges.openbadges import keys, proof
from badges.openbadges.loads import dump_json
from badges.sharing import service_files
from badges.sharing.fetcher import Fetched
from badges.sharing.rules_addresses import public_address
from tests.conftest import StillClock
from tests.holders import Holder, build_holder
from tests.live import settings_for

BASE = "http://127.0.0.1:5000"
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@dataclass
class KnownSites:
    """A fetcher that knows a few addresses, and remembers what it was asked."""

    documents: dict[str, bytes]
    asked: list[str]

    def fetch(self, url: str) -> Fetched:
        self.asked.append(public_address(url))
        if url not in self.documents:
            raise Unresolvable(url=url)
        return Fetched("application/json", self.documents[url])


@pytest.fixture
def sites() -> KnownSites:
    return KnownSites({}, [])


@pytest.fixture
def app(database_url: str, tmp_path: Path, clock: StillClock, sites: KnownSites) -> Iterator[Flask]:
    app = create_app(settings_for(database_url, tmp_path / "media", base_url=BASE), clock=clock)
    app.extensions["badges"] = replace(app.extensions["badges"], fetcher=sites)
    yield app
    app.extensions["badges"].sessions.kw["bind"].dispose()


@pytest.fixture
def holder(app: Flask, sessions: sessionmaker[Session], session: Session, clock: StillClock) -> Holder:
    return build_holder(sessions, session, clock, base_url=BASE)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def bring(client: FlaskClient, **fields: Any) -> TestResponse:
    token = TOKEN.search(client.get("/verify?lang=en").text)
    assert token
    response = client.post("/verify", data={"csrf_token": token[1], **fields})
    response.request.environ["wsgi.input"].close()  # the test client leaves its temporary file open
    return response


def said(response: TestResponse, status: int = 200) -> str:
    assert response.status_code == status, response.text[:2000]
    return " ".join(unescape(response.text).split())


def test_the_form_is_guarded_against_other_sites(client: FlaskClient) -> None:
    assert client.post("/verify", data={"text": "{}"}).status_code == 400


def test_a_pasted_badge_of_ours_is_genuine(client: FlaskClient, holder: Holder, sites: KnownSites) -> None:
    page = said(bring(client, text=f"\n  {holder.signed()}\n"))
    assert "Genuine badge, still valid" in page
    assert "Amina D." in page
    assert sites.asked == []


@pytest.mark.parametrize("kind", ["json", "png", "svg", "jwt"])
def test_a_file_of_any_kind_is_read(
    client: FlaskClient, holder: Holder, sites: KnownSites, kind: str
) -> None:
    file = service_files.badge_file(holder.issuing, holder.session, holder.credential(), kind)
    holder.forget()
    page = said(bring(client, file=(io.BytesIO(file.body), file.name)))
    assert "Genuine badge, still valid" in page
    assert sites.asked == []


def test_a_link_to_our_own_page_is_read_without_the_network(
    client: FlaskClient, holder: Holder, sites: KnownSites
) -> None:
    token = holder.show()
    holder.clock.forward(minutes=1)
    for link in (
        f"{BASE}/b/{token}",
        f"{BASE}/b/{token}?lang=en",
        f"{BASE}/b/{token}.json",
        f"{BASE}/b/{token}.jwt",
    ):
        assert "Genuine badge, still valid" in said(bring(client, link=link))
    assert sites.asked == []


def test_a_link_to_a_hidden_page_says_nothing_of_it(client: FlaskClient, holder: Holder) -> None:
    token = holder.show()
    holder.hide()
    hidden, never = (bring(client, link=f"{BASE}/b/{name}") for name in (token, "x" * 32))
    for answer in (hidden, never):
        assert "This page is no longer shown" in said(answer, 404)
        assert "Amina" not in answer.text


def test_a_withdrawn_badge_is_told_as_such(client: FlaskClient, holder: Holder) -> None:
    holder.revoke()
    assert "The issuer has withdrawn this badge" in said(bring(client, text=holder.signed()))


def test_an_altered_badge_is_refused_and_its_claims_are_not_shown_as_true(
    client: FlaskClient, holder: Holder
) -> None:
    page = said(bring(client, text=holder.signed().replace("Amina D.", "Bakary K.")))
    assert "This badge is not genuine" in page
    assert "Do not rely on this badge" in page
    assert page.index("What the file says, without any guarantee") < page.index("Bakary K.")
    assert "Agrees with" not in page


def foreign(**changes: Any) -> bytes:
    """A badge signed by somebody this platform does not know, under did:web:elsewhere.example."""
    did, key = "did:web:elsewhere.example", Ed25519PrivateKey.generate()
    document = {
        "@context": [
            "https://www.w3.org/ns/credentials/v2",
            "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
        ],
        "id": "urn:uuid:6d9f4b0e-54a5-4c0e-9f0a-1c1f0d6c5a11",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "issuer": {"id": did, "type": ["Profile"], "name": "Elsewhere"},
        "validFrom": "2026-01-01T00:00:00Z",
        "credentialSubject": {
            "id": "urn:uuid:0b8b0f5e-2c51-4f0b-8a5e-3f5d7b1a9c22",
            "type": ["AchievementSubject"],
            "achievement": {
                "id": "https://elsewhere.example/a/1", "type": ["Achievement"], "name": "Juggling",
                "description": "Keeps three balls in the air.", "criteria": {"narrative": "Juggle."},
                "image": {"id": "https://tracker.example/pixel.png", "type": "Image"},
            },
        },
    }  # fmt: skip
    document |= changes
    method = keys.did_document(did, [key.public_key()])
    signed = proof.sign(document, key, method["assertionMethod"][0], created=datetime(2026, 1, 1, tzinfo=UTC))
    return dump_json(signed) + b"\n" + dump_json(method)


def test_a_badge_of_somebody_else_is_authentic_but_its_issuer_unknown_to_us(
    client: FlaskClient, sites: KnownSites
) -> None:
    badge, method = foreign().split(b"\n")
    sites.documents["https://elsewhere.example/.well-known/did.json"] = method
    sites.documents["https://elsewhere.example/badge"] = badge
    for brought in ({"text": badge.decode()}, {"link": "https://elsewhere.example/badge"}):
        page = said(bring(client, **brought))
        assert "Authentic file, issuer not known to us" in page
        assert "The signer controls the site elsewhere.example." in page
        assert "verdict--invalid" not in page


def test_nothing_of_a_foreign_badge_is_loaded_or_linked(client: FlaskClient, sites: KnownSites) -> None:
    badge, method = foreign().split(b"\n")
    sites.documents["https://elsewhere.example/.well-known/did.json"] = method
    page = bring(client, text=badge.decode()).text
    assert "tracker.example" not in page
    assert 'href="https://elsewhere' not in page


def test_an_issuer_out_of_reach_leaves_the_question_open(client: FlaskClient) -> None:
    page = said(bring(client, text=foreign().split(b"\n")[0].decode()))
    assert "We cannot say whether this badge is genuine" in page


def test_hostile_words_are_shown_as_text_and_cut(client: FlaskClient, sites: KnownSites) -> None:
    hostile = "<script>alert(1)</script>" + "A" * 50_000
    badge, method = foreign(
        issuer={"id": "did:web:elsewhere.example", "type": ["Profile"], "name": hostile}
    ).split(b"\n")
    sites.documents["https://elsewhere.example/.well-known/did.json"] = method
    page = bring(client, text=badge.decode()).text
    assert "<script>alert" not in page
    assert "A" * 300 not in page


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "Bring a file, a link or a text first."),
        ({"text": "hello"}, "There is no badge that we can read here."),
        ({"text": "{"}, "This is not JSON that we can read"),
        ({"text": '{"a":1,"a":2}'}, "is written twice in the same object"),
        ({"link": "http://example.org/b"}, "We do not follow this address."),
        ({"link": "https://127.0.0.1/"}, "We do not follow this address."),
        ({"link": f"{BASE}/about/legal"}, "This address leads to a page, not to a badge."),
        ({"link": "https://nowhere.example/b"}, "https://nowhere.example/b is not available"),
    ],
)
def test_what_cannot_be_read_is_named_and_the_link_kept(
    client: FlaskClient, fields: dict[str, str], message: str
) -> None:
    page = said(bring(client, **fields), 422)
    assert message in page
    assert fields.get("link", "") in page


def test_a_file_above_one_mebibyte_is_refused(client: FlaskClient) -> None:
    big = io.BytesIO(b"{" + b" " * (1 << 20) + b"}")
    assert "This is too large to be a badge" in said(bring(client, file=(big, "big.json")), 422)


def test_trying_without_end_is_slowed(client: FlaskClient) -> None:
    answers = {bring(client, text="hello").status_code for _ in range(25)}
    assert answers == {422, 429}


def test_the_words_about_cookies_are_true(client: FlaskClient) -> None:
    response = client.get("/verify?lang=en")
    assert "One cookie, to protect this form." in response.text
    assert "No cookies on this page." not in response.text
    assert response.headers["Set-Cookie"].startswith("badges=")


def test_checks_come_with_their_detail_for_engineers(client: FlaskClient, holder: Holder) -> None:
    page = said(bring(client, text=holder.signed()))
    for name in ("format: ok", "signature: ok", "dates: ok", "status: ok"):
        assert name in page
    assert json.loads(holder.signed())["credentialStatus"]["statusListCredential"] in page
