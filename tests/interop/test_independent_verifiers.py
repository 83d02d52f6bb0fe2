"""Strangers' verifiers agree with ours: two in JavaScript, one in Python, on good and on forged badges."""

import io
import json
import shutil
import subprocess
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from openbadgeslib.ob3.ldp import OB3LdpVerifier
from openbadgeslib.ob3.verifier import OB3VerificationError, OB3Verifier
from PIL import Image

from badges.openbadges import proof as data_integrity
from badges.openbadges.bake import bake
from badges.openbadges.did import did_web_address
from badges.openbadges.keys import generate_private_key
from badges.openbadges.loads import dump_json
from badges.openbadges.resolve import MapResolver
from badges.openbadges.verify import verify
from tests.interop.examples import ISSUED, METHOD, NOW, documents, signed, unsigned

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "tests" / "interop" / "verify.mjs"
VERIFIERS = ROOT / "node_modules" / "@digitalcredentials" / "verifier-core"
NODE = shutil.which("node")
NODE_HINT = "Node.js verifiers absent: install nodejs (20 or later), then run npm ci --ignore-scripts"

# Every credential stands at entry 5 or 6 of one list, in which 6 is revoked.
DOCUMENTS = documents(6)


@dataclass(frozen=True)
class Case:
    name: str
    document: dict[str, Any]
    verdict: str


def _with(change: str, value: object) -> dict[str, Any]:
    document = deepcopy(signed())
    target: Any = document
    *steps, last = change.split(".")
    for step in steps:
        target = target[int(step) if step.isdecimal() else step]
    target[last] = value
    return document


def _revoked() -> dict[str, Any]:
    document = unsigned()
    entry = document["credentialStatus"]
    entry |= {"id": f"{entry['statusListCredential']}#6", "statusListIndex": "6"}
    return signed(document)


CASES = (
    Case("valid", signed(), "valid"),
    Case("valid-bare", signed(recipient_name="", valid_until=None, status=None, evidence=()), "valid"),
    Case("revoked", _revoked(), "revoked"),
    Case("changed-name", _with("name", "Grand maître"), "invalid"),
    Case("changed-level", _with("credentialSubject.result.0.value", "N3"), "invalid"),
    Case("changed-recipient", _with("credentialSubject.id", "urn:uuid:0"), "invalid"),
    Case("changed-status", _with("credentialStatus.statusListIndex", "7"), "invalid"),
    Case("changed-date", _with("validUntil", "2099-01-01T00:00:00Z"), "invalid"),
    Case("added-undefined", _with("stars", 5), "invalid"),
    Case("added-undefined-nested", _with("issuer.accredited", "yes"), "invalid"),
    Case("added-defined", _with("credentialSubject.narrative", "x"), "invalid"),
    Case("wrong-key", data_integrity.sign(unsigned(), generate_private_key(), METHOD, ISSUED), "invalid"),
    Case("unsigned", unsigned(), "invalid"),
)
IDS = [case.name for case in CASES]


@pytest.fixture(scope="module")
def javascript(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What the JavaScript verifiers say of every case, by case name."""
    if NODE is None or not VERIFIERS.is_dir():
        pytest.skip(NODE_HINT)
    folder = tmp_path_factory.mktemp("interop")
    (folder / "documents.json").write_bytes(dump_json(DOCUMENTS))
    for case in CASES:
        (folder / f"{case.name}.json").write_bytes(dump_json(case.document))
    files = [f"{case.name}.json" for case in CASES]
    command = [NODE, str(SCRIPT), "--documents", "documents.json", *files]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 1, done.stderr
    return {Path(name).stem: answers for name, answers in json.loads(done.stdout).items()}


@pytest.mark.node
@pytest.mark.parametrize("verifier", ["digitalbazaar", "digitalcredentials"])
@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_javascript_verifiers_give_the_verdict_that_we_give(
    javascript: dict[str, dict[str, Any]], case: Case, verifier: str
) -> None:
    assert javascript[case.name][verifier]["verdict"] == case.verdict, javascript[case.name][verifier]


@pytest.mark.node
def test_the_script_says_yes_by_its_exit_code_too(tmp_path: Path) -> None:
    if NODE is None or not VERIFIERS.is_dir():
        pytest.skip(NODE_HINT)
    (tmp_path / "documents.json").write_bytes(dump_json(DOCUMENTS))
    (tmp_path / "credential.json").write_bytes(dump_json(signed()))
    command = [NODE, str(SCRIPT), "--documents", "documents.json", "credential.json"]
    subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=120, check=True)


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_we_give_the_verdict_ourselves(case: Case) -> None:
    report = verify(dump_json(case.document), resolver=MapResolver(DOCUMENTS), now=NOW)
    assert report.verdict == case.verdict, report.checks


def _download(url: str, *_args: object, **_options: object) -> bytes:
    known = DOCUMENTS | {
        did_web_address(did): document for did, document in DOCUMENTS.items() if did[:4] == "did:"
    }
    return dump_json(known[url])


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_openbadgeslib_gives_the_verdict_that_we_give(case: Case) -> None:
    verifier = OB3LdpVerifier()
    # It reads the bit of a list with an embedded proof, but checks only lists signed as a JWT.
    arguments: dict[str, Any] = {
        "check_status": "credentialStatus" in case.document,
        "download": _download,
        "verify_status_list": False,
    }
    if case.verdict == "valid":
        verifier.verify(case.document, **arguments)
        return
    with pytest.raises(OB3VerificationError) as caught:
        verifier.verify(case.document, **arguments)
    assert ("revo" in str(caught.value)) == (case.verdict == "revoked")


def test_openbadgeslib_finds_our_badge_in_baked_images() -> None:
    picture = io.BytesIO()
    Image.new("RGB", (4, 4)).save(picture, "PNG")
    drawing = b'<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0"/></svg>'
    text = dump_json(signed())
    assert OB3Verifier.extract_token_from_png(bake(picture.getvalue(), text)).encode() == text
    assert OB3Verifier.extract_token_from_svg(bake(drawing, text)).encode() == text
