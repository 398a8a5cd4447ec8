"""Replications added up in units: the same totals as one by one, and room for few."""

from __future__ import annotations

import numpy as np
import pytest
from exact_cases import FOLDER
from folded_replications import FoldedReplications

from sim.measure.estimate import half_width
from sim.measure.folded import added
from sim.measure.result import estimates
from sim.study.prepare import prepare
from sim.study.replications import sums_of_replications

LOADED = prepare(FOLDER / "mmcka-3.yaml").resolved
MODEL, LABELS = LOADED.model, LOADED.labels
PATHS = ("contacts", "waiting", "abandoned", "occupancy", "wait.mean", "wait.p90", "service_level.offered")
N = 24


def folded(most_units: int, monkeypatch: pytest.MonkeyPatch, *steps: int) -> FoldedReplications:
    monkeypatch.setattr("folded_replications.MOST_UNITS", most_units)
    found = FoldedReplications(MODEL, LABELS, 1, "auto", has_sketches=True)
    for n in steps:
        found.simulate(n)
    return found


@pytest.mark.parametrize("steps", [(N,), (3, N), (5, 9, N)])
def test_units_have_the_same_totals(steps: tuple[int, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    found = folded(6, monkeypatch, *steps)
    assert (len(found.units), found.n) == (6, N)
    one_by_one = sums_of_replications(MODEL, LABELS, 1, N, 1)
    for k, unit in enumerate(found.units):
        np.testing.assert_array_equal(unit.visits, sum(one.visits for one in one_by_one[4 * k : 4 * k + 4]))
    together, apart = (estimates(sums, MODEL, LABELS, PATHS) for sums in (found.units, one_by_one))
    for path in PATHS:
        assert together[path].value == pytest.approx(float(apart[path].value), rel=1e-12)


def test_units_tell_the_same_spread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half-widths from 50 units of 8 are those from 400 replications, but for chance."""
    units = folded(50, monkeypatch, 400).units
    one_by_one = sums_of_replications(MODEL, LABELS, 1, 400, 1)
    together, apart = (estimates(sums, MODEL, LABELS, PATHS[:5]) for sums in (units, one_by_one))
    ratios = [float(half_width(together[p].deviations) / half_width(apart[p].deviations)) for p in PATHS[:5]]
    assert ratios == pytest.approx([1] * 5, abs=0.35)


def test_sums_of_sums_count_all_replications(monkeypatch: pytest.MonkeyPatch) -> None:
    units = folded(4, monkeypatch, 8).units
    assert [unit.replications for unit in units] == [2] * 4
    assert added(units).replications == 8
