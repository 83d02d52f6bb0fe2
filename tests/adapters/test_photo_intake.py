"""A photo leaves with its pixels only, whatever came in; what is no photo costs little and is named."""

import io
import random
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image, ImageCms, PngImagePlugin

from badges.errors import BadgesError, PhotoDamaged, PhotoTooLarge, PhotoUnreadable
from badges.evidence.media import CLEANER, MAX_BYTES, CleanPhoto
from tests.crews import picture

SAMPLES = Path(__file__).parents[1] / "data" / "photos"
CANARY = b"GPSCANARY"
GREEN, RED = (30, 160, 60), (200, 60, 40)


def gps() -> Image.Exif:
    """EXIF with a canary in the description, the artist, the maker note and the GPS directory."""
    exif = Image.Exif()
    exif[0x010E] = exif[0x013B] = CANARY.decode()
    exif.get_ifd(0x8769)[0x927C] = CANARY * 4
    exif.get_ifd(0x8825).update({1: "N", 2: (48.0, 51.0, 30.0), 29: CANARY.decode()})
    return exif


def opened(photo: CleanPhoto) -> Image.Image:
    return Image.open(io.BytesIO(photo.content))


def near(image: Image.Image, where: tuple[int, int], colour: tuple[int, int, int]) -> bool:
    found = image.convert("RGB").getpixel(where)
    assert isinstance(found, tuple)
    return all(abs(a - b) < 40 for a, b in zip(found, colour, strict=True))


def png_with_texts() -> bytes:
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Comment", CANARY.decode())
    texts.add_itxt("XML:com.adobe.xmp", f"<x>{CANARY.decode()}</x>")
    return picture("PNG", pnginfo=texts, exif=gps())


def jpeg_with_everything() -> bytes:
    iptc = b"Photoshop 3.0\x008BIM\x04\x04\x00\x00" + struct.pack(">I", len(CANARY)) + CANARY
    app13 = b"\xff\xed" + struct.pack(">H", len(iptc) + 2) + iptc
    jpeg = picture("JPEG", exif=gps(), comment=CANARY, xmp=b"<x>" + CANARY + b"</x>")
    return jpeg[:2] + app13 + jpeg[2:] + CANARY


HOSTS = {
    "jpeg": jpeg_with_everything,
    "png": png_with_texts,
    "webp": lambda: picture("WEBP", exif=gps(), xmp=b"<x>" + CANARY + b"</x>"),
    "heic": (SAMPLES / "gps-canary.heic").read_bytes,
}


@pytest.mark.parametrize("kind", HOSTS)
def test_every_word_and_place_a_photo_carried_is_gone(kind: str) -> None:
    content = HOSTS[kind]()
    assert CANARY in content, "the sample must carry what we look for"
    photo = CLEANER.clean(content)
    assert CANARY not in photo.content
    assert b"Exif" not in photo.content
    image = opened(photo)
    assert (image.format, image.mode, image.getexif(), image.size) == (
        "JPEG",
        "RGB",
        {},
        (photo.width, photo.height),
    )
    assert set(image.info) <= {
        "jfif",
        "jfif_version",
        "jfif_unit",
        "jfif_density",
        "progressive",
        "progression",
    }


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_stands_upright_as_its_camera_said(kind: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    corner = {1: (0, 0), 2: (1, 0), 3: (1, 1), 4: (0, 1), 5: (0, 0), 6: (1, 0), 7: (1, 1), 8: (0, 1)}[
        orientation
    ]
    image = opened(CLEANER.clean(picture(kind, exif=exif)))
    assert image.size == ((60, 40) if orientation < 5 else (40, 60))
    where = (2 if corner[0] == 0 else image.width - 3, 2 if corner[1] == 0 else image.height - 3)
    opposite = (image.width - 1 - where[0], image.height - 1 - where[1])
    assert near(image, where, GREEN)
    assert near(image, opposite, RED)


def test_a_phone_held_upright_gives_an_upright_heic() -> None:
    image = opened(CLEANER.clean((SAMPLES / "turned.heic").read_bytes()))
    assert image.size == (48, 64)
    assert near(image, (45, 3), GREEN)


def test_a_large_photo_is_made_small_enough_to_send() -> None:
    photo = CLEANER.clean(picture(size=(4000, 3000)))
    assert (photo.width, photo.height) == (1280, 960)


def test_a_small_photo_stays_its_size_and_the_same_bytes_give_the_same_photo() -> None:
    assert CLEANER.clean(picture()) == CLEANER.clean(picture())
    assert CLEANER.clean(picture()).width == 60


def test_what_is_transparent_becomes_white() -> None:
    out = io.BytesIO()
    Image.new("RGBA", (10, 10), (0, 0, 0, 0)).save(out, "PNG")
    assert near(opened(CLEANER.clean(out.getvalue())), (5, 5), (255, 255, 255))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "I;16", "CMYK"])
def test_every_way_of_storing_colours_is_read(mode: str) -> None:
    out = io.BytesIO()
    Image.new(mode, (8, 8)).save(out, "JPEG" if mode == "CMYK" else "PNG")
    assert opened(CLEANER.clean(out.getvalue())).mode == "RGB"


def test_a_colour_profile_is_applied_then_dropped() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    wide = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for icc in (wide, profile, b"GPSCANARY not a profile"):
        photo = CLEANER.clean(picture(icc_profile=icc))
        assert "icc_profile" not in opened(photo).info
        assert near(opened(photo), (5, 5), GREEN)


def test_an_animation_gives_its_first_picture() -> None:
    frames = [Image.new("RGB", (20, 20), colour) for colour in (GREEN, RED)]
    for kind in ("PNG", "WEBP"):
        out = io.BytesIO()
        frames[0].save(out, kind, save_all=True, append_images=frames[1:])
        assert near(opened(CLEANER.clean(out.getvalue())), (10, 10), GREEN)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0" * 100,
        b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
        b"%PDF-1.7 " + b"0" * 100,
        picture("GIF"),
        picture("TIFF"),
        picture("BMP"),
        b"PK\x03\x04" + b"0" * 200,
    ],
    ids=["empty", "zeros", "svg", "pdf", "gif", "tiff", "bmp", "zip"],
)
def test_what_is_no_photo_is_refused_by_name(content: bytes) -> None:
    with pytest.raises(PhotoUnreadable):
        CLEANER.clean(content)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_photo_that_stops_in_the_middle_is_damaged(kind: str) -> None:
    whole = picture(kind, size=(400, 300))
    with pytest.raises((PhotoDamaged, PhotoUnreadable)):
        CLEANER.clean(whole[: len(whole) * 2 // 3])


def test_a_file_that_is_two_things_at_once_comes_out_as_a_photo_only() -> None:
    script = b"<script>alert(1)</script>"
    assert script not in CLEANER.clean(picture() + b"PK\x03\x04" + script).content


def png_of(width: int, height: int) -> bytes:
    """A PNG that says it is `width` x `height`, one bit a pixel, all zeros, tiny when packed."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    rows = zlib.compress(b"\0" * ((width // 8 + 1) * height), 9)
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(20_000, 20_000), (10_000, 4_001), (40_000, 1_001)])
def test_a_flood_of_pixels_is_refused_before_it_is_decoded(size: tuple[int, int]) -> None:
    flood = png_of(*size)
    assert len(flood) < 100_000
    with pytest.raises(PhotoTooLarge):
        CLEANER.clean(flood)


def test_forty_million_pixels_still_pass() -> None:
    assert CLEANER.clean(png_of(8_000, 5_000)).width == 1280


def test_more_than_twelve_megabytes_are_refused_unread() -> None:
    with pytest.raises(PhotoTooLarge):
        CLEANER.clean(b"\xff\xd8\xff" + b"\0" * MAX_BYTES)


@pytest.mark.parametrize("kind", HOSTS)
def test_no_mutation_of_a_photo_brings_the_server_down(kind: str) -> None:
    content, chance = HOSTS[kind](), random.Random(20261123)
    for _ in range(12):
        hurt = bytearray(content)
        for _ in range(chance.randrange(1, 9)):
            hurt[chance.randrange(len(hurt))] = chance.randrange(256)
        try:
            photo = CLEANER.clean(bytes(hurt))
        except BadgesError as error:
            assert isinstance(error, PhotoUnreadable | PhotoDamaged | PhotoTooLarge)  # noqa: PT017
        else:
            assert CANARY not in photo.content
