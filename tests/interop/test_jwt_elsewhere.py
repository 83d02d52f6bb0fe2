"""Our tokens in the hands of others: PyJWT, openbadgeslib and Node accept them, but not once changed."""

import base64
import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt
import pytest
import time_machine
from cryptography.hazmat.primitives.asymmetric import ec
from openbadgeslib.ob3.did import pem_for_kid
from openbadgeslib.ob3.verifier import OB3VerificationError, OB3Verifier
from sqlalchemy.orm import Session, sessionmaker

from badges.issuer import queries, service_jwt
from badges.openbadges.jwt import sign_jwt
from badges.openbadges.jwt_keys import generate_rsa, public_jwk
from badges.openbadges.loads import Document, dump_json
from tests import factories
from tests.conftest import StillClock
from tests.holders import Holder, build_holder
from tests.interop.examples import KEY, unsigned
from tests.interop.test_independent_verifiers import NODE, NODE_HINT, SCRIPT, VERIFIERS

SLUG = "les-jardins-du-canal"
JWT_SCRIPT = Path(__file__).with_name("jwt.mjs")


@dataclass
class Published:
    """A token that was really issued, and what its issuer publishes."""

    holder: Holder
    token: str
    key_set: Document
    did_document: Document

    @property
    def kid(self) -> str:
        return str(jwt.get_unverified_header(self.token)["kid"])

    def changed(self) -> str:
        """Return the token of a badge that says more than was signed."""
        head, body, signature = self.token.split(".")
        payload = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        better = dump_json(payload | {"name": "Maître de tout"})
        return ".".join([head, base64.urlsafe_b64encode(better).rstrip(b"=").decode(), signature])

    def stolen(self) -> str:
        """Return the token signed by somebody else in the name of our key."""
        document = json.loads(self.holder.signed())
        return sign_jwt(document, generate_rsa(), kid=self.kid)


@pytest.fixture
def published(sessions: sessionmaker[Session], session: Session, clock: StillClock) -> Published:
    holder = build_holder(sessions, session, clock)
    token = service_jwt.export(holder.issuing, holder.badge)
    holder.forget()
    return Published(
        holder, token,
        queries.key_set(session, SLUG, factories.BASE_URL), queries.did_document(session, SLUG),
    )  # fmt: skip


# -- PyJWT ---------------------------------------------------------------------------------------
def decoded(published: Published, token: str) -> dict[str, Any]:
    key = jwt.PyJWKSet.from_dict(published.key_set)[published.kid]
    with time_machine.travel(published.holder.clock.now(), tick=False):
        return jwt.decode(
            token, key, algorithms=["RS256"], issuer=published.did_document["id"],
            options={"require": ["iss", "sub", "jti", "nbf"], "verify_aud": False},
        )  # fmt: skip


def test_pyjwt_accepts_a_token_with_the_published_key_set(published: Published) -> None:
    payload = decoded(published, published.token)
    sealed = json.loads(published.holder.signed())
    assert {name: payload[name] for name in sealed if name != "proof"} == {
        name: value for name, value in sealed.items() if name != "proof"
    }


@pytest.mark.parametrize("forged", [Published.changed, Published.stolen])
def test_pyjwt_refuses_what_we_did_not_sign(published: Published, forged: Any) -> None:
    with pytest.raises(jwt.InvalidSignatureError):
        decoded(published, forged(published))


# -- openbadgeslib -------------------------------------------------------------------------------
def opinion(published: Published, token: str) -> Any:
    """Ask openbadgeslib, with the key it reads from our DID document."""
    did = published.did_document["id"]
    name = published.kid.rpartition("/")[2]
    verifier = OB3Verifier(pem_for_kid(published.did_document, did, f"{did}#{name}"), issuer_did=did)
    with time_machine.travel(published.holder.clock.now(), tick=False):
        return verifier.verify(token)


def test_openbadgeslib_accepts_a_token_with_the_key_of_the_did_document(published: Published) -> None:
    credential = opinion(published, published.token)
    sealed = json.loads(published.holder.signed())
    assert credential.issuer.id == sealed["issuer"]["id"]
    assert credential.recipient_id == sealed["credentialSubject"]["id"]


@pytest.mark.parametrize("forged", [Published.changed, Published.stolen])
def test_openbadgeslib_refuses_what_we_did_not_sign(published: Published, forged: Any) -> None:
    with pytest.raises(OB3VerificationError):
        opinion(published, forged(published))


# -- Node ----------------------------------------------------------------------------------------
@pytest.mark.node
def test_node_verifies_tokens_of_all_three_algorithms_and_refuses_changed_ones(
    published: Published, tmp_path: Path
) -> None:
    if NODE is None:
        pytest.skip(NODE_HINT)
    curve = ec.generate_private_key(ec.SECP256R1())
    tokens = {
        "ours": published.token,
        "changed": published.changed(),
        "stolen": published.stolen(),
        "es256": sign_jwt(unsigned(), curve, alg="ES256"),
        "eddsa": sign_jwt(unsigned(), KEY, alg="EdDSA"),
        "rs256": sign_jwt(unsigned(), generate_rsa()),
    }
    (tmp_path / "jwks.json").write_bytes(dump_json(published.key_set))
    for name, token in tokens.items():
        (tmp_path / f"{name}.jwt").write_text(token, "ascii")
    command = [NODE, str(JWT_SCRIPT), "jwks.json", *(f"{name}.jwt" for name in tokens)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True)
    answers = json.loads(done.stdout)
    assert {name: answers[f"{name}.jwt"]["verified"] for name in tokens} == {
        name: name not in ("changed", "stolen") for name in tokens
    }
    assert answers["ours.jwt"]["header"] == {"alg": "RS256", "kid": published.kid, "typ": "JWT"}
    assert answers["es256.jwt"]["header"]["jwk"] == public_jwk(curve.public_key())
    assert answers["eddsa.jwt"]["payload"]["credentialSubject"] == unsigned()["credentialSubject"]


@pytest.mark.node
def test_an_rsa_key_in_the_did_document_disturbs_no_verifier_of_the_badge_itself(
    published: Published, tmp_path: Path
) -> None:
    if NODE is None or not VERIFIERS.is_dir():
        pytest.skip(NODE_HINT)
    holder = published.holder
    assert published.did_document["verificationMethod"][-1]["type"] == "JsonWebKey"
    (tmp_path / "documents.json").write_bytes(dump_json(queries.documents_for(holder.session, holder.badge)))
    (tmp_path / "credential.json").write_text(holder.signed(), "utf-8")
    command = [NODE, str(SCRIPT), "--documents", "documents.json", "credential.json"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout
