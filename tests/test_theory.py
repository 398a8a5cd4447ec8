"""Exact results meet published digits, each other's limits, brute force, and their own inverses."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from math import ceil, exp, inf, isclose, nan, pi, sqrt
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.special import roots_genlaguerre

from sim.errors import SimError, UnstableQueue
from sim.model.laws import LawKind, LawPart, Mixture
from sim.theory import laws
from sim.theory.erlang import desk, erlang_a, erlang_b, erlang_c, mmn, mmn_k
from sim.theory.infinite import offered_load, offered_load_exponential, offered_load_steps
from sim.theory.panels import Curve, Floats
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

NOT_HERE = {"mean_offered_wait_s", "mean_offered_wait_min", "overflow_variance"}
"""Figures of the cases for which there is no function."""


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["id"]))
def test_exact_case(case: dict[str, Any]) -> None:
    ours = FAMILIES[case["family"]](case["model"])
    wanted = {name: value for name, value in case["quantities"].items() if name not in NOT_HERE}
    digits = 8 if case["accuracy"].startswith(">=8") else 9
    for name, value in wanted.items():
        assert ours[name] == pytest.approx(value, rel=0.5 * 10 ** (1 - digits), abs=1e-15), name
