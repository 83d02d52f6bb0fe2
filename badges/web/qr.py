"""QR codes of public pages: readable on paper even when a quarter of them is dirty."""

import io
from typing import Any, Final

import qrcode
from qrcode.image.pil import PilImage
from qrcode.image.svg import SvgPathImage

QUIET: Final = 4
PIXELS: Final = 12


def qr_svg(text: str) -> bytes:
    """Return `text` as a black-on-white SVG, error correction Q (ISO/IEC 18004), quiet zone included."""
    buffer = io.BytesIO()
    _code(text, 10).make_image(image_factory=_WhiteSvg).save(buffer)
    return buffer.getvalue()


def qr_png(text: str) -> bytes:
    """Return `text` as a black-on-white PNG, error correction Q, 12 pixels a module: sharp at 25 mm."""
    buffer = io.BytesIO()
    _code(text, PIXELS).make_image(image_factory=PilImage).save(buffer, "PNG")
    return buffer.getvalue()


class _WhiteSvg(SvgPathImage):
    """On paper and on a dark screen alike, the background is white."""

    background = "#ffffff"


def _code(text: str, pixels: int) -> Any:
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_Q, box_size=pixels, border=QUIET)
    code.add_data(text)
    code.make(fit=True)
    return code
