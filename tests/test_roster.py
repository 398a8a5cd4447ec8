"""Roster: rows of a day are those of the plan, and absence belongs to a place and a date."""

from __future__ import annotations

import numpy as np
import pytest
from small_models import HOUR, ints, one_team, small_model

from sim.model.draws import ABSENCE, absence_word, hash32, philox, uniform
from sim.model.records import Duty
from sim.model.roster import head_count_steps, shift_duties
from sim.model.tables import DAY, HeadCounts, Model, Shifts


def with_shifts(p_absent: float = 0.0, n_present: int = 3) -> Model:
    """Two shifts of one team: day, 8 to 16, 4 agents, one break; night, 22 to 6, 2 agents, two breaks."""
    model = small_model()
    shifts = Shifts(
        team=ints(0, 0),
        name_hash=ints(hash32("shift:day"), hash32("shift:night")),
        begins=ints(8 * HOUR, 22 * HOUR),
        ends=ints(16 * HOUR, 30 * HOUR),
        first_agent=ints(0, 4),
        n_scheduled=ints(4, 2)[:, None],
        n_present=ints(n_present, 2)[:, None],
        first_break=ints(0, 1, 3),
        break_due=ints(12 * HOUR, 23 * HOUR + HOUR // 2, 27 * HOUR),
        break_length=ints(HOUR // 2, HOUR, HOUR // 4),
    )
    return model._replace(plan=model.plan._replace(shifts=shifts), teams=one_team(6, p_absent))


def with_head_counts(steps: list[tuple[int, int, int]], p_absent: float = 0.0) -> Model:
    """One team with steps (hour, scheduled, present after shrinkage)."""
    model = small_model()
    hour, scheduled, present = (np.array(column, np.int64) for column in zip(*steps, strict=True))
    zeros = np.zeros(len(steps), np.int64)
    counts = HeadCounts(zeros, zeros, hour * HOUR, scheduled, present)
    teams = one_team(int(scheduled.max()), p_absent)
    return model._replace(plan=model.plan._replace(head_counts=counts), teams=teams)


def test_rows_of_a_day_are_the_shifts_that_begin_on_it() -> None:
    rows = shift_duties(with_shifts(), 1, 0, day=2)
    assert rows.agent.tolist() == [0, 1, 2, 3, 4, 5]
    assert rows.begins.tolist() == [2 * DAY + 8 * HOUR] * 4 + [2 * DAY + 22 * HOUR] * 2
    assert rows.ends.tolist() == [2 * DAY + 16 * HOUR] * 4 + [3 * DAY + 6 * HOUR] * 2
    assert rows.duty.tolist() == [Duty.ON] * 3 + [Duty.SHRINKAGE] + [Duty.ON] * 2


def test_breaks_belong_to_those_on_duty() -> None:
    rows = shift_duties(with_shifts(), 1, 0, day=0)
    assert rows.first_break.tolist() == [0, 1, 2, 3, 3, 5, 7]
    assert rows.break_due[:3].tolist() == [12 * HOUR] * 3
    assert rows.break_due[3:5].tolist() == [23 * HOUR + HOUR // 2, 27 * HOUR]
    assert rows.break_length[3:5].tolist() == [HOUR, HOUR // 4]


def test_of_the_day_before_the_start_only_what_lasts_past_midnight_counts() -> None:
    """Of the break from 23:30 to 0:30 half an hour is left."""
    rows = shift_duties(with_shifts(), 1, 0, day=-1)
    assert rows.agent.tolist() == [4, 5]
    assert rows.begins.tolist() == [0, 0]
    assert rows.ends.tolist() == [6 * HOUR, 6 * HOUR]
    assert rows.break_due.tolist() == [0, 3 * HOUR] * 2
    assert rows.break_length.tolist() == [HOUR // 2, HOUR // 4] * 2


def test_model_without_shifts_has_no_rows() -> None:
    rows = shift_duties(small_model(), 1, 0, day=0)
    assert [len(column) for column in rows] == [0, 0, 0, 0, 0, 1, 0, 0]
    assert head_count_steps(with_shifts(), 1, 0, 0).present.tolist() == [2]


def test_absence_is_lane_0_of_the_places_own_block() -> None:
    model = with_shifts(p_absent=0.5, n_present=4)
    who = absence_word(hash32("team:own"), hash32("shift:day"))
    for day in (-1, 0, 9):
        rows = shift_duties(model, 7, 3, day)
        for place in range(4) if day >= 0 else ():
            u = uniform(philox(7, 3, who, ABSENCE + place, day)[0])
            assert rows.duty[place] == (Duty.ABSENT if u < 0.5 else Duty.ON)


@pytest.mark.parametrize("day", [-1, 0, 12])
def test_absence_does_not_depend_on_who_else_is_planned(day: int) -> None:
    """Shrinkage takes the last place; the first three are absent on the same days."""
    fewer = shift_duties(with_shifts(0.4, n_present=3), 1, 0, day)
    more = shift_duties(with_shifts(0.4, n_present=4), 1, 0, day)
    first = fewer.duty != Duty.SHRINKAGE
    assert np.array_equal(fewer.duty[first], more.duty[first])


def test_absence_has_its_probability() -> None:
    """8 % of 600 days x 6 places; |z| < 4: a false alarm in 16 000 seeds."""
    model = with_shifts(0.08, n_present=4)
    duties = np.concatenate([shift_duties(model, 1, 0, day).duty for day in range(600)])
    z = (np.mean(duties == Duty.ABSENT) - 0.08) / np.sqrt(0.08 * 0.92 / len(duties))
    assert abs(z) < 4


def test_who_is_absent_has_no_breaks() -> None:
    rows = shift_duties(with_shifts(p_absent=1.0), 1, 0, day=0)
    assert set(rows.duty.tolist()) == {Duty.ABSENT, Duty.SHRINKAGE}
    assert rows.first_break.tolist() == [0] * 7
    assert len(rows.break_due) == 0


def test_head_counts_change_where_a_number_changes() -> None:
    rows = head_count_steps(with_head_counts([(0, 5, 4), (6, 5, 4), (8, 9, 7), (20, 5, 4)]), 1, 0, day=3)
    assert (rows.tick - 3 * DAY).tolist() == [0, 8 * HOUR, 20 * HOUR]
    assert rows.present.tolist() == [4, 7, 4]
    assert rows.absent.tolist() == [0, 0, 0]
    assert rows.shrunk.tolist() == [1, 2, 1]


def test_midnight_has_a_row_even_if_nobody_is_there() -> None:
    rows = head_count_steps(with_head_counts([(0, 0, 0), (8, 3, 3)]), 1, 0, day=0)
    assert rows.tick.tolist() == [0, 8 * HOUR]
    assert rows.present.tolist() == [0, 3]


def test_absent_places_stay_so_all_day() -> None:
    """Places of each step are the first ones of the same list, so absence is counted from the front."""
    model = with_head_counts([(0, 10, 10), (8, 40, 30), (20, 10, 10)], p_absent=0.3)
    who = absence_word(hash32("team:own"), 0)
    for day in range(5):
        rows = head_count_steps(model, 1, 2, day)
        absent = [uniform(philox(1, 2, who, ABSENCE + p, day)[0]) < 0.3 for p in range(30)]
        assert rows.absent.tolist() == [sum(absent[:10]), sum(absent), sum(absent[:10])]
        assert (rows.present + rows.absent).tolist() == [10, 30, 10]
        assert rows.shrunk.tolist() == [0, 10, 0]


def test_steps_of_several_teams_are_sorted_by_tick_then_team() -> None:
    model = small_model()
    counts = HeadCounts(
        ints(0, 0, 1, 1), ints(0, 0, 0, 0), ints(0, 9, 0, 7) * HOUR, ints(1, 2, 3, 4), ints(1, 2, 3, 4)
    )
    teams = model.teams._replace(name_hash=ints(1, 2), p_absent=np.zeros(2))
    model = model._replace(plan=model.plan._replace(head_counts=counts), teams=teams)
    rows = head_count_steps(model, 1, 0, 0)
    table = np.array([rows.tick // HOUR, rows.team, rows.present]).T
    assert table.tolist() == [[0, 0, 1], [0, 1, 3], [7, 1, 4], [9, 0, 2]]
