"""What a decision was based on, frozen with it: counts, days and titles, never who or raw notes."""

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from badges.recognition.rules_award import SeenFact, counted

ReviewerKind = Literal["inside", "outside"]


@dataclass(frozen=True)
class Basis:
    """The summary of the counted observations on the day of the decision.

    `agreed` is how many of them the worker agreed with. `outside_organisation` is where an outside reviewer
    works, as declared by the structure that invited them; empty for an inside one.
    """

    observation_ids: tuple[uuid.UUID, ...]
    observations: int
    days: int
    situations: int
    observers: int
    first_day: date | None
    last_day: date | None
    situation_titles: tuple[str, ...]
    agreed: int
    reviewer_kind: ReviewerKind
    outside_organisation: str


def basis_of(seen: Sequence[SeenFact], outside_organisation: str | None) -> Basis:
    """Summarise what counts in `seen`; `outside_organisation` is None when the reviewer is an inside one."""
    facts = sorted(counted(seen), key=lambda fact: fact.day)
    return Basis(
        observation_ids=tuple(fact.id for fact in facts),
        observations=len(facts),
        days=len({fact.day for fact in facts}),
        situations=len({fact.situation_id for fact in facts}),
        observers=len({fact.observer_id for fact in facts}),
        first_day=facts[0].day if facts else None,
        last_day=facts[-1].day if facts else None,
        situation_titles=tuple(dict.fromkeys(fact.situation_title for fact in facts)),
        agreed=sum(1 for fact in facts if fact.agreed),
        reviewer_kind="inside" if outside_organisation is None else "outside",
        outside_organisation=outside_organisation or "",
    )


def to_json(basis: Basis) -> dict[str, Any]:
    """Return `basis` as JSON values, for the claim's row."""
    return {
        **vars(basis),
        "observation_ids": [str(observation_id) for observation_id in basis.observation_ids],
        "first_day": basis.first_day.isoformat() if basis.first_day else None,
        "last_day": basis.last_day.isoformat() if basis.last_day else None,
        "situation_titles": list(basis.situation_titles),
    }


def from_json(values: Mapping[str, Any]) -> Basis:
    """Return the basis that `to_json` wrote."""
    return Basis(
        **{
            **values,
            "observation_ids": tuple(uuid.UUID(text) for text in values["observation_ids"]),
            "first_day": date.fromisoformat(values["first_day"]) if values["first_day"] else None,
            "last_day": date.fromisoformat(values["last_day"]) if values["last_day"] else None,
            "situation_titles": tuple(values["situation_titles"]),
        }
    )


def summary_from_json(values: Mapping[str, Any]) -> Basis:
    """Return what `to_json` wrote without what must stay inside: which observations, and their titles."""
    first, last = values["first_day"], values["last_day"]
    return Basis(
        observation_ids=(),
        observations=values["observations"],
        days=values["days"],
        situations=values["situations"],
        observers=values["observers"],
        first_day=date.fromisoformat(first) if first else None,
        last_day=date.fromisoformat(last) if last else None,
        situation_titles=(),
        agreed=values["agreed"],
        reviewer_kind=values["reviewer_kind"],
        outside_organisation=values["outside_organisation"],
    )


def digest(seen: Sequence[SeenFact]) -> str:
    """Return a short hash of everything the rule reads: what was shown is what is decided on."""
    lines = sorted(
        f"{fact.id} {sorted(fact.yes)} {sorted(fact.no)} "
        f"{fact.answered} {fact.agreed} {fact.talk_open} {fact.set_aside}"
        for fact in seen
    )
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]
