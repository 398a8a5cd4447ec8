"""Figures that others have published, with all that is needed to repeat them, come out here too.

The intervals of SSJ are those of its documentation. The second figures are from a program written apart
from this one after the description there, 200,000 days. Exact values stand here to all the digits published.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest
from golden_trace import Engine
from numpy.typing import NDArray
from running import run_checked
from scipy.special import stdtrit
from ssj_days import EXPECTED, days_of, ssj

from sim.measure.estimate import half_width
from sim.theory.erlang import erlang_a, erlang_b, erlang_c, mmn
from sim.theory.priority import priority_waits
from sim.theory.single import mdn, mg1

Floats = NDArray[np.float64]
Z_90 = 1.6449  # a published 90 % interval reaches so many standard errors


# ------------------------------------------------------------------------- call centre of SSJ
class Told(NamedTuple):
    """What is known of a figure of one day."""

    low: float  # published 90 % interval
    high: float
    recomputed: float
    se: float  # of the recomputed figure


SSJ = {
    "contacts": Told(1658.8, 1661.9, EXPECTED, 0.0),  # exact: that many are expected
    "wait": Told(4.680, 4.746, 4.7206, 0.0074 / Z_90),
    "good": Told(0.924, 0.925, 0.92467, 0.00014 / Z_90),
    "lost": Told(0.020, 0.020, 0.01985, 0.00002 / Z_90),
}
ROUNDING = {"contacts": 0.05, "wait": 0.0005, "good": 0.0005, "lost": 0.0005}  # of the published digits


def agrees(days: dict[str, Floats]) -> None:
    """Our 99 % interval meets the published one, and we are within 4 standard errors of the other program."""
    for name, told in SSJ.items():
        x = days[name]
        mean, half = float(x.mean()), float(half_width(x - x.mean(), 0.99))
        assert mean - half <= told.high + ROUNDING[name], name
        assert mean + half >= told.low - ROUNDING[name], name
        se = half / stdtrit(len(x) - 1, 0.995)
        assert abs(mean - told.recomputed) <= 4 * np.hypot(se, told.se), name


def test_ssj_call_centre(engine: Engine) -> None:
    """Thirty days; a right program fails about once in 2,000 seeds (four figures, t with 29 degrees)."""
    agrees(days_of(engine, 1, 30))


def test_ssj_call_centre_is_sound(engine: Engine) -> None:
    """The check of records finds nothing wrong with two days; nobody comes outside 08:00 to 21:00."""
    for day in range(2):
        records = run_checked(engine, ssj().model, 2, day)
        hours = records.visits[:, 6] / 3.6e9
        assert 8 <= hours.min() < hours.max() < 21


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_ssj_call_centre_5000_days(engine: Engine) -> None:
    """Half as many days as were published: standard errors of 0.8 % of the wait, 0.06 points of the good."""
    days = days_of(engine, 1, 5000, workers=2)
    agrees(days)
    # the distance that a mistake in meaning could hide behind is small now
    assert half_width(days["wait"] - days["wait"].mean(), 0.99) < 0.02 * days["wait"].mean()
    assert half_width(days["good"] - days["good"].mean(), 0.99) < 0.002


# ------------------------------------------------------------------------------------- exact values
def test_call_centre_of_eight_hours_in_its_steady_state() -> None:
    """4.2 calls a minute of 2 min, 12 agents: the steady state that the published days come near."""
    patient, impatient = mmn(4.2, 2, 12), erlang_a(4.2, 2, 12, 1)
    assert erlang_c(8.4, 12) == pytest.approx(0.18389, abs=5e-6)
    assert patient.mean_wait == pytest.approx(0.10216, abs=5e-6)
    assert patient.service_level(1 / 3) == pytest.approx(0.89908, abs=5e-6)
    assert impatient.p_wait == pytest.approx(0.12737, abs=5e-6)
    assert impatient.p_abandon == pytest.approx(0.02968, abs=5e-6)
    assert 1 - impatient.p_wait_longer(1 / 3) > impatient.service_level(1 / 3)


def test_snapshot_of_a_staffing_library() -> None:
    """100 calls in half an hour of 3 min, 14 agents, 20 s; then with patience of 5 min."""
    patient, impatient = mmn(10 / 3, 3, 14), erlang_a(10 / 3, 3, 14, 5)
    assert patient.p_wait == pytest.approx(0.174132, abs=5e-7)
    assert patient.service_level(1 / 3) == pytest.approx(0.888350, abs=5e-7)
    assert impatient.p_wait == pytest.approx(0.14526, abs=5e-6)
    assert impatient.p_abandon == pytest.approx(0.013984, abs=5e-7)
    assert impatient.occupancy == pytest.approx(0.704297, abs=5e-7)
    assert impatient.mean_wait == pytest.approx(0.069919, abs=5e-7)
    assert impatient.service_level(1 / 3) == pytest.approx(0.916792, abs=5e-7)


def test_fifty_agents_with_and_without_patience() -> None:
    """Garnett, Mandelbaum and Reiman (2002): 48 calls a minute of 1 min, patience 2 min, 50 agents."""
    impatient, patient = erlang_a(48, 1, 50, 2), mmn(48, 1, 50)
    assert impatient.p_abandon == pytest.approx(0.03091, abs=5e-6)
    assert 60 * impatient.mean_wait == pytest.approx(3.709, abs=5e-4)
    assert 60 * impatient.asa == pytest.approx(3.616, abs=5e-4)
    assert impatient.mean_queue == pytest.approx(2.968, abs=5e-4)
    assert impatient.occupancy == pytest.approx(0.9303, abs=5e-5)
    assert 60 * patient.mean_wait == pytest.approx(20.834, abs=5e-4)
    assert 60 * patient.wait_quantile(0.9) == pytest.approx(58.14, abs=5e-3)
    assert patient.mean_queue == pytest.approx(16.667, abs=5e-4)


def test_two_classes_with_priority() -> None:
    """Kella and Yechiali (1985): 0.6 and 1.2 calls a minute of 5 min at 10 agents; beside first come."""
    assert erlang_c(9, 10) == pytest.approx(0.668732, abs=5e-7)
    assert priority_waits([0.6, 1.2], 5, 10) == pytest.approx([0.47767, 4.77665], abs=5e-6)
    assert mmn(1.8, 5, 10).mean_wait == pytest.approx(3.34366, abs=5e-6)


def test_equal_handling_times() -> None:
    """Mean wait of M/D/c in handling times, as tables give it."""
    for agents, load_per_agent, wait in ((2, 0.8, 0.903284), (10, 0.9, 0.344582), (50, 0.95, 0.130410)):
        found = mdn(agents * load_per_agent, 1, agents).mean_wait
        assert found == pytest.approx(wait, abs=5e-7)


def test_one_agent_and_any_handling_time() -> None:
    """Pollaczek and Khinchine at a load of 0.8, from equal times to a cv of 2; Erlang B for any law."""
    for cv, wait in ((0.0, 2.0), (1.0, 4.0), (1.5, 6.5), (2.0, 10.0)):
        assert mg1(0.8, 1, cv).mean_wait == pytest.approx(wait, rel=1e-12)
    assert erlang_b(84, 90) == pytest.approx(0.0446199, abs=5e-8)
