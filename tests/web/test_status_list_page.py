"""The address of a status list: typed as JSON, kept for five minutes, and never sent twice for nothing."""

import json
from collections.abc import Iterator
from dataclasses import replace
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from badges import jobs, outbox
from badges.app import create_app
from badges.issuer import service
from badges.issuer.models import Credential
from badges.permissions import Actor, Role
from badges.ports import Ports
from tests import factories
from tests.conftest import StillClock
from tests.live import settings_for


class Site:
    """A running site with one issued badge."""

    def __init__(self, ports: Ports, client: FlaskClient, badge: Credential, admin: Actor) -> None:
        self.ports, self.client, self.badge, self.admin = ports, client, badge, admin
        self.address = f"/status/{badge.status_list_id}"

    def withdraw(self) -> None:
        with self.ports.sessions() as session:
            service.revoke(session, self.ports.clock, self.admin, self.badge.id, "x")
        outbox.drain(self.ports.sessions, self.ports.clock, jobs.handlers(self.ports))


@pytest.fixture
def site(database_url: str, session: Session, tmp_path: Path, clock: StillClock) -> Iterator[Site]:
    app = create_app(replace(settings_for(database_url, tmp_path / "media"), mode="demo"), clock=clock)
    ports: Ports = app.extensions["badges"]
    version_id = factories.soft_framework(session, clock)
    structure = factories.make_structure(session, clock)
    worker = factories.make_person(session, clock, structure, Role.WORKER)
    admin = factories.make_person(session, clock, structure, Role.ADMIN)
    claim_id = factories.make_approved_claim(session, clock, structure, worker, version_id)
    session.commit()
    actor = factories.actor_of(structure, admin, Role.ADMIN)
    badge = session.get_one(Credential, service.issue(jobs.issuing(ports), claim_id))
    session.expunge_all()
    yield Site(ports, app.test_client(), badge, actor)
    ports.sessions.kw["bind"].dispose()


def test_a_list_is_json_for_any_site_and_kept_as_long_as_it_says(site: Site) -> None:
    answer = site.client.get(site.address)
    assert answer.status_code == 200
    assert "json" in answer.content_type
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    ttl = json.loads(answer.data)["credentialSubject"]["ttl"]
    assert answer.headers["Cache-Control"] == f"public, max-age={ttl // 1000}" == "public, max-age=300"
    assert parsedate_to_datetime(answer.headers["Last-Modified"]) == site.ports.clock.now()
    assert "Set-Cookie" not in answer.headers


def test_an_unchanged_list_is_not_sent_again(site: Site) -> None:
    tag = site.client.get(site.address).headers["ETag"]
    assert not tag.startswith("W/")
    answer = site.client.get(site.address, headers={"If-None-Match": tag})
    assert (answer.status_code, answer.data, answer.headers["ETag"]) == (304, b"", tag)
    assert answer.headers["Cache-Control"] == "public, max-age=300"


def test_publishing_for_nothing_keeps_the_tag_and_a_withdrawal_changes_it(site: Site) -> None:
    before = site.client.get(site.address)
    service.publish_status_list(jobs.issuing(site.ports), site.badge.status_list_id)
    same = site.client.get(site.address)
    assert (same.headers["ETag"], same.data) == (before.headers["ETag"], before.data)
    site.withdraw()
    after = site.client.get(site.address, headers={"If-None-Match": before.headers["ETag"]})
    assert after.status_code == 200
    assert after.headers["ETag"] != before.headers["ETag"]


def test_head_answers_with_the_same_headers(site: Site) -> None:
    get, head = site.client.get(site.address), site.client.head(site.address)
    assert head.data == b""
    for name in ("ETag", "Cache-Control", "Content-Type", "Last-Modified"):
        assert head.headers[name] == get.headers[name]


def test_an_unknown_list_is_not_found(site: Site) -> None:
    assert site.client.get(f"/status/{site.badge.id}").status_code == 404
