"""Where each value of a JSON text stands, so that a fault can be told with its line."""

import json
import re
from collections.abc import Iterator

Path = tuple[str | int, ...]

_BLANKS = re.compile(r"[ \t\r\n]*")
_PLAIN = re.compile(r"[^\s,\]}]+")
_DECODER = json.JSONDecoder()


def shown(path: Path) -> str:
    """Write a path as people read it: `dimensions[1].skills[2].label.fr`; the whole is "document"."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.lstrip(".") or "document"


def lines(text: str) -> dict[Path, int]:
    """Return the line (from 1) on which each value of `text`, which is valid JSON, begins."""
    offsets = dict(_Walk(text).value((), 0))
    found: dict[Path, int] = {}
    line, seen = 1, 0
    for path, offset in sorted(offsets.items(), key=lambda item: item[1]):
        line, seen = line + text.count("\n", seen, offset), offset
        found[path] = line
    return found


def line_of(path: Path, known: dict[Path, int]) -> int:
    """Return the line of `path`, or of the nearest value that holds it when it is missing itself."""
    while path not in known:
        path = path[:-1]
    return known[path]


class _Walk:
    """Steps through valid JSON once; `end` is where the last value stopped."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._end = 0

    def value(self, path: Path, start: int) -> Iterator[tuple[Path, int]]:
        start = self._blanks(start)
        yield path, start
        kind = self._text[start]
        if kind == "{":
            yield from self._members(path, start + 1)
        elif kind == "[":
            yield from self._items(path, start + 1)
        elif kind == '"':
            _, self._end = _DECODER.raw_decode(self._text, start)
        else:
            found = _PLAIN.match(self._text, start)
            self._end = found.end() if found else start + 1

    def _members(self, path: Path, at: int) -> Iterator[tuple[Path, int]]:
        at = self._blanks(at)
        while self._text[at] != "}":
            name, at = _DECODER.raw_decode(self._text, at)
            colon = self._blanks(at)
            yield from self.value((*path, name), colon + 1)
            at = self._next(self._end)
        self._end = at + 1

    def _items(self, path: Path, at: int) -> Iterator[tuple[Path, int]]:
        at, index = self._blanks(at), 0
        while self._text[at] != "]":
            yield from self.value((*path, index), at)
            at, index = self._next(self._end), index + 1
        self._end = at + 1

    def _next(self, at: int) -> int:
        at = self._blanks(at)
        return self._blanks(at + 1) if self._text[at] == "," else at

    def _blanks(self, at: int) -> int:
        found = _BLANKS.match(self._text, at)
        return found.end() if found else at
