"""The process that decodes one photo: it reads a file on stdin and writes a header line and a JPEG on stdout.

It is started by path in an isolated interpreter, so it imports nothing of ours. It limits itself before it
reads a byte: whatever a decoder does wrong then costs at most this process.
"""

import io
import json
import resource
import sys
import warnings

import pi_heif
from PIL import ExifTags, Image, ImageCms, UnidentifiedImageError

MAX_PIXELS = 40_000_000
MAX_SIDE = 1280
QUALITY = 82
CPU_SECONDS = 8
MEMORY_BYTES = 768 * 1024 * 1024
FORMATS = ("JPEG", "PNG", "WEBP", "HEIF")


def limit() -> None:
    """Allow this process little time and memory, no files and no core dump."""
    for what, value in (
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (value, value))


def main() -> None:
    """Answer for the file on stdin: {"width", "height"} and a JPEG, or {"error"}."""
    content = sys.stdin.buffer.read()
    try:
        header, jpeg = clean(content)
    except Refusal as refusal:
        header, jpeg = {"error": refusal.reason}, b""
    sys.stdout.buffer.write(json.dumps(header).encode() + b"\n" + jpeg)


class Refusal(Exception):
    """A file that is not taken: "unreadable", "too-large" or "damaged"."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def clean(content: bytes) -> tuple[dict[str, object], bytes]:
    """Decode the first picture of `content`, upright, without metadata, at most 1280 px, as JPEG in sRGB.

    Raises `Refusal`.
    """
    try:
        picture = _upright(_opened(content))
    except UnidentifiedImageError as error:
        raise Refusal("unreadable") from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning, MemoryError) as error:
        raise Refusal("too-large") from error
    except Exception as error:
        raise Refusal("damaged") from error
    pixels = Image.new("RGB", picture.size)
    pixels.paste(picture)
    out = io.BytesIO()
    pixels.save(out, "JPEG", quality=QUALITY, optimize=True, progressive=True)
    return {"width": pixels.width, "height": pixels.height}, out.getvalue()


def _opened(content: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(content), formats=FORMATS)
    if picture.width * picture.height > MAX_PIXELS:
        raise Image.DecompressionBombError
    picture.draft("RGB", (MAX_SIDE, MAX_SIDE))
    return picture


def _upright(picture: Image.Image) -> Image.Image:
    orientation = picture.getexif().get(ExifTags.Base.Orientation, 1)
    profile = picture.info.get("icc_profile")
    picture.load()
    if picture.mode.startswith("I;16"):
        picture = picture.point(lambda value: value / 256).convert("L")
    has_alpha = "A" in picture.getbands() or "transparency" in picture.info
    if picture.mode not in {"RGB", "L", "CMYK"}:
        picture = picture.convert("RGBA" if has_alpha else "RGB")
    picture.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.LANCZOS)
    if has_alpha:
        picture = picture.convert("RGBA")
        white = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(white, picture).convert("RGB")
    return _turned(_in_srgb(picture, profile), orientation)


def _in_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            srgb = ImageCms.createProfile("sRGB")
            converted = ImageCms.profileToProfile(picture, source, srgb, outputMode="RGB")
        except (ImageCms.PyCMSError, OSError, ValueError):
            return picture.convert("RGB")
        if converted is not None:
            return converted
    return picture.convert("RGB")


def _turned(picture: Image.Image, orientation: int) -> Image.Image:
    how = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_270,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }.get(orientation)
    return picture if how is None else picture.transpose(how)


if __name__ == "__main__":
    limit()
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    pi_heif.register_heif_opener(decode_threads=1, thumbnails=False)
    main()
