"""The JSON-LD contexts we hold: read from disk by their address, never fetched."""

from collections.abc import Mapping
from functools import cache
from typing import Final

from badges.data_files import data_dir
from badges.errors import UnknownContext
from badges.openbadges.loads import Document, load_json

CREDENTIALS_V2: Final = "https://www.w3.org/ns/credentials/v2"
CREDENTIALS_V1: Final = "https://www.w3.org/2018/credentials/v1"
OPEN_BADGES: Final = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
EXTENSIONS: Final = "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json"
DID_V1: Final = "https://www.w3.org/ns/did/v1"
MULTIKEY_V1: Final = "https://w3id.org/security/multikey/v1"
ED25519_2020_V1: Final = "https://w3id.org/security/suites/ed25519-2020/v1"

PINNED: Final = {
    CREDENTIALS_V2: "credentials-v2.json",
    CREDENTIALS_V1: "credentials-v1.json",
    OPEN_BADGES: "ob-v3p0-context-3.0.3.json",
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.2.json": "ob-v3p0-context-3.0.2.json",
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.1.json": "ob-v3p0-context-3.0.1.json",
    "https://purl.imsglobal.org/spec/ob/v3p0/context.json": "ob-v3p0-context.json",
    EXTENSIONS: "ob-v3p0-extensions.json",
    DID_V1: "did-v1.json",
    MULTIKEY_V1: "security-multikey-v1.json",
    "https://w3id.org/security/data-integrity/v2": "security-data-integrity-v2.json",
    ED25519_2020_V1: "security-suites-ed25519-2020-v1.json",
    "https://www.w3.org/ns/credentials/status/v1": "vc-bitstring-status-list-v1.json",
}
"""Address of the standard's document -> file name in `schemas/contexts/` (see SOURCES.toml)."""

Extra = Mapping[str, Document]
"""Further contexts that a caller holds: address -> context document."""
NO_EXTRA: Final[Extra] = {}


def context_bytes(url: str) -> bytes:
    """Return the pinned context at `url`, byte for byte; raise `UnknownContext` for any other."""
    if url not in PINNED:
        raise UnknownContext(url=url[:200])
    return (data_dir("schemas") / "contexts" / PINNED[url]).read_bytes()


@cache
def context_document(url: str) -> Document:
    """Return the pinned context at `url`, parsed once; callers must not change it."""
    return load_json(context_bytes(url))


def held_context(url: str, extra: Extra) -> Document:
    """Return the context at `url`, from `extra` first; raise `UnknownContext` when nobody holds it."""
    return extra[url] if url in extra else context_document(url)
