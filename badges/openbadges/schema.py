"""The published OB 3.0 JSON Schemas, applied offline: the tolerant one and the one strict on lists."""

from functools import cache
from typing import Final

from jsonschema_rs import Draft201909Validator

from badges.data_files import data_dir
from badges.openbadges.loads import Document, load_json
from badges.openbadges.places import shown

TOLERANT: Final = "ob_v3p0_achievementcredential_schema.json"
STRICT: Final = "ob_v3p0_achievementcredential_schema.strict-arrays.json"
ENDORSEMENT: Final = "ob_v3p0_endorsementcredential_schema.json"
MAX_FAULTS: Final = 20

KNOWN_IDS: Final = {
    "https://purl.imsglobal.org/spec/ob/v3p0/schema/json/" + TOLERANT: TOLERANT,
    "https://purl.imsglobal.org/spec/ob/v3p0/schema/json-ld/" + TOLERANT: STRICT,
    "https://purl.imsglobal.org/spec/ob/v3p0/schema/json/" + ENDORSEMENT: ENDORSEMENT,
}
"""The `credentialSchema` ids that we hold -> file name in `schemas/ob_v3p0/`."""


def faults(document: Document, schema: str = TOLERANT) -> tuple[str, ...]:
    """Return what `schema` finds wrong with `document`, place first, at most 20 lines; none is good."""
    found: list[str] = []
    for error in validator(schema).iter_errors(document):
        found.append(f"{shown(tuple(error.instance_path))}: {error.message[:160]}")
        if len(found) == MAX_FAULTS:
            break
    return tuple(found)


@cache
def validator(schema: str) -> Draft201909Validator:
    """Return the validator of a file in `schemas/ob_v3p0/`, compiled once.

    These schemas refer to nothing outside. Formats are left alone, as draft 2019-09 has it (7.2.1).
    """
    text = (data_dir("schemas") / "ob_v3p0" / schema).read_bytes()
    return Draft201909Validator(load_json(text), validate_formats=False)
