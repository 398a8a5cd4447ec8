"""Figures in words, rounded as far as their half-width allows: ``5.2 ± 0.3 min``, ``64.1 %``, ``12 345``.

Digits are grouped by a narrow no-break space; `writable` replaces signs that an old terminal lacks.
What was not measured is a dash.
"""

from __future__ import annotations

import math
from typing import NamedTuple

__all__ = [
    "MISSING",
    "THIN",
    "Parts",
    "clock",
    "clock_minutes",
    "duration",
    "figure",
    "no_half_widths",
    "number",
    "parts",
    "seconds",
    "share",
    "writable",
]

MISSING = "–"
"""What stands where there is no figure."""

THIN = "\u202f"
"""The space between groups of digits."""

_STAND_INS = {" ± ": "+/-", "±": "+/-", "✓": "Y", "✗": "N", MISSING: "-", "·": "-", THIN: " "}
_SPANS = ((90.0, 1.0, "s"), (5400.0, 60.0, "min"), (172_800.0, 3600.0, "h"), (math.inf, 86_400.0, "days"))
"""Durations below a limit (seconds) are shown in a unit of so many seconds."""
_NOISE = 1e-9  # a half-width below this share of the value is rounding of the computer
_DIGITS = 3  # significant digits of a figure without half-width


class Parts(NamedTuple):
    """A figure in pieces that a table can line up: ``5.2``, ``0.3`` (empty: none known), ``min``."""

    value: str
    half_width: str
    unit: str

    def __str__(self) -> str:
        text = self.value if not self.half_width else f"{self.value} ± {self.half_width}"
        return f"{text} {self.unit}" if self.unit and self.value != MISSING else text


def _order(value: float) -> int:
    """Power of ten of the leading digit."""
    return math.floor(math.log10(abs(value)))


def _decimals_of(half_width: float) -> int:
    """Decimals worth showing (negative: tens, hundreds): one digit, two if the half-width begins with 1."""
    order = _order(half_width)
    leading = half_width / 10.0**order
    return 1 - order if leading < 1.95 else -order


def number(value: float, decimals: int | None = None) -> str:
    """A number with its digits grouped in threes.

    ``decimals`` may be negative (round to tens, hundreds); by default three significant digits, but never
    less than the whole number.

    Examples
    --------
    >>> number(3.14159), number(12345.6, 0).replace("\\u202f", "_"), number(0.0)
    ('3.14', '12_346', '0')
    """
    if decimals is None:
        if value == round(value):
            decimals = 0
        else:
            decimals = max(0, _DIGITS - 1 - _order(value))
    rounded = round(value, decimals) + 0.0  # + 0.0 turns -0.0 into 0.0
    return f"{rounded:,.{max(0, decimals)}f}".replace(",", THIN)


def _scale(value: float, unit: str) -> tuple[float, str]:
    """What to divide by, and the unit then."""
    if unit == "share":
        return 0.01, "%"
    if unit == "s":
        for limit, seconds, name in _SPANS:
            if abs(value) < limit:
                return seconds, name
    return 1.0, unit


def _decimals_alone(value: float, unit: str) -> int | None:
    """Decimals of a scaled figure whose half-width is not known; None: as any number."""
    if unit == "%" and (value == 0 or abs(value) >= 0.1):
        return 1
    if unit in ("%", "s", "min", "h", "days") and value != 0:
        return max(0, 1 - _order(value))  # two digits
    return None


def parts(value: float | None, half_width: float | None = None, unit: str = "") -> Parts:
    """A figure in pieces, rounded by its half-width.

    Parameters
    ----------
    value, half_width
        In the measure's own unit; None (or not finite) where not known. A half-width of 0 is not shown:
        nothing about the figure is random.
    unit
        ``s`` (shown in s, min, h or days), ``share`` (shown in %), or any other, shown as it is.

    Examples
    --------
    >>> str(parts(312.4, 17.9, "s")), str(parts(0.6412, 0.0083, "share")), str(parts(None, None, "s"))
    ('5.2 ± 0.3 min', '64.1 ± 0.8 %', '–')
    """
    if value is None or not math.isfinite(value):
        return Parts(MISSING, "", "")
    divisor, shown = _scale(value, unit)
    scaled = value / divisor
    if half_width is None or not math.isfinite(half_width) or half_width <= _NOISE * abs(value):
        return Parts(number(scaled, _decimals_alone(scaled, shown)), "", shown)
    width = half_width / divisor
    decimals = _decimals_of(width)
    return Parts(number(scaled, decimals), number(width, decimals), shown)


def figure(value: float | None, half_width: float | None = None, unit: str = "") -> str:
    """A figure with its half-width and unit; see `parts`.

    Examples
    --------
    >>> figure(18.2, None, "s"), figure(96.0, 4.0, "CNY")
    ('18 s', '96 ± 4 CNY')
    """
    return str(parts(value, half_width, unit))


def duration(seconds: float | None) -> str:
    """A duration in the unit that suits its size.

    Examples
    --------
    >>> duration(18.2), duration(312.0), duration(5400.0), duration(0.0)
    ('18 s', '5.2 min', '1.5 h', '0 s')
    """
    return figure(seconds, None, "s")


def seconds(value: float) -> str:
    """A duration that somebody chose, not rounded: in seconds up to two minutes, then in minutes.

    Examples
    --------
    >>> seconds(20.0), seconds(90.0), seconds(180.0), seconds(2.5)
    ('20 s', '90 s', '3 min', '2.5 s')
    """
    return f"{value:g} s" if value <= 120 else f"{value / 60:g} min"


def share(value: float | None) -> str:
    """A share 0..1 in per cent.

    Examples
    --------
    >>> share(0.6412), share(0.00034)
    ('64.1 %', '0.034 %')
    """
    return figure(value, None, "share")


def clock_minutes(text: str) -> float:
    """Minutes after midnight of ``HH:MM`` or ``HH:MM:SS``.

    Examples
    --------
    >>> clock_minutes("20:45"), clock_minutes("00:00:30")
    (1245.0, 0.5)
    """
    hours, minutes, *seconds = (int(part) for part in text.split(":"))
    return hours * 60 + minutes + sum(seconds) / 60


def clock(minutes: float) -> str:
    """Clock time ``HH:MM`` of minutes after midnight; midnight at the day's end is 24:00.

    Examples
    --------
    >>> clock(1245), clock(1440), clock(1500)
    ('20:45', '24:00', '01:00')
    """
    whole = round(minutes)
    if whole > 1440:
        whole %= 1440
    return f"{whole // 60:02d}:{whole % 60:02d}"


def writable(text: str, encoding: str) -> str:
    """The text in signs that an encoding has; stand-ins are as wide, so that tables stay lined up.

    Letters of names that it lacks are left alone.

    Examples
    --------
    >>> [writable("✗ 5.2 ± 0.3 min", encoding) for encoding in ("utf-8", "cp1252", "ascii")]
    ['✗ 5.2 ± 0.3 min', 'N 5.2 ± 0.3 min', 'N 5.2+/-0.3 min']
    """
    for sign, instead in _STAND_INS.items():
        try:
            sign.encode(encoding)
        except (UnicodeEncodeError, LookupError):
            text = text.replace(sign, instead)
    return text


def no_half_widths(days_per_replication: float) -> str:
    """Why there is no half-width: a single day, or days of one replication that differ from one another."""
    if days_per_replication < 2:
        return "No half-widths: they need more than one day."
    return "No half-widths: the days differ by plan, so it takes several replications (--reps)."
