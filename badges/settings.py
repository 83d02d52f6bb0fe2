"""What the operator decides: read once from the environment, frozen, refused at boot when incoherent."""

import base64
import binascii
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Literal, cast, get_args
from urllib.parse import urlsplit

from environs import Env, EnvError, validate

from badges.errors import Misconfigured

Mode = Literal["production", "demo", "test"]
RelayMode = Literal["thread", "off"]
SignerKind = Literal["local", "pkcs11"]
KEK_BYTES = 32
SECRET_LENGTH = 32


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Every setting, documented in docs/settings.md (a test compares the two).

    `key_encryption_keys` maps a name to 32 bytes; the first one encrypts, all of them decrypt, so a key
    can be replaced without losing an issuer. It is never Flask's `secret_key`: that one rotates often.
    """

    mode: Mode
    base_url: str
    database_url: str
    secret_key: str = field(repr=False)
    secret_key_fallbacks: tuple[str, ...] = field(default=(), repr=False)
    key_encryption_keys: Mapping[str, bytes] = field(repr=False)
    media_dir: Path
    witness_dir: Path | None = None
    smtp_url: str = field(default="", repr=False)
    mail_from: str = ""
    relay: RelayMode = "thread"
    signer: SignerKind = "local"
    pkcs11_module: str = ""
    pkcs11_token: str = ""
    pkcs11_pin: str = field(default="", repr=False)
    trusted_proxies: int = 0
    session_idle: timedelta = timedelta(hours=12)
    session_absolute: timedelta = timedelta(days=30)

    @property
    def secure(self) -> bool:
        """True when we are served over https, so cookies can be `Secure` and `__Host-`."""
        return self.base_url.startswith("https://")

    @property
    def host(self) -> str:
        """The authority part of `base_url`, port included."""
        return urlsplit(self.base_url).netloc

    def __post_init__(self) -> None:
        reasons = list(_incoherences(self))
        if reasons:
            raise Misconfigured(reason="; ".join(reasons))


def from_environ() -> Settings:
    """Read the `BADGES_*` variables. Raises `Misconfigured` naming everything that is wrong at once."""
    env = Env(eager=False)
    with env.prefixed("BADGES_"):
        mode = cast("Mode", env.str("MODE", "production", validate=validate.OneOf(get_args(Mode))))
        relay = cast("RelayMode", env.str("RELAY", "thread", validate=validate.OneOf(get_args(RelayMode))))
        signer = cast("SignerKind", env.str("SIGNER", "local", validate=validate.OneOf(get_args(SignerKind))))
        pkcs11_module = env.str("PKCS11_MODULE", "")
        pkcs11_token = env.str("PKCS11_TOKEN", "")
        pkcs11_pin = env.str("PKCS11_PIN", "")
        base_url = env.str("BASE_URL", "")
        database_url = env.str("DATABASE_URL", "")
        secret_key = env.str("SECRET_KEY", "")
        fallbacks: list[str] = env.list("SECRET_KEY_FALLBACKS", [])
        keks = env.str("KEY_ENCRYPTION_KEYS", "")
        media_dir = env.path("MEDIA_DIR", Path("instance/media"))
        witness = env.str("WITNESS_DIR", "")
        smtp_url = env.str("SMTP_URL", "")
        mail_from = env.str("MAIL_FROM", "")
        trusted_proxies = env.int("TRUSTED_PROXIES", 0)
    try:
        env.seal()
    except EnvError as error:
        raise Misconfigured(reason=str(error)) from error
    return Settings(
        mode=mode,
        base_url=base_url.rstrip("/"),
        database_url=database_url,
        secret_key=secret_key,
        secret_key_fallbacks=tuple(fallbacks),
        key_encryption_keys=parse_key_encryption_keys(keks),
        media_dir=media_dir,
        witness_dir=Path(witness) if witness else None,
        smtp_url=smtp_url,
        mail_from=mail_from,
        relay=relay,
        signer=signer,
        pkcs11_module=pkcs11_module,
        pkcs11_token=pkcs11_token,
        pkcs11_pin=pkcs11_pin,
        trusted_proxies=trusted_proxies,
    )


def parse_key_encryption_keys(text: str) -> dict[str, bytes]:
    """Read `name:base64[,name:base64]` into 32-byte keys. Raises `Misconfigured` when it is not that."""
    keys: dict[str, bytes] = {}
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        name, _, encoded = part.partition(":")
        try:
            keys[name] = base64.b64decode(encoded, validate=True)
        except binascii.Error as error:
            reason = f"BADGES_KEY_ENCRYPTION_KEYS: {name!r} is not base64"
            raise Misconfigured(reason=reason) from error
    return keys


def _incoherences(settings: Settings) -> Iterator[str]:
    if not settings.host or settings.base_url not in {f"http://{settings.host}", f"https://{settings.host}"}:
        yield "BADGES_BASE_URL must be the public address, for instance https://badges.example.org"
    if settings.trusted_proxies < 0:
        yield "BADGES_TRUSTED_PROXIES must be 0 or more: how many proxies of yours a request goes through"
    if not settings.database_url:
        yield "BADGES_DATABASE_URL is missing, for instance sqlite:////var/lib/badges/badges.sqlite"
    if not settings.key_encryption_keys:
        yield "BADGES_KEY_ENCRYPTION_KEYS is missing: name:base64 of 32 random bytes"
    if any(len(key) != KEK_BYTES for key in settings.key_encryption_keys.values()):
        yield "BADGES_KEY_ENCRYPTION_KEYS: each key must be 32 bytes"
    if len(settings.secret_key) < SECRET_LENGTH:
        yield "BADGES_SECRET_KEY must hold at least 32 characters"
    if settings.secret_key.encode() in settings.key_encryption_keys.values():
        yield "BADGES_SECRET_KEY must not be a key-encryption key: the first one rotates, the second may not"
    token = (settings.pkcs11_module, settings.pkcs11_token, settings.pkcs11_pin)
    if not all(token) and (any(token) or settings.signer == "pkcs11"):
        yield "a PKCS#11 token needs BADGES_PKCS11_MODULE, BADGES_PKCS11_TOKEN and BADGES_PKCS11_PIN"
    if settings.mode == "production":
        yield from _unfit_for_production(settings)


def _unfit_for_production(settings: Settings) -> Iterator[str]:
    if not settings.secure:
        yield "BADGES_BASE_URL must start with https:// in production: did:web and cookies depend on it"
    if not settings.smtp_url:
        yield "BADGES_SMTP_URL is missing: sign-in links could not be sent"
    if not settings.mail_from:
        yield "BADGES_MAIL_FROM is missing: who the sign-in links come from"
