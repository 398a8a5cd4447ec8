"""Exact results meet published digits, each other's limits, brute force, and their own inverses."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from math import exp, inf, nan, pi, sqrt
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.linalg import expm
from scipy.special import roots_genlaguerre

from sim.errors import SimError, UnstableQueue
from sim.model.laws import LawKind, LawPart, Mixture
from sim.model.samples import sample_of
from sim.theory import laws
from sim.theory.erlang import desk, erlang_a, erlang_b, erlang_c, mmn, mmn_k
from sim.theory.infinite import offered_load, offered_load_exponential, offered_load_steps
from sim.theory.panels import Curve
from sim.theory.patience import mmn_g
from sim.theory.priority import priority_waits, priority_waits_mg1, top_class_service_level
from sim.theory.single import mdn, mg1, mg1_busy_period
from sim.theory.staffing import (
    Target,
    agents_for,
    beta_for,
    garnett,
    garnett_abandonment,
    halfin_whitt,
    largest_arrival_rate,
    square_root_agents,
)
from sim.theory.steady import Steady

CASES = json.loads((Path(__file__).parent / "data" / "exact_cases.json").read_text(encoding="utf-8"))["cases"]
Figures = dict[str, float]

PATIENCE = {
    "deterministic 2 min": laws.exactly(2),
    "Erlang-2 mean 2 min": laws.gamma(2, sqrt(0.5)),
    "exponential": laws.exponential(3),
    "short": laws.weibull(0.05, 0.4),
    "wide": laws.lognormal(4, 3),
    "steep at 0": laws.weibull(2, 3),
    "uniform": laws.uniform(0.5, 1.5),
    "some balk": laws.mixture((0.1, laws.exactly(0)), (0.9, laws.exponential(5))),
    "some stay": laws.mixture((0.5, laws.never()), (0.5, laws.gamma(1, 0.3))),
}  # fmt: skip


# ---------------------------------------------------------------- the cases, family by family


def loss(m: dict[str, Any]) -> Figures:
    q = mmn_k(m["arrival_rate_per_min"], m["mean_service_min"], m["servers"], m["servers"])
    return {
        "p_block": erlang_b(q.load, q.agents),
        "mean_busy": q.mean_busy,
        "agent_occupancy": q.occupancy,
    }


def overflow(m: dict[str, Any]) -> Figures:
    load, first, second = m["offered_erlangs"], m["primary_servers"], m["secondary_servers"]
    lost = erlang_b(load, first)
    return {
        "p_overflow": lost,
        "overflow_mean_erl": load * lost,
        "p_overflow_both": erlang_b(load, first + second),
    }


def patient(m: dict[str, Any]) -> Figures:
    q = mmn(m["arrival_rate_per_min"], m["mean_service_min"], m["servers"])
    quantiles = {f"wait_p{100 * p:.0f}_min": q.wait_quantile(p) for p in (0.5, 0.8, 0.9, 0.95, 0.99)}
    return quantiles | {
        "p_wait": erlang_c(q.load, q.agents),
        "asa_min": q.asa,
        "asa_s": 60 * q.asa,
        "mean_queue": q.mean_queue,
        "occupancy": q.occupancy,
        "service_level": q.service_level(m["service_level_threshold_s"] / 60),
        "mean_wait_if_waiting_min": q.mean_wait / q.p_wait,
        "mean_sojourn_min": q.mean_wait + q.mean_handling,
        "mean_in_system": q.mean_in_system,
    }


def impatient(m: dict[str, Any]) -> Figures:
    mean_patience, t = m["mean_patience_min"], m["service_level_threshold_s"] / 60
    q = erlang_a(m["arrival_rate_per_min"], m["mean_service_min"], m["servers"], mean_patience)
    answered, gone = q.service_level(t), q.p_abandon_within(t)
    total_wait_of_answered = q.asa * (1 - q.p_abandon)
    return {
        "p_wait": q.p_wait,
        "p_abandon": q.p_abandon,
        "p_abandon_given_wait": q.p_abandon / q.p_wait,
        "mean_wait_all_min": q.mean_wait,
        "mean_wait_all_s": 60 * q.mean_wait,
        "asa_served_s": 60 * q.asa,
        "mean_wait_abandoned_s": 60 * (q.mean_wait - total_wait_of_answered) / q.p_abandon,
        "mean_queue": q.mean_queue,
        "mean_in_system": q.mean_in_system,
        "occupancy": q.occupancy,
        "p_served_within_T": answered,
        "p_wait_gt_T": q.p_wait_longer(t),
        "p_offered_wait_gt_T": q.p_wait_longer(t) * exp(t / mean_patience),
        "sl_served_only": answered / (1 - q.p_abandon),
        "p_abandon_within_T": gone,
        "sl_excl_short_abandons": answered / (1 - gone),
    }


def any_patience(m: dict[str, Any]) -> Figures:
    patience = PATIENCE[m["patience"]]
    q = mmn_g(m["arrival_rate_per_min"], m["mean_service_min"], m["servers"], patience)
    total_wait_of_answered = q.asa * (1 - q.p_abandon)
    figures = {
        "p_wait": q.p_wait,
        "p_abandon": q.p_abandon,
        "p_abandon_given_wait": q.p_abandon / q.p_wait,
        "mean_wait_min": q.mean_wait,
        "mean_queue": q.mean_queue,
        "occupancy": q.occupancy,
        "mean_wait_min_served": q.asa,
        "mean_wait_min_abandoned": (q.mean_wait - total_wait_of_answered) / q.p_abandon,
    }
    for name, t in (("0.333333", 1 / 3), ("1.0", 1.0)):
        figures |= {
            f"p_wait_gt_{name}": q.p_wait_longer(t),
            f"p_offered_wait_gt_{name}": q.p_wait_longer(t) / float(patience(np.array([t]))[0]),
            f"p_served_within_{name}": q.service_level(t),
        }
    return figures


def full_queue(m: dict[str, Any]) -> Figures:
    q = mmn_k(m["arrival_rate_per_min"], m["mean_service_min"], m["servers"], m["total_capacity"],
              m["mean_patience_min"] or inf)  # fmt: skip
    return {
        "p_block": q.p_block,
        "p_wait_of_all": q.p_wait,
        "p_wait_of_accepted": q.p_wait / (1 - q.p_block),
        "mean_queue": q.mean_queue,
        "mean_wait_accepted_min": q.mean_wait,
        "p_abandon_of_all": q.p_abandon,
        "occupancy": q.occupancy,
        "throughput_per_min": q.mean_busy / q.mean_handling,
        "p_served_within_20s_of_all": q.service_level(1 / 3),
    }


def priority(m: dict[str, Any]) -> Figures:
    rates, mean, agents = m["arrival_rates_per_min"], m["mean_service_min"], m["servers"]
    waits = priority_waits(rates, mean, agents)
    figures = {
        "p_wait": erlang_c(sum(rates) * mean, agents),
        "mean_wait_all_min": float(np.dot(rates, waits)) / sum(rates),
        "sl20_class1": top_class_service_level(rates, mean, agents, 1 / 3),
        "sl60_class1": top_class_service_level(rates, mean, agents, 1),
    }
    for i, (rate, wait) in enumerate(zip(rates, waits, strict=True), 1):
        figures |= {f"mean_wait_class{i}_min": wait, f"mean_queue_class{i}": rate * wait}
    return figures


def priority_one_agent(m: dict[str, Any]) -> Figures:
    rates, means, cvs = zip(
        *((c["arrival_rate_per_min"], h := c["mean_service_min"], sqrt(c["second_moment_min2"] / h**2 - 1))
          for c in m["classes"]), strict=True)  # fmt: skip
    waits = priority_waits_mg1(rates, means, cvs)
    return {f"mean_wait_class{i}_min": wait for i, wait in enumerate(waits, 1)}


def one_agent(m: dict[str, Any]) -> Figures:
    rate, mean = m["arrival_rate_per_min"], m["mean_service_min"]
    waits = mg1(rate, mean, sqrt(m["second_moment_min2"] / mean**2 - 1))
    return {
        "mean_wait_min": waits.mean_wait,
        "mean_queue": rate * waits.mean_wait,
        "occupancy": rate * mean,
        "p_wait": waits.p_wait,
        "mean_busy_period_min": mg1_busy_period(rate, mean),
    }


def equal_handling(m: dict[str, Any]) -> Figures:
    rate, handling, agents = m["arrival_rate_per_min"], m["mean_service_min"], m["servers"]
    waits = mdn(rate, handling, agents)
    return {
        "p_wait": waits.p_wait,
        "mean_queue": rate * waits.mean_wait,
        "mean_wait_min": waits.mean_wait,
        "ratio_to_MMc_wait": waits.mean_wait / mmn(rate, handling, agents).mean_wait,
    }


def unlimited(m: dict[str, Any]) -> Figures:
    rate = m["arrival_rate_per_min"]
    return {"mean_busy": offered_load(5.0, lambda t: np.full(t.shape, rate), laws.lognormal(4, 1.5))}


def swinging(m: dict[str, Any]) -> Figures:
    mean, period = m["mean_service_min"], m["period_min"]
    height, swing = (10.0, 0.6) if period == 1440 else (2.0, 1.0)
    assert m["arrival_rate_per_min"] == f"{height}*(1+{swing}*sin(2*pi*t/{period:g}))"
    law = laws.exponential(mean) if m["service"] == "exponential" else laws.exactly(mean)

    def load(t: float) -> float:
        return offered_load(t, lambda x: height * (1 + swing * np.sin(2 * pi * x / period)), law)

    at_peak = next(c["quantities"]["time_of_peak_min"] for c in CASES if c["model"] == m)
    figures = {f"load_at_{i}/24_T": load(i * period / 24) for i in (0, 3, 6, 9, 12, 18)}
    mean_load = (load(1.0) + load(1.0 + period / 2)) / 2
    # a parabola through three points has its top where the sine has, its own third order being odd
    a, b, c = (load(at_peak + d) for d in (-1.0, 0.0, 1.0))
    top = at_peak + (a - c) / (2 * (a - 2 * b + c))
    return figures | {"mean_load": mean_load, "peak": b, "time_of_peak_min": top}


def behind_bot(m: dict[str, Any]) -> Figures:
    q = mmn(m["new_issue_rate_per_min"] * m["escalation_prob"], m["agent_mean_service_min"], m["agents"])
    return {
        "agent_p_wait": q.p_wait,
        "agent_mean_wait_min": q.mean_wait,
        "agent_occupancy": q.occupancy,
        "agent_sl20": q.service_level(1 / 3),
    }


def chat(m: dict[str, Any]) -> Figures:
    q = mmn(m["arrival_rate_per_min"], m["mean_chat_min"], m["agents"] * m["max_concurrency"])
    return {
        "p_wait": q.p_wait,
        "mean_wait_min": q.mean_wait,
        "mean_concurrency_per_agent": q.mean_busy / m["agents"],
        "mean_open_chats": q.mean_busy,
    }


def staffing(m: dict[str, Any]) -> Figures:
    rate, mean, patience = m["arrival_rate_per_min"], m["mean_service_min"], m.get("mean_patience_min", inf)
    within = m["sl_threshold_s"] / 60
    n = agents_for(Target(service_level=m["sl_target"], within=within), rate, mean, patience)
    at, less = (desk(rate, mean, agents, patience) for agents in (n, n - 1))
    figures = {"sl_at_min": at.service_level(within), "sl_one_less": less.service_level(within)}
    if patience == inf:
        return figures | {"min_agents": n, "asa_s_at_min": 60 * at.asa}
    few = agents_for(Target(p_abandon=m["abandon_target"]), rate, mean, patience)
    return figures | {
        "min_agents_sl": n,
        "p_wait_at_min_sl": at.p_wait,
        "min_agents_abandon": few,
        "p_abandon_at_min": desk(rate, mean, few, patience).p_abandon,
        "p_abandon_one_less": desk(rate, mean, few - 1, patience).p_abandon,
    }


def limits(m: dict[str, Any]) -> Figures:
    figures = {f"halfin_whitt_alpha_beta_{b:g}": halfin_whitt(b) for b in (0.1, 0.25, 0.5, 1, 1.5, 2)}
    for beta in (-1, -0.5, 0, 0.5, 1):
        for theta in (0.5, 1, 2):
            name = f"beta_{beta:g}_thetaovermu_{theta:g}"
            figures[f"garnett_pw_{name}"] = garnett(beta, 1 / theta)
            figures[f"garnett_sqrtn_pab_{name}"] = garnett_abandonment(beta, 1 / theta)
    return figures


def random_days(m: dict[str, Any]) -> Figures:
    shape, rate = m["cv_of_day_factor"] ** -2, m["mean_arrival_rate_per_min"]
    node, weight = roots_genlaguerre(60, shape - 1)

    def at(factor: float) -> Steady:
        return erlang_a(rate * factor, m["mean_service_min"], m["servers"], m["mean_patience_min"])

    days, factor = [at(float(x) / shape) for x in node], node / shape * weight / weight.sum()
    return {
        "p_abandon_call_weighted": float(factor @ [d.p_abandon for d in days]),
        "p_wait_call_weighted": float(factor @ [d.p_wait for d in days]),
        "mean_wait_call_weighted_min": float(factor @ [d.mean_wait for d in days]),
        "p_abandon_at_mean_rate": at(1.0).p_abandon,
    }


FAMILIES: dict[str, Callable[[dict[str, Any]], Figures]] = {
    "erlang_b": loss, "overflow": overflow, "erlang_c": patient, "erlang_a": impatient,
    "mm_n_plus_g": any_patience, "finite_capacity": full_queue, "priority_nonpreemptive": priority,
    "priority_mg1": priority_one_agent, "mg1": one_agent, "m_d_c": equal_handling, "mginf": unlimited,
    "mt_g_inf": swinging, "network": behind_bot, "chat_no_slowdown": chat, "staffing_min": staffing,
    "qed": limits, "random_rate": random_days,
}  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["id"]))
def test_exact_case(case: dict[str, Any]) -> None:
    ours = FAMILIES[case["family"]](case["model"])
    digits = 8 if case["accuracy"].startswith(">=8") else 9
    for name, value in case["quantities"].items():
        assert ours[name] == pytest.approx(value, rel=0.5 * 10 ** (1 - digits), abs=1e-15), name


@pytest.mark.parametrize(
    ("agents", "patience_min", "mean_wait_s"), [(13, inf, 26.56), (13, 5, 9.91), (9, 5, 56.62)]
)
def test_published_by_another_simulator(agents: int, patience_min: float, mean_wait_s: float) -> None:
    """Herzog, Callcenter-Simulator: 3.5 calls/min of 3 min."""
    assert 60 * desk(3.5, 3, agents, patience_min).mean_wait == pytest.approx(mean_wait_s, abs=0.005)


def test_five_service_levels_of_one_desk() -> None:
    """14 agents, 100 calls per half hour of 3 min, patience 5 min, 20 s."""
    q, t = erlang_a(10 / 3, 3, 14, 5), 1 / 3
    answered, waiting = q.service_level(t), q.p_wait_longer(t)
    levels = (answered, 1 - waiting * exp(t / 5), answered / (1 - q.p_abandon_within(t)), 1 - waiting,
              answered / (1 - q.p_abandon))  # fmt: skip
    assert [round(level, 4) for level in levels] == [0.9168, 0.9187, 0.9234, 0.9240, 0.9298]


# ---------------------------------------------------------------- brute force


def random_desks(n: int) -> list[tuple[float, float, int, float]]:
    """Arrival rate, mean handling time, agents, mean patience of small desks, seeded."""
    rng = random.Random(20240229)
    return [
        (rng.uniform(0.1, 4), rng.uniform(0.3, 3), rng.randint(1, 6), rng.uniform(0.1, 6)) for _ in range(n)
    ]


def shares_of_states(up: float, down: list[float]) -> np.ndarray:
    """Stationary shares of a birth-death chain, state by state: what goes up comes down."""
    weight = [1.0]
    for rate in down:
        weight.append(weight[-1] * up / rate)
    return np.array(weight) / sum(weight)


@pytest.mark.parametrize("places", [0, 1, 4, None])
@pytest.mark.parametrize("desk_", random_desks(12))
def test_brute_force(desk_: tuple[float, float, int, float], places: int | None) -> None:
    rate, mean, agents, patience = desk_
    room = 60 if places is None else places  # the queue of an unlimited desk is cut where it never gets
    down = [min(j, agents) / mean + max(j - agents, 0) / patience for j in range(1, agents + room + 1)]
    state = shares_of_states(rate, down)
    queue = float(np.arange(room + 1) @ state[agents:])

    q = (erlang_a(rate, mean, agents, patience) if places is None
         else mmn_k(rate, mean, agents, agents + places, patience))  # fmt: skip
    assert q.p_block == pytest.approx(state[-1] if places is not None else 0, rel=1e-9)
    assert q.p_wait == pytest.approx(float(state[agents:-1].sum()), rel=1e-9, abs=1e-12)
    assert q.mean_queue == pytest.approx(queue, rel=1e-9, abs=1e-12)
    assert q.p_abandon == pytest.approx(queue / patience / rate, rel=1e-9, abs=1e-12)
    assert q.mean_busy == pytest.approx(
        float(np.minimum(np.arange(len(state)), agents) @ state), rel=1e-9, abs=1e-12
    )

    # one contact behind i others: i falls at agents / mean + i / patience; it gives up at 1 / patience
    stays = np.zeros((room + 2, room + 2))
    for i in range(room):
        stays[i, i - 1 if i else room] = agents / mean + i / patience  # `room` is answered
        stays[i, room + 1] = 1 / patience
    stays -= np.diag(stays.sum(1))
    for t in (0.05, 0.7, 3.0):
        after = expm(stays * t)[:room]
        answered = float(state[:agents].sum() + state[agents:-1] @ after[:, room])
        waiting = float(state[agents:-1] @ after[:, :room].sum(1))
        assert q.service_level(t) == pytest.approx(answered, rel=1e-9)
        assert q.p_wait_longer(t) == pytest.approx(waiting, rel=1e-8, abs=1e-12)


@pytest.mark.parametrize("agents", [2, 5])
@pytest.mark.parametrize("name", PATIENCE)
def test_any_patience_by_plain_quadrature(name: str, agents: int) -> None:
    """The integrals of Zeltyn and Mandelbaum (2005) as they stand, on a grid of a million points."""
    rate, mean = 1.5, 2.0
    x = np.concatenate([[0], np.geomspace(1e-9, 1e-3, 20_000), np.linspace(1e-3, 120, 1_000_000)[1:]])
    stays = PATIENCE[name](x)
    passed = np.concatenate([[0], np.cumsum(np.diff(x) * (stays[1:] + stays[:-1]) / 2)])
    density = np.exp(rate * passed - agents / mean * x)
    idle = 1 / erlang_b(rate * mean, agents - 1)
    total = idle + rate * np.trapezoid(density, x)

    q = mmn_g(rate, mean, agents, PATIENCE[name])
    near = {"rel": 2e-4}
    assert q.p_wait == pytest.approx(rate * np.trapezoid(density, x) / total, **near)
    assert q.p_abandon == pytest.approx(rate * np.trapezoid((1 - stays) * density, x) / total, **near)
    assert q.mean_wait == pytest.approx(rate * np.trapezoid(passed * density, x) / total, **near)
    by = x <= 0.4
    assert q.service_level(0.4) == pytest.approx(
        1 - q.p_wait + rate * np.trapezoid((stays * density)[by], x[by]) / total, **near
    )


@pytest.mark.parametrize("agents", [18, 20, 23])
def test_equal_patience_in_closed_form(agents: int) -> None:
    """Also patience that ends a little beside the ends of the panels of integration."""
    rate, beside = 20.0, (-1e-3, -1e-9, 0.0, 1e-9, 1e-3, 0.3)
    idle = 1 / erlang_b(rate, agents - 1)
    for d in (2.0**k / agents * (1 + x) for k in range(-5, 7) for x in beside):
        growth = rate - agents
        up_to = (exp(growth * d) - 1) / growth if growth else d
        total = idle + rate * (up_to + exp(growth * d) / agents)
        q = mmn_g(rate, 1, agents, laws.exactly(d))
        assert q.p_wait == pytest.approx((total - idle) / total, rel=1e-11)
        assert q.p_abandon == pytest.approx(rate * exp(growth * d) / agents / total, rel=1e-10)


# ---------------------------------------------------------------- limits and laws


class TestLimits:
    @pytest.mark.parametrize(("rate", "agents"), [(0.5, 1), (4.5, 5), (48, 50), (2990, 3000)])
    def test_endless_patience_is_erlang_c(self, rate: float, agents: int) -> None:
        endless, long = mmn(rate, 1, agents), erlang_a(rate, 1, agents, 1e12)
        assert erlang_a(rate, 1, agents, inf).mean_wait == endless.mean_wait
        for t in (0.0, 0.01, 0.5):
            assert long.service_level(t) == pytest.approx(endless.service_level(t), rel=1e-8)
        assert long.p_wait == pytest.approx(endless.p_wait, rel=1e-8)
        assert long.asa == pytest.approx(endless.mean_wait, rel=1e-8)
        assert long.wait_quantile(0.99) == pytest.approx(endless.wait_quantile(0.99), rel=1e-6)

    @pytest.mark.parametrize(("rate", "agents"), [(0.5, 1), (8, 5), (48, 50), (5000, 3000)])
    def test_no_patience_is_erlang_b(self, rate: float, agents: int) -> None:
        none, short = erlang_a(rate, 1, agents, 0), erlang_a(rate, 1, agents, 1e-12)
        assert (none.p_abandon, none.p_wait) == pytest.approx((erlang_b(rate, agents),) * 2, rel=1e-12)
        assert short.p_abandon == pytest.approx(none.p_abandon, rel=1e-8)
        assert (none.mean_wait, none.asa) == pytest.approx((0, 0), abs=1e-15)

    def test_endless_room_is_no_limit(self) -> None:
        for room, q in ((mmn_k(4, 1, 5, 400), mmn(4, 1, 5)), (mmn_k(9, 1, 5, 400, 2), erlang_a(9, 1, 5, 2))):
            assert room.p_abandon == pytest.approx(q.p_abandon, rel=1e-10)
            assert room.mean_wait == pytest.approx(q.mean_wait, rel=1e-10)
            assert room.asa == pytest.approx(q.asa, rel=1e-10)
            assert room.service_level(0.3) == pytest.approx(q.service_level(0.3), rel=1e-10)
            assert room.p_wait_longer(0.3) == pytest.approx(q.p_wait_longer(0.3), rel=1e-10)
            assert room.wait_quantile(0.9) == pytest.approx(q.wait_quantile(0.9), rel=1e-9)

    def test_patience_like_handling_is_a_poisson_number(self) -> None:
        """Whoever leaves, leaves at the same rate: the number in the system is Poisson."""
        for load, agents in ((0.7, 1), (10, 8), (100, 100), (3000, 2950)):
            assert erlang_a(load, 1, agents, 1).mean_in_system == pytest.approx(load, rel=1e-9)

    def test_overload_is_a_fluid(self) -> None:
        """5,000 erlangs at 3,000 agents: 40 % give up, and the rest wait until 40 % have."""
        for law, wait in ((laws.exponential(2), -2 * np.log(0.6)), (laws.uniform(0, 5), 2.0)):
            q = mmn_g(5000, 1, 3000, law)
            assert q.p_abandon == pytest.approx(0.4, rel=1e-3)
            assert q.asa == pytest.approx(wait, rel=1e-3)
            assert q.occupancy == pytest.approx(1, rel=1e-9)

    def test_tiny_desks_and_no_arrivals(self) -> None:
        assert erlang_a(0, 1, 3, 1).service_level(0) == mmn(0, 1, 3).service_level(0) == 1
        assert (
            mmn_k(0, 1, 3, 5, 1).mean_wait == erlang_a(0, 1, 1, 1).mean_queue == mdn(0, 1, 2).mean_wait == 0
        )
        few = erlang_a(1e-9, 1, 1, 1)
        assert few.p_wait == pytest.approx(1e-9, rel=1e-6)
        assert erlang_a(1e-3, 1, 3000, 1).p_wait == 0  # below the smallest number there is
        assert erlang_b(0, 0) == 1
        assert erlang_b(0, 2) == 0

    def test_square_root_limits(self) -> None:
        n, beta = 250_000, 0.5
        load = n - beta * sqrt(n)
        assert erlang_c(load, n) == pytest.approx(halfin_whitt(beta), rel=2e-3)
        for patience in (0.5, 2.0):
            q = erlang_a(2500 - beta * 50, 1, 2500, patience)
            assert q.p_wait == pytest.approx(garnett(beta, patience), rel=2e-2)
            assert q.p_abandon * 50 == pytest.approx(garnett_abandonment(beta, patience), rel=2e-2)
        assert garnett(0.5, 1e9) == pytest.approx(halfin_whitt(0.5), rel=1e-4)

    def test_square_root_inverse(self) -> None:
        for p in (1e-6, 0.05, 0.5, 0.95, 0.999):
            assert halfin_whitt(beta_for(p)) == pytest.approx(p, rel=1e-9)
            for ratio in (0.01, 1, 100):
                assert garnett(beta_for(p, ratio), ratio) == pytest.approx(p, rel=1e-9)
        assert square_root_agents(0.01, 0.9, 1) == 1
        assert abs(square_root_agents(1000, 0.2) - agents_for(Target(p_wait=0.2), 1000, 1)) <= 1

    @pytest.mark.parametrize(
        ("agents", "rho"), [(1, 0.3), (1, 0.97), (3, 0.6), (20, 0.9), (2, 0.999), (400, 0.99)]
    )
    def test_equal_handling_waits_about_half(self, agents: int, rho: float) -> None:
        waits, exponential = mdn(agents * rho, 1, agents), mmn(agents * rho, 1, agents)
        assert 0.499999 < waits.mean_wait / exponential.mean_wait < 0.6 or rho < 0.9
        assert waits.p_wait <= exponential.p_wait + 1e-12
        if agents == 1:
            assert waits == pytest.approx(mg1(rho, 1, 0), rel=1e-9)

    def test_both_formulas_for_equal_handling_agree(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for agents, rho in ((2, 0.8), (10, 0.9), (50, 0.98)):
            monkeypatch.setattr("sim.theory.single._MOST_TERMS", 10**9)
            series = mdn(agents * rho, 1, agents)
            monkeypatch.setattr("sim.theory.single._MOST_TERMS", 0)
            assert mdn(agents * rho, 1, agents) == pytest.approx(series, rel=1e-11)

    def test_equal_priority_is_none(self) -> None:
        assert priority_waits([3.0], 1, 4) == pytest.approx([mmn(3, 1, 4).mean_wait])
        rates, waits = [0.5, 1.0, 2.0], priority_waits([0.5, 1.0, 2.0], 1, 4)
        assert np.dot(rates, waits) == pytest.approx(3.5 * mmn(3.5, 1, 4).mean_wait)
        assert priority_waits_mg1([0.5], [1.0], [2.0]) == pytest.approx([mg1(0.5, 1, 2).mean_wait])
        assert top_class_service_level([3.0], 1, 4, 0.2) == pytest.approx(mmn(3, 1, 4).service_level(0.2))


PARTS = {
    "exponential": [LawPart(LawKind.EXPONENTIAL, 5.0)],
    "lognormal": [LawPart(LawKind.LOGNORMAL, 5.0, 0.8)],
    "gamma": [LawPart(LawKind.GAMMA, 5.0, 1.7)],
    "weibull": [LawPart(LawKind.WEIBULL, 5.0, 2.0)],
    "uniform": [LawPart(LawKind.UNIFORM, 2.0, 7.0)],
    "scipy": [LawPart(LawKind.SCIPY, 5.0, name="burr12", figures=(3.0, 2.0))],
    "sample": [LawPart(LawKind.SAMPLE, 5.0, sample=sample_of({60: 1.0, 20: 3.0, 45: 0.5})[1])],
    "mixture": [LawPart(LawKind.UNIFORM, 2.0, 7.0, 0.2), LawPart(LawKind.GAMMA, 5.0, 0.5, 0.8)],
}  # fmt: skip


class TestLaws:
    @pytest.mark.parametrize("name", PARTS)
    def test_survival_is_that_of_the_model(self, name: str) -> None:
        x = np.array([0.01, 0.5, 2.0, 4.9, 7.5, 30.0])
        ours, models = laws.survival_of(PARTS[name])(x), Mixture(PARTS[name]).share(x, 1)
        assert ours == pytest.approx(models, rel=1e-9, abs=1e-15)

    def test_values_and_never_among_the_parts(self) -> None:
        parts = [LawPart(LawKind.EXACTLY, 3.0, weight=1.0), LawPart(LawKind.NEVER, weight=3.0)]
        assert laws.survival_of(parts)(np.array([0.0, 2.9, 3.0, 1e9])).tolist() == [1, 1, 0.75, 0.75]

    def test_every_kind_of_the_model_is_known(self) -> None:
        for kind in LawKind:
            part = LawPart(kind, 1.0, 2.0, name="gamma", figures=(2.0,), sample=sample_of({1: 1, 3: 1})[1])
            low = laws.survival_of([part])(np.array([1e-9]))
            assert low[0] == pytest.approx(1, abs=0.01)

    def test_patience_of_the_model_in_a_desk(self) -> None:
        q = mmn_g(48, 1, 50, laws.survival_of([LawPart(LawKind.EXPONENTIAL, 2.0)]))
        assert q.p_abandon == pytest.approx(erlang_a(48, 1, 50, 2).p_abandon, rel=1e-12)

    def test_shape_of_patience_matters(self) -> None:
        """At one mean patience the share that gives up differs by a factor between laws."""
        by_law = [mmn_g(19.5, 3, 60, law).p_abandon for law in (laws.exactly(2), laws.lognormal(2, 3))]
        assert by_law[1] > 3 * by_law[0]


# ---------------------------------------------------------------- offered load


class TestOfferedLoad:
    edges, rates = (0.0, 60.0, 120.0, 125.0, 400.0), (2.0, 5.0, 0.0, 1.0)

    @pytest.mark.parametrize("time", [-5.0, 0.0, 3.0, 60.0, 119.0, 124.0, 399.0, 400.0, 450.0])
    def test_steps_in_closed_form(self, time: float) -> None:
        exact = offered_load_exponential(time, self.edges, self.rates, 7.0)
        assert offered_load_steps(time, self.edges, self.rates, laws.exponential(7)) == pytest.approx(
            exact, 1e-11
        )

        def rate(t: np.ndarray) -> np.ndarray:
            inside = (t >= self.edges[0]) & (t < self.edges[-1])
            return np.where(
                inside, np.array([*self.rates, 0.0])[np.searchsorted(self.edges, t, "right") - 1], 0.0
            )

        assert offered_load(time, rate, laws.exponential(7)) == pytest.approx(exact, rel=1e-10, abs=1e-12)

    @pytest.mark.parametrize(
        "law", [laws.lognormal(7, 1.5), laws.gamma(7, 2), laws.exactly(7), laws.uniform(2, 30)]
    )
    def test_steps_by_plain_quadrature(self, law: Curve) -> None:
        for time in (30.0, 121.0, 350.0):
            age = (np.arange(200_000) + 0.5) * time / 200_000
            rate = np.array(self.rates)[np.searchsorted(self.edges, time - age, "right") - 1]
            plain = float((rate * law(age)).mean()) * time
            assert offered_load_steps(time, self.edges, self.rates, law) == pytest.approx(plain, rel=1e-4)

    def test_short_handling_just_after_a_step(self) -> None:
        brief = laws.exponential(1e-4)
        assert offered_load_steps(60.001, self.edges, self.rates, brief) == pytest.approx(5e-4, rel=1e-3)
        assert offered_load_steps(390.0, self.edges, self.rates, brief) == pytest.approx(1e-4, rel=1e-10)
        assert offered_load(0.3, np.ones_like, laws.exactly(2.001)) == pytest.approx(2.001, rel=1e-12)

    def test_constant_rate_fills_up_to_rate_times_mean(self) -> None:
        for law in (laws.lognormal(4, 2), laws.weibull(4, 3), laws.gamma(4, 0.1)):
            assert offered_load_steps(1e6, [0, 2e6], [3.0], law) == pytest.approx(12, rel=1e-9)


# ---------------------------------------------------------------- more agents, more load, targets

TARGETS = [
    Target(service_level=0.8, within=0.3),
    Target(p_wait=0.2),
    Target(mean_wait=0.05),
    Target(occupancy=0.85),
    Target(p_abandon=0.03),
    Target(service_level=0.7, within=0.2, mean_wait=0.1, occupancy=0.9),
]


@pytest.mark.parametrize("patience", [2.0, *PATIENCE.values()], ids=["mean 2", *PATIENCE])
def test_more_agents_and_less_load_are_better(patience: float | Curve) -> None:
    def figures(rate: float, agents: int) -> tuple[float, ...]:
        q = desk(rate, 1, agents, patience)
        return (
            q.p_wait,
            q.p_abandon,
            q.mean_wait,
            q.asa,
            q.occupancy,
            -q.service_level(0.25),
            -q.service_level(0),
        )

    by_agents = np.array([figures(20, agents) for agents in range(11, 34)])
    assert (np.diff(by_agents, axis=0) <= 1e-13).all()
    by_load = np.array([figures(rate, 20) for rate in np.linspace(0.5, 39, 30)])
    assert (np.diff(by_load, axis=0) >= -1e-13).all()


@pytest.mark.parametrize("target", TARGETS, ids=str)
@pytest.mark.parametrize("patience", [inf, 2.0, PATIENCE["wide"]], ids=["inf", "2", "wide"])
class TestInverses:
    def test_agents_are_the_fewest(self, target: Target, patience: float | Curve) -> None:
        for rate in (0.0, 0.3, 4.0, 17.0, 2200.0):
            agents = agents_for(target, rate, 1, patience)
            assert target.is_met(desk(rate, 1, agents, patience))
            with_less = [n for n in range(max(1, agents - 12), agents) if patience != inf or n > rate]
            assert not any(target.is_met(desk(rate, 1, n, patience)) for n in with_less)

    def test_arrival_rate_is_the_largest(self, target: Target, patience: float | Curve) -> None:
        for agents in (1, 7, 300):
            rate = largest_arrival_rate(target, 1, agents, patience)
            assert target.is_met(desk(rate, 1, agents, patience))
            assert agents_for(target, rate, 1, patience) == agents
            assert agents_for(target, rate * (1 + 1e-9), 1, patience) == agents + 1


def test_a_target_met_at_any_load_has_no_largest() -> None:
    with pytest.raises(ValueError, match="at any load"):
        largest_arrival_rate(Target(mean_wait=3.0), 1, 5, 2.0)


# ---------------------------------------------------------------- what is refused


class TestRefused:
    @pytest.mark.parametrize(
        "ask",
        [
            lambda: erlang_c(5, 5),
            lambda: mmn(2, 3, 6),
            lambda: erlang_a(7, 1, 6, inf),
            lambda: mmn_g(10, 1, 4, PATIENCE["some stay"]),
            lambda: mg1(1, 1, 0),
            lambda: mg1_busy_period(2, 1),
            lambda: mdn(2, 1, 2),
            lambda: priority_waits([1, 1], 1, 2),
            lambda: priority_waits_mg1([0.5, 0.5], [1, 1], [0, 0]),
            lambda: top_class_service_level([1, 1], 1, 2, 0.1),
        ],
    )  # fmt: skip
    def test_queues_that_grow_without_end(self, ask: Callable[[], object]) -> None:
        with pytest.raises(UnstableQueue) as caught:
            ask()
        assert isinstance(caught.value, SimError)

    def test_words(self) -> None:
        with pytest.raises(UnstableQueue, match=r"^1 agent cannot carry a load of 1\.5 when nobody gives up"):
            mmn(1.5, 1, 1)

    @pytest.mark.parametrize(
        "ask",
        [
            lambda: erlang_b(-1, 2),
            lambda: erlang_b(nan, 2),
            lambda: erlang_b(1, 2.5),
            lambda: erlang_b(1, -1),
            lambda: erlang_c(1, 0),
            lambda: mmn(1, 0, 2),
            lambda: mmn(inf, 1, 2),
            lambda: erlang_a(1, 1, 2, -1),
            lambda: erlang_a(1, 1, 2, nan),
            lambda: mmn_g(1, 1, 2, lambda x: 2 - x),
            lambda: mmn_k(1, 1, 5, 4),
            lambda: mmn_k(1, 1, 5, 6, 0),
            lambda: mmn(1, 1, 2).service_level(-1),
            lambda: mmn(1, 1, 2).wait_quantile(1),
            lambda: mg1(0.5, 1, -1),
            lambda: priority_waits([-1.0], 1, 1),
            lambda: priority_waits_mg1([0.1], [1, 1], [1]),
            lambda: top_class_service_level([], 1, 1, 1),
            lambda: laws.exponential(-1),
            lambda: laws.lognormal(1, 0),
            lambda: laws.uniform(2, 1),
            lambda: laws.mixture((0, laws.never())),
            lambda: offered_load(nan, np.ones_like, laws.exponential(1)),
            lambda: offered_load(0, np.ones_like, laws.never()),
            lambda: offered_load_steps(1, [0, 1], [1, 2], laws.exponential(1)),
            lambda: offered_load_steps(1, [1, 0], [1], laws.exponential(1)),
            lambda: offered_load_exponential(1, [0, 1], [-1], 1),
            lambda: halfin_whitt(0),
            lambda: garnett(inf, 1),
            lambda: garnett(0, 0),
            lambda: beta_for(1),
            lambda: square_root_agents(-1, 0.5),
            Target,
            lambda: Target(service_level=1),
            lambda: Target(mean_wait=0),
            lambda: Target(p_wait=0.1, within=-1),
            lambda: agents_for(TARGETS[0], -1, 1),
            lambda: largest_arrival_rate(TARGETS[0], 1, 0),
        ],
    )  # fmt: skip
    def test_nonsense(self, ask: Callable[[], object]) -> None:
        with pytest.raises(ValueError, match=r"\w"):
            ask()
