"""What is wrong with a framework document beyond its shape: every fault, with its place."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from badges.frameworks.rules_places import Path

LABEL_LETTERS = 18
LEVELS = ("N1", "N2", "N3")
_AT_MOST_OBSERVATIONS = ("min_distinct_days", "min_distinct_situations", "min_observers")


@dataclass(frozen=True)
class Fault:
    """One thing to mend: where (a path into the document), on which line, and what."""

    place: str
    line: int
    reason: str

    def __str__(self) -> str:
        return f"line {self.line}, {self.place}: {self.reason}"


Found = tuple[Path, str]


def faults(document: Mapping[str, Any], pictograms: frozenset[str]) -> list[Found]:
    """Return what a document that fits the schema still gets wrong: (path, reason), in reading order.

    What no badge could be drawn of is a fault too: an approved claim would wait for its badge for ever.
    """
    return [
        *_levels(document),
        *_award_rules(document),
        *_scale(document),
        *_groups(document),
        *_skills(document),
        *_pictograms(document, pictograms),
    ]


def warnings(document: Mapping[str, Any]) -> list[Found]:
    """Return what will look poor but can be imported: a badge label that needs two lines."""
    return [
        ((*path, "badge_label", language), f"longer than {LABEL_LETTERS} letters: drawn small, on two lines")
        for path, skill in skills(document)
        for language, label in skill["badge_label"].items()
        if len(label) > LABEL_LETTERS
    ]


def skills(document: Mapping[str, Any]) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Yield each skill with its path."""
    member = "dimensions" if "dimensions" in document else "units"
    for group, holder in enumerate(document[member]):
        for index, skill in enumerate(holder["skills"]):
            yield (member, group, "skills", index), skill


def _pictograms(document: Mapping[str, Any], drawn: frozenset[str]) -> Iterator[Found]:
    for path, skill in skills(document):
        if skill["pictogram"] not in drawn:
            yield (
                (*path, "pictogram"),
                f"nobody has drawn “{skill['pictogram']}”: use a drawing of badge_designs/pictograms",
            )


def _levels(document: Mapping[str, Any]) -> Iterator[Found]:
    if _codes(document) != LEVELS:
        yield ("levels",), "must be N1, N2 and N3: a badge is drawn and told as one of three levels"
    yield from _repeated(
        [(("levels", i, "code"), level["code"]) for i, level in enumerate(document["levels"])]
    )
    for index, level in enumerate(document["levels"]):
        if level["rank"] != index + 1:
            yield (
                ("levels", index, "rank"),
                f"must be {index + 1}: levels are listed from the first to the last",
            )


def _award_rules(document: Mapping[str, Any]) -> Iterator[Found]:
    rules = document["award_rules"]
    for index, code in enumerate(_codes(document)):
        if code not in rules:
            yield ("award_rules",), f"no rule for the level “{code}”"
            continue
        yield from _award_rule(("award_rules", code), rules[code], first=index == 0)
    for code in rules:
        if len(code) == len("N1") and code.startswith("N") and code not in _codes(document):
            yield ("award_rules", code), "a rule for a level that does not exist"


def _award_rule(path: Path, rule: Mapping[str, Any], *, first: bool) -> Iterator[Found]:
    for name in _AT_MOST_OBSERVATIONS:
        if rule[name] > rule["min_observations"]:
            yield (*path, name), f"cannot be more than min_observations ({rule['min_observations']})"
    if first and rule.get("requires_previous_level_evidence"):
        yield (*path, "requires_previous_level_evidence"), "the first level has no level before it"


def _scale(document: Mapping[str, Any]) -> Iterator[Found]:
    values = document["scale"]["values"]
    yield from _repeated([(("scale", "values", i, "code"), value["code"]) for i, value in enumerate(values)])


def _groups(document: Mapping[str, Any]) -> Iterator[Found]:
    member = "dimensions" if "dimensions" in document else "units"
    groups = document[member]
    yield from _repeated([((member, i, "id"), group["id"]) for i, group in enumerate(groups)])
    if member == "dimensions":
        yield from _repeated([((member, i, "code"), group["code"]) for i, group in enumerate(groups)])


def _skills(document: Mapping[str, Any]) -> Iterator[Found]:
    every = list(skills(document))
    for name in ("id", "slug"):
        yield from _repeated([((*path, name), skill[name]) for path, skill in every])
    codes = _codes(document)
    for path, skill in every:
        yield from _skill_levels(path, skill, codes)
        yield from _alignments(path, skill)
    yield from _repeated(list(_behaviours(every)))


def _skill_levels(path: Path, skill: Mapping[str, Any], codes: tuple[str, ...]) -> Iterator[Found]:
    levels = skill["levels"]
    yield from _repeated([((*path, "levels", i, "level"), level["level"]) for i, level in enumerate(levels)])
    for index, level in enumerate(levels):
        here = (*path, "levels", index)
        if level["level"] not in codes:
            yield (*here, "level"), f"the level “{level['level']}” is not in “levels”"
        start = f"{skill['id']}-{level['level']}-"
        for number, behaviour in enumerate(level["behaviours"]):
            if not behaviour["id"].startswith(start):
                yield (*here, "behaviours", number, "id"), f"“{behaviour['id']}” must begin with “{start}”"


def _alignments(path: Path, skill: Mapping[str, Any]) -> Iterator[Found]:
    yield from _repeated(
        [
            ((*path, "alignments", i, "uri"), alignment["uri"])
            for i, alignment in enumerate(skill["alignments"])
            if alignment.get("uri")
        ]
    )


def _behaviours(every: list[tuple[Path, Mapping[str, Any]]]) -> Iterator[tuple[Path, str]]:
    for path, skill in every:
        for index, level in enumerate(skill["levels"]):
            for number, behaviour in enumerate(level["behaviours"]):
                yield (*path, "levels", index, "behaviours", number, "id"), behaviour["id"]


def _codes(document: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(level["code"] for level in document["levels"])


def _repeated(values: list[tuple[Path, str]]) -> Iterator[Found]:
    times: Counter[str] = Counter()
    for path, value in values:
        times[value] += 1
        if times[value] > 1:
            yield path, f"“{value}” is already used"
