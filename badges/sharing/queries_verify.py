"""Verify whatever a stranger brings: bytes, a link to one of our pages, or a link to somebody else's file."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from badges.errors import DocumentTooLarge, NotABadgeAddress, NotJson, StillPreparing, Unresolvable
from badges.issuer import queries as issuer
from badges.issuer.models import IssuerProfile
from badges.openbadges.did import did_web_address
from badges.openbadges.loads import Document, dump_json, load_json
from badges.openbadges.report import Outcome, Report
from badges.openbadges.resolve import MapResolver, Resolver
from badges.openbadges.verify import verify
from badges.sharing.fetcher import MAX_BYTES, Fetcher
from badges.sharing.queries import shown_credential
from badges.sharing.rules_reading import BadgeText, read_badge

MOST_FETCHES: Final = 6
MAX_MAP_BYTES: Final = 16 << 20


@dataclass(frozen=True)
class Verification:
    """A report, the words of the badge, and whether its issuer is one of this platform."""

    report: Report
    text: BadgeText
    issuer_known: bool

    @property
    def issuer_site(self) -> str:
        """The host that the signer is proven to control, or nothing when only the badge itself says so."""
        proven = [check.outcome for check in self.report.checks if check.id == "issuer"]
        return self.text.issuer_site if set(proven) == {Outcome.OK} else ""


@dataclass
class FetchingResolver:
    """Documents at public addresses, through the guarded fetcher, a few at most per verification."""

    fetcher: Fetcher
    left: int = MOST_FETCHES
    known: dict[str, bytes] = field(default_factory=dict)

    def resolve(self, url_or_did: str) -> bytes:
        """Return the bytes at an address or at that of a did:web. Raises `Unresolvable`."""
        url = did_web_address(url_or_did) if url_or_did.startswith("did:") else url_or_did.partition("#")[0]
        if url not in self.known:
            if self.left == 0:
                raise Unresolvable(url=url)
            self.left -= 1
            self.known[url] = self._fetch(url)
        return self.known[url]

    def _fetch(self, url: str) -> bytes:
        try:
            return self.fetcher.fetch(url).body
        except DocumentTooLarge:
            raise Unresolvable(url=url) from None


@dataclass(frozen=True)
class FirstOf:
    """The first resolver that knows; addresses that start with `own` are never asked further on."""

    first: Resolver
    then: Resolver
    own: str = ""

    def resolve(self, url_or_did: str) -> Document | bytes:
        """Return what the first knows, else what the second does. Raises `Unresolvable`."""
        try:
            return self.first.resolve(url_or_did)
        except Unresolvable:
            if self.own and url_or_did.startswith(f"{self.own}/"):
                raise
            return self.then.resolve(url_or_did)


def verify_bytes(
    session: Session, fetcher: Fetcher, base_url: str, now: datetime, data: bytes
) -> Verification:
    """Verify a file or a text somebody sent: JSON, compact JWS, baked PNG or SVG, at most 1 MiB.

    Our own documents are read from the database; others are fetched, guarded. Raises `DocumentTooLarge`
    and the other subclasses of `Unreadable`.
    """
    if len(data) > MAX_BYTES:
        raise DocumentTooLarge(limit=MAX_BYTES)
    resolver = FirstOf(issuer.local_documents(session), FetchingResolver(fetcher), base_url)
    report = verify(data, resolver=resolver, now=now)
    text = read_badge(report.credential)
    known = session.scalar(select(IssuerProfile.id).where(IssuerProfile.did == text.issuer_id)) is not None
    return Verification(report, text, known)


def verify_link(session: Session, fetcher: Fetcher, base_url: str, now: datetime, link: str) -> Verification:
    """Verify what a link leads to: one of our badge pages (never over the network), or another site's file.

    Raises `PageHidden`, `StillPreparing`, `AddressRefused`, `NotABadgeAddress`, `Unresolvable`, `Unreadable`.
    """
    link = link.strip()
    if link == base_url or link.startswith(f"{base_url}/"):
        return verify_bytes(session, fetcher, base_url, now, own_page(session, link.removeprefix(base_url)))
    return verify_bytes(session, fetcher, base_url, now, fetcher.fetch(link).body)


def own_page(session: Session, path: str) -> bytes:
    """Return the signed badge behind one of our public pages or files; raise `PageHidden` when not shown."""
    parts = urlsplit(path).path.strip("/").split("/")
    if parts[0] != "b" or len(parts) == 1:
        raise NotABadgeAddress
    credential = shown_credential(session, parts[1].partition(".")[0])
    if credential.signed is None:
        raise StillPreparing
    return credential.signed.encode()


def read_documents(data: bytes) -> dict[str, Document | bytes]:
    """Return the documents of a JSON object that maps a DID or address to one, as an object or as text.

    Raises a subclass of `Unreadable` when it is not such an object.
    """
    members = load_json(data, limit=MAX_MAP_BYTES)
    if not all(isinstance(document, dict | str) for document in members.values()):
        raise NotJson(reason="each document must be an object or a text")
    return {name: found if isinstance(found, dict) else found.encode() for name, found in members.items()}


def report_text(report: Report, *, as_json: bool) -> str:
    """Return a report for a terminal; as JSON: `{"verdict", "checks": [{"id", "outcome", "detail"}]}`."""
    if as_json:
        checks = [
            {"id": check.id, "outcome": check.outcome.value, "detail": check.detail or check.message}
            for check in report.checks
        ]
        return dump_json({"verdict": report.verdict.value, "checks": checks}).decode()
    lines = [f"{check.outcome.value:8} {check.id}: {check.message} {check.detail}" for check in report.checks]
    return "\n".join([report.verdict.value, *(line.rstrip() for line in lines)])


def verify_file(
    data: bytes, documents: Mapping[str, Document | bytes], fetcher: Fetcher | None, now: datetime
) -> Report:
    """Verify without a database: what is needed comes from `documents`, then from `fetcher` if there is one.

    Raises a subclass of `Unreadable` when there is no badge in `data`.
    """
    given = MapResolver(documents)
    return verify(data, resolver=FirstOf(given, FetchingResolver(fetcher)) if fetcher else given, now=now)
