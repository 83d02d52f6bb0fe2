"""Whether every label of a framework fits on its badge: asked at the import, not when a badge is due."""

from collections.abc import Mapping
from typing import Any

from badges.errors import FrameworkInvalid, LabelTooLong
from badges.frameworks import service as frameworks
from badges.frameworks.rules import parse
from badges.frameworks.rules_import import skills
from badges.issuer.artwork_svg import fit_label

LANGUAGES = ("fr", "en")


def check_labels(document: Mapping[str, Any], text: str) -> None:
    """Pass when a badge can be drawn of every skill of `document`, read from `text`, in every language.

    Raises `FrameworkInvalid` with each label that does not fit, its place and its line.
    """
    framework = parse(document)
    found = [
        ((*path, "badge_label", language), str(fault))
        for path, skill in skills(document)
        for language in LANGUAGES
        if (fault := _fault(skill["badge_label"][language], framework.skill(skill["id"]).dimension.id))
    ]
    if found:
        raise FrameworkInvalid(frameworks.with_lines(found, text))


def _fault(label: str, dimension: str) -> LabelTooLong | None:
    try:
        fit_label(label, dimension)
    except LabelTooLong as fault:
        return fault
    return None
