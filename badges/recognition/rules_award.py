"""The award rule, line by line: what is there and what is needed. It proposes; a person decides."""

import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from badges.frameworks.rules import AwardRule


class LineKey(StrEnum):
    """The lines of the rule, in the order they are shown."""

    OBSERVATIONS = "observations"
    DAYS = "days"
    SITUATIONS = "situations"
    OBSERVERS = "observers"
    YES = "yes_per_behaviour"
    SPAN = "span_days"
    AGREEMENT = "agreement"
    NO_RECENT_NO = "no_recent_no"
    PREVIOUS_LEVEL = "previous_level"
    INTERVIEW = "interview"


@dataclass(frozen=True)
class SeenFact:
    """What the rule reads of one observation that nobody has corrected.

    `yes` and `no` are behaviour ids. `talk_open`: the worker disagrees or wants to talk, and the coach has
    not closed the talk. `set_aside`: the talk ended with the observation set aside.
    """

    id: uuid.UUID
    situation_id: uuid.UUID
    situation_title: str
    day: date
    observer_id: uuid.UUID
    yes: frozenset[str]
    no: frozenset[str]
    agreed: bool
    answered: bool
    talk_open: bool
    set_aside: bool


@dataclass(frozen=True)
class RuleLine:
    """One line of the rule: how many are there, how many are needed, and whether that will do."""

    key: LineKey
    have: int
    need: int
    met: bool


@dataclass(frozen=True)
class Proposal:
    """What the rule says of one worker, skill and level today.

    `met`: every line is met. `ready`: it can be asked for, only the interview may still be missing.
    `paused`: a talk is open. `held_by_no`: a recent NO holds it and asks for a talk. `talked_over`: how many
    counted observations the worker did not agree with, kept after a talk.
    """

    lines: tuple[RuleLine, ...]
    met: bool
    ready: bool
    paused: bool
    held_by_no: bool
    open_talks: int
    talked_over: int

    @property
    def missing(self) -> tuple[RuleLine, ...]:
        """Return the lines that are not met."""
        return tuple(line for line in self.lines if not line.met)


def counted(seen: Sequence[SeenFact]) -> list[SeenFact]:
    """Return the observations that support the level: at least one YES, not set aside, no talk open.

    A SOMETIMES or a NO never supports a level, so an observation without any YES is shown but not counted.
    """
    return [fact for fact in seen if fact.yes and not fact.set_aside and not fact.talk_open]


def propose(
    rule: AwardRule,
    behaviours: Sequence[str],
    seen: Sequence[SeenFact],
    *,
    today: date,
    interview_on: date | None,
    previous_level_ok: bool,
) -> Proposal:
    """Apply `rule` to what was `seen` of `behaviours` (the ids of the level), as of `today`."""
    facts = counted(seen)
    recent_no = sum(1 for fact in seen if _is_recent_no(fact, today, rule.recent_no_blocks_days))
    lines = (
        *_counts(rule, behaviours, facts),
        _agreement(facts),
        RuleLine(LineKey.NO_RECENT_NO, recent_no, 0, recent_no == 0),
        *_conditions(rule, previous_level_ok=previous_level_ok, interview_on=interview_on),
    )
    open_talks = sum(1 for fact in seen if fact.talk_open and not fact.set_aside)
    return Proposal(
        lines=lines,
        met=all(line.met for line in lines),
        ready=all(line.met or line.key is LineKey.INTERVIEW for line in lines),
        paused=open_talks > 0,
        held_by_no=recent_no > 0,
        open_talks=open_talks,
        talked_over=sum(1 for fact in facts if fact.answered and not fact.agreed),
    )


def seen_once(behaviours: Sequence[str], seen: Sequence[SeenFact]) -> bool:
    """Tell whether each of `behaviours` was seen: how a lower level is shown without its badge."""
    return set(behaviours) <= {behaviour for fact in counted(seen) for behaviour in fact.yes}


def _counts(rule: AwardRule, behaviours: Sequence[str], facts: Sequence[SeenFact]) -> tuple[RuleLine, ...]:
    days = {fact.day for fact in facts}
    times = Counter(behaviour for fact in facts for behaviour in fact.yes)
    return (
        _line(LineKey.OBSERVATIONS, len(facts), rule.min_observations),
        _line(LineKey.DAYS, len(days), rule.min_distinct_days),
        _line(LineKey.SITUATIONS, len({fact.situation_id for fact in facts}), rule.min_distinct_situations),
        _line(LineKey.OBSERVERS, len({fact.observer_id for fact in facts}), rule.min_observers),
        _line(LineKey.YES, min((times[name] for name in behaviours), default=0), rule.min_yes_per_behaviour),
        _line(LineKey.SPAN, (max(days) - min(days)).days if days else 0, rule.min_span_days),
    )


def _agreement(facts: Sequence[SeenFact]) -> RuleLine:
    """Ask that the worker agrees with each counted observation, or that it was kept after a talk."""
    agreed = sum(1 for fact in facts if fact.agreed)
    return RuleLine(
        LineKey.AGREEMENT, agreed, len(facts), bool(facts) and all(fact.answered for fact in facts)
    )


def _conditions(
    rule: AwardRule, *, previous_level_ok: bool, interview_on: date | None
) -> tuple[RuleLine, ...]:
    lines = []
    if rule.requires_previous_level_evidence:
        lines.append(_line(LineKey.PREVIOUS_LEVEL, int(previous_level_ok), 1))
    if rule.requires_interview:
        lines.append(_line(LineKey.INTERVIEW, int(interview_on is not None), 1))
    return tuple(lines)


def _line(key: LineKey, have: int, need: int) -> RuleLine:
    return RuleLine(key, have, need, have >= need)


def _is_recent_no(fact: SeenFact, today: date, days: int) -> bool:
    return bool(fact.no) and not fact.set_aside and (today - fact.day).days < days
