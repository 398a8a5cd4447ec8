"""Sums of a few records, worked out by hand; neither order nor chunks may matter."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from hand_records import (
    BOT,
    CHAT,
    EXPERTS,
    OWN,
    SENIORS,
    duty,
    folded,
    issue,
    labels,
    model,
    random_rows,
    rows,
    visit,
)
from numpy.typing import NDArray

from sim.measure.catalogue import ISSUE_SUMS, TEAM_SUMS, VISIT_SUMS
from sim.measure.reduce import Frame, Sums
from sim.measure.reduction import Reduction
from sim.measure.sketch import Sparse
from sim.model.labels import Target
from sim.model.records import Chunk, Duty, End, State
from sim.units import SECOND

VISITS = [
    visit(1, BOT, 0, End.UNSOLVED, answer=2, end=62, to=CHAT),
    visit(1, CHAT, 62, End.SOLVED, answer=72, end=172, freed=182, team=OWN, step=2),
    visit(2, CHAT, 890, End.ABANDONED, end=905, klass=1),
    visit(3, CHAT, 950, End.TURNED_AWAY, end=950),
    visit(4, CHAT, 1000, End.NONE, attempt=2),
    visit(5, EXPERTS, 1700, End.UNSOLVED, answer=1700, end=2800, freed=2800, team=SENIORS),
]


def of_visits(sums: Sums, name: str) -> NDArray[np.int64]:
    """A visit sum by stage."""
    return np.asarray(sums.visits[VISIT_SUMS.index(name)].sum(0))


def of_team(sums: Sums, name: str, team: int) -> NDArray[np.int64]:
    """A team sum by interval, in seconds where it is time."""
    return np.asarray(sums.team[TEAM_SUMS.index(name)][:, team])


def same(a: Sums, b: Sums) -> bool:
    """Whether two sums are equal to the last bit."""

    def equal(x: object, y: object) -> bool:
        if isinstance(x, Sparse):
            return all(np.array_equal(p, q) for p, q in zip(x, y, strict=True))  # type: ignore[call-overload]
        return bool(np.array_equal(x, y))  # type: ignore[arg-type]

    return all(equal(x, vars(b)[name]) for name, x in vars(a).items())


def size(sums: Sums) -> int:
    """Numbers kept."""
    return sum(x.n.size if isinstance(x, Sparse) else np.size(x) for x in vars(sums).values()
               if not isinstance(x, Frame))  # fmt: skip


def test_counts_by_stage() -> None:
    sums = folded(rows(VISITS))
    assert of_visits(sums, "entered").tolist() == [1, 4, 1]
    assert of_visits(sums, "first").tolist() == [1, 3, 1]
    assert of_visits(sums, "returned").tolist() == [0, 1, 0]
    assert of_visits(sums, "answered").tolist() == [1, 1, 1]
    assert of_visits(sums, "abandoned").tolist() == [0, 1, 0]
    assert of_visits(sums, "turned_away").tolist() == [0, 1, 0]
    assert of_visits(sums, "open").tolist() == [0, 1, 0]
    assert of_visits(sums, "handed_off").tolist() == [1, 0, 0]
    assert of_visits(sums, "solved_here").tolist() == [0, 1, 0]
    assert (of_visits(sums, "wait_answered") // SECOND).tolist() == [2, 10, 0]
    assert (of_visits(sums, "wait_abandoned") // SECOND).tolist() == [0, 15, 0]
    assert (of_visits(sums, "handling") // SECOND).tolist() == [60, 110, 1100]


def test_contacts_count_in_the_interval_in_which_they_arrive() -> None:
    # the one abandoned at 905 arrived at 890, in the first quarter of an hour
    sums = folded(rows(VISITS))
    assert sums.visits[VISIT_SUMS.index("abandoned"), :2, CHAT].tolist() == [1, 0]


def test_waiting_is_split_at_interval_borders() -> None:
    # 10 + 10 s before 900 and 5 s after; the open contact waits from 1000 to the end of the day
    sums = folded(rows(VISITS))
    waiting = sums.waiting[:, CHAT] // SECOND
    assert waiting[:3].tolist() == [20, 5 + 800, 900]
    assert waiting.sum() == 25 + 86_400 - 1000
    assert sums.backlog_waiting.tolist() == [0, 1, 0]


def test_work_is_split_at_interval_borders() -> None:
    # seniors: 1700 to 2800
    sums = folded(rows(VISITS))
    assert (of_team(sums, "busy", SENIORS)[:4] // SECOND).tolist() == [0, 100, 900, 100]
    assert of_team(sums, "busy", OWN).sum() == 110 * SECOND


def test_duty_is_split_and_clipped_to_the_measured_time() -> None:
    window = model(warm_up_s=900, end_s=900 + 86_400)
    duties = [duty(0, OWN, Duty.ON, 0, 2000), duty(0, OWN, Duty.OVERTIME, 87_000, 88_000),
              duty(1, OWN, Duty.LOST_BREAK, 1900, 2500), duty(1, OWN, Duty.LOST_BREAK, 100, 700)]  # fmt: skip
    sums = folded(rows(duties=duties), window)
    assert (of_team(sums, "on", OWN)[:3] // SECOND).tolist() == [900, 200, 0]
    assert of_team(sums, "overtime", OWN).sum() == 300 * SECOND
    assert of_team(sums, "lost_breaks", OWN).tolist()[:2] == [0, 1]


def test_visit_from_the_warm_up_is_not_counted_but_keeps_its_agent_busy() -> None:
    window = model(warm_up_s=900, end_s=900 + 86_400)
    sums = folded(rows([visit(1, CHAT, 800, End.SOLVED, answer=850, end=1000, team=OWN)]), window)
    assert of_visits(sums, "entered").sum() == 0
    assert of_team(sums, "busy", OWN).sum() == 100 * SECOND


def test_visit_that_ends_after_the_measured_time_is_followed() -> None:
    sums = folded(rows([visit(1, CHAT, 86_390, End.SOLVED, answer=86_500, end=86_600, team=OWN)]))
    assert of_visits(sums, "wait_answered")[CHAT] == 110 * SECOND
    assert of_visits(sums, "handling")[CHAT] == 100 * SECOND
    assert of_team(sums, "busy", OWN).sum() == 0  # that work falls outside
    assert sums.waiting.sum() == 10 * SECOND
    assert sums.backlog_waiting[CHAT] == 1


def test_visit_at_the_end_does_not_count() -> None:
    sums = folded(rows([visit(1, CHAT, 86_400, End.ABANDONED, end=86_400)]))
    assert sums.visits.sum() == 0


def test_exactly_the_threshold_is_within() -> None:
    visits = [visit(1, CHAT, 0, End.SOLVED, answer=20, end=30, team=OWN),
              visit(2, CHAT, 0, End.SOLVED, answer=20.000001, end=30, team=OWN)]  # fmt: skip
    assert folded(rows(visits)).within[0, 0].sum() == 1


def test_a_target_may_have_its_own_threshold() -> None:
    named = labels(Target("service_level", True, 0.8, "80% in 30 s", 30))
    visits = [visit(1, CHAT, 0, End.SOLVED, answer=25, end=30, team=OWN)]
    assert folded(rows(visits), named=named).within[:, 0].sum((1, 2)).tolist() == [0, 1]


def test_issues_count_if_born_in_the_measured_time() -> None:
    window = model(warm_up_s=900, end_s=900 + 2 * 86_400)
    issues = [issue(1, 100, 5000, State.SOLVED), issue(2, 900, 1900, State.SOLVED),
              issue(3, 86_400 + 1000, 400_000, State.SOLVED, attempts=2, klass=1),
              issue(4, 1000, None, State.OPEN), issue(5, 1000, 1500, State.BELIEVED)]  # fmt: skip
    sums = folded(rows(issues=issues), window)
    found = dict(zip(ISSUE_SUMS, sums.issues.tolist(), strict=True))
    assert found["issues"] == [3, 1]
    assert found["solved"] == [1, 1]
    assert found["solved_first"] == [1, 0]
    assert found["believed"] == [1, 0]
    assert found["open"] == [1, 0]
    assert found["to_resolution"] == [1000 * SECOND, (400_000 - 87_400) * SECOND]
    assert sums.backlog_issues == 2  # number 3 is open at the end too
    assert (sums.class_issues.sum(1)[0]).tolist() == [3, 1]


def test_sums_by_class_equal_sums_by_interval() -> None:
    sums = folded(random_rows(500), model(warm_up_s=5000, end_s=200_000))
    np.testing.assert_array_equal(sums.visits.sum(1), sums.class_visits.sum((1, 2)))
    np.testing.assert_array_equal(sums.within.sum(2), sums.class_within.sum((2, 3)))
    np.testing.assert_array_equal(sums.issues.sum(1), sums.class_issues.sum((1, 2)))
    joined = (of_visits(sums, "entered") - of_visits(sums, "turned_away"))[1:].sum()
    assert sums.waits.n.sum() == sums.clock_waits.n.sum() == sums.value_waits.n.sum() == joined


@pytest.mark.parametrize("interval_s", [300, 900, 3600, 86_400])
def test_sum_over_intervals_is_the_total(interval_s: int) -> None:
    chunk = random_rows(400)
    window = model(warm_up_s=1234, end_s=180_000, interval_s=interval_s)
    sums = folded(chunk, window)
    low, high = window.horizon.warm_up, window.horizon.end
    on = chunk.duty[chunk.duty[:, 2] == Duty.ON]
    ticks = (on[:, 4].clip(low, high) - on[:, 3].clip(low, high)).sum()
    assert of_team(sums, "on", OWN).sum() + of_team(sums, "on", SENIORS).sum() == ticks
    assert sums.frame.ticks().sum() == high - low
    assert (sums.waiting >= 0).all()


def test_neither_order_nor_chunks_matter() -> None:
    chunk = random_rows(600)
    window = model(warm_up_s=7200, end_s=200_000)
    rng = np.random.default_rng(5)
    mixed = Chunk(*(rng.permutation(table) for table in chunk))
    reducer = Reduction(window, labels()).reducer()
    for k in range(0, 600, 70):
        reducer.add(Chunk(*(table[k : k + 70] for table in mixed)))
    assert same(folded(chunk, window), reducer.sums())


def test_sums_can_be_sent_to_another_process_and_do_not_grow_with_contacts() -> None:
    sums = folded(random_rows(600))
    assert same(pickle.loads(pickle.dumps(sums)), sums)
    many = folded(Chunk(*(np.tile(table, (20, 1)) for table in random_rows(600))))
    assert size(many) == size(sums)


def test_measured_days_begin_with_the_measured_time() -> None:
    frame = Frame.of(model(warm_up_s=4 * 3600, end_s=(4 + 24 + 12) * 3600).horizon)
    assert (frame.first, frame.n_intervals, frame.n_days, frame.n_whole_days) == (16, 144, 2, 1)


def test_long_runs_put_days_together_where_tables_would_grow() -> None:
    frame = Frame.of(model(end_s=1000 * 86_400).horizon)
    assert frame.days_per_group(100) == 1
    assert frame.days_per_group(20_000) == 10  # 104 groups fit


def test_waiting_of_classes_adds_up_to_that_of_stages() -> None:
    window = model(warm_up_s=3000, end_s=2 * 86_400)
    sums = folded(random_rows(500), window)
    assert sums.waiting.sum() > 0
    assert sums.class_waiting.shape[0] == 2  # days
    assert np.array_equal(sums.class_waiting.sum((0, 1)), sums.waiting.sum(0))
    first_day = sums.waiting[: sums.frame.per_day].sum(0)
    assert np.array_equal(sums.class_waiting[0].sum(0), first_day)


def test_who_is_present_waits_or_is_served() -> None:
    sums = folded(rows(VISITS))
    present = sums.present // SECOND
    assert present.sum(0).tolist() == [62, 10 + 100 + 15 + 85_400, 1100]
    assert present[:3, CHAT].tolist() == [110 + 10, 5 + 800, 900]
