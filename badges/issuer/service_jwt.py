"""VC-JWT exports: the sealed badge once more, as a token signed with an RSA key (OB 3.0, 8.2)."""

import uuid

from sqlalchemy import select
from sqlalchemy.orm import Session

from badges import audit
from badges.clock import Clock
from badges.db import transaction
from badges.errors import NotExportable, NotFound, StillPreparing
from badges.issuer.models import Credential, IssuerKey, IssuerProfile, JwtKey, KeyState
from badges.issuer.rules_keys import key_address
from badges.issuer.service_signing import SYSTEM, Issuing, active_key, lock_profile
from badges.issuer.service_witness import show_keys
from badges.issuer.vault import KeyVault, Sealed
from badges.openbadges.jwt import sign_jwt
from badges.openbadges.jwt_keys import generate_rsa, private_der, public_jwk, rsa_from_own_der, thumbprint
from badges.openbadges.loads import dump_json, load_json
from badges.openbadges.verify_jwt import check_signature

ALGORITHM = "RS256"


def export(issuing: Issuing, credential_id: uuid.UUID) -> str:
    """Return the sealed edition of a credential as a VC-JWT; the same until the edition or the key changes.

    The issuer's RSA key is made on first use. Only a badge in force is exported: a new signature must not
    vouch for what was withdrawn, paused, or signed by whoever held a compromised key.
    Raises `NotFound`, `StillPreparing`, `NotExportable`, `KeyUnreadable`. Journals "jwt_key.created".
    """
    with issuing.sessions() as session:
        credential = _in_force(session, credential_id)
        key = _active(session, credential.profile_id)
    key = key or _made(issuing, credential.profile_id)
    private = rsa_from_own_der(_opened(issuing.vault, key))
    jwk = load_json(key.public_jwk)
    token = sign_jwt(load_json(credential.signed or ""), private, kid=jwk["kid"], alg=ALGORITHM)
    check_signature(token, jwk, ALGORITHM)
    return token


def rotate_jwt_key(session: Session, clock: Clock, profile: IssuerProfile, *, actor: str) -> None:
    """Retire the active RSA key with the Ed25519 key beside it: the next export makes another.

    It stays published, so its tokens hold. Part of the caller's transaction, which holds the profile.
    Journals "jwt_key.retired".
    """
    key = _active(session, profile.id)
    if key is not None:
        key.state, key.retired_at = KeyState.RETIRED, clock.now()
        session.flush()
        _journal(session, clock, actor, "jwt_key.retired", profile, key)


def compromise_jwt_key(session: Session, clock: Clock, compromised: IssuerKey, *, actor: str) -> None:
    """Disown the RSA keys that were made beside the `compromised` key of the issuer.

    They lay in the same database under the same seal, so whoever has the one may have the other. Their
    tokens are refused from now on; the files are made again, by another key, whenever they are asked for.
    Part of the caller's transaction, which holds the profile. Journals "jwt_key.compromised".
    """
    profile = session.get_one(IssuerProfile, compromised.profile_id)
    beside = (JwtKey.beside == compromised.public_multibase, JwtKey.state != KeyState.COMPROMISED)
    for key in session.scalars(select(JwtKey).where(*beside).order_by(JwtKey.created_at, JwtKey.id)).all():
        key.state, key.compromised_from = KeyState.COMPROMISED, compromised.compromised_from or clock.now()
        session.flush()
        _journal(session, clock, actor, "jwt_key.compromised", profile, key)


def reseal_jwt_keys(session: Session, clock: Clock, vault: KeyVault) -> int:
    """Seal every RSA key again under the key-encryption key that seals now; return how many.

    Part of the caller's transaction. Raises `KeyUnreadable`. Journals "jwt_key.resealed" for each.
    """
    rows = session.scalars(
        select(JwtKey).where(JwtKey.sealed_private != b"").order_by(JwtKey.id).with_for_update()
    ).all()
    for key in rows:
        sealed = vault.seal(_opened(vault, key), bound_to=_binding(key))
        key.kek, key.sealed_private = sealed.kek, sealed.ciphertext
        profile = session.get_one(IssuerProfile, key.profile_id)
        _journal(session, clock, SYSTEM, "jwt_key.resealed", profile, key, kek=key.kek)
    return len(rows)


def _in_force(session: Session, credential_id: uuid.UUID) -> Credential:
    row = session.get(Credential, credential_id)
    if row is None:
        raise NotFound
    if row.signed is None:
        raise StillPreparing
    signed_by = session.get_one(IssuerKey, row.key_id)
    if row.revoked_at or row.suspended_at or signed_by.state is KeyState.COMPROMISED:
        raise NotExportable
    return row


def _active(session: Session, profile_id: uuid.UUID) -> JwtKey | None:
    return session.scalars(
        select(JwtKey).where(JwtKey.profile_id == profile_id, JwtKey.state == KeyState.ACTIVE)
    ).one_or_none()


def _made(issuing: Issuing, profile_id: uuid.UUID) -> JwtKey:
    """Make the RSA key of an issuer, unless somebody was faster; two askers at once get the same one."""
    private = generate_rsa()
    with issuing.sessions() as session, transaction(session):
        profile = lock_profile(session, session.get_one(IssuerProfile, profile_id).structure_id)
        known = _active(session, profile_id)
        if known is not None:
            return known
        public = public_jwk(private.public_key())
        name = thumbprint(public)
        described = public | {"alg": ALGORITHM, "use": "sig", "kid": key_address(profile.did, name)}
        key = JwtKey(
            id=issuing.clock.new_id(),
            profile_id=profile_id,
            thumbprint=name,
            beside=active_key(session, profile_id).public_multibase,
            public_jwk=dump_json(described).decode(),
            state=KeyState.ACTIVE,
            created_at=issuing.clock.now(),
        )
        sealed = issuing.vault.seal(private_der(private), bound_to=_binding(key))
        key.kek, key.sealed_private = sealed.kek, sealed.ciphertext
        session.add(key)
        session.flush()
        _journal(session, issuing.clock, SYSTEM, "jwt_key.created", profile, key)
        show_keys(session, issuing, profile_id)
    return key


def _opened(vault: KeyVault, key: JwtKey) -> bytes:
    return vault.open(Sealed(key.kek, key.sealed_private), bound_to=_binding(key))


def _binding(key: JwtKey) -> str:
    return f"jwt:{key.profile_id}:{key.thumbprint}"


def _journal(
    session: Session,
    clock: Clock,
    actor: str,
    act: str,
    profile: IssuerProfile,
    key: JwtKey,
    **details: str,
) -> None:
    audit.record(
        session,
        clock,
        actor=actor,
        act=act,
        subject=f"jwt_key:{key.id}",
        structure_id=profile.structure_id,
        thumbprint=key.thumbprint,
        **details,
    )
