"""Every text of the interface is in French, complete and well set."""

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.frontend import CommandLineInterface
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]
KEYWORDS = ("N_", "_l", "lazy_gettext", "ngettext:1,2")
HOLES = re.compile(r"%\((\w+)\)[sd]|\{(\w+)\}")
NARROW = "\u202f\u00a0"


@pytest.fixture(scope="module")
def french() -> Catalog:
    with (ROOT / "badges/translations/fr/LC_MESSAGES/messages.po").open("rb") as file:
        return read_po(file, locale="fr")


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    template = tmp_path_factory.mktemp("i18n") / "messages.pot"
    keywords = [part for keyword in KEYWORDS for part in ("-k", keyword)]
    arguments = ["pybabel", "-q", "extract", "-F", str(ROOT / "pyproject.toml"), *keywords]
    CommandLineInterface().run([*arguments, "-o", str(template), str(ROOT)])
    with template.open("rb") as file:
        return read_po(file)


def messages(catalog: Catalog) -> list[Message]:
    return [message for message in catalog if message.id]


def texts(message: Message) -> list[str]:
    return [message.string] if isinstance(message.string, str) else list(message.string)


def sources(message: Message) -> list[str]:
    return [message.id] if isinstance(message.id, str) else list(message.id)


def test_every_text_is_translated(french: Catalog, collected: Catalog) -> None:
    assert len(messages(collected)) > 1000
    missing = [
        message.id
        for message in messages(collected)
        if (known := french.get(message.id)) is None or not all(texts(known)) or known.fuzzy
    ]
    assert missing == []


def test_no_translation_is_left_over(french: Catalog, collected: Catalog) -> None:
    assert [message.id for message in messages(french) if collected.get(message.id) is None] == []


def test_translations_fill_the_same_holes(french: Catalog) -> None:
    wrong = [
        message.id
        for message in messages(french)
        for text in texts(message)
        if set(HOLES.findall(text)) - {hole for source in sources(message) for hole in HOLES.findall(source)}
        or set(HOLES.findall(sources(message)[-1])) - set(HOLES.findall(text)) - {("num", "")}
    ]
    assert wrong == []


def test_french_typography(french: Catalog) -> None:
    """A no-break space before ? ! : ; » and after «, and curly apostrophes."""
    wrong = [
        text
        for message in messages(french)
        for text in texts(message)
        if re.search(rf"(?<![{NARROW}\s])[?!»](?!\w)|\s(?<![{NARROW}])[?!:;»]|«(?![{NARROW}])|\w'\w", text)
    ]
    assert wrong == []
