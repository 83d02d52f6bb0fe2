"""The menu holds at most four places, "Me" lists the others, and every page says where it stands."""

import uuid
from pathlib import Path

import pytest
from flask import Flask

from badges.app import create_app
from badges.permissions import Actor, Role
from badges.web.navigation import MOST, more_items, nav_items
from tests.live import settings_for

EVERY_ROLE = frozenset(Role) - {Role.OUTSIDE_REVIEWER}


@pytest.fixture
def app(database_url: str, tmp_path: Path) -> Flask:
    return create_app(settings_for(database_url, tmp_path))


def somebody(*roles: Role) -> Actor:
    return Actor(uuid.uuid4(), uuid.uuid4(), frozenset(roles))


def test_several_roles_keep_four_entries_and_lose_no_place(app: Flask) -> None:
    with app.test_request_context("/me"):
        everybody = somebody(*EVERY_ROLE)
        shown, more = nav_items(everybody), more_items(everybody)
        alone = {item.url for role in EVERY_ROLE for item in nav_items(somebody(role))}
    assert len(shown) == MOST
    assert {item.url for item in (*shown, *more)} == alone


@pytest.mark.parametrize("role", sorted(EVERY_ROLE))
def test_one_role_needs_no_second_list(app: Flask, role: Role) -> None:
    with app.test_request_context("/"):
        assert more_items(somebody(role)) == []


def test_nobody_has_a_menu(app: Flask) -> None:
    with app.test_request_context("/"):
        assert nav_items(somebody()) == []


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("/admin/people", "/admin/people"),
        ("/admin/structure", "/admin/people"),
        ("/admin/reviews", "/admin/credentials"),
        ("/admin/frameworks", "/admin/issuer"),
        ("/me", "/me"),
    ],
)
def test_a_page_marks_the_place_it_stands_under(app: Flask, path: str, place: str) -> None:
    with app.test_request_context(path):
        current = [item for item in nav_items(somebody(Role.ADMIN)) if item.current]
    assert [item.url for item in current] == [place]
    assert current[0].exact == (path == place)


def test_a_place_without_room_is_found_under_me(app: Flask) -> None:
    with app.test_request_context("/admin/issuer"):
        current = [item.url for item in nav_items(somebody(*EVERY_ROLE)) if item.current]
    assert current == ["/me"]
