"""Scenarios with an exact answer meet it, and a day of two tiers is what an independent program found.

Figures are means over replications; ``z`` is the distance from the exact value in standard errors, which
come from the spread of the replications. With ten of them a right program exceeds 3.5 in about 0.7 % of
the figures (t distribution with 9 degrees of freedom); the seed is fixed, so a test that passes goes on
passing until somebody changes what a seed gives.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from golden_trace import Engine
from numpy.typing import NDArray
from running import SCENARIOS, folded, issue, run_checked, visit

from sim.measure.result import document, figure
from sim.model.records import End, IssueColumn, VisitColumn
from sim.scenario.resolve import Resolved
from sim.study.prepare import prepare

REPLICATIONS = 10
MOST_Z = 3.5


# ------------------------------------------------------------------------------ exact figures
def erlang_a(per_min: float, handling_min: float, patience_min: float, agents: int) -> dict[str, float]:
    """Steady state of M/M/c+M: share that gives up, mean wait [s] of all, occupancy.

    Birth and death rates of the number in the system, solved by the balance of neighbouring states
    (Garnett, Mandelbaum, Reiman, Designing a call center with impatient customers, 2002, section 2).
    The share that gives up is the mean number waiting x the rate of giving up / the arrival rate; the
    mean wait is the mean number waiting / the arrival rate (Little).
    """
    n = np.arange(1, 20 * agents + 400)
    leaves = np.minimum(n, agents) / handling_min + np.maximum(n - agents, 0) / patience_min
    log_weight = np.concatenate([[0.0], np.cumsum(np.log(per_min / leaves))])
    weight = np.exp(log_weight - log_weight.max())
    share = weight / weight.sum()
    number = np.arange(len(share))
    waiting = float(share @ np.maximum(number - agents, 0))
    busy = float(share @ np.minimum(number, agents))
    return {
        "abandoned": waiting / patience_min / per_min,
        "wait.mean": 60.0 * waiting / per_min,
        "occupancy": busy / agents,
    }


def test_erlang_a_by_hand() -> None:
    """One agent, all rates 1: the number in the system is Poisson(1), so 1/e wait on average."""
    found = erlang_a(1.0, 1.0, 1.0, 1)
    assert found["abandoned"] == pytest.approx(np.exp(-1.0), rel=1e-12)
    assert found["occupancy"] == pytest.approx(1 - np.exp(-1.0), rel=1e-12)


@pytest.mark.parametrize(
    ("name", "exact"),
    [
        ("erlang_a", erlang_a(48.0, 1.0, 2.0, 50)),
        ("erlang_a_575", erlang_a(100.0, 5.8, 10.0, 575)),
        ("two_chats", erlang_a(0.8, 200 / 60, 4.0, 4)),
    ],
)
def test_claims_are_exact(name: str, exact: dict[str, float]) -> None:
    """The figures written in the files are those of the formula, to their last digit."""
    for path, value in claims(name).items():
        assert value == pytest.approx(exact[path], rel=2e-5), path


# ---------------------------------------------------------------------------------- scenarios
@cache
def prepared(name: str, measure: str | None = None, scale: float = 1.0) -> Resolved:
    """A shipped scenario, perhaps measured for another time and at another scale."""
    sets = [f"scale={scale}"] + ([f"horizon.measure={measure}"] if measure else [])
    return prepare(SCENARIOS / f"{name}.yaml", sets=sets).resolved


def claims(name: str) -> dict[str, float]:
    """The claims of a scenario whose source is an exact calculation."""
    found = prepared(name).scenario.claims.items()
    return {path: c.is_.value for path, c in found if c.source == "exact" and c.is_ is not None}


def figures_of(engine: Engine, found: Resolved, seed: int, replication: int, paths: list[str]) -> list[float]:
    """Some figures of one replication's document; its records are checked."""
    records = run_checked(engine, found.model, seed, replication)
    result = document([folded(found, records)], found.model, found.labels, version="test", seed=seed)
    return [float(figure(result, path)["value"]) for path in paths]


def standard_errors(
    engine: Engine, name: str, measure: str | None, seed: int, replications: int = REPLICATIONS
) -> dict[str, float]:
    """z of every exact claim of a scenario."""
    exact = claims(name)
    found = prepared(name, measure)
    rows: NDArray[np.float64] = np.array(
        [figures_of(engine, found, seed, replication, list(exact)) for replication in range(replications)]
    )
    off = rows.mean(axis=0) - np.array(list(exact.values()))
    errors = rows.std(axis=0, ddof=1) / np.sqrt(replications)
    return dict(zip(exact, (off / errors).tolist(), strict=True))


@pytest.mark.parametrize(
    ("name", "measure"),
    [("erlang_a", "20 h"), ("two_skills", "200 h"), ("two_chats", "100 h"), ("erlang_a_575", "2 h")],
)
def test_meets_its_claims(engine: Engine, name: str, measure: str) -> None:
    z = standard_errors(engine, name, measure, seed=1)
    assert z
    assert max(map(abs, z.values())) <= MOST_Z, z


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", ["erlang_a", "two_skills", "two_chats", "erlang_a_575"])
def test_meets_its_claims_at_full_length(engine: Engine, name: str) -> None:
    z = standard_errors(engine, name, None, seed=2)
    assert max(map(abs, z.values())) <= MOST_Z, z


# -------------------------------------------------------------------------------- the two tiers
def two_tiers(engine: Engine, scale: float) -> tuple[float, float, float]:
    """Contacts, share that gives up and mean wait [min] of the two-tier day."""
    found = prepared("two_tier_day", scale=scale)
    records = run_checked(engine, found.model)
    assert (visit(records, VisitColumn.HOW) != End.NONE).all()
    result = document([folded(found, records)], found.model, found.labels, version="test", seed=1)
    n_contacts = int(issue(records, IssueColumn.ATTEMPTS).sum())
    assert figure(result, "contacts")["value"] == n_contacts  # one day, and nothing is dropped but returns
    return n_contacts, figure(result, "abandoned")["value"], figure(result, "wait.mean")["value"] / 60


def contacts_noise(scale: float) -> float:
    """Four standard deviations of the number of contacts: Poisson, and each brings 0.08 returns more."""
    return float(4 * np.sqrt(2_161_000 * scale * 1.1))


def test_two_tier_day_small(engine: Engine) -> None:
    """A fiftieth of the day: as many contacts; a small team waits a little longer than a large one.

    At full size an independent program found 2,161,000 contacts, 5.07 % that give up and 1.0145 min of
    wait. With 32 to 184 agents there is less to gain from pooling: up to 3 points more give up.
    """
    n_contacts, abandoned, wait = two_tiers(engine, 0.02)
    assert n_contacts == pytest.approx(2_161_000 * 0.02, abs=contacts_noise(0.02))
    assert 0.0507 - 0.01 < abandoned < 0.0507 + 0.03
    assert 1.0145 - 0.3 < wait < 1.0145 + 0.7


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_two_tier_day(engine: Engine) -> None:
    """Half of the day, a million contacts: the independent program's figures within their own claims."""
    n_contacts, abandoned, wait = two_tiers(engine, 0.5)
    assert n_contacts == pytest.approx(2_161_000 * 0.5, abs=contacts_noise(0.5))
    assert abandoned == pytest.approx(0.0507, abs=0.004)
    assert wait == pytest.approx(1.0145, abs=0.08)
