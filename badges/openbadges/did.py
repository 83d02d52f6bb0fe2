"""Issuer identities: did:web to and from addresses, did:key to its own document."""

import re
from typing import Final
from urllib.parse import quote, unquote, urlsplit

from badges.errors import BadDid
from badges.openbadges.keys import did_document, public_from_multibase
from badges.openbadges.loads import Document

SEGMENT: Final = re.compile(r"[A-Za-z0-9._~%-]+")
HOST: Final = re.compile(r"[A-Za-z0-9.-]+(:[0-9]{1,5})?")


def did_web(url: str) -> str:
    """Return the did:web of the issuer whose public address is `url`, its port as %3A.

    `https://host/a/b` gives `did:web:host:a:b`, `https://host` gives `did:web:host`. Raises
    `BadDid` for another scheme than http(s) or an address with user, query or fragment.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or "@" in parts.netloc or parts.query or parts.fragment:
        raise BadDid(did=url)
    if not HOST.fullmatch(parts.netloc):
        raise BadDid(did=url)
    path = [quote(unquote(step), safe="-._~") for step in parts.path.strip("/").split("/") if step]
    return ":".join(["did:web", parts.netloc.lower().replace(":", "%3A"), *path])


def did_web_address(did: str) -> str:
    """Return the https address of the DID document of `did` (did:web method, 2.5.2).

    `did:web:host` is served at `/.well-known/did.json`, `did:web:host:a:b` at `/a/b/did.json`.
    Raises `BadDid` for anything else, dots-only steps and strange hosts included.
    """
    steps = did.split("#", maxsplit=1)[0].split(":")
    if steps[:2] != ["did", "web"] or len(steps) < len(("did", "web", "host")):
        raise BadDid(did=did[:200])
    host = unquote(steps[2])
    if not HOST.fullmatch(host) or not all(_is_step(step) for step in steps[3:]):
        raise BadDid(did=did[:200])
    return f"https://{host}/{'/'.join(steps[3:] or ['.well-known'])}/did.json"


def did_key_document(did: str) -> Document:
    """Return the DID document that a did:key of an Ed25519 key stands for (did:key method, 3.1)."""
    method, _, multibase = did.split("#", maxsplit=1)[0].rpartition(":")
    if method != "did:key":
        raise BadDid(did=did[:200])
    return did_document(f"{method}:{multibase}", [public_from_multibase(multibase)])


def controller_of(verification_method: str) -> str:
    """Return what stands before the `#` of a verification method: the identity it belongs to."""
    return verification_method.split("#", maxsplit=1)[0]


def _is_step(step: str) -> bool:
    return SEGMENT.fullmatch(step) is not None and step.strip(".") != ""
