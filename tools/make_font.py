"""Make `sim/present/fonts/SimCJK-Regular.ttf` from Noto Sans CJK; run by hand, not part of the package.

Usage: ``python tools/make_font.py NotoSansCJK-Regular.ttc sim/present/fonts/SimCJK-Regular.ttf``
(the collection is in Debian's package fonts-noto-cjk). Keeps ASCII, Latin-1, common punctuation and the
3,755 characters of GB 2312 level 1; converts the outlines to TrueType, so that PDF files can embed it;
renames the family, as the licence asks of a changed font. Equal input gives equal bytes.
"""

from __future__ import annotations

import sys
from pathlib import Path

from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTCollection, TTFont, newTable

FAMILY = "Sim CJK"
NAMES_KEPT = (0, 13, 14)  # copyright, licence, licence's address
MAX_ERROR = 1.0  # font units (1/1000 em) a quadratic outline may stray from the cubic one
TABLES_DROPPED = ("CFF ", "VORG", "vhea", "vmtx", "BASE", "GDEF", "GPOS", "GSUB")


def characters() -> set[int]:
    """Code points kept."""
    level_1 = {
        ord(bytes((row + 0xA0, cell + 0xA0)).decode("gb2312"))
        for row in range(16, 56)
        for cell in range(1, 95 if row < 55 else 90)
    }
    assert len(level_1) == 3755
    spans = [(0x20, 0x7F), (0xA0, 0x100), (0x2010, 0x2028), (0x3000, 0x3018), (0xFF01, 0xFF5F)]
    single = {0x202F, 0x2030, 0x20AC, 0x2212, 0x2264, 0x2265, 0xFFE5}
    return level_1 | single | {code for begin, end in spans for code in range(begin, end)}


def simplified_chinese(collection: Path) -> TTFont:
    """The regular Simplified Chinese face of a Noto Sans CJK collection."""
    for font in TTCollection(str(collection)).fonts:
        if font["name"].getDebugName(1) == "Noto Sans CJK SC":
            return font
    raise SystemExit(f"{collection}: no face 'Noto Sans CJK SC'")


def to_truetype(font: TTFont) -> None:
    """Replace the cubic (CFF) outlines of a font by quadratic ones, in place."""
    order, glyphs, made = font.getGlyphOrder(), font.getGlyphSet(), {}
    for name in order:
        pen = TTGlyphPen(None)
        glyphs[name].draw(Cu2QuPen(pen, MAX_ERROR, reverse_direction=True))
        made[name] = pen.glyph()
    font["loca"], font["glyf"] = newTable("loca"), newTable("glyf")
    font["glyf"].glyphOrder, font["glyf"].glyphs = order, made
    for name in order:
        made[name].recalcBounds(font["glyf"])
        font["hmtx"].metrics[name] = (font["hmtx"].metrics[name][0], getattr(made[name], "xMin", 0))
    maxp = font["maxp"]
    maxp.tableVersion = 0x00010000
    for field in (
        "maxZones maxTwilightPoints maxStorage maxFunctionDefs maxInstructionDefs "
        "maxStackElements maxSizeOfInstructions maxComponentElements"
    ).split():
        setattr(maxp, field, 0)
    maxp.maxZones = 1
    font["post"].formatType = 3.0
    font["head"].glyphDataFormat = 0
    for table in TABLES_DROPPED:
        if table in font:
            del font[table]
    font.sfntVersion = "\000\001\000\000"


def rename(font: TTFont) -> None:
    """Give the font its own family name; keep its copyright and licence."""
    names = font["name"]
    names.names = [n for n in names.names if n.nameID in NAMES_KEPT and n.platformID == 3]
    for number, text in {
        1: FAMILY,
        2: "Regular",
        3: f"{FAMILY} Regular, subset",
        4: FAMILY,
        5: "Version 2.004",
        6: "SimCJK-Regular",
    }.items():
        names.setName(text, number, 3, 1, 0x409)


def main(source: str, target: str) -> None:
    """Read ``source``, write ``target``."""
    font = simplified_chinese(Path(source))
    font.recalcTimestamp = False
    options = Options(layout_features=[], hinting=False, notdef_outline=True, name_IDs=["*"])
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=characters())
    subsetter.subset(font)
    to_truetype(font)
    rename(font)
    font.save(target)
    print(f"{target}: {len(font.getGlyphOrder())} glyphs, {Path(target).stat().st_size:,} bytes")


if __name__ == "__main__":
    main(*sys.argv[1:])
