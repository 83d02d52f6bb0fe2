"""Keys of an issuer: replaced, disowned when somebody else may hold them, and sealed anew."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from badges import audit
from badges.clock import Clock
from badges.crash import crash_point
from badges.db import transaction
from badges.errors import NotFound
from badges.issuer.models import Credential, IssuerKey, IssuerProfile, KeyState, StatusList
from badges.issuer.rules_template import Amendment
from badges.issuer.service_editions import new_edition
from badges.issuer.service_jwt import compromise_jwt_key, reseal_jwt_keys, rotate_jwt_key
from badges.issuer.service_signing import SYSTEM, Issuing, active_key, new_key, own_profile, reseal
from badges.issuer.service_status import owe_publication
from badges.issuer.service_witness import show_keys
from badges.issuer.signer import LOCAL
from badges.issuer.vault import KeyVault
from badges.permissions import Actor


@dataclass(frozen=True)
class Compromise:
    """What a compromised key leaves: badges that are signed again, and badges that somebody must look at."""

    renewed: tuple[uuid.UUID, ...]
    doubtful: tuple[uuid.UUID, ...]


def rotate_key(issuing: Issuing, actor: Actor, replaces: uuid.UUID) -> uuid.UUID:
    """Sign with a new key instead of the key `replaces`, and return the id of the key that signs now.

    The old one stays published, so its badges hold; status lists are signed again with the new one. Ten
    clicks at once make one key, because all ten name the same: when `replaces` signs no longer, nothing
    happens. Its RSA key for tokens goes with it. Raises `NotFound` when it is no key of the actor's
    structure, `Forbidden`. Journals "issuer_key.retired" and "issuer_key.created", "jwt_key.retired".
    """
    with issuing.sessions() as session, transaction(session):
        profile = own_profile(session, actor)
        if _key_of(session, profile, replaces).state is not KeyState.ACTIVE:
            return active_key(session, profile.id).id
        key = _replace_active(session, issuing, profile, actor)
        _owe_lists(session, issuing, profile, key)
        show_keys(session, issuing, profile.id)
        crash_point("rotate:before-commit")
    return key.id


def mark_key_compromised(issuing: Issuing, actor: Actor, key_id: uuid.UUID, since: datetime) -> Compromise:
    """Disown a key that somebody else may have held since `since` (aware).

    The key stays in the DID document but no longer asserts, so every verifier refuses whatever it signed.
    What we had journalled as signed before `since` is signed again with a new key, as new editions; what
    was signed later stays refused until an administrator mends or withdraws it. Status lists are signed
    again, and the RSA key for tokens made beside it is disowned too. Doing it twice with the same date
    changes nothing more. Raises `NotFound`, `Forbidden`. Journals "issuer_key.compromised".
    """
    with issuing.sessions() as session, transaction(session):
        profile = own_profile(session, actor)
        key = _key_of(session, profile, key_id)
        if key.state is KeyState.ACTIVE:
            _replace_active(session, issuing, profile, actor)
        key.state, key.compromised_from = KeyState.COMPROMISED, since
        session.flush()
        compromise_jwt_key(session, issuing.clock, key, actor=actor.journal_name)
        compromise = _renew(session, issuing, profile, key, actor)
        _journal(
            session, issuing.clock, actor.journal_name, "issuer_key.compromised", profile, key,
            since=since.isoformat(),
            renewed=str(len(compromise.renewed)), doubtful=str(len(compromise.doubtful)),
        )  # fmt: skip
        show_keys(session, issuing, profile.id)
        crash_point("compromise:before-commit")
    return compromise


def reseal_all(sessions: sessionmaker[Session], clock: Clock, vault: KeyVault) -> int:
    """Seal every key of ours again under the key-encryption key that seals now; return how many issuer keys.

    Afterwards the older key-encryption keys can be forgotten. Raises `KeyUnreadable` when one of the keys
    cannot be opened, and then changes nothing. Journals "issuer_key.resealed" for each.
    """
    with sessions() as session, transaction(session):
        rows = session.scalars(
            select(IssuerKey).where(IssuerKey.custodian == LOCAL).order_by(IssuerKey.id).with_for_update()
        ).all()
        for key in rows:
            reseal(vault, key)
            profile = session.get_one(IssuerProfile, key.profile_id)
            _journal(session, clock, SYSTEM, "issuer_key.resealed", profile, key, kek=key.kek)
        reseal_jwt_keys(session, clock, vault)
    return len(rows)


def _key_of(session: Session, profile: IssuerProfile, key_id: uuid.UUID) -> IssuerKey:
    key = session.get(IssuerKey, key_id)
    if key is None or key.profile_id != profile.id:
        raise NotFound
    return key


def _owe_lists(session: Session, issuing: Issuing, profile: IssuerProfile, key: IssuerKey) -> None:
    for status_list_id in session.scalars(select(StatusList.id).where(StatusList.profile_id == profile.id)):
        owe_publication(session, issuing.clock, status_list_id, cause=str(key.id))


def _replace_active(session: Session, issuing: Issuing, profile: IssuerProfile, actor: Actor) -> IssuerKey:
    old, new = active_key(session, profile.id), new_key(issuing, profile.id)
    old.state, old.retired_at = KeyState.RETIRED, issuing.clock.now()
    session.flush()  # one key is active at a time: the database refuses a second one
    session.add(new)
    session.flush()
    write = partial(_journal, session, issuing.clock, actor.journal_name)
    write("issuer_key.retired", profile, old)
    write("issuer_key.created", profile, new)
    rotate_jwt_key(session, issuing.clock, profile, actor=actor.journal_name)
    return new


def _renew(
    session: Session, issuing: Issuing, profile: IssuerProfile, key: IssuerKey, actor: Actor
) -> Compromise:
    replacement = active_key(session, profile.id)
    renewed: list[uuid.UUID] = []
    doubtful: list[uuid.UUID] = []
    rows = session.scalars(
        select(Credential)
        .where(Credential.key_id == key.id, Credential.revoked_at.is_(None))
        .order_by(Credential.reserved_at, Credential.id)
        .with_for_update()
    ).all()
    for credential in rows:
        if _is_doubtful(credential, key):
            doubtful.append(credential.id)
        else:
            new_edition(session, issuing, credential, Amendment(), replacement, actor=actor.journal_name)
            renewed.append(credential.id)
    _owe_lists(session, issuing, profile, replacement)
    return Compromise(tuple(renewed), tuple(doubtful))


def _is_doubtful(credential: Credential, key: IssuerKey) -> bool:
    """Tell whether `credential` was sealed too late to be trusted; what is not sealed is reserved anew."""
    since, sealed = key.compromised_from, credential.sealed_at
    return since is not None and sealed is not None and sealed >= since


def _journal(
    session: Session,
    clock: Clock,
    actor: str,
    act: str,
    profile: IssuerProfile,
    key: IssuerKey,
    **details: str,
) -> None:
    audit.record(
        session,
        clock,
        actor=actor,
        act=act,
        subject=f"issuer_key:{key.id}",
        structure_id=profile.structure_id,
        public_key=key.public_multibase,
        **details,
    )
