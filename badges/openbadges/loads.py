"""Strict JSON in and compact JSON out: what a signature covers must read the same everywhere."""

import json
import math
import re
from typing import Any, Final

from badges.errors import (
    DocumentTooDeep,
    DocumentTooLarge,
    DuplicateMember,
    NotJson,
    UnsafeNumber,
    UnsafeText,
)

Document = dict[str, Any]
"""A JSON object as Python reads it."""

MAX_BYTES: Final = 1 << 20
MAX_DEPTH: Final = 64
MAX_NUMBER: Final = 2**53 - 1

# RDFC-1.0 escapes these, some processors do not: a signature over them is not interoperable.
UNSAFE_CHARACTERS: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")

# How such a character gets past a reader of strict JSON: escaped, or as the one that it lets through.
ESCAPED: Final = re.compile(r"\\[bfu]")
DELETE: Final = "\x7f"
MARK: Final = "\N{ZERO WIDTH NO-BREAK SPACE}"

_compact = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


def load_json(text: bytes | str, *, limit: int = MAX_BYTES) -> Document:
    """Return the JSON object in `text`, refusing whatever two readers could read differently.

    At most `limit` bytes of UTF-8 (a byte order mark is passed over) and 64 levels; no member
    twice, no NaN or Infinity, no number beyond 2^53 - 1, no control character or lone surrogate.
    Raises a subclass of `Unreadable` that names the fault (RFC 8259, I-JSON of RFC 7493).
    """
    if len(text) > limit:
        raise DocumentTooLarge(limit=limit)
    decoded = _decoded(text)
    try:
        document = DECODER.decode(decoded)
    except RecursionError:
        raise DocumentTooDeep(limit=MAX_DEPTH) from None
    except json.JSONDecodeError as fault:
        raise NotJson(reason=f"{fault.msg}, line {fault.lineno}") from None
    if not isinstance(document, dict):
        raise NotJson(reason="not an object")
    if decoded.count("{") + decoded.count("[") >= MAX_DEPTH or _may_be_unsafe(decoded):
        check_values(document)
    return document


def dump_json(document: Document) -> bytes:
    """Return `document` as compact UTF-8 JSON, members in the order they are held."""
    return ENCODER.encode(document).encode()


def check_values(value: object, depth: int = 1) -> None:
    """Refuse texts, numbers and depths that `load_json` refuses, in a value made by a program."""
    if depth > MAX_DEPTH:
        raise DocumentTooDeep(limit=MAX_DEPTH)
    if isinstance(value, str):
        _check_text(value)
    elif isinstance(value, dict):
        _check_members(value, depth)
    elif isinstance(value, list | tuple):
        for item in value:
            check_values(item, depth + 1)
    elif isinstance(value, int | float) and not abs(value) <= MAX_NUMBER:
        raise UnsafeNumber(number=value)


def _check_members(members: dict[str, object], depth: int) -> None:
    for name, item in members.items():
        _check_text(name)
        check_values(item, depth + 1)


def _check_text(text: str) -> None:
    found = UNSAFE_CHARACTERS.search(text)
    if found:
        raise UnsafeText(character=f"U+{ord(found.group()):04X}")


def _decoded(text: bytes | str) -> str:
    if isinstance(text, str):
        return text.removeprefix(MARK)
    try:
        return text.decode().removeprefix(MARK)
    except UnicodeDecodeError as fault:
        raise NotJson(reason=f"not UTF-8 at byte {fault.start}") from None


def _may_be_unsafe(text: str) -> bool:
    """Return False when no text in the JSON `text` can hold an unsafe character; some ten times quicker."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return DELETE in text or ESCAPED.search(text) is not None


def _unique(members: list[tuple[str, Any]]) -> Document:
    document = dict(members)
    if len(document) < len(members):
        names = [name for name, _ in members]
        raise DuplicateMember(name=next(name for name in names if names.count(name) > 1)[:64])
    return document


def _integer(digits: str) -> int:
    if len(digits) > len(str(-MAX_NUMBER)) or abs(int(digits)) > MAX_NUMBER:
        raise UnsafeNumber(number=digits[:32])
    return int(digits)


def _real(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number) or abs(number) > MAX_NUMBER:
        raise UnsafeNumber(number=digits[:32])
    return number


def _refuse_constant(name: str) -> None:
    raise UnsafeNumber(number=name)


ENCODER: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))
DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_unique, parse_int=_integer, parse_float=_real, parse_constant=_refuse_constant
)
