"""Traps of call-centre simulation that lie in figures and comparisons; each test is named after its trap.

The numbers are those of the table in `test_traps`.

Each says which mistake it would find. Where chance plays a part the seed is fixed, so a test that passes
goes on passing until somebody changes what a seed gives; the rate of false alarms is how many of all seeds
a right program would fail.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from math import sqrt
from typing import Any

import numpy as np
import pytest
from golden_trace import Engine
from hand_records import CHAT, OWN, labels, model, rows
from hand_records import folded as hand_folded
from hand_records import visit as hand_visit
from numpy.typing import NDArray
from running import folded, resolved, run_checked, sums_of, visit
from scipy import stats
from ssj_days import FIGURES, WITH_ONE_MORE, days_of, ssj

from sim.engine import reference
from sim.engine.floor import Agent, Floor, Visit
from sim.measure.catalogue import DEFINITIONS, MEASURES, Scope, measures_of
from sim.measure.estimate import Sample, Series, half_width, ratio
from sim.measure.figure import Estimate
from sim.measure.reduce import Sums
from sim.measure.result import document, estimates, figure
from sim.model.draws import philox, shape_key
from sim.model.lookup import sample_ticks
from sim.model.records import NONE, Chunk, DutyColumn, End, VisitColumn, gather
from sim.model.tables import DAY, Law, Model
from sim.scenario.resolve import Resolved
from sim.study.replications import run_replications
from sim.theory import laws
from sim.theory.erlang import erlang_a
from sim.theory.patience import mmn_g
from sim.units import HOUR, MINUTE, SECOND

V, D = VisitColumn, DutyColumn
Floats = NDArray[np.float64]
Scenario = dict[str, Any]
MOST_Z = 4.0


def scenario(**parts: Any) -> Scenario:
    """A scenario of these parts."""
    return {"name": "Trap", **parts}


def standard_error(found: Estimate) -> float:
    """Of a figure, from its units."""
    n = len(found.deviations)
    return float(np.sqrt((found.deviations**2).sum() / (n - 1) / n))


def z_of(found: Estimate, exact: float) -> float:
    """Distance of a figure from the exact one in standard errors."""
    return float(found.value - exact) / standard_error(found)


def waits_of(records: Chunk) -> NDArray[np.int64]:
    """Wait of each visit to a desk, answered or given up [ticks]."""
    start = visit(records, V.START)
    return np.asarray(np.where(start == NONE, visit(records, V.END), start) - visit(records, V.ENTER))


@cache
def busy_days(engine: Engine) -> tuple[Resolved, Chunk]:
    """Forty days, each of its own busyness: 20 calls an hour of 6 min, 3 agents, patience 6 min."""
    found = resolved(scenario(
        horizon={"measure": "40 days"},
        demand={"volume": "480/day", "busyness": "50%"},
        desks={"phone": {"handling": "exponential 6 min", "patience": "exponential 6 min"}},
        teams={"own": {"serves": "phone", "agents": 3}},
    ))  # fmt: skip
    return found, run_checked(engine, found.model)


# --------------------------------------------------------------- T2: the same customers meet both plans
def test_t02_another_plan_meets_the_same_customers(engine: Engine) -> None:
    """Finds: numbers drawn in the order in which they are used, so that one more agent changes them all.

    Exact: whoever comes, comes at the same tick in both plans, stays as long with an agent if answered in
    both, and is as patient if it gives up in both; and the plans do differ.
    """
    both = []
    for sets in ((), (WITH_ONE_MORE,)):
        records = gather(engine(ssj(*sets).model, 1, 0))
        both.append(records.visits[np.argsort(visit(records, V.ISSUE))])
    one, two = both
    assert np.array_equal(one[:, [V.ISSUE, V.ENTER]], two[:, [V.ISSUE, V.ENTER]])
    answered = (one[:, V.START] != NONE) & (two[:, V.START] != NONE)
    assert np.array_equal(*((t[:, V.END] - t[:, V.START])[answered] for t in both))
    gave_up = (one[:, V.START] == NONE) & (two[:, V.START] == NONE)
    assert np.array_equal(*((t[:, V.END] - t[:, V.ENTER])[gave_up] for t in both))
    assert (one[answered, V.START] != two[answered, V.START]).sum() > 20
    assert gave_up.sum() > 5


def variance_ratio(one: dict[str, Floats], two: dict[str, Floats]) -> dict[str, float]:
    """Variance of the difference of two plans with other random numbers, over that with the same."""
    return {
        name: float((one[name].var(ddof=1) + two[name].var(ddof=1)) / (two[name] - one[name]).var(ddof=1))
        for name in FIGURES
    }


def test_t02_common_random_numbers_save_days(engine: Engine) -> None:
    """Finds: plans compared with other random numbers (ratio 1), or days that do not belong to each other.

    With 12 days the ratios of a right program are 126, 63 and 63 in the middle, and one of them is below 8 in
    3 seeds of 1,000 (days drawn again from 600); with other numbers they are about 1, and all three above 8
    in fewer still (F with 11 degrees).
    """
    found = variance_ratio(days_of(engine, 1, 12), days_of(engine, 1, 12, WITH_ONE_MORE))
    assert min(found.values()) > 8, found


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_t02_numbers_belong_to_contacts(engine: Engine) -> None:
    """Finds: one stream of numbers for each purpose, in order of use (ratios of 59, 30 and 26).

    Keyed by contact the published ratios are 121, 67 and 54; 80 % of them is asked. With 1,000 days a
    right program falls short in about one seed of 200.
    """
    found = variance_ratio(
        days_of(engine, 1, 1000, workers=2), days_of(engine, 1, 1000, WITH_ONE_MORE, workers=2)
    )
    assert found["good"] >= 97
    assert found["lost"] >= 54
    assert found["wait"] >= 43


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_t02_order_of_use_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bounds above are worth something: an engine that draws when it needs a number stays below them.

    Over 600 days its ratios are 55, 31 and 23; with 300 one seed in 1,000 comes above a bound.
    """
    n_used = {"handling": 0, "patience": 0}
    law: dict[str, Law] = {"handling": ssj().model.stages.work, "patience": ssj().model.stages.patience}
    takes, joins = Floor.takes, Floor.joins

    def next_of(what: str) -> int:
        n_used[what] += 1
        key = shape_key(philox(1, n_used[what], 0, len(what), 99)[what == "patience"])
        of = law[what]
        return sample_ticks(ssj().model.shapes, float(of.mean[0, 0, 0]), int(of.shape[0, 0, 0]), key)

    def takes_and_draws(self: Floor, agent: Agent, waiting: Visit) -> None:
        waiting.handling = next_of("handling")
        takes(self, agent, waiting)

    def joins_and_draws(self: Floor, waiting: Visit) -> None:
        waiting.budget = next_of("patience")
        joins(self, waiting)

    monkeypatch.setattr(Floor, "takes", takes_and_draws)
    monkeypatch.setattr(Floor, "joins", joins_and_draws)

    def in_order(model: Model, seed: int, day: int, demand: Iterable[Any] | None = None) -> Any:
        n_used.update(handling=day << 20, patience=day << 20)
        return reference.simulate(model, seed, day, demand)

    found = variance_ratio(days_of(in_order, 1, 300), days_of(in_order, 1, 300, WITH_ONE_MORE))
    assert 20 < found["good"] < 97
    assert found["lost"] < 54
    assert found["wait"] < 43


# ------------------------------------------------------------------------------- T4: means of ratios
def test_t04_ratios_are_of_sums_over_busy_days(engine: Engine) -> None:
    """Finds: a quiet day given the weight of a busy one.

    Exact: the figures are those of all contacts put together; the means of the days' own are far off.
    """
    found, records = busy_days(engine)
    told = estimates([folded(found, records)], found.model, found.labels,
                     ["wait.mean", "abandoned", "service_level"])  # fmt: skip
    wait, day = waits_of(records) / SECOND, visit(records, V.ENTER) // DAY
    gave_up = visit(records, V.HOW) == End.ABANDONED
    in_time = ~gave_up & (wait <= 20)
    n = np.bincount(day)
    for path, x in (("wait.mean", wait), ("abandoned", gave_up), ("service_level", in_time)):
        assert told[path].value == pytest.approx(x.mean(), rel=1e-12)
        of_days = np.bincount(day, x) / n
        assert abs(of_days.mean() - x.mean()) > 0.05 * x.mean(), path


def test_t04_a_day_without_contacts_is_a_unit_and_an_interval_without_has_no_figure() -> None:
    """Finds: days or intervals with nobody dropped from the spread, or counted as 0 % or as 100 %.

    Exact by hand: 1 of 2 within 20 s on day one, 2 of 2 on day three, nobody on day two: 3 of 4, and the
    deviations (x - 3/4 y) / (4/3) are -3/8, 0 and 3/8.
    """
    window = model(end_s=3 * 86_400)
    waits = ((0, 10), (0, 30), (2 * 86_400, 10), (2 * 86_400, 0))
    visits = [hand_visit(k, CHAT, at, End.SOLVED, answer=at + wait, end=at + wait + 60, team=OWN)
              for k, (at, wait) in enumerate(waits)]  # fmt: skip
    sample = Sample([hand_folded(rows(visits), window)], window, labels())
    level = next(m for m in measures_of(Scope.DESK) if m.key == "service_level")
    found = sample.stage(CHAT).estimate(level)
    assert found.value == 0.75
    np.testing.assert_allclose(found.deviations, [-0.375, 0.0, 0.375])
    assert half_width(found.deviations) == pytest.approx(stats.t.ppf(0.975, 2) * 0.375 / sqrt(3))
    by_interval = sample.intervals_of_stages([CHAT]).estimate(level).value
    assert by_interval[0] == 0.75
    assert np.isnan(by_interval[1:]).all()


# ----------------------------------------------------------------- T5: contacts as if independent
def test_t05_half_widths_cover_what_they_say() -> None:
    """Finds: half-widths from contacts, which share the busyness of their day, as if they were independent.

    4,000 times 30 days of a gamma factor with cv 5 %; of busy days a smaller share is answered in time,
    92 % on the whole. The exact share is an integral over the factor. Ours covers it in 93 to 96.6 % of the
    cases (truly about 94.3 %, as the days are skewed; one false alarm in 2,000 seeds), the interval as if
    contacts were independent in about 40 %.
    """
    rng = np.random.default_rng(5)
    factor = rng.gamma(400, 1 / 400, (30, 4000))

    def in_time(b: Floats) -> Floats:
        return np.asarray(1 / (1 + np.exp(6.6 * (b - 1.38))))

    contacts = rng.poisson(1660 * factor)
    good = rng.binomial(contacts, in_time(factor))
    b = np.linspace(0.5, 2, 40_000)
    weight = stats.gamma.pdf(b, 400, scale=1 / 400) * b
    exact = float((weight * in_time(b)).sum() / weight.sum())

    found = ratio(*(Series(x.sum(0).astype(float), x.astype(float)) for x in (good, contacts)))
    covers = abs(found.value - exact) <= half_width(found.deviations)
    assert 0.93 <= covers.mean() <= 0.966
    binomial = 1.96 * np.sqrt(found.value * (1 - found.value) / contacts.sum(0))
    assert 0.3 < (abs(found.value - exact) <= binomial).mean() < 0.5


def times_too_narrow(days: dict[str, Floats]) -> float:
    """Standard error of the share of good contacts over the one as if contacts were independent."""
    good, contacts = days["good"] * 1660, days["contacts"]
    share = good.sum() / contacts.sum()
    deviations = (good - share * contacts) / contacts.mean()
    return float(deviations.std(ddof=1) / sqrt(len(contacts)) / sqrt(share * (1 - share) / contacts.sum()))


def test_t05_contacts_of_a_day_share_its_queue(engine: Engine) -> None:
    """Finds: the same on simulated days, where contacts share a queue besides: 3.7 times too narrow.

    With 12 days the factor is above 1.5 in 999 of 1,000 seeds (a chi of 11 degrees).
    """
    assert times_too_narrow(days_of(engine, 1, 12)) > 1.5


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_t05_by_how_much(engine: Engine) -> None:
    """The factor itself, published as 3.7; over 1,000 days it has a standard error of about 0.1."""
    assert times_too_narrow(days_of(engine, 1, 1000, workers=2)) == pytest.approx(3.7, abs=0.4)


# -------------------------------------------------------------------- T6: which service level it is
@cache
def snapshot(engine: Engine) -> tuple[Resolved, list[Sums]]:
    """100 calls in half an hour of 3 min, 14 agents, patience 5 min: 16 times 8 hours."""
    found = resolved(scenario(
        horizon={"warm_up": "1 h", "measure": "8 h"},
        demand={"volume": "200/h"},
        desks={"phone": {"handling": "exponential 3 min", "patience": "exponential 5 min"}},
        teams={"own": {"serves": "phone", "agents": 14}},
    ))  # fmt: skip
    return found, sums_of(engine, found, 1, 16)


def test_t06_five_service_levels_of_one_sample(engine: Engine) -> None:
    """Finds: a service level with another denominator than its name says.

    Exact: Erlang A gives .9168, .9187, .9234, .9240 and .9298. The levels themselves are too noisy to tell
    some of them apart, their differences inside one sample are not: each is right, and clearly not 0. Nine
    figures, t with 15 degrees: about one false alarm in 100 seeds.
    """
    q, t = erlang_a(10 / 3, 3, 14, 5), 1 / 3
    answered, longer = q.service_level(t), q.p_wait_longer(t)
    exact = {
        "all": answered,
        "offered": 1 - longer * np.exp(t / 5),
        "without_short": answered / (1 - q.p_abandon_within(t)),
        "any_end": 1 - longer,
        "answered": answered / (1 - q.p_abandon),
    }
    assert [round(level, 4) for level in exact.values()] == [0.9168, 0.9187, 0.9234, 0.9240, 0.9298]
    found, sums = snapshot(engine)
    told = {
        d: estimates(sums, found.model, found.labels, [p := f"service_level.{d}"])[p] for d in DEFINITIONS
    }
    for name, level in told.items():
        assert abs(z_of(level, exact[name])) < MOST_Z, name
    for name in DEFINITIONS[1:]:
        for other in DEFINITIONS[: DEFINITIONS.index(name)]:
            apart = Estimate(told[name].value - told[other].value,
                             told[name].deviations - told[other].deviations)  # fmt: skip
            assert abs(z_of(apart, exact[name] - exact[other])) < MOST_Z, (name, other)
            assert abs(z_of(apart, 0.0)) > MOST_Z, (name, other)


def test_t06_levels_of_hours_are_by_the_hour_of_arrival(engine: Engine) -> None:
    """Finds: contacts counted in the hour in which they are answered: those answered late, after the rush.

    Exact by hand: who comes at 00:59:50 and is answered at 01:00:05 counts in the first hour. And on a
    simulated day the figures are those of the rows that arrived in each interval, which differ from those
    by interval of the answer.
    """
    visits = [hand_visit(1, CHAT, 3590, End.SOLVED, answer=3605, end=3700, team=OWN),
              hand_visit(2, CHAT, 3600, End.ABANDONED, end=3660)]  # fmt: skip
    hours = model(interval_s=3600)
    level = next(m for m in measures_of(Scope.DESK_INTERVAL) if m.key == "service_level")
    by_hour = Sample([hand_folded(rows(visits), hours)], hours, labels()).intervals_of_stages([CHAT])
    assert by_hour.estimate(level).value[:2].tolist() == [1.0, 0.0]

    found = resolved(scenario(
        horizon={"measure": "1 day", "interval": "1 h"},
        demand={"volume": "2_000/day", "by_hour": "office"},
        desks={"phone": {"handling": "exponential 5 min", "patience": "exponential 10 min"}},
        teams={"own": {"serves": "phone", "agents": 15}},
    ))  # fmt: skip
    records = run_checked(engine, found.model)
    result = document([folded(found, records)], found.model, found.labels, version="1", seed=1)
    told = result["intervals"]["stages"]["phone"]["service_level"]
    told = told["value"] if isinstance(told, dict) else told
    in_time = (visit(records, V.START) != NONE) & (waits_of(records) <= 20 * SECOND)

    def levels(at: NDArray[np.int64]) -> list[float | None]:
        hour = at % DAY // HOUR
        n = np.bincount(hour, minlength=24)
        return [good / of if of else None for good, of in zip(np.bincount(hour, in_time, 24), n, strict=True)]

    assert [None if x is None else pytest.approx(x) for x in levels(visit(records, V.ENTER))] == told
    assert levels(visit(records, V.ENTER) + waits_of(records)) != levels(visit(records, V.ENTER))


# ---------------------------------------------------------------- T9: patience from abandoners only
def test_t09_patience_is_not_the_wait_of_those_who_gave_up(engine: Engine) -> None:
    """Finds: the mean wait of those who gave up told as patience, or waits of the answered left out of it.

    Exact: with exponential patience, the number who give up x the mean patience is all time waited, with
    a standard error of one over the root of that number. Their own mean wait is 6.6 s, their patience 2 min.
    No figure of ours calls itself patience. About one false alarm in 15,000 seeds.
    """
    found = resolved(scenario(
        horizon={"measure": "5 h"},
        demand={"volume": "48/min"},
        desks={"phone": {"handling": "exponential 1 min", "patience": "exponential 2 min"}},
        teams={"own": {"serves": "phone", "agents": 50}},
    ))  # fmt: skip
    records = run_checked(engine, found.model)
    wait, gave_up = waits_of(records) / SECOND, visit(records, V.HOW) == End.ABANDONED
    n = int(gave_up.sum())
    assert n > 300
    assert abs(n * 120 - wait.sum()) / 120 < MOST_Z * sqrt(n)
    assert wait[gave_up].mean() < 12
    q = erlang_a(48, 1, 50, 2)
    theirs = 60 * (q.mean_wait - q.asa * (1 - q.p_abandon)) / q.p_abandon
    assert wait[gave_up].mean() == pytest.approx(theirs, rel=0.25)
    assert not [m.key for m in MEASURES if "patience" in m.key + m.heading]
    # the product's own sums say the same
    told = estimates([folded(found, records)], found.model, found.labels, ["abandoned", "wait.mean"])
    assert told["wait.mean"].value / told["abandoned"].value == pytest.approx(wait.sum() / n, rel=1e-12)


# -------------------------------------------------------------------------- T26: averages over classes
CLASSLESS: Scenario = scenario(
    horizon={"measure": "1 day"},
    demand={"volume": "1_500/day", "by_hour": "office", "enters": {"assistant": "60%", "phone": "rest"}},
    bots={"assistant": {"session": "exponential 2 min", "solves": "55%", "cost": "0.1 EUR",
                        "unsolved": {"phone": "80%", "leaves": "rest"}}},
    desks={"phone": {"handling": "lognormal 5 min cv 0.8", "patience": "exponential 8 min", "wrap_up": "30 s",
                     "solves": "80%"}},
    teams={"own": {"serves": "phone", "agents": 8, "cost": "40 EUR/h"}},
    returns={"unsolved": {"chance": "40%", "after": "exponential 1 h"}, "at_most": 3},
)  # fmt: skip


@pytest.mark.parametrize("by_value", [False, True], ids=["attribute alone", "tables and ranks by it"])
def test_t26_splitting_contacts_into_equal_halves_changes_nothing(engine: Engine, by_value: bool) -> None:
    """Finds: averages over classes that are not by contacts, or classes that queue apart without a reason.

    Exact to the byte: with a value that makes no difference, every figure of everything, of bot, desk and
    team, and by interval is the same, though each class is half of them.
    """
    halves: Scenario = {**CLASSLESS, "attributes": {"half": {"left": "50%", "right": "50%"}}}
    if by_value:
        phone = CLASSLESS["desks"]["phone"]
        halves["desks"] = {
            "phone": {**phone, "handling": dict.fromkeys(("left", "right"), phone["handling"])}
        }
        halves["teams"] = {"own": {**CLASSLESS["teams"]["own"], "serves": {"left": 1, "right": 1}}}
    told = []
    for given in (CLASSLESS, halves):
        found = resolved(given)
        told.append(document(sums_of(engine, found, 1, 2), found.model, found.labels, version="1", seed=1))
    for part in ("measures", "stages", "teams", "intervals"):
        assert json.dumps(told[0][part]) == json.dumps(told[1][part]), part
    left, right = (told[1]["classes"]["half"][v]["issues"]["value"] for v in ("left", "right"))
    assert left + right == told[0]["measures"]["issues"]["value"]
    assert abs(left - right) < 4 * sqrt(left + right)


def test_t26_handling_is_averaged_over_contacts(engine: Engine) -> None:
    """Finds: a mean handling time that weights classes by agents, or one number for all ("blended").

    Exact: it is the mean over the rows of contacts. Four of five contacts are short and have a fifth of the
    agents: weighted by agents it would be off by more than a third.
    """
    found = resolved(scenario(
        horizon={"measure": "1 day"},
        attributes={"topic": {"bill": "80%", "fault": "20%"}},
        demand={"volume": "2_000/day"},
        desks={"phone": {"handling": {"bill": "exponential 2 min", "fault": "exponential 12 min"},
                         "patience": "10 min"}},
        teams={"bills": {"serves": {"bill": 1}, "agents": 4},
               "faults": {"serves": {"fault": 1}, "agents": 16}},
    ))  # fmt: skip
    records = run_checked(engine, found.model)
    result = document([folded(found, records)], found.model, found.labels, version="1", seed=1)
    answered = visit(records, V.START) != NONE
    time = ((visit(records, V.FREED) - visit(records, V.START)) / SECOND)[answered]
    assert figure(result, "handling.mean")["value"] == pytest.approx(time.mean(), rel=1e-9)
    of_classes = [figure(result, f"{topic}.handling.mean")["value"] for topic in ("bill", "fault")]
    shares = [float((visit(records, V.CLASS)[answered] == c).mean()) for c in (0, 1)]
    assert np.dot(shares, of_classes) == pytest.approx(time.mean(), rel=1e-9)
    assert np.dot([0.2, 0.8], of_classes) > 1.5 * time.mean()


# ---------------------------------------------------------------------------- T27: overflow to a vendor
def test_t27_overflow_comes_after_its_wait_to_a_vendor_who_is_finite_and_paid(engine: Engine) -> None:
    """Finds: an overflow at once or at another wait; a vendor with as many agents as wanted, or for nothing.

    Exact: who overflows does so after two minutes to the tick, and the share is that of M/M/8+D; never are
    more vendor contacts under way than vendor agents are there, so some wait; the cost of each team is its
    hours of duty x its rate, and of everything the sum. z with t of 11 degrees: one false alarm in 500 seeds.
    """
    found = resolved(scenario(
        horizon={"warm_up": "1 h", "measure": "5 h"},
        demand={"volume": "3/min", "enters": "phone"},
        desks={
            "phone": {"handling": "exponential 3 min", "patience": "2 min", "abandoned": "outside"},
            "outside": {"handling": "exponential 3 min"},
        },
        teams={
            "own": {"serves": "phone", "agents": 8, "cost": "30 EUR/h"},
            "vendor": {"serves": "outside", "agents": {"00:00-04:00": 3, "else": 2}, "cost": "55 EUR/h"},
        },
    ))  # fmt: skip
    all_sums, waited_for_vendor = [], 0
    for replication in range(12):
        records = run_checked(engine, found.model, 1, replication)
        all_sums.append(folded(found, records))
        at_vendor = records.visits[visit(records, V.STAGE) == 1]
        before = records.visits[(visit(records, V.STAGE) == 0) & (visit(records, V.NEXT) == 1)]
        at_vendor, before = (t[np.argsort(t[:, V.ISSUE])] for t in (at_vendor, before))
        assert np.array_equal(at_vendor[:, V.ISSUE], before[:, V.ISSUE])
        assert (at_vendor[:, V.ENTER] == before[:, V.ENTER] + 2 * MINUTE).all()
        assert (before[:, V.HOW] == End.ABANDONED).all()
        assert (at_vendor[:, V.HOW] == End.SOLVED).all()
        change = [(t, -1) for t in at_vendor[:, V.FREED].tolist()]
        change += [(t, 1) for t in at_vendor[:, V.START].tolist()]
        under_way = np.cumsum([step for _, step in sorted(change)])
        assert under_way.max() == 3
        waited_for_vendor += int((at_vendor[:, V.START] > at_vendor[:, V.ENTER]).sum())

        told = estimates(all_sums[-1:], found.model, found.labels,
                         ["cost.total", "own.cost.total", "vendor.cost.total"])  # fmt: skip
        duty = records.duty
        inside = np.clip(duty[:, [D.FROM, D.TO]], HOUR, 6 * HOUR)
        hours = np.bincount(duty[:, D.TEAM], (inside[:, 1] - inside[:, 0]) / HOUR)
        per_day = 24 / 5
        assert told["own.cost.total"].value == pytest.approx(8 * 5 * 30 * per_day, rel=1e-12)
        assert told["vendor.cost.total"].value == pytest.approx(hours[1] * 55 * per_day, rel=1e-12)
        assert hours[1] >= 3 * 3 + 2 * 2  # and what was finished after 04:00
        assert told["cost.total"].value == pytest.approx((hours * (30, 55)).sum() * per_day, rel=1e-12)
    assert waited_for_vendor > 100
    q = mmn_g(3, 3, 8, laws.exactly(2))
    overflow = estimates(all_sums, found.model, found.labels, ["phone.abandoned"])["phone.abandoned"]
    assert abs(z_of(overflow, q.p_abandon)) < MOST_Z
    assert abs(z_of(overflow, erlang_a(3, 3, 8, 2).p_abandon)) > MOST_Z  # nor is it exponential patience


# ------------------------------------------------------------------------- T29: quantiles of quantiles
def test_t29_quantiles_are_of_all_contacts_together(engine: Engine) -> None:
    """Finds: quantiles of days or intervals averaged, or read off coarse bins.

    Exact: the contact of rank ceil(q n) among all waits of all days, within 1 %. The mean of the days' own
    95 % quantiles is off by more than 5 %.
    """
    found, records = busy_days(engine)
    wait, day = np.sort(waits_of(records)), visit(records, V.ENTER) // DAY
    paths = {q: f"wait.p{100 * q:.0f}" for q in (0.5, 0.8, 0.9, 0.95, 0.99)}
    told = estimates([folded(found, records)], found.model, found.labels, list(paths.values()))
    for q, path in paths.items():
        exact = wait[int(np.ceil(q * len(wait))) - 1] / SECOND
        assert told[path].value == pytest.approx(exact, rel=0.01), path
    of_days = [np.quantile(waits_of(records)[day == k], 0.95) / SECOND for k in range(40)]
    assert abs(np.mean(of_days) / told["wait.p95"].value - 1) > 0.05


# ---------------------------------------------------------------------- T30: the order of parallel work
@pytest.mark.parametrize("workers", [2, pytest.param(3, marks=pytest.mark.slow)])
def test_t30_workers_change_no_byte(workers: int) -> None:
    """Finds: sums in the order in which workers finish, or seeds by the number of the worker. Exact."""
    found = resolved({**CLASSLESS, "scale": 0.1})
    alone, together = (json.dumps(run_replications(found, 7, 5, workers=n)) for n in (1, workers))
    assert alone == together


def test_t30_the_order_of_replications_changes_no_figure(engine: Engine) -> None:
    """Finds: floating-point sums, which depend on the order. Exact; the half-widths to the last digits."""
    found = resolved({**CLASSLESS, "scale": 0.2})
    sums = sums_of(engine, found, 1, 6)
    mixed = [sums[k] for k in (4, 1, 5, 0, 3, 2)]
    paths = [m.key for m in measures_of(Scope.OVERALL, found.labels)]
    one, two = (estimates(s, found.model, found.labels, paths) for s in (sums, mixed))
    for path in paths:
        np.testing.assert_array_equal(one[path].value, two[path].value, path)
        np.testing.assert_allclose(
            half_width(one[path].deviations), half_width(two[path].deviations), rtol=1e-9, err_msg=path
        )
