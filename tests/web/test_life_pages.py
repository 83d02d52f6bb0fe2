"""A pause and an end, as strangers and the worker read them: plainly, and without shaming anybody."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from html import unescape
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session, sessionmaker
from werkzeug.test import TestResponse

from badges.app import create_app
from badges.frameworks import service as frameworks
from badges.issuer import service as issuer
from badges.openbadges.loads import load_json
from badges.people import service_sign_in
from badges.permissions import Actor, Role
from badges.sharing import service as sharing
from badges.web.access import TOKEN
from tests import factories
from tests.conftest import StillClock
from tests.holders import Holder, build_holder
from tests.live import settings_for

BASE = "http://127.0.0.1:5000"
LINKEDIN = re.compile(r'href="(https://www\.linkedin\.com/[^"]+)"')
SHAMING = ("withdrawn", "not genuine", "fraud", "no longer worth", "danger")


@pytest.fixture
def app(database_url: str, tmp_path: Path, clock: StillClock) -> Iterator[Flask]:
    settings = replace(settings_for(database_url, tmp_path / "media", base_url=BASE), mode="demo")
    app = create_app(settings, clock=clock)
    app.config["WTF_CSRF_ENABLED"] = False
    yield app
    app.extensions["badges"].sessions.kw["bind"].dispose()


@pytest.fixture
def holder(app: Flask, sessions: sessionmaker[Session], session: Session, clock: StillClock) -> Holder:
    return build_holder(sessions, session, clock, base_url=BASE)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def amina(app: Flask, holder: Holder) -> FlaskClient:
    return enter(app, holder, holder.amina)


def enter(app: Flask, holder: Holder, actor: Actor) -> FlaskClient:
    """Sign somebody in on a browser of their own."""
    assert actor.person_id
    token = service_sign_in.start_demo(holder.session, holder.clock, actor.person_id, actor.structure_id)
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie[TOKEN] = token
    return client


def text(response: TestResponse, status: int = 200) -> str:
    assert response.status_code == status, response.text[:2000]
    return " ".join(unescape(response.text).replace("\N{NO-BREAK SPACE}", " ").split())


def pause(holder: Holder) -> None:
    holder.clock.forward(minutes=1)
    issuer.suspend(holder.issuing, holder.claire, holder.badge, "CANARY: who saw it?")
    publish(holder)


def give_back(holder: Holder) -> None:
    holder.clock.forward(minutes=1)
    issuer.reinstate(holder.issuing, holder.claire, holder.badge)
    publish(holder)


def publish(holder: Holder) -> None:
    issuer.publish_status_list(holder.issuing, holder.credential().status_list_id)
    holder.forget()


# -- a pause -------------------------------------------------------------------------------------
def test_a_stranger_reads_that_it_is_paused_and_nothing_about_the_person(
    client: FlaskClient, holder: Holder
) -> None:
    token = holder.show()
    pause(holder)
    page = text(client.get(f"/b/{token}?lang=en"))
    assert "verdict--suspended" in page
    assert "A pause says nothing about the person." in page
    assert "Amina" not in page
    assert [word for word in (*SHAMING, "CANARY") if word in page] == []
    assert "mailto:bonjour@jardins.example" in page
    assert client.get(f"/b/{token}/card.png").status_code == 404


def test_when_the_pause_is_over_the_same_address_says_so(client: FlaskClient, holder: Holder) -> None:
    token = holder.show()
    code = client.get(f"/b/{token}/qr.svg").data
    pause(holder)
    assert client.get(f"/b/{token}/qr.svg").data == code
    give_back(holder)
    assert "verdict--valid" in text(client.get(f"/b/{token}?lang=en"))
    assert client.get(f"/b/{token}/qr.svg").data == code


def test_a_file_taken_during_the_pause_is_suspended_then_valid_for_whoever_checks_it(
    client: FlaskClient, holder: Holder
) -> None:
    token = holder.show()
    pause(holder)
    taken = client.get(f"/b/{token}.json").text
    assert load_json(taken)["credentialStatus"]["statusPurpose"] == "suspension"
    page = text(client.post("/verify?lang=en", data={"link": "", "text": taken}))
    assert "verdict--suspended" in page
    assert "A pause says nothing about the person" in page
    give_back(holder)
    assert "verdict--valid" in text(client.post("/verify?lang=en", data={"link": "", "text": taken}))


def test_the_worker_sees_the_pause_whom_to_talk_to_and_the_same_links(
    amina: FlaskClient, holder: Holder
) -> None:
    holder.show()
    before = text(amina.get(f"/badges/{holder.badge}?lang=en"))
    pause(holder)
    page = text(amina.get(f"/badges/{holder.badge}?lang=en"))
    assert "Your badge is paused for now." in page
    assert "It is not a judgement on you. Talk to your coach" in page
    assert "CANARY" not in page
    assert "Paused" in text(amina.get("/badges?lang=en"))
    give_back(holder)
    after = text(amina.get(f"/badges/{holder.badge}?lang=en"))
    assert "paused" not in after.lower()
    assert LINKEDIN.findall(after) == LINKEDIN.findall(before) != []


# -- an end --------------------------------------------------------------------------------------
def with_an_end(holder: Holder) -> None:
    """Give the holder a badge for a year, in place of the one without an end."""
    issuer.set_validity(holder.session, holder.clock, holder.claire, 12)
    holder.forget()
    version_id = factories.soft_framework(holder.session, holder.clock)
    claim_id = factories.make_approved_claim(
        holder.session, holder.clock, holder.structure, holder.worker, version_id, skill_id="S04"
    )
    holder.session.commit()
    holder.badge = issuer.issue(holder.issuing, claim_id)
    sharing.offer(holder.issuing.sessions, holder.clock, holder.badge)


def test_a_stranger_and_the_worker_read_the_end_before_and_after_it(
    client: FlaskClient, amina: FlaskClient, holder: Holder
) -> None:
    with_an_end(holder)
    token = holder.show()
    page = text(client.get(f"/b/{token}?lang=en"))
    assert "verdict--valid" in page
    assert "November 23, 2027" in page
    assert "expirationYear=2027&expirationMonth=11" in text(amina.get(f"/badges/{holder.badge}?lang=en"))
    holder.clock.at = datetime(2027, 11, 23, 23, tzinfo=UTC)
    page = text(client.get(f"/b/{token}?lang=en"))
    assert "verdict--expired" in page
    assert "Its validity ended on Tuesday, November 23, 2027." in page
    holder.forget()
    own = holder.own()
    assert (own.card.over, own.may_renew) == (True, True)


def test_the_worker_asks_for_the_badge_again_near_its_end(amina: FlaskClient, holder: Holder) -> None:
    with_an_end(holder)
    frameworks.adopt_catalogue(holder.session, holder.clock, holder.structure.id)
    sharing.keep(holder.session, holder.clock, holder.amina, holder.badge)
    assert "Ask for it again" not in text(amina.get(f"/badges/{holder.badge}?lang=en"))
    holder.clock.at = datetime(2027, 9, 23, 8, tzinfo=UTC)
    amina = enter(amina.application, holder, holder.amina)
    assert "This one holds until November 23, 2027." in text(amina.get(f"/badges/{holder.badge}?lang=en"))
    answer = amina.post(f"/claims/renew/{holder.badge}")
    assert answer.status_code == 303
    assert "Something is still missing" in text(amina.get(f"{answer.location}?lang=en"))
    assert "Ask for it again" not in text(amina.get(f"/badges/{holder.badge}?lang=en"))
    assert amina.post(f"/claims/renew/{holder.badge}").status_code == 409


def test_the_coach_sees_which_badges_come_to_their_end(app: Flask, holder: Holder) -> None:
    with_an_end(holder)
    coach = factories.make_person(holder.session, holder.clock, holder.structure, Role.COACH)
    actor = factories.actor_of(holder.structure, coach, Role.COACH)
    holder.session.commit()
    worker_id = holder.amina.person_id
    holder.clock.at = datetime(2027, 9, 23, 8, tzinfo=UTC)
    page = text(enter(app, holder, actor).get(f"/coach/workers/{worker_id}?lang=en"))
    assert "Badges that come to their end" in page
    assert "It holds until November 23, 2027." in page
    assert f"/claims/renew/{holder.badge}" in page
