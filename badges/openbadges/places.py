"""Places inside a JSON document, so that a fault can say where it is."""

from collections.abc import Container, Iterator
from typing import Any

from badges.openbadges.loads import Document

Path = tuple[str | int, ...]
"""Member names and list positions from the root down."""


def walk(value: object, path: Path = ()) -> Iterator[tuple[Path, object]]:
    """Yield every value below and including `value` with its path, contexts left out."""
    yield path, value
    if isinstance(value, dict):
        for name, item in value.items():
            if name != "@context":
                yield from walk(item, (*path, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from walk(item, (*path, index))


Places = list[tuple[Path, object]]
"""Members found in a document, with where they stand."""


def named(document: Document, names: Container[str]) -> Places:
    """Return the members called one of `names`, wherever they stand, in the order of `walk`."""
    found: Places = []

    def look(value: Any, path: Path) -> None:
        for step, item in value.items() if type(value) is dict else enumerate(value):
            if step in names:
                found.append(((*path, step), item))
            kind = type(item)
            if (kind is dict or kind is list) and step != "@context":
                look(item, (*path, step))

    look(document, ())
    return found


def shown(path: Path) -> str:
    """Return `path` as people write it: `$.credentialSubject.tag[0]`."""
    return "$" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)


def object_count(document: Document) -> int:
    """Return how many JSON objects `document` holds, itself included."""
    count, values = 0, [document]
    while values:
        value: Any = values.pop()
        if isinstance(value, dict):
            count += 1
            values += [item for name, item in value.items() if name != "@context"]
        elif isinstance(value, list):
            values += value
    return count


def member_places(document: Document, name: str) -> list[Path]:
    """Return the paths of every member called `name`."""
    return [path for path, _ in walk(document) if path and path[-1] == name]


def text_place(document: Document, text: str) -> str:
    """Return where `text` first stands as a value, or the root."""
    return next((shown(path) for path, value in walk(document) if value == text), "$")


def without(document: Document, path: Path) -> Document:
    """Return a copy of `document` without the member at `path`; the original is untouched."""
    step, rest = path[0], path[1:]
    if isinstance(document, list):
        return [without(item, rest) if index == step else item for index, item in enumerate(document)]
    if not rest:
        return {name: item for name, item in document.items() if name != step}
    return {name: without(item, rest) if name == step else item for name, item in document.items()}
