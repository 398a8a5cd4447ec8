"""Roster: rows of a day are those of the plan, and absence belongs to a place and a date."""

from __future__ import annotations

import numpy as np
import pytest
from calendars import with_head_counts_on, with_kinds, with_shift_on
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


# --------------------------------------------------------------------------------------- kinds of day
DAY_SHIFT, NIGHT_SHIFT = 0, 1
WEEKDAY, SUNDAY = 0, 1


def week(model: Model) -> Model:
    """The model with an eve and weeks that begin on Monday; nobody begins a shift on Sunday."""
    model = with_kinds(model, SUNDAY, *[WEEKDAY] * 6)
    return with_shift_on(with_shift_on(model, DAY_SHIFT, SUNDAY, 0), NIGHT_SHIFT, SUNDAY, 0)


def test_a_shift_without_agents_on_sunday_has_no_rows() -> None:
    model = week(with_shifts())
    counts = [len(shift_duties(model, 1, 0, day).agent) for day in range(-1, 14)]
    assert counts == [0, *[6] * 6, 0, *[6] * 6, 0]


def test_a_night_shift_belongs_to_the_day_on_which_it_begins() -> None:
    """That of Saturday lasts into Sunday, that of Sunday would have lasted into Monday."""
    model = week(with_shifts())
    saturday = shift_duties(model, 1, 0, day=5)
    assert saturday.ends[-1] == 6 * DAY + 6 * HOUR
    assert saturday.break_due[-1] == 6 * DAY + 3 * HOUR
    assert len(shift_duties(model, 1, 0, day=6).agent) == 0
    assert len(shift_duties(model, 1, 0, day=-1).agent) == 0


def test_fewer_agents_on_a_kind_of_day_are_the_first_of_the_shift() -> None:
    model = with_shift_on(week(with_shifts()), DAY_SHIFT, SUNDAY, 2)
    assert shift_duties(model, 1, 0, day=6).agent.tolist() == [0, 1]
    assert shift_duties(model, 1, 0, day=7).agent.tolist() == [0, 1, 2, 3, 4, 5]


def test_shrinkage_is_that_of_the_kind_of_day() -> None:
    model = with_kinds(with_shifts(), WEEKDAY, WEEKDAY, SUNDAY)
    present = model.plan.shifts.n_present.copy()
    present[DAY_SHIFT] = [4, 1]
    model = model._replace(plan=model.plan._replace(shifts=model.plan.shifts._replace(n_present=present)))
    for day, n_away in ((0, 0), (1, 3)):
        duty = shift_duties(model, 1, 0, day).duty[:4]
        assert duty.tolist() == [Duty.ON] * (4 - n_away) + [Duty.SHRINKAGE] * n_away


def test_absence_belongs_to_a_date_whatever_the_day_on_which_the_simulation_begins() -> None:
    model = with_shifts(p_absent=0.4, n_present=4)
    later = model._replace(calendar=model.calendar._replace(first_date=10))
    for day in range(5):
        there = shift_duties(model, 1, 0, day + 10)
        assert np.array_equal(shift_duties(later, 1, 0, day).duty, there.duty)
    duties = [tuple(shift_duties(model, 1, 0, day).duty.tolist()) for day in range(12)]
    assert len(set(duties)) > 6


def test_absence_of_a_head_count_belongs_to_a_date_too_and_to_the_first_places() -> None:
    """On Sunday 10 of the 30 places are there: absent among them are those absent were it another day."""
    model = with_head_counts([(0, 30, 30)], p_absent=0.3)
    later = with_kinds(model, WEEKDAY, WEEKDAY, SUNDAY)
    later = later._replace(calendar=later.calendar._replace(first_date=5))
    later = with_head_counts_on(later, 0, SUNDAY, {0: 10, 12 * HOUR: 30})
    whole, noon = head_count_steps(model, 1, 0, 6), head_count_steps(later, 1, 0, 1)
    who = absence_word(hash32("team:own"), 0)
    absent = [uniform(philox(1, 0, who, ABSENCE + p, 6)[0]) < 0.3 for p in range(30)]
    assert whole.absent.tolist() == [sum(absent)]
    assert noon.absent.tolist() == [sum(absent[:10]), sum(absent)]
    assert noon.present.tolist() == [10 - sum(absent[:10]), 30 - sum(absent)]


def test_head_counts_step_at_midnight_between_kinds_of_day() -> None:
    model = with_kinds(with_head_counts([(0, 3, 3), (8, 9, 9)]), WEEKDAY, WEEKDAY, SUNDAY)
    model = with_head_counts_on(model, 0, SUNDAY, {0: 5})
    steps = [head_count_steps(model, 1, 0, day) for day in range(3)]
    assert [s.tick.tolist() for s in steps] == [[0, 8 * HOUR], [DAY], [2 * DAY, 2 * DAY + 8 * HOUR]]
    assert [s.present.tolist() for s in steps] == [[3, 9], [5], [3, 9]]


def test_numbers_of_agents_stay_in_the_range_of_their_shift() -> None:
    model = with_shift_on(week(with_shifts()), NIGHT_SHIFT, SUNDAY, 1)
    for day in range(-1, 8):
        rows = shift_duties(model, 1, 0, day)
        is_night = rows.begins % DAY != 8 * HOUR
        assert set(rows.agent[~is_night].tolist()) <= {0, 1, 2, 3}
        assert set(rows.agent[is_night].tolist()) <= {4, 5}
        assert len(np.unique(rows.agent)) == len(rows.agent)
