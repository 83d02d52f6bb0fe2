"""What the witness keeps: each list as it was last seen, the keys of each issuer, the head of the journal."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, TypeVar

import rfc8785

from badges.errors import WitnessDoubtful
from badges.openbadges.loads import Document

HEAD: Final = "journal-head.json"
LISTS: Final = "status/"
ISSUERS: Final = "issuers/"
Kept = TypeVar("Kept", "ListSeen", "HeadSeen")
_READERS: Final = MappingProxyType({uuid.UUID: uuid.UUID, datetime: datetime.fromisoformat})


@dataclass(frozen=True, kw_only=True)
class ListSeen:
    """A status list as strangers may have seen it; `signed` are the exact bytes served.

    `withdrawn` maps the places of withdrawn badges to the claims that end with them, so that a restore does
    not issue them anew.
    """

    id: uuid.UUID
    profile_id: uuid.UUID
    number: int
    size: int
    purpose: str
    revision: int
    created_at: datetime
    signed_at: datetime
    signed: str
    withdrawn: dict[str, str]

    @property
    def name(self) -> str:
        """Its name in the witness."""
        return list_name(self.id)


@dataclass(frozen=True, kw_only=True)
class HeadSeen:
    """A line of the journal that was surely kept: its number, its hash, and when it was noted here."""

    sequence: int
    hash: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class SealedIssuer:
    """What is public of an issuer, as canonical JSON, and a seal that only our vault can make.

    A witness that somebody else can write to must not be a way to slip in a key.
    """

    id: uuid.UUID
    body: Document
    kek: str
    seal: bytes

    @property
    def name(self) -> str:
        """Its name in the witness."""
        return issuer_name(self.id)


@dataclass(frozen=True)
class Witnessed:
    """Everything a witness keeps."""

    head: HeadSeen
    lists: tuple[ListSeen, ...]
    issuers: tuple[SealedIssuer, ...]


def list_name(status_list_id: uuid.UUID) -> str:
    """Return the name of a list in the witness."""
    return f"{LISTS}{status_list_id}.json"


def issuer_name(profile_id: uuid.UUID) -> str:
    """Return the name of an issuer in the witness."""
    return f"{ISSUERS}{profile_id}.json"


def seal_binding(profile_id: uuid.UUID) -> str:
    """Return what the seal of an issuer is bound to, so that it stands for nothing else."""
    return f"witness:{profile_id}"


def canonical(body: Document) -> bytes:
    """Return `body` as canonical JSON (RFC 8785): what the seal covers."""
    return rfc8785.dumps(body)


def write_seen(seen: ListSeen | HeadSeen) -> bytes:
    """Return a list or a head as JSON."""
    return _dump(asdict(seen))


def read_list(name: str, content: bytes) -> ListSeen:
    """Read what `write_seen` wrote. Raises `WitnessDoubtful`."""
    return _read(ListSeen, name, content)


def read_head(name: str, content: bytes) -> HeadSeen:
    """Read what `write_seen` wrote. Raises `WitnessDoubtful`."""
    return _read(HeadSeen, name, content)


def write_issuer(issuer: SealedIssuer) -> bytes:
    """Return an issuer as JSON."""
    sealed = {"kek": issuer.kek, "seal": issuer.seal.hex()}
    return _dump({"id": issuer.id, "body": issuer.body, **sealed})


def read_issuer(name: str, content: bytes) -> SealedIssuer:
    """Read what `write_issuer` wrote; its seal is not looked at here. Raises `WitnessDoubtful`."""
    known = _load(name, content)
    try:
        return SealedIssuer(
            id=uuid.UUID(known["id"]),
            body=dict(known["body"]),
            kek=str(known["kek"]),
            seal=bytes.fromhex(known["seal"]),
        )
    except (KeyError, TypeError, ValueError):
        raise WitnessDoubtful(name=name, reason="it is not what we write there") from None


def _read(kind: type[Kept], name: str, content: bytes) -> Kept:
    known = _load(name, content)
    try:
        values = {
            field.name: _READERS.get(field.type, field.type)(known[field.name])  # type: ignore[arg-type,operator]
            for field in fields(kind)
        }
    except (KeyError, TypeError, ValueError):
        raise WitnessDoubtful(name=name, reason="it is not what we write there") from None
    return kind(**values)


def _load(name: str, content: bytes) -> Mapping[str, Any]:
    try:
        known = json.loads(content)
    except ValueError:
        raise WitnessDoubtful(name=name, reason="it is not JSON") from None
    if not isinstance(known, dict):
        raise WitnessDoubtful(name=name, reason="it is not what we write there")
    return known


def _dump(values: Mapping[str, Any]) -> bytes:
    return json.dumps(values, ensure_ascii=False, indent=1, default=_plain).encode()


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
