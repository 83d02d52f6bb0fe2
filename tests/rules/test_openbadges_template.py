"""A compiled achievement gives, for every holder, the very bytes that the long way gives."""

import random
import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from dataclasses import replace
from typing import Any

import nacl.bindings
import pytest
from hypothesis import given
from hypothesis import strategies as st

from badges.errors import BadgesError, NotCanonical, NotIssuable, UndefinedTerm, UnsafeText
from badges.openbadges import proof as data_integrity
from badges.openbadges.jsonld import canonicalize
from badges.openbadges.keys import private_bytes
from badges.openbadges.lint import lint, lint_template
from badges.openbadges.loads import UNSAFE_CHARACTERS, dump_json, load_json
from badges.openbadges.proof import ProofOptions
from badges.openbadges.specs import AlignmentSpec, EvidenceSpec, StatusEntry
from badges.openbadges.template import Template, secured
from badges.openbadges.template_holes import hole
from tests.interop.examples import ACHIEVEMENT, DID, ISSUED, ISSUER, KEY, LIST_URL, METHOD, unsigned

PROOF = ProofOptions(METHOD, ISSUED)
SECRET = nacl.bindings.crypto_sign_seed_keypair(private_bytes(KEY))[1]
AWKWARD = (
    "Amina D.",
    'Dite "la Brave"',
    "C:\\users\\%s",
    "tab\there, line\nthere, return\rtoo",
    "100 % {name} %(name)s %b %%",
    "Zoë Ælfgifu Ōtani Nguyễn",
    "🎉👩🏽‍🌾 𝔄𝔟𝔠 𐍈",
    "\ud7ff\ue002\uf8ff\ufffd\U0010ffff",
    "\xa0 \u2028\u2029\x85 \u200f",
    "</script><!-- & ' ` -->",
    "_:c14n0 <urn:x> . \\u0022 \\",
    " ",
)
ALIGNMENTS = tuple(
    AlignmentSpec(
        f"skill {number}", f"http://data.europa.eu/esco/skill/{number}", "ESCO", f"S{number}", "close"
    )
    for number in range(3)
)
ENGLISH = replace(
    ACHIEVEMENT,
    name="Organise the team's work",
    description='100 % clear: {"a": "b"} %s',
    language="en",
    alignments=ALIGNMENTS,
    tags=(),
)
BARE = replace(ACHIEVEMENT, alignments=(), levels=(), tags=(), image_caption="", creator="")


def with_holes(
    *, name: bool = True, previous: bool = False, until: bool = False, **changes: Any
) -> dict[str, Any]:
    """An unsigned credential in which all that differs from holder to holder is a hole."""
    older = EvidenceSpec("Badge", "Le badge d'avant.", id=f"urn:uuid:{hole('previous')}")
    evidence = EvidenceSpec("Observations", f"{hole('narrative')} — merci à {hole('name')}")
    document = unsigned(
        id=f"urn:uuid:{hole('credential')}",
        recipient_id=f"urn:uuid:{hole('recipient')}",
        recipient_name=hole("name") if name else "",
        evidence=(evidence, older) if previous else (evidence,),
        status=None,
        **changes,
    )
    document["validFrom"], document["awardedDate"] = hole("valid_from"), hole("awarded")
    if until:
        document["validUntil"] = hole("valid_until")
    document["credentialStatus"] = unsigned()["credentialStatus"] | {
        "id": f"{LIST_URL}#{hole('index')}",
        "statusListIndex": hole("index"),
    }
    return document


DOCUMENTS = {
    "plain": with_holes(),
    "english, three alignments": with_holes(achievement=ENGLISH),
    "bare": with_holes(achievement=BARE, achieved_level="", valid_until=None),
    "nameless": with_holes(name=False, achievement=ENGLISH),
    "renewed": with_holes(previous=True, until=True, issuer=replace(ISSUER, image="", email="")),
}
TEMPLATES = {name: Template.compile(document) for name, document in DOCUMENTS.items()}


def values_for(template: Template, chance: random.Random) -> dict[str, str]:
    """Random values; ids are random, so the order of lines and of labels varies."""

    def text() -> str:
        return "".join(chance.choices(AWKWARD, k=chance.randint(1, 4)))

    def identity() -> str:
        return str(uuid.UUID(int=chance.getrandbits(128), version=4))

    found = {
        "credential": identity(),
        "recipient": identity(),
        "previous": identity(),
        "name": text(),
        "narrative": text(),
        "valid_from": f"20{chance.randint(10, 26)}-11-20T14:30:00Z",
        "valid_until": f"20{chance.randint(27, 99)}-11-20T14:30:00Z",
        "awarded": f"20{chance.randint(10, 99)}-02-28T00:00:59Z",
        "index": str(chance.randrange(1_000_000)),
    }
    return {name: found[name] for name in template.holes}


def sign(message: bytes) -> bytes:
    return nacl.bindings.crypto_sign(message, SECRET)[:64]


def check_all(template: Template, values: Mapping[str, str]) -> None:
    """Everything a template makes is what the long way makes of the filled document."""
    document = template.document(values)
    assert template.canonical(values) == canonicalize(document).encode()
    assert template.render(values) == dump_json(document)
    signed = template.sign(values, PROOF, sign)
    assert signed == dump_json(data_integrity.sign(document, KEY, METHOD, ISSUED))


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_holder_gets_the_bytes_of_the_long_way(name: str) -> None:
    template, chance = TEMPLATES[name], random.Random(name)
    for _ in range(300):
        check_all(template, values_for(template, chance))


@given(st.text(st.characters(codec="utf-8"), min_size=1), st.text(min_size=1))
def test_any_text_is_signed_as_the_long_way_does_or_refused_by_both(name: str, narrative: str) -> None:
    template = TEMPLATES["plain"]
    values = values_for(template, random.Random(5)) | {"name": name, "narrative": narrative}
    unsafe = any(
        UNSAFE_CHARACTERS.search(text) or {"\ue000", "\ue001"} & set(text) for text in (name, narrative)
    )
    if unsafe:
        with pytest.raises(UnsafeText):
            template.canonical(values)
    else:
        check_all(template, values)


def test_what_is_signed_verifies_and_every_change_is_noticed() -> None:
    template, chance = TEMPLATES["plain"], random.Random(6)
    for _ in range(20):
        document = load_json(template.sign(values_for(template, chance), PROOF, sign))
        [proof] = document["proof"]
        data_integrity.check(document, proof, KEY.public_key())
        document["credentialSubject"]["identifier"][0]["identityHash"] += "!"
        with pytest.raises(BadgesError):
            data_integrity.check(document, proof, KEY.public_key())


def test_signatures_can_be_made_elsewhere_and_later() -> None:
    template = TEMPLATES["plain"]
    values = values_for(template, random.Random(7))
    message, before = template.prepare(values, PROOF)
    assert len(message) == 64
    assert secured(before, sign(message)) == template.sign(values, PROOF, sign)


def test_the_orders_of_lines_and_labels_really_varied() -> None:
    template, chance = TEMPLATES["english, three alignments"], random.Random(8)
    orders, labels = set(), set()
    for _ in range(200):
        lines = template.canonical(values_for(template, chance)).decode().split("\n")
        urns = [line.split()[1] for line in lines if line.startswith("<urn:uuid:")]
        orders.add(tuple(urns))
        labels.add(next(line[:8] for line in lines if "identityHash" in line))
    assert (len(orders), len(labels)) == (2, 5)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"name": "a\x00b"}, UnsafeText),
        ({"name": "a\x7f"}, UnsafeText),
        ({"name": "\x0b"}, UnsafeText),
        ({"name": "\ud800"}, UnsafeText),
        ({"name": "\ue000name\ue001"}, UnsafeText),
        ({"narrative": "\ue001"}, UnsafeText),
        ({"name": ""}, NotIssuable),
        ({"narrative": "x" * 20_001}, NotIssuable),
        ({"narrative": "🎉" * 20_000}, NotIssuable),
        ({"credential": "a b"}, NotIssuable),
        ({"credential": "a> <urn:x> <urn:y> .\n<urn:z"}, NotIssuable),
        ({"credential": "a\n"}, NotIssuable),
        ({"recipient": "é"}, NotIssuable),
        ({"recipient": "../x"}, NotIssuable),
        ({"recipient": "x#result-1"}, NotIssuable),
        ({"recipient": "x?y"}, NotIssuable),
        ({"recipient": "%41"}, NotIssuable),
        ({"recipient": "x" * 201}, NotIssuable),
        ({"recipient": '"'}, NotIssuable),
        ({"index": "-1"}, NotIssuable),
        ({"index": "007"}, NotIssuable),
        ({"index": "٣"}, NotIssuable),
        ({"index": "1.0"}, NotIssuable),
        ({"valid_from": "2026-11-20"}, NotIssuable),
        ({"valid_from": "2026-13-20T14:30:00Z"}, NotIssuable),
        ({"valid_from": "2026-02-29T14:30:00Z"}, NotIssuable),
        ({"awarded": "2026-11-20T24:30:00Z"}, NotIssuable),
        ({"awarded": "0000-11-20T14:30:00Z"}, NotIssuable),
        ({"valid_from": "2026-11-20T14:30:00+01:00"}, NotIssuable),
        ({"valid_from": "2099-11-20T14:30:00Z"}, NotIssuable),
        ({"surplus": "x"}, NotIssuable),
    ],
)
def test_a_value_that_does_not_fit_is_refused_by_every_verb(change: dict[str, str], error: type) -> None:
    template = TEMPLATES["plain"]
    values = values_for(template, random.Random(9)) | change
    if change != {"narrative": "🎉" * 20_000}:
        with pytest.raises(error):
            template.document(values)
    with pytest.raises(error):
        template.render(values)
    with pytest.raises(error):
        template.sign(values, PROOF, sign)


def test_a_missing_value_is_named() -> None:
    template = TEMPLATES["plain"]
    values = values_for(template, random.Random(10))
    del values["index"]
    with pytest.raises(NotIssuable, match="index"):
        template.sign(values, PROOF, sign)


def test_the_end_may_not_come_before_the_beginning() -> None:
    template = TEMPLATES["renewed"]
    values = values_for(template, random.Random(11)) | {"valid_from": "2027-01-01T00:00:00Z"}
    template.sign(values | {"valid_until": "2027-01-01T00:00:00Z"}, PROOF, sign)
    with pytest.raises(NotIssuable, match="validUntil: before validFrom"):
        template.sign(values | {"valid_until": "2026-12-31T23:59:59Z"}, PROOF, sign)


MISPLACED = {
    "a name": lambda d: d.update({hole("x"): "y"}),
    "a whole identifier": lambda d: d.update(id=hole("credential")),
    "a scheme": lambda d: d["issuer"].update(id=f"did{hole('x')}:web:x"),
    "a type": lambda d: d["credentialSubject"]["type"].append(hole("x")),
    "a part of a type": lambda d: d["credentialSubject"]["type"].append(f"urn:x:{hole('x')}"),
    "a context": lambda d: d["@context"].append(f"https://{hole('x')}"),
    "a part of a moment": lambda d: d.update(awardedDate=f"20{hole('x')}-01-01T00:00:00Z"),
    "a part of a number": lambda d: d["credentialStatus"].update(statusListIndex=f"1{hole('index')}"),
    "a language": lambda d: d.update(name={"@value": "x", "@language": hole("x")}),
    "a datatype": lambda d: d.update(name={"@value": "x", "@type": f"urn:x:{hole('x')}"}),
    "a strange datatype": lambda d: d.update(name={"@value": hole("x"), "@type": "urn:x:y"}),
    "a blank node": lambda d: d["credentialSubject"].update(id=f"_:{hole('recipient')}"),
    "half a mark": lambda d: d.update(name="\ue000"),
    "a bad name": lambda d: d.update(name="\ue000Upper\ue001"),
    "the other half": lambda d: d.update(name="\ue001"),
    "beside a proof": lambda d: d.update(proof=[]),
    "under one context": lambda d: d.update({"@context": d["@context"][0]}),
}


@pytest.mark.parametrize("place", MISPLACED)
def test_a_hole_may_not_stand_where_a_value_could_change_anything_else(place: str) -> None:
    document = deepcopy(DOCUMENTS["plain"])
    MISPLACED[place](document)
    with pytest.raises(NotCanonical):
        Template.compile(document)


def test_a_hole_has_a_plain_name() -> None:
    for name in ("", "Name", "a b", "é", "1"):
        with pytest.raises(ValueError, match="^" + name):
            hole(name)


def with_evidence(*narratives: str) -> Template:
    """Nameless evidence with these texts, as another issuer could have it."""
    document = deepcopy(DOCUMENTS["bare"])
    document["evidence"] = [{"type": ["Evidence"], "narrative": text} for text in narratives]
    return Template.compile(document)


@pytest.mark.parametrize(
    ("first", "second"), [("same", "same"), ("one", "two"), ("fixed", "x"), ("x", "fixed")]
)
def test_nameless_parts_that_a_value_makes_alike_go_the_long_way(first: str, second: str) -> None:
    template = with_evidence(hole("first"), hole("second"), "fixed")
    values = values_for(TEMPLATES["bare"], random.Random(12)) | {"first": first, "second": second}
    check_all(template, {name: values[name] for name in template.holes})


def test_nameless_parts_that_are_always_alike_go_the_long_way() -> None:
    template = with_evidence("twin", "twin", hole("first"))
    values = values_for(TEMPLATES["bare"], random.Random(13)) | {"first": "x"}
    check_all(template, {name: values[name] for name in template.holes})


@pytest.mark.parametrize(("one", "other"), [("a", "a"), ("a", "b"), ("fixed", "a"), ("fixed", "fixed")])
def test_statements_that_a_value_makes_equal_are_said_once(one: str, other: str) -> None:
    document = deepcopy(DOCUMENTS["plain"])
    document["credentialSubject"]["achievement"]["tag"] = ["fixed", hole("one"), hole("other")]
    document["credentialSubject"]["identifier"][0]["salt"] = hole("one")
    template = Template.compile(document)
    values = values_for(TEMPLATES["plain"], random.Random(14)) | {"one": one, "other": other}
    check_all(template, values)


def test_ids_that_a_value_makes_equal_or_the_beginning_of_each_other_are_still_right() -> None:
    template = TEMPLATES["renewed"]
    values = values_for(template, random.Random(15))
    for ids in (("a", "a", "a"), ("a", "ab", "a~"), ("a", "a-", "a."), ("b", "a", "ba"), ("a:a", "a", "a:")):
        check_all(template, values | dict(zip(("credential", "recipient", "previous"), ids, strict=True)))


def test_several_threads_may_fill_one_template() -> None:
    template, chance = Template.compile(DOCUMENTS["english, three alignments"]), random.Random(16)
    holders = [values_for(template, chance) for _ in range(200)]
    expected = [TEMPLATES["english, three alignments"].sign(values, PROOF, sign) for values in holders]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda values: template.sign(values, PROOF, sign), holders * 4))
    assert found == expected * 4


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_is_linted_once_for_all_its_holders(name: str) -> None:
    template = TEMPLATES[name]
    lint_template(template, verification_method=METHOD)
    lint(template.document(values_for(template, random.Random(17))), verification_method=METHOD)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda d: d["issuer"].update(id="did:web:other.example"), "does not control"),
        (lambda d: d["credentialStatus"].update(id=f"{LIST_URL}#{hole('credential')}"), "#index"),
        (lambda d: d["credentialSubject"]["achievement"].pop("criteria"), "criteria"),
        (lambda d: d["credentialSubject"]["result"][0].update(achievedLevel=f"urn:x:{hole('x')}"), "no such"),
        (lambda d: d.update(evidence=[]), "empty"),
        (lambda d: d.update(description="x" * 70_000), "bytes"),
    ],
)
def test_a_template_that_must_not_be_signed_is_refused_before_any_holder(change: Any, fault: str) -> None:
    document = deepcopy(DOCUMENTS["plain"])
    change(document)
    with pytest.raises(NotIssuable, match=fault):
        lint_template(Template.compile(document), verification_method=METHOD)


def test_undefined_members_are_refused_when_compiling() -> None:
    document = deepcopy(DOCUMENTS["plain"]) | {"nickname": hole("name")}
    with pytest.raises(UndefinedTerm):
        Template.compile(document)


def test_the_same_hole_may_stand_in_an_address_and_in_a_text() -> None:
    template = TEMPLATES["plain"]
    status = template.document(values_for(template, random.Random(18)) | {"index": "77"})["credentialStatus"]
    entry = StatusEntry(LIST_URL, 77)
    assert (status["id"], status["statusListIndex"]) == (f"{LIST_URL}#77", str(entry.index))
    assert DID in template.render(template.stand_ins()).decode()
