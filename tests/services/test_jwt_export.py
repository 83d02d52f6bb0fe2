"""The badge as a token: what is exported verifies, only what is in force is, and its keys come and go."""

import base64
import json
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session, sessionmaker

from badges import audit
from badges.audit import JournalEntry
from badges.db import transaction
from badges.errors import KeyUnreadable, NotExportable, NotFound, StillPreparing
from badges.issuer import queries, service, service_jwt
from badges.issuer.models import Credential, IssuerKey, IssuerProfile, JwtKey, KeyState, StatusList
from badges.issuer.rules_keys import key_address
from badges.issuer.vault import LocalVault, Sealed
from badges.openbadges.jwt import sign_jwt
from badges.openbadges.keys import private_from_bytes
from badges.openbadges.report import Verdict
from badges.openbadges.verify import verify
from tests import factories
from tests.conftest import StillClock
from tests.holders import Holder, build_holder

SLUG = "les-jardins-du-canal"


@pytest.fixture
def holder(sessions: sessionmaker[Session], session: Session, clock: StillClock) -> Holder:
    return build_holder(sessions, session, clock)


def export(holder: Holder) -> str:
    holder.forget()
    return service_jwt.export(holder.issuing, holder.badge)


def verdict(holder: Holder, token: str) -> Verdict:
    holder.forget()
    resolver = queries.local_documents(holder.session)
    return verify(token.encode(), resolver=resolver, now=holder.clock.now()).verdict


def read(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    header, payload = (
        json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))) for part in token.split(".")[:2]
    )
    return header, payload


def rows(holder: Holder) -> list[JwtKey]:
    holder.forget()
    return list(holder.session.scalars(select(JwtKey).order_by(JwtKey.created_at)))


def acts(holder: Holder) -> list[str]:
    holder.forget()
    named = JournalEntry.act.like("jwt_key.%")
    return list(holder.session.scalars(select(JournalEntry.act).where(named).order_by(JournalEntry.sequence)))


def within(holder: Holder, act: Callable[[Session, IssuerProfile], object]) -> None:
    """Do `act` in a transaction of its own."""
    with holder.issuing.sessions() as session, transaction(session):
        act(session, session.scalars(select(IssuerProfile)).one())


def issuer_keys(holder: Holder) -> list[IssuerKey]:
    holder.forget()
    return list(holder.session.scalars(select(IssuerKey).order_by(IssuerKey.created_at)))


def rotate(holder: Holder) -> None:
    holder.clock.forward(days=1)
    service.rotate_key(holder.issuing, holder.claire, issuer_keys(holder)[-1].id)


# -- the token -----------------------------------------------------------------------------------
def test_a_token_says_what_the_badge_says_and_verifies(holder: Holder) -> None:
    token = export(holder)
    header, payload = read(token)
    sealed = json.loads(holder.signed())
    assert verdict(holder, token) is Verdict.VALID
    assert {name: value for name, value in payload.items() if name in sealed} == {
        name: value for name, value in sealed.items() if name != "proof"
    }
    assert set(payload) - set(sealed) == {"iss", "jti", "sub", "nbf"}
    assert (payload["iss"], payload["jti"]) == (sealed["issuer"]["id"], sealed["id"])
    assert payload["sub"] == sealed["credentialSubject"]["id"]
    assert set(header) == {"alg", "kid", "typ"}
    assert (header["alg"], header["typ"]) == ("RS256", "JWT")


def test_its_kid_leads_to_a_bare_public_key_that_is_in_the_key_set_and_the_did_document(
    holder: Holder,
) -> None:
    kid = read(export(holder))[0]["kid"]
    name = kid.rpartition("/")[2]
    assert kid == f"{factories.BASE_URL}/issuers/{SLUG}/keys/{name}"
    jwk = queries.one_key(holder.session, SLUG, name, factories.BASE_URL)
    assert set(jwk) == {"kty", "n", "e", "alg", "use", "kid"}
    assert (jwk["kid"], jwk["kty"], jwk["alg"]) == (kid, "RSA", "RS256")
    assert jwk in queries.key_set(holder.session, SLUG, factories.BASE_URL)["keys"]
    assert queries.local_documents(holder.session).resolve(kid) == jwk
    document = queries.did_document(holder.session, SLUG)
    (method,) = (found for found in document["verificationMethod"] if found["type"] == "JsonWebKey")
    assert method["publicKeyJwk"] == {**{m: jwk[m] for m in ("kty", "n", "e", "alg")}, "kid": name}
    assert method["id"] in document["assertionMethod"]
    assert method["id"] == f"{document['id']}#{name}"


def test_before_the_first_token_there_is_no_such_key(holder: Holder) -> None:
    document = queries.did_document(holder.session, SLUG)
    assert [method["type"] for method in document["verificationMethod"]] == ["Multikey"]
    assert len(document["@context"]) == 2


def test_the_same_badge_gives_the_same_token_from_one_key(holder: Holder) -> None:
    assert len({export(holder) for _ in range(3)}) == 1
    assert len(rows(holder)) == 1
    assert acts(holder) == ["jwt_key.created"]
    assert audit.verify(holder.session).faults == ()


def test_many_who_ask_first_get_one_key(holder: Holder) -> None:
    with ThreadPoolExecutor(6) as pool:
        tokens = set(pool.map(lambda _: service_jwt.export(holder.issuing, holder.badge), range(6)))
    assert len(tokens) == len(rows(holder)) == 1
    assert acts(holder) == ["jwt_key.created"]


def test_a_token_of_a_withdrawn_badge_says_so(holder: Holder) -> None:
    token = export(holder)
    holder.revoke()
    assert verdict(holder, token) is Verdict.REVOKED


# -- what is not exported ------------------------------------------------------------------------
def test_what_was_withdrawn_is_not_exported(holder: Holder) -> None:
    holder.revoke()
    with pytest.raises(NotExportable):
        export(holder)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"suspended_at": True}, NotExportable),
        ({"signed": None, "sealed_at": None}, StillPreparing),
    ],
)
def test_what_is_paused_or_not_signed_is_not_exported(
    holder: Holder, changes: dict[str, Any], error: type[Exception]
) -> None:
    values = {name: holder.clock.now() if value else None for name, value in changes.items()}
    within(holder, lambda session, _: session.execute(update(Credential).values(**values)))
    with pytest.raises(error):
        export(holder)


def test_what_a_compromised_key_signed_is_not_exported(holder: Holder) -> None:
    within(
        holder,
        lambda session, _: session.execute(update(IssuerKey).values(state=KeyState.COMPROMISED)),
    )
    with pytest.raises(NotExportable):
        export(holder)


def test_what_does_not_exist_is_not_exported(holder: Holder) -> None:
    with pytest.raises(NotFound):
        service_jwt.export(holder.issuing, uuid.uuid4())


# -- the life of its keys ------------------------------------------------------------------------
def test_after_a_rotation_old_tokens_hold_and_new_ones_have_another_key(holder: Holder) -> None:
    before = export(holder)
    rotate(holder)
    after = export(holder)
    assert read(before)[0]["kid"] != read(after)[0]["kid"]
    assert [verdict(holder, token) for token in (before, after)] == [Verdict.VALID] * 2
    assert [key.state for key in rows(holder)] == [KeyState.RETIRED, KeyState.ACTIVE]
    kids = {key["kid"] for key in queries.key_set(holder.session, SLUG, factories.BASE_URL)["keys"]}
    assert {read(token)[0]["kid"] for token in (before, after)} <= kids
    assert acts(holder) == ["jwt_key.created", "jwt_key.retired", "jwt_key.created"]


def test_without_a_token_a_rotation_has_nothing_to_retire(holder: Holder) -> None:
    rotate(holder)
    assert (rows(holder), acts(holder)) == ([], [])


def compromise(holder: Holder, which: int = -1) -> None:
    """Disown an issuer key since now, and have what is in force signed again."""
    key = issuer_keys(holder)[which]
    holder.clock.forward(hours=1)
    service.mark_key_compromised(holder.issuing, holder.claire, key.id, holder.clock.now())
    service.complete(holder.issuing, holder.badge)
    for status_list_id in holder.session.scalars(select(StatusList.id)).all():
        service.publish_status_list(holder.issuing, status_list_id)


def test_after_a_compromise_its_tokens_fail_everywhere_and_a_new_key_takes_over(holder: Holder) -> None:
    token = export(holder)
    kid = read(token)[0]["kid"]
    compromise(holder)
    assert verdict(holder, token) is Verdict.INVALID
    with pytest.raises(NotFound):
        queries.one_key(holder.session, SLUG, kid.rpartition("/")[2], factories.BASE_URL)
    keys = queries.key_set(holder.session, SLUG, factories.BASE_URL)["keys"]
    assert kid not in {key["kid"] for key in keys}
    document = queries.did_document(holder.session, SLUG)
    name = f"{document['id']}#{kid.rpartition('/')[2]}"
    assert name in {method["id"] for method in document["verificationMethod"]}
    assert name not in document["assertionMethod"]
    again = export(holder)
    assert read(again)[0]["kid"] != kid
    assert verdict(holder, again) is Verdict.VALID
    assert acts(holder) == [
        "jwt_key.created", "jwt_key.retired", "jwt_key.compromised", "jwt_key.created",
    ]  # fmt: skip


def test_whoever_holds_a_compromised_issuer_key_makes_no_tokens_with_it_either(holder: Holder) -> None:
    (key,) = issuer_keys(holder)
    stolen = holder.issuing.vault.open(
        Sealed(key.kek, key.sealed_private), bound_to=f"{key.profile_id}:{key.public_multibase}"
    )
    document = json.loads(holder.signed())
    did = document["issuer"]["id"]
    tokens = [
        sign_jwt(document, private_from_bytes(stolen), kid=kid, alg="EdDSA")
        for kid in (f"{did}#{key.public_multibase}", key_address(did, key.public_multibase))
    ]
    assert verdict(holder, tokens[0]) is Verdict.VALID
    assert queries.one_key(holder.session, SLUG, key.public_multibase, factories.BASE_URL)
    compromise(holder)
    assert [verdict(holder, token) for token in tokens] == [Verdict.INVALID] * 2
    with pytest.raises(NotFound):
        queries.one_key(holder.session, SLUG, key.public_multibase, factories.BASE_URL)


def test_a_cached_copy_of_a_disowned_key_does_not_help(holder: Holder) -> None:
    token = export(holder)
    kid = read(token)[0]["kid"]
    cached = queries.local_documents(holder.session).resolve(kid)
    compromise(holder)
    holder.forget()
    ours = queries.local_documents(holder.session)

    class Cache:
        def resolve(self, url: str) -> Any:
            return cached if url == kid else ours.resolve(url)

    assert verify(token.encode(), resolver=Cache(), now=holder.clock.now()).verdict is Verdict.INVALID


def test_the_token_falls_with_the_key_it_was_made_beside_and_with_no_other(holder: Holder) -> None:
    first = export(holder)
    rotate(holder)
    second = export(holder)
    compromise(holder, 0)
    assert verdict(holder, first) is Verdict.INVALID
    assert verdict(holder, second) is Verdict.VALID
    compromise(holder, 1)
    assert verdict(holder, second) is Verdict.INVALID
    assert [key.state for key in rows(holder)] == [KeyState.COMPROMISED] * 2
    assert [key.beside for key in rows(holder)] == [key.public_multibase for key in issuer_keys(holder)[:2]]


def test_keys_are_sealed_anew_and_give_the_same_token(holder: Holder) -> None:
    token = export(holder)
    both = LocalVault({"new": b"n" * 32, **factories.KEKS})
    assert service.reseal_all(holder.issuing.sessions, holder.clock, both) == 1
    only_new = replace(holder.issuing, vault=LocalVault({"new": b"n" * 32}))
    assert service_jwt.export(only_new, holder.badge) == token
    with pytest.raises(KeyUnreadable):
        export(holder)
    assert acts(holder) == ["jwt_key.created", "jwt_key.resealed"]


def test_a_sealed_key_is_bound_to_its_issuer_and_its_name(holder: Holder) -> None:
    export(holder)
    rotate(holder)
    export(holder)
    first, second = rows(holder)
    second.sealed_private = first.sealed_private
    holder.session.commit()
    with pytest.raises(KeyUnreadable):
        export(holder)


def test_the_private_half_is_nowhere_in_the_open(holder: Holder) -> None:
    export(holder)
    (key,) = rows(holder)
    public = json.loads(key.public_jwk)
    assert not {"d", "p", "q", "dp", "dq", "qi"} & set(public)
    modulus = base64.urlsafe_b64decode(public["n"] + "==")
    assert modulus not in key.sealed_private
    with pytest.raises(KeyUnreadable):
        service_jwt.export(replace(holder.issuing, vault=LocalVault({"test": b"x" * 32})), holder.badge)
