"""A served application with the gardens' people, and a browser to visit it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask
from playwright.sync_api import Browser

from badges.db import transaction
from badges.demo.cast import GARDENS
from badges.demo.world import raise_curtain
from badges.people import queries as people
from badges.people import service_cards
from badges.people.models import Person
from badges.people.rules_secrets import hash_secret
from badges.ports import Ports
from tests.browser.axe_harness import chromium, needs_chromium
from tests.live import serve, settings_for

PASSWORD = "quatre mots bien choisis"


@dataclass(frozen=True)
class Gardens:
    """The served structure: its address, its people by key, and Amina's printed card."""

    address: str
    app: Flask
    structure_id: UUID
    people: dict[str, UUID]
    card_url: str
    pin: str

    @property
    def ports(self) -> Ports:
        ports: Ports = self.app.extensions["badges"]
        return ports


@pytest.fixture
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def gardens(database_url: str, tmp_path: Path) -> Iterator[Gardens]:
    """The gardens' people, nothing observed yet; staff with a password, Amina with a card."""
    with serve(settings_for(database_url, tmp_path / "media")) as (address, app):
        ports: Ports = app.extensions["badges"]
        with ports.sessions() as session:
            structure_id, cast = raise_curtain(ports, session, GARDENS)
            secret = hash_secret(PASSWORD)
            with transaction(session):
                for key in ("marc", "nadia", "claire", "lea"):
                    session.get_one(Person, cast[key]).password_hash = secret
            claire = people.actor_in(session, cast["claire"], structure_id)
            card = service_cards.issue_card(session, ports.clock, claire, cast["amina"])
        yield Gardens(address, app, structure_id, cast, f"{address}/card/{card.token}", card.pin)


__all__ = ["PASSWORD", "Gardens", "browser", "gardens", "needs_chromium"]
