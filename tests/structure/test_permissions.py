"""Who may do what: every route and method, tried by everybody, gives the status of permissions.csv.

Print the statuses as they are now with `python -m tests.structure.test_permissions`, then read each cell
that differs before keeping it: the file says what should be, not what is.
"""

import csv
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from badges.web import access
from badges.web.blueprints import BLUEPRINTS
from tests.scene import ANONYMOUS, COLUMNS, Scene, address, ask, observation, payload, raise_scene, routes

FILE = Path(__file__).with_name("permissions.csv")
LED_TO_SIGN_IN = "sign-in"
DONE = {"200", "303"}
REFUSED = {"401", "403", "404", LED_TO_SIGN_IN}
SAME_WORK = {
    "worker": "away worker", "supervisor": "away supervisor", "coach": "away coach",
    "reviewer": "away reviewer", "administrator": "away administrator",
}  # fmt: skip
OWN_THINGS = ("/me", "/sign-out")
"""Pages about oneself: everybody has their own."""
NAMED_IN_THE_FORM = {
    "POST /claims", "POST /observations", "POST /observations/take-back", "POST /situations/new",
    "POST /review/batch", "POST /review/batch/check",
}  # fmt: skip
SHARED_BY_ALL = ("/drawings/", "/admin/frameworks/")
"""Frameworks belong to nobody: every structure reads the same ones, and their marks."""


def _expected() -> dict[str, dict[str, str]]:
    with FILE.open(newline="") as file:
        return {row.pop("request"): row for row in csv.DictReader(file)}


ROUTES, EXPECTED = routes(), _expected() if FILE.exists() else {}
PUBLIC = {
    blueprint.name
    for blueprint in BLUEPRINTS
    if {access.allow_anyone, access.allow_anyone_with_cookie}
    & set(blueprint.before_request_funcs.get(None, ()))
} | {"static"}


def is_public(request_line: str) -> bool:
    return request_line in ROUTES and ROUTES[request_line][1].partition(".")[0] in PUBLIC


def names_a_thing(request_line: str) -> bool:
    """Whether an id of something private to a structure is in the address or in the form."""
    rule = request_line.partition(" ")[2]
    named = "<" in rule or request_line in NAMED_IN_THE_FORM
    return named and not is_public(request_line) and not rule.startswith((*SHARED_BY_ALL, *OWN_THINGS))


def is_inside(request_line: str) -> bool:
    """Whether a page is about a structure: neither public, nor about oneself, nor the operator's own."""
    rule = request_line.partition(" ")[2]
    return not is_public(request_line) and not rule.startswith((*OWN_THINGS, "/platform", "/drawings/"))


def told(response: TestResponse) -> str:
    """What a request came to, as the file writes it."""
    to_door = response.status_code == 303 and response.headers["Location"].startswith("/sign-in")
    return LED_TO_SIGN_IN if to_door and response.request.method == "GET" else str(response.status_code)


@pytest.fixture
def no_csrf(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(scene.app.config, "WTF_CSRF_ENABLED", False)  # noqa: FBT003 - a setting


def test_every_route_has_a_row_and_every_row_a_route() -> None:
    hint = "print the rows with `python -m tests.structure.test_permissions`, decide, then write them down"
    assert sorted(set(ROUTES) - set(EXPECTED)) == [], f"routes nobody has decided about: {hint}"
    assert sorted(set(EXPECTED) - set(ROUTES)) == [], "rows of permissions.csv whose route is gone"


@pytest.mark.usefixtures("no_csrf")
@pytest.mark.parametrize("request_line", sorted(set(ROUTES) & set(EXPECTED)))
def test_everybody_gets_what_the_matrix_says(scene: Scene, request_line: str) -> None:
    method, endpoint = ROUTES[request_line]
    found, careless = {}, []
    for column in COLUMNS:
        with scene.watched() as watch:
            found[column] = told(ask(scene, column, method, endpoint))
            if watch.wrote() and (method == "GET" or found[column] in REFUSED):
                careless.append(column)
    assert found == EXPECTED[request_line]
    assert careless == [], "reading, or being refused, has changed the database"


@pytest.mark.usefixtures("no_csrf")
@pytest.mark.parametrize("request_line", sorted(line for line in ROUTES if line.startswith("GET ")))
def test_head_answers_like_get(scene: Scene, request_line: str) -> None:
    _, endpoint = ROUTES[request_line]
    for column in (ANONYMOUS, "worker", "administrator"):
        head, get = (ask(scene, column, method, endpoint) for method in ("HEAD", "GET"))
        assert (head.status_code, head.data) == (get.status_code, b"")


def test_methods_that_a_route_does_not_have_are_refused(scene: Scene) -> None:
    browser = scene.browser("administrator")
    for method, endpoint in ROUTES.values():
        for unknown in ("PUT", "PATCH", "DELETE"):
            response = browser.open(address(scene, method, endpoint), method=unknown)
            assert response.status_code == 405, endpoint
            assert method in response.headers["Allow"]


@pytest.mark.parametrize("request_line", sorted(set(ROUTES) & set(EXPECTED)))
def test_whoever_is_not_signed_in_is_asked_to_sign_in(request_line: str) -> None:
    method, _ = ROUTES[request_line]
    if is_public(request_line):
        assert EXPECTED[request_line][ANONYMOUS] not in {"401", "403"}
    else:
        assert EXPECTED[request_line][ANONYMOUS] == (LED_TO_SIGN_IN if method == "GET" else "401")


@pytest.mark.parametrize("request_line", [line for line in sorted(EXPECTED) if names_a_thing(line)])
def test_things_of_another_structure_do_not_exist(request_line: str) -> None:
    """Whoever does the same work elsewhere is told "not found", never "not for you"."""
    row = EXPECTED[request_line]
    for here, away in SAME_WORK.items():
        assert row[away] not in DONE
        if row[here] in DONE:
            assert row[away] == "404", f"{away}: {row[away]}"


@pytest.mark.parametrize("request_line", [line for line in sorted(EXPECTED) if is_inside(line)])
def test_an_operator_never_enters_a_structure(request_line: str) -> None:
    assert EXPECTED[request_line]["operator"] in {"403", "404"}


def test_nobody_decides_about_what_they_observed() -> None:
    for step in ("approve", "return", "refuse"):
        row = EXPECTED[f"POST /review/<uuid:claim_id>/{step}"]
        assert row["reviewer"] == "303"
        assert row["reviewer who observed"] == "403"
    assert EXPECTED["POST /review/batch"]["reviewer who observed"] == "403"


MIXTURES: tuple[tuple[str, str, Mapping[str, str]], ...] = (
    ("supervisor", "supervisor.save", {"situation_id": "away_situation"}),
    ("supervisor", "supervisor.save", {"worker": "away_worker"}),
    ("supervisor", "supervisor.save", {"supersedes_id": "away_observation"}),
    ("supervisor", "supervisor.create_situation", {"crew": "away_worker"}),
    ("supervisor", "supervisor.take_back", {"id": "away_observation"}),
    ("supervisor", "claims.ask", {"worker_id": "away_worker"}),
    ("worker", "claims.ask", {"worker_id": "other_worker"}),
    ("administrator", "admin.set_in_charge", {"staff": "away_coach"}),
    ("administrator", "me.switch", {"structure_id": "away"}),
    ("away supervisor", "supervisor.save", {"situation_id": "away_situation"}),
    ("away supervisor", "supervisor.save", {"situation_id": "away_situation", "worker": "away_worker",
                                            "supersedes_id": "observation_id"}),
)  # fmt: skip


@pytest.mark.usefixtures("no_csrf")
@pytest.mark.parametrize(("column", "endpoint", "foreign"), MIXTURES)
def test_ids_of_two_structures_cannot_be_mixed(
    scene: Scene, column: str, endpoint: str, foreign: Mapping[str, str]
) -> None:
    changes = {name: scene.ids[known] for name, known in foreign.items()}
    if endpoint == "admin.set_in_charge":
        changes = {"staff": f"coach:{scene.ids['away_coach']}"}
    form = payload(scene.ids, endpoint)
    form = observation(scene.ids, **changes) if endpoint == "supervisor.save" else {**form, **changes}
    with scene.watched() as watch:
        assert ask(scene, column, "POST", endpoint, form).status_code in {403, 404, 422}
        assert not watch.wrote()


@pytest.mark.usefixtures("no_csrf")
def test_an_invitation_opens_one_claim_only(scene: Scene) -> None:
    browser = scene.browser(ANONYMOUS)
    foreign = f"/invited/{scene.ids['away_invitation']}/photos/{scene.ids['photo_id']}"
    assert browser.get(foreign).status_code == 404
    own = f"/invited/{scene.ids['invitation']}/photos/{scene.ids['photo_id']}"
    assert browser.get(own).status_code == 200


def _print_rows() -> None:
    with tempfile.TemporaryDirectory() as folder:
        scene = raise_scene(Path(folder))
        scene.app.config["WTF_CSRF_ENABLED"] = False
        out = csv.writer(sys.stdout, lineterminator="\n")
        out.writerow(["request", *COLUMNS])
        for line, (method, endpoint) in sorted(ROUTES.items(), key=lambda item: item[0].partition(" ")[::-1]):
            cells = []
            for column in COLUMNS:
                with scene.watched():
                    cells.append(told(ask(scene, column, method, endpoint)))
            out.writerow([line, *cells])
        scene.close()


if __name__ == "__main__":
    _print_rows()
