"""Words with units mean what a planner means by them, and nothing else is read."""

from __future__ import annotations

import pytest

from sim.units import (
    DAY,
    HOUR,
    MINUTE,
    SECOND,
    WordsError,
    clock,
    clock_range,
    count,
    duration,
    duration_words,
    is_clock_range,
    money,
    rate,
    share,
)


@pytest.mark.parametrize(
    ("words", "ticks"),
    [
        ("20 s", 20 * SECOND),
        ("20s", 20 * SECOND),
        ("5.8 min", 348 * SECOND),
        ("1 h 30 min", 90 * MINUTE),
        ("1_000 ms", SECOND),
        ("7 days", 7 * DAY),
        ("2 weeks", 14 * DAY),
        ("0 s", 0),
        ("1e3 s", 1000 * SECOND),
    ],
)
def test_durations(words: str, ticks: int) -> None:
    assert duration(words) == ticks


@pytest.mark.parametrize(
    ("value", "message", "offset"),
    [
        (5, "'5' needs a unit", 0),
        ("5", "'5' needs a unit", 0),
        ("5 mim", "unknown time unit 'mim'", 2),
        ("5 min 3", "'5 min 3' needs a unit", 6),
        ("soon", "'soon' is not a duration", 0),
        ("-5 min", "a duration cannot be negative", 0),
        ("99999 days", "a duration of more than ten years", 0),
        (None, "a value is missing", 0),
    ],
)
def test_what_is_no_duration_is_told_with_its_place(value: object, message: str, offset: int) -> None:
    with pytest.raises(WordsError) as e:
        duration(value)
    assert (e.value.message, e.value.offset) == (message, offset)


@pytest.mark.parametrize(
    ("words", "per_day"),
    [("1_200/day", 1200), ("48/min", 48 * 1440), ("2 / h", 48), ("10 per hour", 240), ("7/week", 1)],
)
def test_rates(words: str, per_day: float) -> None:
    assert rate(words) * DAY == pytest.approx(per_day)


@pytest.mark.parametrize("value", [1200, "1200", "1_200/dya", "-3/day", "many"])
def test_what_is_no_rate(value: object) -> None:
    with pytest.raises(WordsError):
        rate(value)


def test_a_share_needs_its_percent_sign_and_the_hint_writes_it() -> None:
    assert share("62%") == 0.62
    assert share("0.5 %") == pytest.approx(0.005)
    with pytest.raises(WordsError) as e:
        share(0.35)
    assert e.value.hint == "write '35%'"
    with pytest.raises(WordsError):
        share("120%")


def test_counts_are_whole_and_not_negative() -> None:
    assert (count(10), count("1_000"), count(5.0)) == (10, 1000, 5)
    for value in (2.5, -1, True, "ten", None):
        with pytest.raises(WordsError):
            count(value)


def test_clock_times_and_ranges_are_half_open_and_may_pass_midnight() -> None:
    assert clock("08:30") == 8 * HOUR + 30 * MINUTE
    assert clock("24:00") == DAY
    assert clock_range("22:00-06:00") == (22 * HOUR, 30 * HOUR)
    assert is_clock_range("20:00-22:00")
    assert not is_clock_range("evening")
    for value in ("8h", "25:61", 800, "49:00"):
        with pytest.raises(WordsError):
            clock(value)
    for text in ("08:00-08:00", "22:00-25:00"):
        with pytest.raises(WordsError):
            clock_range(text)


def test_money_has_a_currency_and_says_whether_it_is_per_hour() -> None:
    assert money("40 CNY/h") == (40.0, "CNY", True)
    assert money("0.05 EUR") == (0.05, "EUR", False)
    for value in (40, "40", "40 cny", "-1 EUR", "40 CNY/day"):
        with pytest.raises(WordsError):
            money(value)


@pytest.mark.parametrize("words", ["20 s", "5.8 min", "2 h", "26 h", "7 days", "100 s"])
def test_durations_in_words_read_back(words: str) -> None:
    assert duration_words(duration(words)) == words
