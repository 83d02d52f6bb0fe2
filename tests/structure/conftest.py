"""The scene on which every page is tried, raised once per test process."""

from collections.abc import Iterator

import pytest

from tests.scene import Scene, raise_scene


@pytest.fixture(scope="session")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    scene = raise_scene(tmp_path_factory.mktemp("scene"))
    yield scene
    scene.close()
