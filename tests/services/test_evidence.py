"""Evidence: recorded once however often it is sent, corrected without edits, seen by the right people."""

import threading
import uuid
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session, sessionmaker

from badges.audit import JournalEntry, verify
from badges.errors import (
    AlreadyCorrected,
    BadgesError,
    Conflict,
    FactTooLong,
    Forbidden,
    NotCorrectable,
    NotFound,
    NothingSeen,
    ObservationConflict,
    ObservationSettled,
    PhotoQuota,
    SituationInFuture,
    TooManyPhotos,
    UnknownBehaviour,
    UnknownSkill,
)
from badges.evidence import queries, queries_crew, service, service_photos
from badges.evidence.models import Mark, Observation, ObservationPhoto, Situation
from badges.evidence.storage import LocalStorage
from badges.frameworks.models import FrameworkVersion
from badges.permissions import Role
from tests.conftest import StillClock
from tests.crews import TEAMWORK, A, B, Crew, add_member, build_crew, days, picture, put_in_charge

THREADS = 50


@pytest.fixture
def crew(session: Session, clock: StillClock, tmp_path: Path) -> Crew:
    return build_crew(session, clock, tmp_path / "media")


def count(crew: Crew, table: type) -> int:
    return crew.session.scalar(select(func.count()).select_from(table)) or 0


def acts(crew: Crew) -> list[str]:
    return list(crew.session.scalars(select(JournalEntry.act).order_by(JournalEntry.sequence)))


def seen(crew: Crew, level: str = "N2") -> tuple[queries.Seen, ...]:
    assert crew.amina.person_id
    return queries.seen(
        crew.session, crew.amina.person_id, crew.soft, TEAMWORK, level, structure_id=crew.structure_id
    )


# -- situations -----------------------------------------------------------------------------------
def test_a_situation_sent_twice_is_one_and_another_one_under_its_id_is_refused(crew: Crew) -> None:
    one = crew.situation()
    assert crew.situation(id=one) == one
    assert count(crew, Situation) == 1
    assert acts(crew).count("situation.created") == 1
    with pytest.raises(ObservationConflict):
        crew.situation(id=one, title="Autre chose")


def test_a_situation_cannot_be_told_before_its_day(crew: Crew) -> None:
    with pytest.raises(SituationInFuture):
        crew.situation(happened_on=crew.clock.now().date() + days(2))


def test_workers_and_coaches_do_not_tell_situations(crew: Crew) -> None:
    for actor in (crew.amina, crew.lea, crew.rita):
        with pytest.raises(Forbidden):
            crew.situation(by=actor)


def test_the_crew_of_a_situation_belongs_to_the_structure(crew: Crew, tmp_path: Path) -> None:
    other = build_crew(crew.session, crew.clock, tmp_path, slug="autre")
    with pytest.raises(NotFound):
        crew.situation(crew=(other.amina.person_id,))


# -- recording ------------------------------------------------------------------------------------
def test_what_was_not_answered_is_kept_as_not_seen_never_as_no(crew: Crew) -> None:
    crew.observed(fact="A prévenu l'équipe.")
    (one,) = seen(crew)
    assert one.marks == {A: Mark.YES, B: Mark.NOT_SEEN}
    assert (one.observer_name, one.observer_role, one.fact) == (
        "Marc",
        Role.SUPERVISOR,
        "A prévenu l'équipe.",
    )
    assert (one.answer, one.talk_open, one.set_aside) == (None, False, False)


def test_recording_leaves_one_journal_line_of_ids_only(crew: Crew) -> None:
    crew.observed(fact="SECRETFACT")
    entry = crew.session.scalars(select(JournalEntry).where(JournalEntry.act == "observation.recorded")).one()
    assert "SECRETFACT" not in str(entry.details)
    assert "Amina" not in str(entry.details)
    assert verify(crew.session).faults == ()


def test_the_framework_version_is_frozen_by_the_first_observation(crew: Crew) -> None:
    assert crew.session.get_one(FrameworkVersion, crew.soft).frozen_at is None
    crew.observed()
    crew.session.expire_all()
    assert crew.session.get_one(FrameworkVersion, crew.soft).frozen_at == crew.clock.now()


def test_a_worker_met_on_site_joins_the_crew_of_the_situation(crew: Crew) -> None:
    situation_id = crew.situation()
    crew.record(crew.new(situation_id, worker_id=crew.bakary.person_id))
    view = queries_crew.situation(crew.session, crew.clock, crew.marc, situation_id)
    assert [tile.given_name for tile in view.crew] == ["Amina", "Bakary"]
    assert view.recent == (queries_crew.Choice(crew.soft, TEAMWORK, "N2"),)


def test_a_device_that_runs_ahead_is_not_believed_and_one_that_sends_late_is(crew: Crew) -> None:
    now = crew.clock.now()
    late = crew.observed(captured_at=now - timedelta(hours=4))
    ahead = crew.observed(captured_at=now + timedelta(hours=4))
    assert crew.session.get_one(Observation, late).captured_at == now - timedelta(hours=4)
    assert crew.session.get_one(Observation, ahead).captured_at == now


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"marks": {}}, NothingSeen),
        ({"marks": {A: Mark.NOT_SEEN}}, NothingSeen),
        ({"fact": "a" * 281}, FactTooLong),
        ({"skill_id": "S99"}, UnknownSkill),
        ({"level": "N9"}, UnknownSkill),
        ({"marks": {"S04-N2-a": Mark.YES}}, UnknownBehaviour),
        ({"photos": (b"",) * 4}, TooManyPhotos),
        ({"framework_version_id": uuid.uuid4()}, NotFound),
        ({"worker_id": uuid.uuid4()}, NotFound),
        ({"supersedes_id": uuid.uuid4()}, NotFound),
    ],
)
def test_what_is_not_an_observation_is_refused_and_leaves_nothing(
    crew: Crew, changes: dict[str, object], error: type[BadgesError]
) -> None:
    with pytest.raises(error):
        crew.observed(**changes)
    assert count(crew, Observation) == 0
    assert "observation.recorded" not in acts(crew)


def test_nobody_notes_a_worker_they_are_not_in_charge_of(crew: Crew) -> None:
    situation_id = crew.situation()
    for actor in (crew.karim, crew.lea, crew.rita, crew.amina):
        with pytest.raises(Forbidden):
            crew.record(crew.new(situation_id), by=actor)


def test_a_tutor_in_charge_notes_as_a_tutor(crew: Crew) -> None:
    tutor = add_member(crew.session, crew.clock, crew.structure_id, "Tom", Role.TUTOR)
    put_in_charge(crew.session, tutor, Role.TUTOR, crew.amina)
    crew.session.commit()
    crew.record(crew.new(crew.situation()), by=tutor)
    assert seen(crew)[0].observer_role is Role.TUTOR


def test_a_crew_is_noted_all_or_not_at_all(crew: Crew) -> None:
    situation_id = crew.situation()
    good = crew.new(situation_id)
    bad = crew.new(situation_id, worker_id=crew.bakary.person_id, marks={"S04-N1-a": Mark.YES})
    with pytest.raises(UnknownBehaviour):
        service.record_observations(crew.session, crew.clock, crew.storage, crew.marc, (good, bad))
    assert count(crew, Observation) == 0
    both = (good, replace(bad, marks={B: Mark.YES}))
    assert service.record_observations(crew.session, crew.clock, crew.storage, crew.marc, both) == (
        good.id,
        bad.id,
    )
    assert count(crew, Observation) == 2


# -- the same thing sent again --------------------------------------------------------------------
def test_the_same_observation_sent_again_is_one_row_and_the_same_answer(crew: Crew) -> None:
    new = crew.new(crew.situation(), photos=(picture(),))
    ids = {crew.record(replace(new, captured_at=new.captured_at - timedelta(minutes=n))) for n in range(5)}
    assert ids == {new.id}
    assert (count(crew, Observation), count(crew, ObservationPhoto)) == (1, 1)
    assert acts(crew).count("observation.recorded") == 1


@pytest.mark.parametrize(
    "changes", [{"fact": "Autre chose."}, {"marks": {A: Mark.NO}}, {"level": "N1", "marks": {}, "fact": "x"}]
)
def test_another_content_under_a_known_id_is_a_conflict(crew: Crew, changes: dict[str, object]) -> None:
    new = crew.new(crew.situation())
    crew.record(new)
    with pytest.raises(ObservationConflict):
        crew.record(replace(new, **changes))  # type: ignore[arg-type]


def test_another_person_cannot_replay_an_observation(crew: Crew) -> None:
    put_in_charge(crew.session, crew.karim, Role.SUPERVISOR, crew.amina)
    crew.session.commit()
    new = crew.new(crew.situation())
    crew.record(new)
    with pytest.raises(ObservationConflict):
        crew.record(new, by=crew.karim)


def test_fifty_parallel_sendings_are_one_row_and_fifty_equal_answers(
    crew: Crew, sessions: sessionmaker[Session]
) -> None:
    new = crew.new(crew.situation(), fact="Prévient l'équipe.")
    answers: list[object] = []
    together = threading.Barrier(THREADS)

    def send() -> None:
        together.wait()
        with sessions() as session:
            try:
                answers.append(service.record_observation(session, crew.clock, crew.storage, crew.marc, new))
            except BadgesError as error:
                answers.append(error)

    threads = [threading.Thread(target=send) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [new.id] * THREADS
    crew.session.rollback()
    assert count(crew, Observation) == 1
    assert acts(crew).count("observation.recorded") == 1
    assert verify(crew.session).faults == ()


def test_eight_writers_lose_nothing_and_are_never_told_the_database_is_locked(
    crew: Crew, sessions: sessionmaker[Session]
) -> None:
    situation_id, failures = crew.situation(), []

    def write() -> None:
        with sessions() as session:
            for _ in range(25):
                try:
                    service.record_observation(
                        session, crew.clock, crew.storage, crew.marc, crew.new(situation_id)
                    )
                except BadgesError as error:
                    failures.append(error)

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    crew.session.rollback()
    assert count(crew, Observation) == 200


# -- corrections ----------------------------------------------------------------------------------
def test_a_correction_replaces_what_counts_and_edits_nothing(crew: Crew) -> None:
    old = crew.observed(fact="Avant.")
    situation_id = crew.session.get_one(Observation, old).situation_id
    new = crew.record(crew.new(situation_id, marks={A: Mark.SOMETIMES}, supersedes_id=old))
    assert [one.id for one in seen(crew)] == [new]
    assert crew.session.get_one(Observation, old).fact == "Avant."
    mine = queries.of_worker(crew.session, crew.amina, crew.amina.person_id or uuid.uuid4())
    assert {(view.id, view.corrected, view.corrects_id) for view in mine} == {
        (old, True, None),
        (new, False, old),
    }
    assert acts(crew)[-1] == "observation.corrected"


def test_a_correction_that_says_nothing_takes_the_observation_back(crew: Crew) -> None:
    old = crew.observed()
    situation_id = crew.session.get_one(Observation, old).situation_id
    crew.record(crew.new(situation_id, marks={}, supersedes_id=old))
    assert seen(crew) == ()
    assert crew.amina.person_id
    assert queries.skills_seen(crew.session, crew.amina.person_id, structure_id=crew.structure_id) == ()
    assert [
        view.taken_back for view in queries.of_worker(crew.session, crew.marc, crew.amina.person_id)
    ].count(True) == 1


def test_only_the_author_corrects_and_only_the_newest_word(crew: Crew) -> None:
    put_in_charge(crew.session, crew.karim, Role.SUPERVISOR, crew.amina)
    crew.session.commit()
    old = crew.observed()
    situation_id = crew.session.get_one(Observation, old).situation_id
    correction = crew.new(situation_id, marks={B: Mark.YES}, supersedes_id=old)
    with pytest.raises(Forbidden):
        crew.record(correction, by=crew.karim)
    crew.record(correction)
    with pytest.raises(AlreadyCorrected):
        crew.record(replace(correction, id=uuid.uuid4()))


def test_a_correction_stays_with_the_person_and_the_situation(crew: Crew) -> None:
    old = crew.observed()
    situation_id = crew.session.get_one(Observation, old).situation_id
    for changes in ({"worker_id": crew.bakary.person_id}, {"situation_id": crew.situation()}):
        with pytest.raises(NotCorrectable):
            crew.record(replace(crew.new(situation_id, supersedes_id=old), **changes))


def test_what_was_decided_with_is_not_corrected_any_more(crew: Crew) -> None:
    old = crew.observed()
    service.settle(crew.session, crew.clock, [old])
    crew.session.commit()
    with pytest.raises(ObservationSettled):
        crew.record(crew.new(crew.session.get_one(Observation, old).situation_id, supersedes_id=old))


@pytest.mark.parametrize(
    "statement",
    ["UPDATE observations SET fact = 'x'", "UPDATE observation_marks SET mark = 'YES'"],
)
def test_the_database_itself_refuses_to_edit_an_observation(
    crew: Crew, engine: Engine, statement: str
) -> None:
    crew.observed()
    crew.session.rollback()
    with engine.begin() as connection, pytest.raises(DatabaseError, match="append-only"):
        connection.execute(text(statement))


# -- who sees it ----------------------------------------------------------------------------------
def test_another_structure_finds_nothing(crew: Crew, tmp_path: Path) -> None:
    one = crew.observed(photos=(picture(),))
    other = build_crew(crew.session, crew.clock, tmp_path, slug="autre")
    assert crew.amina.person_id
    photo_id = crew.session.scalars(select(ObservationPhoto.id)).one()
    situation_id = crew.session.get_one(Observation, one).situation_id
    for read in (
        lambda: queries.observation(crew.session, other.marc, one),
        lambda: queries.of_worker(crew.session, other.marc, crew.amina.person_id),  # type: ignore[arg-type]
        lambda: queries.photo(crew.session, other.structure_id, photo_id),
        lambda: queries_crew.situation(crew.session, crew.clock, other.marc, situation_id),
        lambda: other.record(crew.new(situation_id), by=other.marc),
        lambda: other.record(other.new(situation_id), by=other.marc),
    ):
        with pytest.raises(NotFound):
            read()
    assert queries.skills_seen(crew.session, crew.amina.person_id, structure_id=other.structure_id) == ()


def test_the_worker_sees_everything_about_themselves_and_nothing_about_others(crew: Crew) -> None:
    one = crew.observed()
    assert crew.amina.person_id
    assert [view.id for view in queries.of_worker(crew.session, crew.amina, crew.amina.person_id)] == [one]
    assert queries.observation(crew.session, crew.amina, one).awaits_answer
    with pytest.raises(Forbidden):
        queries.observation(crew.session, crew.bakary, one)
    with pytest.raises(Forbidden):
        queries.of_worker(crew.session, crew.bakary, crew.amina.person_id)


def test_only_those_in_charge_read_what_was_seen(crew: Crew) -> None:
    one = crew.observed()
    for actor in (crew.marc, crew.lea):
        assert queries.observation(crew.session, actor, one).id == one
    for actor in (crew.karim, crew.rita, replace(crew.karim, roles=frozenset({Role.ADMIN}))):
        with pytest.raises(Forbidden):
            queries.observation(crew.session, actor, one)


# -- the crew and its situations ------------------------------------------------------------------
def test_a_worker_nobody_has_noted_for_14_days_is_to_be_seen(crew: Crew) -> None:
    crew.observed()
    assert [(t.given_name, t.to_see) for t in queries_crew.crew(crew.session, crew.clock, crew.marc)] == [
        ("Amina", False),
        ("Bakary", True),
    ]
    crew.clock.at += days(14)  # type: ignore[attr-defined]
    assert not queries_crew.crew(crew.session, crew.clock, crew.marc)[0].to_see
    crew.clock.at += days(1)  # type: ignore[attr-defined]
    assert queries_crew.crew(crew.session, crew.clock, crew.marc)[0].to_see


def test_an_observer_finds_their_own_last_situations_first(crew: Crew) -> None:
    first = crew.situation(title="Hier", happened_on=crew.clock.now().date() - days(1))
    second = crew.situation(title="Aujourd'hui")
    crew.situation(by=crew.karim, title="À Karim")
    crew.record(crew.new(first))
    assert [(s.id, s.observations) for s in queries_crew.recent_situations(crew.session, crew.marc)] == [
        (second, 0),
        (first, 1),
    ]


def test_the_level_last_noted_is_known_for_each_worker_and_skill(crew: Crew) -> None:
    crew.observed(level="N1", marks={}, fact="x")
    crew.clock.at += timedelta(minutes=1)  # type: ignore[attr-defined]
    crew.observed()
    assert crew.amina.person_id
    levels = queries_crew.last_levels(crew.session, crew.marc, (crew.amina.person_id,))
    assert levels == {(crew.amina.person_id, TEAMWORK): "N2"}


# -- photos ---------------------------------------------------------------------------------------
def test_photos_are_stored_clean_before_the_row_and_once_for_a_whole_crew(crew: Crew) -> None:
    situation_id, photo = crew.situation(), picture()
    news = [crew.new(situation_id, worker_id=w.person_id, photos=(photo,)) for w in (crew.amina, crew.bakary)]
    service.record_observations(crew.session, crew.clock, crew.storage, crew.marc, news)
    (sha256,) = crew.storage.all()
    rows = crew.session.scalars(select(ObservationPhoto)).all()
    assert [(row.sha256, row.media_type, row.width) for row in rows] == [(sha256, "image/jpeg", 60)] * 2
    assert rows[0].size == len(crew.storage.get(sha256))


def test_a_photo_whose_row_was_never_written_is_swept_a_day_later(crew: Crew) -> None:
    kept = crew.observed(photos=(picture(size=(80, 80)),))
    with pytest.raises(UnknownBehaviour):
        crew.observed(photos=(picture(),), marks={"S04-N1-a": Mark.YES})
    assert len(list(crew.storage.all())) == 2
    assert service_photos.sweep_orphans(crew.session, crew.clock, crew.storage) == 0
    later = StillClock(crew.clock.now() + timedelta(days=4000))
    assert service_photos.sweep_orphans(crew.session, later, crew.storage) == 1
    (left,) = crew.storage.all()
    assert crew.session.scalars(select(ObservationPhoto.sha256)).one() == left
    assert queries.observation(crew.session, crew.marc, kept).photos
    assert acts(crew)[-1] == "photos.swept"


def test_a_full_disk_is_told_and_leaves_no_row(crew: Crew, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    crew.storage = LocalStorage(blocked)
    with pytest.raises(BadgesError) as caught:
        crew.observed(photos=(picture(),))
    assert caught.value.id == "unavailable"
    assert count(crew, Observation) == 0


def test_more_photos_in_a_day_than_anybody_needs_are_refused(
    crew: Crew, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service_photos, "PHOTOS_PER_OBSERVER_AND_DAY", 1)
    crew.observed(photos=(picture(),))
    with pytest.raises(PhotoQuota):
        crew.observed(photos=(picture(size=(30, 30)),))
    crew.clock.at += days(1)  # type: ignore[attr-defined]
    crew.observed(photos=(picture(size=(30, 30)),))


def test_conflicts_are_of_the_family_that_says_look_again() -> None:
    assert issubclass(ObservationConflict, Conflict)
