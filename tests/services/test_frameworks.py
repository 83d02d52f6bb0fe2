"""Frameworks: the catalogue is sound, every fault is told with its place, a used version never changes."""

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from badges.audit import JournalEntry
from badges.errors import Forbidden, FrameworkFrozen, FrameworkInvalid, FrameworkTooLarge, NotFound, NotJson
from badges.frameworks import queries, rules_import, service
from badges.frameworks.models import FrameworkVersion
from badges.frameworks.rules_places import line_of, lines, shown
from badges.people.models import Structure, StructureModel
from badges.permissions import Actor, Role
from tests.conftest import StillClock

SOFT = service.CATALOGUE / "soft-sfc-bunk.json"
Document = dict[str, Any]


def soft() -> Document:
    document: Document = json.loads(SOFT.read_text())
    return document


def written(document: Document) -> str:
    return json.dumps(document, ensure_ascii=False, indent=1)


def structure(session: Session, clock: StillClock) -> uuid.UUID:
    structure_id = uuid.uuid4()
    session.add(
        Structure(
            id=structure_id,
            slug=f"s-{structure_id.hex[:8]}",
            legal_name="ACI Les Jardins",
            kind="aci",
            model=StructureModel.TREMPLIN,
            public_name="Les Jardins du Canal",
            public_description="Vegetables",
            created_at=clock.now(),
        )
    )
    session.commit()
    return structure_id


@pytest.mark.parametrize("path", service.catalogue_files(), ids=lambda path: path.stem)
def test_each_framework_of_the_catalogue_is_sound_and_fully_drawn(path: Any) -> None:
    examination = service.examine(path.read_text())
    assert examination.warnings == ()
    assert len(list(rules_import.skills(examination.document))) in {12, 36}


def test_the_catalogue_imports_once_however_often_it_is_imported(session: Session, clock: StillClock) -> None:
    first = service.import_catalogue(session, clock)
    assert service.import_catalogue(session, clock) == first
    assert len(set(first)) == len(service.catalogue_files()) == 4
    assert session.scalar(select(func.count()).select_from(JournalEntry)) == 4


def test_a_structure_adopts_the_catalogue_soft_skills_first(session: Session, clock: StillClock) -> None:
    structure_id = structure(session, clock)
    service.adopt_catalogue(session, clock, structure_id)
    service.adopt_catalogue(session, clock, structure_id)
    adopted = list(queries.adopted(session, structure_id).values())
    assert [framework.kind for framework in adopted] == ["soft", "hard", "hard", "hard"]
    assert len(adopted[0].skills) == 36


def remove_label(document: Document) -> None:
    del document["dimensions"][1]["skills"][2]["label"]["fr"]


def misname_behaviour(document: Document) -> None:
    document["dimensions"][1]["skills"][2]["levels"][0]["behaviours"][1]["id"] = "S03-N2-b"


def repeat_skill(document: Document) -> None:
    document["dimensions"][2]["skills"][0]["id"] = "M01"


def unknown_level(document: Document) -> None:
    document["dimensions"][0]["skills"][0]["levels"][2]["level"] = "N7"


def forget_rule(document: Document) -> None:
    del document["award_rules"]["N2"]


def impossible_rule(document: Document) -> None:
    document["award_rules"]["N1"]["min_distinct_days"] = 9


def rule_before_the_first(document: Document) -> None:
    document["award_rules"]["N1"]["requires_previous_level_evidence"] = True


def empty_group(document: Document) -> None:
    document["dimensions"][0]["skills"] = []


def repeat_uri(document: Document) -> None:
    skill = document["dimensions"][0]["skills"][0]
    skill["alignments"].append(skill["alignments"][0])


def no_counts(document: Document) -> None:
    document["scale"]["values"][2]["counts_for_level"] = True


def both_kinds(document: Document) -> None:
    document["units"] = document["dimensions"]


def rank_gap(document: Document) -> None:
    document["levels"][2]["rank"] = 5


def two_levels(document: Document) -> None:
    document["levels"].pop()


def unheard_of(document: Document) -> None:
    document["dimensions"][0]["skills"][0]["pictogram"] = "samovar"


FAULTS: list[tuple[Callable[[Document], None], str]] = [
    (remove_label, "dimensions[1].skills[2].label"),
    (misname_behaviour, "dimensions[1].skills[2].levels[0].behaviours[1].id"),
    (repeat_skill, "dimensions[2].skills[0].id"),
    (unknown_level, "dimensions[0].skills[0].levels[2].level"),
    (forget_rule, "award_rules"),
    (impossible_rule, "award_rules.N1.min_distinct_days"),
    (rule_before_the_first, "award_rules.N1.requires_previous_level_evidence"),
    (empty_group, "dimensions[0].skills"),
    (repeat_uri, "dimensions[0].skills[0].alignments[2].uri"),
    (no_counts, "scale.values[2].counts_for_level"),
    (both_kinds, "document"),
    (rank_gap, "levels[2].rank"),
    (two_levels, "levels"),
    (unheard_of, "dimensions[0].skills[0].pictogram"),
]


@pytest.mark.parametrize(("spoil", "place"), FAULTS, ids=lambda value: getattr(value, "__name__", ""))
def test_a_fault_is_told_with_its_path_and_its_line(spoil: Callable[[Document], None], place: str) -> None:
    document = soft()
    spoil(document)
    text = written(document)
    with pytest.raises(FrameworkInvalid) as told:
        service.examine(text)
    faults = {fault.place: fault for fault in told.value.faults}
    assert place in faults
    assert f"line {faults[place].line}, {place}: " in str(told.value)
    last_name = place.rsplit(".", maxsplit=1)[-1].split("[", maxsplit=1)[0]
    if place != "document":
        assert f'"{last_name}"' in text.splitlines()[faults[place].line - 1]


def test_every_fault_is_told_at_once() -> None:
    document = soft()
    for spoil in (misname_behaviour, repeat_skill, forget_rule, repeat_uri):
        spoil(document)
    with pytest.raises(FrameworkInvalid) as told:
        service.examine(written(document))
    places = [fault.place for fault in told.value.faults]
    assert {
        place
        for spoil, place in FAULTS
        if spoil in (misname_behaviour, repeat_skill, forget_rule, repeat_uri)
    } <= set(places)


def test_what_is_no_json_says_on_which_line() -> None:
    with pytest.raises(NotJson, match="line 3"):
        service.examine('{\n "id": "x",\n oops\n}')


def test_a_document_above_two_megabytes_is_refused_before_it_is_read() -> None:
    with pytest.raises(FrameworkTooLarge):
        service.examine(" " * (2 * 1024 * 1024 + 1))


def test_a_label_on_two_lines_is_only_a_warning() -> None:
    document = soft()
    document["dimensions"][0]["skills"][0]["badge_label"]["en"] = "Adapting to change"
    document["dimensions"][0]["skills"][1]["badge_label"]["en"] = "Adapting to changes"
    assert [warning.place for warning in service.examine(written(document)).warnings] == [
        "dimensions[0].skills[1].badge_label.en",
    ]


def test_a_version_in_use_never_changes_but_a_new_one_may_come(session: Session, clock: StillClock) -> None:
    version_id = service.import_document(session, clock, SOFT.read_text())
    service.mark_used(session, clock, version_id)
    session.commit()
    changed = soft()
    changed["dimensions"][0]["skills"][0]["levels"][0]["behaviours"][0]["text"]["en"] = "Does something else."
    with pytest.raises(FrameworkFrozen, match=r"0\.1\.0-draft"):
        service.import_document(session, clock, written(changed))
    changed["version"] = "0.2.0"
    newer = service.import_document(session, clock, written(changed))
    assert newer != version_id
    old, new = queries.load(session, version_id), queries.load(session, newer)
    assert old.skill("M01").at("N1").behaviours[0].text["en"] == "Changes task when asked."
    assert new.skill("M01").at("N1").behaviours[0].text["en"] == "Does something else."
    assert service.import_document(session, clock, SOFT.read_text()) == version_id


def test_a_draft_nobody_uses_may_be_mended_in_place(session: Session, clock: StillClock) -> None:
    version_id = service.import_document(session, clock, SOFT.read_text())
    changed = soft()
    changed["title"]["en"] = "Behavioural skills, mended"
    assert service.import_document(session, clock, written(changed)) == version_id
    assert queries.load(session, version_id).title["en"] == "Behavioural skills, mended"


def test_freezing_keeps_the_first_day(session: Session, clock: StillClock) -> None:
    version_id = service.import_document(session, clock, SOFT.read_text())
    service.mark_used(session, clock, version_id)
    session.commit()
    first = clock.now()
    clock.forward(days=3)
    service.mark_used(session, clock, version_id)
    session.commit()
    assert session.scalar(select(FrameworkVersion.frozen_at)) == first


def test_only_an_administrator_adopts_and_older_evidence_stays(session: Session, clock: StillClock) -> None:
    structure_id = structure(session, clock)
    service.adopt_catalogue(session, clock, structure_id)
    changed = soft()
    changed["version"] = "0.2.0"
    newer = service.import_document(session, clock, written(changed))
    reviewer = Actor(uuid.uuid4(), structure_id, frozenset({Role.REVIEWER}))
    with pytest.raises(Forbidden):
        service.adopt(session, clock, reviewer, newer)
    admin = Actor(uuid.uuid4(), structure_id, frozenset({Role.ADMIN}))
    service.adopt(session, clock, admin, newer)
    assert newer in queries.adopted(session, structure_id)
    assert len(queries.adopted(session, structure_id)) == 4
    with pytest.raises(NotFound):
        service.adopt(session, clock, admin, uuid.uuid4())


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(JSON, st.sampled_from([None, 0, 2]))
def test_the_line_of_any_value_is_where_json_wrote_it(value: Any, indent: int | None) -> None:
    text = json.dumps({"first": 1, "wanted": value}, indent=indent)
    known = lines(text)
    start = text.index('"wanted"')
    assert known[("wanted",)] == 1 + text[:start].count("\n")
    assert line_of(("wanted", -1), known) == known[("wanted",)]


def test_a_path_reads_like_a_place() -> None:
    assert shown(("dimensions", 1, "skills", 2, "label", "fr")) == "dimensions[1].skills[2].label.fr"
    assert shown(()) == "document"
