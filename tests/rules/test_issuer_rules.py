"""What an issuer writes reads like a person wrote it, and its addresses stay short and free."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from badges.issuer.rules import SLUG_LENGTH, beginning, newer_than, redated, relisted, renamed, slug_of
from badges.issuer.rules_wording import ENGLISH, FRENCH, Wording, wording
from badges.openbadges.did import did_web, did_web_address
from badges.openbadges.specs import StatusEntry
from tests.factories import basis

ONE = {"observations": 1, "situations": 1, "days": 1, "observers": 1}
DAY = date(2026, 11, 14)
NBSP = "\u00a0"


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (FRENCH, "1 observation, dans 1 situation de travail, le 14 novembre 2026, par 1 personne."),
        (ENGLISH, "1 observation in 1 work situation, on 14 November 2026, by 1 person."),
    ],
)
def test_one_is_singular(language: Wording, said: str) -> None:
    assert language.evidence(basis(**ONE, first_day=DAY, last_day=DAY)).startswith(said)


def test_several_are_plural_and_the_first_of_a_month_is_written_as_people_write_it() -> None:
    several = basis(first_day=date(2026, 10, 1), last_day=date(2026, 11, 1))
    assert "5 observations, dans 3 situations de travail, sur 4 jours, " in FRENCH.evidence(several)
    assert "entre le 1er octobre 2026 et le 1er novembre 2026, par 2 personnes." in FRENCH.evidence(several)
    assert "on 4 days between 1 October 2026 and 1 November 2026, by 2 people." in ENGLISH.evidence(several)


def test_only_the_first_day_of_a_month_changes_its_form() -> None:
    later = basis(first_day=date(2026, 10, 11), last_day=date(2026, 11, 21))
    assert "entre le 11 octobre 2026 et le 21 novembre 2026" in FRENCH.evidence(later)


def test_somebody_from_outside_is_named_by_their_organisation_only() -> None:
    outside = basis(reviewer_kind="outside", outside_organisation="{Mission} locale")
    assert f"de l’organisation «{NBSP}{{Mission}} locale{NBSP}», a vérifié" in FRENCH.evidence(outside)
    assert "from “{Mission} locale”, checked it" in ENGLISH.evidence(outside)


def test_nothing_seen_is_nothing_said() -> None:
    assert FRENCH.evidence(basis(observations=0, first_day=None, last_day=None)) == ""


def test_the_criteria_are_a_list_of_behaviours() -> None:
    assert "\n- Arrive à l’heure.\n- Prévient.\n" in FRENCH.criteria(["Arrive à l’heure.", "Prévient."])
    assert f"ceci{NBSP}:" in FRENCH.criteria([])


def test_credentials_are_written_in_french_or_english() -> None:
    assert [wording(code).language for code in ("fr", "en", "nl")] == ["fr", "en", "en"]


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Les Jardins du Canal", "les-jardins-du-canal"),
        ("La Table d’à côté", "la-table-d-a-cote"),
        ("  --  ", "issuer"),
        ("حدائق", "issuer"),
        ("Cœurs & Œuvres", "coeurs-oeuvres"),
    ],
)
def test_an_address_is_made_of_the_public_name(name: str, slug: str) -> None:
    assert slug_of(name, ()) == slug


@given(st.text(max_size=200), st.sets(st.sampled_from(["issuer", "a", "a-2", "issuer-2"])))
def test_any_name_gives_a_free_address_that_a_did_can_carry(name: str, taken: set[str]) -> None:
    slug = slug_of(name, taken)
    assert slug not in taken
    assert len(slug) <= SLUG_LENGTH + 3
    did = did_web(f"https://badges.example.org/issuers/{slug}")
    assert did_web_address(did) == f"https://badges.example.org/issuers/{slug}/did.json"


def test_a_new_edition_begins_later_than_the_one_it_replaces() -> None:
    now = datetime(2026, 11, 23, 9, tzinfo=UTC)
    assert newer_than(now, now) == now + timedelta(seconds=1)
    assert newer_than(now - timedelta(days=1), now) == now
    assert newer_than(now + timedelta(hours=1), now) == now + timedelta(hours=1, seconds=1)


def test_renaming_changes_the_name_and_the_beginning_only() -> None:
    before = {
        "id": "urn:uuid:1", "validFrom": "2026-01-01T00:00:00Z", "awardedDate": "2026-01-01T00:00:00Z",
        "credentialSubject": {"id": "urn:uuid:2", "identifier": [{"identityHash": "Amina D."}]},
    }  # fmt: skip
    moment = datetime(2026, 11, 23, tzinfo=UTC)
    after = renamed(before, moment, name="A. D.")
    assert after["credentialSubject"]["identifier"][0]["identityHash"] == "A. D."
    assert after["credentialSubject"]["id"] == "urn:uuid:2"
    assert after["awardedDate"] == before["awardedDate"]
    assert (redated(before, moment)["validFrom"], after["validFrom"]) == ("2026-11-23T00:00:00Z",) * 2
    assert before["validFrom"] == "2026-01-01T00:00:00Z"


def test_relisting_changes_the_status_entry_and_the_beginning_only() -> None:
    before = {"id": "urn:uuid:1", "validFrom": "2026-01-01T00:00:00Z", "credentialStatus": {"id": "old"}}
    entry = StatusEntry("https://badges.example.org/status/2", 7, "suspension")
    after = relisted(before, datetime(2026, 11, 23, tzinfo=UTC), entry=entry)
    assert after == {
        "id": "urn:uuid:1",
        "validFrom": "2026-11-23T00:00:00Z",
        "credentialStatus": {
            "id": "https://badges.example.org/status/2#7",
            "type": "BitstringStatusListEntry",
            "statusPurpose": "suspension",
            "statusListIndex": "7",
            "statusListCredential": "https://badges.example.org/status/2",
        },
    }


def test_an_edition_never_begins_after_its_end() -> None:
    moment, end = datetime(2026, 11, 23, tzinfo=UTC), "2026-11-01T22:59:59Z"
    assert beginning(moment, "") == "2026-11-23T00:00:00Z"
    assert beginning(moment, end) == end
    assert beginning(moment, "2027-11-01T22:59:59Z") == "2026-11-23T00:00:00Z"
    assert redated({"validUntil": end}, moment) == {"validUntil": end, "validFrom": end}


@pytest.mark.parametrize(
    ("language", "said"),
    [("fr", "Cette personne avait déjà reçu ce badge le 1er novembre 2026."),
     ("en", "This person already received this badge on 1 November 2026.")],
)  # fmt: skip
def test_a_renewal_says_when_the_badge_before_it_was_given(language: str, said: str) -> None:
    assert wording(language).previous(date(2026, 11, 1)).startswith(said)
