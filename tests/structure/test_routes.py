"""Every way in is a decision somebody took: who may enter, that forms are our own, that nothing is inline."""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask import Blueprint
from jinja2 import meta
from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.test import TestResponse

from badges.clock import SystemClock
from badges.web import access, navigation
from badges.web.blueprints import BLUEPRINTS
from tests.scene import Scene, ask, routes

WEB = Path(__file__).parents[2] / "badges" / "web"
TEMPLATES = WEB / "templates"
ROUTES = routes()
OPEN_TO_THE_WORLD = {
    "public.landing", "public.about_badges", "public.about_legal", "public.about_privacy",
    "public.about_accessibility", "public.badge", "public.badge_file", "public.card", "public.qr",
    "public.issuer", "public.issuer_profile", "public.did", "public.jwks", "public.key",
    "public.achievement", "public.achievement_image", "public.status_list",
}  # fmt: skip
OPEN_WITH_A_COOKIE = {
    "account.sign_in", "account.with_password", "account.ask_link", "account.link_sent", "account.link",
    "account.use_link", "account.card", "account.use_card", "account.demo", "verify.form", "verify.check",
    "invited.claim", "invited.approve", "invited.return_claim", "invited.send_back", "invited.refuse",
    "invited.send_refusal", "invited.done", "invited.drawing", "invited.photo",
}  # fmt: skip
OF_ITS_FORM = "of its form"
AFTER_A_STEP = {
    "admin.adopt_framework",  # a newer version was imported
    "admin.open_issuer",  # the structure is no issuer yet
    "admin.reinstate",  # the badge is paused
    "admin.reopen",  # the account is closed
    "claims.interview",  # the highest level
    "reviewer.approve_batch",  # the selection was read again
    "reviewer.interview",
    "me.switch",  # somebody of two structures
}
"""Routes whose button shows only in a state that the scene is not in."""
STYLEGUIDE = "styleguide.html"
"""Looked at by a test in a browser only."""


@dataclass
class Page(HTMLParser):
    """What a page holds that matters here."""

    forms: list[dict[str, str]] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    inline: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.inline += [f"{tag} {name}" for name in given if name == "style" or name.startswith("on")]
        self.inline += [f"{tag} {value}" for value in given.values() if value.startswith("javascript:")]
        if tag == "style" or (tag == "script" and not given.get("src")):
            self.inline.append(tag)
        if tag == "form":
            self.forms.append(
                {
                    "method": given.get("method", "get").lower(),
                    "to": given.get("action", ""),
                    "id": given.get("id", ""),
                }
            )
        if "formaction" in given:
            of = next((form for form in self.forms if form["id"] == given.get("form")), self.forms[-1])
            self.forms.insert(0, {**of, "to": given["formaction"], "id": "", "csrf_token": OF_ITS_FORM})
        if tag == "input" and given.get("name") == "csrf_token" and self.forms:
            self.forms[-1]["csrf_token"] = given.get("value", "")
        if tag in {"a", "img", "script", "link", "source", "iframe"}:
            self.links.append(given.get("href", given.get("src", "")))


def read(response: TestResponse) -> Page:
    page = Page()
    page.feed(response.text)
    return page


def html(pages: Mapping[str, TestResponse]) -> dict[str, Page]:
    return {line: read(page) for line, page in pages.items() if page.mimetype == "text/html"}


def guards(blueprint: Blueprint) -> list[object]:
    return [guard for functions in blueprint.before_request_funcs.values() for guard in functions]


def guarded_by(guard: object) -> set[str]:
    names = {blueprint.name for blueprint in BLUEPRINTS if guard in guards(blueprint)}
    return {endpoint for _, endpoint in ROUTES.values() if endpoint.partition(".")[0] in names}


# -- who may enter ------------------------------------------------------------------------------
@pytest.mark.parametrize("blueprint", BLUEPRINTS, ids=lambda blueprint: blueprint.name)
def test_every_group_of_pages_has_one_named_guard(blueprint: Blueprint) -> None:
    assert len(guards(blueprint)) == 1
    assert guards(blueprint)[0] in access.ACCESS_FUNCTIONS


def test_no_page_stands_outside_of_the_groups() -> None:
    groups = {blueprint.name for blueprint in BLUEPRINTS}
    assert {name for _, name in ROUTES.values() if name.partition(".")[0] not in groups} == {"static"}


def test_what_is_public_is_listed_here() -> None:
    assert guarded_by(access.allow_anyone) == OPEN_TO_THE_WORLD
    assert guarded_by(access.allow_anyone_with_cookie) == OPEN_WITH_A_COOKIE


# -- forms are our own --------------------------------------------------------------------------
@pytest.mark.parametrize("line", sorted(line for line in ROUTES if not line.startswith("GET ")))
def test_a_form_without_its_token_is_refused(scene: Scene, line: str) -> None:
    method, endpoint = ROUTES[line]
    with scene.watched() as watch:
        for column in ("anonymous", "worker", "supervisor", "administrator"):
            assert ask(scene, column, method, endpoint).status_code == 400
        assert not watch.wrote()


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
@pytest.mark.parametrize("line", sorted(line for line in ROUTES if not line.startswith("GET ")))
def test_a_form_sent_from_another_site_is_refused(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, line: str, site: str
) -> None:
    monkeypatch.setitem(scene.app.config, "WTF_CSRF_ENABLED", False)  # noqa: FBT003 - a setting
    method, endpoint = ROUTES[line]
    with scene.watched() as watch:
        for column in ("anonymous", "worker", "supervisor", "administrator"):
            assert ask(scene, column, method, endpoint, Sec_Fetch_Site=site).status_code == 403
        assert not watch.wrote()


def test_a_form_sent_from_our_own_page_is_taken(scene: Scene) -> None:
    browser = scene.browser("worker")
    form = {"name_form": "full", "csrf_token": token_in(browser.get("/me").text)}
    with scene.watched() as watch:
        answer = browser.post("/me/name", data=form, headers={"Sec-Fetch-Site": "same-origin"})
        assert (answer.status_code, watch.wrote()) == (303, True)


def test_the_token_of_somebody_else_is_refused(scene: Scene) -> None:
    theirs = token_in(scene.browser("other worker").get("/me").text)
    form = {"name_form": "full", "csrf_token": theirs}
    assert scene.browser("worker").post("/me/name", data=form).status_code == 400


def token_in(text: str) -> str:
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', text)
    assert found
    return found[1]


def test_every_form_that_changes_something_carries_its_token(pages: Mapping[str, TestResponse]) -> None:
    forms = {(line, form["to"]): form for line, page in html(pages).items() for form in page.forms}
    posted = {key: form for key, form in forms.items() if form["method"] == "post"}
    assert len(posted) > 30
    assert [key for key, form in posted.items() if not form.get("csrf_token")] == []
    asked = {
        line
        for line, page in html(pages).items()
        if any(
            form["method"] == "get" and form.get("csrf_token", OF_ITS_FORM) != OF_ITS_FORM
            for form in page.forms
        )
    }
    assert asked == set(), "a token in an address would be seen by others"


# -- what leads where ---------------------------------------------------------------------------
def test_every_place_of_the_navigation_exists_and_knows_what_stands_under_it() -> None:
    known = {endpoint for method, endpoint in ROUTES.values() if method == "GET"}
    places = {endpoint for _, own in navigation._BY_ROLE for _, _, endpoint in own} | {"me.home"}
    assert places <= known
    assert set(navigation._UNDER) == places


def test_every_link_and_form_leads_to_a_page_of_ours(scene: Scene, pages: Mapping[str, TestResponse]) -> None:
    lost = []
    for line, page in html(pages).items():
        own = urlsplit(pages[line].request.url).path
        wanted = [("GET", link) for link in page.links]
        wanted += [(form["method"].upper(), form["to"] or own) for form in page.forms]
        lost += [f"{line}: {method} {to}" for method, to in wanted if not leads(scene, method, to)]
    assert lost == []


def leads(scene: Scene, method: str, to: str) -> bool:
    parts = urlsplit(to)
    if parts.scheme or parts.netloc or not parts.path:
        return True
    try:
        scene.app.url_map.bind("localhost").match(parts.path, method=method)
    except (NotFound, MethodNotAllowed):
        return False
    return True


def test_every_route_that_waits_for_a_form_is_offered_one(scene: Scene) -> None:
    """A POST route that no page leads to is dead, or its button was lost."""
    adapter, offered = scene.app.url_map.bind("localhost"), set()
    for column in ("anonymous", "worker", "supervisor", "coach", "reviewer", "administrator", "operator"):
        answers = [ask(scene, column, *route) for route in ROUTES.values() if route[0] == "GET"]
        answers += [scene.browser(column).get(place) for place in other_states(scene)]
        for answer in answers:
            if (answer.status_code, answer.mimetype) != (200, "text/html"):
                continue
            for form in read(answer).forms:
                if form["method"] == "post":
                    path = urlsplit(form["to"]).path or urlsplit(answer.request.url).path
                    offered.add(adapter.match(path, method="POST")[0])
    posts = {endpoint for method, endpoint in ROUTES.values() if method == "POST"}
    assert posts - offered == AFTER_A_STEP


def other_states(scene: Scene) -> list[str]:
    """Pages of claims and badges that stand elsewhere than those of the matrix."""
    return [
        f"/claims/{scene.ids['ready_claim']}",
        f"/claims/{scene.ids['refused_claim']}",
        f"/badges/{scene.ids['offered']}",
        f"/admin/credentials/{scene.ids['stuck']}",
        f"/admin/waves/{scene.ids['stopped_wave']}",
    ]


# -- addresses say nothing ----------------------------------------------------------------------
def test_no_address_holds_a_number_to_count_up(scene: Scene, pages: Mapping[str, TestResponse]) -> None:
    kinds = {
        type(converter).__name__
        for rule in scene.app.url_map.iter_rules()
        for converter in rule._converters.values()
    }
    assert kinds == {"UUIDConverter", "UnicodeConverter", "AnyConverter", "PathConverter"}
    free = {
        name
        for rule in scene.app.url_map.iter_rules()
        for name, converter in rule._converters.items()
        if type(converter).__name__ in {"UnicodeConverter", "PathConverter"}
    }
    assert free == {"token", "slug", "name", "skill_id", "level", "filename"}
    counted = re.compile(r"/\d+(/|$)")
    links = [link for page in html(pages).values() for link in page.links]
    assert [link for link in links if counted.search(urlsplit(link).path)] == []


def test_a_shared_link_cannot_be_guessed() -> None:
    """128 bits at least, from the system's source of randomness (ASVS 11.5.1: a UUID is not enough)."""
    tokens = {SystemClock().new_token() for _ in range(1_000)}
    assert len(tokens) == 1_000
    assert all(re.fullmatch(r"[\w-]{22,}", token) for token in tokens)
    source = ast.parse((WEB.parent / "clock.py").read_text())
    made = next(node for node in ast.walk(source) if isinstance(node, ast.FunctionDef)
                and node.name == "new_token" and "secrets" in ast.dump(node))  # fmt: skip
    bits = next(node.value for node in ast.walk(made) if isinstance(node, ast.Constant)
                and isinstance(node.value, int)) * 8  # fmt: skip
    assert bits >= 128


# -- templates ----------------------------------------------------------------------------------
def templates() -> list[str]:
    return sorted(path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*.html"))


@pytest.mark.parametrize("name", templates())
def test_every_template_can_be_read(scene: Scene, name: str) -> None:
    assert scene.app.jinja_env.get_template(name).name == name


def test_every_template_serves(scene: Scene) -> None:
    named = {constant for path in WEB.rglob("*.py") for constant in texts_in(path)}
    for name in templates():
        tree = scene.app.jinja_env.parse((TEMPLATES / name).read_text())
        named |= {other for other in meta.find_referenced_templates(tree) if other}
    assert [name for name in templates() if name not in named] == [STYLEGUIDE]


def test_every_template_that_is_named_exists() -> None:
    named = {text for path in WEB.rglob("*.py") for text in texts_in(path) if text.endswith(".html")}
    assert sorted(named - set(templates())) == []


def texts_in(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def test_nothing_is_inline_in_templates() -> None:
    inline = re.compile(
        r"""\sstyle\s*=|\son[a-z]+\s*=\s*["']|<style\b|javascript:|<script\b(?![^>]*\bsrc=)""", re.IGNORECASE
    )
    found = {name: inline.findall((TEMPLATES / name).read_text()) for name in templates()}
    assert {name: marks for name, marks in found.items() if marks} == {}


def test_nothing_is_inline_in_pages(pages: Mapping[str, TestResponse]) -> None:
    assert {line: page.inline for line, page in html(pages).items() if page.inline} == {}


def test_every_page_that_can_be_read_was_read(pages: Mapping[str, TestResponse]) -> None:
    missing = {line for line in ROUTES if line.startswith("GET ") and line not in pages}
    assert missing == {"GET /demo/<token>"}, "outside demo mode there is no such page"
    assert len(html(pages)) > 50
