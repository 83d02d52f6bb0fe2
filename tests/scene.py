"""The demo with somebody for each column of the permission matrix, signed in, and one thing of every kind.

The database is a file that is put back as it was whenever a request has written to it.
"""

import io
import shutil
import sqlite3
import uuid
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from badges.app import create_app, migrated
from badges.demo import world
from badges.demo.cast import GARDENS, KITCHEN
from badges.demo.picture import garden_picture
from badges.demo.story import Story, StoryClock
from badges.demo.world import World
from badges.evidence.models import AnswerKind, Observation, ObservationPhoto, SituationKind, Talk
from badges.issuer.models import (
    Achievement,
    Credential,
    IssuerKey,
    IssuerProfile,
    StatusList,
    Wave,
    WaveState,
)
from badges.people import service as people
from badges.people import service_people, service_roster, service_sign_in
from badges.people.models import EmailLink, Person, SignIn
from badges.people.rules import InCharge, NewPerson
from badges.people.rules_secrets import fingerprint, hash_secret
from badges.people.service_cards import IssuedCard, issue_card
from badges.permissions import Actor, Role
from badges.ports import Ports
from badges.recognition import queries_review, service_invitations
from badges.recognition import service as claims
from badges.recognition.models import Claim
from badges.recognition.rules import Reason
from badges.sharing.models import Holding
from badges.web.access import TOKEN
from badges.web.blueprints import BLUEPRINTS
from tests.conftest import StillClock
from tests.live import settings_for

ANONYMOUS = "anonymous"
COLUMNS = (
    ANONYMOUS, "worker", "other worker", "supervisor", "other supervisor", "tutor", "coach", "other coach",
    "reviewer", "reviewer who observed", "administrator", "operator", "away worker", "away supervisor",
    "away coach", "away reviewer", "away administrator",
)  # fmt: skip
PASSWORD = "quatre mots bien longs"
ROSTER = "Prénom;Nom;Équipe\nZoé;Léger;Livraison\n;Sansprénom;Livraison\n".encode()
CLAIMED = ("G02", "N1")
DAYS_SEEN = (20, 10, 3)


@dataclass
class Scene:
    """An application on a file, who is signed in, and the ids of the things of the structure at home."""

    app: Flask
    folder: Path
    cookies: dict[str, str] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)

    @property
    def ports(self) -> Ports:
        ports: Ports = self.app.extensions["badges"]
        return ports

    def browser(self, column: str) -> FlaskClient:
        """A new browser on which the person of `column` is signed in."""
        client = self.app.test_client()
        if column != ANONYMOUS:
            client.set_cookie(self.app.config["SESSION_COOKIE_NAME"], self.cookies[column])
        return client

    @contextmanager
    def watched(self) -> Iterator["Watch"]:
        """Tell whether something was written meanwhile; if so, put the database back as it was."""
        with closing(sqlite3.connect(self.folder / "live.sqlite")) as beside:
            watch = Watch(beside)
            yield watch
            written = watch.wrote()
        if written:
            self.put_back()

    def keep(self) -> None:
        """Remember the database as it is now."""
        self._rest()
        shutil.copyfile(self.folder / "live.sqlite", self.folder / "kept.sqlite")

    def put_back(self) -> None:
        """Make the database what it was."""
        self._rest()
        shutil.copyfile(self.folder / "kept.sqlite", self.folder / "live.sqlite")

    def close(self) -> None:
        self._rest()

    def _rest(self) -> None:
        """Close every connection: the last one writes the log of SQLite back into the file."""
        self.ports.sessions.kw["bind"].dispose()


@dataclass
class Watch:
    """Another connection to the same file: SQLite tells it whether somebody else has committed."""

    beside: sqlite3.Connection

    def __post_init__(self) -> None:
        self.before = self._version()

    def wrote(self) -> bool:
        return self._version() != self.before

    def _version(self) -> int:
        version: int = self.beside.execute("PRAGMA data_version").fetchone()[0]
        return version


def raise_scene(folder: Path) -> Scene:
    """Build everything in `folder`. It takes a few seconds: once per test process."""
    settings = settings_for(f"sqlite:///{folder / 'live.sqlite'}", folder / "media")
    app = create_app(settings, clock=StillClock())
    scene = Scene(app, folder)
    told = world.fill(migrated(scene.ports))
    assert told is not None
    with scene.ports.sessions() as session:
        Casting(scene, session, told).play()
    scene.keep()
    return scene


@dataclass
class Casting:
    """Adds to the demo what it lacks: people who have nothing to do there, and things in every state."""

    scene: Scene
    session: Session
    told: World

    def play(self) -> None:
        self.cast = {
            "worker": self.told.people["amina"], "other worker": self.told.people["chloe"],
            "supervisor": self.told.people["marc"], "tutor": self.told.people["sophie"],
            "coach": self.told.people["lea"], "reviewer": self.told.people["nadia"],
            "administrator": self.told.people["claire"], "away worker": self.told.people["tomas"],
            "operator": self.session.scalars(select(Person.id).where(Person.is_operator)).one(),
        }  # fmt: skip
        self._hire()
        self._things()
        self._sign_in()

    @property
    def clock(self) -> StillClock:
        clock = self.scene.ports.clock
        assert isinstance(clock, StillClock)
        return clock

    @cached_property
    def home(self) -> uuid.UUID:
        return self.told.structures[GARDENS.public_name]

    @cached_property
    def away(self) -> uuid.UUID:
        return self.told.structures[KITCHEN.public_name]

    @cached_property
    def story(self) -> Story:
        clock = StoryClock(self.clock.now())
        return Story(
            replace(self.scene.ports, clock=clock), clock, self.home, clock.now().date(), self.session
        )

    def _hire(self) -> None:
        claire, ines = self.told.people["claire"], self.told.people["ines"]
        self._add("other supervisor", claire, self.home, Role.SUPERVISOR)
        self._add("other coach", claire, self.home, Role.COACH)
        self._add("reviewer who observed", claire, self.home, Role.SUPERVISOR, Role.REVIEWER)
        ruben = self._add("ruben", claire, self.home, Role.WORKER)
        admin = self._in(claire, self.home)
        in_charge = frozenset({InCharge(Role.SUPERVISOR, self.cast["other supervisor"]),
                               InCharge(Role.COACH, self.cast["other coach"])})  # fmt: skip
        people.set_in_charge(self.session, self.clock, admin, ruben, in_charge)
        observer = self.cast["reviewer who observed"]
        people.assign(self.session, self.clock, admin, self.cast["worker"], observer, Role.SUPERVISOR)
        elsewhere = {
            "away supervisor": Role.SUPERVISOR, "away coach": Role.COACH, "away reviewer": Role.REVIEWER,
            "away administrator": Role.ADMIN,
        }  # fmt: skip
        for column, role in elsewhere.items():
            staff = self._add(column, ines, self.away, role)
            if role in {Role.SUPERVISOR, Role.COACH}:
                boss = self._in(ines, self.away)
                people.assign(self.session, self.clock, boss, self.cast["away worker"], staff, role)

    def _add(self, column: str, by: uuid.UUID, structure_id: uuid.UUID, *roles: Role) -> uuid.UUID:
        email = None if roles == (Role.WORKER,) else f"{column.replace(' ', '-')}@jardins.example"
        new = NewPerson(given_name=column.title(), family_name="Delmas", email=email, roles=frozenset(roles))
        actor = self._in(by, structure_id)
        self.cast[column] = people.add_person(self.session, self.clock, actor, new)
        return self.cast[column]

    def _in(self, person_id: uuid.UUID, structure_id: uuid.UUID) -> Actor:
        return replace(self.story, structure_id=structure_id).actor(person_id)

    def _things(self) -> None:
        marc, amina, nadia = self.cast["supervisor"], self.cast["worker"], self.cast["reviewer"]
        odile = self.cast["reviewer who observed"]
        moments = [
            self.story.situation(marc, days, "Semis", "Serre 3", SituationKind.COLLECTIVE_TASK, (amina,))
            for days in DAYS_SEEN
        ]
        for skill in ("S06", "C05", "M02", "C03"):
            for days, moment in zip(DAYS_SEEN, moments, strict=True):
                self.story.go_back(days, 11)
                seen = self.story.observe(marc, moment, amina, skill, "N1")
                self.story.answer(amina, seen, AnswerKind.AGREE)
        mine = self._agreed(marc, moments[-1], photos=(garden_picture(),))
        self._agreed(odile, moments[-1])
        admin = self._in(self.cast["administrator"], self.home)
        service_people.set_roles(self.session, self.clock, admin, odile, frozenset({Role.REVIEWER}))
        disputed = self.story.observe(marc, moments[-1], amina, "S01", "N1", "YN")
        self.story.answer(amina, disputed, AnswerKind.DISAGREE)
        self._claims(marc, amina, nadia)
        found = self.session.execute(
            select(ObservationPhoto.id).where(ObservationPhoto.observation_id == mine)
        ).scalar_one()
        away = self.session.scalars(select(Observation).where(Observation.structure_id == self.away)).first()
        assert away is not None
        claim = self.session.scalars(select(Claim).where(Claim.structure_id == self.away)).first()
        assert claim is not None
        self._note(
            home=self.home, away=self.away, worker_id=amina, person_id=amina, situation_id=moments[-1],
            observation_id=mine, photo_id=found, coach=self.cast["coach"],
            talk_id=self.session.scalars(select(Talk.id).where(Talk.observation_id == disputed)).one(),
            away_worker=self.cast["away worker"], away_coach=self.cast["away coach"],
            away_situation=away.situation_id, away_observation=away.id, away_claim=claim.id,
            away_invitation=self.told.invitation, other_worker=self.cast["other worker"],
        )  # fmt: skip
        self._issuer()
        self._doors()

    def _agreed(self, by: uuid.UUID, moment: uuid.UUID, photos: tuple[bytes, ...] = ()) -> uuid.UUID:
        seen = self.story.observe(by, moment, self.cast["worker"], *CLAIMED, photos=photos)
        self.story.answer(self.cast["worker"], seen, AnswerKind.AGREE)
        return seen

    def _claims(self, marc: uuid.UUID, amina: uuid.UUID, nadia: uuid.UUID) -> None:
        version_id, _ = self.story.framework_of(CLAIMED[0])
        in_review = self.story.open_claim(marc, amina, *CLAIMED)
        ready = self.story.open_claim(marc, amina, "S06", "N1")
        refused, approved = (self.story.open_claim(marc, amina, skill, "N1") for skill in ("M02", "C03"))
        reviewer = self._in(nadia, self.home)
        for claim_id in (refused, approved):
            self.story.submit(marc, claim_id, days_ago=1)
        claims.refuse(
            self.session, self.clock, reviewer, refused, self.story.version_of(reviewer, refused),
            Reason.NOT_YET_REGULAR, "Encore un peu.",
        )  # fmt: skip
        version = self.story.version_of(reviewer, approved)
        claims.approve(self.session, self.clock, reviewer, approved, version, grace=timedelta(seconds=10))
        view = queries_review.claim_view(self.session, self.clock, reviewer, in_review, "fr")
        soft, _ = self.story.framework_of("C05")
        token = service_invitations.invite_reviewer(
            self.session, self.clock, self._in(self.cast["administrator"], self.home), in_review, "H", "Four"
        )
        approved_at = self.session.get_one(Claim, approved).decided_at
        assert approved_at is not None
        self._note(
            approved_at=approved_at.isoformat(),
            version_id=version_id, skill_id=CLAIMED[0], level=CLAIMED[1], soft_id=soft, claim_id=in_review,
            ready_claim=ready, refused_claim=refused, approved_claim=approved, version=view.about.version,
            shown=view.shown, invitation=token,
        )  # fmt: skip

    def _issuer(self) -> None:
        own = select(Credential).join(Holding, Holding.credential_id == Credential.id)
        mine = {
            holding: self.session.scalars(
                own.where(Credential.worker_id == self.cast["worker"], Holding.state == holding)
            ).one()
            for holding in ("kept", "offered")
        }
        stuck = self.session.scalars(
            select(Credential).where(Credential.worker_id == self.told.people["olena"])
        ).one()
        stuck.blocked_reason = "label-too-long"
        mine["kept"].valid_until = self.clock.now() + timedelta(days=30)
        profile = self.session.scalars(
            select(IssuerProfile).where(IssuerProfile.structure_id == self.home)
        ).one()
        key = self.session.scalars(select(IssuerKey).where(IssuerKey.profile_id == profile.id)).one()
        self._note(
            credential_id=mine["kept"].id, offered=mine["offered"].id, stuck=stuck.id, key_id=key.id,
            achievement_id=mine["kept"].achievement_id, page=self.told.shown, slug=profile.slug,
            multibase=key.public_multibase, signed=mine["kept"].signed,
            status_list_id=self.session.scalars(
                select(StatusList.id).where(StatusList.profile_id == profile.id)
            ).one(),
        )  # fmt: skip
        assert self.session.get(Achievement, mine["kept"].achievement_id)
        self._waves()
        self.session.commit()

    def _waves(self) -> None:
        """One under way and one stopped, each with a badge still to come."""
        for name, state in (("wave_id", WaveState.RUNNING), ("stopped_wave", WaveState.CANCELLED)):
            wave_id, now = uuid.uuid4(), self.clock.now()
            self.session.add(Wave(id=wave_id, structure_id=self.home, started_at=now, state=state, total=1))
            self._note(**{name: wave_id})

    def _doors(self) -> None:
        admin = self._in(self.cast["administrator"], self.home)
        marc = self.session.get_one(Person, self.cast["supervisor"])
        marc.password_hash = hash_secret(PASSWORD)
        self.session.commit()
        upload = service_roster.keep_upload(self.session, self.clock, admin, "equipe.csv", ROSTER)
        self._note(upload_id=upload, email=marc.email, link=self._link(marc.id))

    def _sign_in(self) -> None:
        worker = self._card(self.cast["worker"], self.home, self.cast["administrator"])
        cards = {"worker": worker}
        cards["other worker"] = self._card(self.cast["other worker"], self.home, self.cast["administrator"])
        cards["away worker"] = self._card(self.cast["away worker"], self.away, self.told.people["ines"])
        self._note(card=worker.token, pin=worker.pin)
        spare = self._open(worker)
        self._note(
            sign_in_id=self.session.scalars(
                select(SignIn.id).where(SignIn.token_hash == fingerprint(spare))
            ).one()
        )
        serializer = self.scene.app.session_interface.get_signing_serializer(self.scene.app)  # type: ignore[attr-defined]
        for column in COLUMNS[1:]:
            token = self._open(cards[column]) if column in cards else self._by_link(self.cast[column])
            self.scene.cookies[column] = serializer.dumps({TOKEN: token, "_permanent": True})

    def _card(self, worker: uuid.UUID, structure_id: uuid.UUID, by: uuid.UUID) -> IssuedCard:
        return issue_card(self.session, self.clock, self._in(by, structure_id), worker)

    def _open(self, card: IssuedCard) -> str:
        return service_sign_in.with_card(self.session, self.clock, card.token, card.pin, "", "")

    def _by_link(self, person_id: uuid.UUID) -> str:
        return service_sign_in.use_link(self.session, self.clock, self._link(person_id), "")

    def _link(self, person_id: uuid.UUID) -> str:
        token = self.clock.new_token()
        now = self.clock.now()
        self.session.add(
            EmailLink(
                id=uuid.uuid4(), token_hash=fingerprint(token), person_id=person_id, created_at=now,
                expires_at=now + timedelta(minutes=10),
            )
        )  # fmt: skip
        self.session.commit()
        return token

    def _note(self, **found: object) -> None:
        self.scene.ids.update({name: str(value) for name, value in found.items()})


def routes() -> dict[str, tuple[str, str]]:
    """Every request there is, as "METHOD rule", with its method and endpoint."""
    app = Flask("badges.web")
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    return {
        f"{method} {rule.rule}": (method, rule.endpoint)
        for rule in app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    }


def address(scene: Scene, method: str, endpoint: str) -> str:
    """The address of a route for the things of the structure at home."""
    rules = scene.app.url_map.iter_rules(endpoint)
    rule = next(rule for rule in rules if method in (rule.methods or ()))
    values = parameters(scene.ids, endpoint)
    found: str = scene.app.url_map.bind("localhost").build(
        endpoint, {name: values[name] for name in rule.arguments}
    )
    return found


def ask(
    scene: Scene, column: str, method: str, endpoint: str, form: Any = None, **headers: str
) -> TestResponse:
    """Send one request as the person of `column`, about the things of the structure at home."""
    posted = {"data": payload(scene.ids, endpoint) if form is None else form,
              "content_type": "multipart/form-data"}  # fmt: skip
    return scene.browser(column).open(
        address(scene, "GET" if method == "HEAD" else method, endpoint),
        method=method,
        query_string=queries(scene.ids, endpoint),
        headers={"Accept-Language": "fr"}
        | {name.replace("_", "-"): value for name, value in headers.items()},
        buffered=True,
        **(posted if method == "POST" else {}),
    )


def parameters(ids: Mapping[str, str], endpoint: str) -> dict[str, str]:
    """The values that fill the address of a route: ids of things at home, fit for what is asked of them."""
    group = endpoint.partition(".")[0]
    token = {"public": ids["page"], "invited": ids["invitation"]}.get(group, "")
    own = {
        "account.link": {"token": ids["link"]},
        "account.use_link": {"token": ids["link"]},
        "account.card": {"token": ids["card"]},
        "account.use_card": {"token": ids["card"]},
        "account.demo": {"token": "made-up"},
        "claims.submit": {"claim_id": ids["ready_claim"]},
        "claims.appeal": {"claim_id": ids["refused_claim"]},
        "reviewer.undo": {"claim_id": ids["approved_claim"]},
        "worker.keep": {"credential_id": ids["offered"]},
        "worker.decline": {"credential_id": ids["offered"]},
        "admin.mend": {"credential_id": ids["stuck"]},
        "static": {"filename": "icons.svg"},
    }
    return {**ids, "name": ids["multibase"], "token": token, "kind": "svg", **own.get(endpoint, {})}


def queries(ids: Mapping[str, str], endpoint: str) -> dict[str, str]:
    """What follows the question mark in the address of a page."""
    chosen = {"who": ids["worker_id"]}
    return {
        "supervisor.skills": chosen,
        "reviewer.batch_done": {"at": ids["approved_at"]},
        "supervisor.observe": chosen
        | {"version": ids["version_id"], "skill": ids["skill_id"], "level": ids["level"]},
    }.get(endpoint, {})


def payload(ids: Mapping[str, str], endpoint: str) -> dict[str, Any]:
    """A form that is right in every respect, so that only permission can refuse it."""
    decision = {"version": ids["version"], "shown": ids["shown"], "comment": "Un exemple de plus."}
    ticked = {"choice": f"{ids['claim_id']}:{ids['version']}:{ids['shown']}"}
    day = {"day": "2026-11-20"}
    person = {"given_name": "Amina", "family_name": "Diallo", "language": "fr", "crew": "Serres"}
    texts = {"legal_name": "Association", "model": "tremplin", "public_name": "Jardins", "language": "fr"}
    forms: dict[str, dict[str, Any]] = {
        "account.with_password": {"email": ids["email"], "password": PASSWORD},
        "account.ask_link": {"email": ids["email"]},
        "account.use_card": {"pin": ids["pin"]},
        "me.choose_name": {"name_form": "initial"},
        "me.choose_language": {"language": "fr"},
        "me.set_password": {"password": "un autre secret très long"},
        "me.switch": {"structure_id": ids["home"]},
        "verify.check": {"text": ids["signed"]},
        "worker.answer": {"answer": "talk"},
        "worker.show": {"name_form": "initial"},
        "supervisor.create_situation": {
            "id": uuid.uuid4(), "happened_on": "2026-11-20", "kind": "brief", "title": "Brief",
            "crew": ids["worker_id"],
        },
        "supervisor.save": observation(ids),
        "supervisor.take_back": {"id": ids["observation_id"]},
        "claims.ask": {
            "worker_id": ids["worker_id"], "version_id": ids["soft_id"], "skill_id": "C05", "level": "N1",
        },
        "claims.appeal": {"comment": "Je le fais aussi."},
        "claims.interview": day,
        "reviewer.interview": day,
        "reviewer.approve": decision,
        "reviewer.check_batch": ticked,
        "reviewer.approve_batch": ticked,
        "reviewer.undo_batch": {"at": ids["approved_at"]},
        "reviewer.send_back": decision | {"reason": "concrete_example"},
        "reviewer.send_refusal": decision | {"reason": "not_yet_regular"},
        "invited.approve": decision,
        "invited.send_back": decision | {"reason": "concrete_example"},
        "invited.send_refusal": decision | {"reason": "not_yet_regular"},
        "coach.close_talk": {"outcome": "kept"},
        "admin.add_person": person | {"roles": "worker"},
        "admin.edit_person": person,
        "admin.set_roles": {"roles": "worker"},
        "admin.set_in_charge": {"staff": f"coach:{ids['coach']}"},
        "admin.send_roster": {"file": (io.BytesIO(ROSTER), "equipe.csv")},
        "admin.correct_roster": {"cell-3-given_name": "Lou"},
        "admin.edit_structure": texts,
        "admin.send_invitation": {"name": "Hélène", "organisation": "Le Fournil"},
        "admin.mark_compromised": {"since": "2026-11-20"},
        "admin.revoke": {"reason": "Confusion"},
        "admin.suspend": {"doubt": "Confusion"},
        "admin.set_habits": {"issuing": "waves", "months": "24"},
        "admin.start_wave": {"wave_id": uuid.uuid4()},
        "operator.create_structure": texts
        | {"public_name": "Les Ateliers", "given_name": "Zoé", "email": "zoe@ateliers.example"},
    }  # fmt: skip
    return forms.get(endpoint, {})


def observation(ids: Mapping[str, str], **changes: object) -> dict[str, Any]:
    """The form of one observation of the worker, by whoever sends it."""
    worker = changes.pop("worker", ids["worker_id"])
    skill = f"{ids['skill_id']}-{ids['level']}"
    return {
        "situation_id": ids["situation_id"], "version_id": ids["version_id"], "skill_id": ids["skill_id"],
        "level": ids["level"], "captured_at": "2026-11-20T09:00:00+00:00",
        "entry": f"{uuid.uuid4()}.{worker}", f"mark-{skill}-a": "YES", **changes,
    }  # fmt: skip
