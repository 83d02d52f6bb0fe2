"""The credential of an achievement with holes for what differs from holder to holder, and what fills them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from badges.issuer.rules import Award, beginning, level_id, redated, relisted, renamed
from badges.issuer.rules_wording import Wording
from badges.openbadges.credential import credential_document
from badges.openbadges.loads import Document
from badges.openbadges.moments import timestamp
from badges.openbadges.specs import AchievementSpec, CredentialSpec, EvidenceSpec, IssuerProfile, StatusEntry
from badges.openbadges.template_holes import hole

NOTHING_SEEN: Final = "$.evidence: nothing was observed"
_NOT_EMBEDDED: Final = frozenset({"@context", "creator"})
_ANY_DAY: Final = datetime(2000, 1, 1, tzinfo=UTC)
_written = lru_cache(maxsize=1024)(timestamp)
"""The badges of a wave share their moments."""


@dataclass(frozen=True)
class Shape:
    """Which members a credential has besides the usual ones: an end, and a badge it takes over from."""

    ends: bool
    renews: bool


def award_template(
    issuer: IssuerProfile,
    spec: AchievementSpec,
    achievement: Document,
    *,
    level: str,
    wording: Wording,
    status_list: str,
    shape: Shape,
) -> Document:
    """Return the unsigned credential that every holder of an achievement gets, with holes.

    It embeds the achievement word for word as it is served. Only its creator is left out: it is the issuer,
    and RDF keeps what is said twice of one node once, so a stranger's verifier would not notice when the
    second saying is cut out of the signed document. `status_list` is the address of a list, with a hole.
    """
    document = credential_document(
        CredentialSpec(
            id=f"urn:uuid:{hole('credential')}",
            issuer=issuer,
            achievement=spec,
            recipient_id=f"urn:uuid:{hole('recipient')}",
            recipient_name=hole("name"),
            valid_from=_ANY_DAY,
            valid_until=_ANY_DAY if shape.ends else None,
            awarded_date=_ANY_DAY,
            status=StatusEntry(status_list, 0),
            achieved_level=level_id(spec.id, level),
            evidence=_evidence(wording, shape),
        )
    )
    embedded = {name: value for name, value in achievement.items() if name not in _NOT_EMBEDDED}
    status = {
        "id": f"{status_list}#{hole('status_index')}",
        "statusPurpose": hole("status_purpose"),
        "statusListIndex": hole("status_index"),
    }
    moments = {"validFrom": hole("valid_from"), "awardedDate": hole("awarded_date")}
    return document | {
        "name": embedded["name"],
        **moments,
        **({"validUntil": hole("valid_until")} if shape.ends else {}),
        "credentialSubject": document["credentialSubject"] | {"achievement": embedded},
        "credentialStatus": document["credentialStatus"] | status,
    }


def award_values(award: Award, wording: Wording) -> dict[str, str]:
    """Return what fills the holes of the template of `award`, by name of hole."""
    values = {
        "credential": str(award.credential_id),
        "recipient": str(award.recipient_id),
        "name": award.name,
        "narrative": wording.evidence(award.basis),
        "valid_from": _written(award.reserved_at),
        "awarded_date": _written(award.awarded_at),
        "status_list": str(award.place.status_list_id),
        "status_index": str(award.place.index),
        "status_purpose": "revocation",
    }
    if award.valid_until:
        values["valid_until"] = _written(award.valid_until)
    if award.renews_id and award.previous_at:
        values["renews"] = str(award.renews_id)
        values["previous"] = wording.previous(award.previous_at.date())
    return values


def unfit(values: Mapping[str, str]) -> str:
    """Return why a well-formed credential must still not be signed, or nothing."""
    return "" if values["narrative"] else NOTHING_SEEN


@dataclass(frozen=True)
class Amendment:
    """What a new edition of an award says anew besides validFrom: a name, a status entry, or nothing."""

    name: str = ""
    entry: StatusEntry | None = None

    def of_values(self, values: Mapping[str, str], moment: datetime) -> dict[str, str]:
        """Return `values` (of a template) valid from `moment`, amended."""
        amended = {**values, "valid_from": beginning(moment, values.get("valid_until", ""))}
        if self.name:
            amended["name"] = self.name
        if self.entry:
            amended["status_list"] = self.entry.list_url.rpartition("/")[2]
            amended["status_index"] = str(self.entry.index)
            amended["status_purpose"] = self.entry.purpose
        return amended

    def of_document(self, document: Document, moment: datetime) -> Document:
        """Return `document` (frozen whole, by an earlier release) valid from `moment`, amended."""
        amended = redated(document, moment)
        if self.name:
            amended = renamed(amended, moment, name=self.name)
        return relisted(amended, moment, entry=self.entry) if self.entry else amended


def _evidence(wording: Wording, shape: Shape) -> tuple[EvidenceSpec, ...]:
    seen = EvidenceSpec(wording.evidence_name, hole("narrative"))
    before = EvidenceSpec(wording.previous_name, hole("previous"), id=f"urn:uuid:{hole('renews')}")
    return (seen, before) if shape.renews else (seen,)
