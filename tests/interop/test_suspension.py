"""What strangers' verifiers say of a badge before, during and after a pause, and once it is withdrawn."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from badges.issuer import queries, service
from badges.issuer.models import StatusList
from badges.openbadges.loads import dump_json
from tests.conftest import StillClock
from tests.interop.test_independent_verifiers import NODE_HINT, SCRIPT, VERIFIERS
from tests.lives import House

NODE = shutil.which("node")
MOMENTS = ("before", "during", "after", "withdrawn")
FIRST = dict(zip(MOMENTS, ("valid", "revoked", "revoked", "revoked"), strict=True))
"""The file handed out before the pause: its place in the list of withdrawals is spent for ever."""
SECOND = dict(zip(MOMENTS[1:], ("suspended", "valid", "suspended"), strict=True))
"""The file downloaded since: in the list of suspensions its bit stays on once the badge is withdrawn."""


class Folder:
    """Files and the documents a verifier needs, one folder per moment."""

    def __init__(self, house: House, path: Path) -> None:
        self.house, self.path = house, path

    def say(self, moment: str, **files: str) -> dict[str, set[str]]:
        """Return the verdicts of both JavaScript verifiers on `files`, with what we publish now."""
        folder = self.path / moment
        folder.mkdir()
        (folder / "documents.json").write_bytes(dump_json(self._documents()))
        for name, signed in files.items():
            (folder / f"{name}.json").write_text(signed, "utf-8")
        command = [
            str(NODE),
            str(SCRIPT),
            "--documents",
            "documents.json",
            *(f"{name}.json" for name in files),
        ]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
        answers = json.loads(done.stdout)
        return {
            Path(name).stem: {answer["verdict"] for answer in found.values()}
            for name, found in answers.items()
        }

    def _documents(self) -> dict[str, object]:
        self.house.forget()
        session = self.house.session
        published = [queries.status_list(session, one) for one in session.scalars(select(StatusList.id))]
        slug = "les-jardins-du-canal"
        did = queries.did_document(session, slug)
        lists = [json.loads(one.signed) for one in published]
        return {did["id"]: did} | {one["id"]: one for one in lists}


@pytest.mark.node
def test_javascript_verifiers_see_the_pause_and_its_end(
    session: Session, sessions: sessionmaker[Session], clock: StillClock, tmp_path: Path
) -> None:
    if NODE is None or not VERIFIERS.is_dir():
        pytest.skip(NODE_HINT)
    clock.at = clock.at.replace(year=2025)
    house = House(session, sessions, clock)
    folder, badge = Folder(house, tmp_path), house.issue()
    first = house.signed(badge)
    told = {"before": folder.say("before", first=first)}
    clock.forward(minutes=1)
    service.suspend(house.issuing, house.admin, badge, "x")
    house.drain()
    second = house.signed(badge)
    told["during"] = folder.say("during", first=first, second=second)
    service.reinstate(house.issuing, house.admin, badge)
    house.drain()
    told["after"] = folder.say("after", first=first, second=second)
    service.revoke(session, clock, house.admin, badge, "x")
    house.drain()
    told["withdrawn"] = folder.say("withdrawn", first=first, second=second, third=house.signed(badge))
    assert {moment: answers["first"] for moment, answers in told.items()} == {
        moment: {verdict} for moment, verdict in FIRST.items()
    }
    assert {moment: told[moment]["second"] for moment in SECOND} == {
        moment: {verdict} for moment, verdict in SECOND.items()
    }
    assert told["withdrawn"]["third"] == {"revoked"}, "the file that is given from now on"
