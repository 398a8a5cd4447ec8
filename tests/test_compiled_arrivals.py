"""Arrivals in compiled code are those of `sim.model.arrivals`, bit for bit, whatever the demand is like."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import numpy as np
import pytest
from calendars import with_edges, with_kinds
from hypothesis import given
from running import SCENARIOS, resolved
from small_models import HOUR, ints, small_model, with_attributes
from strategies import Scenario, examples, scenarios

from sim.jit import IS_COMPILED
from sim.model import compiled_arrivals as compiled
from sim.model.arrivals import Arrivals, arrivals
from sim.model.compiled_arrivals import ArrivalTables, arrival_tables, compiled_arrivals
from sim.model.laws import LawKind, LawPart
from sim.model.records import LEAVES, NONE
from sim.model.shapes import ShapeBook
from sim.model.tables import DAY, Model, Replay, Routes, demand_end
from sim.scenario.validate import load

LITTLE = 1.0 if IS_COMPILED else 0.02
"""Demand without compiling, where an issue costs a thousand times as much."""


def table(blocks: Any) -> Arrivals | None:
    """All blocks, which must not be empty, in one table; None if there is no block."""
    kept = list(blocks)
    assert all(len(block.tick) for block in kept)
    return Arrivals._make(np.concatenate(c) for c in zip(*kept, strict=True)) if kept else None


def assert_same(one: Arrivals | None, other: Arrivals | None) -> None:
    """Both tables are equal to the last bit, and of the same types."""
    assert (one is None) == (other is None)
    if one is not None and other is not None:
        for name, left, right in zip(Arrivals._fields, one, other, strict=True):
            assert left.dtype == right.dtype, name
            assert np.array_equal(left, right), name


def both(model: Model, until: int = DAY, seed: int = 1, replication: int = 0) -> int:
    """Compare the two, and tell how many arrivals there are."""
    expected = table(arrivals(model, seed, replication, until))
    assert_same(table(compiled_arrivals(model, seed, replication, until)), expected)
    return 0 if expected is None else len(expected.tick)


def model_of(demand: dict[str, Any], files: dict[str, str] | None = None, **more: Any) -> Model:
    desks = {"chat": {"handling": "1 min"}, "phone": {"handling": "1 min"}}
    scenario = {"name": "Demand", "horizon": {"measure": "50 days"}, "demand": demand, "desks": desks,
                "teams": {"own": {"serves": ["chat", "phone"], "agents": 5}}}  # fmt: skip
    return resolved({**scenario, **more}, files).model


@pytest.mark.parametrize("path", sorted(SCENARIOS.glob("*.yaml")), ids=lambda path: path.stem)
def test_shipped_scenarios(path: Any) -> None:
    model = load(path).resolved.model
    per_day = float(model.streams.rate.sum(axis=(0, 2)).max() * model.streams.slot)
    scaled = model._replace(
        streams=model.streams._replace(rate=model.streams.rate * min(1.0, 20_000 * LITTLE / per_day))
    )
    assert both(scaled, min(3 * DAY, demand_end(model.horizon)), seed=7, replication=2) > 30


@pytest.mark.parametrize("words", [(0, 0), (2**63, 1), (2**64 - 1, 2**31), (5, 2**40)])
def test_seeds_of_64_bits(words: tuple[int, int]) -> None:
    assert both(small_model({"a": 20.0, "b": 9.0}), DAY // 2, *words) > 200


@pytest.mark.parametrize("until", [0, 1, HOUR // 3, HOUR, DAY - 1, DAY, DAY + 7, 2 * DAY + 5 * HOUR + 13])
def test_any_end(until: int) -> None:
    both(small_model({"a": 500.0 * LITTLE, "b": np.array([0.0, 700.0] * 12) * LITTLE}), until)
    both(small_model({"alone": 500.0 * LITTLE}), until)


def test_an_arrival_at_the_end_is_left_out() -> None:
    model = small_model({"demand": 50.0})
    tick = int(next(arrivals(model, 1, 0, DAY)).tick[10])
    assert both(model, tick) == 10
    assert both(model, tick + 1) == 11


def test_no_demand() -> None:
    for per_hour in ({}, {"none": 0.0}, {"none": 0.0, "nothing": 0.0}):
        assert both(small_model(per_hour), 3 * DAY) == 0
    assert both(small_model({"none": 0.0, "some": 20.0}), 3 * DAY) > 1000


def test_rates_that_are_zero_for_a_while() -> None:
    hours = np.array([0.0] * 8 + [100.0] * 2 + [0.0] * 5 + [0.5] + [0.0] * 8)
    assert both(small_model({"demand": hours}), 9 * DAY) > 1000
    assert both(small_model({"demand": hours, "other": hours[::-1].copy()}), 9 * DAY) > 2000


def test_many_arrivals_at_the_same_tick() -> None:
    """Nine streams of 20 million an hour for 1.2 s."""
    model = small_model({f"stream {i}": 20e6 for i in range(9)})
    assert both(model, int(HOUR // 3000 * LITTLE)) > 1000


@pytest.mark.parametrize("streams", [{"alone": 40.0}, {"a": 40.0, "b": [3.0, 90.0] * 12, "c": 1.0}])
@pytest.mark.parametrize("rows", [1, 3, 50, 1000])
def test_size_of_blocks_does_not_matter(rows: int, streams: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "_BLOCK_ROWS", rows)
    monkeypatch.setattr(compiled, "_ENOUGH_ROWS", rows // 2 + 1)
    monkeypatch.setattr(compiled, "_AHEAD_ROWS", rows)
    model = with_attributes(small_model(streams), {"topic": [0.3, 0.7]})
    assert max(len(b.tick) for b in compiled_arrivals(model, 1, 0, 2 * DAY)) <= rows
    assert both(model, 2 * DAY) > 1000


def test_blocks_of_days_are_together_or_apart() -> None:
    """A few arrivals of many days make one block; many of one day are given out before the next begins."""
    assert len(list(compiled_arrivals(small_model({"demand": 1.0}), 1, 0, 30 * DAY))) == 1
    if IS_COMPILED:
        ticks = [b.tick for b in compiled_arrivals(small_model({"demand": 2000.0}), 1, 0, 3 * DAY)]
        assert {int(t[0]) // DAY for t in ticks} == {0, 1, 2}
        assert all(t[0] // DAY == t[-1] // DAY for t in ticks)


def test_one_table_for_all_replications_and_threads() -> None:
    model = with_attributes(small_model({"a": 300 * LITTLE, "b": 100 * LITTLE}), {"topic": [0.3, 0.7]})
    tables: ArrivalTables = arrival_tables(model)

    def drawn(replication: int) -> Arrivals | None:
        return table(compiled_arrivals(model, 3, replication, 2 * DAY, tables))

    with ThreadPoolExecutor(4) as pool:
        for replication, found in enumerate(pool.map(drawn, range(8))):
            assert_same(found, table(arrivals(model, 3, replication, 2 * DAY)))


ATTRIBUTES: dict[str, Any] = {
    "topic": {"orders": "60%", "complaints": "40%"},
    "tier": {"complaints": {"plain": "50%", "gold": "rest"}, "else": {"gold": "10%", "plain": "90%"}},
    "kind": {"20:00-24:00": {"one": "0%", "two": "100%"}, "else": {"one": "20%", "two": "rest"}},
    "sure": {"yes": "100%", "no": "0%"},
    "difficulty": {
        "gold": {"standard": "20%", "complex": "80%"},
        "plain": {"standard": "75%", "complex": "rest"},
    },
}
ENTERS = {"orders": {"chat": "30%", "phone": "rest"}, "complaints": "phone"}
REPLAY = """\
time,difficulty,enters,topic,tier
00:00,,,,
10:30,complex,,orders,
08:00:12.5,,phone,,
08:00:12.500000,standard,,,gold
"23:59:59.999999", complex ,chat,complaints,plain
"""


@pytest.mark.parametrize(
    "demand",
    [
        {"volume": "2_000/day"},
        {"volume": "700/day", "busyness": "30%", "forecast_error": "30%"},
        {"volume": "700/day", "forecast_error": "30% each 6 h", "by_hour": "flat"},
        {"volume": "700/day", "forecast_error": "100% each 5 min"},
        {
            "busyness": "20%",
            "forecast_error": "20% each 1 h",
            "streams": {"web": {"volume": "700/day"}, "app": {"volume": "300/day", "busyness": "90%"}},
        },
        {"gaps": "exactly 1 min"},
        {"gaps": "exactly 7 min", "busyness": "40%"},
        {"gaps": "20% exponential 2.5 min + 80% exponential 0.625 min"},
        {"gaps": "90% exactly 0 s + 10% exactly 5 min"},
        {"gaps": "gamma 2 min cv 2", "forecast_error": "40% each 2 h"},
        {"streams": {"machine": {"gaps": "exactly 5 min"}, "web": {"volume": "90/day"}}},
        {"replay": "calls.csv"},
        {"streams": {"old": {"replay": "calls.csv"}, "new": {"volume": "600/day"}}},
        {"streams": {"old": {"replay": "calls.csv"}, "older": {"replay": "calls.csv", "enters": "chat"}}},
    ],
)
@pytest.mark.parametrize("has_attributes", [True, False])
def test_demand_of_every_kind(demand: dict[str, Any], has_attributes: bool) -> None:
    more: dict[str, Any] = {"attributes": ATTRIBUTES} if has_attributes else {}
    rows = REPLAY if has_attributes else "time,enters\n00:00,\n09:00,phone\n09:00,\n23:00,chat\n"
    enters = ENTERS if has_attributes else {"chat": "40%", "phone": "rest"}
    model = model_of({"enters": enters, **demand}, {"calls.csv": rows}, **more)
    assert both(model, 5 * DAY + 11 * HOUR, seed=9, replication=4) > 20


def test_days_and_periods_of_several_kinds() -> None:
    plain = model_of({"volume": "500/day", "enters": ENTERS}, attributes=ATTRIBUTES)
    model = with_edges(with_kinds(plain, 0, 0, 1, 2, 1), HOUR)
    rng = np.random.default_rng(3)
    streams = model.streams
    share = np.sort(rng.random(streams.share.shape), axis=-1)
    rate = streams.rate * rng.integers(0, 3, streams.rate.shape)
    random = model._replace(streams=streams._replace(share=share, rate=rate))
    assert both(random, 3 * DAY + 7 * HOUR) > 300


def test_routes_with_several_entries() -> None:
    model = with_attributes(small_model({"web": 60.0}), {"topic": [0.4, 0.6]})
    below, to = np.array([1.0, 0.2, 0.2, 0.5, 1.0]), np.array([0, 0, 1, 1, LEAVES])
    streams = model.streams._replace(entry_route=np.array([[[0], [1]]]))
    assert both(model._replace(routes=Routes(np.array([0, 1, 5]), below, to), streams=streams)) > 1000


def test_rows_given_for_times_before_the_start_are_passed_over() -> None:
    """They keep their numbers: the next row is the third arrival of its stream."""
    model = small_model({"a": 1.0, "b": 2.0})
    ticks = ints(-HOUR, -1, 0, HOUR, HOUR, DAY, 5 * DAY)
    given = Replay(ints(0, 7, 7), ticks, np.empty((7, 0), np.int64), np.full(7, NONE))
    assert both(model._replace(replay=given), 2 * DAY) > 50


def test_layout_of_arrays_does_not_matter() -> None:
    model = with_attributes(small_model({"a": 20.0, "b": 9.0}), {"topic": [0.3, 0.7]})
    book = ShapeBook()
    book.add(LawPart(LawKind.GAMMA, 1.0, 0.5))
    shapes = book.shapes()
    streams = model.streams
    odd = model._replace(
        shapes=shapes._replace(value=np.asfortranarray(shapes.value)),
        streams=streams._replace(
            rate=np.broadcast_to(streams.rate, streams.rate.shape), share=np.asfortranarray(streams.share)
        ),
    )
    assert_same(table(compiled_arrivals(odd, 1, 0, DAY)), table(arrivals(model, 1, 0, DAY)))


@examples(80 if IS_COMPILED else 15)
@given(scenarios())
def test_random_scenarios(example: tuple[Scenario, bool]) -> None:
    model = resolved(example[0]).model
    both(model, demand_end(model.horizon), seed=3, replication=1)


@pytest.mark.slow
@pytest.mark.timeout(7200)
@examples(1500)
@given(scenarios())
def test_many_random_scenarios(example: tuple[Scenario, bool]) -> None:
    model = resolved(example[0]).model
    for check in map(partial(both, model, demand_end(model.horizon)), range(3)):
        assert check >= 0
