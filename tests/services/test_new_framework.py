"""A framework never seen before: imported, adopted, observed with, recognised and signed, without code."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from badges.app import build_ports, create_app, migrated
from badges.clock import today
from badges.demo.cast import GARDENS
from badges.demo.server import headless_settings
from badges.demo.story import Story, StoryClock
from badges.demo.world import raise_curtain
from badges.evidence.models import AnswerKind, SituationKind
from badges.frameworks import service as frameworks
from badges.issuer import artwork_fit
from badges.issuer import queries as ledger
from badges.issuer.models import Credential
from badges.openbadges.loads import load_json
from badges.openbadges.report import Verdict
from badges.openbadges.resolve import MapResolver
from badges.openbadges.verify import verify
from badges.web.account.demo import demo_token

SKILL = "H01"


def _in_every_language(text: str) -> dict[str, str]:
    return dict.fromkeys(("fr", "en", "it", "nl", "de"), text)


def beekeeping() -> dict[str, Any]:
    """Return a framework with its own names for two sides, one skill in each, seen at one or two levels."""
    model = json.loads((frameworks.CATALOGUE / "soft-sfc-bunk.json").read_text("utf-8"))
    sides = []
    for number, (code, name) in enumerate((("S", "vivre-ensemble"), ("M", "observer")), start=1):
        skill_id = f"H{number:02}"
        levels = [
            {
                "level": level,
                "self_statement": _in_every_language("Je le fais."),
                "behaviours": [
                    {"id": f"{skill_id}-{level}-a", "text": _in_every_language("Ouvre la ruche.")}
                ],
            }
            for level in ("N1", "N2")[:number]
        ]
        skill = {
            "id": skill_id, "slug": f"hive-{number}", "label": _in_every_language(f"Ruche {number}"),
            "badge_label": _in_every_language("Ruche"), "summary": _in_every_language("Soigner une ruche."),
            "pictogram": "sprout", "levels": levels, "alignments": [],
        }  # fmt: skip
        sides.append({"id": name, "code": code, "label": _in_every_language(name), "skills": [skill]})
    return {
        "format": model["format"], "id": "apiculture", "kind": "soft", "version": "1",
        "title": _in_every_language("Apiculture"), "scale": model["scale"], "levels": model["levels"],
        "award_rules": model["award_rules"], "dimensions": sides,
    }  # fmt: skip


def test_it_goes_from_the_file_to_a_valid_badge_and_to_the_pages(tmp_path: Path) -> None:
    settings = headless_settings(tmp_path)
    real = migrated(build_ports(settings))
    clock = StoryClock(real.clock.now() - timedelta(days=30))
    ports = replace(real, clock=clock)
    text = json.dumps(beekeeping(), ensure_ascii=False)
    artwork_fit.check_labels(frameworks.examine(text).document, text)
    with ports.sessions() as session:
        structure_id, cast = raise_curtain(ports, session, GARDENS)
        story = Story(ports, clock, structure_id, today(real.clock), session)
        frameworks.adopt(
            session, clock, story.actor(cast["claire"]), frameworks.import_document(session, clock, text)
        )
        marc, amina = cast["marc"], cast["amina"]
        for days in (12, 9, 6):
            place = story.situation(marc, days, "Ruches", "Verger", SituationKind.TRAINING, (amina,))
            seen = story.observe(marc, place, amina, SKILL, "N1", "Y")
            story.answer(amina, seen, AnswerKind.AGREE)
        claim = story.open_claim(marc, amina, SKILL, "N1")
        story.submit(marc, claim, days_ago=4)
        story.approve(cast["nadia"], claim, days_ago=3)
        badge = session.get_one(Credential, story.credential_of(claim))
        known = MapResolver(ledger.documents_for(session, badge.id))
        assert badge.signed
        assert verify(badge.signed.encode(), resolver=known, now=real.clock.now()).verdict is Verdict.VALID
        achievement = load_json(badge.signed)["credentialSubject"]["achievement"]
        assert achievement["tag"] == ["vivre-ensemble"]
        assert "social" in achievement["image"]["caption"]
    client = create_app(settings).test_client()
    for who, address in (
        ("amina", "/my/observations"), ("amina", "/badges"), ("lea", f"/coach/workers/{amina}"),
        ("marc", f"/situations/{place}/skills?who={amina}"), ("claire", "/admin/frameworks"),
    ):  # fmt: skip
        client.get(f"/demo/{demo_token(settings.secret_key, cast[who], structure_id)}")
        assert client.get(address).status_code == 200, (who, address)
