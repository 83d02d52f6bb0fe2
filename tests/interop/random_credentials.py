"""Random credentials of every shape that the pinned contexts allow, and texts that break careless code."""

import json
from copy import deepcopy
from pathlib import Path
from random import Random
from typing import Any

from badges.openbadges.contexts import CREDENTIALS_V1, CREDENTIALS_V2, EXTENSIONS, OPEN_BADGES
from badges.openbadges.places import walk
from tests.interop.examples import signed, status_list, unsigned

SAMPLES = Path(__file__).parents[1] / "data" / "openbadges" / "samples"
OB_3_0_1 = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.1.json"
OB_3_0_2 = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.2.json"
CONTEXT_LISTS = (
    [CREDENTIALS_V2, OPEN_BADGES, EXTENSIONS],
    [CREDENTIALS_V2, OPEN_BADGES, EXTENSIONS],
    [CREDENTIALS_V2, OPEN_BADGES],
    [CREDENTIALS_V2, OB_3_0_2, EXTENSIONS],
    [CREDENTIALS_V1, OB_3_0_1, EXTENSIONS],
)
ALPHABETS = (
    "abc XYZ 019",
    "éèàçùœÉ«»’– ",
    "\"\\'/<>{}|^`",
    "\n\r\t ",
    "😀🎖𝔸\U0010ffff",
    "日本語 العربية עברית",
    "\u2028\u2029\u00a0\u200d\u202e",
)
IRIS = (
    "https://x.example/é?q=1#f",
    "urn:uuid:7d9c3a52-90cb-4b0b-a8be-5d9a8e1f2b11",
    "did:web:a.example:b",
    "mailto:a@b.example",
    "_:b0",
    "_:x",
    "cred:credentialSubject",
    "xsd:string",
    "data:,a%20b",
)
TYPES = (
    "Achievement", "Address", "Alignment", "Criteria", "Evidence", "GeoCoordinates", "IdentifierEntry",
    "IdentityObject", "Image", "Profile", "Related", "Result", "ResultDescription", "RubricCriterionLevel",
    "VerifiableCredential", "EndorsementSubject", "EndorsementCredential", "https://x.example/Type",
)  # fmt: skip
MEMBERS = (
    "tag",
    "proof",
    "geo",
    "termsOfUse",
    "urn:x:p",
    "xsd:string",
    "cred:evidence",
    "@type",
    "@id",
    "type",
)
# Members that the contexts define for objects of a type: plain texts, then objects and identifiers.
TEXTS_OF = {
    "Achievement": "achievementType creditsAvailable fieldOfStudy humanCode inLanguage tag version",
    "AchievementSubject": "activityEndDate creditsEarned licenseNumber narrative role term",
    "Alignment": "targetCode targetDescription targetFramework targetName targetType targetUrl",
    "Criteria": "narrative",
    "Evidence": "narrative genre audience",
    "Image": "caption",
    "Profile": "phone email url familyName givenName dateOfBirth official",
    "Result": "achievedLevel resultDescription status value",
    "ResultDescription": "allowedValue requiredLevel requiredValue resultType valueMax valueMin",
    "RubricCriterionLevel": "level points",
    "OpenBadgeCredential": "awardedDate validUntil name description",
}
OBJECTS_OF = {
    "Achievement": "alignment creator criteria image otherIdentifier related resultDescription endorsement",
    "AchievementSubject": "achievement identifier image result source",
    "Profile": "address image otherIdentifier parentOrg endorsement",
    "Result": "alignment",
    "ResultDescription": "alignment rubricCriterionLevel",
    "OpenBadgeCredential": "endorsement evidence image refreshService termsOfUse credentialSchema",
    "EndorsementCredential": "evidence credentialStatus proof",
}
FIXED = ("id", "type", "@id", "@type", "@context", "verificationMethod", "url", "criteria", "issuer")
NUMBERS = (0, 1, -7, 5.0, 1.5, -0.0, 0.1, 12.25, 99.99, 1e15, 2**53 - 1, -(2**53) + 1)


def text(chance: Random) -> str:
    """Return a text of one to four alphabets, without the control characters that we refuse."""
    letters = "".join(chance.sample(ALPHABETS, chance.randint(1, 4)))
    return "".join(chance.choice(letters) for _ in range(chance.randint(0, 30)))


def value(chance: Random, depth: int = 0) -> Any:
    """Return any value: a scalar, a value object, a node, an embedded credential, or lists of these."""
    kind = chance.randint(0, 9 if depth < 4 else 4)
    if kind <= 2:
        return chance.choice((text(chance), *IRIS, *NUMBERS, True, False, None, [], {}))
    if kind <= 4:
        return value_object(chance)
    if kind <= 6:
        return [value(chance, depth + 1) for _ in range(chance.randint(0, 3))]
    if kind == 7:
        return chance.choice((signed(), endorsement(), {"id": chance.choice(IRIS)}))
    return node(chance, depth)


def value_object(chance: Random) -> dict[str, Any]:
    """Return a value object: plain, with a language, or with a datatype."""
    kind = chance.randint(0, 3)
    if kind == 0:
        return {"@value": chance.choice((*NUMBERS, True, text(chance)))}
    if kind == 1:
        return {"@value": text(chance), "@language": chance.choice(("fr", "fr-CH", "ar", "zh-Hant-TW"))}
    kinds = ("https://x.example/datatype", "http://www.w3.org/2001/XMLSchema#date", "xsd:date")
    return {"@value": text(chance), "@type": chance.choice(kinds)}


def node(chance: Random, depth: int) -> dict[str, Any]:
    """Return an object with some types and members, not always ones that go together."""
    found: dict[str, Any] = {"type": chance.sample(TYPES, chance.randint(1, 2))}
    if chance.random() < 0.5:
        found["id"] = chance.choice(IRIS)
    for _ in range(chance.randint(0, 3)):
        found[chance.choice(MEMBERS)] = value(chance, depth + 1)
    return found


def endorsement() -> dict[str, Any]:
    """Return an embedded credential with contexts and a proof of its own."""
    found: dict[str, Any] = json.loads((SAMPLES / "1edtech" / "endorsement-valid.json").read_bytes())
    return found


def bases() -> list[dict[str, Any]]:
    """Return the documents that changes start from: ours, and those the specification prints."""
    names = ("spec/basicOpenBadgeCredential", "spec/fullOpenBadge", "1edtech/complete", "1edtech/simple")
    samples = [json.loads((SAMPLES / f"{name}.json").read_bytes()) for name in names]
    return [unsigned(), unsigned(), signed(), status_list(3), endorsement(), *samples]


def member(chance: Random, types: list[str]) -> tuple[str, Any]:
    """Return a member with a value, most often ones that the types of its object define."""
    known = [name for name in types if isinstance(name, str) and name in TEXTS_OF]
    if chance.random() < 0.04:
        return chance.choice(MEMBERS), value(chance)
    if not known:
        return chance.choice(("name", "description", "urn:x:p")), value_object(chance)
    if known[0] in OBJECTS_OF and chance.random() < 0.4:
        found = chance.choice(
            (node(chance, 3), endorsement(), {"id": chance.choice(IRIS)}, [node(chance, 3)])
        )
        return chance.choice(OBJECTS_OF[known[0]].split()), found
    scalars = (
        text(chance),
        value_object(chance),
        chance.choice(NUMBERS),
        [text(chance), [text(chance)], None],
    )
    return chance.choice(TEXTS_OF[known[0]].split()), chance.choice(scalars)


def credential(chance: Random, starts: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a random credential: often sound, sometimes not one that can be signed."""
    document = deepcopy(chance.choice(starts))
    if chance.random() < 0.1:
        document["@context"] = chance.choice(CONTEXT_LISTS)
    for _ in range(chance.randint(1, 6)):
        place = chance.choice([found for _, found in walk(document) if isinstance(found, dict) and found])
        types = place.get("type", [])
        texts = [name for name, found in place.items() if isinstance(found, str) and name not in FIXED]
        if texts and chance.random() < 0.5:
            place[chance.choice(texts)] = text(chance)
        elif chance.random() < 0.9:
            name, found = member(chance, types if isinstance(types, list) else [types])
            place[name] = found
        elif isinstance(types, list):
            place["type"] = [*types, chance.choice(TYPES)]
    if chance.random() < 0.2:
        document["evidence"] = [{"type": ["Evidence"], "genre": "photo"}] * chance.randint(2, 4)
    return document
