"""A competency framework as facts: dimensions, skills, levels, behaviours, and the rule of each badge."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from badges.errors import UnknownSkill

Texts = Mapping[str, str]


@dataclass(frozen=True)
class Behaviour:
    """Something that can be seen. Its id is immutable: evidence points at it."""

    id: str
    text: Texts


@dataclass(frozen=True)
class SkillLevel:
    """What one level of one skill looks like."""

    level: str
    self_statement: Texts
    behaviours: tuple[Behaviour, ...]


@dataclass(frozen=True)
class Alignment:
    """A link to another framework (ESCO, ROME 4.0), with how well it matches."""

    framework: str
    match: str
    label: Texts
    uri: str | None
    code: str | None


SIDES: Mapping[str, str] = {
    "M": "methodological", "S": "social", "C": "contributive", "T": "technical",
}  # fmt: skip


@dataclass(frozen=True)
class Dimension:
    """One of the four sides of working, under the name that the framework gives it.

    `id` is methodological, social, contributive or technical whatever the framework calls it: badges and
    pages are drawn by side.
    """

    id: str
    code: str
    label: Texts


@dataclass(frozen=True)
class Skill:
    """One skill, in the group (dimension or unit) it belongs to."""

    id: str
    slug: str
    label: Texts
    badge_label: Texts
    summary: Texts
    pictogram: str
    starter_set: bool
    dimension: Dimension
    group_id: str
    group_label: Texts
    levels: tuple[SkillLevel, ...]
    alignments: tuple[Alignment, ...]

    def at(self, level: str) -> SkillLevel:
        """Return what `level` ("N2") means for this skill. Raises `UnknownSkill`."""
        for skill_level in self.levels:
            if skill_level.level == level:
                return skill_level
        raise UnknownSkill(skill=f"{self.id} {level}")


@dataclass(frozen=True)
class Level:
    """A step of the framework's scale: code "N2", rank 2, label "Je fais"."""

    code: str
    rank: int
    label: Texts
    definition: Texts


@dataclass(frozen=True)
class AwardRule:
    """What must be there before a badge is proposed at one level. It proposes; a person decides."""

    min_yes_per_behaviour: int
    min_observations: int
    min_distinct_days: int
    min_distinct_situations: int
    min_observers: int
    min_span_days: int
    requires_previous_level_evidence: bool
    requires_interview: bool
    recent_no_blocks_days: int


@dataclass(frozen=True)
class Framework:
    """One version of one framework, parsed."""

    id: str
    version: str
    kind: str
    title: Texts
    levels: tuple[Level, ...]
    award_rules: Mapping[str, AwardRule]
    skills: tuple[Skill, ...]

    @cached_property
    def _by_id(self) -> Mapping[str, Skill]:
        return {skill.id: skill for skill in self.skills}

    def skill(self, skill_id: str) -> Skill:
        """Return the skill called `skill_id` ("S03"). Raises `UnknownSkill`."""
        try:
            return self._by_id[skill_id]
        except KeyError as error:
            raise UnknownSkill(skill=skill_id) from error

    def has(self, skill_id: str, level: str) -> bool:
        """Tell whether the skill called `skill_id` is described at `level` ("N2")."""
        skill = self._by_id.get(skill_id)
        return skill is not None and any(step.level == level for step in skill.levels)

    def level(self, code: str) -> Level:
        """Return the level called `code` ("N2"). Raises `UnknownSkill`."""
        for level in self.levels:
            if level.code == code:
                return level
        raise UnknownSkill(skill=code)


def text_in(texts: Texts, language: str) -> str:
    """Return the text in `language`, else in English, else in French; labels always have both."""
    return texts.get(language) or texts.get("en") or texts["fr"]


def parse(document: Mapping[str, Any]) -> Framework:
    """Turn a valid framework document (schemas/competency-framework.schema.json) into facts."""
    levels = tuple(
        Level(level["code"], level["rank"], level["label"], level["definition"])
        for level in document["levels"]
    )
    rules = document["award_rules"]
    return Framework(
        id=document["id"],
        version=document["version"],
        kind=document["kind"],
        title=document["title"],
        levels=levels,
        award_rules={level.code: _award_rule(rules[level.code], rules) for level in levels},
        skills=tuple(_skills(document)),
    )


def _award_rule(rule: Mapping[str, Any], rules: Mapping[str, Any]) -> AwardRule:
    return AwardRule(
        min_yes_per_behaviour=rule["min_yes_per_behaviour"],
        min_observations=rule["min_observations"],
        min_distinct_days=rule["min_distinct_days"],
        min_distinct_situations=rule["min_distinct_situations"],
        min_observers=rule["min_observers"],
        min_span_days=rule["min_span_days"],
        requires_previous_level_evidence=rule.get("requires_previous_level_evidence", False),
        requires_interview=rule.get("requires_interview", False),
        recent_no_blocks_days=rules["recent_no_blocks_days"],
    )


def _skills(document: Mapping[str, Any]) -> list[Skill]:
    if "dimensions" in document:
        groups = [(_dimension(group), group) for group in document["dimensions"]]
    else:
        only = _dimension(document["dimension"])
        groups = [(only, group) for group in document["units"]]
    return [_skill(skill, dimension, group) for dimension, group in groups for skill in group["skills"]]


def _dimension(group: Mapping[str, Any]) -> Dimension:
    return Dimension(SIDES[group["code"]], group["code"], group["label"])


def _skill(skill: Mapping[str, Any], dimension: Dimension, group: Mapping[str, Any]) -> Skill:
    return Skill(
        id=skill["id"],
        slug=skill["slug"],
        label=skill["label"],
        badge_label=skill["badge_label"],
        summary=skill["summary"],
        pictogram=skill["pictogram"],
        starter_set=skill.get("starter_set", False),
        dimension=dimension,
        group_id=group["id"],
        group_label=group["label"],
        levels=tuple(_skill_level(level) for level in skill["levels"]),
        alignments=tuple(_alignment(alignment) for alignment in skill["alignments"]),
    )


def _skill_level(level: Mapping[str, Any]) -> SkillLevel:
    behaviours = tuple(Behaviour(behaviour["id"], behaviour["text"]) for behaviour in level["behaviours"])
    return SkillLevel(level["level"], level["self_statement"], behaviours)


def _alignment(alignment: Mapping[str, Any]) -> Alignment:
    labels = {"en": alignment.get("label_en"), "fr": alignment.get("label_fr") or alignment.get("label")}
    return Alignment(
        framework=alignment["framework"],
        match=alignment.get("match", "related"),
        label={language: label for language, label in labels.items() if label},
        uri=alignment.get("uri"),
        code=alignment.get("code_ogr"),
    )
