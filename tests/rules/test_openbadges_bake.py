"""Baking: the picture stays byte for byte, the badge comes out again, and exactly one is taken."""

import io
import json
import struct
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from badges import errors
from badges.openbadges.bake import MAX_CREDENTIAL, bake, unbake
from badges.openbadges.bake_png import HEADER, SIGNATURE
from badges.openbadges.loads import dump_json
from tests.interop.examples import signed

SAMPLES = Path(__file__).parents[1] / "data/openbadges/samples/1edtech"
JSON = dump_json(signed())
JWS = b"eyJhbGciOiJFZERTQSJ9.e30.c2ln"
SVG = (
    b'<?xml version="1.0" encoding="utf-8"?>\n<!-- <svg> -->\n'
    b"<svg xmlns='http://www.w3.org/2000/svg' data-x=\"a>b\"><path d='M0 0'/></svg>\n"
)


def _png() -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (8, 8), (1, 2, 3)).save(target, "PNG")
    return target.getvalue()


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


PNG = _png()
BAKED_PNG, BAKED_SVG = bake(PNG, JSON), bake(SVG, JSON)
ELEMENT = BAKED_SVG[BAKED_SVG.index(b"<openbadges") : BAKED_SVG.index(b"<path")]
SECOND = _chunk(b"iTXt", HEADER + JSON)


@pytest.mark.parametrize("credential", [JSON, JWS], ids=["json", "jws"])
@pytest.mark.parametrize("image", [PNG, SVG], ids=["png", "svg"])
def test_what_goes_in_comes_out(image: bytes, credential: bytes) -> None:
    baked = bake(image, credential)
    assert unbake(baked).encode() == credential
    assert len(baked) < len(image) + len(credential) + 200


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=60))
def test_any_text_survives_in_both_kinds_of_image(text: str) -> None:
    credential = dump_json({"name": text + "]]>" + text})
    for image in (PNG, SVG):
        assert json.loads(unbake(bake(image, credential))) == {"name": text + "]]>" + text}


def test_the_pixels_are_not_encoded_again() -> None:
    baked = bake(PNG, JSON)
    assert baked[: len(SIGNATURE) + 25] == PNG[: len(SIGNATURE) + 25]
    assert baked.endswith(PNG[len(SIGNATURE) + 25 :])
    with Image.open(io.BytesIO(baked)) as image:
        image.load()
        assert image.info["openbadgecredential"].encode() == JSON


def test_the_chunk_is_written_as_the_standard_and_1edtech_write_it() -> None:
    assert b"iTXtopenbadgecredential\0\0\0\0\0{" in bake(PNG, JSON)
    assert b"iTXtopenbadgecredential\0\0\0\0\0" in (SAMPLES / "simple-json.png").read_bytes()


def test_the_drawing_is_kept_and_the_badge_is_its_first_child() -> None:
    baked = bake(SVG, JSON)
    opening, rest = SVG.split(b"><path")
    assert baked.startswith(
        opening + b' xmlns:openbadges="https://purl.imsglobal.org/ob/v3p0"><openbadges:credential>'
    )
    assert baked.endswith(b"</openbadges:credential><path" + rest)


def test_baking_a_png_again_replaces_the_badge() -> None:
    assert unbake(bake(bake(PNG, JSON), JWS)).encode() == JWS


def test_baking_an_svg_again_is_refused() -> None:
    with pytest.raises(errors.NotBakeable):
        bake(bake(SVG, JSON), JSON)


@pytest.mark.parametrize(
    "name", ["simple-json.png", "simple-json.svg", "simple-jwt.svg", "simple.json", "simple.jwt"]
)
def test_public_samples_are_read(name: str) -> None:
    text = unbake((SAMPLES / name).read_bytes())
    assert text.startswith(("{", "eyJ"))


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (PNG, errors.NoCredential),
        (SVG, errors.NoCredential),
        (BAKED_PNG[:-12] + SECOND + BAKED_PNG[-12:], errors.SeveralCredentials),
        (BAKED_SVG.replace(ELEMENT, ELEMENT * 2), errors.SeveralCredentials),
        (PNG[:-4], errors.Unreadable),
        (BAKED_PNG[:200], errors.Unreadable),
        (BAKED_PNG.replace(b"openbadgecredential\0\0", b"openbadgecredential\0\1"), errors.Unreadable),
        (BAKED_PNG.replace(b"Amina", b"Anima"), errors.Unreadable),
        (SIGNATURE, errors.Unreadable),
        (b"", errors.Unreadable),
        (b"GIF89a", errors.Unreadable),
        (b"\xff\xfe", errors.Unreadable),
        (b"<svg", errors.Unreadable),
        (b"<html></html>", errors.NoCredential),
        (bake(PNG, b"hello"), errors.Unreadable),
        (b'{"a":"' + b"x" * MAX_CREDENTIAL + b'"}', errors.DocumentTooLarge),
        (
            PNG[:33] + _chunk(b"iTXt", HEADER + b" " * MAX_CREDENTIAL + b"{}") + PNG[33:],
            errors.DocumentTooLarge,
        ),
        (b" " * (11 << 20), errors.DocumentTooLarge),
    ],
)
def test_files_without_exactly_one_readable_badge_are_refused(data: bytes, error: type[Exception]) -> None:
    with pytest.raises(error) as caught:
        unbake(data)
    assert isinstance(caught.value, errors.Unreadable)


@pytest.mark.parametrize(
    "payload",
    [
        b'<!DOCTYPE svg [<!ENTITY a "b">]><svg>&a;</svg>',
        b'<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg>&x;</svg>',
        b'<!DOCTYPE l [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><svg>&b;</svg>',
        b'<?xml version="1.0" encoding="nonsense"?><svg/>',
    ],
)
def test_hostile_xml_is_refused(payload: bytes) -> None:
    with pytest.raises(errors.Unreadable):
        unbake(payload)


@pytest.mark.parametrize(
    "image",
    [
        b"GIF89a",
        b"",
        SIGNATURE,
        PNG[:50],
        SIGNATURE + PNG[33:],
        b"<html/>",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"<svg:svg xmlns:svg='http://www.w3.org/2000/svg'></svg:svg>",
        b"<!DOCTYPE svg [<!ENTITY a 'b'>]><svg>&a;</svg>",
    ],
)
def test_images_that_cannot_carry_a_badge_are_refused(image: bytes) -> None:
    with pytest.raises(errors.NotBakeable):
        bake(image, JSON)


def test_a_credential_too_large_for_others_to_read_is_not_baked() -> None:
    with pytest.raises(errors.DocumentTooLarge):
        bake(PNG, b"{" + b" " * MAX_CREDENTIAL + b"}")


@given(st.binary(max_size=300), st.integers(0, 400))
def test_a_damaged_file_never_breaks_the_reader(noise: bytes, position: int) -> None:
    for whole in (bake(PNG, JWS), bake(SVG, JWS)):
        damaged = whole[:position] + noise + whole[position + len(noise) :]
        try:
            unbake(damaged)
        except errors.Unreadable:
            continue
