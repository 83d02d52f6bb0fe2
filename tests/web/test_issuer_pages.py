"""What an issuer publishes for people and machines, and what its administrators do."""

import json
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from badges import jobs, outbox
from badges.app import create_app
from badges.issuer import service
from badges.issuer.models import Credential, IssuerKey, StatusList
from badges.openbadges.report import Verdict
from badges.openbadges.resolve import MapResolver
from badges.openbadges.verify import verify
from badges.people import service_sign_in
from badges.people.models import Person, Structure
from badges.permissions import Actor, Role
from badges.ports import Ports
from badges.web.access import TOKEN
from tests import factories
from tests.conftest import StillClock
from tests.live import settings_for

SLUG = "les-jardins-du-canal"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@dataclass
class World:
    app: Flask
    session: Session
    clock: StillClock
    structure: Structure
    worker: Person
    admin: Actor
    version_id: uuid.UUID

    @property
    def ports(self) -> Ports:
        ports: Ports = self.app.extensions["badges"]
        return ports

    @property
    def open(self) -> FlaskClient:
        return self.app.test_client()

    def enter(self, actor: Actor) -> FlaskClient:
        assert actor.person_id
        token = service_sign_in.start_demo(self.session, self.clock, actor.person_id, actor.structure_id)
        client = self.app.test_client()
        with client.session_transaction() as cookie:
            cookie[TOKEN] = token
        return client

    def approve(self, **changes: Any) -> uuid.UUID:
        self.session.rollback()
        claim = factories.make_approved_claim(
            self.session, self.clock, self.structure, self.worker, self.version_id, **changes
        )
        self.session.commit()
        return claim

    def issue(self, **changes: Any) -> Credential:
        credential_id = service.issue(jobs.issuing(self.ports), self.approve(**changes))
        return self.row(credential_id)

    def row(self, credential_id: uuid.UUID) -> Credential:
        self.session.rollback()
        self.session.expunge_all()
        row = self.session.get_one(Credential, credential_id)
        self.session.expunge(row)
        return row

    def drain(self) -> None:
        outbox.drain(self.ports.sessions, self.clock, jobs.handlers(self.ports))


@pytest.fixture
def world(database_url: str, session: Session, tmp_path: Path, clock: StillClock) -> Iterator[World]:
    app = create_app(replace(settings_for(database_url, tmp_path / "media"), mode="demo"), clock=clock)
    app.config["WTF_CSRF_ENABLED"] = False
    version_id = factories.soft_framework(session, clock)
    structure = factories.make_structure(session, clock)
    worker = factories.make_person(session, clock, structure, Role.WORKER)
    admin = factories.make_person(session, clock, structure, Role.ADMIN, given_name="Claire")
    session.commit()
    session.expunge_all()
    actor = factories.actor_of(structure, admin, Role.ADMIN)
    yield World(app, session, clock, structure, worker, actor, version_id)
    app.extensions["badges"].sessions.kw["bind"].dispose()


def page(response: TestResponse, status: int = 200) -> str:
    assert response.status_code == status, response.text[:3000]
    return re.sub(r"\s+", " ", unescape(response.text))


# -- for machines --------------------------------------------------------------------------------
MACHINES: list[tuple[str, str]] = [
    ("/issuers/les-jardins-du-canal/did.json", "application/did+json"),
    ("/issuers/les-jardins-du-canal/jwks.json", "application/jwk-set+json"),
    ("/issuers/les-jardins-du-canal/keys/{key}", "application/jwk+json"),
    ("/issuers/les-jardins-du-canal/profile.json", "application/ld+json"),
    ("/achievements/{achievement}", "application/ld+json"),
    ("/achievements/{achievement}/image.png", "image/png"),
    ("/achievements/{achievement}/image.svg", "image/svg+xml"),
    ("/status/{status}", "application/vc+ld+json"),
]


def place(world: World, pattern: str) -> str:
    row = world.issue()
    key = world.session.get_one(IssuerKey, row.key_id).public_multibase
    return pattern.format(key=key, achievement=row.achievement_id, status=row.status_list_id)


@pytest.mark.parametrize(("pattern", "media_type"), MACHINES)
def test_documents_are_typed_cacheable_and_open_to_verifiers_in_browsers(
    world: World, pattern: str, media_type: str
) -> None:
    path = place(world, pattern)
    answer = world.open.get(path)
    assert (answer.status_code, answer.mimetype) == (200, media_type)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Cache-Control"].startswith("public, max-age=")
    assert "Set-Cookie" not in answer.headers
    again = world.open.get(path, headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    head = world.open.head(path)
    assert (head.status_code, head.data, head.headers["ETag"]) == (200, b"", answer.headers["ETag"])


@pytest.mark.parametrize("pattern", [pattern for pattern, _ in MACHINES])
def test_what_does_not_exist_is_not_found(world: World, pattern: str) -> None:
    world.issue()
    nobody = uuid.uuid4()
    path = pattern.format(key="z6MkNobody", achievement=nobody, status=nobody).replace(SLUG, "nobody")
    assert world.open.get(path).status_code == 404


def test_a_stranger_verifies_with_what_we_serve_and_nothing_else(world: World) -> None:
    row = world.issue()
    base = world.ports.settings.base_url
    paths = [
        f"/issuers/{SLUG}/did.json",
        f"/status/{row.status_list_id}",
        f"/achievements/{row.achievement_id}",
    ]
    served = {f"{base}{path}": world.open.get(path).data for path in paths}
    did = json.loads(served[f"{base}{paths[0]}"])["id"]
    assert did == f"did:web:127.0.0.1%3A5000:issuers:{SLUG}"
    served[did] = served[f"{base}{paths[0]}"]
    assert row.signed is not None
    report = verify(row.signed.encode(), resolver=MapResolver(served), now=world.clock.now())
    assert report.verdict is Verdict.VALID


def test_a_status_list_is_kept_no_longer_than_it_says(world: World) -> None:
    answer = world.open.get(place(world, "/status/{status}"))
    assert answer.cache_control.max_age == 300
    assert answer.get_json(force=True)["credentialSubject"]["ttl"] == 300_000


def test_a_drawing_cannot_run_anything(world: World) -> None:
    answer = world.open.get(place(world, "/achievements/{achievement}/image.svg"))
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_an_address_answers_people_with_a_page_and_machines_with_json(world: World) -> None:
    path = place(world, "/achievements/{achievement}")
    for accept, mimetype in (
        (BROWSER, "text/html"), ("*/*", "application/ld+json"), ("application/json", "application/ld+json"),
    ):  # fmt: skip
        assert world.open.get(path, headers={"Accept": accept}).mimetype == mimetype
    for accept, mimetype in (("*/*", "text/html"), ("application/ld+json", "application/ld+json")):
        assert world.open.get(f"/issuers/{SLUG}", headers={"Accept": accept}).mimetype == mimetype


# -- for people ----------------------------------------------------------------------------------
def test_the_issuer_page_says_who_and_what_and_never_what_kind(world: World) -> None:
    world.issue()
    html = page(world.open.get(f"/issuers/{SLUG}?lang=fr"))
    assert "Les Jardins du Canal" in html
    assert "Travailler en équipe" in html
    assert factories.LEGAL_NAME not in html
    assert "Amina" not in html


def test_the_achievement_page_says_what_it_takes_in_both_languages(world: World) -> None:
    path = place(world, "/achievements/{achievement}")
    for language, said in (("fr", "Se met d’accord avec les autres"), ("en", "Agrees with the others")):
        html = page(world.open.get(f"{path}?lang={language}", headers={"Accept": BROWSER}))
        assert said in html
        assert "Amina" not in html


# -- for administrators --------------------------------------------------------------------------
def test_an_administrator_makes_the_structure_an_issuer(world: World) -> None:
    client = world.enter(world.admin)
    assert "Les Jardins du Canal" in page(client.get("/admin/issuer"))
    assert client.post("/admin/issuer").status_code == 303
    assert f"did:web:127.0.0.1%3A5000:issuers:{SLUG}" in page(client.get("/admin/issuer"))
    assert world.open.get(f"/issuers/{SLUG}/did.json").status_code == 200


def test_an_administrator_makes_a_new_key_and_disowns_the_old_one(world: World) -> None:
    row = world.issue()
    client = world.enter(world.admin)
    world.clock.forward(hours=1)
    for _ in range(2):
        assert client.post(f"/admin/issuer/keys/{row.key_id}/replace").status_code == 303
    assert page(client.get("/admin/issuer?lang=en")).count("Somebody else may hold this key") == 2
    assert "since" in page(client.get(f"/admin/issuer/keys/{row.key_id}/compromised"))
    assert client.post(f"/admin/issuer/keys/{row.key_id}/compromised", data={"since": ""}).status_code == 422
    old = f"/admin/issuer/keys/{row.key_id}/compromised"
    assert client.post(old, data={"since": "2026-11-01"}).status_code == 303
    html = page(client.get("/admin/issuer?lang=en"))
    assert "Badges to look at" in html
    assert client.get(old).status_code == 404
    assert client.post(f"/admin/credentials/{row.id}/mend").status_code == 303
    assert "Badges to look at" not in page(client.get("/admin/issuer?lang=en"))


def test_the_ledger_lists_badges_without_evidence(world: World) -> None:
    row = world.issue()
    client = world.enter(world.admin)
    html = page(client.get("/admin/credentials?lang=fr"))
    assert "Amina D." in html
    assert "Travailler en équipe" in html
    one = page(client.get(f"/admin/credentials/{row.id}?lang=fr"))
    for evidence in ("Dupont", "Récolte", "observation"):
        assert evidence not in html
        assert evidence not in one


def test_the_ledger_has_pages(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("badges.issuer.queries_ledger.PAGE_SIZE", 2)
    rows = []
    for number in range(1, 4):
        world.clock.forward(minutes=1)
        rows.append(world.issue(skill_id=f"M{number:02}"))
    client = world.enter(world.admin)
    listed = [
        re.findall(r"/admin/credentials/([0-9a-f-]{36})", page(client.get(f"/admin/credentials?page={n}")))
        for n in (1, 2)
    ]
    assert [[str(row.id) for row in part] for part in (rows[:0:-1], rows[:1])] == listed
    assert page(client.get("/admin/credentials?page=999"))


def test_a_badge_is_withdrawn_with_a_reason_that_stays_inside(world: World) -> None:
    row = world.issue()
    client = world.enter(world.admin)
    path = f"/admin/credentials/{row.id}"
    assert "field--err" in page(client.post(f"{path}/revoke", data={"reason": " "}), 422)
    assert client.post(f"{path}/revoke", data={"reason": "Erreur de personne"}).status_code == 303
    assert "Erreur de personne" in page(client.get(path))
    world.drain()
    listed = world.open.get(f"/status/{row.status_list_id}")
    assert "Erreur" not in listed.text
    assert world.session.get_one(StatusList, row.status_list_id).revision > 1


def test_a_blocked_badge_shows_its_reason_and_can_be_tried_again(world: World) -> None:
    world.session.execute(update(Person).where(Person.id == world.worker.id).values(given_name="A\x0bmina"))
    world.session.commit()
    row = world.issue()
    client = world.enter(world.admin)
    assert "U+000B" in page(client.get(f"/admin/credentials/{row.id}"))
    world.session.execute(update(Person).where(Person.id == world.worker.id).values(given_name="Amina"))
    world.session.commit()
    assert client.post(f"/admin/credentials/{row.id}/mend").status_code == 303
    assert world.row(row.id).signed is not None


def test_approved_badges_that_are_not_made_yet_are_counted(world: World) -> None:
    world.approve()
    html = page(world.enter(world.admin).get("/admin/credentials?lang=en"))
    assert "1 approved badge is being prepared." in html


@pytest.mark.parametrize("role", [Role.WORKER, Role.SUPERVISOR, Role.COACH, Role.REVIEWER])
def test_nobody_else_touches_the_issuer(world: World, role: Role) -> None:
    row = world.issue()
    other = factories.make_person(world.session, world.clock, world.structure, role)
    world.session.commit()
    actor = factories.actor_of(world.structure, other, role)
    client = world.enter(actor)
    for path in ("/admin/issuer", "/admin/credentials", f"/admin/credentials/{row.id}"):
        assert client.get(path).status_code == 403
    for path in (f"/admin/issuer/keys/{row.key_id}/replace", f"/admin/credentials/{row.id}/revoke"):
        assert client.post(path, data={"reason": "x"}).status_code == 403
    assert world.row(row.id).revoked_at is None


def test_another_structures_badge_does_not_exist(world: World) -> None:
    row = world.issue()
    elsewhere = factories.make_structure(world.session, world.clock)
    stranger = factories.make_person(world.session, world.clock, elsewhere, Role.ADMIN)
    world.session.commit()
    client = world.enter(factories.actor_of(elsewhere, stranger, Role.ADMIN))
    assert client.get(f"/admin/credentials/{row.id}").status_code == 404
    for act in ("revoke", "mend"):
        assert client.post(f"/admin/credentials/{row.id}/{act}", data={"reason": "x"}).status_code == 404
    compromised = f"/admin/issuer/keys/{row.key_id}/compromised"
    assert client.post(compromised, data={"since": "2026-11-01"}).status_code == 404
    assert str(row.id) not in page(client.get("/admin/credentials"))
    assert world.row(row.id).revoked_at is None
