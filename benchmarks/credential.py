"""The credential of all comparisons: what the product issues for one skill, to many made-up holders.

It is as rich as the one on which the limits were set: three references to ESCO, two results with their
descriptions, two pieces of evidence (one is the older badge that it renews), a picture of the issuer, an end.
"""

import json
import random
import uuid
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cache

from badges.frameworks.rules import Framework, parse
from badges.frameworks.service import catalogue_files
from badges.issuer.rules import achievement_spec
from badges.issuer.rules_template import Shape, award_template
from badges.issuer.rules_wording import wording
from badges.openbadges.credential import achievement_document
from badges.openbadges.keys import did_document, private_from_bytes, public_multibase
from badges.openbadges.loads import Document
from badges.openbadges.proof import ProofOptions
from badges.openbadges.specs import AlignmentSpec, IssuerProfile
from badges.openbadges.template import Template
from badges.openbadges.template_holes import hole
from badges.recognition.rules_basis import Basis

BASE = "https://badges.example"
DID = "did:web:badges.example:issuers:les-jardins"
SEED = bytes(range(32))
KEY = private_from_bytes(SEED)
METHOD = f"{DID}#{public_multibase(KEY.public_key())}"
DID_DOCUMENT = did_document(DID, [KEY.public_key()])
CREATED = datetime(2026, 11, 20, 14, 30, tzinfo=UTC)
PROOF = ProofOptions(METHOD, CREATED)
SKILL, LEVEL, LANGUAGE = "C05", "N2", "fr"
STATUS_LIST = uuid.UUID(int=7, version=4)
NAMES = ("Amina D.", "Bakary", "Zoë Ælfgifu", "N'Golo", "Marie-Ève", "Đặng Thị", 'Ana "la Brave"', "Łukasz")
THIRD = AlignmentSpec(
    target_name="travailler en équipe",
    target_url="http://data.europa.eu/esco/skill/60c78287-22eb-4103-9c8c-28deaa460da0",
    target_framework="ESCO",
    target_description="ESCO, le même savoir-faire, nom en français.",
)
AUTONOMY = f"{BASE}/achievements/{uuid.UUID(int=9, version=4)}#autonomy"
SECOND_DESCRIPTION = {
    "id": AUTONOMY,
    "type": ["ResultDescription"],
    "name": "Autonomie",
    "resultType": "RubricCriterionLevel",
    "rubricCriterionLevel": [
        {"id": f"{AUTONOMY}-A{mark}", "type": ["RubricCriterionLevel"], "name": name, "level": f"A{mark}"}
        for mark, name in enumerate(("avec de l'aide", "seul", "transmet"), 1)
    ],
}
ISSUER = IssuerProfile(
    id=DID,
    name="Les Jardins du Canal",
    url=f"{BASE}/issuers/les-jardins",
    description="Maraîchage et espaces verts.",
    email="contact@badges.example",
    image=f"{BASE}/issuers/les-jardins/logo.png",
)


@cache
def framework() -> Framework:
    """Return the soft skills of the catalogue."""
    (path,) = (path for path in catalogue_files() if path.stem.startswith("soft"))
    return parse(json.loads(path.read_text("utf-8")))


@cache
def template() -> Template:
    """Return the achievement, compiled."""
    return Template.compile(template_document())


def template_document() -> Document:
    """Return the credential with its holes."""
    words = wording(LANGUAGE)
    spec = achievement_spec(
        framework(),
        framework().skill(SKILL),
        LEVEL,
        wording=words,
        address=f"{BASE}/achievements/{uuid.UUID(int=9, version=4)}",
        caption="Badge hexagonal : coopérer, niveau 2 sur 3",
        creator=DID,
    )
    spec = replace(spec, alignments=(*spec.alignments, THIRD)[:3])
    document = award_template(
        ISSUER,
        spec,
        achievement_document(spec),
        level=LEVEL,
        wording=words,
        status_list=f"{BASE}/status/{hole('status_list')}",
        shape=Shape(ends=True, renews=True),
    )
    subject = document["credentialSubject"]
    subject["achievement"]["resultDescription"].append(SECOND_DESCRIPTION)
    subject["result"].append(
        {
            "id": f"urn:uuid:{hole('credential')}#result-2",
            "type": ["Result"],
            "resultDescription": AUTONOMY,
            "achievedLevel": f"{AUTONOMY}-{hole('autonomy')}",
            "value": hole("autonomy"),
        }
    )
    return document


def holders(count: int) -> list[dict[str, str]]:
    """Return the values of `count` holders, the same ones at each run."""
    chance = random.Random(20261123)  # noqa: S311 - made-up people
    return [_holder(chance, number) for number in range(count)]


def _holder(chance: random.Random, number: int) -> dict[str, str]:
    seen = Basis(
        observation_ids=(), observations=chance.randint(3, 20), days=chance.randint(2, 9),
        situations=chance.randint(2, 9), observers=chance.randint(1, 4), first_day=date(2026, 9, 1),
        last_day=date(2026, 11, chance.randint(1, 19)), situation_titles=(), agreed=3, reviewer_kind="inside",
        outside_organisation="",
    )  # fmt: skip
    return {
        "credential": _id(chance), "recipient": _id(chance), "name": f"{chance.choice(NAMES)} {number}",
        "narrative": wording(LANGUAGE).evidence(seen), "valid_from": "2026-11-20T14:30:00Z",
        "valid_until": "2031-11-20T14:30:00Z", "awarded_date": "2026-11-19T09:00:00Z",
        "status_list": str(STATUS_LIST), "status_index": str(chance.randrange(131_072)),
        "status_purpose": "revocation", "autonomy": chance.choice(("A1", "A2", "A3")), "renews": _id(chance),
        "previous": wording(LANGUAGE).previous(datetime(2024, 3, chance.randint(1, 28), tzinfo=UTC)),
    }  # fmt: skip


def _id(chance: random.Random) -> str:
    return str(uuid.UUID(int=chance.getrandbits(128), version=4))


@dataclass(frozen=True)
class Samples:
    """The same holders in every form that a peer wants: values, unsigned documents."""

    values: list[dict[str, str]]
    documents: list[Document]


@cache
def samples(count: int) -> Samples:
    """Return `count` holders of the credential."""
    values = holders(count)
    return Samples(values, [template().document(one) for one in values])
