"""In a browser: twelve requests ticked and approved, a wave to its end, another stopped and resumed."""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from badges.clock import SystemClock
from badges.evidence.models import AnswerKind
from badges.evidence.storage import LocalStorage
from badges.issuer import service, service_bulk, service_profile
from badges.issuer.models import Credential
from badges.people import service_sign_in
from badges.ports import Ports
from badges.recognition.models import Claim
from badges.recognition.rules import ClaimState
from badges.web.access import TOKEN
from tests.browser.axe_harness import (
    assert_accessible,
    assert_no_sideways_scroll,
    assert_targets,
    chromium,
    needs_chromium,
)
from tests.crowds import submitted_by_many
from tests.houses import House
from tests.live import serve, settings_for

pytestmark = [pytest.mark.browser, needs_chromium]
Door = Callable[..., Page]
SKILLS = ("S03", "S01", "M02")


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
        ports: Ports = served[1].extensions["badges"]
        service.open_profile(ports.issuing, house.people["ada"])
        service_profile.set_issues_in_waves(house.session, ports.clock, house.people["ada"], in_waves=True)
        yield served


@pytest.fixture
def enter(browser: Browser, site: tuple[str, Flask], house: House) -> Iterator[Door]:
    """Open a page on a browser of somebody's own, signed in, at a width and in a language."""
    opened: list[BrowserContext] = []

    def door(name: str, width: int = 1280, lang: str = "en", *, scripts: bool = True) -> Page:
        address, app = site
        context = browser.new_context(
            viewport={"width": width, "height": 800}, base_url=address, java_script_enabled=scripts
        )
        opened.append(context)
        actor = house.people[name]
        assert actor.person_id
        token = service_sign_in.start_demo(
            house.session, app.extensions["badges"].clock, actor.person_id, actor.structure_id
        )
        signer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
        cookie = {"name": "badges", "value": signer.dumps({TOKEN: token, "lang": lang}), "url": address}
        context.add_cookies([cookie])  # type: ignore[list-item]
        page = context.new_page()
        page.set_default_timeout(15_000)
        return page

    yield door
    for context in opened:
        context.close()


def look(page: Page) -> None:
    page.wait_for_load_state("load")
    assert_accessible(page)
    assert_no_sideways_scroll(page)
    assert_targets(page, 48)


def states(house: House, claims: list[uuid.UUID]) -> set[ClaimState]:
    house.session.rollback()
    house.session.expire_all()
    return set(house.session.scalars(select(Claim.state).where(Claim.id.in_(claims))))


def signed(house: House) -> int:
    house.session.rollback()
    return len(house.session.scalars(select(Credential.id).where(Credential.sealed_at.is_not(None))).all())


def approved(house: House, count: int) -> list[uuid.UUID]:
    """Claims that wait for a wave."""
    claims = submitted_by_many(house, count, SKILLS)
    for claim_id in claims:
        house.approve(claim_id)
    return claims


@pytest.mark.parametrize(("width", "lang"), [(360, "fr"), (1280, "en")])
def test_a_reviewer_ticks_twelve_and_an_administrator_issues_them(
    house: House, enter: Door, width: int, lang: str
) -> None:
    claims = submitted_by_many(house, 12, SKILLS)
    house.submitted()
    house.see(1, answer=AnswerKind.DISAGREE)
    reviewer = enter("sophie", width, lang)
    reviewer.goto("/review/batch")
    look(reviewer)
    boxes = reviewer.get_by_role("checkbox")
    expect(boxes).to_have_count(12)
    for number in range(12):
        boxes.nth(number).check()
    look(reviewer)
    reviewer.locator("[form=batch]").click()
    look(reviewer)
    reviewer.locator("[form=approve]").click()
    expect(reviewer.get_by_role("heading", level=1)).to_contain_text("12")
    look(reviewer)
    assert states(house, claims) == {ClaimState.APPROVED}

    admin = enter("ada", width, lang)
    admin.goto("/admin/waves")
    look(admin)
    admin.locator("main .btn--main").click()
    bar = admin.get_by_role("progressbar")
    expect(bar).to_have_attribute("aria-valuemax", "12")
    expect(bar).to_have_attribute("aria-valuenow", "12", timeout=30_000)
    expect(admin.locator("[data-wave]")).to_have_count(0)
    look(admin)
    assert signed(house) == 12
    admin.goto("/admin/waves")
    look(admin)


@pytest.mark.parametrize(("width", "lang"), [(360, "en"), (1280, "fr")])
def test_a_wave_is_stopped_then_resumed_to_its_end(
    house: House, enter: Door, site: tuple[str, Flask], width: int, lang: str
) -> None:
    site[1].extensions["badges.relay"].stop()  # so that the bar stands still half-way
    claims = approved(house, 6)
    admin = enter("ada", width, lang)
    admin.goto("/admin/waves")
    admin.locator("main .btn--main").click()
    expect(admin.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "0")
    issuing = site[1].extensions["badges"].issuing
    service_bulk.issue_many(issuing, claims[:2])
    expect(admin.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "2")
    look(admin)
    admin.locator("form[action$='/cancel'] button").click()
    expect(admin.locator("form[action$='/resume']")).to_have_count(1)
    look(admin)
    assert signed(house) == 2
    admin.locator("form[action$='/resume'] button").click()
    expect(admin.locator("[data-wave]")).to_have_count(1)
    service_bulk.issue_many(issuing, claims)
    expect(admin.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "6")
    assert signed(house) == 6


def test_a_batch_is_ticked_with_the_keyboard_alone(house: House, enter: Door) -> None:
    claims = submitted_by_many(house, 5)
    page = enter("sophie")
    page.goto("/review/batch")
    boxes = page.get_by_role("checkbox")
    page.keyboard.press("x")
    expect(boxes.nth(0)).to_be_checked()
    for _ in range(2):
        page.keyboard.press("j")
    page.keyboard.press("Shift+X")
    for number in range(3):
        expect(boxes.nth(number)).to_be_checked()
    expect(page.locator("[data-batch-count]")).to_contain_text("3")
    page.keyboard.press("k")
    page.keyboard.press("x")
    expect(boxes.nth(1)).not_to_be_checked()
    page.keyboard.press("a")
    expect(page.locator("[data-batch-count]")).to_contain_text("5")
    page.keyboard.press("v")
    page.wait_for_url("**/review/batch/check")
    page.locator("[form=approve]").click()
    page.wait_for_url("**/review/batch/done*")
    page.locator("form[action$='/batch/undo'] button").click()
    page.wait_for_url("**/review/batch")
    assert states(house, claims) == {ClaimState.SUBMITTED}


def test_ticks_outlive_a_look_at_what_was_seen(house: House, enter: Door) -> None:
    submitted_by_many(house, 4)
    page = enter("sophie")
    page.goto("/review/batch")
    page.get_by_role("checkbox").nth(0).check()
    page.get_by_role("checkbox").nth(2).click(modifiers=["Shift"])
    expect(page.locator("[data-batch-count]")).to_contain_text("3")
    page.locator(".batch__i a").first.click()
    expect(page.get_by_text("Seen by Karim").first).to_be_visible()
    page.locator(".bar__back").click()
    expect(page.locator("[data-batch-count]")).to_contain_text("3")
    expect(page.get_by_role("checkbox").nth(3)).not_to_be_checked()


def test_shortcuts_switched_off_tick_nothing(house: House, enter: Door) -> None:
    submitted_by_many(house, 2)
    page = enter("sophie")
    page.goto("/review/batch")
    page.get_by_role("button", name="Shortcuts").click()
    for key in ("x", "a", "v"):
        page.keyboard.press(key)
    expect(page.get_by_role("checkbox").nth(0)).not_to_be_checked()
    assert page.url.endswith("/review/batch")


def test_what_can_no_longer_be_undone_leaves_the_page(house: House, enter: Door) -> None:
    submitted_by_many(house, 2)
    page = enter("sophie")
    page.goto("/review/batch")
    page.keyboard.press("a")
    page.keyboard.press("v")
    page.locator("[form=approve]").click()
    expect(page.locator("form[action$='/undo']")).to_have_count(3)
    expect(page.locator("form[action$='/undo']")).to_have_count(0, timeout=12_000)


def test_without_scripts_a_batch_is_approved_and_a_wave_watched_by_hand(
    house: House, enter: Door, site: tuple[str, Flask]
) -> None:
    site[1].extensions["badges.relay"].stop()
    claims = submitted_by_many(house, 3)
    reviewer = enter("sophie", 360, scripts=False)
    reviewer.goto("/review/batch")
    for number in range(3):
        reviewer.get_by_role("checkbox").nth(number).check()
    reviewer.locator("[form=batch]").click()
    reviewer.locator("[form=approve]").click()
    expect(reviewer.get_by_role("heading", level=1)).to_have_text("3 requests approved")
    admin = enter("ada", 360, scripts=False)
    admin.goto("/admin/waves")
    admin.locator("main .btn--main").click()
    service_bulk.issue_many(site[1].extensions["badges"].issuing, claims)
    admin.get_by_role("link", name="Look again").click()
    expect(admin.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "3")


@pytest.mark.parametrize(("width", "lang"), [(360, "fr"), (360, "en"), (1280, "fr"), (1280, "en")])
def test_the_settings_and_the_life_of_a_badge_are_fit_to_use(
    house: House, enter: Door, site: tuple[str, Flask], width: int, lang: str
) -> None:
    (credential_id,) = service_bulk.issue_many(site[1].extensions["badges"].issuing, approved(house, 1))
    page = enter("ada", width, lang)
    page.goto("/admin/issuer")
    look(page)
    page.goto(f"/admin/credentials/{credential_id}")
    page.locator("main details").first.locator("summary").click()
    look(page)
    page.locator("textarea[name=doubt]").fill("Perhaps the wrong person.")
    page.locator("form[action$='/suspend'] button").click()
    expect(page.locator("form[action$='/reinstate']")).to_have_count(1)
    look(page)
    page.locator("form[action$='/reinstate'] button").click()
    expect(page.locator("form[action$='/reinstate']")).to_have_count(0)
