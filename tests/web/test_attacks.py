"""What an attacker tries on the running pages, and what must come of it."""

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session, sessionmaker

from badges.app import create_app
from badges.errors import Misconfigured
from badges.openbadges import keys, proof
from badges.openbadges.loads import dump_json, load_json
from tests.conftest import StillClock
from tests.holders import Holder, build_holder
from tests.live import settings_for
from tests.web.test_verify_page import BASE, TOKEN, KnownSites, bring, foreign, said

EVIL = "https://evil.example/key"


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


def forged(issuer: str, method: str, key: Ed25519PrivateKey) -> str:
    """A badge in the name of `issuer`, signed by the attacker's key under `method`."""
    badge = load_json(foreign().split(b"\n")[0])
    del badge["proof"]
    badge["issuer"] = {"id": issuer, "type": ["Profile"], "name": "Les Jardins du Canal"}
    return dump_json(proof.sign(badge, key, method, created=datetime(2026, 1, 1, tzinfo=UTC))).decode()


# -- forged badges --------------------------------------------------------------------------------
def test_a_key_on_the_attackers_site_never_signs_for_one_of_our_issuers(
    client: FlaskClient, holder: Holder, sites: KnownSites
) -> None:
    our, key = load_json(holder.signed())["issuer"]["id"], Ed25519PrivateKey.generate()
    method = keys.multikey(our, key.public_key()) | {"id": EVIL}
    for published in (method, {"id": our, "verificationMethod": [method], "assertionMethod": [EVIL]}):
        sites.documents[EVIL] = dump_json(published)
        page = said(bring(client, text=forged(our, EVIL, key)))
        assert "This badge is not genuine" in page
        assert "Genuine badge" not in page


def test_a_badge_that_vouches_for_itself_is_never_said_to_come_from_the_site_it_names(
    client: FlaskClient,
) -> None:
    key, site = Ed25519PrivateKey.generate(), "https://city.example/issuer"
    page = said(bring(client, text=forged(site, f"{site}#{keys.public_multibase(key.public_key())}", key)))
    assert "The signer controls the site" not in page
    assert "But nothing says who the signer really is." in page


# -- strange addresses ----------------------------------------------------------------------------
@pytest.mark.parametrize("path", ["/b/%00", "/b/a%00b.json", "/issuers/%00/did.json", "/card/a%00", "/%00"])
def test_an_address_with_a_nul_leads_nowhere_on_any_database(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


# -- costly documents -----------------------------------------------------------------------------
def test_a_badge_that_names_its_contexts_thousands_of_times_is_refused_at_once(
    client: FlaskClient, holder: Holder
) -> None:
    badge = load_json(holder.signed())
    badge["@context"] += [badge["@context"][1]] * 3_000
    started = time.process_time()
    page = said(bring(client, text=dump_json(badge).decode()))
    assert "This badge is not genuine" in page
    assert "contexts at $" in page
    assert time.process_time() - started < 3, "17 seconds of work without the limit"


# -- what a visitor sends about themselves --------------------------------------------------------
def test_the_legal_notice_names_our_own_host_whatever_the_visitor_asks_for(client: FlaskClient) -> None:
    page = client.get("/about/legal", headers={"Host": "evil.example"}).text
    assert "evil.example" not in page
    assert "127.0.0.1:5000" in page


def test_all_addresses_of_one_ipv6_network_count_as_one_visitor(client: FlaskClient) -> None:
    token = TOKEN.search(client.get("/sign-in").text)
    assert token
    data = {"email": "marc@jardins.example", "password": "guess", "csrf_token": token[1]}
    answers = [
        client.post("/sign-in", data=data, environ_base={"REMOTE_ADDR": f"2001:db8::{number:x}"}).status_code
        for number in range(10)
    ]
    assert answers == [422] * 8 + [429] * 2
    elsewhere = client.post("/sign-in", data=data, environ_base={"REMOTE_ADDR": "2001:db8:0:1::1"})
    assert elsewhere.status_code == 422


# -- settings that would open a door --------------------------------------------------------------
@pytest.mark.parametrize(
    "change",
    [
        {"trusted_proxies": -1},
        {"base_url": "https://badges.example/under"},
        {"base_url": "https://badges.example?x=1"},
        {"base_url": "https://"},
        {"mode": "production"},
    ],
)
def test_incoherent_settings_are_refused_at_boot(tmp_path: Path, change: dict[str, Any]) -> None:
    with pytest.raises(Misconfigured):
        replace(settings_for("sqlite://", tmp_path), **change)
