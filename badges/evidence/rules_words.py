"""Words about health, family, justice, union or religion, pointed out so that the author can think again."""

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path

_LEXICON = Path(__file__).parent / "words"
_WORD = re.compile(r"[^\W\d_]+")
Phrase = tuple[str, ...]


class Topic(StrEnum):
    """What must not stand in evidence: it belongs to the person, or to the social worker."""

    HEALTH = "health"
    FAMILY = "family"
    JUSTICE = "justice"
    UNION = "union"
    RELIGION = "religion"


@dataclass(frozen=True)
class SensitiveWord:
    """A word as it was written, and what it speaks of."""

    word: str
    topic: Topic


@dataclass(frozen=True)
class Lexicon:
    """One language: phrases by topic, those that mean something else elsewhere, and harmless ones."""

    phrases: Mapping[Topic, tuple[Phrase, ...]]
    own_only: frozenset[Phrase]
    harmless: tuple[Phrase, ...]


def sensitive_words(text: str, language: str) -> tuple[SensitiveWord, ...]:
    """Return the sensitive words of `text` in order, each once.

    Words of every known language count, because people mix them; those that are ordinary words elsewhere
    ("pain" is bread in French) count only in `language`. Accents and capitals make no difference; a phrase
    ending with * matches every ending. It only warns: the person decides.
    """
    words = _WORD.findall(text)
    folded = [fold(word) for word in words]
    harmless = {place for lexicon in lexicons().values() for place in _covered(folded, lexicon.harmless)}
    found = {
        start: SensitiveWord(" ".join(words[start:end]), topic)
        for name, lexicon in lexicons().items()
        for start, end, topic in _hits(folded, lexicon, own=name == language)
        if not harmless.intersection(range(start, end))
    }
    return tuple(dict.fromkeys(found[start] for start in sorted(found)))


def fold(word: str) -> str:
    """Return `word` without accents and capitals, ligatures opened: "Décès" gives "deces"."""
    opened = word.casefold().replace("œ", "oe").replace("æ", "ae")
    return "".join(char for char in unicodedata.normalize("NFKD", opened) if not unicodedata.combining(char))


@lru_cache(maxsize=1)
def lexicons() -> Mapping[str, Lexicon]:
    """Return the word lists of words/<language>.json."""
    paths = sorted(_LEXICON.glob("*.json"))
    return {path.stem: _lexicon(json.loads(path.read_text(encoding="utf-8"))) for path in paths}


def _lexicon(data: Mapping[str, Sequence[str]]) -> Lexicon:
    return Lexicon(
        phrases={topic: tuple(_phrase(text) for text in data[topic]) for topic in Topic},
        own_only=frozenset(_phrase(text) for text in data["own_only"]),
        harmless=tuple(_phrase(text) for text in data["harmless"]),
    )


def _phrase(text: str) -> Phrase:
    return tuple(fold(word) for word in text.replace("'", " ").replace("-", " ").split())


def _hits(words: Sequence[str], lexicon: Lexicon, *, own: bool) -> Iterator[tuple[int, int, Topic]]:
    for topic, phrases in lexicon.phrases.items():
        for phrase in phrases:
            if own or phrase not in lexicon.own_only:
                yield from ((start, start + len(phrase), topic) for start in _places(words, phrase))


def _covered(words: Sequence[str], phrases: Sequence[Phrase]) -> Iterator[int]:
    for phrase in phrases:
        for start in _places(words, phrase):
            yield from range(start, start + len(phrase))


def _places(words: Sequence[str], phrase: Phrase) -> Iterator[int]:
    for start in range(len(words) - len(phrase) + 1):
        if all(_matches(words[start + offset], part) for offset, part in enumerate(phrase)):
            yield start


def _matches(word: str, part: str) -> bool:
    return word.startswith(part[:-1]) if part.endswith("*") else word == part
