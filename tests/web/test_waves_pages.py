"""Issuing in waves and the life of a badge in the pages of an administrator."""

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from html import unescape
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from badges import jobs, outbox
from badges.app import create_app
from badges.audit import JournalEntry
from badges.issuer import service, service_bulk, service_profile
from badges.issuer.models import Credential, IssuerProfile, Wave, WaveState
from badges.people import service_sign_in
from badges.people.models import Person, Structure
from badges.permissions import Actor, Role
from badges.ports import Ports
from badges.sharing.models import Holding
from badges.web.access import TOKEN
from tests import factories
from tests.conftest import StillClock
from tests.live import settings_for


@dataclass
class World:
    app: Flask
    session: Session
    clock: StillClock
    structure: Structure
    admin: Actor
    version_id: uuid.UUID

    @property
    def ports(self) -> Ports:
        ports: Ports = self.app.extensions["badges"]
        return ports

    def enter(self, actor: Actor, lang: str = "en") -> FlaskClient:
        assert actor.person_id
        self.session.rollback()
        token = service_sign_in.start_demo(self.session, self.clock, actor.person_id, actor.structure_id)
        client = self.app.test_client()
        with client.session_transaction() as cookie:
            cookie[TOKEN] = token
            cookie["lang"] = lang
        return client

    def become_issuer(self, *, in_waves: bool = True) -> None:
        service.open_profile(self.ports.issuing, self.admin)
        service_profile.set_issues_in_waves(self.session, self.clock, self.admin, in_waves=in_waves)

    def approve(self, count: int, given_name: str = "Amina", skill: str = "S03") -> list[uuid.UUID]:
        """Give `count` new workers an approved claim each."""
        self.session.rollback()
        claims = []
        for _ in range(count):
            worker = factories.make_person(
                self.session, self.clock, self.structure, Role.WORKER, given_name=given_name
            )
            claims.append(
                factories.make_approved_claim(
                    self.session, self.clock, self.structure, worker, self.version_id, skill_id=skill
                )
            )
        self.session.commit()
        return claims

    def drain(self) -> None:
        outbox.drain(self.ports.sessions, self.clock, jobs.handlers(self.ports))

    def credentials(self) -> list[Credential]:
        self.session.rollback()
        self.session.expire_all()
        return list(self.session.scalars(select(Credential).order_by(Credential.reserved_at)))

    def acts(self) -> list[str]:
        self.session.rollback()
        return list(self.session.scalars(select(JournalEntry.act).order_by(JournalEntry.sequence)))


@pytest.fixture
def world(database_url: str, session: Session, tmp_path: Path, clock: StillClock) -> Iterator[World]:
    app = create_app(replace(settings_for(database_url, tmp_path / "media"), mode="demo"), clock=clock)
    version_id = factories.soft_framework(session, clock)
    structure = factories.make_structure(session, clock)
    admin = factories.make_person(session, clock, structure, Role.ADMIN, given_name="Claire")
    session.commit()
    session.expunge_all()
    actor = factories.actor_of(structure, admin, Role.ADMIN)
    yield World(app, session, clock, structure, actor, version_id)
    app.extensions["badges"].sessions.kw["bind"].dispose()


def page(response: TestResponse, status: int = 200) -> str:
    assert response.status_code == status, response.text[-2000:]
    return re.sub(r"\s+", " ", unescape(response.text))


def field(html: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', html)
    assert found, name
    return found[1]


def send(client: FlaskClient, path: str, html: str, **fields: object) -> TestResponse:
    return client.post(path, data={"csrf_token": field(html, "csrf_token"), **fields})


def start(client: FlaskClient) -> str:
    """Press the button of the page; return the address of the wave."""
    html = page(client.get("/admin/waves"))
    answer = send(client, "/admin/waves", html, wave_id=field(html, "wave_id"))
    assert answer.status_code == 303, page(answer)
    return answer.location


# -- waves ---------------------------------------------------------------------------------------
def test_what_waits_is_told_by_skill_then_issued_to_the_end(world: World) -> None:
    world.become_issuer()
    world.approve(3)
    world.approve(2, given_name="Bakary", skill="S01")
    client = world.enter(world.admin)
    html = page(client.get("/admin/waves"))
    for said in (
        "5 approved badges wait to be signed.",
        "Issue these 5 badges",
        "3 people",
        "2 people",
        "Bakary",
    ):
        assert said in html
    address = start(client)
    running = page(client.get(address))
    for said in (
        'role="progressbar"',
        'aria-valuenow="0"',
        'aria-valuemax="5"',
        "0 of 5 badges signed.",
        "Stop",
    ):
        assert said in running
    world.drain()
    told = client.get(f"{address}/progress").get_json()
    assert told == {
        "state": "finished", "total": 5, "sealed": 5, "blocked": 0, "percent": 100,
        "words": "5 of 5 badges signed.",
    }  # fmt: skip
    finished = page(client.get(address))
    assert "All badges are signed and offered to their holders." in finished
    assert 'aria-valuenow="5"' in finished
    after = page(client.get("/admin/waves"))
    assert "Nothing waits." in after
    assert "5 badges signed" in after
    assert len(world.credentials()) == 5


def test_the_same_form_sent_fifty_times_is_one_wave(world: World) -> None:
    world.become_issuer()
    world.approve(4)
    client = world.enter(world.admin)
    html = page(client.get("/admin/waves"))
    wave_id = field(html, "wave_id")
    places = {send(client, "/admin/waves", html, wave_id=wave_id).location for _ in range(50)}
    assert places == {f"/admin/waves/{wave_id}"}
    world.drain()
    assert send(client, "/admin/waves", html, wave_id=wave_id).location == f"/admin/waves/{wave_id}"
    world.drain()
    assert len(world.credentials()) == 4
    assert world.session.scalar(select(func.count()).select_from(Wave)) == 1
    assert world.acts().count("wave.started") == 1


def test_a_page_left_open_starts_nothing_when_nothing_waits_any_more(world: World) -> None:
    world.become_issuer()
    world.approve(1)
    client = world.enter(world.admin)
    first, second = (page(client.get("/admin/waves")) for _ in range(2))
    assert send(client, "/admin/waves", first, wave_id=field(first, "wave_id")).status_code == 303
    told = page(send(client, "/admin/waves", second, wave_id=field(second, "wave_id")), 409)
    assert "No badge waits to be issued." in told
    assert "A wave is under way" in told
    for nonsense in ("", "one"):
        assert send(client, "/admin/waves", second, wave_id=nonsense).status_code == 422


def test_stopping_keeps_what_is_signed_and_going_on_does_the_rest(world: World) -> None:
    world.become_issuer()
    claims = world.approve(6)
    client = world.enter(world.admin)
    address = start(client)
    service_bulk.issue_many(world.ports.issuing, claims[:2])
    running = page(client.get(address))
    assert "2 of 6 badges signed." in running
    assert send(client, f"{address}/cancel", running).location == address
    stopped = page(client.get(address))
    assert "4 badges wait. What is signed stays." in stopped
    assert "data-wave=" not in stopped, "nothing is watched any more"
    world.drain()
    assert len(world.credentials()) == 2
    assert "4 approved badges wait to be signed." in page(client.get("/admin/waves"))
    assert send(client, f"{address}/resume", stopped).location == address
    world.drain()
    assert "6 of 6 badges signed." in page(client.get(address))
    assert len({row.claim_id for row in world.credentials() if row.signed}) == 6


def test_what_is_held_back_is_told_plainly_and_leads_to_its_mending(world: World) -> None:
    world.become_issuer()
    world.approve(2)
    world.approve(1, given_name="A\x0bminata")
    client = world.enter(world.admin)
    address = start(client)
    world.drain()
    html = page(client.get(address))
    assert "2 of 3 badges signed, 1 held back." in html
    assert "A name or a text holds a sign that a badge cannot carry." in html
    (blocked,) = (row for row in world.credentials() if row.blocked_reason)
    assert f"/admin/credentials/{blocked.id}" in html
    mending = page(client.get(f"/admin/credentials/{blocked.id}"))
    assert "A name or a text holds a sign that a badge cannot carry." in mending
    world.session.execute(update(Person).where(Person.id == blocked.worker_id).values(given_name="Aminata"))
    world.session.commit()
    assert send(client, f"/admin/credentials/{blocked.id}/mend", mending).status_code == 303
    assert "3 of 3 badges signed." in page(client.get(address))


def test_issuing_at_once_says_that_nothing_has_to_be_done(world: World) -> None:
    client = world.enter(world.admin)
    assert "Your structure issues no badges yet." in page(client.get("/admin/waves"))
    world.become_issuer(in_waves=False)
    html = page(client.get("/admin/waves"))
    assert "Your badges are signed by themselves" in html
    assert "One by one" in html


def test_approved_claims_wait_in_the_ledger_until_they_are_issued(world: World) -> None:
    world.become_issuer()
    (claim,) = world.approve(1)
    outbox.publish(world.session, world.clock, topic="claim.approved", key=str(claim), claim_id=str(claim))
    world.session.commit()
    world.drain()
    assert world.credentials() == []
    html = page(world.enter(world.admin).get("/admin/credentials"))
    assert "1 approved badge waits to be signed." in html
    assert 'href="/admin/waves"' in html


def test_waves_are_for_the_administrators_of_the_structure(world: World) -> None:
    world.become_issuer()
    world.approve(1)
    client = world.enter(world.admin)
    address = start(client)
    elsewhere = factories.make_structure(world.session, world.clock)
    stranger = factories.make_person(world.session, world.clock, elsewhere, Role.ADMIN)
    reviewer = factories.make_person(world.session, world.clock, world.structure, Role.REVIEWER)
    world.session.commit()
    away = world.enter(factories.actor_of(elsewhere, stranger, Role.ADMIN))
    colleague = world.enter(factories.actor_of(world.structure, reviewer, Role.REVIEWER))
    mine = page(away.get("/me"))
    for path in (address, f"{address}/progress"):
        assert away.get(path).status_code == 404
        assert colleague.get(path).status_code == 403
    for verb in ("cancel", "resume"):
        assert send(away, f"{address}/{verb}", mine).status_code == 404
        assert send(colleague, f"{address}/{verb}", page(colleague.get("/me"))).status_code == 403
    wave_id = address.rsplit("/", 1)[-1]
    assert send(away, "/admin/waves", mine, wave_id=wave_id).status_code in {404, 409}
    assert world.session.scalars(select(Wave.state)).all() == [WaveState.RUNNING]
    assert client.post("/admin/waves", data={"wave_id": uuid.uuid4()}).status_code == 400
    assert client.post(f"{address}/cancel").status_code == 400


def test_names_in_a_wave_are_only_words(world: World) -> None:
    world.become_issuer()
    world.approve(1, given_name='"><img src=x onerror=alert(1)>')
    client = world.enter(world.admin)
    assert "<img src=x" not in client.get("/admin/waves").text
    address = start(client)
    world.drain()
    assert "<img src=x" not in client.get(address).text


# -- how badges are issued, and how long they hold -------------------------------------------------
def test_an_administrator_chooses_waves_and_an_end(world: World) -> None:
    world.become_issuer(in_waves=False)
    client = world.enter(world.admin)
    html = page(client.get("/admin/issuer"))
    for _ in range(2):
        assert send(client, "/admin/issuer/habits", html, issuing="waves", months="24").status_code == 303
    chosen_now = select(IssuerProfile.issues_in_waves, IssuerProfile.validity_months)
    assert world.session.execute(chosen_now).one() == (True, 24)
    assert world.acts().count("issuer.waves") == world.acts().count("issuer.validity") == 1
    chosen = page(client.get("/admin/issuer"))
    assert re.search(r'value="waves" checked', chosen)
    assert re.search(r'value="24" selected', chosen)
    for issuing, months in (
        ("sometimes", "12"),
        ("waves", "-1"),
        ("waves", "121"),
        ("", ""),
        ("once", "soon"),
    ):
        answer = send(client, "/admin/issuer/habits", html, issuing=issuing, months=months)
        assert "One thing to correct" in page(answer, 422) or "things to correct" in page(answer, 422)
    assert send(client, "/admin/issuer/habits", html, issuing="once", months="0").status_code == 303
    world.session.rollback()
    assert world.session.execute(chosen_now).one() == (False, None)


def test_an_end_that_is_not_in_the_list_is_kept(world: World) -> None:
    world.become_issuer()
    world.session.execute(update(IssuerProfile).values(validity_months=18))
    world.session.commit()
    assert re.search(r'value="18" selected> ?18 months', page(world.enter(world.admin).get("/admin/issuer")))


# -- the life of a badge -------------------------------------------------------------------------
@pytest.fixture
def issued(world: World) -> uuid.UUID:
    world.become_issuer()
    (credential_id,) = service_bulk.issue_many(world.ports.issuing, world.approve(1))
    return credential_id


def test_a_badge_is_paused_with_a_reason_that_stays_inside_and_given_back(
    world: World, issued: uuid.UUID
) -> None:
    client, path = world.enter(world.admin), f"/admin/credentials/{issued}"
    html = page(client.get(path))
    assert "Files already handed out stop being accepted for good" in html
    assert "Why you pause it" in page(send(client, f"{path}/suspend", html, doubt=" "), 422)
    assert send(client, f"{path}/suspend", html, doubt="Perhaps the wrong person.").status_code == 303
    paused = page(client.get(path))
    for said in ("Paused since", "Internal reason: Perhaps the wrong person.", "End the pause"):
        assert said in paused
    assert "Pause this badge" not in paused
    assert "Paused" in page(client.get("/admin/credentials"))
    assert send(client, f"{path}/reinstate", paused).status_code == 303
    back = page(client.get(path))
    assert "Perhaps the wrong person." not in back
    assert "Pause this badge" in back
    assert world.acts().count("credential.suspended") == world.acts().count("credential.reinstated") == 1


def test_a_withdrawn_badge_is_neither_paused_nor_given_back(world: World, issued: uuid.UUID) -> None:
    client, path = world.enter(world.admin), f"/admin/credentials/{issued}"
    html = page(client.get(path))
    assert send(client, f"{path}/revoke", html, reason="Wrong person.").status_code == 303
    assert "Pause this badge" not in page(client.get(path))
    for verb, fields in (("suspend", {"doubt": "Late."}), ("reinstate", {})):
        assert send(client, f"{path}/{verb}", html, **fields).status_code == 409


def test_pausing_and_withdrawing_never_share_their_words(world: World, issued: uuid.UUID) -> None:
    client = world.enter(world.admin, "fr")
    html = page(client.get(f"/admin/credentials/{issued}"))
    for words in ("Suspendre ce badge", "Retirer ce badge", "L’émetteur a suspendu ce badge",
                  "L’émetteur a retiré ce badge"):  # fmt: skip
        assert words in html


def test_ends_and_renewals_are_shown_both_ways(world: World, issued: uuid.UUID) -> None:
    service_bulk.issue_many(world.ports.issuing, world.approve(1))
    newer = next(row for row in world.credentials() if row.id != issued)
    newer.renews_id, newer.valid_until = issued, world.clock.now()
    newer_id = newer.id
    world.session.commit()
    client = world.enter(world.admin)
    one = page(client.get(f"/admin/credentials/{newer_id}"))
    assert "It takes over from an earlier badge" in one
    assert f"/admin/credentials/{issued}" in one
    assert "November 23, 2026" in one
    other = page(client.get(f"/admin/credentials/{issued}"))
    assert "A newer badge has taken over" in other
    assert f"/admin/credentials/{newer_id}" in other
    assert "no end date" in other


def test_forms_of_the_life_of_a_badge_need_their_token(world: World, issued: uuid.UUID) -> None:
    client = world.enter(world.admin)
    for path in (
        f"/admin/credentials/{issued}/suspend", f"/admin/credentials/{issued}/reinstate",
        "/admin/issuer/habits",
    ):  # fmt: skip
        assert client.post(path, data={"doubt": "x", "issuing": "once", "months": "0"}).status_code == 400
    assert "credential.suspended" not in world.acts()


def test_the_worker_finds_the_way_from_a_badge_to_the_one_that_replaced_it(world: World) -> None:
    world.become_issuer()
    first, second = service_bulk.issue_many(world.ports.issuing, world.approve(2))
    world.drain()
    rows = {row.id: row for row in world.credentials()}
    worker = rows[first].worker_id
    rows[second].worker_id, rows[second].renews_id = worker, first
    world.session.execute(update(Holding).values(worker_id=worker))
    world.session.commit()
    client = world.enter(Actor(worker, world.structure.id, frozenset({Role.WORKER})))
    for credential_id in (first, second):
        assert send(client, f"/badges/{credential_id}/keep", page(client.get("/me"))).status_code == 303
    older = page(client.get(f"/badges/{first}"))
    assert "A newer badge has replaced this one." in older
    assert f"/badges/{second}" in older
    newer = page(client.get(f"/badges/{second}"))
    assert "This badge takes over from an earlier one" in newer
    assert f'href="/badges/{first}"' in newer
    world.session.execute(
        update(Credential).where(Credential.id == second).values(revoked_at=world.clock.now())
    )
    world.session.commit()
    assert "replaced" not in page(client.get(f"/badges/{first}"))
