"""The style guide shows every part of the interface: what holds there holds on every page built from it."""

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask, flash, render_template, render_template_string, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import CSRFProtect
from playwright.sync_api import Browser, Page
from werkzeug.serving import make_server

from tests.browser.axe_harness import (
    assert_accessible,
    assert_no_sideways_scroll,
    assert_targets,
    chromium,
    needs_chromium,
)

WEB = Path(__file__).parents[2] / "badges" / "web"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
CODES = (400, 401, 403, 404, 405, 409, 413, 422, 429, 500, 503)
REVIEW = """
{% extends "base.html" %}{% import "macros/work.html" as w with context %}{% set decide = true %}
{% block title %}Review{% endblock %}
{% block main %}
  <h1 class="h2">Dossier</h1><label for="why">Pourquoi</label><input class="input" id="why">
  {% call w.decide() %}
    <button class="btn btn--main" type="button" data-key="v">Valider {{ w.key("v") }}</button>
    <button class="btn" type="button">Compléter</button>
    <button class="btn" type="button">Refuser</button>
  {% endcall %}
{% endblock %}
"""
COUNT_CLICKS = """
() => { window.clicks = 0; document.querySelector("[data-key=v]").onclick = () => { window.clicks += 1 } }
"""

pytestmark = [pytest.mark.browser, needs_chromium]


@dataclass(frozen=True)
class Item:
    icon: str
    label: str
    url: str
    current: bool = False
    count: int = 0


MENU = (
    Item("eye", "Observer", "/", current=True),
    Item("calendar", "Aujourd’hui", "/", count=2),
    Item("people", "Équipe", "/"),
    Item("person", "Moi", "/"),
)


def _app() -> Flask:
    app = Flask("guide", template_folder=str(WEB / "templates"), static_folder=str(WEB / "static"))
    app.config.update(SECRET_KEY="only for this page", WTF_CSRF_CHECK_DEFAULT=False)
    CSRFProtect(app)
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_null_translations(newstyle=True)  # type: ignore[attr-defined]
    app.jinja_env.globals["asset"] = lambda path: url_for("static", filename=path)
    symbols = re.findall(r'symbol id="([^"]+)"', (WEB / "static" / "icons.svg").read_text())

    @app.context_processor
    def page() -> dict[str, object]:
        locale = request.args.get("lang", "fr")
        direction = request.args.get("dir", "ltr")
        return {
            "locale": locale,
            "text_direction": direction,
            "structure_name": "Les Jardins du Canal",
            "nav_items": MENU,
            "icon_names": symbols,
        }

    @app.get("/")
    def guide() -> ResponseReturnValue:
        return render_template("styleguide.html", task=request.args.get("task"))

    @app.get("/error/<int:status>")
    def error(status: int) -> ResponseReturnValue:
        return render_template("errors/error.html", status=status)

    @app.get("/review")
    def review() -> ResponseReturnValue:
        if "saved" in request.args:
            flash({"text": "Gardé pour Amina.", "undo": "/undo"}, "ok")
        return render_template_string(REVIEW)

    @app.after_request
    def strict(response):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        response.headers["Content-Security-Policy"] = POLICY
        return response

    return app


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    server = make_server("127.0.0.1", 0, _app(), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(reduced_motion="reduce")
    opened = context.new_page()
    refusals: list[str] = []
    opened.on("console", lambda message: refusals.append(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda fault: refusals.append(str(fault)))
    yield opened
    context.close()
    assert not [words for words in refusals if "status of 4" not in words], refusals


def _open(page: Page, url: str, width: int, theme: str) -> None:
    page.set_viewport_size({"width": width, "height": 740 if width < 1000 else 800})
    page.goto(url)
    if theme:
        page.evaluate("(theme) => { document.documentElement.dataset.theme = theme }", theme)
    page.evaluate("document.fonts.ready")


@pytest.mark.parametrize("locale", ["fr", "en"])
@pytest.mark.parametrize("theme", ["light", "dark", "sun"])
@pytest.mark.parametrize("width", [320, 360, 1280])
def test_every_part_is_accessible(  # one run per width, theme and language, as the design page asks
    page: Page, address: str, tmp_path: Path, width: int, theme: str, locale: str
) -> None:
    _open(page, f"{address}/?lang={locale}", width, theme)
    page.screenshot(path=tmp_path / f"guide-{width}-{theme}-{locale}.png", full_page=True)
    assert_accessible(page)
    assert_no_sideways_scroll(page)
    assert_targets(page, 48)


@pytest.mark.parametrize("width", [320, 1280])
def test_a_page_read_from_right_to_left_fits_the_screen(page: Page, address: str, width: int) -> None:
    _open(page, f"{address}/?dir=rtl", width, "light")
    assert_no_sideways_scroll(page)
    assert_accessible(page)


@pytest.mark.parametrize("code", CODES)
def test_every_error_page_is_accessible_and_says_what_to_do(page: Page, address: str, code: int) -> None:
    _open(page, f"{address}/error/{code}", 360, "light")
    assert page.locator("main h1").count() == 1
    assert page.locator("main li").count() == 2
    assert_accessible(page)
    assert_no_sideways_scroll(page)
    assert_targets(page, 48)


def test_full_sun_is_one_press_away_and_is_kept(page: Page, address: str) -> None:
    _open(page, address, 360, "")
    page.locator("[data-theme-choice=sun]").first.click()
    assert page.locator("html").get_attribute("data-theme") == "sun"
    page.reload()
    assert page.locator("html").get_attribute("data-theme") == "sun"


def test_the_characters_left_are_counted_while_writing(page: Page, address: str) -> None:
    _open(page, address, 360, "")
    page.locator("#f-fact").fill("Elle a prévenu avant la livraison.")
    assert page.locator("#f-fact-count").inner_text() == "246 characters left"


def test_read_aloud_stays_hidden_without_a_voice(page: Page, address: str) -> None:
    page.add_init_script("window.speechSynthesis.getVoices = () => []")
    _open(page, address, 360, "")
    assert page.locator("button[data-listen]:visible").count() == 0


def test_read_aloud_says_the_marked_sentences(page: Page, address: str) -> None:
    page.add_init_script(
        """
        window.spoken = [];
        speechSynthesis.getVoices = () => [{ lang: "fr-FR", name: "Voix" }];
        speechSynthesis.speak = (words) => { spoken.push(words.text); words.onend(); };
        window.SpeechSynthesisUtterance = class { constructor(text) { this.text = text; } };
        """
    )
    _open(page, address, 360, "")
    page.locator(".listen[data-listen='#spoken']").first.click()
    assert page.evaluate("spoken") == ["Amina se met d’accord avec les autres avant de commencer."]


@pytest.mark.parametrize("width", [320, 360, 1024, 1280])
def test_the_decision_bar_fits_and_hides_nothing(page: Page, address: str, width: int) -> None:
    _open(page, f"{address}/review?saved=1", width, "light")
    page.locator("[data-toast]").wait_for()
    assert_accessible(page)
    assert_no_sideways_scroll(page)
    assert_targets(page, 48)


def test_a_letter_presses_its_button_unless_somebody_writes_or_switched_shortcuts_off(
    page: Page, address: str
) -> None:
    _open(page, f"{address}/review", 1280, "")
    page.evaluate(COUNT_CLICKS)
    page.keyboard.press("v")
    assert page.evaluate("window.clicks") == 1
    page.locator("#why").press("v")
    page.locator("[data-keys-switch]").click()
    page.keyboard.press("v")
    assert page.evaluate("window.clicks") == 1


def test_a_toast_offers_to_undo_and_leaves_by_itself(page: Page, address: str) -> None:
    page.clock.install()
    _open(page, f"{address}/review?saved=1", 360, "")
    page.clock.run_for(500)
    toast = page.locator("[role=status] [data-toast]")
    assert toast.locator("form[action='/undo'] [name=csrf_token]").count() == 1
    page.clock.run_for(11_000)
    assert toast.count() == 0


def test_the_two_dark_blocks_hold_the_same_values() -> None:
    sheet = (WEB / "static" / "css" / "tokens.css").read_text()
    chosen = re.search(r'\[data-theme="dark"\] \{(.*?)\}', sheet, re.DOTALL)
    asked = re.search(r":root:not\(\[data-theme\]\) \{(.*?)\}", sheet, re.DOTALL)
    assert chosen is not None
    assert asked is not None
    assert chosen[1].split() == asked[1].split()


def test_only_the_tokens_hold_raw_colours() -> None:
    raw = re.compile(r":[^;{}]*(#[0-9A-Fa-f]{3,8}\b|rgba?\(|hsl|\bwhite\b|\bblack\b)[^{}]*;")
    parts = [sheet for sheet in (WEB / "static" / "css").glob("*.css") if sheet.name != "tokens.css"]
    assert parts
    assert {
        sheet.name: raw.findall(sheet.read_text()) for sheet in parts if raw.search(sheet.read_text())
    } == {}
