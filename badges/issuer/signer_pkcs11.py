"""Keys that never leave a PKCS#11 token: a smart card, an HSM, or SoftHSM on this machine."""

import os
import secrets
import threading
import uuid
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Final

import pkcs11
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from nacl.bindings import crypto_sign_open
from nacl.exceptions import BadSignatureError
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass
from pkcs11.exceptions import PinExpired, PinIncorrect, PinInvalid, PinLenRange, PinLocked

from badges.errors import SignedOtherwise, SignerAway, SignerRefused
from badges.issuer.signer import HeldKey
from badges.openbadges import keys

PKCS11: Final = "pkcs11"
# The object identifier 1.3.101.112 in DER: the curve of Ed25519 (RFC 8410, 3).
ED25519: Final = bytes.fromhex("06032b6570")
PUBLIC_BYTES: Final = 32
PROBE: Final = b"badges: is this key whole?"
PIN_REFUSED: Final = (PinExpired, PinIncorrect, PinInvalid, PinLenRange, PinLocked)


class _Door:
    """The one way into the module of this process: who is logged in is a matter of the whole process.

    Threads go through one by one. After a fault or a fork the module is started anew, for the handles it
    gave out are worth nothing then (PKCS#11, C_Initialize).
    """

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Forget what the process that we were forked from had opened."""
        self.lock, self.is_sound = threading.Lock(), False

    def open(self, module: str) -> Any:
        """Return the library `module`, started."""
        library = pkcs11.lib(module)
        if not self.is_sound:
            with suppress(pkcs11.PKCS11Error):  # what is down already cannot be shut down
                library.finalize()
            library.initialize()
            self.is_sound = True
        return library


_DOOR = _Door()
os.register_at_fork(after_in_child=_DOOR.begin)


@dataclass(frozen=True)
class Pkcs11Signer:
    """Ed25519 keys made and used inside the token labelled `token`, through the library `module`.

    Tokens lock themselves after a few wrong PINs: one that was refused is never shown again by this
    process, however often the outbox asks.
    """

    module: str
    token: str
    pin: str = field(repr=False)
    _refused: threading.Event = field(default_factory=threading.Event, init=False, repr=False, compare=False)

    def make(self, profile_id: uuid.UUID) -> HeldKey:
        """Return a new key, made in the token and proven to sign. Raises `SignerAway`, `SignerRefused`."""
        name = secrets.token_bytes(16)
        with self._session(rw=True) as session:
            curve = session.create_domain_parameters(
                KeyType.EC_EDWARDS, {Attribute.EC_PARAMS: ED25519}, local=True
            )
            public, private = curve.generate_keypair(
                mechanism=Mechanism.EC_EDWARDS_KEY_PAIR_GEN,
                id=name,
                label=f"badges {profile_id}",
                store=True,
                private_template={Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False},
            )
            raw = public[Attribute.EC_POINT][-PUBLIC_BYTES:]  # some tokens wrap it into an OCTET STRING
            _signed(private, PROBE, raw)
        multibase = keys.public_multibase(Ed25519PublicKey.from_public_bytes(raw))
        return HeldKey(profile_id, multibase, PKCS11, name, self.token)

    def sign(self, key: HeldKey, messages: Sequence[bytes]) -> list[bytes]:
        """Have the token sign every message, and believe none of it before it verifies.

        Raises `SignerAway` when the token or the key in it cannot be had, `SignerRefused` for the PIN,
        `SignedOtherwise` when a signature does not verify.
        """
        with self._session() as session:
            private = session.get_key(object_class=ObjectClass.PRIVATE_KEY, id=key.sealed_private)
            public = key.public
            return [_signed(private, message, public) for message in messages]

    @contextmanager
    def _session(self, *, rw: bool = False) -> Generator[Any, None, None]:
        with _DOOR.lock:
            if self._refused.is_set():
                raise SignerRefused(custodian=self.token)
            try:
                token = _DOOR.open(self.module).get_token(token_label=self.token)
                with token.open(rw=rw, user_pin=self.pin) as session:
                    yield session
            except PIN_REFUSED as fault:
                _DOOR.is_sound = False
                self._refused.set()
                raise SignerRefused(custodian=self.token) from fault
            except pkcs11.PKCS11Error as fault:
                _DOOR.is_sound = False
                raise SignerAway(custodian=self.token) from fault


def _signed(private: Any, message: bytes, public: bytes) -> bytes:
    signature = bytes(private.sign(message, mechanism=Mechanism.EDDSA))
    try:
        crypto_sign_open(signature + message, public)
    except BadSignatureError as fault:
        raise SignedOtherwise from fault
    return signature
