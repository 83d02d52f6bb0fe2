"""The words of the letters we send, in the language of their reader. They name nobody and no scheme."""

import gettext
from functools import lru_cache
from pathlib import Path

from badges.errors import N_
from badges.people.mailer import Letter

_TRANSLATIONS = Path(__file__).resolve().parents[1] / "translations"
_SUBJECT = N_("Your sign-in link")
_BODY = N_(
    "Hello,\n\n"
    "Here is your link to sign in:\n\n%(link)s\n\n"
    "It works once, for %(minutes)s minutes.\n"
    "You did not ask for it? Do nothing: without this link, nobody can use it.\n"
)


def sign_in_letter(to: str, language: str, link: str, minutes: int) -> Letter:
    """Return the letter that carries a sign-in link."""
    words = _words(language)
    return Letter(to, words.gettext(_SUBJECT), words.gettext(_BODY) % {"link": link, "minutes": minutes})


@lru_cache(maxsize=8)
def _words(language: str) -> gettext.NullTranslations:
    """Return the catalogue of `language`; the texts themselves are English, so other languages read that."""
    return gettext.translation("messages", str(_TRANSLATIONS), languages=[language], fallback=True)
