"""Our safe mode and Digital Bazaar's: never another text, and never more lenient."""

import json
import random
import shutil
import subprocess
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from badges.errors import BadgesError, NotCanonical, UnsafeNumber, UnsafeText
from badges.openbadges.contexts import CREDENTIALS_V2, PINNED
from badges.openbadges.jsonld import canonicalize
from badges.openbadges.places import walk
from badges.openbadges.rdfc import canonical_nquads
from badges.openbadges.walker import compiled_quads
from tests.interop.examples import unsigned
from tests.interop.random_credentials import bases, credential, endorsement

ROOT = Path(__file__).parents[2]
NODE = shutil.which("node")
NODE_HINT = "Node.js verifiers absent: install nodejs (20 or later), then run npm ci --ignore-scripts"

MEMBERS = [
    "@id",
    "@type",
    "@value",
    "@language",
    "id",
    "type",
    "name",
    "image",
    "url",
    "tag",
    "hashed",
    "result",
    "evidence",
    "narrative",
    "x:y",
    "foo",
]
VALUES: list[Any] = [
    None,
    True,
    0,
    5,
    1.5,
    1e15,
    0.1,
    -0.0,
    "",
    "x",
    "é😀\u2028",
    'a\tb\nc\r"\\',
    "_:b",
    "https://x",
    "urn:a:b",
    "@id",
    [],
    [None],
    ["x", 5, "x"],
    [["x"]],
    {},
    [{}],
    {"@id": "_:b"},
    {"id": "urn:a:b", "name": "n"},
    {"@value": "x"},
    {"@value": None},
    {"@value": 5},
    {"@value": "x", "@language": "fr-FR"},
    {"@language": "fr"},
    {"@value": "x", "@type": "https://x"},
    {"@value": "x", "@type": "x"},
    {"@type": ["Evidence"], "genre": "g"},
]


def _mutated(chance: random.Random) -> dict[str, Any]:
    document = deepcopy(unsigned())
    for _ in range(chance.randint(1, 3)):
        places = [value for _, value in walk(document) if isinstance(value, dict) and value]
        target = chance.choice(places)
        if chance.random() < 0.7:
            target[chance.choice(MEMBERS)] = deepcopy(chance.choice(VALUES))
        else:
            name = chance.choice([name for name in target if name != "@context"] or ["name"])
            target[chance.choice(MEMBERS)] = target.pop(name, "x")
    return document


def _ours(document: dict[str, Any]) -> str | None:
    try:
        return canonicalize(document)
    except BadgesError:
        return None


def _theirs(documents: list[dict[str, Any]], folder: Path) -> list[str | None]:
    """What Digital Bazaar's jsonld answers, in one run of Node: the text, or None where it refuses."""
    if NODE is None or not (ROOT / "node_modules" / "jsonld").is_dir():
        pytest.skip(NODE_HINT)
    file = folder / "documents.json"
    file.write_text(json.dumps({"contexts": PINNED, "documents": documents}), encoding="utf-8")
    command = [NODE, str(ROOT / "tests" / "interop" / "canonize.mjs"), str(file)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=300, check=True)
    answers: list[str | None] = json.loads(done.stdout)
    return answers


@pytest.mark.node
def test_mutated_documents_give_the_same_text_or_are_refused_by_us_too(tmp_path: Path) -> None:
    chance = random.Random(20261123)
    documents = [_mutated(chance) for _ in range(600)]
    theirs, ours = _theirs(documents, tmp_path), [_ours(document) for document in documents]
    assert [our for our, their in zip(ours, theirs, strict=True) if our not in (None, their)] == []
    accepted = sum(text is not None for text in ours)
    assert accepted > 60
    assert accepted > 0.9 * sum(text is not None for text in theirs)


@pytest.mark.node
def test_random_credentials_give_the_same_text_and_on_the_fast_road(tmp_path: Path) -> None:
    chance, starts = random.Random(20261124), bases()
    documents = [credential(chance, starts) for _ in range(1000)]
    compared = 0
    for document, their in zip(documents, _theirs(documents, tmp_path), strict=True):
        try:
            our = canonical_nquads(compiled_quads(document))
        except NotCanonical:
            continue
        assert our == their
        compared += 1
    assert compared > 600


def _tangle(chance: random.Random) -> dict[str, Any]:
    """Nameless parts that point at each other, and at themselves."""
    nodes = [
        {"id": f"_:n{one}"}
        | {
            chance.choice(("urn:p", "urn:q")): [{"id": f"_:n{chance.randint(0, 3)}"} for _ in range(2)]
            for _ in range(chance.randint(1, 3))
        }
        for one in range(chance.randint(1, 4))
    ]
    return {"@context": CREDENTIALS_V2, "id": "urn:x", "urn:holds": nodes}


@pytest.mark.node
def test_nameless_parts_in_a_tangle_get_the_same_names(tmp_path: Path) -> None:
    """PyLD fails here: it counts twice what a part says of itself."""
    chance = random.Random(20261125)
    documents = [_tangle(chance) for _ in range(200)]
    answers = _theirs(documents, tmp_path)
    compared = [(_ours(document), their) for document, their in zip(documents, answers, strict=True) if their]
    assert [our for our, their in compared if our != their] == []
    assert len(compared) > 190


# -- the differences that remain, each by name ----------------------------------------------------
def _named(text: object) -> dict[str, Any]:
    return unsigned() | {"name": text, "description": "b"}


@pytest.mark.node
def test_control_characters_are_refused_here_and_escaped_there(tmp_path: Path) -> None:
    """PyLD signs them unescaped and JavaScript escaped: no signature over them would travel."""
    [theirs] = _theirs([_named("a\x7fb")], tmp_path)
    assert theirs is not None
    assert '"a\\u007Fb"' in theirs
    with pytest.raises(UnsafeText):
        canonicalize(_named("a\x7fb"))


@pytest.mark.node
def test_lines_are_in_code_point_order_here_and_in_utf_16_order_there(tmp_path: Path) -> None:
    """RDFC-1.0, 4.4.3 step 6 asks for code points: U+1F600 comes after U+FF5E, not before."""
    document = _named(["\uff5e", "\U0001f600"])
    [theirs] = _theirs([document], tmp_path)
    ours = canonicalize(document)
    assert theirs is not None
    assert theirs != ours
    assert sorted(theirs.splitlines(keepends=True)) == ours.splitlines(keepends=True)


@pytest.mark.node
def test_numbers_that_people_write_are_the_same_and_huge_ones_are_refused(tmp_path: Path) -> None:
    numbers = [0, -0.0, 1, -1, 1.5, 0.1, 12.25, 99.99, 1e15, 1e-6, 1.5e-7, 123456.789, 2**53 - 1]
    documents = [_named(number) for number in [*numbers, 2**53 + 1, 1e21]]
    theirs = _theirs(documents, tmp_path)
    assert [canonicalize(document) for document in documents[:-2]] == theirs[:-2]
    assert None not in theirs
    for document in documents[-2:]:
        with pytest.raises(UnsafeNumber):
            canonicalize(document)


@pytest.mark.node
def test_a_millionth_is_itself_here_and_less_is_nothing_there(tmp_path: Path) -> None:
    """JavaScript takes a number that it prints without a point for a whole one: 1e-7 becomes 0."""
    [theirs] = _theirs([_named(1e-7)], tmp_path)
    assert theirs is not None
    assert '"0"^^' in theirs
    assert '"1.0E-7"^^' in canonicalize(_named(1e-7))


@pytest.mark.node
def test_a_graph_that_holds_nothing_signed_is_refused_here_only(tmp_path: Path) -> None:
    document = _embedded_proof({"id": "urn:x"})
    assert _theirs([document], tmp_path) == _theirs([_embedded_proof({"id": "urn:y"})], tmp_path)
    with pytest.raises(NotCanonical):
        canonicalize(document)


def _embedded_proof(proof: dict[str, Any]) -> dict[str, Any]:
    return unsigned() | {"endorsement": [endorsement() | {"proof": proof}]}
