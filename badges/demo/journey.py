"""The whole journey without a browser: from what a supervisor sees to files that any verifier can check."""

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

from sqlalchemy.orm import Session

from badges import jobs
from badges.clock import today
from badges.demo.cast import GARDENS
from badges.demo.story import Story, StoryClock
from badges.demo.world import raise_curtain
from badges.evidence.models import AnswerKind, SituationKind
from badges.issuer import queries as ledger
from badges.issuer import service as issuer
from badges.issuer.models import Credential
from badges.openbadges.loads import Document
from badges.people.models import NameForm
from badges.ports import Ports
from badges.sharing import service as sharing
from badges.sharing.queries_files import badge_file
from badges.sharing.rules import NewShowing

SKILL, LEVEL, REVOKED_SKILL = "S03", "N1", "C05"
DAYS = (12, 9, 6)
STEPS = 11
FILES = {"credential.json": "json", "badge.png": "png", "badge.svg": "svg"}


@dataclass
class Journey:
    """One journey on an empty database. `steps` tells what happens while it happens."""

    ports: Ports
    folder: Path
    cast: dict[str, uuid.UUID] = field(default_factory=dict)

    def steps(self) -> Iterator[str]:
        """Live the journey, one sentence per step, and write its files into `folder`."""
        real_today = today(self.ports.clock)
        self.clock = StoryClock(self.ports.clock.now() - timedelta(days=30))
        self.ports = replace(self.ports, clock=self.clock)
        with self.ports.sessions() as session:
            structure_id, self.cast = raise_curtain(self.ports, session, GARDENS)
            self.story = Story(self.ports, self.clock, structure_id, real_today, session)
            yield "Les Jardins du Canal opens: people, four frameworks, an issuer with its own key."
            yield from self._observed()
            yield from self._recognised()
            yield from self._held()
            yield from self._written(session)

    def _observed(self) -> Iterator[str]:
        marc, amina = self.cast["marc"], self.cast["amina"]
        self.seen = []
        for days, title in zip(
            DAYS, ("Brief du matin", "Plantation des salades", "Préparation des paniers"), strict=True
        ):
            place = self.story.situation(
                marc, days, title, "Serre 2", SituationKind.COLLECTIVE_TASK, (amina,)
            )
            self.story.go_back(days, 11)
            for skill in (SKILL, REVOKED_SKILL):
                self.seen.append(self.story.observe(marc, place, amina, skill, LEVEL))
            yield f"Marc, supervisor, notes what Amina did: {title}, {days} days ago."
        for observation in self.seen:
            self.story.answer(amina, observation, AnswerKind.AGREE)
        yield "Amina answers each observation: that's right."

    def _recognised(self) -> Iterator[str]:
        marc, nadia, amina = self.cast["marc"], self.cast["nadia"], self.cast["amina"]
        claims = [self.story.open_claim(marc, amina, skill, LEVEL) for skill in (SKILL, REVOKED_SKILL)]
        for claim in claims:
            self.story.submit(marc, claim, days_ago=4)
        yield "The award rule is met and proposes; Marc hands two claims over."
        for claim in claims:
            self.story.approve(nadia, claim, days_ago=3)
        yield "Nadia, who observed none of it, approves. The structure signs: reserve, lint, sign, seal."
        self.badge, self.withdrawn = (self.story.credential_of(claim) for claim in claims)

    def _held(self) -> Iterator[str]:
        amina = self.story.actor(self.cast["amina"])
        self.story.go_back(2, 9)
        sharing.keep(self.story.session, self.clock, amina, self.badge)
        yield "Amina keeps her badge. It is private."
        showing = NewShowing(credential_id=self.badge, name_form=NameForm.INITIAL, language="fr")
        sharing.show(jobs.issuing(self.ports), amina, showing)
        self.story.let_things_follow()
        yield "Amina looks at what others will see, and shows it."
        claire = self.story.actor(self.cast["claire"])
        issuer.revoke(
            self.story.session, self.clock, claire, self.withdrawn, "Demonstration of a withdrawn badge."
        )
        self.story.let_things_follow()
        yield "Claire, administrator, withdraws the other badge: its bit is set in the signed status list."

    def _written(self, session: Session) -> Iterator[str]:
        self.folder.mkdir(parents=True, exist_ok=True)
        documents: dict[str, Document] = {}
        for credential_id, names in ((self.badge, FILES), (self.withdrawn, {"revoked.json": "json"})):
            credential = session.get_one(Credential, credential_id)
            for name, kind in names.items():
                (self.folder / name).write_bytes(badge_file(session, credential, kind).body)
            documents |= ledger.documents_for(session, credential_id)
        (self.folder / "documents.json").write_text(json.dumps(documents, ensure_ascii=False, indent=1))
        yield f"Written to {self.folder}: {', '.join(FILES)}, revoked.json, documents.json."
