"""What a caller says about an issuer, an achievement and a credential, before it becomes JSON."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class IssuerProfile:
    """Who issues: `id` is the DID (or address) that controls the signing key."""

    id: str
    name: str
    url: str
    description: str = ""
    email: str = ""
    image: str = ""


@dataclass(frozen=True)
class AlignmentSpec:
    """A skill of a public reference that the achievement matches, for instance one of ESCO."""

    target_name: str
    target_url: str
    target_framework: str = ""
    target_code: str = ""
    target_description: str = ""


@dataclass(frozen=True)
class LevelSpec:
    """One rubric level: `id` a complete IRI, `level` its short mark such as N2."""

    id: str
    name: str
    level: str = ""
    description: str = ""


@dataclass(frozen=True)
class AchievementSpec:
    """What can be achieved, the same for every holder; texts in `language` (BCP 47, as `fr`).

    `levels` is the whole rubric, lowest first, held in one result description `rubric_id`.
    """

    id: str
    name: str
    description: str
    criteria_narrative: str
    image_url: str
    language: str
    tags: tuple[str, ...] = ()
    alignments: tuple[AlignmentSpec, ...] = ()
    levels: tuple[LevelSpec, ...] = ()
    rubric_id: str = ""
    rubric_name: str = ""
    achievement_type: str = "Competency"
    image_caption: str = ""
    creator: str = ""
    version: str = ""


@dataclass(frozen=True)
class EvidenceSpec:
    """How it was seen: a public summary, never raw notes.

    `id` is the page or the older credential that is the evidence; without one, the evidence is a part
    of the credential and gets its id from it.
    """

    name: str
    narrative: str
    genre: str = ""
    id: str = ""


@dataclass(frozen=True)
class StatusEntry:
    """Where the credential stands in a status list: entry number `index` of the list at `list_url`."""

    list_url: str
    index: int
    purpose: str = "revocation"


@dataclass(frozen=True)
class CredentialSpec:
    """One award to one person: moments are aware, `recipient_id` is an opaque IRI (urn:uuid:…).

    `recipient_name` is the form of the name that the person chose, or nothing.
    `achieved_level` is the id of one of the achievement's levels, or nothing.
    """

    id: str
    issuer: IssuerProfile
    achievement: AchievementSpec
    recipient_id: str
    valid_from: datetime
    awarded_date: datetime
    status: StatusEntry | None = None
    recipient_name: str = ""
    valid_until: datetime | None = None
    achieved_level: str = ""
    evidence: tuple[EvidenceSpec, ...] = ()
    description: str = ""
