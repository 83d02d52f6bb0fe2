"""Approving several requests in the pages: what can be ticked, what is told by name, and the way back."""

import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from badges.app import create_app
from badges.evidence.models import AnswerKind, Mark
from badges.evidence.storage import LocalStorage
from badges.people import service_sign_in
from badges.people.models import Person
from badges.recognition.rules import ClaimState
from badges.web.access import TOKEN
from tests.conftest import StillClock
from tests.crowds import submitted_by_many
from tests.houses import House
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
    def door(name: str) -> FlaskClient:
        actor = house.people[name]
        assert actor.person_id
        house.session.rollback()
        token = service_sign_in.start_demo(house.session, house.clock, actor.person_id, actor.structure_id)
        client = app.test_client()
        with client.session_transaction() as cookie:
            cookie[TOKEN] = token
            cookie["lang"] = "en"
        return client

    return door


def page(response: TestResponse, status: int = 200) -> str:
    text = re.sub(r"\s+", " ", unescape(response.get_data(as_text=True)))
    assert response.status_code == status, text[-1500:]
    return text


def offered(html: str) -> list[str]:
    return re.findall(r'name="choice" value="([^"]+)"', html)


def send(client: FlaskClient, path: str, html: str, **fields: object) -> TestResponse:
    token = re.search(r'name="csrf_token" value="([^"]*)"', html)
    assert token
    return client.post(path, data={"csrf_token": token[1], **fields})


def approve(client: FlaskClient, choices: list[str]) -> TestResponse:
    """Tick, read the selection again, approve."""
    check = page(send(client, "/review/batch/check", page(client.get("/me")), choice=choices))
    return send(client, "/review/batch", check, choice=offered(check))


def test_from_ticks_to_approvals_with_one_confirmation(house: House, enter: Door) -> None:
    claims = submitted_by_many(house, 12, ("S03", "S01"))
    client = enter("sophie")
    assert "Approve several at once" in page(client.get("/review"))
    listing = page(client.get("/review/batch"))
    choices = offered(listing)
    assert len(choices) == 12
    check = page(send(client, "/review/batch/check", listing, choice=choices))
    assert "Approve these 12 requests?" in check
    assert check.count("6 people") == 2
    assert {house.state(claim_id) for claim_id in claims} == {ClaimState.SUBMITTED}
    answer = send(client, "/review/batch", check, choice=offered(check))
    assert answer.status_code == 303
    assert {house.state(claim_id) for claim_id in claims} == {ClaimState.APPROVED}
    done = page(client.get(answer.location))
    assert "12 requests approved" in done
    assert done.count('/undo"') == 13, "each, and all"
    assert "Nothing can be ticked for now." in page(client.get("/review/batch"))


def test_each_line_says_the_rule_and_opens_what_was_seen(house: House, enter: Door) -> None:
    (claim_id,) = submitted_by_many(house, 1)
    client = enter("sophie")
    line = page(client.get("/review/batch"))
    for said in ("Amadou", "level 1", "Observations", "Different days", "Amadou agrees"):
        assert said in line
    opened = page(client.get(f"/review/{claim_id}?from=batch"))
    assert "Seen by Karim" in opened
    assert 'href="/review/batch"' in opened


@pytest.mark.parametrize(
    ("marks", "answer", "said"),
    [
        ((), AnswerKind.DISAGREE, "A talk is open: nothing moves until it is closed."),
        ((Mark.YES, Mark.NO), AnswerKind.AGREE, "A recent “NO” asks for a talk first."),
        ((), None, "Something is still missing."),
    ],
)
def test_what_has_to_be_read_alone_cannot_be_ticked_and_says_why(
    house: House, enter: Door, marks: tuple[Mark, ...], answer: AnswerKind | None, said: str
) -> None:
    claim_id = house.submitted()
    submitted_by_many(house, 1)
    house.see(1, *marks, answer=answer)
    listing = page(enter("sophie").get("/review/batch"))
    assert said in listing
    assert [choice for choice in offered(listing) if str(claim_id) in choice] == []
    assert f"/review/{claim_id}?from=batch" in listing


def test_a_missing_interview_is_read_alone(house: House, enter: Door) -> None:
    for days_ago, by in ((60, "marc"), (40, "karim"), (30, "marc"), (20, "karim"), (3, "marc")):
        house.see(days_ago, by=by, level="N3")
        house.see(days_ago, by=by, level="N2")
    house.submit(house.open("N3"))
    listing = page(enter("sophie").get("/review/batch"))
    assert "The day of the interview is missing." in listing
    assert offered(listing) == []


def test_own_observations_are_not_there_and_cannot_be_slipped_in(house: House, enter: Door) -> None:
    claims = submitted_by_many(house, 2)
    choices = offered(page(enter("sophie").get("/review/batch")))
    marc = enter("marc")
    assert offered(page(marc.get("/review/batch"))) == []
    told = page(send(marc, "/review/batch", page(marc.get("/me")), choice=choices), 403)
    assert "You saw part of this yourself. Someone else decides." in told
    assert {house.state(claim_id) for claim_id in claims} == {ClaimState.SUBMITTED}


def test_one_that_moved_is_told_by_name_and_stops_no_other(house: House, enter: Door) -> None:
    claims = submitted_by_many(house, 3)
    client = enter("sophie")
    choices = offered(page(client.get("/review/batch")))
    house.refuse(claims[0], by="paul")
    answer = approve(client, choices)
    done = page(client.get(answer.location))
    assert "2 requests approved" in done
    assert "1 request stays as it is:" in done
    assert "Amadou" in done
    assert "Another reviewer has just refused this request." in done
    assert house.state(claims[0]) is ClaimState.REFUSED
    assert "stays as it is" not in page(client.get(answer.location)), "it is told once"


def test_when_all_have_moved_the_list_says_so_and_nothing_else_happens(house: House, enter: Door) -> None:
    claims = submitted_by_many(house, 2)
    client = enter("sophie")
    choices = offered(page(client.get("/review/batch")))
    assert approve(client, choices).status_code == 303
    told = page(approve(client, choices), 409)
    assert "2 requests stay as they are:" in told
    assert house.acts().count("claim.approve") == len(claims)


def test_all_is_undone_within_ten_seconds_or_one(house: House, enter: Door, clock: StillClock) -> None:
    claims = submitted_by_many(house, 4)
    client = enter("sophie")
    answer = approve(client, offered(page(client.get("/review/batch"))))
    done = page(client.get(answer.location))
    assert send(client, f"/review/{claims[0]}/undo", done).status_code == 303
    at = re.search(r'name="at" value="([^"]+)"', done)
    assert at
    assert "3 requests approved" in page(client.get(answer.location))
    assert send(client, "/review/batch/undo", done, at=at[1]).location == "/review/batch"
    assert {house.state(claim_id) for claim_id in claims} == {ClaimState.SUBMITTED}
    clock.at += timedelta(seconds=1)
    again = approve(client, offered(page(client.get("/review/batch"))))
    clock.at += timedelta(seconds=11)
    late = page(client.get(again.location))
    assert "4 requests approved" in late
    assert "/undo" not in late


def test_nobody_undoes_the_batch_of_another(house: House, enter: Door) -> None:
    claims = submitted_by_many(house, 2)
    sophie, paul = enter("sophie"), enter("paul")
    answer = approve(sophie, offered(page(sophie.get("/review/batch"))))
    at = re.search(r'name="at" value="([^"]+)"', page(sophie.get(answer.location)))
    assert at
    assert "Nothing is approved" in page(paul.get(answer.location))
    page(send(paul, "/review/batch/undo", page(paul.get("/me")), at=at[1]), 409)
    assert {house.state(claim_id) for claim_id in claims} == {ClaimState.APPROVED}


def test_nothing_ticked_is_told_and_a_made_up_form_decides_nothing(house: House, enter: Door) -> None:
    submitted_by_many(house, 2)
    client = enter("sophie")
    listing = page(client.get("/review/batch"))
    for path in ("/review/batch/check", "/review/batch"):
        for choices in ([], ["nonsense"], [f"{uuid.uuid4()}:1"], offered(listing) * 200):
            assert "Tick at least one request." in page(send(client, path, listing, choice=choices), 422)
        foreign = f"{uuid.uuid4()}:2:{'0' * 16}"
        page(send(client, path, listing, choice=[*offered(listing), foreign]), 404)
    for at in ("", "yesterday", "2026-11-23"):
        page(client.get("/review/batch/done", query_string={"at": at}), 404)
    assert "claim.approve" not in house.acts()


def test_a_form_without_its_token_approves_nothing(house: House, enter: Door) -> None:
    submitted_by_many(house, 2)
    client = enter("sophie")
    choices = offered(page(client.get("/review/batch")))
    assert client.post("/review/batch", data={"choice": choices}).status_code == 400
    assert "claim.approve" not in house.acts()


def test_names_are_only_words(house: House, enter: Door) -> None:
    submitted_by_many(house, 1)
    worker = house.session.scalars(select(Person).where(Person.given_name == "Amadou")).one()
    worker.given_name = '"><img src=x onerror=alert(1)>'
    house.session.commit()
    client = enter("sophie")
    listing = client.get("/review/batch").get_data(as_text=True)
    check = send(client, "/review/batch/check", page(client.get("/review/batch")), choice=offered(listing))
    assert "<img src=x" not in listing
    assert "<img src=x" not in check.get_data(as_text=True)


def test_three_hundred_are_shown_and_approved_in_one_gesture(house: House, enter: Door) -> None:
    claims = submitted_by_many(house, 301)
    client = enter("sophie")
    listing = page(client.get("/review/batch"))
    assert len(offered(listing)) == 300
    assert "1 more request comes after these." in listing
    answer = approve(client, offered(listing))
    assert "300 requests approved" in page(client.get(answer.location))
    assert house.state(claims[-1]) is ClaimState.SUBMITTED
