"""Review, coaching and claims in a real browser: accessible, narrow, pressable, and decided by keyboard."""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext
from sqlalchemy.orm import Session

from badges.clock import SystemClock
from badges.evidence.models import AnswerKind, Mark
from badges.evidence.storage import LocalStorage
from badges.people import service_sign_in
from badges.recognition import service_invitations
from badges.recognition.rules import ClaimState
from badges.web.access import TOKEN
from tests.browser.axe_harness import (
    assert_accessible,
    assert_no_sideways_scroll,
    assert_targets,
    chromium,
    needs_chromium,
)
from tests.houses import House
from tests.live import serve, settings_for

pytestmark = [pytest.mark.browser, needs_chromium]
Door = Callable[..., BrowserContext]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture
def database_url(sqlite_template: Path, tmp_path: Path) -> str:
    path = tmp_path / "badges.sqlite"
    path.write_bytes(sqlite_template.read_bytes())
    return f"sqlite:///{path}"


@pytest.fixture
def house(session: Session, tmp_path: Path) -> House:
    return House(session, SystemClock(), LocalStorage(tmp_path / "media")).build()


@pytest.fixture
def site(database_url: str, tmp_path: Path, house: House) -> Iterator[tuple[str, Flask]]:
    settings = replace(settings_for(database_url, tmp_path / "media"), mode="demo")
    with serve(settings) as served:
        yield served


@pytest.fixture
def enter(browser: Browser, site: tuple[str, Flask], house: House) -> Iterator[Door]:
    """Open a browser of somebody's own, signed in, at a width and in a language."""
    opened: list[BrowserContext] = []

    def door(name: str, width: int = 1280, lang: str = "en") -> BrowserContext:
        address, app = site
        context = browser.new_context(viewport={"width": width, "height": 800}, base_url=address)
        opened.append(context)
        actor = house.people[name]
        assert actor.person_id
        token = service_sign_in.start_demo(
            house.session, app.extensions["badges"].clock, actor.person_id, actor.structure_id
        )
        signer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
        cookie = {"name": "badges", "value": signer.dumps({TOKEN: token, "lang": lang}), "url": address}
        context.add_cookies([cookie])  # type: ignore[list-item]
        return context

    yield door
    for context in opened:
        context.close()


def scene(house: House) -> dict[str, uuid.UUID]:
    """Amina's claims in several states, one talk open."""
    refused = house.refused()
    house.see(1, Mark.YES, Mark.NO, level="N2", answer=AnswerKind.DISAGREE)
    return {"refused": refused}


@pytest.mark.parametrize("lang", ["fr", "en"])
@pytest.mark.parametrize("width", [360, 1280])
def test_the_pages_are_accessible_narrow_and_pressable(
    house: House, enter: Door, width: int, lang: str
) -> None:
    claim_id = scene(house)["refused"]
    paths = {
        "amina": [f"/claims/{claim_id}"],
        "lea": ["/coach/workers", f"/coach/workers/{house.worker_id}", "/coach/talks"],
        "ada": ["/admin/reviews", "/admin/frameworks", f"/admin/frameworks/{house.version_id}"],
        "paul": ["/review"],
    }
    for name, addresses in paths.items():
        page = enter(name, width, lang).new_page()
        for address in addresses:
            page.goto(address)
            assert_accessible(page)
            assert_no_sideways_scroll(page)
            assert_targets(page, 48)


@pytest.mark.parametrize("lang", ["fr", "en"])
@pytest.mark.parametrize("width", [360, 1280])
def test_the_review_is_accessible_inside_and_by_invitation(
    house: House, enter: Door, browser: Browser, site: tuple[str, Flask], width: int, lang: str
) -> None:
    claim_id = house.submitted()
    token = service_invitations.invite_reviewer(
        house.session,
        site[1].extensions["badges"].clock,
        house.people["ada"],
        claim_id,
        "Nadia",
        "Mission locale",
    )
    page = enter("sophie", width, lang).new_page()
    for address in (
        "/review",
        f"/review/{claim_id}",
        f"/review/{claim_id}/return",
        f"/review/{claim_id}/refuse",
        f"/invited/{token}?lang={lang}",
    ):
        if address.startswith("/invited/"):
            page.context.clear_cookies()
        page.goto(address)
        assert_accessible(page)
        assert_no_sideways_scroll(page)
        assert_targets(page, 48)


def test_a_reviewer_decides_with_the_keyboard_alone(house: House, enter: Door) -> None:
    first = house.submitted()
    house.see(9, level="N2", by="karim")
    page = enter("sophie").new_page()
    page.goto("/review")
    page.keyboard.press("r")
    page.wait_for_url(f"**/review/{first}/refuse")
    page.go_back()
    page.keyboard.press("v")
    page.get_by_role("status").get_by_role("button", name="Undo").click()
    page.wait_for_url(f"**/review/{first}")
    assert house.state(first) is ClaimState.SUBMITTED


def test_the_shortcuts_can_be_switched_off(house: House, enter: Door) -> None:
    claim_id = house.submitted()
    page = enter("sophie").new_page()
    page.goto(f"/review/{claim_id}")
    page.get_by_role("button", name="Shortcuts").click()
    page.keyboard.press("v")
    page.keyboard.press("r")
    assert page.url.endswith(f"/review/{claim_id}")
    assert house.state(claim_id) is ClaimState.SUBMITTED
