"""Getting a document from a stranger's address: the port, and the guarded adapter that production uses."""

from dataclasses import dataclass
from typing import Final, Protocol

from badges.errors import NotABadgeAddress
from badges.sharing.fetcher_http import download
from badges.sharing.rules_addresses import public_address

MAX_BYTES: Final = 1 << 20
TOTAL_SECONDS: Final = 5.0
ACCEPT: Final = "application/vc+ld+json, application/ld+json, application/json, image/png, image/svg+xml"
_KNOWN_KINDS: Final = frozenset(
    {"image/png", "image/svg+xml", "text/plain", "application/vc", "application/jwt", "application/vc+jwt"}
)


@dataclass(frozen=True)
class Fetched:
    """What an address answered: the media type without parameters, and the bytes."""

    content_type: str
    body: bytes


class Fetcher(Protocol):
    """How the platform reads documents of other sites."""

    def fetch(self, url: str) -> Fetched:
        """Return what stands at `url`; raise a subclass of `Unresolvable` or `DocumentTooLarge`."""


@dataclass(frozen=True)
class GuardedFetcher:
    """Fetches over https from public addresses only: no redirect, 1 MiB, five seconds in all.

    Raises `AddressRefused` for an address that we do not follow, `NotABadgeAddress` for a page,
    `DocumentTooLarge`, and `Unresolvable` when the site does not answer as it should.
    """

    limit: int = MAX_BYTES
    seconds: float = TOTAL_SECONDS

    def fetch(self, url: str) -> Fetched:
        """Return what stands at `url`, as the class promises."""
        kind, body = download(public_address(url), accept=ACCEPT, limit=self.limit, seconds=self.seconds)
        if "json" not in kind and kind not in _KNOWN_KINDS:
            raise NotABadgeAddress
        return Fetched(kind, body)
