"""Kernels and NumPy fold rows into the same sums, bit for bit, however the rows are cut into chunks."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hand_records import (
    BOT,
    CHAT,
    EXPERTS,
    OWN,
    SENIORS,
    duty,
    issue,
    labels,
    model,
    random_rows,
    rows,
    visit,
)
from hypothesis import given
from hypothesis import strategies as st
from running import SCENARIOS, chunks_of, resolved
from strategies import examples, scenarios

from sim.engine.reference import simulate
from sim.measure.reduce import Sums
from sim.measure.reduction import Reduction
from sim.measure.sketch import Sparse
from sim.model.labels import Labels, Target
from sim.model.records import Chunk, Duty, End, State, gather
from sim.model.tables import Model
from sim.scenario.validate import load

HAND = rows(
    [
        visit(1, BOT, 0, End.UNSOLVED, answer=2, end=62, to=CHAT),
        visit(1, CHAT, 62, End.SOLVED, answer=72, end=172, freed=182, team=OWN, step=2),
        visit(2, CHAT, 890, End.ABANDONED, end=905, klass=1),
        visit(3, CHAT, 950, End.TURNED_AWAY, end=950),
        visit(4, CHAT, 1000, End.NONE, attempt=2),
        visit(5, EXPERTS, 1700, End.UNSOLVED, answer=1700, end=2800, freed=2800, team=SENIORS),
        visit(6, EXPERTS, 1800, End.NONE, answer=2700, team=SENIORS, klass=1),
        visit(7, CHAT, 900, End.SOLVED, answer=1800, end=2700, freed=3600, team=OWN),  # border to border
        visit(8, CHAT, 86_390, End.SOLVED, answer=86_500, end=86_600, team=OWN),
        visit(9, CHAT, 86_400, End.ABANDONED, end=86_400),
    ],
    [
        issue(1, 0, 172, State.SOLVED),
        issue(2, 890, 905, State.ABANDONED, klass=1),
        issue(3, 86_390, 400_000, State.SOLVED, attempts=2),
        issue(4, 1000, None, State.OPEN),
        issue(5, 1700, 2800, State.BELIEVED),
    ],
    [
        duty(0, OWN, Duty.ON, 0, 2000),
        duty(0, OWN, Duty.OVERTIME, 85_000, 88_000),
        duty(10, SENIORS, Duty.BREAK, 900, 1800),
        duty(1, OWN, Duty.LOST_BREAK, 1900, 2500),
        duty(1, OWN, Duty.LOST_BREAK, 100, 700),
        duty(11, SENIORS, Duty.ABSENT, 0, 86_400),
        duty(12, SENIORS, Duty.SHRINKAGE, 0, 1),
    ],
)
WINDOWS = [
    {},
    {"warm_up_s": 900, "end_s": 87_300},
    {"warm_up_s": 1234, "end_s": 180_000, "interval_s": 300},
    {"warm_up_s": 7200, "end_s": 200_000, "interval_s": 3600},
    {"warm_up_s": 86_400, "end_s": 3 * 86_400, "interval_s": 86_400},
]


def parts(sums: Sums) -> Iterator[tuple[str, Any]]:
    """Everything in some sums, by name."""
    for name, value in vars(sums).items():
        if isinstance(value, Sparse):
            yield from ((f"{name}.{key}", part) for key, part in value._asdict().items())
        else:
            yield name, value


def differing(a: Sums, b: Sums) -> list[str]:
    """Names of what differs between two sums in values, shape or type."""

    def same(x: Any, y: Any) -> bool:
        if isinstance(x, np.ndarray):
            return x.shape == y.shape and x.dtype == y.dtype and bool((x == y).all())
        return type(x) is type(y) and bool(x == y)

    return [name for (name, x), (_, y) in zip(parts(a), parts(b), strict=True) if not same(x, y)]


def by(reduction: Reduction, *chunks: Chunk) -> Sums:
    reducer = reduction.reducer()
    for chunk in chunks:
        reducer.add(chunk)
    return reducer.sums()


def cut(records: Chunk, *places: int) -> list[Chunk]:
    """Rows cut into chunks at some row numbers, which count in every table."""
    borders = [0, *sorted(places), max(len(table) for table in records)]
    return [Chunk(*(table[a:b] for table in records)) for a, b in pairwise(borders)]


def agree(of: Model, named: Labels, *chunks: Chunk) -> Sums:
    """The sums of chunks, after both twins made the same."""
    plain = by(Reduction(of, named, compiled=False), *chunks)
    assert differing(by(Reduction(of, named, compiled=True), *chunks), plain) == []
    return plain


def one_class(of: Model, *, attributes: bool) -> Model:
    """A model with one class: one attribute of one value, or no attribute."""
    kept = slice(0, 1 if attributes else 0)
    columns = (column[kept] for column in of.attributes[:-1])
    least = type(of.attributes)(*columns, of.attributes.difficulty)
    return of._replace(n_classes=1, attributes=least._replace(n_values=np.minimum(least.n_values, 1)))


def of_first_class(records: Chunk) -> Chunk:
    """The same rows, all of class 0."""
    visits, issues, duties = (table.copy() for table in records)
    visits[:, 5] = issues[:, 2] = 0
    return Chunk(visits, issues, duties)


@pytest.mark.parametrize("window", WINDOWS)
def test_rows_by_hand(window: dict[str, float]) -> None:
    assert agree(model(**window), labels(), HAND).visits.sum() > 0 or window.get("warm_up_s", 0) > 80_000


@pytest.mark.parametrize("window", WINDOWS)
def test_random_rows(window: dict[str, float]) -> None:
    named = labels(Target("service_level", True, 0.8, "", 30), Target("service_level", True, 0.8, "", 9000))
    sums = agree(model(**window), named, random_rows(700))
    assert len(sums.within) == 3
    assert (sums.visits.sum((1, 2)) > 0).all()


def test_no_rows() -> None:
    assert agree(model(), labels()).visits.sum() == 0
    assert agree(model(), labels(), rows()).visits.sum() == 0


@pytest.mark.parametrize("attributes", [True, False])
@pytest.mark.parametrize("window", WINDOWS)
def test_one_class(window: dict[str, float], attributes: bool) -> None:
    few = one_class(model(**window), attributes=attributes)
    sums = agree(few, labels(), of_first_class(random_rows(300)))
    assert (sums.class_waiting.sum() > 0) == attributes
    assert (len(sums.value_waits.n) > 0) == attributes


@pytest.mark.parametrize("is_one", [True, False])
def test_groups_of_several_days(is_one: bool) -> None:
    long = model(warm_up_s=3600, end_s=100 * 86_400, interval_s=86_400 / 2)
    records = random_rows(400, days=101)
    if is_one:
        long, records = one_class(long, attributes=True), of_first_class(records)
    sums = agree(long, labels(), records)
    assert sums.days_per_group == 2


def test_more_blocks_than_the_pool_first_has() -> None:
    sums = agree(model(end_s=2 * 86_400), labels(), random_rows(900, seed=3))
    assert len(np.unique(sums.clock_waits.at // 64)) > 256


@examples(20)
@given(st.lists(st.integers(0, 300), max_size=6), st.sampled_from(WINDOWS))
def test_chunks_cut_anywhere(places: list[int], window: dict[str, float]) -> None:
    whole = random_rows(300, seed=2)
    of, named = model(**window), labels()
    assert differing(agree(of, named, *cut(whole, *places)), agree(of, named, whole)) == []


def test_sums_are_of_what_has_been_folded_so_far() -> None:
    first, second = cut(random_rows(200), 90)
    reduction = Reduction(model(), labels(), compiled=True)
    reducer = reduction.reducer()
    reducer.add(first)
    before = reducer.sums()
    reducer.add(second)
    assert differing(before, by(reduction, first)) == []
    assert differing(reducer.sums(), by(reduction, first, second)) == []


def test_rows_backwards_and_apart() -> None:
    backwards = Chunk(*(table[::-1] for table in random_rows(100)))
    agree(model(), labels(), backwards)


def test_several_threads_reduce_at_once() -> None:
    reduction = Reduction(model(end_s=2 * 86_400), labels(), compiled=True)
    replications = [cut(random_rows(300, seed), *range(0, 300, 20)) for seed in range(4)]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda chunks: by(reduction, *chunks), replications))
    for sums, chunks in zip(together, replications, strict=True):
        assert differing(sums, by(reduction, *chunks)) == []


@pytest.mark.parametrize("compiled", [True, False])
def test_a_reduction_can_be_sent_to_another_process(compiled: bool) -> None:
    reduction = Reduction(model(), labels(), compiled=compiled)
    sent = pickle.loads(pickle.dumps(reduction))
    assert differing(by(sent, HAND), by(reduction, HAND)) == []


@pytest.mark.parametrize("then", ["drain", "continue", "cut"])
@pytest.mark.parametrize(
    ("name", "scale"),
    [
        ("two_tier_day", 0.0005),
        ("support_baseline", 0.0003),
        ("seasonal_shop", 0.05),
        ("bot_before_chat", 0.05),
        ("erlang_a", 0.05),
        ("two_chats", 0.2),
        ("two_skills", 0.2),
    ],
)
def test_shipped_scenarios(name: str, scale: float, then: str) -> None:
    sets = [f"scale={scale}", f"horizon.then={then}", "horizon.warm_up=5 h", "horizon.measure=2 days"]
    found = load(SCENARIOS / f"{name}.yaml", sets=sets).resolved
    chunks = list(simulate(found.model, 1, 0))
    sums = agree(found.model, found.labels, *chunks)
    assert sums.visits.sum() > 0
    records = gather(chunks)
    again = agree(found.model, found.labels, *cut(records, 5, len(records.visits) // 3))
    assert differing(sums, again) == []


@examples(40)
@given(scenarios())
def test_random_scenarios(example: tuple[dict[str, Any], bool]) -> None:
    scenario, coarse = example
    found = resolved(scenario)
    agree(found.model, found.labels, *chunks_of(simulate, found.model, coarse=coarse))
