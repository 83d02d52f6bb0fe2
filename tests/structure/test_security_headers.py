"""Every answer carries its headers: who may keep it, what it may load, and which cookies go with it."""

from collections.abc import Iterator, Mapping
from http.cookies import Morsel, SimpleCookie
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from badges.app import STATIC_SECONDS, create_app, migrated
from badges.web.blueprints import BLUEPRINTS
from badges.web.headers import ALWAYS, CONTENT_SECURITY_POLICY
from tests.conftest import StillClock
from tests.live import settings_for
from tests.scene import Scene, ask, routes

ROUTES = routes()
OWN_POLICY = {
    "GET /achievements/<uuid:achievement_id>/image.<any(svg, png):kind>",
    "GET /drawings/<uuid:version_id>/<skill_id>-<level>.svg",
    "GET /invited/<token>/drawing.svg",
    "GET /invited/<token>/photos/<uuid:photo_id>",
    "GET /photos/<uuid:photo_id>",
}
KEPT_BY_THE_BROWSER = {
    "GET /drawings/<uuid:version_id>/<skill_id>-<level>.svg",
    "GET /invited/<token>/drawing.svg",
}
"""Marks of skills: they say nothing of anybody, and a page shows many."""


def group(line: str) -> str:
    return ROUTES[line][1].partition(".")[0]


def cookies(response: TestResponse) -> dict[str, Morsel[str]]:
    jar: SimpleCookie = SimpleCookie()
    for line in response.headers.getlist("Set-Cookie"):
        jar.load(line)
    return dict(jar)


@pytest.fixture
def served_over_https(tmp_path: Path) -> Iterator[Flask]:
    settings = settings_for(
        f"sqlite:///{tmp_path / 'b.sqlite'}", tmp_path, base_url="https://badges.example.org"
    )
    app = create_app(settings, clock=StillClock())
    migrated(app.extensions["badges"])
    yield app
    app.extensions["badges"].sessions.kw["bind"].dispose()


# -- every answer -------------------------------------------------------------------------------
def test_every_page_says_what_it_may_load_and_who_may_frame_it(pages: Mapping[str, TestResponse]) -> None:
    for line, page in pages.items():
        for name, value in ALWAYS.items():
            if name != "Content-Security-Policy":
                assert page.headers[name] == value, line
        policy = page.headers["Content-Security-Policy"]
        assert (policy != CONTENT_SECURITY_POLICY) == (line in OWN_POLICY), line
        assert policy.startswith("default-src 'none'"), line
        assert "unsafe" not in policy, line
        assert "*" not in policy, line
        assert page.headers["X-Robots-Tag"] == "noindex", line


def test_pictures_made_from_what_people_sent_run_nothing(pages: Mapping[str, TestResponse]) -> None:
    for line in OWN_POLICY:
        assert pages[line].headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


def test_errors_carry_the_same_headers(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = {
        400: ask(scene, "worker", "POST", "worker.keep"),
        403: ask(scene, "worker", "GET", "admin.people"),
        404: scene.browser("worker").get("/nowhere"),
        405: scene.browser("worker").put("/me"),
    }
    monkeypatch.setitem(scene.app.config, "WTF_CSRF_ENABLED", False)  # noqa: FBT003 - a setting
    answers[401] = ask(scene, "anonymous", "POST", "worker.keep")
    monkeypatch.setitem(scene.app.config, "MAX_CONTENT_LENGTH", 1_000)
    answers[413] = ask(scene, "administrator", "POST", "admin.revoke", {"reason": "x" * 2_000})
    answers[422] = ask(scene, "administrator", "POST", "admin.revoke", {"reason": ""})
    for status, answer in answers.items():
        assert answer.status_code == status
        assert {name: answer.headers[name] for name in ALWAYS} == ALWAYS
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Traceback" not in answer.text


def test_a_failure_of_ours_tells_nothing_of_itself(tmp_path: Path) -> None:
    app = create_app(settings_for(f"sqlite:///{tmp_path / 'b.sqlite'}", tmp_path))
    app.config["PROPAGATE_EXCEPTIONS"] = False
    app.add_url_rule("/fails", view_func=fails)
    answer = app.test_client().get("/fails")
    app.extensions["badges"].sessions.kw["bind"].dispose()
    assert answer.status_code == 500
    assert {name: answer.headers[name] for name in ALWAYS} == ALWAYS
    assert "a secret" not in answer.text


def fails() -> str:
    msg = "a secret"
    raise RuntimeError(msg)


# -- who may keep it ----------------------------------------------------------------------------
def test_nobody_keeps_a_private_page(pages: Mapping[str, TestResponse]) -> None:
    private = {line: page for line, page in pages.items() if group(line) not in {"public", "static"}}
    assert len(private) > 40
    for line, page in private.items():
        kept = page.headers["Cache-Control"]
        assert ("no-store" in kept) is (line not in KEPT_BY_THE_BROWSER), line
        assert "public" not in kept, line


def test_public_pages_may_be_kept_and_say_on_what_they_depend(pages: Mapping[str, TestResponse]) -> None:
    public = {line: page for line, page in pages.items() if group(line) == "public"}
    assert len(public) == 17
    for line, page in public.items():
        assert "no-store" not in page.headers.get("Cache-Control", ""), line
        assert "Cookie" not in page.vary, line
        assert page.mimetype != "text/html" or "Accept-Language" in page.vary, line


def test_static_files_are_kept_for_a_year(pages: Mapping[str, TestResponse]) -> None:
    static = pages["GET /static/<path:filename>"]
    assert static.cache_control.public
    assert static.cache_control.max_age == STATIC_SECONDS


def test_a_photo_goes_to_nobody_else(scene: Scene) -> None:
    photo = ask(scene, "worker", "GET", "photos.show")
    assert photo.mimetype == "image/jpeg"
    assert photo.headers["Cache-Control"] == "private, no-store"
    assert photo.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "Access-Control-Allow-Origin" not in photo.headers


def test_only_documents_meant_for_everybody_are_readable_from_other_sites(
    pages: Mapping[str, TestResponse],
) -> None:
    readable = {line for line, page in pages.items() if "Access-Control-Allow-Origin" in page.headers}
    assert {group(line) for line in readable} == {"public"}
    for line in readable:
        assert pages[line].headers["Access-Control-Allow-Origin"] == "*"
        assert pages[line].mimetype != "text/html", line


def test_documents_for_machines_say_what_they_are(scene: Scene) -> None:
    kinds = {
        "public.did": "application/did+json",
        "public.jwks": "application/jwk-set+json",
        "public.key": "application/jwk+json",
        "public.issuer_profile": "application/ld+json",
        "public.achievement": "application/ld+json",
        "public.status_list": "application/vc+ld+json",
    }
    for endpoint, kind in kinds.items():
        answer = ask(scene, "anonymous", "GET", endpoint, Accept="application/json")
        assert answer.mimetype == kind
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.get_etag()[0]


# -- cookies ------------------------------------------------------------------------------------
@pytest.mark.parametrize("column", ["anonymous", "worker", "administrator"])
def test_public_pages_set_no_cookie_even_for_somebody_signed_in(scene: Scene, column: str) -> None:
    (public,) = (blueprint.name for blueprint in BLUEPRINTS if blueprint.name == "public")
    lines = [line for line in ROUTES if group(line) in {public, "static"}]
    for line in lines:
        answer = ask(scene, column, *ROUTES[line])
        assert cookies(answer) == {}, line
        assert "Cookie" not in answer.vary, line
    gone = scene.browser(column).get("/b/never-was")
    assert (gone.status_code, cookies(gone)) == (404, {})


def test_the_language_asked_for_on_a_public_page_is_not_remembered(scene: Scene) -> None:
    assert cookies(scene.browser("worker").get("/?lang=en")) == {}


def test_the_cookie_of_plain_http_is_out_of_reach_of_scripts_and_other_sites(scene: Scene) -> None:
    (cookie,) = cookies(scene.browser("anonymous").get("/sign-in")).values()
    assert (cookie.key, cookie["httponly"], cookie["samesite"]) == ("badges", True, "Lax")
    assert cookie["path"] == "/"
    assert not cookie["domain"]


def test_the_cookie_of_https_is_bound_to_our_host(served_over_https: Flask) -> None:
    answer = served_over_https.test_client().get("/sign-in", base_url="https://badges.example.org")
    (cookie,) = cookies(answer).values()
    assert cookie.key == "__Host-badges"
    assert (cookie["secure"], cookie["httponly"], cookie["samesite"]) == (True, True, "Lax")
    assert (cookie["path"], cookie["domain"]) == ("/", "")
    assert answer.headers["Strict-Transport-Security"] == "max-age=63072000; includeSubDomains"


def test_plain_http_promises_nothing_about_https(pages: Mapping[str, TestResponse]) -> None:
    assert all("Strict-Transport-Security" not in page.headers for page in pages.values())


def test_a_cookie_that_somebody_wrote_themselves_opens_nothing(scene: Scene) -> None:
    browser = scene.app.test_client()
    whole = scene.cookies["administrator"]
    for forged in ("", "x", whole[:-3], whole[1:], replace_at(whole, 8)):
        browser.set_cookie("badges", forged)
        assert browser.get("/me").status_code == 303


def replace_at(text: str, place: int) -> str:
    return text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :]
