"""Who may do what to what: one table, one function, and nothing else decides."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from badges.errors import Forbidden, NotFound, NotSignedIn


class Role(StrEnum):
    """What a person is in one structure; a person may hold several."""

    WORKER = "worker"
    SUPERVISOR = "supervisor"
    TUTOR = "tutor"
    COACH = "coach"
    REVIEWER = "reviewer"
    ADMIN = "admin"
    OUTSIDE_REVIEWER = "outside_reviewer"
    OPERATOR = "operator"


STAFF = frozenset({Role.SUPERVISOR, Role.TUTOR, Role.COACH, Role.REVIEWER, Role.ADMIN})


class Action(StrEnum):
    """Everything a person can ask of the platform."""

    # people
    VIEW_PEOPLE = "people.view"
    MANAGE_PEOPLE = "people.manage"
    IMPORT_ROSTER = "people.import"
    VIEW_WORKER = "worker.view"
    ISSUE_CARD = "worker.issue_card"
    EDIT_SELF = "self.edit"
    EDIT_STRUCTURE = "structure.edit"
    CREATE_STRUCTURE = "structure.create"
    VIEW_PLATFORM = "platform.view"
    # frameworks
    VIEW_FRAMEWORKS = "frameworks.view"
    ADOPT_FRAMEWORK = "frameworks.adopt"
    # evidence
    CREATE_SITUATION = "situation.create"
    VIEW_SITUATION = "situation.view"
    RECORD_OBSERVATION = "observation.record"
    CORRECT_OBSERVATION = "observation.correct"
    VIEW_OBSERVATION = "observation.view"
    ANSWER_OBSERVATION = "observation.answer"
    VIEW_TALKS = "talks.view"
    CLOSE_TALK = "talk.close"
    # recognition
    VIEW_CLAIM = "claim.view"
    SUBMIT_CLAIM = "claim.submit"
    VIEW_QUEUE = "queue.view"
    REVIEW_CLAIM = "claim.review"
    REVIEW_APPEAL = "claim.review_appeal"
    WITHDRAW_CLAIM = "claim.withdraw"
    APPEAL_CLAIM = "claim.appeal"
    TAKE_BACK_CLAIM = "claim.take_back"
    INVITE_REVIEWER = "claim.invite_reviewer"
    RECORD_INTERVIEW = "claim.record_interview"
    # issuer
    MANAGE_ISSUER = "issuer.manage"
    VIEW_CREDENTIALS = "credentials.view"
    REVOKE_CREDENTIAL = "credential.revoke"
    # sharing
    VIEW_OWN_BADGE = "badge.view_own"
    DECIDE_BADGE = "badge.decide"
    PUBLISH_BADGE = "badge.publish"


@dataclass(frozen=True)
class Actor:
    """Who is asking, in which structure, with which roles there."""

    person_id: uuid.UUID | None
    structure_id: uuid.UUID | None
    roles: frozenset[Role]
    invitation_id: uuid.UUID | None = None

    @property
    def signed_in(self) -> bool:
        """True for anybody but a passer-by."""
        return self.person_id is not None or self.invitation_id is not None

    @property
    def journal_name(self) -> str:
        """How the journal names this actor: an id, never a name."""
        if self.person_id is not None:
            return f"person:{self.person_id}"
        if self.invitation_id is not None:
            return f"invitation:{self.invitation_id}"
        return "console" if self.roles else "anonymous"


ANONYMOUS = Actor(person_id=None, structure_id=None, roles=frozenset())


def console(structure_id: uuid.UUID | None = None) -> Actor:
    """Return whoever types commands on the server: operator, and administrator of `structure_id`."""
    return Actor(None, structure_id, frozenset({Role.OPERATOR, Role.ADMIN}))


@dataclass(frozen=True)
class Thing:
    """The facts about a thing that decide who may touch it; queries fill it, `may` reads it.

    `staff` are the (role, person) pairs in charge of the worker; `observers` and `deciders` are the
    persons whose hands are already on the claim, so that a third one decides (the three hands).
    """

    structure_id: uuid.UUID | None
    worker_id: uuid.UUID | None = None
    author_id: uuid.UUID | None = None
    staff: frozenset[tuple[Role, uuid.UUID]] = frozenset()
    observers: frozenset[uuid.UUID] = frozenset()
    deciders: frozenset[uuid.UUID] = frozenset()
    invitations: frozenset[uuid.UUID] = frozenset()
    in_review: bool = False


Relation = Callable[[Actor, Role, Thing], bool]


def _anyone(actor: Actor, _role: Role, thing: Thing) -> bool:
    return thing.structure_id == actor.structure_id


def _self(actor: Actor, role: Role, thing: Thing) -> bool:
    return _anyone(actor, role, thing) and thing.worker_id == actor.person_id


def _in_charge(actor: Actor, role: Role, thing: Thing) -> bool:
    return _anyone(actor, role, thing) and (role, actor.person_id) in thing.staff


def _author(actor: Actor, role: Role, thing: Thing) -> bool:
    return _anyone(actor, role, thing) and thing.author_id == actor.person_id


def _in_review(actor: Actor, role: Role, thing: Thing) -> bool:
    return _anyone(actor, role, thing) and thing.in_review


def _impartial(actor: Actor, role: Role, thing: Thing) -> bool:
    hands = {thing.worker_id, *thing.observers}
    return _in_review(actor, role, thing) and actor.person_id not in hands


def _impartial_second(actor: Actor, role: Role, thing: Thing) -> bool:
    return _impartial(actor, role, thing) and actor.person_id not in thing.deciders


def _invited(actor: Actor, _role: Role, thing: Thing) -> bool:
    return actor.invitation_id in thing.invitations and thing.in_review


def _platform(_actor: Actor, _role: Role, thing: Thing) -> bool:
    return thing.structure_id is None


TABLE: dict[Action, tuple[tuple[Role, Relation], ...]] = {
    Action.VIEW_PEOPLE: ((Role.ADMIN, _anyone),),
    Action.MANAGE_PEOPLE: ((Role.ADMIN, _anyone),),
    Action.IMPORT_ROSTER: ((Role.ADMIN, _anyone),),
    Action.VIEW_WORKER: (
        (Role.WORKER, _self),
        (Role.SUPERVISOR, _in_charge),
        (Role.TUTOR, _in_charge),
        (Role.COACH, _in_charge),
        (Role.ADMIN, _anyone),
    ),
    Action.ISSUE_CARD: ((Role.SUPERVISOR, _in_charge), (Role.COACH, _in_charge), (Role.ADMIN, _anyone)),
    Action.EDIT_SELF: ((Role.WORKER, _self), *((role, _self) for role in sorted({*STAFF, Role.OPERATOR}))),
    Action.EDIT_STRUCTURE: ((Role.ADMIN, _anyone),),
    Action.CREATE_STRUCTURE: ((Role.OPERATOR, _platform),),
    Action.VIEW_PLATFORM: ((Role.OPERATOR, _platform),),
    Action.VIEW_FRAMEWORKS: tuple((role, _anyone) for role in sorted(STAFF)),
    Action.ADOPT_FRAMEWORK: ((Role.ADMIN, _anyone),),
    Action.CREATE_SITUATION: ((Role.SUPERVISOR, _anyone), (Role.TUTOR, _anyone)),
    Action.VIEW_SITUATION: ((Role.SUPERVISOR, _anyone), (Role.TUTOR, _anyone)),
    Action.RECORD_OBSERVATION: ((Role.SUPERVISOR, _in_charge), (Role.TUTOR, _in_charge)),
    Action.CORRECT_OBSERVATION: ((Role.SUPERVISOR, _author), (Role.TUTOR, _author)),
    Action.VIEW_OBSERVATION: (
        (Role.WORKER, _self),
        (Role.SUPERVISOR, _in_charge),
        (Role.TUTOR, _in_charge),
        (Role.SUPERVISOR, _author),
        (Role.TUTOR, _author),
        (Role.COACH, _in_charge),
        (Role.REVIEWER, _in_review),
        (Role.OUTSIDE_REVIEWER, _invited),
    ),
    Action.ANSWER_OBSERVATION: ((Role.WORKER, _self),),
    Action.VIEW_TALKS: ((Role.COACH, _anyone),),
    Action.CLOSE_TALK: ((Role.COACH, _in_charge),),
    Action.VIEW_CLAIM: (
        (Role.WORKER, _self),
        (Role.SUPERVISOR, _in_charge),
        (Role.TUTOR, _in_charge),
        (Role.COACH, _in_charge),
        (Role.REVIEWER, _in_review),
        (Role.OUTSIDE_REVIEWER, _invited),
    ),
    Action.SUBMIT_CLAIM: (
        (Role.WORKER, _self),
        (Role.SUPERVISOR, _in_charge),
        (Role.TUTOR, _in_charge),
        (Role.COACH, _in_charge),
    ),
    Action.VIEW_QUEUE: ((Role.REVIEWER, _anyone),),
    Action.REVIEW_CLAIM: ((Role.REVIEWER, _impartial), (Role.OUTSIDE_REVIEWER, _invited)),
    Action.REVIEW_APPEAL: ((Role.REVIEWER, _impartial_second), (Role.OUTSIDE_REVIEWER, _invited)),
    Action.WITHDRAW_CLAIM: ((Role.WORKER, _self),),
    Action.APPEAL_CLAIM: ((Role.WORKER, _self),),
    Action.TAKE_BACK_CLAIM: ((Role.REVIEWER, _author),),
    Action.INVITE_REVIEWER: ((Role.ADMIN, _anyone),),
    Action.RECORD_INTERVIEW: ((Role.COACH, _in_charge), (Role.REVIEWER, _impartial)),
    Action.MANAGE_ISSUER: ((Role.ADMIN, _anyone),),
    Action.VIEW_CREDENTIALS: ((Role.ADMIN, _anyone),),
    Action.REVOKE_CREDENTIAL: ((Role.ADMIN, _anyone),),
    Action.VIEW_OWN_BADGE: ((Role.WORKER, _self),),
    Action.DECIDE_BADGE: ((Role.WORKER, _self),),
    Action.PUBLISH_BADGE: ((Role.WORKER, _self),),
}


def may(actor: Actor, action: Action, thing: Thing) -> bool:
    """Tell whether `actor` may do `action` to `thing`. No side effect, no exception."""
    return any(role in actor.roles and relation(actor, role, thing) for role, relation in TABLE[action])


def require(actor: Actor, action: Action, thing: Thing) -> None:
    """Pass when `may`; else raise `NotSignedIn`, `NotFound` (another structure's thing) or `Forbidden`."""
    if may(actor, action, thing):
        return
    if not actor.signed_in:
        raise NotSignedIn
    if thing.structure_id != actor.structure_id:
        raise NotFound
    raise Forbidden
