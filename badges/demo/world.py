"""The demo structures, told through the real verbs: people, observations and claims in every state."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from badges import jobs
from badges.clock import Clock, today
from badges.demo.cast import GARDENS, KITCHEN, Part, Stage
from badges.demo.picture import garden_picture
from badges.demo.story import Story, StoryClock
from badges.evidence.models import AnswerKind, SituationKind
from badges.frameworks import service as frameworks
from badges.issuer import service as issuer
from badges.people import service as people
from badges.people import service_operators as operators
from badges.people.models import NameForm, Structure
from badges.people.queries import persons_with_role
from badges.people.rules import NewPerson, NewStructure
from badges.permissions import Actor, Role
from badges.ports import Ports
from badges.recognition import service as claims
from badges.recognition import service_invitations as invitations
from badges.recognition.rules import Reason
from badges.sharing import service as sharing
from badges.sharing.rules import NewShowing

FOUNDER = Actor(person_id=None, structure_id=None, roles=frozenset({Role.OPERATOR}))
DAYS = (44, 37, 30, 23, 16, 9, 5, 2)
Tell = Callable[[str], None]


@dataclass(frozen=True)
class World:
    """What the demo made: the people by key, the structures by public name, and links worth printing."""

    people: Mapping[str, uuid.UUID]
    structures: Mapping[str, uuid.UUID]
    shown: str = ""
    invitation: str = ""


def fill(ports: Ports) -> World | None:
    """Fill an empty database with the demo; a database that has a structure already is left as it is."""
    with ports.sessions() as session:
        if session.scalar(select(Structure.id).limit(1)):
            return None
    real_today = today(ports.clock)
    clock = StoryClock(ports.clock.now() - timedelta(days=DAYS[0] + 10))
    ports = replace(ports, clock=clock)
    with ports.sessions() as session:
        operators.add_operator(session, clock, "Camille", "camille@plateforme.example")
        gardens, cast = raise_curtain(ports, session, GARDENS)
        kitchen, cooks = raise_curtain(ports, session, KITCHEN)
        shown = Gardens(Story(ports, clock, gardens, real_today, session), cast).tell()
        invitation = tell_kitchen(Story(ports, clock, kitchen, real_today, session), cooks)
    return World(
        {**cast, **cooks}, {GARDENS.public_name: gardens, KITCHEN.public_name: kitchen}, shown, invitation
    )


def raise_curtain(ports: Ports, session: Session, stage: Stage) -> tuple[uuid.UUID, dict[str, uuid.UUID]]:
    """Create the structure of `stage` with its people, catalogue and issuer; return it and them by key."""
    frameworks.import_catalogue(session, ports.clock)
    admin = next(part for part in stage.parts if Role.ADMIN in part.roles)
    structure_id = people.create_structure(session, ports.clock, FOUNDER, _structure(stage, admin))
    frameworks.adopt_catalogue(session, ports.clock, structure_id)
    issuer.create_profile(jobs.issuing(ports), structure_id)
    admin_id = people_of(session, structure_id, Role.ADMIN)
    admin_actor = Actor(admin_id, structure_id, frozenset({Role.ADMIN}))
    cast = {admin.key: admin_id}
    for part in stage.parts:
        if part is not admin:
            cast[part.key] = people.add_person(session, ports.clock, admin_actor, _person(part))
    _put_in_charge(ports.clock, session, admin_actor, stage, cast)
    return structure_id, cast


def people_of(session: Session, structure_id: uuid.UUID, role: Role) -> uuid.UUID:
    """Return the first person who holds `role` in the structure."""
    return persons_with_role(session, structure_id, role)[0]


def _structure(stage: Stage, admin: Part) -> NewStructure:
    return NewStructure(
        legal_name=stage.legal_name,
        kind=stage.kind,
        model=stage.model,
        public_name=stage.public_name,
        public_description=stage.public_description,
        public_email="contact@jardins.example",
        administrator=_person(admin),
    )


def _person(part: Part) -> NewPerson:
    return NewPerson(
        given_name=part.given_name,
        family_name=part.family_name,
        email=part.email,
        language=part.language,
        roles=part.roles,
        crew=part.crew,
    )


def _put_in_charge(
    clock: Clock, session: Session, admin: Actor, stage: Stage, cast: Mapping[str, uuid.UUID]
) -> None:
    in_charge = {Role.SUPERVISOR, Role.COACH, Role.TUTOR}
    for worker in (part for part in stage.parts if part.roles == {Role.WORKER}):
        for part in stage.parts:
            for role in sorted(part.roles & in_charge):
                people.assign(session, clock, admin, cast[worker.key], cast[part.key], role)


@dataclass
class Gardens:
    """What happened at Les Jardins du Canal in the past weeks."""

    story: Story
    cast: Mapping[str, uuid.UUID]

    def tell(self) -> str:
        """Tell everything in order; return the token of the badge page that is open."""
        self.situations = self._situations()
        shown = self._amina()
        self._yusuf()
        self._olena()
        self._moussa()
        self._rosa()
        self._waiting_answers()
        return shown

    def _situations(self) -> list[uuid.UUID]:
        crew = tuple(self.cast[key] for key in ("amina", "yusuf", "olena", "moussa", "rosa", "chloe"))
        plans = (
            ("Brief du matin", "Serre 2", SituationKind.BRIEF),
            ("Récolte des poireaux", "Champ du canal", SituationKind.COLLECTIVE_TASK),
            ("Préparation des paniers", "Hangar", SituationKind.COLLECTIVE_TASK),
            ("Rangement des outils", "Atelier", SituationKind.TIDYING),
            ("Plantation des salades", "Serre 1", SituationKind.COLLECTIVE_TASK),
            ("Livraison au marché", "Place de la Halle", SituationKind.CLIENT),
            ("Panne de l’arrosage", "Serre 2", SituationKind.INCIDENT),
            ("Récolte des carottes", "Champ du canal", SituationKind.COLLECTIVE_TASK),
        )
        marc = self.cast["marc"]
        return [
            self.story.situation(marc, days, title, place, kind, crew)
            for days, (title, place, kind) in zip(DAYS, plans, strict=True)
        ]

    def _see(
        self, worker: str, skill: str, level: str, moments: tuple[int, ...], by: tuple[str, ...] = ("marc",)
    ) -> None:
        """Let `worker` be seen doing all of a level in some of the situations, and agree each time."""
        for number, moment in enumerate(moments):
            self.story.go_back(DAYS[moment], 11)
            observer = self.cast[by[number % len(by)]]
            seen = self.story.observe(observer, self.situations[moment], self.cast[worker], skill, level)
            self.story.answer(self.cast[worker], seen, AnswerKind.AGREE)

    def _claim(self, worker: str, skill: str, level: str, *, days_ago: int) -> uuid.UUID:
        marc = self.cast["marc"]
        claim = self.story.open_claim(marc, self.cast[worker], skill, level)
        self.story.submit(marc, claim, days_ago=days_ago)
        return claim

    def _badge(
        self, worker: str, skill: str, level: str, *, days_ago: int, reviewer: str = "nadia"
    ) -> uuid.UUID:
        claim = self._claim(worker, skill, level, days_ago=days_ago + 1)
        self.story.approve(self.cast[reviewer], claim, days_ago=days_ago)
        return self.story.credential_of(claim)

    def _amina(self) -> str:
        self._see("amina", "S03", "N1", (0, 1))
        self._see("amina", "S03", "N2", (1, 2, 4, 5), by=("marc", "karim"))
        teamwork = self._badge("amina", "S03", "N2", days_ago=4)
        actor = self.story.actor(self.cast["amina"])
        sharing.keep(self.story.session, self.story.clock, actor, teamwork)
        showing = NewShowing(credential_id=teamwork, name_form=NameForm.INITIAL, language="fr")
        token = sharing.show(jobs.issuing(self.story.ports), actor, showing)
        self._see("amina", "M11", "N1", (3, 4, 5))
        self._badge("amina", "M11", "N1", days_ago=1)
        self._see("amina", "G02", "N1", (1, 4, 7))
        self._claim("amina", "G02", "N1", days_ago=1)
        return token

    def _yusuf(self) -> None:
        self._see("yusuf", "C05", "N1", (0, 2, 3))
        badge = self._badge("yusuf", "C05", "N1", days_ago=8)
        claire = self.story.actor(self.cast["claire"])
        issuer.revoke(
            self.story.session, self.story.clock, claire, badge, "Confusion avec un autre travailleur."
        )
        self.story.let_things_follow()
        self.story.go_back(DAYS[6], 11)
        seen = self.story.observe(
            self.cast["marc"],
            self.situations[6],
            self.cast["yusuf"],
            "S01",
            "N1",
            "YN",
            "N’a pas prévenu pour la panne.",
        )
        self.story.answer(self.cast["yusuf"], seen, AnswerKind.DISAGREE, "J’ai prévenu Karim par téléphone.")

    def _olena(self) -> None:
        self._see("olena", "M08", "N1", (0, 1, 5))
        badge = self._badge("olena", "M08", "N1", days_ago=6, reviewer="paul")
        sharing.keep(self.story.session, self.story.clock, self.story.actor(self.cast["olena"]), badge)
        self._see("olena", "S03", "N1", (2, 4), by=("karim", "marc"))

    def _moussa(self) -> None:
        self._see("moussa", "S06", "N1", (2, 5))
        claim = self._claim("moussa", "S06", "N1", days_ago=7)
        nadia = self.story.actor(self.cast["nadia"])
        version = self.story.version_of(nadia, claim)
        claims.return_claim(
            self.story.session, self.story.clock, nadia, claim, version, Reason.CONCRETE_EXAMPLE,
            "Un exemple précis de la préparation des paniers aiderait.",
        )  # fmt: skip

    def _rosa(self) -> None:
        self._see("rosa", "C03", "N1", (1, 2, 4), by=("paul", "marc"))
        self._claim("rosa", "C03", "N1", days_ago=3)
        self._see("rosa", "M02", "N1", (3, 5))
        claim = self._claim("rosa", "M02", "N1", days_ago=6)
        nadia = self.story.actor(self.cast["nadia"])
        version = self.story.version_of(nadia, claim)
        claims.refuse(
            self.story.session, self.story.clock, nadia, claim, version, Reason.NOT_YET_REGULAR,
            "C’est bien parti : à revoir dans une autre situation.",
        )  # fmt: skip
        rosa = self.story.actor(self.cast["rosa"])
        claims.appeal(self.story.session, self.story.clock, rosa, claim, "Je le fais aussi aux paniers.")

    def _waiting_answers(self) -> None:
        self.story.go_back(DAYS[7], 11)
        karim, moment = self.cast["karim"], self.situations[7]
        self.story.observe(
            karim, moment, self.cast["amina"], "C07", "N1", "YY", "Lames rangées, gants portés."
        )
        self.story.observe(
            karim, moment, self.cast["yusuf"], "G02", "N1", "YS", "Semis réguliers.", (garden_picture(),)
        )
        seen = self.story.observe(karim, moment, self.cast["rosa"], "S03", "N1", "Y-")
        self.story.answer(self.cast["rosa"], seen, AnswerKind.TALK, "Je voudrais en parler avec Léa.")


def tell_kitchen(story: Story, cast: Mapping[str, uuid.UUID]) -> str:
    """Tell of a structure with one member of staff and an outside reviewer; return the link's token."""
    ines, tomas = cast["ines"], cast["tomas"]
    for days, title in ((20, "Service du midi"), (13, "Mise en place"), (6, "Plonge et nettoyage")):
        moment = story.situation(ines, days, title, "Cuisine", SituationKind.COLLECTIVE_TASK, (tomas,))
        story.go_back(days, 15)
        story.answer(tomas, story.observe(ines, moment, tomas, "C06", "N1"), AnswerKind.AGREE)
    claim = story.open_claim(ines, tomas, "C06", "N1")
    story.submit(ines, claim, days_ago=2)
    story.go_back(1, 10)
    return invitations.invite_reviewer(
        story.session, story.clock, story.actor(ines), claim, "Hélène Petit", "Le Fournil du Pont"
    )
