"""Arrivals: a Poisson process with the wished rates, and nothing but its own name changes a stream."""

from __future__ import annotations

import numpy as np
import pytest
from small_models import HOUR, small_model, with_attributes

from sim.model import arrivals as arrivals_module
from sim.model.arrivals import BLOCK_ROWS, Arrivals, arrivals
from sim.model.draws import ARRIVAL, hash32, philox, shape_key, stream_hash, uniform
from sim.model.laws import LawKind, LawPart
from sim.model.lookup import EXPONENTIAL, sample_shape
from sim.model.records import LEAVES
from sim.model.shapes import ShapeBook
from sim.model.tables import DAY, Model, Routes


def all_of(model: Model, seed: int = 1, replication: int = 0, until: int = DAY) -> Arrivals:
    """Every arrival in one table."""
    blocks = list(arrivals(model, seed, replication, until))
    assert blocks, "there are no arrivals"
    return Arrivals._make(np.concatenate(column) for column in zip(*blocks, strict=True))


def of_stream(table: Arrivals, name: str) -> Arrivals:
    mine = table.uid >> 32 == stream_hash(name)
    return Arrivals._make(column[mine] for column in table)


def same(left: Arrivals, right: Arrivals, *columns: str) -> bool:
    return all(np.array_equal(getattr(left, c), getattr(right, c)) for c in columns or Arrivals._fields)


def busy(model: Model, cv: float, owners: list[str]) -> Model:
    """The model with a gamma day factor; streams with the same owner share it."""
    book = ShapeBook()
    _, shape = book.add(LawPart(LawKind.GAMMA, 1.0, cv))
    hashes = np.array([hash32(f"busyness:{owner}") for owner in owners])
    streams = model.streams._replace(busy_hash=hashes, busy_shape=np.full(len(owners), shape))
    return model._replace(streams=streams, shapes=book.shapes())


def daily_counts(table: Arrivals, n_days: int) -> np.ndarray:
    return np.bincount(table.tick // DAY, minlength=n_days)


def test_first_arrivals_can_be_worked_out_by_hand() -> None:
    """At 10 an hour the i-th arrival is at 6 min x the sum of the first i gaps, from lane 0."""
    model = small_model({"demand": 10.0})
    table = all_of(model, seed=5, replication=3)
    reached = 0.0
    for i in range(20):
        uid = stream_hash("demand") << 32 | i
        gap, _, d, _ = philox(5, 3, uid, ARRIVAL, 0)
        reached += sample_shape(model.shapes, EXPONENTIAL, shape_key(gap))
        assert table.uid[i] == uid
        assert table.tick[i] == pytest.approx(reached * HOUR / 10, abs=2)
        assert table.d[i] == uniform(d)


def test_rate_that_jumps_gives_the_right_number() -> None:
    """0.5 an hour for 8 h, then 100 an hour for 2 h: 204 arrivals on average over 1000 replications.

    Drawing the next arrival with the rate of the moment would give about 78. |z| < 4: a false alarm in
    16 000 seeds, and the seed is fixed.
    """
    model = small_model({"demand": [0.5] * 8 + [100.0] * 2 + [0.0] * 14})
    counts = [len(all_of(model, 1, r).tick) for r in range(1000)]
    assert abs(np.mean(counts) - 204) < 4 * np.sqrt(204 / 1000)
    assert np.var(counts) == pytest.approx(204, rel=4 * np.sqrt(2 / 1000))  # Poisson


def test_gaps_at_a_constant_rate_are_exponential() -> None:
    """Kolmogorov-Smirnov distance of 24 000 gaps below 2.2 / sqrt(n): a false alarm in 8000 seeds."""
    gaps = np.diff(all_of(small_model({"demand": 1000.0})).tick, prepend=0) / (HOUR / 1000)
    n = len(gaps)
    distance = np.abs(np.arange(1, n + 1) / n - (1 - np.exp(-np.sort(gaps)))).max()
    assert distance < 2.2 / np.sqrt(n)


def test_hourly_numbers_follow_the_profile() -> None:
    """Chi-square with 24 degrees of freedom below 62: a false alarm in 30 000 seeds."""
    profile = [100.0 + 50 * (h % 5) for h in range(24)]
    n_days = 20
    table = all_of(small_model({"demand": profile}), until=n_days * DAY)
    counts = np.bincount(table.tick % DAY // HOUR, minlength=24)
    expected = n_days * np.array(profile)
    assert np.sum((counts - expected) ** 2 / expected) < 62


def test_no_arrival_where_the_rate_is_zero() -> None:
    open_hours = set(range(8, 20)) - {12}
    table = all_of(
        small_model({"demand": [60.0 if h in open_hours else 0.0 for h in range(24)]}), until=9 * DAY
    )
    assert set((table.tick % DAY // HOUR).tolist()) == open_hours


def test_stream_without_volume_has_no_arrivals() -> None:
    assert list(arrivals(small_model({"demand": 0.0}), 1, 0, 3 * DAY)) == []
    assert list(arrivals(small_model({}), 1, 0, 3 * DAY)) == []
    alone = all_of(small_model({"some": 20.0}))
    assert same(
        alone, of_stream(all_of(small_model({"none": 0.0, "some": 20.0})), "some"), "tick", "uid", "d"
    )


@pytest.mark.parametrize("until", [0, 1, HOUR // 3, HOUR, DAY - 1, DAY, DAY + 7, 2 * DAY + 5 * HOUR + 13])
def test_horizon_is_half_open_and_cuts_nothing_else(until: int) -> None:
    model = small_model({"a": 500.0, "b": [0.0, 700.0] * 12})
    whole = all_of(model, until=3 * DAY)
    early = whole.tick < until
    expected = Arrivals._make(column[early] for column in whole)
    blocks = list(arrivals(model, 1, 0, until))
    found = Arrivals._make(np.concatenate(c) for c in zip(*blocks, strict=True)) if blocks else None
    assert same(expected, found) if found else not early.any()


def test_an_arrival_at_the_end_is_left_out() -> None:
    model = small_model({"demand": 500.0})
    tick = int(all_of(model).tick[100])
    assert all_of(model, until=tick).tick[-1] < tick
    assert all_of(model, until=tick + 1).tick[-1] == tick


def test_arrivals_are_sorted_by_tick_then_uid_across_blocks() -> None:
    """Nine streams of 20 million an hour for 1.2 s: some 60 000 arrivals, many at the same tick."""
    model = small_model({f"stream {i}": 20e6 for i in range(9)})
    blocks = list(arrivals(model, 1, 0, HOUR // 3000))
    assert len(blocks) > 1
    assert max(len(b.tick) for b in blocks) <= BLOCK_ROWS
    tick = np.concatenate([b.tick for b in blocks])
    uid = np.concatenate([b.uid for b in blocks])
    later = np.diff(tick)
    assert np.all((later > 0) | ((later == 0) & (np.diff(uid) > 0)))
    assert np.count_nonzero(later == 0) > 100


@pytest.mark.parametrize("rows", [3, 50, 1000])
def test_size_of_blocks_does_not_matter(rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    model = with_attributes(small_model({"a": 40.0, "b": [3.0, 90.0] * 12}), {"topic": [0.3, 0.7]})
    whole = all_of(model, until=2 * DAY)
    monkeypatch.setattr(arrivals_module, "BLOCK_ROWS", rows)
    monkeypatch.setattr(arrivals_module, "_EXPECTED_ROWS", rows)
    assert max(len(b.tick) for b in arrivals(model, 1, 0, 2 * DAY)) <= rows
    assert same(whole, all_of(model, until=2 * DAY))


def test_another_stream_changes_nothing() -> None:
    alone = all_of(small_model({"web": 50.0}), until=3 * DAY)
    beside = all_of(small_model({"app": 400.0, "web": 50.0}), until=3 * DAY)
    assert same(alone, of_stream(beside, "web"), "tick", "uid", "cls", "entry", "d")


def test_another_attribute_changes_nothing() -> None:
    """A class is topic x 3 + segment once there is a segment."""
    model = small_model({"web": 200.0})
    before = all_of(with_attributes(model, {"topic": [0.3, 0.7]}))
    after = all_of(with_attributes(model, {"topic": [0.3, 0.7], "segment": [0.2, 0.3, 0.5]}))
    assert same(before, after, "tick", "uid", "entry", "d")
    assert np.array_equal(before.cls, after.cls // 3)


def test_seeds_and_replications_differ() -> None:
    model = small_model({"web": 200.0})
    tables = [all_of(model, 1, 0), all_of(model, 1, 1), all_of(model, 2, 0)]
    assert len({t.tick[:5].tobytes() for t in tables}) == 3
    assert same(tables[0], all_of(model, 1, 0))


def test_attributes_have_their_shares_and_are_unrelated() -> None:
    """Chi-square of 2 x 3 classes, 5 degrees of freedom, below 31: a false alarm in 100 000 seeds."""
    model = with_attributes(small_model({"web": 4000.0}), {"topic": [0.3, 0.7], "segment": [0.2, 0.3, 0.5]})
    table = all_of(model)
    expected = len(table.cls) * np.outer([0.3, 0.7], [0.2, 0.3, 0.5]).ravel()
    assert np.sum((np.bincount(table.cls, minlength=6) - expected) ** 2 / expected) < 31


def test_difficulty_is_slices_of_d() -> None:
    model = with_attributes(small_model({"web": 400.0}), {"difficulty": [0.62, 0.38], "topic": [0.5, 0.5]})
    table = all_of(model)
    assert np.array_equal(table.cls // 2, table.d >= 0.62)
    assert 0 < table.d.min() < table.d.max() < 1


def test_a_value_with_no_share_is_not_drawn() -> None:
    table = all_of(with_attributes(small_model({"web": 100.0}), {"topic": [0.0, 1.0, 0.0]}))
    assert set(table.cls.tolist()) == {1}


def test_entry_follows_the_route_of_the_class() -> None:
    """Class 0 enters stage 0; class 1 stage 0 (20 %), 1 (30 %) or leaves (50 %). |z| < 4 for each share."""
    model = with_attributes(small_model({"web": 2000.0}), {"topic": [0.4, 0.6]})
    routes = Routes(np.array([0, 1, 4]), np.array([1.0, 0.2, 0.5, 1.0]), np.array([0, 0, 1, LEAVES]))
    streams = model.streams._replace(entry_route=np.array([[[0], [1]]]))
    table = all_of(model._replace(routes=routes, streams=streams))
    assert set(table.entry[table.cls == 0].tolist()) == {0}
    entries = table.entry[table.cls == 1]
    for stage, share in ((0, 0.2), (1, 0.3), (LEAVES, 0.5)):
        z = (np.mean(entries == stage) - share) / np.sqrt(share * (1 - share) / len(entries))
        assert abs(z) < 4


def test_busy_days_spread_daily_numbers() -> None:
    """Daily mean m, gamma factor of cv 1/sqrt(alpha): variance / mean = 1 + m / alpha.

    m = 240, cv 25 %, so 16; 4000 days. The index has a relative standard error of about 3 %: 4 of them.
    """
    table = all_of(busy(small_model({"web": 10.0}), 0.25, ["web"]), until=4000 * DAY)
    counts = daily_counts(table, 4000)
    assert counts.mean() == pytest.approx(240, abs=4 * np.sqrt(240 * 16 / 4000))
    assert counts.var() / counts.mean() == pytest.approx(1 + 240 * 0.25**2, rel=0.12)


def test_days_without_busyness_are_poisson() -> None:
    """Dispersion index 1 within 4 standard errors, sqrt(2 / days)."""
    counts = daily_counts(all_of(small_model({"web": 10.0}), until=4000 * DAY), 4000)
    assert counts.var() / counts.mean() == pytest.approx(1, abs=4 * np.sqrt(2 / 4000))


def test_streams_with_one_owner_share_their_busy_days() -> None:
    """400 a day each, cv 50 %: counts of a day correlate 0.99 where shared, not where each has its own."""
    model = small_model({"web": 400 / 24, "app": 400 / 24})
    for owners, low, high in ((["all", "all"], 0.95, 1.0), (["web", "app"], -0.2, 0.2)):
        table = all_of(busy(model, 0.5, owners), until=400 * DAY)
        counts = [daily_counts(of_stream(table, name), 400) for name in ("web", "app")]
        assert low < np.corrcoef(*counts)[0, 1] < high
