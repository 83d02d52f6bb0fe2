"""The pages of asking, deciding and talking: who sees what, what is told, and nothing typed is lost."""

import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from badges.app import create_app
from badges.evidence import queries as evidence_queries
from badges.evidence.models import AnswerKind, Mark, ObservationPhoto
from badges.evidence.storage import LocalStorage
from badges.outbox import OutboxMessage
from badges.people import service_sign_in
from badges.recognition import service
from badges.recognition.rules import ClaimState, Reason
from badges.web.access import TOKEN
from tests.conftest import StillClock
from tests.crews import picture
from tests.houses import SKILL, House
from tests.live import settings_for

Door = Callable[[str], FlaskClient]


@pytest.fixture
def app(database_url: str, tmp_path: Path, clock: StillClock) -> Iterator[Flask]:
    settings = replace(settings_for(database_url, tmp_path / "media"), mode="demo")
    app = create_app(settings, clock=clock)
    yield app
    app.extensions["badges"].sessions.kw["bind"].dispose()


@pytest.fixture
def house(app: Flask, session: Session, clock: StillClock, tmp_path: Path) -> House:
    return House(session, clock, LocalStorage(tmp_path / "media")).build()


@pytest.fixture
def enter(app: Flask, house: House) -> Door:
    """Sign somebody in, in English, on a browser of their own."""

    def door(name: str) -> FlaskClient:
        actor = house.people[name]
        assert actor.person_id
        token = service_sign_in.start_demo(house.session, house.clock, actor.person_id, actor.structure_id)
        client = app.test_client()
        with client.session_transaction() as cookie:
            cookie[TOKEN] = token
            cookie["lang"] = "en"
        return client

    return door


def page(response: TestResponse, status: int = 200) -> str:
    text = unescape(response.get_data(as_text=True))
    assert response.status_code == status, text[-1500:]
    return text


def field(html: str, name: str) -> str:
    found = re.search(rf'name="{name}"\s+value="([^"]*)"', html)
    assert found, name
    return found[1]


def send(client: FlaskClient, path: str, html: str, **fields: object) -> TestResponse:
    return client.post(path, data={"csrf_token": field(html, "csrf_token"), **fields})


def decision(client: FlaskClient, claim_id: uuid.UUID) -> dict[str, str]:
    """What the approve button would send."""
    html = page(client.get(f"/review/{claim_id}"))
    return {name: field(html, name) for name in ("csrf_token", "version", "shown")}


def test_from_the_queue_to_an_approval_that_owes_a_badge_in_ten_seconds(house: House, enter: Door) -> None:
    claim_id = house.submitted()
    client = enter("sophie")
    listing = page(client.get("/review"))
    assert f"/review/{claim_id}" in listing
    assert "Complete rule" in listing
    opened = page(client.get(f"/review/{claim_id}"))
    for said in ("The rule is met", "Seen by Karim", "Seen by Marc", "Amina says: “That's right”"):
        assert said in opened
    answer = client.post(f"/review/{claim_id}/approve", data=decision(client, claim_id))
    assert answer.status_code == 303
    assert answer.location == "/review"
    assert house.state(claim_id) is ClaimState.APPROVED
    owed = house.session.scalars(select(OutboxMessage)).one()
    assert (owed.due_at - house.clock.now()).total_seconds() == 10
    after = page(client.get("/review"))
    assert "Nothing is waiting for you." in after
    undone = send(client, f"/review/{claim_id}/undo", after)
    assert undone.location == f"/review/{claim_id}"
    assert house.state(claim_id) is ClaimState.SUBMITTED


def test_the_second_reviewer_is_told_in_place_what_the_first_did(house: House, enter: Door) -> None:
    claim_id = house.submitted()
    client = enter("sophie")
    read = decision(client, claim_id)
    house.refuse(claim_id, by="paul")
    told = page(client.post(f"/review/{claim_id}/approve", data=read), 409)
    assert "Another reviewer has just refused this request." in told
    assert house.state(claim_id) is ClaimState.REFUSED


def test_what_came_meanwhile_is_shown_before_it_is_decided(house: House, enter: Door) -> None:
    claim_id = house.submitted()
    client = enter("sophie")
    read = decision(client, claim_id)
    house.see(1, answer=AnswerKind.DISAGREE)
    page(client.post(f"/review/{claim_id}/approve", data=read), 409)
    again = page(client.get(f"/review/{claim_id}"))
    assert "A talk is open" in again
    assert 'id="approve"' not in again
    assert "1 talk to close" in page(client.get("/review"))


def test_a_reviewer_never_finds_their_own_observations_in_the_queue(house: House, enter: Door) -> None:
    claim_id = house.submitted()
    client = enter("marc")
    assert f"/review/{claim_id}" not in page(client.get("/review"))
    assert "Someone else decides." in page(client.get(f"/review/{claim_id}"))
    assert client.get("/review").status_code == 200


def test_a_return_without_reason_loses_nothing_and_a_good_one_goes_back(house: House, enter: Door) -> None:
    claim_id = house.submitted()
    client = enter("sophie")
    path = f"/review/{claim_id}/return"
    form = page(client.get(path))
    empty = send(client, path, form, version=2, comment="About the morning brief.")
    assert "About the morning brief." in page(empty, 422)
    done = send(client, path, form, version=2, reason=Reason.CONCRETE_EXAMPLE.value, comment="The brief.")
    assert done.status_code == 303
    assert house.state(claim_id) is ClaimState.RETURNED
    worker = page(enter("amina").get(f"/claims/{claim_id}"))
    assert "A concrete example is needed." in worker
    assert "“The brief.”" in worker


def test_a_refusal_needs_words_and_the_worker_may_appeal_to_somebody_else(house: House, enter: Door) -> None:
    claim_id = house.submitted()
    sophie, path = enter("sophie"), f"/review/{claim_id}/refuse"
    form = page(sophie.get(path))
    page(send(sophie, path, form, version=2, reason=Reason.NOT_YET_REGULAR.value, comment=" "), 422)
    send(sophie, path, form, version=2, reason=Reason.NOT_YET_REGULAR.value, comment="Two more weeks.")
    amina = enter("amina")
    mine = page(amina.get(f"/claims/{claim_id}"))
    assert "“Two more weeks.”" in mine
    page(send(amina, f"/claims/{claim_id}/appeal", mine, comment=""), 422)
    send(amina, f"/claims/{claim_id}/appeal", mine, comment="Seen in summer too.")
    assert house.state(claim_id) is ClaimState.APPEALED
    assert f"/review/{claim_id}" not in page(sophie.get("/review"))
    paul = enter("paul")
    assert "“Seen in summer too.”" in page(paul.get(f"/review/{claim_id}"))
    paul.post(f"/review/{claim_id}/approve", data=decision(paul, claim_id))
    assert house.state(claim_id) is ClaimState.APPROVED
    assert "/undo" not in page(paul.get("/review"))


def test_who_carries_a_claim_asks_for_it_in_one_gesture_and_sees_what_is_missing(
    house: House, enter: Door
) -> None:
    house.see(9, by="karim")
    client = enter("lea")
    path = f"/coach/workers/{house.worker_id}"
    before = page(client.get(path))
    assert "Under way" in before
    assert "1 more observation is needed." in before
    house.see(2)
    ready = page(client.get(path))
    asked = {name: field(ready, name) for name in ("worker_id", "version_id", "skill_id", "level")}
    answer = send(client, "/claims", ready, **asked)
    claim_id = uuid.UUID(answer.location.rsplit("/", 1)[-1])
    assert house.state(claim_id) is ClaimState.SUBMITTED
    assert "Waiting for a reviewer" in page(client.get(answer.location))


def test_the_day_of_an_interview_is_noted_by_the_coach_not_the_future(house: House, enter: Door) -> None:
    for days_ago, by in ((60, "marc"), (40, "karim"), (30, "marc"), (20, "karim"), (3, "marc")):
        house.see(days_ago, by=by, level="N3")
        house.see(days_ago, by=by, level="N2")
    claim_id = house.open("N3")
    house.submit(claim_id)
    assert "Interview to date" in page(enter("sophie").get("/review"))
    client, path = enter("lea"), f"/claims/{claim_id}/interview"
    form = page(client.get(f"/claims/{claim_id}"))
    assert "This day has not come yet." in page(send(client, path, form, day="2026-12-24"), 422)
    page(send(client, path, form, day="yesterday"), 422)
    assert send(client, path, form, day="2026-11-20").status_code == 303
    assert "Complete rule" in page(enter("sophie").get("/review"))


def test_the_coach_closes_a_talk_and_only_how_it_ended_is_kept(house: House, enter: Door) -> None:
    house.see(3, Mark.YES, Mark.NO, answer=AnswerKind.DISAGREE)
    client = enter("lea")
    assert "1 talk" in page(client.get("/coach/workers"))
    listing = page(client.get("/coach/talks"))
    talk = evidence_queries.open_talks(house.session, house.people["lea"])[0]
    assert send(client, f"/coach/talks/{talk.id}", listing, outcome="set_aside").status_code == 303
    assert "No talk is waiting." in page(client.get("/coach/talks"))
    page(send(client, f"/coach/talks/{talk.id}", listing, outcome="kept"), 409)


def test_an_outside_reviewer_reads_and_decides_by_link_alone(house: House, enter: Door, app: Flask) -> None:
    claim_id = house.submitted()
    admin = enter("ada")
    waiting = page(admin.get("/admin/reviews"))
    assert "2 people here can decide" in waiting
    path = f"/admin/reviews/{claim_id}/invite"
    form = page(admin.get(path))
    assert "Leek harvest" not in waiting + form
    page(send(admin, path, form, name="Nadia", organisation=""), 422)
    made = page(send(admin, path, form, name="Nadia", organisation="Mission locale"))
    link = re.search(r"http://127\.0\.0\.1:5000(/invited/[\w-]+)", made)
    assert link
    page(admin.get(link[1]), 403)
    guest = app.test_client()
    shown = page(guest.get(link[1] + "?lang=en"))
    assert "Hello Nadia" in shown
    assert "Seen by Karim" in shown
    assert guest.get(link[1] + "/drawing.svg").content_type == "image/svg+xml"
    sent = {name: field(shown, name) for name in ("csrf_token", "version", "shown")}
    own = {"csrf_token": field(form, "csrf_token"), "version": sent["version"], "shown": sent["shown"]}
    page(admin.post(link[1] + "/approve", data=own), 403)
    assert guest.post(link[1] + "/approve", data=sent).location == link[1] + "/done"
    assert house.state(claim_id) is ClaimState.APPROVED
    page(guest.get(link[1] + "/done"))
    page(guest.get(link[1]), 404)
    page(guest.post(link[1] + "/approve", data=sent), 404)


def test_photos_are_read_by_whoever_decides_while_they_decide(house: House, enter: Door, app: Flask) -> None:
    house.see(9, by="karim")
    seen = house.see(2, photos=(picture(),))
    claim_id = house.open()
    photo_id = house.session.scalar(
        select(ObservationPhoto.id).where(ObservationPhoto.observation_id == seen)
    )
    path = f"/photos/{photo_id}"
    assert enter("sophie").get(path).status_code == 403
    house.submit(claim_id)
    assert path in page(enter("sophie").get(f"/review/{claim_id}"))
    assert enter("sophie").get(path).content_type == "image/jpeg"
    assert enter("ada").get(path).status_code == 403
    admin, invitation = enter("ada"), f"/admin/reviews/{claim_id}/invite"
    made = page(send(admin, invitation, page(admin.get(invitation)), name="Nadia", organisation="CCAS"))
    link = re.search(r"(/invited/[\w-]+)", made)
    assert link
    guest = app.test_client()
    assert guest.get(link[1] + path).content_type == "image/jpeg"
    house.refuse(claim_id)
    assert enter("sophie").get(path).status_code == 403
    assert guest.get(link[1] + path).status_code == 404


def test_an_invitation_waits_while_the_crew_completes_the_claim(
    house: House, enter: Door, app: Flask
) -> None:
    claim_id = house.submitted()
    admin, path = enter("ada"), f"/admin/reviews/{claim_id}/invite"
    made = page(send(admin, path, page(admin.get(path)), name="Nadia", organisation="Mission locale"))
    link = re.search(r"(/invited/[\w-]+)", made)
    assert link
    guest = app.test_client()
    form = page(guest.get(link[1] + "/return?lang=en"))
    data = {"version": 2, "reason": Reason.ANOTHER_OBSERVER.value}
    assert send(guest, link[1] + "/return", form, **data).status_code == 303
    assert "Nothing to decide for now" in page(guest.get(link[1]))
    page(guest.get(link[1] + "/refuse"), 403)
    house.submit(claim_id)
    assert "Seen by Karim" in page(guest.get(link[1]))


def test_an_administrator_reads_frameworks_and_adopts_a_version(house: House, enter: Door) -> None:
    client = enter("ada")
    listing = page(client.get("/admin/frameworks"))
    assert listing.count("In use") == 4
    one = page(client.get(f"/admin/frameworks/{house.version_id}"))
    assert "Agrees with the others before starting." in one
    assert "2 observations" in one
    assert enter("sophie").get("/admin/frameworks").status_code == 403


def test_pages_are_for_those_of_the_table_only(house: House, enter: Door, app: Flask) -> None:
    claim_id = house.submitted()
    paths = {
        "/review": {"sophie", "marc", "paul"},
        f"/review/{claim_id}": {"sophie", "marc", "paul"},
        "/coach/workers": {"lea"},
        "/coach/talks": {"lea"},
        f"/coach/workers/{house.worker_id}": {"lea"},
        f"/claims/{claim_id}": {"amina", "marc", "karim", "lea", "sophie", "paul"},
        "/admin/reviews": {"ada"},
    }
    for path, allowed in paths.items():
        for name in house.people:
            status = enter(name).get(path).status_code
            assert (status == 200) == (name in allowed), (path, name, status)
        assert app.test_client().get(path).status_code == 303


def test_words_typed_by_anybody_are_only_words(house: House, enter: Door) -> None:
    mark = '"><img src=x onerror=alert(1)>'
    claim_id = house.submitted()
    version = house.claim(claim_id).version
    service.refuse(
        house.session, house.clock, house.people["sophie"], claim_id, version, Reason.NOT_THIS_LEVEL, mark
    )
    service.appeal(house.session, house.clock, house.people["amina"], claim_id, mark)
    for name, path in (
        ("paul", f"/review/{claim_id}"),
        ("amina", f"/claims/{claim_id}"),
        ("lea", f"/coach/workers/{house.worker_id}"),
    ):
        answer = enter(name).get(path)
        assert answer.status_code == 200
        assert "<img src=x" not in answer.get_data(as_text=True)


def test_a_drawing_that_does_not_exist_is_not_found(house: House, enter: Door) -> None:
    client = enter("amina")
    assert client.get(f"/drawings/{house.version_id}/{SKILL}-N2.svg").status_code == 200
    assert client.get(f"/drawings/{house.version_id}/Z99-N2.svg").status_code == 404
    assert client.get(f"/drawings/{uuid.uuid4()}/{SKILL}-N2.svg").status_code == 404
