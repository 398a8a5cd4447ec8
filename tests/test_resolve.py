"""From words to the numbers engines read: classes, tables, routes, lines, staff, scale."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sim.model.records import LEAVES, NONE
from sim.model.tables import NEVER, UNLIMITED, Model
from sim.scenario.mixing import class_weights
from sim.scenario.resolve import Resolved, logistic_nodes
from sim.scenario.traffic import endless, flows, load_slot, offered_load, overloads
from sim.scenario.validate import load
from sim.units import DAY, HOUR, MINUTE

BASE = """
name: Test
attributes: {difficulty: {easy: 60%, hard: rest}, language: {english: 70%, spanish: 30%}}
demand: {volume: 2_400/day, enters: {helper: 50%, phone: rest}}
bots:
  helper: {session: 1 min, solves: 40%, unsolved: {phone: 50%, leaves: rest}}
desks:
  phone:
    handling: {easy: 2 min, hard: {08:00-20:00: 6 min, else: 4 min}}
    patience: {english: exponential 5 min, spanish: never}
    head_start: {spanish: always first, else: 0 s}
    at_most_waiting: {22:00-06:00: 5, else: 50}
    asks: [both, english_only]
    wrap_up: 30 s
teams:
  english_only: {serves: {english: 1}, agents: 10}
  both:
    serves: {spanish: 1, english: 2}
    shifts: {day: {from: 08:00, to: 16:00, agents: 7, break: 30 min at 12:00},
             night: {from: 22:00, to: 06:00, agents: 3}}
    shrinkage: 30%
"""


@pytest.fixture
def resolved(tmp_path: Path) -> Resolved:
    return resolve_text(tmp_path, BASE)


def resolve_text(folder: Path, text: str, *sets: str) -> Resolved:
    path = folder / "scenario.yaml"
    path.write_text(text, encoding="utf-8")
    return load(path, sets=sets).resolved


def by_class(model: Model) -> dict[tuple[str, str], int]:
    names = [("easy", "english"), ("easy", "spanish"), ("hard", "english"), ("hard", "spanish")]
    assert model.n_classes == len(names)
    return {name: number for number, name in enumerate(names)}


def test_classes_count_like_digits_and_weigh_as_the_shares_say(resolved: Resolved) -> None:
    np.testing.assert_allclose(class_weights(resolved.model, 0), [0.42, 0.18, 0.28, 0.12])


def test_periods_are_the_clock_times_at_which_some_value_changes(resolved: Resolved) -> None:
    assert resolved.model.calendar.begins.tolist() == [h * HOUR for h in (0, 6, 8, 20, 22)]


def test_tables_nest_attributes_and_clock(resolved: Resolved) -> None:
    cls, mean = by_class(resolved.model), resolved.model.stages.work.mean[1] / MINUTE
    assert mean[cls["easy", "english"]].tolist() == [2, 2, 2, 2, 2]
    assert mean[cls["hard", "spanish"]].tolist() == [4, 4, 6, 4, 4]


def test_what_only_some_have_is_never_or_strict_for_them(resolved: Resolved) -> None:
    cls, stages = by_class(resolved.model), resolved.model.stages
    assert (stages.head_start[1, cls["easy", "spanish"]] == NEVER).all()
    assert (stages.head_start[1, cls["easy", "english"]] == 0).all()
    patience = stages.patience.shape[1]
    assert patience[cls["easy", "spanish"], 0] != patience[cls["easy", "english"], 0]


def test_limits_follow_the_clock_and_are_absent_elsewhere(resolved: Resolved) -> None:
    assert resolved.model.stages.limit.tolist() == [[UNLIMITED] * 5, [5, 50, 50, 50, 5]]


def test_lines_are_classes_with_the_same_teams_at_the_same_rank(resolved: Resolved) -> None:
    lines, cls = resolved.model.lines, by_class(resolved.model)
    line = resolved.model.stages.line
    assert line[1, cls["easy", "english"]] == line[1, cls["hard", "english"]]
    english, spanish = line[1, cls["easy", "english"]], line[1, cls["easy", "spanish"]]
    assert lines.rank[english].tolist() == [1, 2]
    assert lines.rank[spanish].tolist() == [0, 1]
    assert lines.asks[english].tolist() == [1, 0]  # both before english_only, as `asks` says
    assert lines.asks[spanish].tolist() == [1, NONE]
    assert (line[0] == NONE).all()


def test_routes_lead_to_stages_with_their_shares(resolved: Resolved) -> None:
    routes, stages = resolved.model.routes, resolved.model.stages
    row = stages.route[0, 1, 0, 0]  # after an unsolved visit at the bot
    entries = slice(routes.first[row], routes.first[row + 1])
    assert routes.to[entries].tolist() == [1, LEAVES]
    assert routes.below[entries].tolist() == [0.5, 1.0]


def test_shrinkage_is_whole_agents_by_largest_remainder(resolved: Resolved) -> None:
    shifts = resolved.model.plan.shifts
    assert shifts.n_scheduled.tolist() == [[7], [3]]
    assert shifts.n_present.tolist() == [[5], [2]]  # 4.9 and 2.1: 7 of 10 stay
    assert shifts.ends.tolist() == [16 * HOUR, 30 * HOUR]
    assert shifts.break_due.tolist() == [12 * HOUR]


def test_one_accuracy_falls_with_difficulty_and_keeps_its_mean(resolved: Resolved) -> None:
    stages = resolved.model.stages
    nodes = stages.curves[stages.curve[0, 0, 0]]
    assert (np.diff(nodes) < 0).all()
    assert float((nodes[:-1] + nodes[1:]).mean() / 2) == pytest.approx(0.4, abs=1e-12)


@pytest.mark.parametrize("mean", [0.01, 0.3, 0.72, 0.99])
@pytest.mark.parametrize("steepness", [0.1, 3.0, 10.0, 100.0])
def test_the_mean_of_the_curve_is_exact(mean: float, steepness: float) -> None:
    nodes = logistic_nodes(mean, steepness)
    assert float((nodes[:-1] + nodes[1:]).mean() / 2) == pytest.approx(mean, abs=1e-12)


def test_accuracy_by_difficulty_is_flat_within_a_grade(tmp_path: Path) -> None:
    stages = resolve_text(tmp_path, BASE, "bots.helper.solves={easy: 60%, hard: 10%}").model.stages
    assert (stages.curve[0] == NONE).all()
    assert stages.p_solved[0, :, 0].tolist() == [0.6, 0.6, 0.1, 0.1]


def test_scale_multiplies_volume_staff_and_limits_together(tmp_path: Path, resolved: Resolved) -> None:
    tenth = resolve_text(tmp_path, BASE, "scale=0.1").model
    full = resolved.model
    np.testing.assert_allclose(tenth.streams.rate, full.streams.rate / 10)
    assert tenth.plan.head_counts.n_scheduled.tolist() == [1]
    assert tenth.plan.shifts.n_scheduled.tolist() == [[1], [1]]  # 0.7 and 0.3, but never below 1
    assert tenth.stages.limit[1].tolist() == [1, 5, 5, 5, 1]


def test_expected_load_is_flow_times_work(resolved: Resolved) -> None:
    # 100 issues an hour; at the desk 50 % + 50 % x 60 % unsolved x 50 % = 65 an hour
    load = offered_load(resolved.model)
    night = 65 / 60 * (0.6 * 2.5 + 0.4 * 4.5)  # handling + 30 s, erlangs
    day = 65 / 60 * (0.6 * 2.5 + 0.4 * 6.5)
    assert load[:, 2].sum() == pytest.approx(night)
    assert load[:, 12].sum() == pytest.approx(day)


def test_overload_names_its_hours(tmp_path: Path) -> None:
    model = resolve_text(tmp_path, BASE, "teams.english_only.agents={08:00-20:00: 1, else: 10}").model
    [(_, spells)] = overloads(model)
    # 1 + 5 agents against 4.44 erlangs until 16:00, but for the break; then 1 agent alone
    assert [(b // HOUR, e // HOUR) for b, e, _ in spells] == [(12, 12), (16, 20)]
    assert spells[0][1] - spells[0][0] == 30 * MINUTE


HALF_HOURS = """
name: Opens at half past eight
attributes: {topic: {08:20-08:50: {a: 100%, b: 0%}, else: {a: 0%, b: 100%}}}
demand: {volume: 2_400/day, enters: chat}
desks: {chat: {handling: 3 min, open: 08:30-17:30, solved: {a: back, b: leaves}}}
delays: {back: {lasts: 1 min}}
teams: {own: {serves: chat, agents: 4}}
"""


def test_hours_that_begin_inside_a_slot_count_from_there(tmp_path: Path) -> None:
    model = resolve_text(tmp_path, HALF_HOURS).model
    assert (model.streams.slot, load_slot(model)) == (HOUR, 10 * MINUTE)
    load = offered_load(model)[0]
    assert np.flatnonzero(load).tolist() == list(range(8 * 6 + 3, 17 * 6 + 3))
    assert load.max() == pytest.approx(5)
    [(_, spells)] = overloads(model)
    assert [spell[:2] for spell in spells] == [(8 * HOUR + 30 * MINUTE, 17 * HOUR + 30 * MINUTE)]
    flow = flows(model)
    assert flow.enters[0] == pytest.approx(2400)
    assert flow.work[0] == pytest.approx(900 * 3 * MINUTE)
    assert flow.visits[1] == pytest.approx(100 * 20 / 60)


def test_a_load_that_is_all_of_the_capacity_is_no_overload(tmp_path: Path) -> None:
    # 80 an hour at 6 min are 8 of 10 agents less 20 %; in floats a little more
    text = """
name: Full
demand: {volume: 1_920/day}
desks: {chat: {handling: 6 min}}
teams: {own: {serves: chat, agents: 10, absence: 20%}}
"""
    assert overloads(resolve_text(tmp_path, text).model) == []


def test_a_loop_that_nobody_leaves_is_found(tmp_path: Path) -> None:
    text = BASE.replace("wrap_up: 30 s", "solves: 50%\n    unsolved: helper")
    model = resolve_text(tmp_path, text).model
    assert endless(model) is None  # half of the visits solve
    stuck = model._replace(stages=model.stages._replace(p_solved=np.zeros_like(model.stages.p_solved)))
    assert endless(stuck) is None  # the bot still lets some leave
    everybody = stuck.stages.route.copy()
    everybody[0, :, :] = stuck.streams.entry_route[0]
    assert endless(stuck._replace(stages=stuck.stages._replace(route=everybody))) == [0, 1]


def test_the_volume_is_spread_by_the_profile(tmp_path: Path) -> None:
    rate = resolve_text(tmp_path, BASE, "demand.by_hour=evening").model.streams.rate[0, 0]
    assert rate.sum() * HOUR == pytest.approx(2400)
    assert rate.argmax() == 21
    assert rate[20:22].mean() / rate.mean() == pytest.approx(2.09, abs=0.01)


def test_volumes_from_a_csv_file_beside_the_scenario(tmp_path: Path) -> None:
    rows = [f"{h:02d}:{m:02d},{h + 1}" for h in range(24) for m in (0, 30)]
    (tmp_path / "volumes.csv").write_text("\n".join(["time,volume", *rows]), encoding="utf-8")
    text = BASE.replace("volume: 2_400/day", "by_hour: volumes.csv")
    model = resolve_text(tmp_path, text).model
    assert model.streams.slot == 30 * MINUTE
    assert model.streams.rate[0, 0].sum() * 30 * MINUTE == pytest.approx(2 * sum(range(1, 25)))
    assert model.streams.rate[0, 0, 47] * 30 * MINUTE == pytest.approx(24)


def test_the_horizon_is_in_ticks(tmp_path: Path) -> None:
    horizon = resolve_text(tmp_path, BASE, "horizon={warm_up: 2 h, measure: 3 days, then: cut}").model.horizon
    assert (horizon.warm_up, horizon.end, horizon.stop) == (2 * HOUR, 2 * HOUR + 3 * DAY, 2 * HOUR + 3 * DAY)
