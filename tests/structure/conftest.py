"""The scene on which every page is tried, raised once per test process, and each page as it is read."""

from collections.abc import Iterator, Mapping

import pytest
from werkzeug.test import TestResponse

from tests.scene import COLUMNS, Scene, ask, raise_scene, routes


@pytest.fixture(scope="session")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    scene = raise_scene(tmp_path_factory.mktemp("scene"))
    yield scene
    scene.close()


@pytest.fixture(scope="session")
def pages(scene: Scene) -> Mapping[str, TestResponse]:
    """Every address that can be read, by rule, as the first person of the matrix who may read it."""
    found = {}
    for line, (method, endpoint) in routes().items():
        if method == "GET":
            answers = (ask(scene, column, "GET", endpoint) for column in COLUMNS)
            readable = next((answer for answer in answers if answer.status_code == 200), None)
            if readable is not None:
                found[line] = readable
    return found
