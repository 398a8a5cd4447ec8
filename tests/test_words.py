"""Figures in words: rounding by the half-width, units, grouping, and what old terminals get."""

from __future__ import annotations

import math

import pytest

from sim.present import words
from sim.present.words import MISSING, THIN, duration, figure, parts, share, writable


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (0.42, "0.42 s"), (3.7095, "3.7 s"), (18.2, "18 s"), (89.4, "89 s"), (312, "5.2 min"),
     (1080, "18 min"), (5400, "1.5 h"), (100_000, "28 h"), (200_000, "2.3 days")],
)  # fmt: skip
def test_a_duration_is_given_in_the_unit_that_suits_its_size(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("value", "half_width", "unit", "text"),
    [(312.4, 17.9, "s", "5.2 ± 0.3 min"), (0.6412, 0.0083, "share", "64.1 ± 0.8 %"),
     (0.6412, 0.0143, "share", "64.1 ± 1.4 %"), (12345.0, 234.0, "contacts", "12_300 ± 200 contacts"),
     (12345.0, 134.0, "contacts", "12_340 ± 130 contacts"), (1.2241, 0.0149, "CNY", "1.224 ± 0.015 CNY"),
     (5.0, 40.0, "s", "0 ± 40 s"), (96.0, 0.0, "agents", "96 agents"),
     (2592.0, 9e-13, "CNY", "2_592 CNY"), (0.0, 0.0, "share", "0.0 %"),
     (0.031, 0.00097, "share", "3.10 ± 0.10 %")],
)  # fmt: skip
def test_a_figure_is_rounded_where_its_half_width_begins(
    value: float, half_width: float, unit: str, text: str
) -> None:
    assert figure(value, half_width, unit).replace(THIN, "_") == text


@pytest.mark.parametrize("nothing", [None, math.nan, math.inf])
def test_what_was_not_measured_is_a_dash(nothing: float | None) -> None:
    assert figure(nothing, 1.0, "s") == duration(nothing) == share(nothing) == MISSING


@pytest.mark.parametrize("unknown", [None, math.nan])
def test_without_half_width_no_sign_for_it_is_shown(unknown: float | None) -> None:
    assert figure(0.6412, unknown, "share") == "64.1 %"
    assert parts(0.6412, unknown, "share").half_width == ""


def test_a_small_share_keeps_two_digits() -> None:
    assert [share(value) for value in (0.00034, 0.0012, 0.0, 1.0)] == ["0.034 %", "0.1 %", "0.0 %", "100.0 %"]


def test_a_negative_figure_keeps_its_sign_and_zero_has_none() -> None:
    assert figure(-312.4, 17.9, "s") == "-5.2 ± 0.3 min"
    assert figure(-0.0001, 0.02, "share") == "0 ± 2 %"


def test_digits_are_grouped_in_threes() -> None:
    assert words.number(1_234_567.0) == f"1{THIN}234{THIN}567"
    assert words.number(12_345.678) == f"12{THIN}346"


def test_the_day_ends_at_24_and_then_begins_again() -> None:
    assert [words.clock(minutes) for minutes in (0, 525, 1440, 1455)] == ["00:00", "08:45", "24:00", "00:15"]
    assert words.clock_minutes("23:45") == 1425


@pytest.mark.parametrize("encoding", ["utf-8", "gbk", "cp1252", "ascii", "no such encoding"])
def test_stand_ins_for_missing_signs_are_as_wide_as_the_signs(encoding: str) -> None:
    text = f"✓ ✗ 12{THIN}345 ± 9 · {MISSING}"
    seen = writable(text, encoding)
    assert len(seen) == len(text)
    if encoding != "no such encoding":
        seen.encode(encoding)


def test_names_keep_their_letters_whatever_the_terminal() -> None:
    assert writable("在线客服 ✓", "ascii") == "在线客服 Y"
