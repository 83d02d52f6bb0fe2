"""A drawn photo of the work, so that the demo has one without showing anybody's."""

import io

from PIL import Image, ImageDraw

SIZE = (960, 720)
_SKY, _EARTH, _FURROW, _LEAF = (196, 214, 224), (122, 88, 58), (97, 68, 44), (74, 128, 62)


def garden_picture() -> bytes:
    """Return a JPEG of rows of seedlings under a grey sky."""
    image = Image.new("RGB", SIZE, _SKY)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 260, *SIZE), fill=_EARTH)
    for row in range(7):
        top = 280 + row * row * 10
        draw.line((0, top, SIZE[0], top + 14), fill=_FURROW, width=4 + 2 * row)
        for column in range(14):
            _seedling(draw, 30 + column * 70 + row * 6, top, 6 + 2 * row)
    output = io.BytesIO()
    image.save(output, "JPEG", quality=85)
    return output.getvalue()


def _seedling(draw: ImageDraw.ImageDraw, x: int, y: int, size: int) -> None:
    draw.ellipse((x - 2 * size, y - size, x, y + size // 2), fill=_LEAF)
    draw.ellipse((x, y - size, x + 2 * size, y + size // 2), fill=_LEAF)
