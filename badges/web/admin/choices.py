"""What the administrator's forms offer: roles in words, languages by name, the model of the structure."""

from babel import Locale
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from badges.people import queries_people
from badges.people.models import StructureModel
from badges.permissions import Role
from badges.web.access import actor
from badges.web.i18n import language

ROLES = (
    (Role.WORKER.value, _l("Worker"), _l("Reads what was seen, answers, keeps badges.")),
    (Role.SUPERVISOR.value, _l("Supervisor"), _l("Notes what was seen at work, for their crew.")),
    (Role.TUTOR.value, _l("Tutor"), _l("Trains, and notes what was seen too.")),
    (Role.COACH.value, _l("Coach"), _l("Follows workers and talks things over.")),
    (Role.REVIEWER.value, _l("Reviewer"), _l("Reads everything again and decides.")),
    (Role.ADMIN.value, _l("Administrator"), _l("People, issuer, badges withdrawn.")),
)
MODELS = (
    (
        StructureModel.TREMPLIN.value,
        _l("Tremplin"),
        _l("People stay for a time, then leave for another job: an exit date can be kept."),
    ),
    (
        StructureModel.SOCIAL_INTEGRATION.value,
        _l("Intégration sociale"),
        _l("No exit is programmed: no exit date is asked for, none is kept."),
    ),
)
_FREQUENT = (
    "fr", "en", "ar", "fa", "prs", "ps", "ti", "am", "so", "ff", "bm", "wo", "snk", "ln", "sw", "uk", "ru",
    "ro",
    "bg", "sq", "sr", "tr", "ku", "ckb", "ka", "hy", "ta", "bn", "ur", "zh", "vi", "pt", "es", "it", "nl",
    "de",
    "rom",
)  # fmt: skip


def language_choices(present: str = "fr") -> list[tuple[str, str]]:
    """Return the languages to choose from by name, in the language of the page."""
    names = Locale(language()).languages
    codes = dict.fromkeys((*_FREQUENT, present))
    return [(code, str(names.get(code, code)).capitalize()) for code in codes]


def model_of(session: Session) -> StructureModel:
    """Return the model of the structure of this administrator."""
    return queries_people.structure_texts(session, actor()).model
