"""What we build is what every published schema and verifier asks for, and lint stops everything else."""

import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from badges.errors import BadProof, NotIssuable, UnsupportedProof
from badges.openbadges import proof as data_integrity
from badges.openbadges.credential import CONTEXTS, achievement_document, profile_document
from badges.openbadges.jsonld import canonicalize
from badges.openbadges.keys import generate_private_key
from badges.openbadges.lint import lint, lint_faults
from badges.openbadges.loads import dump_json
from badges.openbadges.moments import parse_timestamp, timestamp
from badges.openbadges.schema import STRICT, TOLERANT, faults
from badges.openbadges.specs import EvidenceSpec
from tests.interop.examples import ACHIEVEMENT, CREDENTIAL, DID, ISSUED, ISSUER, KEY, METHOD, signed, unsigned

REFERENCE = Path(__file__).parents[1] / "data/openbadges/samples/reference/ob3-didweb-6-proof-array.json"


def _shape(value: object) -> object:
    if isinstance(value, dict):
        return {name: _shape(item) for name, item in value.items()}
    return [_shape(value[0])] if isinstance(value, list) else type(value).__name__


def test_a_credential_has_the_recommended_shape() -> None:
    reference = json.loads(REFERENCE.read_text(encoding="utf-8"))
    ours = signed()
    assert ours["@context"] == reference["@context"] == list(CONTEXTS)
    for name in (
        "type",
        "credentialStatus",
        "credentialSchema",
        "proof",
        "validFrom",
        "validUntil",
        "awardedDate",
    ):
        assert _shape(ours[name]) == _shape(reference[name]), name
    theirs, subject = reference["credentialSubject"], ours["credentialSubject"]
    [result] = subject["result"]
    assert result.pop("id") == f"{CREDENTIAL.id}#result-1"
    assert _shape([result]) == _shape(theirs["result"])
    for name in ("type", "criteria", "tag", "inLanguage", "achievementType"):
        assert _shape(subject["achievement"][name]) == _shape(theirs["achievement"][name]), name


@pytest.mark.parametrize("schema", [TOLERANT, STRICT])
def test_a_signed_credential_passes_both_published_schemas(schema: str) -> None:
    assert faults(signed(), schema) == ()


def test_evidence_is_a_part_of_the_credential_unless_it_is_something_else() -> None:
    own, older = EvidenceSpec("Observations", "12."), EvidenceSpec("Badge", "2021.", id="urn:uuid:older")
    found = unsigned(evidence=(own, older, own))["evidence"]
    assert [item["id"] for item in found] == [
        f"{CREDENTIAL.id}#evidence-1",
        "urn:uuid:older",
        f"{CREDENTIAL.id}#evidence-3",
    ]


def test_lint_lets_a_good_credential_through() -> None:
    lint(unsigned(), verification_method=METHOD)


def test_the_level_the_name_and_the_status_stand_where_verifiers_look() -> None:
    subject = unsigned()["credentialSubject"]
    [rubric] = subject["achievement"]["resultDescription"]
    [result] = subject["result"]
    assert result["resultDescription"] == rubric["id"]
    assert result["achievedLevel"] == rubric["rubricCriterionLevel"][1]["id"]
    assert subject["id"].startswith("urn:uuid:")
    assert subject["identifier"] == [
        {"type": "IdentityObject", "hashed": False, "identityHash": "Amina D.", "identityType": "name"}
    ]
    assert unsigned()["credentialStatus"]["id"].endswith("/status/1#5")
    assert unsigned()["credentialStatus"]["statusListIndex"] == "5"
    assert "targetType" not in subject["achievement"]["alignment"][0]


def test_what_is_not_said_leaves_no_member_behind() -> None:
    bare = unsigned(
        achievement=replace(ACHIEVEMENT, tags=(), alignments=(), levels=(), creator="", image_caption=""),
        issuer=replace(ISSUER, description="", email="", image=""),
        recipient_name="",
        valid_until=None,
        status=None,
        achieved_level="",
        evidence=(),
    )
    lint(bare, verification_method=METHOD)
    assert not {"validUntil", "evidence", "credentialStatus", "description"} & set(bare)
    assert set(bare["credentialSubject"]) == {"id", "type", "achievement"}


def test_the_same_text_for_every_holder() -> None:
    others = unsigned(recipient_id="urn:uuid:00000000-0000-4000-8000-000000000000", recipient_name="B.")
    assert others["credentialSubject"]["achievement"] == unsigned()["credentialSubject"]["achievement"]


def test_achievement_and_profile_stand_on_their_own() -> None:
    assert canonicalize(achievement_document(ACHIEVEMENT))
    assert canonicalize(profile_document(ISSUER))
    assert achievement_document(ACHIEVEMENT)["id"] == ACHIEVEMENT.id
    assert profile_document(ISSUER)["id"] == DID


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda d: d.update(note="x"), "no context defines it"),
        (lambda d: d.pop("validFrom"), "validFrom"),
        (lambda d: d.update(validUntil="2020-01-01T00:00:00Z"), "before validFrom"),
        (lambda d: d.update(awardedDate="2026-01-01"), "awardedDate"),
        (lambda d: d.update(name=""), r"\$\.name: empty"),
        (lambda d: d.update(evidence=[]), r"evidence: empty"),
        (lambda d: d.update(description=None), r"description: empty"),
        (lambda d: d.update(issuer=DID), "issuer"),
        (lambda d: d["issuer"].update(id="did:web:other.example"), "does not control"),
        (lambda d: d["credentialSubject"]["achievement"].pop("criteria"), "criteria"),
        (lambda d: d["credentialSubject"]["achievement"].update(inLanguage="français"), "inLanguage"),
        (lambda d: d["credentialSubject"]["result"][0].update(achievedLevel="urn:x:N9"), "no such level"),
        (lambda d: d["credentialSubject"]["result"][0].update(resultDescription="urn:x:r"), "no such result"),
        (lambda d: d["credentialStatus"].update(id=d["credentialStatus"]["statusListCredential"]), "#index"),
        (lambda d: d["credentialStatus"].update(statusListIndex=5), "digits"),
        (lambda d: d["credentialStatus"].update(type="StatusList2021Entry"), "BitstringStatusListEntry"),
        (lambda d: d.update(evidence=d["evidence"][0]), "evidence"),
        (lambda d: d.update(description="x" * 70_000), "bytes"),
        (lambda d: d["@context"].reverse(), "@context"),
        (lambda d: d["@context"].pop(), "1EdTechJsonSchemaValidator2019"),
    ],
)
def test_lint_names_what_must_not_be_signed(change: Callable[[dict[str, Any]], object], fault: str) -> None:
    document = deepcopy(unsigned())
    change(document)
    with pytest.raises(NotIssuable, match=fault):
        lint(document, verification_method=METHOD)


def test_lint_reports_every_fault_at_once() -> None:
    broken = unsigned() | {"note": "x", "evidence": [], "validUntil": "never"}
    assert len(list(lint_faults(broken))) >= 3


def test_a_level_that_the_achievement_does_not_have_cannot_be_built() -> None:
    with pytest.raises(StopIteration):
        unsigned(achieved_level="urn:x:N9")


def test_the_same_inputs_sign_to_the_same_bytes() -> None:
    assert dump_json(signed()) == dump_json(signed())
    assert list(signed())[-1] == "proof"


def test_signing_again_replaces_the_proof_and_leaves_the_document_alone() -> None:
    once = signed()
    before = deepcopy(once)
    assert data_integrity.sign(once, KEY, METHOD, ISSUED) == once == before


def test_a_proof_by_another_key_or_for_another_purpose_or_suite_does_not_hold() -> None:
    document = signed()
    [proof] = document["proof"]
    data_integrity.check(document, proof, KEY.public_key())
    with pytest.raises(BadProof):
        data_integrity.check(document, proof, generate_private_key().public_key())
    for change in (
        {"proofPurpose": "authentication"},
        {"proofValue": "z" + "1" * 88},
        {"proofValue": "u1111"},
        {"proofValue": 5},
        {"created": "2026-11-20T14:30:01Z"},
    ):
        with pytest.raises(BadProof):
            data_integrity.check(document, proof | change, KEY.public_key())
    with pytest.raises(UnsupportedProof):
        data_integrity.check(document, proof | {"cryptosuite": "eddsa-jcs-2022"}, KEY.public_key())


def test_moments_are_written_in_utc_whole_seconds() -> None:
    moment = datetime(2026, 3, 29, 3, 30, 15, 999, tzinfo=timezone(timedelta(hours=2)))
    assert timestamp(moment) == "2026-03-29T01:30:15Z"
    with pytest.raises(ValueError, match="2026"):
        timestamp(datetime(2026, 1, 1))  # noqa: DTZ001 - the naive moment is the point


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-02T03:04:05Z", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2026-01-02t03:04:05.1234567+02:00", datetime(2026, 1, 2, 1, 4, 5, 123456, tzinfo=UTC)),
        ("2026-02-30T03:04:05Z", None),
        ("2026-01-02T03:04:05", None),
        ("2026-01-02", None),
        ("٢٠٢٦-01-02T03:04:05Z", None),
        (20260102, None),
    ],
)
def test_moments_are_read_strictly(text: object, moment: datetime | None) -> None:
    assert parse_timestamp(text) == moment


def test_credentials_are_about_one_person_by_an_opaque_id() -> None:
    assert CREDENTIAL.recipient_id in dump_json(unsigned()).decode()
    assert "mailto" not in dump_json(unsigned()).decode()
