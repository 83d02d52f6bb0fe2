"""What a worker may do with a badge, state by state; how strangers' words are read without trusting them."""

from datetime import UTC, datetime
from itertools import product
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from badges.errors import BadgeWithdrawn, KeepFirst
from badges.sharing.models import HoldingState
from badges.sharing.rules import (
    Act,
    BadgeState,
    Held,
    after,
    badge_state,
    linkedin_profile_url,
    linkedin_share_url,
)
from badges.sharing.rules_reading import read_badge, site_of

EVERY = [Held(*facts) for facts in product(HoldingState, (False, True), (False, True), (False, True))]


@pytest.mark.parametrize("held", EVERY, ids=str)
@pytest.mark.parametrize("act", Act)
def test_every_act_in_every_state_is_decided(held: Held, act: Act) -> None:
    if act is Act.SHOW and held.revoked:
        with pytest.raises(BadgeWithdrawn):
            after(held, act)
        return
    if act is Act.SHOW and held.state is HoldingState.DECLINED:
        with pytest.raises(KeepFirst):
            after(held, act)
        return
    then = after(held, act)
    assert then.shown == {Act.KEEP: held.shown, Act.DECLINE: False, Act.SHOW: True, Act.HIDE: False}[act]
    assert after(then, act) == then
    assert then.revoked == held.revoked


@pytest.mark.parametrize("held", EVERY, ids=str)
def test_a_badge_is_visible_only_when_shown_signed_kept_and_not_withdrawn(held: Held) -> None:
    visible = held.shown and held.sealed and held.state is HoldingState.KEPT and not held.revoked
    assert (badge_state(held) is BadgeState.VISIBLE) == visible


def test_linkedin_values_are_all_encoded_and_an_end_date_is_given_when_there_is_one() -> None:
    hostile = "A & B = C? #d/é %20+"
    url = linkedin_profile_url(
        name=hostile,
        organisation=hostile,
        issued=datetime(2026, 5, 1, tzinfo=UTC),
        expires=datetime(2028, 12, 31, tzinfo=UTC),
        page="https://x.example/b/t?x=1&y=2",
        credential="urn:uuid:1",
    )
    found = parse_qs(urlsplit(url).query, strict_parsing=True)
    assert found["name"] == found["organizationName"] == [hostile]
    assert found["certUrl"] == ["https://x.example/b/t?x=1&y=2"]
    assert (found["issueYear"], found["issueMonth"]) == (["2026"], ["5"])
    assert (found["expirationYear"], found["expirationMonth"]) == (["2028"], ["12"])
    assert "#" not in url
    assert " " not in url


def test_a_page_is_shared_by_its_whole_encoded_address() -> None:
    url = linkedin_share_url("https://x.example/b/t?x=1&y=2")
    assert parse_qs(urlsplit(url).query) == {"url": ["https://x.example/b/t?x=1&y=2"]}


@pytest.mark.parametrize("credential", [
    {}, {"issuer": 3, "credentialSubject": "x", "evidence": "y"}, {"issuer": [], "credentialSubject": [[]]},
    {"credentialSubject": {"achievement": {"criteria": [], "alignment": [1], "tag": {}, "image": 2}}},
    {"credentialSubject": {"result": [{"achievedLevel": {}}], "achievement": {"resultDescription": "x"}}},
])  # fmt: skip
def test_any_shape_is_read_without_surprise(credential: dict[str, Any]) -> None:
    text = read_badge(credential)
    assert (text.rank, text.steps, text.references) == (0, (), ())


def test_words_are_cut_and_lines_counted() -> None:
    text = read_badge(
        {
            "issuer": {"id": "did:web:x.example", "name": "N" * 10_000},
            "credentialSubject": {"achievement": {"criteria": {"narrative": "- line\n" * 10_000}}},
        }
    )
    assert len(text.issuer_name) == 200
    assert len(text.narrative) == 24
    assert text.criteria[0] == "line"


def test_only_a_name_in_clear_is_taken_for_a_name() -> None:
    hashed = {"identityType": "name", "hashed": True, "identityHash": "sha256$1"}
    mail = {"identityType": "emailAddress", "hashed": False, "identityHash": "a@b.example"}
    clear = {"identityType": "name", "hashed": False, "identityHash": "Amina D."}
    assert read_badge({"credentialSubject": {"identifier": [hashed, mail]}}).holder == ""
    assert read_badge({"credentialSubject": {"identifier": [hashed, clear]}}).holder == "Amina D."


@pytest.mark.parametrize(
    ("identity", "site"),
    [
        ("did:web:example.org:issuers:a", "example.org"),
        ("did:web:example.org%3A8443", "example.org:8443"),
        ("https://example.org/issuer", "example.org"),
        ("did:key:z6Mk", ""),
        ("", ""),
    ],
)
def test_the_site_behind_an_identity_is_named(identity: str, site: str) -> None:
    assert site_of(identity) == site
