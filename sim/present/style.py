"""How pictures look: colours that colour-blind readers tell apart, fonts that know Chinese, file settings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from importlib.resources import as_file, files
from typing import Any, Final

from matplotlib import rc_context, rcdefaults, rcParams
from matplotlib.font_manager import fontManager

__all__ = [
    "ABANDONED",
    "BETTER",
    "BUSY",
    "CAPACITY",
    "FAINT",
    "INK",
    "LOAD",
    "OVERLOAD",
    "PLANS",
    "TALL",
    "WAIT",
    "WORSE",
    "styled",
]

# Okabe and Ito's palette, darkened where a line or a label in it would be too pale on white.
WAIT: Final = "#0072B2"
TALL: Final = "#56789A"  # what nine of ten customers stay below: the wait's colour, greyer
ABANDONED: Final = "#A8457E"
CAPACITY: Final = "#00795A"
LOAD: Final = "#333333"
BUSY: Final = "#7A7A7A"
OVERLOAD: Final = "#D55E00"
INK: Final = "#222222"
FAINT: Final = "#6B6B6B"
BETTER: Final = WAIT
WORSE: Final = "#C24E00"
PLANS: Final = ("#0072B2", "#C24E00", "#00795A", "#A8457E", "#86690A", "#3C3C3C")
"""One colour for each plan of a picture; lines differ in their dashes too."""

_FAMILY = "Sim CJK"
# Tried after our own font, for the rare characters that it lacks; only those installed are asked for.
_SYSTEM_FAMILIES = ("Noto Sans CJK SC", "Source Han Sans SC", "Noto Sans SC", "PingFang SC",
                    "Microsoft YaHei", "SimHei", "WenQuanYi Zen Hei")  # fmt: skip


@cache
def _families() -> list[str]:
    """Font families in the order in which a character is looked for; registers our own font once."""
    with as_file(files("sim.present") / "fonts" / "SimCJK-Regular.ttf") as path:
        fontManager.addfont(path)
    ours = next(entry for entry in fontManager.ttflist if entry.name == _FAMILY)
    fontManager.ttflist.append(replace(ours, weight=700))  # it has one weight: that serves headings too
    installed = set(fontManager.get_font_names())
    return ["DejaVu Sans", _FAMILY, *(name for name in _SYSTEM_FAMILIES if name in installed)]


def _settings() -> Any:
    return {
        "font.family": _families(),
        "font.size": 10,
        "text.color": INK,
        "text.parse_math": False,  # a dollar sign in a name is a dollar sign
        "axes.unicode_minus": False,
        "axes.edgecolor": "#B8B8B8",
        "axes.linewidth": 0.8,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.spines.left": False,
        "axes.axisbelow": True,
        "axes.grid": True,
        "grid.color": "#E6E6E6",
        "grid.linewidth": 0.8,
        "xtick.color": FAINT,
        "ytick.color": FAINT,
        "ytick.major.size": 0,
        "xtick.major.size": 3,
        "xtick.labelsize": 9,
        "ytick.labelsize": 9,
        "lines.solid_capstyle": "round",
        "figure.facecolor": "white",
        "savefig.facecolor": "white",
        "savefig.dpi": 150,
        "figure.dpi": 150,
        # Outlines instead of text: an SVG looks the same in every browser, also where no font knows Chinese.
        "svg.fonttype": "path",
        "svg.hashsalt": "supportsim",
        "pdf.fonttype": 42,
    }


@contextmanager
def styled() -> Iterator[None]:
    """Inside the block matplotlib draws and saves in our style, whatever the user's own settings are."""
    with rc_context():
        rcdefaults()
        rcParams.update(_settings())
        yield
