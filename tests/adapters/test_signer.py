"""Whoever holds the keys: what is signed verifies, what is refused is refused, and no secret shows."""

import multiprocessing
import sys
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from badges.app import build_ports
from badges.errors import (
    KeyUnreadable,
    Misconfigured,
    SignedOtherwise,
    SignerAway,
    SignerRefused,
    SignerUnknown,
    Unavailable,
)
from badges.issuer.signer import LOCAL, HeldKey, LocalSigner, Signer, Signers
from badges.issuer.vault import LocalVault
from badges.settings import Settings
from tests import factories
from tests.tokens import LABEL, PIN, SoftToken, soft_token

PROFILE = uuid.UUID(int=7)
MESSAGES = [b"one", b"", b"three" * 1000]


@pytest.fixture
def token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SoftToken]:
    with soft_token(tmp_path, monkeypatch) as found:
        yield found


@pytest.fixture(params=["local", "pkcs11"])
def signer(request: pytest.FixtureRequest) -> Signer:
    """Each signer in turn, for what they all promise."""
    if request.param == "local":
        return LocalSigner(LocalVault(factories.KEKS))
    held: SoftToken = request.getfixturevalue("token")
    return held.signer()


def verify(key: HeldKey, messages: list[bytes], signatures: list[bytes]) -> None:
    for message, signature in zip(messages, signatures, strict=True):
        Ed25519PublicKey.from_public_bytes(key.public).verify(signature, message)


# -- what every signer promises ------------------------------------------------------------------
def test_what_a_new_key_signs_verifies_in_order(signer: Signer) -> None:
    key = signer.make(PROFILE)
    assert (key.profile_id, key.public_multibase[:4]) == (PROFILE, "z6Mk")
    verify(key, MESSAGES, signer.sign(key, MESSAGES))
    assert signer.sign(key, []) == []


def test_the_same_message_has_the_same_signature(signer: Signer) -> None:
    key = signer.make(PROFILE)
    assert signer.sign(key, [b"x", b"x"]) == signer.sign(key, [b"x"]) * 2


def test_two_keys_are_two_keys(signer: Signer) -> None:
    first, second = signer.make(PROFILE), signer.make(PROFILE)
    assert first.public != second.public
    verify(second, [b"x"], signer.sign(second, [b"x"]))
    verify(first, [b"x"], signer.sign(first, [b"x"]))


def test_a_key_is_not_another_key_with_its_private_half(signer: Signer) -> None:
    first, second = signer.make(PROFILE), signer.make(PROFILE)
    with pytest.raises(Unavailable):
        signer.sign(replace(first, sealed_private=second.sealed_private), [b"x"])


def test_many_threads_sign_at_once(signer: Signer) -> None:
    key = signer.make(PROFILE)
    with ThreadPoolExecutor(8) as pool:
        signed = list(pool.map(lambda number: signer.sign(key, [b"%d" % number]), range(64)))
    verify(key, [b"%d" % number for number in range(64)], [signature for (signature,) in signed])


def test_no_secret_shows_in_what_a_signer_says_of_itself(signer: Signer) -> None:
    key = signer.make(PROFILE)
    told = repr((signer, key))
    for secret in (PIN, repr(factories.KEKS["test"]), repr(key.sealed_private)):
        assert secret not in told


def _sign_in_a_child(signer: Signer, key: HeldKey, found: "multiprocessing.Queue[list[bytes]]") -> None:
    found.put(signer.sign(key, MESSAGES))


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_process_signs_too(signer: Signer) -> None:
    key = signer.make(PROFILE)
    context = multiprocessing.get_context("fork")
    found: multiprocessing.Queue[list[bytes]] = context.Queue()
    child = context.Process(target=_sign_in_a_child, args=(signer, key, found))
    child.start()
    verify(key, MESSAGES, found.get(timeout=20))
    child.join(20)
    assert child.exitcode == 0
    verify(key, MESSAGES, signer.sign(key, MESSAGES))


# -- local keys ----------------------------------------------------------------------------------
def test_a_local_key_is_bound_to_its_issuer_and_its_public_half() -> None:
    signer = LocalSigner(LocalVault(factories.KEKS))
    key = signer.make(PROFILE)
    for moved in (
        replace(key, profile_id=uuid.uuid4()),
        replace(key, public_multibase=signer.make(PROFILE).public_multibase),
    ):
        with pytest.raises(KeyUnreadable):
            signer.sign(moved, [b"x"])


def test_a_local_key_is_sealed_anew() -> None:
    old = LocalSigner(LocalVault(factories.KEKS))
    key = old.make(PROFILE)
    fresh = LocalSigner(LocalVault({"new": b"n" * 32, **factories.KEKS})).reseal(key)
    assert (fresh.kek, fresh.public_multibase) == ("new", key.public_multibase)
    verify(fresh, [b"x"], LocalSigner(LocalVault({"new": b"n" * 32})).sign(fresh, [b"x"]))
    with pytest.raises(KeyUnreadable):
        old.sign(fresh, [b"x"])


# -- several custodians --------------------------------------------------------------------------
def test_each_key_is_used_where_it_was_made(token: SoftToken) -> None:
    local = LocalSigner(LocalVault(factories.KEKS))
    before = Signers(LOCAL, {LOCAL: local})
    after = Signers("pkcs11", {LOCAL: local, "pkcs11": token.signer()})
    old, new = before.make(PROFILE), after.make(PROFILE)
    assert (old.custodian, new.custodian) == ("local", "pkcs11")
    for key in (old, new):
        verify(key, MESSAGES, after.sign(key, MESSAGES))
    with pytest.raises(SignerUnknown):
        before.sign(new, [b"x"])


# -- keys in a token -----------------------------------------------------------------------------
def test_a_private_key_never_leaves_the_token(token: SoftToken) -> None:
    pkcs11 = pytest.importorskip("pkcs11")
    key = token.signer().make(PROFILE)
    with pkcs11.lib(token.module).get_token(token_label=LABEL).open(user_pin=PIN) as session:
        (private,) = session.get_objects({pkcs11.Attribute.CLASS: pkcs11.ObjectClass.PRIVATE_KEY})
        assert (private.label, private.id) == (f"badges {PROFILE}", key.sealed_private)
        kept = ("SENSITIVE", "ALWAYS_SENSITIVE", "NEVER_EXTRACTABLE", "TOKEN", "PRIVATE")
        assert all(private[pkcs11.Attribute[name]] for name in kept)
        assert not private[pkcs11.Attribute.EXTRACTABLE]
        with pytest.raises(pkcs11.AttributeSensitive):
            private[pkcs11.Attribute.VALUE]


def test_a_token_that_is_away_is_asked_again_when_it_is_back(token: SoftToken) -> None:
    signer = token.signer()
    key = signer.make(PROFILE)
    token.unplug()
    for attempt in (lambda: signer.sign(key, [b"x"]), lambda: signer.make(PROFILE)):
        with pytest.raises(SignerAway):
            attempt()
    token.plug()
    verify(key, MESSAGES, signer.sign(key, MESSAGES))


def test_a_wrong_pin_is_shown_once_and_never_again(token: SoftToken, monkeypatch: pytest.MonkeyPatch) -> None:
    key = token.signer().make(PROFILE)
    wrong = token.signer(pin="0000-test")
    with pytest.raises(SignerRefused):
        wrong.sign(key, [b"x"])
    token.unplug()
    with pytest.raises(SignerRefused):
        wrong.sign(key, [b"x"])
    token.plug()
    verify(key, MESSAGES, token.signer().sign(key, MESSAGES))


def test_what_is_not_there_is_away(token: SoftToken) -> None:
    key = token.signer().make(PROFILE)
    for signer, held in (
        (token.signer(token="another"), key),
        (token.signer(module="/nowhere/module.so"), key),
        (token.signer(), replace(key, sealed_private=b"unknown")),
    ):
        with pytest.raises(SignerAway):
            signer.sign(held, [b"x"])


def test_what_a_token_signs_is_believed_only_when_it_verifies(token: SoftToken) -> None:
    signer = token.signer()
    first, second = signer.make(PROFILE), signer.make(PROFILE)
    with pytest.raises(SignedOtherwise):
        signer.sign(replace(first, sealed_private=second.sealed_private), [b"x"])


# -- settings ------------------------------------------------------------------------------------
def _settings(**changes: str) -> Settings:
    return Settings(
        mode="test", base_url=factories.BASE_URL, database_url="sqlite://", secret_key="s" * 40,
        key_encryption_keys=factories.KEKS, media_dir=Path("media"), **changes,
    )  # fmt: skip


@pytest.mark.parametrize(
    "changes",
    [
        {"signer": "pkcs11"},
        {"pkcs11_module": "/lib/x.so", "pkcs11_token": "t"},
        {"signer": "pkcs11", "pkcs11_module": "/lib/x.so", "pkcs11_pin": "1"},
    ],
)
def test_a_token_is_described_whole_or_not_at_all(changes: dict[str, str]) -> None:
    with pytest.raises(Misconfigured, match="PKCS#11"):
        _settings(**changes)


def test_the_pin_does_not_show_in_the_settings() -> None:
    whole = {"pkcs11_module": "/lib/x.so", "pkcs11_token": "t", "pkcs11_pin": "13579-secret"}
    assert "13579" not in repr(_settings(**whole))


def test_the_settings_say_where_new_keys_are_made(token: SoftToken) -> None:
    described = {"pkcs11_module": token.module, "pkcs11_token": LABEL, "pkcs11_pin": PIN}
    inside = build_ports(_settings(**described, signer="pkcs11")).signer.make(PROFILE)
    back = build_ports(_settings(**described)).signer
    outside = back.make(PROFILE)
    assert (inside.custodian, outside.custodian) == ("pkcs11", "local")
    for key in (inside, outside):
        verify(key, MESSAGES, back.sign(key, MESSAGES))


def test_a_token_without_the_extra_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pkcs11", None)
    monkeypatch.delitem(sys.modules, "badges.issuer.signer_pkcs11", raising=False)
    with pytest.raises(Misconfigured, match="extra"):
        build_ports(_settings(pkcs11_module="/lib/x.so", pkcs11_token="t", pkcs11_pin="1"))
