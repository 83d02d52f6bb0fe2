"""The pages of noting and answering: few taps, nothing typed is lost, photos only for those allowed."""

import io
import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from badges.app import create_app
from badges.evidence import queries, service
from badges.evidence.models import AnswerKind, Mark, Observation, ObservationPhoto, Situation
from badges.people import service_sign_in
from badges.permissions import Actor
from badges.web.access import TOKEN
from tests.conftest import StillClock
from tests.crews import TEAMWORK, A, B, Crew, build_crew, picture
from tests.live import settings_for

Door = Callable[[Actor], FlaskClient]
FIELD = re.compile(r'<input[^>]* type="hidden"[^>]*>')


@pytest.fixture
def app(database_url: str, tmp_path: Path, clock: StillClock) -> Iterator[Flask]:
    settings = replace(settings_for(database_url, tmp_path / "media"), mode="demo")
    app = create_app(settings, clock=clock)
    yield app
    app.extensions["badges"].sessions.kw["bind"].dispose()


@pytest.fixture
def crew(app: Flask, session: Session, clock: StillClock, tmp_path: Path) -> Crew:
    return build_crew(session, clock, tmp_path / "media")


@pytest.fixture
def enter(app: Flask, session: Session, clock: StillClock) -> Door:
    """Sign somebody in, in French, on a browser of their own."""

    def door(actor: Actor) -> FlaskClient:
        assert actor.person_id
        token = service_sign_in.start_demo(session, clock, actor.person_id, actor.structure_id)
        client = app.test_client()
        with client.session_transaction() as cookie:
            cookie[TOKEN] = token
        return client

    return door


def page(response: TestResponse, status: int = 200) -> str:
    assert response.status_code == status, response.text[:3000]
    return unescape(response.text)


def hidden(html: str) -> MultiDict[str, Any]:
    """The hidden fields of a page, as a browser would send them."""
    found: MultiDict[str, Any] = MultiDict()
    for tag in FIELD.findall(html):
        attributes = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        found.add(attributes["name"], unescape(attributes["value"]))
    return found


def sheet(client: FlaskClient, situation_id: uuid.UUID, crew: Crew, *who: Actor) -> MultiDict[str, Any]:
    """The fields of the page where something is noted of `who`."""
    people = [str(actor.person_id) for actor in (who or (crew.amina,))]
    response = client.get(
        f"/situations/{situation_id}/observe",
        query_string={"who": people, "version": str(crew.soft), "skill": TEAMWORK, "level": "N2"},
    )
    return hidden(page(response))


def send(client: FlaskClient, fields: MultiDict[str, Any], **answers: Any) -> TestResponse:
    data = MultiDict(fields)
    for name, value in answers.items():
        data.setlist(name.replace("_in_", "-"), value if isinstance(value, list) else [value])
    return client.post("/observations", data=data, content_type="multipart/form-data")


def marked(behaviour: str, mark: Mark) -> dict[str, str]:
    return {f"mark_in_{behaviour.replace('-', '_in_')}": mark.value}


def rows(sessions: sessionmaker[Session], table: type) -> int:
    with sessions() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


# -- the supervisor -------------------------------------------------------------------------------
def test_six_taps_from_my_crew_to_saved(crew: Crew, enter: Door, sessions: sessionmaker[Session]) -> None:
    client = enter(crew.marc)
    assert "Amina" in page(client.get("/crew"))
    new = hidden(page(client.get("/situations/new")))
    new.setlist("crew", [str(crew.amina.person_id), str(crew.bakary.person_id)])
    new.update(
        {
            "title": "Récolte des poireaux",
            "happened_on": "2026-11-23",
            "kind": "task",
            "trade": "hard-green-v1",
        }
    )
    situation = client.post("/situations/new", data=new)
    assert situation.status_code == 303
    who = page(client.get(situation.location))
    assert who.index("Amina") < who.index("Bakary")
    skills = page(client.get(f"{situation.location}/skills", query_string={"who": str(crew.amina.person_id)}))
    assert skills.index("Récolter") < skills.index("Travailler en équipe")
    fields = sheet(client, uuid.UUID(situation.location.split("/")[-1]), crew)
    saved = send(client, fields, **marked(A, Mark.YES))
    assert saved.location == situation.location
    after = page(client.get(saved.location))
    assert "Amina" in after
    assert re.search(r'name="skill" value="S03"', after), "the next person is offered the same skill first"
    assert rows(sessions, Observation) == 1


def test_one_sending_notes_a_whole_crew(crew: Crew, enter: Door, sessions: sessionmaker[Session]) -> None:
    client, situation_id = enter(crew.marc), crew.situation()
    fields = sheet(client, situation_id, crew, crew.amina, crew.bakary)
    assert (
        send(client, fields, **marked(A, Mark.YES), photos=(io.BytesIO(picture()), "a.jpg")).status_code
        == 303
    )
    assert (rows(sessions, Observation), rows(sessions, ObservationPhoto)) == (2, 2)


def test_sending_the_same_form_twice_is_once(
    crew: Crew, enter: Door, sessions: sessionmaker[Session]
) -> None:
    client, situation_id = enter(crew.marc), crew.situation()
    fields = sheet(client, situation_id, crew)
    for _ in range(3):
        assert send(client, fields, **marked(A, Mark.YES)).status_code == 303
    assert rows(sessions, Observation) == 1
    assert send(client, fields, **marked(A, Mark.NO)).status_code == 409


def test_a_form_in_which_nothing_was_seen_comes_back_kindly(
    crew: Crew, enter: Door, sessions: sessionmaker[Session]
) -> None:
    client, situation_id = enter(crew.marc), crew.situation()
    fields = sheet(client, situation_id, crew)
    again = hidden(page(send(client, fields), 422))
    assert again.getlist("entry") == fields.getlist("entry")
    assert rows(sessions, Observation) == 0


def test_a_word_about_health_is_pointed_out_once_and_nothing_is_lost(
    crew: Crew, enter: Door, sessions: sessionmaker[Session]
) -> None:
    client, situation_id = enter(crew.marc), crew.situation()
    fields = sheet(client, situation_id, crew)
    fact = "Amina était malade, elle a prévenu."
    warned = page(
        send(client, fields, **marked(A, Mark.YES), fact=fact, photos=(io.BytesIO(picture()), "a.jpg")), 422
    )
    assert "malade" in warned
    assert fact in warned
    assert re.search(r'name="mark-S03-N2-a"\s+value="YES"\s+checked', warned)
    again = hidden(warned)
    assert len(again.getlist("kept")) == 1, (
        "the photo is kept by the server, the browser cannot send it again"
    )
    assert rows(sessions, Observation) == 0
    assert send(client, again, **marked(A, Mark.YES), fact=fact, confirmed="1").status_code == 303
    with sessions() as session:
        assert session.scalars(select(Observation.fact)).one() == fact
        assert session.scalars(select(ObservationPhoto.media_type)).one() == "image/jpeg"


def test_nobody_attaches_a_photo_that_somebody_else_sent(crew: Crew, enter: Door) -> None:
    client, situation_id = enter(crew.marc), crew.situation()
    fields = sheet(client, situation_id, crew)
    warned = hidden(page(send(client, fields, fact="malade", photos=(io.BytesIO(picture()), "a.jpg")), 422))
    thief = enter(crew.karim)
    stolen = MultiDict(fields)
    stolen.setlist("kept", warned.getlist("kept"))
    stolen["csrf_token"] = hidden(page(thief.get("/situations/new")))["csrf_token"]
    assert send(thief, stolen, fact="vu").status_code == 404
    forged = MultiDict(fields)
    forged.add("kept", warned.getlist("kept")[0][:-3] + "AAA")
    assert send(client, forged, fact="vu").status_code == 404


@pytest.mark.parametrize("content", [b"<svg onload=alert(1)>", picture()[:300], b"GIF89a" + b"\0" * 50])
def test_a_file_that_is_no_photo_is_named_and_the_others_are_kept(
    crew: Crew, enter: Door, content: bytes
) -> None:
    client, situation_id = enter(crew.marc), crew.situation()
    fields = sheet(client, situation_id, crew)
    photos = [(io.BytesIO(picture()), "a.jpg"), (io.BytesIO(content), "../../etc/\x00passwd.png")]
    refused = page(send(client, fields, **marked(A, Mark.YES), photos=photos), 422)
    assert len(hidden(refused).getlist("kept")) == 1
    assert "2" in refused[refused.index("f-photos-err") :]


def test_the_sentence_that_is_too_long_comes_back_whole(crew: Crew, enter: Door) -> None:
    client, situation_id = enter(crew.marc), crew.situation()
    fields = sheet(client, situation_id, crew)
    assert "a" * 300 in page(send(client, fields, fact="a" * 300), 422)


def test_a_correction_is_prefilled_and_the_worker_sees_that_it_was_corrected(crew: Crew, enter: Door) -> None:
    one = crew.observed(fact="Avant.")
    client = enter(crew.marc)
    form = page(client.get(f"/observations/{one}/correct"))
    assert "Avant." in form
    assert re.search(r'name="mark-S03-N2-a"\s+value="YES"\s+checked', form)
    assert send(client, hidden(form), fact="Après.", **marked(B, Mark.YES)).status_code == 303
    crew.session.rollback()
    (newest,) = [view.id for view in queries.awaiting_answer(crew.session, crew.amina)]
    worker = enter(crew.amina)
    assert "<s>" in page(worker.get("/my/observations"))
    assert "Après." in page(worker.get(f"/my/observations/{newest}"))
    assert page(worker.get(f"/my/observations/{one}"))


def test_undo_takes_back_and_doing_it_twice_is_fine(crew: Crew, enter: Door) -> None:
    client, situation_id = enter(crew.marc), crew.situation()
    fields = sheet(client, situation_id, crew, crew.amina, crew.bakary)
    send(client, fields, **marked(A, Mark.YES))
    toast = page(client.get(f"/situations/{situation_id}"))
    (undo,) = re.findall(r'action="(/observations/take-back\?[^"]*)"', toast)
    for _ in range(2):
        assert client.post(undo, data={"csrf_token": hidden(toast)["csrf_token"]}).status_code == 303
    crew.session.rollback()
    assert queries.awaiting_answer(crew.session, crew.amina) == ()


def test_a_situation_sent_twice_is_one_and_a_fault_loses_nothing(
    crew: Crew, enter: Door, sessions: sessionmaker[Session]
) -> None:
    client = enter(crew.marc)
    fields = hidden(page(client.get("/situations/new")))
    fields.update({"title": "", "happened_on": "2026-11-23", "kind": "brief", "place": "Serre 2"})
    assert "Serre 2" in page(client.post("/situations/new", data=fields), 422)
    fields["title"], fields["happened_on"] = "Brief", "2027-11-23"
    assert "Brief" in page(client.post("/situations/new", data=fields), 422)
    fields["happened_on"] = "2026-11-23"
    assert (
        client.post("/situations/new", data=fields).location
        == client.post("/situations/new", data=fields).location
    )
    assert rows(sessions, Situation) == 1


def test_a_search_finds_a_skill_without_accents(crew: Crew, enter: Door) -> None:
    client, situation_id = enter(crew.marc), crew.situation()
    query = {"who": str(crew.amina.person_id), "search": "equipe", "lang": "fr"}
    found = page(client.get(f"/situations/{situation_id}/skills", query_string=query))
    assert "Travailler en équipe" in found


def test_nobody_chosen_leads_back_to_who(crew: Crew, enter: Door) -> None:
    client, situation_id = enter(crew.marc), crew.situation()
    for path in ("skills", "observe"):
        assert client.get(f"/situations/{situation_id}/{path}").location == f"/situations/{situation_id}"


def test_the_page_of_a_worker_shows_what_was_seen_to_those_in_charge_only(crew: Crew, enter: Door) -> None:
    crew.observed(fact="A prévenu l'équipe.")
    path = f"/workers/{crew.amina.person_id}"
    assert "A prévenu l'équipe." in page(enter(crew.marc).get(path))
    assert enter(crew.karim).get(path).status_code == 403
    assert enter(crew.amina).get(path).status_code == 403


# -- the worker -----------------------------------------------------------------------------------
def test_the_worker_answers_one_after_the_other(crew: Crew, enter: Door) -> None:
    first, second = crew.observed(), crew.observed(marks={B: Mark.SOMETIMES})
    client = enter(crew.amina)
    listing = page(client.get("/my/observations"))
    assert listing.count("/my/observations/") >= 2
    asked = page(client.get(f"/my/observations/{first}"))
    assert "Amina se met d’accord avec les autres" in asked
    token = hidden(asked)["csrf_token"]
    then = client.post(f"/my/observations/{first}/answer", data={"answer": "agree", "csrf_token": token})
    assert then.location == f"/my/observations/{second}"
    assert "Amina prévient l’équipe" in page(client.get(then.location))
    last = client.post(f"/my/observations/{second}/answer", data={"answer": "agree", "csrf_token": token})
    assert last.location == "/my/observations"


def test_after_a_disagreement_the_page_says_who_will_call(crew: Crew, enter: Door) -> None:
    one = crew.observed()
    client = enter(crew.amina)
    path = f"/my/observations/{one}"
    token = hidden(page(client.get(path)))["csrf_token"]
    then = client.post(f"{path}/answer", data={"answer": "disagree", "csrf_token": token})
    assert then.location == path
    said = page(client.get(path))
    assert "Léa" in said
    long = client.post(
        f"{path}/answer", data={"answer": "disagree", "sentence": "a" * 281, "csrf_token": token}
    )
    assert "a" * 281 in page(long, 422)
    client.post(
        f"{path}/answer", data={"answer": "disagree", "sentence": "Ce n'était pas moi.", "csrf_token": token}
    )
    crew.session.rollback()
    (talk,) = queries.open_talks(crew.session, crew.lea)
    assert (talk.kind, talk.observation.answer_sentence) == (AnswerKind.DISAGREE, "Ce n'était pas moi.")


def test_nobody_opens_the_observation_of_somebody_else(crew: Crew, enter: Door) -> None:
    one = crew.observed()
    assert enter(crew.bakary).get(f"/my/observations/{one}").status_code == 403
    assert enter(crew.marc).get(f"/my/observations/{one}").status_code == 403


def test_words_typed_by_anybody_are_only_words(crew: Crew, enter: Door) -> None:
    mark = '"><img src=x onerror=alert(1)>'
    one = crew.observed(fact=mark)
    service.answer(crew.session, crew.clock, crew.amina, one, AnswerKind.DISAGREE, mark)
    situation_id = crew.situation(title=mark, place=mark)
    crew.record(crew.new(situation_id, fact=mark))
    marc, amina = enter(crew.marc), enter(crew.amina)
    paths = (
        "/crew",
        f"/situations/{situation_id}",
        f"/workers/{crew.amina.person_id}",
        f"/observations/{one}/correct",
    )
    answers = [marc.get(path) for path in paths]
    answers += [amina.get(path) for path in ("/my/observations", f"/my/observations/{one}")]
    for answer in answers:
        assert answer.status_code == 200
        assert "<img src=x" not in answer.text
    assert sum("&lt;img src=x" in answer.text for answer in answers) >= 5


# -- photos ---------------------------------------------------------------------------------------
def test_a_photo_is_served_with_safe_headers_to_those_allowed_only(
    crew: Crew, enter: Door, app: Flask, tmp_path: Path
) -> None:
    crew.observed(photos=(picture(),))
    photo_id = crew.session.scalars(select(ObservationPhoto.id)).one()
    crew.session.rollback()
    path = f"/photos/{photo_id}"
    for actor in (crew.marc, crew.amina, crew.lea):
        served = enter(actor).get(path)
        assert served.data.startswith(b"\xff\xd8\xff")
        assert served.content_type == "image/jpeg"
        assert served.headers["X-Content-Type-Options"] == "nosniff"
        assert served.headers["Cache-Control"] == "private, no-store"
        assert "sandbox" in served.headers["Content-Security-Policy"]
        assert re.fullmatch(
            r'inline; filename="photo-[0-9a-f]{8}\.jpg"', served.headers["Content-Disposition"]
        )
    other = build_crew(crew.session, crew.clock, tmp_path, slug="autre")
    crew.session.commit()
    for actor, status in ((crew.bakary, 403), (crew.karim, 403), (crew.rita, 403), (other.marc, 404)):
        assert enter(actor).get(path).status_code == status
    assert app.test_client().get(path).status_code in {302, 303, 401}
    assert enter(crew.marc).get(f"/photos/{uuid.uuid4()}").status_code == 404
