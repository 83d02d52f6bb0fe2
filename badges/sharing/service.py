"""What a worker does with a badge: keep it, decline it, show it under a chosen name, stop showing it."""

import uuid
from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from badges import audit
from badges.clock import Clock
from badges.cycles import no_search_for_cycles
from badges.db import insert_many, transaction
from badges.errors import NotFound
from badges.issuer import service as issuer
from badges.issuer.models import Credential
from badges.issuer.service import Issuing
from badges.people import service as people
from badges.permissions import Action, Actor, Thing, require
from badges.sharing.models import Consent, Holding, HoldingState
from badges.sharing.rules import CONSENT_TEXT, Act, Held, NewShowing, after


def offer(sessions: sessionmaker[Session], clock: Clock, credential_id: uuid.UUID) -> None:
    """Put a signed badge on its worker's shelf, as `offer_many` does."""
    offer_many(sessions, clock, [credential_id])


def offer_many(sessions: sessionmaker[Session], clock: Clock, credential_ids: Sequence[uuid.UUID]) -> None:
    """Put signed badges on the shelves of their workers, to be answered; doing it twice is doing it once.

    Raises `NotFound` for a credential that does not exist. Journals "badge.offered" for each.
    """
    with no_search_for_cycles(), sessions() as session, transaction(session):
        ledger = Credential.__table__.c
        rows = session.execute(
            select(ledger.id, ledger.worker_id, ledger.structure_id)
            .where(ledger.id.in_(credential_ids))
            .order_by(ledger.id)
            .with_for_update()
        ).all()
        if len(rows) < len(set(credential_ids)):
            raise NotFound
        held = select(Holding.credential_id).where(Holding.credential_id.in_(credential_ids))
        known = set(session.scalars(held))
        new = [row for row in rows if row.id not in known]
        offered = {"state": HoldingState.OFFERED, "offered_at": clock.now()}
        holdings = [{"credential_id": one.id, "worker_id": one.worker_id, **offered} for one in new]
        insert_many(session, Holding.__table__, holdings)
        acts = (audit.Act("relay", "badge.offered", f"credential:{one.id}", one.structure_id) for one in new)
        audit.record_many(session, clock, acts)


def keep(session: Session, clock: Clock, actor: Actor, credential_id: uuid.UUID) -> None:
    """Keep a badge, for oneself. Raises `NotFound`, `Forbidden`. Journals "badge.kept" once."""
    with transaction(session):
        credential, holding = _own(session, actor, credential_id, Action.DECIDE_BADGE)
        _decide(session, clock, actor, credential, holding, Act.KEEP)


def decline(session: Session, clock: Clock, actor: Actor, credential_id: uuid.UUID, language: str) -> None:
    """Refuse a badge, without any other effect; an open page is closed. Journals "badge.declined" once."""
    with transaction(session):
        credential, holding = _own(session, actor, credential_id, Action.DECIDE_BADGE)
        _close(session, clock, actor, credential, holding, language)
        _decide(session, clock, actor, credential, holding, Act.DECLINE)


def show(issuing: Issuing, actor: Actor, new: NewShowing) -> str:
    """Open the public page of a badge under the name chosen, and return its token.

    The consent is written with the version and language of the words shown. A name that differs from the
    signed one makes the issuer prepare a new edition; the page opens when that is sealed. A page that was
    hidden comes back at the same address. Raises `BadgeWithdrawn`, `KeepFirst`, `NotFound`, `Forbidden`.
    Journals "badge.shown".
    """
    with issuing.sessions() as session:
        after(_held(*_own(session, actor, new.credential_id, Action.PUBLISH_BADGE)), Act.SHOW)
        people.choose_name(session, issuing.clock, actor, new.name_form, new.pseudonym)
    issuer.rename_recipient(issuing, actor, new.credential_id, new.name_form)
    with issuing.sessions() as session, transaction(session):
        credential, holding = _own(session, actor, new.credential_id, Action.PUBLISH_BADGE)
        now = after(_held(credential, holding), Act.SHOW)
        holding.state, holding.decided_at = now.state, holding.decided_at or issuing.clock.now()
        holding.token = holding.token or issuing.clock.new_token()
        holding.shown_at = issuing.clock.now()
        _consent(session, issuing.clock, holding, Act.SHOW, new.channel, new.language)
        _journal(
            session, issuing.clock, actor.journal_name, "badge.shown", credential,
            text=CONSENT_TEXT, language=new.language, name_form=new.name_form.value,
        )  # fmt: skip
        return holding.token


def hide(session: Session, clock: Clock, actor: Actor, credential_id: uuid.UUID, language: str) -> None:
    """Close the public page at once; the link is kept, so that showing again revives it.

    Journals "badge.hidden" when the page was open. Raises `NotFound`, `Forbidden`.
    """
    with transaction(session):
        credential, holding = _own(session, actor, credential_id, Action.PUBLISH_BADGE)
        _close(session, clock, actor, credential, holding, language)


def _decide(
    session: Session, clock: Clock, actor: Actor, credential: Credential, holding: Holding, act: Act
) -> None:
    state = after(_held(credential, holding), act).state
    if state is not holding.state:
        holding.state, holding.decided_at = state, clock.now()
        _journal(session, clock, actor.journal_name, f"badge.{state.value}", credential)


def _close(
    session: Session, clock: Clock, actor: Actor, credential: Credential, holding: Holding, language: str
) -> None:
    if holding.shown_at is None:
        return
    holding.shown_at = None
    _consent(session, clock, holding, Act.HIDE, "page", language)
    _journal(session, clock, actor.journal_name, "badge.hidden", credential)


def _own(
    session: Session, actor: Actor, credential_id: uuid.UUID, action: Action
) -> tuple[Credential, Holding]:
    holding = session.get(Holding, credential_id, with_for_update=True)
    if holding is None:
        raise NotFound
    credential = session.get_one(Credential, credential_id)
    require(actor, action, Thing(structure_id=credential.structure_id, worker_id=holding.worker_id))
    return credential, holding


def _held(credential: Credential, holding: Holding) -> Held:
    revoked = credential.revoked_at is not None
    return Held(holding.state, holding.shown_at is not None, revoked, credential.signed is not None)


def _consent(session: Session, clock: Clock, holding: Holding, act: Act, channel: str, language: str) -> None:
    number = session.scalar(
        select(func.count()).select_from(Consent).where(Consent.credential_id == holding.credential_id)
    )
    session.add(
        Consent(
            id=clock.new_id(),
            credential_id=holding.credential_id,
            number=(number or 0) + 1,
            act=act.value,
            channel=channel,
            text_version=CONSENT_TEXT,
            language=language,
            at=clock.now(),
        )
    )


def _journal(
    session: Session, clock: Clock, actor: str, act: str, credential: Credential, **details: str
) -> None:
    audit.record(
        session,
        clock,
        actor=actor,
        act=act,
        subject=f"credential:{credential.id}",
        structure_id=credential.structure_id,
        **details,
    )
