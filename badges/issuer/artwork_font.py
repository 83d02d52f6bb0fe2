"""Reads one weight of the variable fonts we ship: glyphs, advances and kerning."""

from functools import cached_property, lru_cache
from typing import Any

from fontTools.ttLib import TTFont
from fontTools.varLib.varStore import VarStoreInstancer

from badges.data_files import PACKAGE

FILES = ("atkinson-next-latin.woff2", "atkinson-next-latin-ext.woff2")


class Face:
    """One variable font file seen at one weight; lengths are in font units."""

    def __init__(self, filename: str, weight: int) -> None:
        self.font = TTFont(PACKAGE / "web" / "static" / "fonts" / filename)
        self.units: int = self.font["head"].unitsPerEm
        self.cmap: dict[int, str] = self.font.getBestCmap()
        self._location = {"wght": weight}
        self.glyphs = self.font.getGlyphSet(location=self._location)

    @cached_property
    def _pair_tables(self) -> list[list[Any]]:
        gpos = self.font["GPOS"].table
        kern = [r.Feature for r in gpos.FeatureList.FeatureRecord if r.FeatureTag == "kern"]
        wanted = sorted({index for feature in kern for index in feature.LookupListIndex})
        return [gpos.LookupList.Lookup[index].SubTable for index in wanted]

    @cached_property
    def _variations(self) -> Any:
        where = self.font.normalizeLocation(self._location)
        return VarStoreInstancer(self.font["GDEF"].table.VarStore, self.font["fvar"].axes, where)

    def kern(self, left: str, right: str) -> float:
        """Return how much closer (negative) or further two glyphs stand, in font units."""
        return sum(self._kern_in(subtables, left, right) for subtables in self._pair_tables)

    def _kern_in(self, subtables: list[Any], left: str, right: str) -> float:
        for table in subtables:
            if left not in table.Coverage.glyphs:
                continue
            value = _pair_value(table, left, right)
            if value is not None:
                return self._advance_of(value)
        return 0.0

    def _advance_of(self, value: Any) -> float:
        advance = float(getattr(value, "XAdvance", 0) or 0)
        device = getattr(value, "XAdvDevice", None)
        if device is not None:
            advance += self._variations[(device.StartSize << 16) + device.EndSize]
        return advance


def _pair_value(table: Any, left: str, right: str) -> Any:
    """Return the value of a GPOS pair; None lets the next subtable speak (OpenType, PairPos)."""
    if table.Format == 1:
        pairs = table.PairSet[table.Coverage.glyphs.index(left)].PairValueRecord
        return next((pair.Value1 for pair in pairs if pair.SecondGlyph == right), None)
    first = table.ClassDef1.classDefs.get(left, 0)
    second = table.ClassDef2.classDefs.get(right, 0)
    return table.Class1Record[first].Class2Record[second].Value1 or ()


@lru_cache(maxsize=8)
def faces(weight: int) -> tuple[Face, ...]:
    """Return our files at `weight` (200 to 800), in the order in which a letter is looked for."""
    return tuple(Face(filename, weight) for filename in FILES)
