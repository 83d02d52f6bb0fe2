"""What a structure and a person may be: names, e-mail, roles, dates, passwords. Pure decisions."""

import re
import unicodedata
import uuid
from dataclasses import dataclass
from datetime import date

from email_validator import EmailNotValidError, validate_email

from badges.errors import (
    BadAddress,
    BadDates,
    BadEmail,
    BadName,
    EmailNeeded,
    NoProgrammedExit,
    PublicNameNeeded,
    RoleNeeded,
    WeakPassword,
)
from badges.people.models import StructureModel
from badges.permissions import STAFF, Role

NAME_LENGTH = 80
CREW_LENGTH = 80
REFERENCE_LENGTH = 60
SLUG_LENGTH = 60
PASSWORD_LENGTH = range(12, 201)
PASSWORD_DIFFERENT_LETTERS = 5
TELLING_LENGTH = 4
GIVEN_ROLES = frozenset({Role.WORKER, *STAFF})
IN_CHARGE_ROLES = frozenset({Role.SUPERVISOR, Role.TUTOR, Role.COACH})
_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{1,58}[a-z0-9])")
_COMMON_PASSWORDS = frozenset(
    {
        "motdepasse123", "motdepasse12", "motdepasse2026", "azertyuiop123", "azertyuiop12", "azertyuiopqs",
        "qwertyuiop12", "qwertyuiop123", "password1234", "password12345", "password2026", "administrateur",
        "administrator", "administration", "bonjour12345", "jetaime12345", "1q2w3e4r5t6y", "iloveyou1234",
        "loulou123456", "soleil123456", "doudou123456", "marseille123", "correcthorsebatterystaple",
    }
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class NewPerson:
    """Somebody to add to a structure. Workers need no e-mail; staff sign in with theirs."""

    given_name: str
    family_name: str = ""
    email: str | None = None
    language: str = "fr"
    roles: frozenset[Role]
    crew: str = ""
    reference: str | None = None
    started_on: date | None = None
    planned_exit_on: date | None = None


@dataclass(frozen=True, kw_only=True)
class PersonEdit:
    """What an administrator may correct about a person of their structure."""

    given_name: str
    family_name: str
    email: str | None
    language: str
    crew: str
    reference: str | None
    planned_exit_on: date | None


@dataclass(frozen=True, kw_only=True)
class StructureTexts:
    """What a structure says of itself: the first two stay inside, the public ones are on every badge."""

    legal_name: str
    kind: str
    model: StructureModel
    public_name: str
    public_description: str
    public_email: str = ""
    public_url: str = ""
    language: str = "fr"


@dataclass(frozen=True, kw_only=True)
class NewStructure(StructureTexts):
    """A structure to create, with its first administrator when there is one yet.

    Without a `slug` the address is made from the public name, never from the legal one.
    """

    slug: str = ""
    administrator: NewPerson | None = None


@dataclass(frozen=True)
class InCharge:
    """A member of staff in charge of a worker, in one role."""

    role: Role
    staff_id: uuid.UUID


def clean_name(name: str) -> str:
    """Return a first name fit to keep. Raises `BadName`."""
    name = " ".join(name.split())
    if not name or len(name) > NAME_LENGTH:
        raise BadName
    return name


def clean_email(email: str | None) -> str | None:
    """Return the address in small letters, or None when there is none. Raises `BadEmail`."""
    if not email or not email.strip():
        return None
    try:
        return validate_email(email.strip(), check_deliverability=False).normalized.lower()
    except EmailNotValidError as error:
        raise BadEmail(email=email.strip()) from error


def check_roles(roles: frozenset[Role], email: str | None) -> None:
    """Pass when these roles can be given to a person. Raises `RoleNeeded`, `EmailNeeded`."""
    if not roles or not roles <= GIVEN_ROLES:
        raise RoleNeeded
    if roles & STAFF and not email:
        raise EmailNeeded


def check_exit(model: StructureModel, started_on: date, planned_exit_on: date | None) -> None:
    """Pass when the exit date fits the model of the structure. Raises `NoProgrammedExit`, `BadDates`."""
    if planned_exit_on is None:
        return
    if model is StructureModel.SOCIAL_INTEGRATION:
        raise NoProgrammedExit
    if planned_exit_on < started_on:
        raise BadDates


def check_texts(texts: StructureTexts) -> None:
    """Pass when a structure has what the public must read. Raises `PublicNameNeeded`, `BadEmail`."""
    if not texts.public_name.strip():
        raise PublicNameNeeded
    clean_email(texts.public_email)


def make_slug(text: str) -> str:
    """Return `text` as the part of an address that names an issuer. Raises `BadAddress` if none is left."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:SLUG_LENGTH].strip("-")
    if not _SLUG.fullmatch(slug):
        raise BadAddress(slug=slug or text)
    return slug


def check_slug(slug: str) -> str:
    """Return `slug` when it is fit for an address. Raises `BadAddress`."""
    if not _SLUG.fullmatch(slug):
        raise BadAddress(slug=slug)
    return slug


def check_password(password: str, *, about: tuple[str, ...]) -> None:
    """Pass when `password` is hard to guess, also for somebody who knows `about` (names, e-mail).

    Raises `WeakPassword`. ASVS 5.0 6.2: length first, no rule about kinds of characters.
    """
    folded = password.casefold()
    telling = (part for text in about for part in re.split(r"[@.\s_-]+", text.casefold()))
    if (
        len(password) not in PASSWORD_LENGTH
        or len(set(folded)) < PASSWORD_DIFFERENT_LETTERS
        or folded in _COMMON_PASSWORDS
        or any(
            len(part) >= TELLING_LENGTH and folded.replace(part, "").strip("0123456789!") == ""
            for part in telling
        )
    ):
        raise WeakPassword
