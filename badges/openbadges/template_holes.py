"""Holes: the places of a document that differ from holder to holder, and what may fill them."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from json.encoder import encode_basestring
from operator import itemgetter
from typing import Any, Final

from badges.errors import NotIssuable, UnsafeText
from badges.openbadges.loads import UNSAFE_CHARACTERS

OPEN: Final = "\ue000"
CLOSE: Final = "\ue001"
_PARTING: Final = OPEN.encode()
MARKER: Final = re.compile(f"{OPEN}([a-z][a-z0-9_]*){CLOSE}")
NO_VALUE: Final = re.compile(f"[{OPEN}{CLOSE}]")
MAX_TEXT: Final = 20_000
"""Characters of one value; a whole credential has at most 64 kB."""


class Kind(IntEnum):
    """What a hole takes, from anything to one exact form: of several kinds, the last one counts."""

    TEXT = 0
    ADDRESS_PART = 1
    INDEX = 2
    MOMENT = 3


_UNFIT: Final = rf"\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff{OPEN}{CLOSE}"
"""What loads.py refuses in a text, and the two characters that mark holes."""
_ESCAPED: Final = r'\t\n\r"\\'
_PATTERNS: Final = {
    Kind.TEXT: rf"[^{_UNFIT}]{{1,{MAX_TEXT}}}",
    # Without / ? # or %: what is filled in never changes which part of an address is which.
    Kind.ADDRESS_PART: r"[A-Za-z0-9._~:-]{1,200}",
    Kind.INDEX: r"(?:0|[1-9][0-9]{0,15})",
    Kind.MOMENT: r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z",
}
_WANTED: Final = {
    Kind.TEXT: f"a text of 1 to {MAX_TEXT} characters",
    Kind.ADDRESS_PART: "letters, digits and . _ ~ : - only",
    Kind.INDEX: "a whole number",
    Kind.MOMENT: "a moment in UTC, whole seconds",
}


def hole(name: str) -> str:
    """Return the text that stands for `name` (a-z, 0-9, _) in the document of a template."""
    marker = f"{OPEN}{name}{CLOSE}"
    if not MARKER.fullmatch(marker):
        raise ValueError(name)
    return marker


def hole_names(text: str) -> list[str]:
    """Return the names of the holes in `text`, in their order, each as often as it stands there."""
    return MARKER.findall(text)


def filled(value: Any, values: Mapping[str, str]) -> Any:
    """Return a copy of the JSON `value` with every hole replaced by its text in `values`."""
    if isinstance(value, str):
        return MARKER.sub(lambda found: values[found[1]], value)
    if isinstance(value, list):
        return [filled(item, values) for item in value]
    if isinstance(value, dict):
        return {name: filled(item, values) for name, item in value.items()}
    return value


class TextWithHoles:
    """A text compiled to one bytes format: `fill` takes every value of the template, in its order."""

    def __init__(self, text: str, names: tuple[str, ...]) -> None:
        parts = MARKER.split(text)
        fixed = [part.encode() for part in parts[::2]]
        self._whole = fixed[0]
        self._values_of = itemgetter(*map(names.index, parts[1::2])) if len(parts) > 1 else None
        self._format = b"%b".join(part.replace(b"%", b"%%") for part in fixed)

    @property
    def has_holes(self) -> bool:
        """Whether the text varies at all."""
        return self._values_of is not None

    def fill(self, values: list[bytes]) -> bytes:
        """Return the text with each hole replaced."""
        if self._values_of is None:
            return self._whole
        filled_in: bytes = self._format % self._values_of(values)
        return filled_in


@dataclass(frozen=True)
class Holes:
    """The holes of one template in a fixed order, each with what it takes."""

    names: tuple[str, ...]
    kinds: tuple[Kind, ...]
    _all_plain: Callable[[str], object]
    _all_fit: Callable[[str], object]
    _moments: tuple[str, ...]

    @classmethod
    def of(cls, kinds: Iterable[tuple[str, Kind]]) -> "Holes":
        """Return the holes of every (name, kind) that was found, each name with its narrowest kind."""
        narrowest: dict[str, Kind] = {}
        for name, kind in kinds:
            narrowest[name] = max(kind, narrowest.get(name, kind))
        fit = OPEN.join(_PATTERNS[kind] for kind in narrowest.values())
        plain = fit.replace(_UNFIT, _UNFIT + _ESCAPED)
        return cls(
            names=tuple(narrowest),
            kinds=tuple(narrowest.values()),
            _all_plain=re.compile(plain).fullmatch,
            _all_fit=re.compile(fit).fullmatch,
            _moments=tuple(name for name, kind in narrowest.items() if kind is Kind.MOMENT),
        )

    def escaped(self, values: Mapping[str, str]) -> list[bytes]:
        """Return each value as it stands between quotes, in UTF-8, in the order of the names.

        The texts let through are escaped alike in JSON and in canonical N-Quads: quote, backslash,
        tab, line feed and carriage return, each by its short form; in an address nothing is. All are
        checked and escaped in one go, parted by a character that no value may hold. Raises
        `UnsafeText` for a character that cannot be signed, `NotIssuable` for every other misfit.
        """
        given = [values[name] for name in self.names if name in values]
        if len(given) != len(self.names) or len(given) != len(values):
            raise NotIssuable(faults=f"values wanted for {', '.join(self.names)}")
        text = OPEN.join(given)
        if not self._all_plain(text):
            if not self._all_fit(text):
                self._refuse(values)
            text = encode_basestring(text)[1:-1]
        for name in self._moments:
            _check_moment(name, values[name])
        return text.encode().split(_PARTING)

    def stand_ins(self) -> dict[str, str]:
        """Return one value of the right kind for each hole, no two alike."""
        return {
            name: _STAND_INS[kind](number)
            for number, (name, kind) in enumerate(zip(self.names, self.kinds, strict=True), 10)
        }

    def _refuse(self, values: Mapping[str, str]) -> None:
        for name, kind in zip(self.names, self.kinds, strict=True):
            unsafe = UNSAFE_CHARACTERS.search(values[name]) or NO_VALUE.search(values[name])
            if unsafe:
                raise UnsafeText(character=f"U+{ord(unsafe.group()):04X}")
            if not re.fullmatch(_PATTERNS[kind], values[name]):
                raise NotIssuable(faults=f"{name}: not {_WANTED[kind]}")


def _check_moment(name: str, text: str) -> None:
    """Refuse the 30th of February, which has the right form."""
    try:
        datetime.fromisoformat(text)
    except ValueError:
        raise NotIssuable(faults=f"{name}: not {_WANTED[Kind.MOMENT]}") from None


_STAND_INS: Final[Mapping[Kind, Callable[[int], str]]] = {
    Kind.TEXT: lambda number: f"Text {number}",
    Kind.ADDRESS_PART: lambda number: f"part-{number}",
    Kind.INDEX: str,
    Kind.MOMENT: lambda number: f"20{number:02}-01-01T00:00:00Z",
}
