"""The main job through five sign-ins: from an observation at work to a badge that a stranger can verify."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from urllib.request import urlopen

from playwright.sync_api import Browser, Page, expect

from tests.browser.axe_harness import assert_accessible, assert_no_sideways_scroll, assert_targets
from tests.browser.conftest import PASSWORD, Gardens, needs_chromium

PHONE = {"width": 360, "height": 740}
DAYS_AGO = (5, 2)


@contextmanager
def somebody(browser: Browser) -> Iterator[Page]:
    """A phone in French that has never been here."""
    context = browser.new_context(viewport=PHONE, locale="fr-FR")
    page = context.new_page()
    page.set_default_timeout(15_000)
    yield page
    context.close()


def sign_in(page: Page, gardens: Gardens, key: str) -> None:
    page.goto(f"{gardens.address}/sign-in")
    page.get_by_label("E-mail").first.fill(f"{key}@jardins.example")
    page.get_by_label("Mot de passe").fill(PASSWORD)
    page.get_by_role("button", name="Entrer").first.click()


def sign_in_with_card(page: Page, gardens: Gardens) -> None:
    page.goto(gardens.card_url)
    page.locator("input[name=pin]").fill(gardens.pin)
    page.get_by_role("button", name="Entrer").click()


def look(page: Page) -> None:
    """Every page of the journey is checked as it is passed."""
    page.wait_for_load_state("load")
    assert_accessible(page)
    assert_no_sideways_scroll(page)
    assert_targets(page, 48)


def observe(page: Page, title: str, days_ago: int) -> None:
    """Note a situation of some days ago, then what Amina did in it."""
    page.get_by_role("link", name="Nouvelle situation").click()
    look(page)
    page.locator("input[name=title]").fill(title)
    page.locator("input[name=happened_on]").fill(
        (datetime.now(UTC) - timedelta(days=days_ago)).date().isoformat()
    )
    page.get_by_role("button", name="Continuer").click()
    page.get_by_role("checkbox", name="Amina").check()
    page.get_by_role("button", name="Continuer").click()
    look(page)
    page.get_by_role("link", name=re.compile("Travailler en équipe")).first.click()
    look(page)
    for card in page.locator("fieldset.behave").all():
        card.get_by_role("radio", name="OUI").check()
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_role("status")).to_contain_text("Amina")


@needs_chromium
def test_from_an_observation_to_a_verified_badge(browser: Browser, gardens: Gardens) -> None:
    with somebody(browser) as supervisor:
        sign_in(supervisor, gardens, "marc")
        for title, days in zip(("Plantation des salades", "Récolte des poireaux"), DAYS_AGO, strict=True):
            look(supervisor)
            observe(supervisor, title, days)
            supervisor.goto(f"{gardens.address}/crew")

    with somebody(browser) as worker:
        sign_in_with_card(worker, gardens)
        for _ in DAYS_AGO:
            worker.goto(f"{gardens.address}/my/observations")
            look(worker)
            worker.get_by_role("link", name=re.compile("Travailler en équipe")).first.click()
            look(worker)
            worker.get_by_role("button", name="C’est vrai").click()
        worker.goto(f"{gardens.address}/my/observations")
        worker.get_by_role("button", name="Demander la validation").click()

    with somebody(browser) as reviewer:
        sign_in(reviewer, gardens, "nadia")
        look(reviewer)
        reviewer.get_by_role("link", name=re.compile("Amina")).click()
        look(reviewer)
        reviewer.get_by_role("button", name=re.compile("Valider")).click()
        expect(reviewer.get_by_role("status")).to_contain_text("Amina")

    with somebody(browser) as worker:
        sign_in_with_card(worker, gardens)
        wait_for_badge(worker, gardens)
        look(worker)
        worker.get_by_role("link", name=re.compile("Travailler en équipe")).first.click()
        look(worker)
        worker.get_by_role("link", name="Je garde et je montre").click()
        look(worker)
        worker.get_by_role("button", name="Je montre").click()
        look(worker)
        link = worker.get_by_role("link", name="Voir la page publique").get_attribute("href") or ""

    with somebody(browser) as anyone:
        response = anyone.goto(f"{gardens.address}{link}" if link.startswith("/") else link)
        assert response is not None
        look(anyone)
        expect(anyone.get_by_role("status").first).to_contain_text("Badge authentique, toujours valable")
        expect(anyone.get_by_role("heading", level=1)).to_have_text("Travailler en équipe")
        assert anyone.context.cookies() == []
        with urlopen(f"{anyone.url.split('?')[0]}.json") as answer:
            credential = json.load(answer)
        assert credential["credentialSubject"]["identifier"][0]["identityHash"] == "Amina D."
        verify_by_hand(anyone, gardens, credential)


def wait_for_badge(page: Page, gardens: Gardens) -> None:
    """The reviewer has ten seconds to undo; then the relay signs."""
    for _ in range(40):
        page.goto(f"{gardens.address}/badges")
        if page.get_by_text("Niveau 1 sur 3").count() and page.get_by_text("À répondre").count():
            return
        page.wait_for_timeout(500)
    raise AssertionError("the badge did not arrive")


def verify_by_hand(page: Page, gardens: Gardens, credential: dict[str, object]) -> None:
    """Anybody can paste the file on /verify; one changed letter is seen."""
    for change, words in ((False, "authentique"), (True, "n’est pas authentique")):
        page.goto(f"{gardens.address}/verify")
        document = credential | ({"name": "Chef étoilé"} if change else {})
        page.locator("summary").first.click()
        page.locator("textarea").first.fill(json.dumps(document))
        page.get_by_role("button", name="Vérifier").first.click()
        expect(page.get_by_role("status").first).to_contain_text(words)
        look(page)
