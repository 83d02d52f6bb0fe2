"""Reads of the issuer for everybody else: sealed badges, and the documents a verifier asks for."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import select
from sqlalchemy.orm import Session

from badges.errors import NotFound, StillPreparing, Unresolvable
from badges.issuer.models import (
    Achievement,
    Credential,
    IssuerKey,
    IssuerProfile,
    JwtKey,
    KeyState,
    StatusList,
)
from badges.issuer.rules import Addresses
from badges.issuer.rules_keys import key_address, with_jwks
from badges.openbadges import keys
from badges.openbadges.loads import Document, load_json
from badges.openbadges.resolve import Resolver


@dataclass(frozen=True)
class SealedCredential:
    """A signed badge: `signed` is the exact JSON of its current edition."""

    id: uuid.UUID
    signed: str
    edition: int
    structure_id: uuid.UUID
    worker_id: uuid.UUID
    achievement_id: uuid.UUID
    recipient_name: str
    sealed_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True)
class PublishedList:
    """A status list as it is served; `revision` grows with each signing."""

    id: uuid.UUID
    signed: str
    revision: int
    signed_at: datetime


@dataclass(frozen=True)
class PublishedAchievement:
    """An achievement as it is served, with its pictures; none of it ever changes."""

    id: uuid.UUID
    document: str
    image_svg: str
    image_png: bytes
    issuer_slug: str
    framework_version_id: uuid.UUID
    skill_id: str
    level: str
    language: str
    created_at: datetime


def sealed(session: Session, credential_id: uuid.UUID) -> SealedCredential:
    """Return the current edition of a credential. Raises `NotFound`, `StillPreparing` until it is sealed."""
    row = session.get(Credential, credential_id)
    if row is None:
        raise NotFound
    if row.signed is None or row.sealed_at is None:
        raise StillPreparing
    return SealedCredential(
        id=row.id,
        signed=row.signed,
        edition=row.edition,
        structure_id=row.structure_id,
        worker_id=row.worker_id,
        achievement_id=row.achievement_id,
        recipient_name=row.recipient_name,
        sealed_at=row.sealed_at,
        revoked_at=row.revoked_at,
    )


def profile_called(session: Session, slug: str) -> IssuerProfile:
    """Return the issuer at `slug`. Raises `NotFound`."""
    profile = session.scalars(select(IssuerProfile).where(IssuerProfile.slug == slug)).one_or_none()
    if profile is None:
        raise NotFound
    return profile


def did_document(session: Session, slug: str) -> Document:
    """Return the DID document of an issuer: every key it ever had; a compromised one asserts nothing.

    Raises `NotFound`. DID Core 1.0, 5.3.2; did:web; Controlled Identifiers (Multikey).
    """
    return _did_document(session, profile_called(session, slug))


def key_set(session: Session, slug: str, base_url: str) -> Document:
    """Return the JWKS of an issuer (RFC 7517), each `kid` the address of that key. Raises `NotFound`.

    A key set cannot say that a key is compromised, so such a key is only in the DID document.
    """
    profile = profile_called(session, slug)
    addresses = Addresses(base_url)
    found = [
        keys.jwk(_public(key), kid=addresses.key(slug, key.public_multibase))
        for key in _keys(session, profile.id)
        if key.state is not KeyState.COMPROMISED
    ]
    rsa = _jwt_keys(session, profile.id)
    return {
        "keys": found + [load_json(key.public_jwk) for key in rsa if key.state is not KeyState.COMPROMISED]
    }


def one_key(session: Session, slug: str, name: str, base_url: str) -> Document:
    """Return one key as a bare JWK, by its multibase text or its thumbprint, retired or not.

    Raises `NotFound`, also for a compromised one: whoever follows a `kid` looks no further.
    """
    for key in key_set(session, slug, base_url)["keys"]:
        if key["kid"].endswith(f"/keys/{name}"):
            return dict(key)
    raise NotFound


def status_list(session: Session, status_list_id: uuid.UUID) -> PublishedList:
    """Return a signed status list. Raises `NotFound`, also before its first signature."""
    row = session.get(StatusList, status_list_id)
    if row is None or row.signed is None or row.signed_at is None:
        raise NotFound
    return PublishedList(row.id, row.signed, row.revision, row.signed_at)


def achievement(session: Session, achievement_id: uuid.UUID) -> PublishedAchievement:
    """Return an achievement. Raises `NotFound`."""
    row = session.get(Achievement, achievement_id)
    if row is None:
        raise NotFound
    return PublishedAchievement(
        id=row.id,
        document=row.document,
        image_svg=row.image_svg,
        image_png=row.image_png,
        issuer_slug=session.get_one(IssuerProfile, row.profile_id).slug,
        framework_version_id=row.framework_version_id,
        skill_id=row.skill_id,
        level=row.level,
        language=row.language,
        created_at=row.created_at,
    )


def local_documents(session: Session) -> Resolver:
    """Return a resolver of our own DID documents, status lists and achievements, read from the database.

    It answers for addresses that the stored documents themselves carry, and for nothing else.
    """
    return _LocalDocuments(session)


def documents_for(session: Session, credential_id: uuid.UUID) -> dict[str, Document]:
    """Return all that a stranger needs to verify a credential offline, by DID or address."""
    row = session.get(Credential, credential_id)
    if row is None:
        raise NotFound
    profile = session.get_one(IssuerProfile, row.profile_id)
    listed = load_json(status_list(session, row.status_list_id).signed)
    aim = load_json(achievement(session, row.achievement_id).document)
    return {profile.did: _did_document(session, profile), listed["id"]: listed, aim["id"]: aim}


@dataclass(frozen=True)
class _LocalDocuments:
    session: Session

    def resolve(self, url_or_did: str) -> Document | bytes:
        """Return what we ourselves publish at an address or DID. Raises `Unresolvable`."""
        try:
            return self._published(url_or_did)
        except NotFound:
            raise Unresolvable(url=url_or_did[:200]) from None

    def _published(self, url_or_did: str) -> Document | bytes:
        if url_or_did.startswith("did:"):
            profile = self.session.scalars(
                select(IssuerProfile).where(IssuerProfile.did == url_or_did)
            ).one_or_none()
            if profile is None:
                raise NotFound
            return _did_document(self.session, profile)
        folder, _, name = url_or_did.rpartition("/")
        if folder.endswith("/status"):
            return _at(url_or_did, status_list(self.session, _uuid(name)).signed)
        if folder.endswith("/achievements"):
            return _at(url_or_did, achievement(self.session, _uuid(name)).document)
        if folder.endswith("/keys"):
            return _key_at(self.session, url_or_did, name)
        raise NotFound


def _key_at(session: Session, address: str, name: str) -> Document:
    """Return the JWK that a token leads to. An Ed25519 key signs no tokens of ours, so it is not here."""
    key = session.scalars(select(JwtKey).where(JwtKey.thumbprint == name)).one_or_none()
    if key is None or key.state is KeyState.COMPROMISED:
        raise NotFound
    did = session.get_one(IssuerProfile, key.profile_id).did
    if key_address(did, name) != address:
        raise NotFound
    return load_json(key.public_jwk)


def _at(address: str, document: str) -> bytes:
    """Return `document` if it stands at `address`; under another host the same path is not ours."""
    if load_json(document)["id"] != address:
        raise NotFound
    return document.encode()


def _uuid(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise NotFound from None


def _did_document(session: Session, profile: IssuerProfile) -> Document:
    rows, rsa = _keys(session, profile.id), _jwt_keys(session, profile.id)
    document = with_jwks(
        keys.did_document(profile.did, [_public(key) for key in rows]),
        {key.thumbprint: load_json(key.public_jwk) for key in rsa},
    )
    trusted = {key.public_multibase for key in rows if key.state is not KeyState.COMPROMISED}
    trusted |= {key.thumbprint for key in rsa if key.state is not KeyState.COMPROMISED}
    document["assertionMethod"] = [
        name for name in document["assertionMethod"] if name.partition("#")[2] in trusted
    ]
    return document


def _keys(session: Session, profile_id: uuid.UUID) -> list[IssuerKey]:
    return list(
        session.scalars(
            select(IssuerKey)
            .where(IssuerKey.profile_id == profile_id)
            .order_by(IssuerKey.created_at, IssuerKey.id)
        )
    )


def _jwt_keys(session: Session, profile_id: uuid.UUID) -> list[JwtKey]:
    return list(
        session.scalars(
            select(JwtKey).where(JwtKey.profile_id == profile_id).order_by(JwtKey.created_at, JwtKey.id)
        )
    )


def _public(key: IssuerKey) -> Ed25519PublicKey:
    return keys.public_from_multibase(key.public_multibase)
