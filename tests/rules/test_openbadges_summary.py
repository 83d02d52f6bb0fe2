"""What a page shows of a stranger's badge is short, clean, and never a dangerous address."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from badges.openbadges.summary import Alignment, Evidence, summary
from tests.interop.examples import ACHIEVEMENT_URL, BASE, DID, unsigned

SAMPLES = Path(__file__).parents[1] / "data" / "openbadges" / "samples"


def test_our_credential_in_short() -> None:
    shown = summary(unsigned())
    assert shown.name == "Organiser le travail de l'équipe — niveau 2"
    assert (shown.level, shown.levels) == ("Niveau 2", ("Niveau 1", "Niveau 2", "Niveau 3"))
    assert shown.recipient == "Amina D."
    assert (shown.issuer_name, shown.issuer_id) == ("Les Jardins de la Vallée", DID)
    assert (shown.issuer_host, shown.issuer_url) == ("badges.example", BASE)
    assert shown.image_url == f"{ACHIEVEMENT_URL}/badge.png"
    assert shown.tags == ("méthodologique", "travail d'équipe")
    assert shown.alignments == (
        Alignment(
            "planifier", "ESCO", "http://data.europa.eu/esco/skill/3bf2e0f3-2b71-4b7f-a5f0-fe8d2bf0d8b6"
        ),
    )
    assert shown.evidence == (Evidence("Observations", "12 observations dans 4 situations.", ""),)
    assert shown.criteria.startswith("- répartit")
    assert shown.valid_until == datetime(2031, 11, 20, 14, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "data:text/html,<script>",
        "https://u:p@a.example",
        "//a",
        "http://",
        "https://a\u202eb",
        "https://[x",
    ],
)
def test_dangerous_addresses_are_not_shown(address: str) -> None:
    document = unsigned()
    document["issuer"]["url"] = document["issuer"]["id"] = address
    document["evidence"][0]["id"] = address
    document["credentialSubject"]["achievement"]["image"]["id"] = address
    shown = summary(document)
    assert (shown.issuer_url, shown.image_url, shown.evidence[0].url) == ("", "", "")


def test_an_embedded_picture_may_be_shown() -> None:
    document = unsigned()
    document["credentialSubject"]["achievement"]["image"] = "data:image/png;base64,iVBORw0KGgo="
    assert summary(document).image_url.startswith("data:image/png;base64,")


def test_long_and_invisible_text_is_cut_and_cleaned() -> None:
    document = unsigned() | {"name": "x"}
    document["credentialSubject"]["achievement"]["name"] = "a\u202eb\u200b" + "c" * 500
    shown = summary(document)
    assert shown.name.startswith("abc")
    assert len(shown.name) == 200


def test_a_hashed_name_is_not_shown_as_one() -> None:
    document = unsigned()
    document["credentialSubject"]["identifier"][0]["hashed"] = True
    assert summary(document).recipient == ""


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*/*.json")), ids=lambda path: path.name)
def test_every_public_sample_can_be_shown(path: Path) -> None:
    document = json.loads(path.read_text(encoding="utf-8"))
    assert len(summary(document).name) <= 200


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.dictionaries(
        st.sampled_from(["issuer", "credentialSubject", "evidence", "validFrom", "name"]), JSON_VALUES
    )
)
def test_nonsense_is_shown_as_nothing_rather_than_breaking(document: dict[str, Any]) -> None:
    assert summary(document).levels == ()
