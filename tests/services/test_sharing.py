"""The worker decides: kept, declined, shown under a chosen name, hidden at once; every consent is noted."""

import uuid

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from badges import audit
from badges.audit import JournalEntry
from badges.errors import (
    BadgeWithdrawn,
    Forbidden,
    KeepFirst,
    NotFound,
    PageHidden,
    PseudonymNeeded,
    StillPreparing,
)
from badges.issuer import service as issuer
from badges.issuer.models import Credential
from badges.openbadges.bake import unbake
from badges.openbadges.report import Verdict
from badges.people.models import NameForm
from badges.permissions import Actor, Role
from badges.sharing import queries_files, queries_worker, service
from badges.sharing.models import Holding, HoldingState
from badges.sharing.rules import CONSENT_TEXT, BadgeState
from tests import factories
from tests.conftest import StillClock
from tests.holders import Holder, build_holder


@pytest.fixture
def world(sessions: sessionmaker[Session], session: Session, clock: StillClock) -> Holder:
    return build_holder(sessions, session, clock)


def test_a_signed_badge_is_offered_once_however_often_the_relay_says_so(
    world: Holder, sessions: sessionmaker[Session]
) -> None:
    service.keep(world.session, world.clock, world.amina, world.badge)
    service.offer(sessions, world.clock, world.badge)
    assert world.state() is BadgeState.PRIVATE
    assert world.acts() == ["badge.offered", "badge.kept"]


def test_offering_a_badge_that_does_not_exist_is_refused(
    world: Holder, sessions: sessionmaker[Session]
) -> None:
    with pytest.raises(NotFound):
        service.offer(sessions, world.clock, uuid.uuid4())


def test_nothing_is_public_when_a_badge_is_offered_or_kept(world: Holder) -> None:
    assert world.state() is BadgeState.TO_ANSWER
    service.keep(world.session, world.clock, world.amina, world.badge)
    world.forget()
    holding = world.session.get_one(Holding, world.badge)
    assert (holding.token, holding.shown_at, holding.state) == (None, None, HoldingState.KEPT)
    assert world.consents() == []


def test_a_badge_can_be_refused_and_the_mind_changed(world: Holder) -> None:
    service.decline(world.session, world.clock, world.amina, world.badge, "fr")
    assert world.state() is BadgeState.DECLINED
    with pytest.raises(KeepFirst):
        world.show()
    service.keep(world.session, world.clock, world.amina, world.badge)
    assert world.state() is BadgeState.PRIVATE


def test_declining_a_shown_badge_closes_its_page(world: Holder) -> None:
    token = world.show()
    service.decline(world.session, world.clock, world.amina, world.badge, "en")
    with pytest.raises(PageHidden):
        world.page(token)
    assert [consent[1:] for consent in world.consents()] == [
        ("show", CONSENT_TEXT, "fr"),
        ("hide", CONSENT_TEXT, "en"),
    ]


def test_showing_opens_a_page_with_the_name_already_signed(world: Holder) -> None:
    page = world.page(world.show())
    assert (page.verdict, page.holder, page.title, page.rank) == (
        Verdict.VALID, "Amina D.", "Travailler en équipe", 2,
    )  # fmt: skip
    assert world.state() is BadgeState.VISIBLE


def test_the_preview_and_the_public_page_say_the_same(world: Holder) -> None:
    before = world.own().page
    after = world.page(world.show())
    assert before is not None
    for part in (
        "holder",
        "title",
        "rank",
        "steps",
        "behaviours",
        "how",
        "issuer",
        "references",
        "design",
        "awarded",
    ):
        assert getattr(before, part) == getattr(after, part), part


@pytest.mark.parametrize(
    ("form", "pseudonym", "written"),
    [
        (NameForm.INITIAL, "", "Amina D."),
        (NameForm.FULL, "", "Amina Diallo"),
        (NameForm.PSEUDONYM, "Mina du jardin", "Mina du jardin"),
    ],
)
def test_the_page_is_signed_under_the_name_chosen(
    world: Holder, form: NameForm, pseudonym: str, written: str
) -> None:
    page = world.page(world.show(form, pseudonym=pseudonym))
    assert (page.holder, page.verdict) == (written, Verdict.VALID)
    assert f'"identityHash":"{written}"' in page.signed


def test_a_pseudonym_that_is_not_written_is_refused_before_anything_is_shown(world: Holder) -> None:
    with pytest.raises(PseudonymNeeded):
        world.show(NameForm.PSEUDONYM)
    assert world.consents() == []


def test_hiding_is_immediate_and_showing_again_revives_the_same_link(world: Holder) -> None:
    token = world.show()
    world.hide()
    with pytest.raises(PageHidden):
        world.page(token)
    assert world.state() is BadgeState.PRIVATE
    assert world.show() == token
    assert world.page(token).verdict is Verdict.VALID


def test_hiding_twice_is_written_down_once(world: Holder) -> None:
    world.show()
    world.hide()
    world.hide()
    assert [(number, act) for number, act, *_ in world.consents()] == [(1, "show"), (2, "hide")]
    assert world.acts() == ["badge.offered", "badge.shown", "badge.hidden"]


def test_each_consent_keeps_the_version_and_language_of_the_words_read(world: Holder) -> None:
    world.show()
    world.hide()
    world.show(NameForm.FULL)
    assert world.consents() == [
        (1, "show", CONSENT_TEXT, "fr"),
        (2, "hide", CONSENT_TEXT, "fr"),
        (3, "show", CONSENT_TEXT, "fr"),
    ]


def test_a_hidden_page_and_one_that_never_was_are_the_same(world: Holder) -> None:
    token = world.show()
    world.hide()
    faults = []
    for attempt in (token, "x" * 32):
        with pytest.raises(PageHidden) as fault:
            world.page(attempt)
        faults.append((type(fault.value), str(fault.value)))
    assert faults[0] == faults[1]


def test_the_link_cannot_be_guessed(world: Holder) -> None:
    assert len(world.show()) >= 32


def test_a_withdrawn_badge_is_said_to_be_and_can_no_longer_be_shown(world: Holder) -> None:
    token = world.show()
    world.revoke()
    assert world.page(token).verdict is Verdict.REVOKED
    assert world.state() is BadgeState.WITHDRAWN
    with pytest.raises(BadgeWithdrawn):
        world.show()
    world.hide()
    with pytest.raises(PageHidden):
        world.page(token)


def test_the_page_waits_while_a_new_edition_is_being_signed(world: Holder) -> None:
    token = world.show()
    world.forget()
    credential = world.session.get_one(Credential, world.badge)
    credential.signed = credential.sealed_at = None
    world.session.commit()
    assert world.state() is BadgeState.PREPARING
    with pytest.raises(StillPreparing):
        world.page(token)
    issuer.complete(world.issuing, world.badge)
    assert world.page(token).verdict is Verdict.VALID


@pytest.mark.parametrize("verb", ["keep", "decline", "show", "hide", "view"])
def test_nobody_else_decides_about_a_badge(world: Holder, verb: str) -> None:
    now, other = world.clock.now(), world.bakary
    acts = {
        "keep": lambda: service.keep(world.session, world.clock, other, world.badge),
        "decline": lambda: service.decline(world.session, world.clock, other, world.badge, "fr"),
        "show": lambda: world.show(actor=other),
        "hide": lambda: service.hide(world.session, world.clock, other, world.badge, "fr"),
        "view": lambda: queries_worker.own_badge(world.session, other, now, world.badge, "fr"),
    }
    with pytest.raises(Forbidden):
        acts[verb]()
    assert world.acts() == ["badge.offered"]


def test_a_worker_of_another_structure_finds_nothing(world: Holder) -> None:
    stranger = Actor(world.worker.id, uuid.uuid4(), frozenset({Role.WORKER}))
    with pytest.raises(NotFound):
        service.keep(world.session, world.clock, stranger, world.badge)


def test_the_page_can_be_read_in_the_other_language_and_says_that_it_is_a_translation(world: Holder) -> None:
    token = world.show()
    french, english = world.page(token), world.page(token, "en")
    assert (french.translated, english.translated) == (False, True)
    assert english.title == "Working in a team"
    assert len(english.behaviours) == len(french.behaviours) > 0
    assert english.behaviours != french.behaviours
    assert [step.name for step in english.steps] == ["Starting", "Doing", "Passing on"]


def test_the_page_tells_how_often_and_when_but_no_title_of_a_situation(world: Holder) -> None:
    page = world.page(world.show())
    assert (page.how.observations, page.how.days, page.how.situations, page.how.observers) == (5, 4, 3, 2)
    assert page.how.agreed is True
    assert "Dupont" not in repr(page)


def test_the_legal_name_and_kind_of_the_structure_are_nowhere_on_the_page(world: Holder) -> None:
    page = repr(world.page(world.show()))
    assert factories.LEGAL_NAME not in page
    assert "aci" not in page.split()


def test_the_shelf_puts_what_waits_for_an_answer_first(
    world: Holder, sessions: sessionmaker[Session]
) -> None:
    service.keep(world.session, world.clock, world.amina, world.badge)
    world.clock.forward(days=1)
    version_id = factories.soft_framework(world.session, world.clock)
    claim_id = factories.make_approved_claim(
        world.session, world.clock, world.structure, world.worker, version_id, skill_id="C07", level="N1"
    )
    world.session.commit()
    second = issuer.issue(world.issuing, claim_id)
    service.offer(sessions, world.clock, second)
    world.forget()
    shelf = queries_worker.shelf(world.session, world.amina, world.clock.now(), "fr")
    assert [(badge.credential_id, badge.state) for badge in shelf] == [
        (second, BadgeState.TO_ANSWER),
        (world.badge, BadgeState.PRIVATE),
    ]
    lanes = queries_worker.skills_map(world.session, world.amina, shelf, "fr")
    assert [(lane.dimension, len(lane.skills)) for lane in lanes] == [("social", 1), ("contributive", 1)]
    assert queries_worker.shelf(world.session, world.bakary, world.clock.now(), "fr") == ()


@pytest.mark.parametrize("kind", ["json", "png", "svg"])
def test_a_file_carries_the_signed_document_whatever_its_form(world: Holder, kind: str) -> None:
    world.forget()
    credential = queries_worker.own_credential(world.session, world.amina, world.badge)
    file = queries_files.badge_file(world.session, credential, kind)
    assert unbake(file.body) == credential.signed
    assert "Amina" not in file.name


def test_the_journal_holds_together_and_names_nobody(world: Holder) -> None:
    world.show(NameForm.FULL)
    world.hide()
    world.forget()
    assert audit.verify(world.session).faults == ()
    lines = repr([(row.subject, row.details) for row in world.session.scalars(select(JournalEntry))])
    assert "Amina" not in lines
    assert "Diallo" not in lines
