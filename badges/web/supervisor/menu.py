"""The choice of a skill: what was just noted here, the trade of the situation, the first skills, then all."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from badges.evidence.queries_crew import Choice
from badges.evidence.rules import suggested_level
from badges.evidence.rules_words import fold
from badges.frameworks.rules import Framework, Skill, text_in
from badges.web.observation_cards import icon_of

Frameworks = Mapping[uuid.UUID, Framework]


@dataclass(frozen=True)
class SkillLine:
    """One skill to choose, with the level proposed for the workers chosen."""

    choice: Choice
    label: str
    summary: str
    rank: int
    level: str
    dimension: str
    icon: str


@dataclass(frozen=True)
class SkillGroup:
    """Skills under one heading: a dimension for soft skills, a unit for a trade."""

    label: str
    dimension: str
    skills: tuple[SkillLine, ...]


@dataclass(frozen=True)
class SkillMenu:
    """Everything the page offers, in the order it offers it; `found` answers a search."""

    recent: tuple[SkillLine, ...]
    trade: tuple[SkillLine, ...]
    starters: tuple[SkillLine, ...]
    groups: tuple[SkillGroup, ...]
    found: tuple[SkillLine, ...]


@dataclass(frozen=True)
class Wanted:
    """For whom and where a skill is chosen."""

    workers: tuple[uuid.UUID, ...]
    last_levels: Mapping[tuple[uuid.UUID, str], str]
    recent: tuple[Choice, ...]
    trade_id: str | None
    search: str
    language: str


def build(frameworks: Frameworks, wanted: Wanted) -> SkillMenu:
    """Return the menu of `frameworks` for `wanted`."""
    lines = [
        (framework, skill, line(version_id, framework, skill, wanted))
        for version_id, framework in frameworks.items()
        for skill in framework.skills
    ]
    return SkillMenu(
        recent=tuple(_recent(frameworks, wanted)),
        trade=tuple(one for framework, _, one in lines if framework.id == wanted.trade_id),
        starters=tuple(one for _, skill, one in lines if skill.starter_set),
        groups=tuple(_groups(lines, wanted.language)),
        found=tuple(one for _, skill, one in lines if _matches(skill, wanted)),
    )


def line(version_id: uuid.UUID, framework: Framework, skill: Skill, wanted: Wanted) -> SkillLine:
    """Return `skill` at the lowest level last noted for the workers chosen, the first level at first."""
    last = [wanted.last_levels.get((worker, skill.id)) for worker in wanted.workers]
    level = suggested_level(last, framework.levels[0].code)
    known = {step.level for step in skill.levels}
    return _line(Choice(version_id, skill.id, level if level in known else framework.levels[0].code),
                 framework, skill, wanted.language)  # fmt: skip


def _line(choice: Choice, framework: Framework, skill: Skill, language: str) -> SkillLine:
    level = framework.level(choice.level)
    return SkillLine(
        choice=choice,
        label=text_in(skill.label, language),
        summary=text_in(skill.summary, language),
        rank=level.rank,
        level=text_in(level.label, language),
        dimension=skill.dimension.id,
        icon=icon_of(skill),
    )


def _recent(frameworks: Frameworks, wanted: Wanted) -> Iterable[SkillLine]:
    for choice in wanted.recent:
        framework = frameworks.get(choice.version_id)
        if framework is not None:
            yield _line(choice, framework, framework.skill(choice.skill_id), wanted.language)


def _groups(lines: list[tuple[Framework, Skill, SkillLine]], language: str) -> Iterable[SkillGroup]:
    grouped: dict[tuple[str, str], list[tuple[Skill, SkillLine]]] = {}
    for framework, skill, one in lines:
        grouped.setdefault((framework.id, skill.group_id), []).append((skill, one))
    for members in grouped.values():
        skill = members[0][0]
        yield SkillGroup(
            text_in(skill.group_label, language), skill.dimension.id, tuple(one for _, one in members)
        )


def _matches(skill: Skill, wanted: Wanted) -> bool:
    words = fold(wanted.search).split()
    texts = fold(f"{text_in(skill.label, wanted.language)} {text_in(skill.summary, wanted.language)}")
    return bool(words) and all(word in texts for word in words)
