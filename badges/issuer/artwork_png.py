"""Draws badges as SVG and PNG: the default artwork, with resvg and no font from the system."""

import io
from functools import lru_cache

import resvg_py
from PIL import Image

from badges.errors import UnknownDesignPart
from badges.issuer import artwork_svg
from badges.issuer.artwork import PNG_SIZES, BadgeDesign, alt_text, design_data


class DrawnArtwork:
    """The default Artwork: templates filled by us, rasterised by resvg, kept in memory once drawn."""

    def svg(self, design: BadgeDesign) -> bytes:
        """Return the full emblem as a final SVG; see Artwork."""
        return artwork_svg.badge_svg(design).encode()

    def mark_svg(self, design: BadgeDesign) -> bytes:
        """Return the emblem without its label; see Artwork."""
        return artwork_svg.mark_svg(design).encode()

    def png(self, design: BadgeDesign, size: int) -> bytes:
        """Return a transparent PNG of one of PNG_SIZES; see Artwork."""
        return _png(design, size)

    def alt_text(self, design: BadgeDesign) -> str:
        """Return the words that replace the picture; see Artwork."""
        return alt_text(design)


@lru_cache(maxsize=128)
def _png(design: BadgeDesign, size: int) -> bytes:
    if size not in PNG_SIZES:
        raise UnknownDesignPart(part="size", name=str(size))
    below = design_data("tokens")["canvas"]["mark_variant_below_px"]
    svg = artwork_svg.mark_svg(design) if size < below else artwork_svg.badge_svg(design)
    return rasterise(svg, size, size)


def rasterise(svg: str, width: int, height: int, *, opaque: bool = False) -> bytes:
    """Return `svg` as an optimised PNG of width x height px, transparent unless `opaque`."""
    raw = resvg_py.svg_to_bytes(svg_string=svg, width=width, height=height, skip_system_fonts=True)
    with Image.open(io.BytesIO(bytes(raw))) as picture:
        final = picture.convert("RGB" if opaque else "RGBA")
    out = io.BytesIO()
    final.save(out, "PNG", optimize=True)
    return out.getvalue()
