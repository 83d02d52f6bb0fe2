"""How a verifier gets the documents it needs: through a port that the caller fills."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from badges.errors import NotJson, Unresolvable
from badges.openbadges.did import did_web_address
from badges.openbadges.loads import Document, load_json


class Resolver(Protocol):
    """Where DID documents, keys and status lists come from: a map, a database, a guarded fetch."""

    def resolve(self, url_or_did: str) -> Document | bytes:
        """Return what stands at an address or DID; raise `Unresolvable` when it cannot be had."""


@dataclass(frozen=True)
class MapResolver:
    """Documents known in advance, by DID or address; nothing else is ever looked for."""

    documents: Mapping[str, Document | bytes]

    def resolve(self, url_or_did: str) -> Document | bytes:
        """Return the document filed under `url_or_did`, or under the address of a did:web."""
        found = self.documents.get(url_or_did)
        if found is None and url_or_did.startswith("did:web:"):
            found = self.documents.get(did_web_address(url_or_did))
        if found is None:
            raise Unresolvable(url=url_or_did[:200])
        return found


def resolved(resolver: Resolver, url_or_did: str) -> Document:
    """Return the JSON document at `url_or_did`, read strictly whatever form it came in."""
    found = resolver.resolve(url_or_did)
    if isinstance(found, bytes):
        return load_json(found)
    if not isinstance(found, dict):
        raise NotJson(reason=f"what stands at {url_or_did[:200]} is not an object")
    return found
