"""The verifier: right about every public sample, never fooled by a change, never broken by nonsense."""

import json
from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from badges.errors import Unreadable, Unresolvable
from badges.openbadges import proof as data_integrity
from badges.openbadges.bake import bake
from badges.openbadges.did import did_web_address
from badges.openbadges.keys import did_document, generate_private_key, multikey, public_multibase
from badges.openbadges.loads import dump_json
from badges.openbadges.multibase import encode_base58
from badges.openbadges.places import walk
from badges.openbadges.report import Check, Outcome, Report, Verdict, verdict_of
from badges.openbadges.resolve import MapResolver
from badges.openbadges.status import encode
from badges.openbadges.verify import ENDORSED, ENDORSED_BY_WHOM, NOT_ENDORSED, verify
from tests.interop.examples import (
    BASE,
    DID,
    ISSUED,
    KEY,
    LIST_URL,
    METHOD,
    NOW,
    documents,
    signed,
    status_list,
    unsigned,
)

SAMPLES = Path(__file__).parents[1] / "data" / "openbadges" / "samples"
TEST_LIST = (
    "https://raw.githubusercontent.com/1EdTech/digital-credentials-public-validator/refs/heads/main/"
    "inspector-vc/src/test/resources/ob30/bit-string-list/testlist"
)


def _sample(name: str) -> Any:
    return json.loads((SAMPLES / name).read_text(encoding="utf-8"))


def _report(document: dict[str, Any], known: dict[str, Any] | None = None, now: datetime = NOW) -> Report:
    resolver = MapResolver(documents() if known is None else known)
    return verify(dump_json(document), resolver=resolver, now=now)


def _check(report: Report, name: str) -> Check:
    return next(check for check in report.checks if check.id == name)


# -- public samples: the verdict that their publishers declare ------------------------------------
@pytest.mark.parametrize(
    ("name", "verdict"),
    [
        ("1edtech/bsl-credential-status-revoked-blank-nodes.json", "revoked"),
        ("1edtech/complete.json", "unknown"),
        ("1edtech/endorsement-valid.json", "valid"),
        ("1edtech/simple-context-version.json", "valid"),
        ("1edtech/simple-err-context.json", "invalid"),
        ("1edtech/simple-err-credential-subject-type.json", "invalid"),
        ("1edtech/simple-err-evidence-type.json", "invalid"),
        ("1edtech/simple-err-expired.json", "expired"),
        ("1edtech/simple-err-issuer-type.json", "invalid"),
        ("1edtech/simple-err-proof-method.json", "invalid"),
        ("1edtech/simple-err-proof-value.json", "invalid"),
        ("1edtech/simple-json.png", "valid"),
        ("1edtech/simple-json.svg", "valid"),
        ("1edtech/simple-jwt.svg", "valid"),
        ("1edtech/simple-multiple-proofs.json", "invalid"),
        ("1edtech/simple-noproof.json", "invalid"),
        ("1edtech/simple.1ob", "valid"),
        ("1edtech/simple.json", "valid"),
        ("1edtech/simple.jwt", "invalid"),
        ("1edtech/simple_v1.json", "valid"),
        ("dcc/di-didkey--legacyRegistry-noStatus-noExpiry-OBSpecExample.json", "valid"),
        ("dcc/di-didkey--legacyRegistry-noStatus-noExpiry-alignments.json", "valid"),
        ("dcc/di-didkey--legacyRegistry-noStatus-noExpiry-basicOBv3.json", "valid"),
        ("dcc/di-didkey--legacyRegistry-noStatus-noExpiry-minimal.json", "invalid"),
        ("dcc/di-didkey--legacyRegistry-noStatus-notExpired-withSchema.json", "valid"),
        ("dcc/di-didkey--oidf-noStatus-notExpired-notYetValid.json", "not-yet-valid"),
        ("dcc/di-didkey--twoOIDF-revoked-notExpired-badSchema.json", "invalid"),
        ("dcc/legacy-noStatus-notExpired-endorsement.json", "valid"),
        ("reference/ob3-didweb-6-proof-array.json", "valid"),
        ("reference/ob3-didweb-6.json", "valid"),
        ("reference/ob3-didweb-7.json", "revoked"),
        ("reference/ob3.jwt", "valid"),
        ("reference/var-arrstatus.json", "invalid"),
        ("reference/var-emailtype.json", "invalid"),
        ("reference/var-endjwt.json", "valid"),
        ("reference/var-noext.unsigned.json", "invalid"),
        ("reference/var-nostatusid.json", "valid"),
        ("reference/var-profileaddr.json", "valid"),
        ("reference/var-scalars.unsigned.json", "invalid"),
        ("reference/var-srcprofile.json", "valid"),
        ("reference/var-subjname.json", "valid"),
        ("reference/var-unkterm.unsigned.json", "invalid"),
        ("reference/var-unverctx.unsigned.json", "invalid"),
    ],
)
def test_public_samples_get_the_verdict_their_publishers_declare(name: str, verdict: str) -> None:
    known = _sample("reference/docs.json") | {
        "https://issuer.example/keys/rsa-1": _sample("reference/rsa-pub.jwk.json"),
        TEST_LIST: _sample("1edtech/bsl-testlist"),
    }
    report = verify((SAMPLES / name).read_bytes(), resolver=MapResolver(known), now=NOW)
    assert report.verdict == verdict, report.checks


def test_who_vouches_for_the_key_is_told_apart() -> None:
    assert _check(_report(signed()), "issuer").outcome is Outcome.OK
    self_asserted = verify((SAMPLES / "1edtech/simple.json").read_bytes(), resolver=MapResolver({}), now=NOW)
    assert _check(self_asserted, "issuer").outcome is Outcome.WARNING


# -- our own credential ---------------------------------------------------------------------------
def test_our_credential_is_valid_as_it_is_and_baked() -> None:
    drawing = b"<svg xmlns='http://www.w3.org/2000/svg'><path/></svg>"
    for data in (dump_json(signed()), bake(drawing, dump_json(signed()))):
        report = verify(data, resolver=MapResolver(documents()), now=NOW)
        assert report.verdict is Verdict.VALID
        assert {check.outcome for check in report.checks} == {Outcome.OK}
        assert report.credential == signed()


def test_the_did_document_may_be_known_by_its_address() -> None:
    known = documents()
    known[did_web_address(DID)] = dump_json(known.pop(DID))
    assert _report(signed(), known).verdict is Verdict.VALID


def _leaves(document: dict[str, Any]) -> list[tuple[str | int, ...]]:
    return [path for path, value in walk(document) if path and not isinstance(value, dict | list)]


def _at(document: Any, path: tuple[str | int, ...]) -> Any:
    for step in path:
        document = document[step]
    return document


SIGNED = signed()
LEAVES = _leaves(SIGNED)
OBJECTS = [path for path, value in walk(SIGNED) if isinstance(value, dict)]
KNOWN = documents()
PLAIN = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8)


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.data())
def test_any_changed_value_is_refused(data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(LEAVES))
    before = _at(SIGNED, path)
    after = data.draw(st.one_of(PLAIN, st.integers(-9, 9), st.booleans(), st.just(f"{before}x")))
    document = deepcopy(SIGNED)
    _at(document, path[:-1])[path[-1]] = after
    unchanged = after == before and type(after) is type(before)
    assert (_report(document, KNOWN).verdict is Verdict.VALID) == unchanged


@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.data())
def test_any_removed_member_is_refused(data: st.DataObject) -> None:
    path = data.draw(
        st.sampled_from([path for path, _ in walk(SIGNED) if path and isinstance(path[-1], str)])
    )
    document = deepcopy(SIGNED)
    del _at(document, path[:-1])[path[-1]]
    assert _report(document, KNOWN).verdict is Verdict.INVALID


@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.data())
def test_any_added_member_is_refused(data: st.DataObject) -> None:
    """RDFC signs nothing about unmapped terms, so an injected one must be refused by itself."""
    path = data.draw(st.sampled_from(OBJECTS))
    names = st.sampled_from(
        ["foo", "narrative", "url", "validFrom", "image", "level", "@index", "urn:x:p", "creditsEarned"]
    )
    name = data.draw(names.filter(lambda name: name not in _at(SIGNED, path)))
    document = deepcopy(SIGNED)
    _at(document, path)[name] = data.draw(st.sampled_from(["x", 5, ["x"], {"id": "urn:x:y"}, {}]))
    assert _report(document, KNOWN).verdict is Verdict.INVALID


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.data())
def test_nonsense_anywhere_gets_a_verdict_and_never_an_accident(data: st.DataObject) -> None:
    nonsense = st.recursive(
        st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=5,
    )
    path = data.draw(st.sampled_from([path for path, _ in walk(SIGNED) if path]))
    document = deepcopy(SIGNED)
    _at(document, path[:-1])[path[-1]] = data.draw(nonsense)
    known = deepcopy(KNOWN)
    other = data.draw(st.sampled_from([DID, LIST_URL]))
    inside = data.draw(st.sampled_from([path for path, _ in walk(known[other]) if path]))
    _at(known[other], inside[:-1])[inside[-1]] = data.draw(nonsense)
    try:
        verdicts = {_report(document, known).verdict, _report(SIGNED, known).verdict}
    except Unreadable:
        return  # a control character: unreadable is an answer too, any other error is an accident
    assert verdicts <= set(Verdict)


# -- proofs ---------------------------------------------------------------------------------------
OTHER = generate_private_key()
OTHER_METHOD = f"{DID}#{public_multibase(OTHER.public_key())}"
THIRD_DID = "did:web:evil.example"


def _resigned(options: dict[str, Any]) -> dict[str, Any]:
    document = unsigned()
    proof = data_integrity.proof_options(METHOD, ISSUED) | options
    value = KEY.sign(data_integrity.proof_hash(document, proof))
    return document | {"proof": [proof | {"proofValue": encode_base58(value)}]}


@pytest.mark.parametrize(
    ("document", "detail"),
    [
        (unsigned(), "0 proofs"),
        (unsigned() | {"proof": "x"}, "1 proofs"),
        (unsigned() | {"proof": signed()["proof"] * 6}, "6 proofs"),
        (signed() | {"proof": [*signed()["proof"], {"type": "JunkProof"}]}, "no context defines"),
        (data_integrity.sign(unsigned(), OTHER, OTHER_METHOD, ISSUED), "does not list"),
        (data_integrity.sign(unsigned(), OTHER, METHOD, ISSUED), "another key"),
        (data_integrity.sign(unsigned(), OTHER, f"{THIRD_DID}#k", ISSUED), "belongs to did:web:evil"),
        (_resigned({"proofPurpose": "authentication"}), "another purpose"),
        (_resigned({"created": "2027-01-01T00:00:00Z"}), "in the future"),
        (_resigned({"created": "yesterday"}), "not a date"),
        (_resigned({"expires": "2026-11-22T00:00:00Z"}), "expired"),
        (signed() | {"proof": [signed()["proof"][0] | {"foo": "y"}]}, "no context defines"),
    ],
    ids=["none", "text", "many", "junk-beside", "unlisted-key", "wrong-key", "other-issuer", "purpose",
         "future", "no-date", "expired", "undefined"],
)  # fmt: skip
def test_a_faulty_proof_is_named(document: dict[str, Any], detail: str) -> None:
    report = _report(document, documents() | {THIRD_DID: did_document(THIRD_DID, [OTHER.public_key()])})
    assert report.verdict is Verdict.INVALID
    assert any(detail in check.detail for check in report.checks if check.id == "signature"), report.checks


def test_a_key_that_is_not_for_issuing_does_not_count() -> None:
    known = documents()
    known[DID] = known[DID] | {"assertionMethod": [], "authentication": [METHOD]}
    assert _report(signed(), known).verdict is Verdict.INVALID


def test_a_did_document_about_another_does_not_count() -> None:
    known = documents() | {DID: did_document(THIRD_DID, [KEY.public_key()])}
    assert _report(signed(), known).verdict is Verdict.INVALID


def test_a_retired_key_still_verifies_while_the_issuer_lists_it() -> None:
    known = documents() | {DID: did_document(DID, [OTHER.public_key(), KEY.public_key()])}
    assert _report(signed(), known).verdict is Verdict.VALID


def test_methods_may_be_written_as_fragments_and_embedded() -> None:
    method = multikey(DID, KEY.public_key())
    short = method | {"id": "#" + METHOD.partition("#")[2]}
    for document in (
        {"id": DID, "verificationMethod": [short], "assertionMethod": [short["id"]]},
        {"id": DID, "assertionMethod": [method]},
        {"id": DID, "verificationMethod": method, "assertionMethod": METHOD},
    ):
        assert _report(signed(), documents() | {DID: document}).verdict is Verdict.VALID


def test_several_sound_proofs_are_fine_and_one_bad_among_them_is_not() -> None:
    second = data_integrity.sign(unsigned(), OTHER, OTHER_METHOD, ISSUED)["proof"]
    known = documents() | {DID: did_document(DID, [KEY.public_key(), OTHER.public_key()])}
    both = signed() | {"proof": [*signed()["proof"], *second]}
    assert _report(both, known).verdict is Verdict.VALID
    both["proof"][1] = both["proof"][1] | {"proofValue": both["proof"][0]["proofValue"]}
    assert _report(both, known).verdict is Verdict.INVALID


def test_a_further_proof_of_a_suite_we_do_not_know_is_passed_over_with_a_warning() -> None:
    other_suite = signed()["proof"][0] | {"cryptosuite": "ecdsa-sd-2023"}
    beside = signed() | {"proof": [*signed()["proof"], other_suite]}
    assert _report(beside).verdict is Verdict.VALID
    assert _report(signed() | {"proof": [other_suite]}).verdict is Verdict.UNKNOWN


@pytest.mark.parametrize("missing", [DID, LIST_URL])
def test_without_the_documents_the_verdict_is_unknown(missing: str) -> None:
    known = documents()
    del known[missing]
    assert _report(signed(), known).verdict is Verdict.UNKNOWN


def test_https_methods_must_be_controlled_by_the_issuer() -> None:
    issuer = f"{BASE}/profile"
    name = f"{BASE}/keys/1"
    document = unsigned(status=None)
    document["issuer"]["id"] = document["credentialSubject"]["achievement"]["creator"]["id"] = issuer
    badge = data_integrity.sign(document, KEY, name, ISSUED)
    key = multikey(issuer, KEY.public_key()) | {"id": name}
    assert _report(badge, {name: key}).verdict is Verdict.VALID
    assert _report(badge, {name: key | {"controller": "https://evil.example"}}).verdict is Verdict.INVALID
    assert _report(badge, {}).verdict is Verdict.UNKNOWN
    listed = {"id": issuer, "verificationMethod": [key], "assertionMethod": [name]}
    assert _report(badge, {name: listed}).verdict is Verdict.VALID
    assert _report(badge, {name: listed | {"id": "https://evil.example"}}).verdict is Verdict.INVALID


def test_a_key_in_the_fragment_is_not_believed_against_the_issuers_own_list() -> None:
    issuer = f"{BASE}/profile"
    document = unsigned(status=None)
    document["issuer"]["id"] = issuer
    document["credentialSubject"]["achievement"].pop("creator")
    forged = data_integrity.sign(document, OTHER, f"{issuer}#{public_multibase(OTHER.public_key())}", ISSUED)
    assert _report(forged, {}).verdict is Verdict.VALID
    assert _check(_report(forged, {}), "issuer").outcome is Outcome.WARNING
    method = multikey(issuer, KEY.public_key())
    own = {"id": issuer, "verificationMethod": [method], "assertionMethod": [method["id"]]}
    assert _report(forged, {issuer: own}).verdict is Verdict.INVALID


# -- dates and status -----------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("now", "verdict"),
    [
        (datetime(2026, 11, 20, 14, 29, 59, tzinfo=UTC), Verdict.NOT_YET_VALID),
        (datetime(2026, 11, 20, 14, 30, tzinfo=UTC), Verdict.VALID),
        (datetime(2031, 11, 20, 14, 30, tzinfo=UTC), Verdict.VALID),
        (datetime(2031, 11, 20, 14, 30, 1, tzinfo=UTC), Verdict.EXPIRED),
    ],
)
def test_both_bounds_count_as_valid(now: datetime, verdict: Verdict) -> None:
    assert _report(signed(), now=now).verdict is verdict


def _listed(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    document = status_list(5)
    del document["proof"]
    change(document)
    return data_integrity.sign(document, KEY, METHOD, ISSUED)


SHORT = encode(bytes(100))


@pytest.mark.parametrize(
    ("document", "verdict"),
    [
        (status_list(), Verdict.VALID),
        (status_list(4, 6), Verdict.VALID),
        (status_list(5), Verdict.REVOKED),
        (status_list(issuer="did:web:evil.example"), Verdict.UNKNOWN),
        (status_list(purpose="suspension"), Verdict.UNKNOWN),
        (status_list(type=["VerifiableCredential"]), Verdict.UNKNOWN),
        (status_list(validUntil="2026-11-22T00:00:00Z"), Verdict.UNKNOWN),
        (_listed(lambda d: d["credentialSubject"].update(encodedList=SHORT)), Verdict.UNKNOWN),
        (_listed(lambda d: d["credentialSubject"].update(encodedList="uAAAA")), Verdict.UNKNOWN),
        ({name: value for name, value in status_list().items() if name != "proof"}, Verdict.UNKNOWN),
        (status_list(5) | {"validFrom": "2026-01-01T00:00:00Z"}, Verdict.UNKNOWN),
        (data_integrity.sign(status_list(), OTHER, METHOD, ISSUED), Verdict.UNKNOWN),
        ({}, Verdict.UNKNOWN),
    ],
    ids=["empty", "others", "revoked", "issuer", "purpose", "type", "expired", "short", "no-gzip", "unsigned",
         "altered", "wrong-key", "nothing"],
)  # fmt: skip
def test_only_a_sound_list_by_the_same_issuer_decides(document: dict[str, Any], verdict: Verdict) -> None:
    assert _report(signed(), documents() | {LIST_URL: document}).verdict is verdict


def test_a_list_once_found_sound_is_still_asked_whose_key_and_until_when() -> None:
    """Only that this key made this proof is remembered, which no later moment can change."""
    listed = status_list(validUntil="2026-12-01T00:00:00Z")
    known = documents() | {LIST_URL: listed}
    assert _report(signed(), known).verdict is Verdict.VALID
    assert _report(signed(), known, NOW + timedelta(days=30)).verdict is Verdict.UNKNOWN
    altered = listed | {"validUntil": "2027-12-01T00:00:00Z"}
    assert _report(signed(), known | {LIST_URL: altered}).verdict is Verdict.UNKNOWN
    other = did_document(DID, [OTHER.public_key()])
    unlisted = _check(_report(signed(), known | {DID: other}), "signature")
    assert unlisted.outcome is Outcome.FAILED
    assert _report(signed(), known).verdict is Verdict.VALID


def test_a_suspended_badge_says_so() -> None:
    document = unsigned()
    document["credentialStatus"]["statusPurpose"] = "suspension"
    known = documents() | {LIST_URL: status_list(5, purpose="suspension")}
    assert _report(signed(document), known).verdict is Verdict.SUSPENDED


@pytest.mark.parametrize("index", ["-1", "5.0", "", "131072", "9" * 30, True, None, "٥"])
def test_a_strange_index_leaves_the_status_unknown_or_the_badge_invalid(index: object) -> None:
    document = unsigned()
    document["credentialStatus"]["statusListIndex"] = index
    assert _report(data_integrity.sign(document, KEY, METHOD, ISSUED)).verdict in (
        Verdict.UNKNOWN,
        Verdict.INVALID,
    )


@pytest.mark.parametrize(
    ("document", "verdict"),
    [
        ({"issuer": DID, "revokedCredential": []}, Verdict.VALID),
        ({"issuer": DID, "revokedCredential": [{"id": unsigned()["id"]}]}, Verdict.REVOKED),
        ({"issuer": DID, "revokedCredential": [{"id": unsigned()["id"], "revoked": False}]}, Verdict.VALID),
        ({"issuer": "did:web:evil.example", "revokedCredential": []}, Verdict.UNKNOWN),
    ],
)  # fmt: skip
def test_the_older_list_of_revoked_ids_is_read(document: dict[str, Any], verdict: Verdict) -> None:
    address = f"{BASE}/revocations"
    badge = unsigned() | {"credentialStatus": {"id": address, "type": "1EdTechRevocationList"}}
    assert _report(signed(badge), documents() | {address: document}).verdict is verdict


def test_nothing_more_is_asked_for_once_the_badge_is_found_altered() -> None:
    asked: list[str] = []

    class Recording:
        def resolve(self, url_or_did: str) -> dict[str, Any]:
            asked.append(url_or_did)
            if url_or_did in KNOWN:
                return dict(KNOWN[url_or_did])
            raise Unresolvable(url=url_or_did)

    verify(dump_json(signed() | {"name": "x"}), resolver=Recording(), now=NOW)
    assert asked == [DID]


# -- endorsements ---------------------------------------------------------------------------------
def _endorsed(name: str, method: str) -> Report:
    endorsement = _sample("1edtech/endorsement-valid.json")
    if method == OTHER_METHOD:
        endorsement["issuer"]["id"] = DID
        endorsement = data_integrity.sign(endorsement, OTHER, method, ISSUED)
    badge = signed(unsigned() | {"endorsement": [endorsement | {"name": name}]})
    known = documents() | {DID: did_document(DID, [KEY.public_key(), OTHER.public_key()])}
    return _report(badge, known)


@pytest.mark.parametrize(
    ("changed", "method", "message", "outcome"),
    [
        (False, OTHER_METHOD, ENDORSED, Outcome.OK),
        (True, OTHER_METHOD, NOT_ENDORSED, Outcome.WARNING),
        (False, "self-asserted", ENDORSED_BY_WHOM, Outcome.WARNING),
    ],
    ids=["sound", "altered", "self-asserted"],
)
def test_an_endorsement_is_told_for_what_it_is_and_spoils_only_itself(
    *, changed: bool, method: str, message: str, outcome: Outcome
) -> None:
    name = "Other" if changed else str(_sample("1edtech/endorsement-valid.json")["name"])
    report = _endorsed(name, method)
    check = _check(report, "endorsement")
    assert (report.verdict, check.message, check.outcome) == (Verdict.VALID, message, outcome), check


# -- verdicts -------------------------------------------------------------------------------------
def test_the_gravest_verdict_wins() -> None:
    def failed(verdict: Verdict) -> Check:
        return Check("x", Outcome.FAILED, "", spoils=verdict)

    unknown = Check("x", Outcome.UNKNOWN, "")
    assert verdict_of([unknown, failed(Verdict.EXPIRED), failed(Verdict.REVOKED)]) is Verdict.REVOKED
    assert verdict_of([failed(Verdict.REVOKED), failed(Verdict.INVALID)]) is Verdict.INVALID
    assert verdict_of([unknown, Check("x", Outcome.WARNING, "")]) is Verdict.UNKNOWN
    assert verdict_of([Check("x", Outcome.WARNING, ""), Check("x", Outcome.SKIPPED, "")]) is Verdict.VALID


def test_a_schema_that_we_do_not_hold_is_only_a_warning() -> None:
    document = unsigned()
    document["credentialSchema"].append(
        {"id": "https://x.example/s.json", "type": "1EdTechJsonSchemaValidator2019"}
    )
    report = _report(signed(document))
    assert (report.verdict, _check(report, "schema").outcome) == (Verdict.VALID, Outcome.WARNING)


def test_the_clock_may_be_a_little_off_between_signer_and_verifier() -> None:
    assert _report(signed(), now=ISSUED + timedelta(seconds=1)).verdict is Verdict.VALID
