"""Read members of documents that strangers wrote: never a surprise about shape or type."""

from typing import Any

from badges.openbadges.loads import Document


def listed(value: object) -> list[Any]:
    """Return `value` as a list: itself, itself alone, or nothing for None (JSON-LD, 4.3)."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def objects(value: object) -> list[Document]:
    """Return the JSON objects of a member that may hold none, one or several."""
    return [item for item in listed(value) if isinstance(item, dict)]


def first_object(value: object) -> Document:
    """Return the first object of a member, or an empty one."""
    return next(iter(objects(value)), {})


def text(value: object) -> str:
    """Return `value` when it is a text, else an empty one."""
    return value if isinstance(value, str) else ""


def identity(value: object) -> str:
    """Return the id of something written as an object or as its bare id."""
    return text(value.get("id")) if isinstance(value, dict) else text(value)


def has_type(value: object, *names: str) -> bool:
    """Return whether the object `value` is of one of the types `names`."""
    types = listed(value.get("type")) if isinstance(value, dict) else []
    return any([name in types for name in names])  # noqa: C419 - a list is quicker for one or two
