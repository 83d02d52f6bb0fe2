"""Every page a role can walk to, in both languages, on a phone and a desk: axe, targets, width, words."""

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from babel.messages.pofile import read_po
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page
from werkzeug.exceptions import HTTPException

from badges.db import transaction
from badges.demo.cast import GARDENS
from badges.demo.server import links, open_pages
from badges.demo.world import World, fill
from badges.issuer.models import Wave, WaveState
from badges.permissions import Role
from tests.browser.axe_harness import (
    assert_accessible,
    assert_no_sideways_scroll,
    assert_targets,
    needs_chromium,
)
from tests.live import serve, settings_for

pytestmark = [pytest.mark.browser, needs_chromium]

CATALOGUE = Path(__file__).parents[2] / "badges/translations/fr/LC_MESSAGES/messages.po"
WIDTHS = (360, 1280)
TWO_STATES = {"worker.badge", "worker.observation", "claims.claim", "public.badge", "admin.wave"}
PAGES_AT_MOST = 40
FILES = re.compile(
    r"\.(json|jwt|png|svg|csv)$|^/(static|photos|status|drawings)/|/(did|jwks|keys|photos)[./]"
)

# Each piece of text as a reader meets it, but for what says itself to be in another language.
TEXTS = """
() => {
  const foreign = (element) => element.closest(`[lang]:not([lang="${document.documentElement.lang}"])`);
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const parent = walker.currentNode.parentElement;
    if (!parent.closest("script, style, textarea") && !foreign(parent)) found.push(walker.currentNode.data);
  }
  for (const element of document.querySelectorAll("[aria-label], [placeholder], [alt], [title]")) {
    if (foreign(element)) continue;
    const said = ["aria-label", "placeholder", "alt", "title"];
    found.push(...said.map((name) => element.getAttribute(name) ?? ""));
  }
  return found.map((text) => text.replace(/\\s+/g, " ").trim()).filter(Boolean);
}
"""


def _catalogue() -> tuple[frozenset[str], frozenset[str]]:
    """The English and the French sentences that no French, or English, page may show."""
    with CATALOGUE.open("rb") as file:
        pairs = [
            (str(message.id), str(message.string))
            for message in read_po(file)
            if message.id and isinstance(message.id, str) and "%(" not in message.id
        ]
    english = {_plain(first) for first, _ in pairs}
    french = {_plain(second) for _, second in pairs}
    return frozenset(english - french), frozenset(french - english)


def _plain(text: str) -> str:
    return " ".join(text.split())


ENGLISH_ONLY, FRENCH_ONLY = _catalogue()
NAMES_OF_LANGUAGES = {"English", "Français"}
FOREIGN = {"fr": ENGLISH_ONLY - NAMES_OF_LANGUAGES, "en": FRENCH_ONLY - NAMES_OF_LANGUAGES}


@pytest.fixture(scope="module")
def demo(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Flask]]:
    """The demo, served: people, observations, claims and badges in every state."""
    folder = tmp_path_factory.mktemp("demo")
    shutil.copy(sqlite_template, folder / "badges.sqlite")
    settings = settings_for(f"sqlite:///{folder / 'badges.sqlite'}", folder / "media")
    with serve(replace(settings, mode="demo")) as (address, app):
        app.extensions["badges.relay"].stop()  # the story does the relay's work itself, day by day
        told = fill(app.extensions["badges"])
        assert told
        _waves(app, told)
        yield address, app


def _waves(app: Flask, told: World) -> None:
    """One wave under way and one that was stopped, which the story of the demo has no time to tell."""
    ports = app.extensions["badges"]
    with ports.sessions() as session, transaction(session):
        for state in (WaveState.RUNNING, WaveState.CANCELLED):
            structure_id = told.structures[GARDENS.public_name]
            now = ports.clock.now()
            session.add(Wave(id=uuid4(), structure_id=structure_id, started_at=now, state=state, total=3))


def _links(app: Flask) -> dict[str, str]:
    return {link.role: link.url for link in links(app.extensions["badges"])}


def _endpoint(app: Flask, url: str) -> str:
    try:
        found, _values = app.url_map.bind("localhost").match(urlsplit(url).path)
    except HTTPException:
        return ""
    return str(found)


def _walk(page: Page, app: Flask, starts: list[str], keep: Callable[[str], bool]) -> list[str]:
    """Follow links like a reader who tries them all; give the addresses, a few of each kind."""
    todo, seen = list(starts), list[str]()
    kinds = dict[str, int]()
    while todo and len(seen) < PAGES_AT_MOST:
        url = todo.pop(0).split("#")[0]
        kind = _endpoint(app, url)
        if url in seen or "lang=" in url or not keep(kind) or FILES.search(urlsplit(url).path):
            continue
        if kinds.get(kind, 0) > (kind in TWO_STATES):
            continue
        kinds[kind] = kinds.get(kind, 0) + 1
        seen.append(url)
        page.goto(url)
        todo += page.eval_on_selector_all("a[href]", "links => links.map((link) => link.href)")
    return seen


def _judge(page: Page, url: str, language: str) -> None:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    response = page.goto(url)
    assert response is not None
    assert response.status == 200, f"{url}: {response.status}"
    assert page.locator("html").get_attribute("lang") == language, url
    assert page.locator("h1").count() == 1, f"{url} has {page.locator('h1').count()} first headings"
    assert len(page.title().split(" · ")[0].strip()) > 1, f"{url} has no title"
    foreign = FOREIGN[language] & set(page.evaluate(TEXTS))
    assert not foreign, f"not in {language} on {url}: {sorted(foreign)}"
    assert_no_sideways_scroll(page)
    assert_targets(page, 48)
    assert_accessible(page)
    assert not said, f"the console of {url} says {said}"


def _faults(browser: Browser, start: str, pages: list[str]) -> list[str]:
    """What is wrong with each page in each language at each width: all of it, since one walk is long."""
    faults = []
    for language, width in product(FOREIGN, WIDTHS):
        with _reader(browser, language, width) as context:
            context.new_page().goto(f"{start}?lang={language}")
            for url in pages:
                page = context.new_page()
                try:
                    _judge(page, url, language)
                except AssertionError as fault:
                    faults.append(f"{width} px: {fault}")
                page.close()
    return faults


def _reader(browser: Browser, language: str, width: int) -> BrowserContext:
    locale = {"fr": "fr-FR", "en": "en-GB"}[language]
    context: BrowserContext = browser.new_context(viewport={"width": width, "height": 780}, locale=locale)
    return context


def _is_own(kind: str) -> bool:
    """A page behind the sign-in: the public ones are walked once, by nobody in particular."""
    blueprint = kind.partition(".")[0]
    return bool(kind) and blueprint not in {"public", "verify", "account", "static", "invited"}


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.OUTSIDE_REVIEWER])
def test_every_page_a_role_can_walk_to_is_fit_to_use(
    browser: Browser, demo: tuple[str, Flask], role: Role
) -> None:
    _address, app = demo
    start = _links(app)[role.value]
    with _reader(browser, "fr", 360) as context:
        page = context.new_page()
        page.goto(start)
        pages = _walk(page, app, [page.url], _is_own)
    assert len(pages) > 1, f"{role.value} has nowhere to go"
    faults = _faults(browser, start, pages)
    assert not faults, "\n".join(faults)


def test_every_public_page_is_fit_to_use(browser: Browser, demo: tuple[str, Flask]) -> None:
    address, app = demo
    starts = [f"{address}/", f"{address}/sign-in", *open_pages(app.extensions["badges"])[:1]]
    with _reader(browser, "fr", 360) as context:
        pages = _walk(context.new_page(), app, starts, lambda kind: bool(kind) and not _is_own(kind))
    assert len(pages) > len(starts)
    faults = _faults(browser, starts[0], pages)
    assert not faults, "\n".join(faults)
