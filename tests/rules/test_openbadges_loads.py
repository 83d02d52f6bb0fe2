"""JSON that two readers could read differently is refused, each time with its own error."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from badges import errors
from badges.openbadges.loads import MAX_BYTES, MAX_NUMBER, check_values, dump_json, load_json


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (b'{"a": 1, "a": 1}', errors.DuplicateMember),
        (b'{"a": {"b": 1, "b": 2}}', errors.DuplicateMember),
        (b'{"a": NaN}', errors.UnsafeNumber),
        (b'{"a": -Infinity}', errors.UnsafeNumber),
        (b'{"a": 1e400}', errors.UnsafeNumber),
        (b'{"a": 9007199254740992}', errors.UnsafeNumber),
        (b'{"a": -9007199254740992}', errors.UnsafeNumber),
        (b'{"a": ' + b"9" * 5000 + b"}", errors.UnsafeNumber),
        (b'{"a": "\\ud800"}', errors.UnsafeText),
        (b'{"\\udfff": 1}', errors.UnsafeText),
        (b'{"a": "\\u0000"}', errors.UnsafeText),
        (b'{"a": ["\\u0008"]}', errors.UnsafeText),
        (b'{"a": "\\u007f"}', errors.UnsafeText),
        (b'{"a": ' + b"[" * 64 + b"]" * 64 + b"}", errors.DocumentTooDeep),
        (b"[" * 200_000, errors.DocumentTooDeep),
        (b'{"a": "\xff"}', errors.NotJson),
        (b"[]", errors.NotJson),
        (b'"x"', errors.NotJson),
        (b"", errors.NotJson),
        (b'{"a": 1} {}', errors.NotJson),
        (b'{"a": "' + b"x" * MAX_BYTES + b'"}', errors.DocumentTooLarge),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else repr(value[:24]),
)
def test_ambiguous_json_is_refused_with_a_named_error(text: bytes, error: type[Exception]) -> None:
    with pytest.raises(error) as caught:
        load_json(text)
    assert isinstance(caught.value, errors.Unreadable)


def test_what_is_harmless_is_read() -> None:
    text = '\ufeff{"a": "é\\ud83d\\ude00\\t\\n\\r", "b": 9007199254740991, "c": 1.5, "d": null, "e": true}'
    expected = {"a": "é\U0001f600\t\n\r", "b": MAX_NUMBER, "c": 1.5, "d": None, "e": True}
    assert load_json(text) == load_json(text.encode()) == expected


@given(st.text(st.sampled_from('aé\\"\n\x00\x07\x08\x0c\x7f\ud800😀'), max_size=6), st.booleans())
def test_an_unsafe_character_is_found_however_it_is_written(text: str, escape: bool) -> None:
    unsafe = set(text) & set("\x00\x07\x08\x0c\x7f\ud800")
    written = json.dumps({text: [text]}, ensure_ascii=escape)
    if unsafe:
        with pytest.raises(errors.UnsafeText):
            load_json(written)
    else:
        assert load_json(written) == {text: [text]}


@pytest.mark.parametrize("levels", range(60, 68))
@pytest.mark.parametrize("inside", ["", "1", '{"b": 1}', "[]"])
def test_depth_is_counted_as_it_is_for_values_made_by_a_program(levels: int, inside: str) -> None:
    text = '{"a": ' + "[" * levels + inside + "]" * levels + "}"
    try:
        check_values(json.loads(text))
    except errors.DocumentTooDeep:
        with pytest.raises(errors.DocumentTooDeep):
            load_json(text)
    else:
        assert load_json(text)


def test_64_levels_are_read() -> None:
    assert load_json(b'{"a": ' + b"[" * 62 + b"]" * 62 + b"}")


@given(
    st.dictionaries(
        st.text('aé"\\\n\U0001f600'), st.none() | st.booleans() | st.integers(-9, 9) | st.text("<é")
    )
)
def test_written_json_reads_back_the_same_in_the_same_order(document: dict[str, object]) -> None:
    text = dump_json(document)
    assert list(load_json(text).items()) == list(document.items())
    assert json.loads(text) == document


def test_written_json_is_compact_utf8() -> None:
    assert dump_json({"b": "é", "a": [1, None]}) == '{"b":"é","a":[1,null]}'.encode()


def test_values_made_by_a_program_meet_the_same_rules() -> None:
    with pytest.raises(errors.UnsafeNumber):
        check_values({"a": [float("nan")]})
    with pytest.raises(errors.UnsafeText):
        check_values({"a": ("\x00",)})
