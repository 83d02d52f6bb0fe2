"""An observation in plain words, for whoever reads it: the skill, the sentences and how each was seen."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from badges.evidence.queries import ObservationView
from badges.evidence.rules import Mark
from badges.frameworks import queries as frameworks
from badges.frameworks.rules import Framework, Skill, text_in

_ICONS = {
    "team": "p-team", "arrows-swap": "p-swap", "person-check": "p-person-check", "star-ribbon": "p-star",
    "speech-list": "p-speech-list", "speech-bubbles": "p-speech", "hands": "p-hands", "tool-board": "p-board",
    "feedback-loop": "p-loop", "shield-check": "p-shield", "clock": "p-clock", "helmet": "p-helmet",
    "seedling": "p-seedling",
}  # fmt: skip
_ICONS_OF_DIMENSION = {"methodological": "p-person-check", "social": "p-team", "contributive": "p-board"}
_SEEN_FIRST = (Mark.YES, Mark.SOMETIMES, Mark.NO)


@dataclass(frozen=True)
class MarkLine:
    """One behaviour: the text of the framework, the same about somebody by name, and how it was seen."""

    behaviour_id: str
    text: str
    sentence: str
    mark: Mark


@dataclass(frozen=True)
class ObservationCard:
    """An observation with its words in one language. `marks` leaves out what there was no occasion to see."""

    view: ObservationView
    skill: str
    rank: int
    level: str
    dimension: str
    icon: str
    marks: tuple[MarkLine, ...]


def cards(session: Session, views: tuple[ObservationView, ...], language: str) -> tuple[ObservationCard, ...]:
    """Return the cards of `views` in `language`."""
    known: Mapping[UUID, Framework] = {
        version_id: frameworks.load(session, version_id) for version_id in {view.version_id for view in views}
    }
    return tuple(card(view, known[view.version_id], language) for view in views)


def card(view: ObservationView, framework: Framework, language: str) -> ObservationCard:
    """Return the card of one observation, what was best seen first."""
    skill, level = framework.skill(view.skill_id), framework.level(view.level)
    lines = tuple(
        MarkLine(
            behaviour.id,
            text_in(behaviour.text, language),
            sentence_about(view.worker_name, text_in(behaviour.text, language)),
            view.marks[behaviour.id],
        )
        for behaviour in skill.at(view.level).behaviours
        if view.marks.get(behaviour.id, Mark.NOT_SEEN) is not Mark.NOT_SEEN
    )
    return ObservationCard(
        view=view,
        skill=text_in(skill.label, language),
        rank=level.rank,
        level=text_in(level.label, language),
        dimension=skill.dimension.id,
        icon=icon_of(skill),
        marks=tuple(sorted(lines, key=lambda line: _SEEN_FIRST.index(line.mark))),
    )


def sentence_about(name: str, behaviour: str) -> str:
    """Say a behaviour of somebody: they begin with a verb, in the third person, in every language."""
    return f"{name} {behaviour[:1].lower()}{behaviour[1:]}"


def icon_of(skill: Skill) -> str:
    """Return the drawing of the sprite that stands for `skill`."""
    return _ICONS.get(skill.pictogram) or _ICONS_OF_DIMENSION.get(skill.dimension.id, "p-helmet")
