"""The sentences of a credential, in the language of the structure: they are signed, so they stand here whole.

They are not the interface: once signed they never change, whatever the reader's language.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Final

from babel.dates import format_date

from badges.recognition.rules_basis import Basis

Counted = tuple[str, str]


@dataclass(frozen=True)
class Wording:
    """The sentences in one language; a pair is singular and plural."""

    language: str
    rubric_name: str
    evidence_name: str
    previous_name: str
    _name: str
    _criteria: str
    _seen: str
    _observations: Counted
    _situations: Counted
    _days: Counted
    _one_day: str
    _period: str
    _observers: Counted
    _previous: str
    _checked: str
    _checked_outside: str
    _matches: Mapping[str, str]
    _languages: Mapping[str, str]
    _alignment: str
    _last_singular: int
    _locale: str
    _first_of_month: str

    def achievement_name(self, skill: str, rank: int) -> str:
        """Return the name of an achievement: the skill and the level out of three."""
        return self._name.format(skill=skill, rank=rank)

    def description(self, summary: str, definition: str) -> str:
        """Return what the skill is, and what its level means."""
        return f"{summary} {definition}"

    def criteria(self, behaviours: Sequence[str]) -> str:
        """Return the criteria as Markdown: the behaviours of the level and how they are recognised."""
        return self._criteria.format(behaviours="\n".join(f"- {text}" for text in behaviours))

    def evidence(self, basis: Basis) -> str:
        """Return the honest summary of the evidence: how often, when, by how many, who checked.

        Empty when nothing was observed. Titles of situations stay inside: they may name a client.
        """
        if basis.first_day is None or basis.last_day is None:
            return ""
        seen = self._seen.format(
            observations=self._count(basis.observations, self._observations),
            situations=self._count(basis.situations, self._situations),
            when=self._when(basis.first_day, basis.last_day, basis.days),
            observers=self._count(basis.observers, self._observers),
        )
        if basis.reviewer_kind == "outside":
            return f"{seen} {self._checked_outside.format(organisation=basis.outside_organisation)}"
        return f"{seen} {self._checked}"

    def previous(self, awarded: date) -> str:
        """Return what the badge before this one, given on `awarded`, has to do with it."""
        return self._previous.format(day=self._day(awarded))

    def alignment(self, match: str, language: str) -> str:
        """Return how well the public skill matches, and in which language its name is given."""
        return self._alignment.format(match=self._matches[match], language=self._languages[language])

    def _when(self, first: date, last: date, days: int) -> str:
        if first == last:
            return self._one_day.format(day=self._day(first))
        counted = self._count(days, self._days)
        return self._period.format(days=counted, first=self._day(first), last=self._day(last))

    def _day(self, day: date) -> str:
        written = _long_date(day, self._locale)
        return written.replace("1", self._first_of_month, 1) if day.day == 1 else written

    def _count(self, number: int, words: Counted) -> str:
        return words[0 if number <= self._last_singular else 1].format(number=number)


FRENCH: Final = Wording(
    language="fr",
    rubric_name="Niveau",
    evidence_name="Vu au travail",
    previous_name="Badge précédent",
    _name="{skill}, niveau {rank} sur 3",
    _criteria=(
        "La personne qui reçoit ce badge a été vue au travail en train de faire ceci :\n\n{behaviours}\n\n"
        "La personne a pu répondre à ce qui a été noté. "
        "Une autre personne, qui n’avait rien noté elle-même, a vérifié puis décidé."
    ),
    _seen="{observations}, {situations}, {when}, {observers}.",
    _observations=("{number} observation", "{number} observations"),
    _situations=("dans {number} situation de travail", "dans {number} situations de travail"),
    _days=("{number} jour", "{number} jours"),
    _one_day="le {day}",
    _period="sur {days}, entre le {first} et le {last}",
    _observers=("par {number} personne", "par {number} personnes"),
    _previous=(
        "Cette personne avait déjà reçu ce badge le {day}. "
        "La compétence a été vue de nouveau au travail depuis, et vérifiée de nouveau."
    ),
    _checked="Une autre personne de la structure, qui n’avait rien noté elle-même, a vérifié puis décidé.",
    _checked_outside=(
        "Une personne extérieure à la structure, de l’organisation « {organisation} », a vérifié puis décidé."
    ),
    _matches={"exact": "correspondance exacte", "close": "correspondance proche"},
    _languages={"fr": "en français", "en": "en anglais"},
    _alignment="ESCO, {match}, nom {language}.",
    _last_singular=1,
    _locale="fr",
    _first_of_month="1er",
)

ENGLISH: Final = Wording(
    language="en",
    rubric_name="Level",
    evidence_name="Seen at work",
    previous_name="Earlier badge",
    _name="{skill}, level {rank} of 3",
    _criteria=(
        "The person who holds this badge was seen at work doing this:\n\n{behaviours}\n\n"
        "The person could answer what was noted. "
        "Somebody else, who had noted nothing themselves, checked it and then decided."
    ),
    _seen="{observations} {situations}, {when}, {observers}.",
    _observations=("{number} observation", "{number} observations"),
    _situations=("in {number} work situation", "in {number} work situations"),
    _days=("{number} day", "{number} days"),
    _one_day="on {day}",
    _period="on {days} between {first} and {last}",
    _observers=("by {number} person", "by {number} people"),
    _previous=(
        "This person already received this badge on {day}. "
        "The skill has been seen at work again since then, and checked again."
    ),
    _checked=(
        "Somebody else from the organisation, who had noted nothing themselves, checked it and then decided."
    ),
    _checked_outside=(
        "Somebody from outside the organisation, from “{organisation}”, checked it and then decided."
    ),
    _matches={"exact": "exact match", "close": "close match"},
    _languages={"fr": "in French", "en": "in English"},
    _alignment="ESCO, {match}, name {language}.",
    _last_singular=1,
    _locale="en_GB",
    _first_of_month="1",
)


@lru_cache(maxsize=4096)
def _long_date(day: date, locale: str) -> str:
    """Write a day in full, once: many badges of a wave name the same days."""
    return format_date(day, "long", locale=locale)


def wording(language: str) -> Wording:
    """Return the sentences in `language`; English for a language that credentials are not written in."""
    return FRENCH if language == "fr" else ENGLISH
