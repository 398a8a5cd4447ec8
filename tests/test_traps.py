"""Well-known mistakes of simulators of queues, numbered; each with a test that would show it.

Some of these mistakes are also excluded by golden traces, by the check of records or by exact figures; what
stands here proves it in another way.

===  =============================================================================  =================
no.  mistake                                                                        file
===  =============================================================================  =================
 1   the next arrival is drawn with the rate of before a change                     test_traps
 2   another plan meets other random numbers                                        .._of_figures
 3   days are all equally busy                                                      .._of_demand
 4   service levels of days or intervals are averaged                               .._of_figures
 5   contacts of a day count as independent in half-widths                          .._of_figures
 6   the service level does not say what it is a share of                           .._of_figures
 7   who gave up still seizes an agent                                              test_traps
 8   patience begins anew at the next desk, or runs while one is served             test_traps
 9   patience is taken for the wait of those who gave up                            .._of_figures
10   every law is exponential                                                       .._of_demand
11   agents vanish at the end of their shift, or never go                           test_traps
12   shrinkage counts twice, or slows agents down                                   test_traps
13   staff follows the rate of the hour, though load lags behind it                 .._of_demand
14   the day begins empty and ends cut off; who is there at the end is dropped      test_traps
15   a formula for a steady state is used where there is none                       .._of_demand
16   a priority interrupts who is served, or loses the order inside a class         test_traps
17   the first agent or queue of the file is taken, not the one longest waiting     test_traps
18   chats of an agent are agents of their own                                      test_traps
19   a bot takes a random share of contacts                                         .._of_demand
20   tries of a bot are independent; who is not solved disappears                   .._of_demand
21   returns are a share of volume, or never end                                    .._of_demand
22   ties depend on the order of insertion                                          test_traps
23   "more agents never hurt" is taken to hold where customers give up              test_traps
24   the best of many plans is shown with the figures that chose it                 (no search yet)
25   occupancy is above 100 %, or over the wrong time                               test_traps
26   averages over kinds of contact are weighted by agents                          .._of_figures
27   overflow to a vendor loses its wait; the vendor is endless and free            .._of_figures
28   days of 23 or 25 hours; shifts over midnight count twice or not at all         test_traps
29   percentiles of parts are averaged                                              .._of_figures
30   the result depends on workers or the order of sums                             .._of_figures
===  =============================================================================  =================
"""

from __future__ import annotations

from itertools import pairwise
from math import sqrt
from typing import Any

import numpy as np
import pytest
from calendars import with_head_counts_on, with_kinds, with_shift_on
from golden_trace import Engine
from numpy.typing import NDArray
from running import folded, resolved, run_checked, visit

from sim.measure.result import document, figure
from sim.model.arrivals import Arrivals, arrivals
from sim.model.records import (
    NONE,
    Chunk,
    Duty,
    DutyColumn,
    End,
    IssueColumn,
    State,
    VisitColumn,
    gather,
    sort_rows,
)
from sim.model.tables import Model
from sim.scenario.resolve import Resolved
from sim.units import DAY, HOUR, MINUTE

V, IC, D = VisitColumn, IssueColumn, DutyColumn
MOST_Z = 4.0
Ints = NDArray[np.int64]


def day(**parts: Any) -> Resolved:
    """A day of one desk, 20 contacts an hour and two agents, but for these parts."""
    return resolved(
        {
            "name": "Trap",
            "demand": {"volume": "480/day"},
            "desks": {"phone": {"handling": "exponential 6 min"}},
            "teams": {"own": {"serves": "phone", "agents": 2}},
            **parts,
        }
    )


def spans(records: Chunk, begins: VisitColumn, ends: VisitColumn) -> Ints:
    """Ticks between two moments of each visit that has both."""
    first, last = visit(records, begins), visit(records, ends)
    return np.asarray((last - first)[(first != NONE) & (last != NONE)])


def waits(records: Chunk) -> Ints:
    """Ticks that each visit waited; all must have been answered or have ended."""
    start = visit(records, V.START)
    return np.asarray(np.where(start != NONE, start, visit(records, V.END)) - visit(records, V.ENTER))


def paid(records: Chunk, *states: Duty) -> int:
    """Ticks of duty in these states."""
    rows = records.duty[np.isin(records.duty[:, D.STATE], states)]
    return int((rows[:, D.TO] - rows[:, D.FROM]).sum())


def test_t01_the_next_arrival_is_not_drawn_with_the_rate_of_before_a_change() -> None:
    """0.5 an hour for 8 hours, then 100 an hour for 2: 204 a day; drawn with the old rate it would be 78."""
    model = day(
        horizon={"measure": "100 days"},
        demand={"volume": "204/day", "by_hour": [0.5] * 8 + [100] * 2 + [0] * 14},
    ).model
    born = np.concatenate([block.tick for block in arrivals(model, 1, 0, model.horizon.end)])
    assert abs(len(born) - 20_400) < MOST_Z * sqrt(20_400)
    assert abs((born % DAY < 8 * HOUR).sum() - 400) < MOST_Z * sqrt(400)


def test_t07_who_gives_up_does_not_seize_an_agent(engine: Engine) -> None:
    """Exponential patience: those who give up less the time waited by all / mean patience has mean 0.

    It is a martingale whose variance is the mean number who give up. Agents held by those who are gone
    would lengthen waits and leave time in which nobody's contact explains who is busy.
    """
    found = day(desks={"phone": {"handling": "exponential 8 min", "patience": "exponential 5 min"}})
    records = run_checked(engine, found.model)
    gave_up = visit(records, V.HOW) == End.ABANDONED
    assert gave_up.sum() > 100
    assert (visit(records, V.AGENT)[gave_up] == NONE).all()
    excess = gave_up.sum() - waits(records).sum() / (5 * MINUTE)
    assert abs(excess) < MOST_Z * sqrt(gave_up.sum())


def test_t08_patience_neither_begins_anew_at_the_next_desk_nor_runs_while_one_is_served(
    engine: Engine,
) -> None:
    found = day(
        demand={"volume": "480/day", "enters": "phone"},
        desks={
            "phone": {
                "handling": "exactly 11 min", "patience": "8 min", "patience_per": "contact",
                "solves": "0%", "unsolved": {"experts": "100%"},
            },
            "experts": {"handling": "exactly 11 min", "patience": "8 min", "patience_per": "contact"},
        },
        teams={"own": {"serves": "phone", "agents": 3}, "seniors": {"serves": "experts", "agents": 2}},
    )  # fmt: skip
    records = run_checked(engine, found.model)
    _, contact = np.unique(visit(records, V.ISSUE), return_inverse=True)
    waited = np.bincount(contact, waits(records))
    assert waited.max() == 8 * MINUTE
    gave_up = np.bincount(contact, visit(records, V.HOW) == End.ABANDONED) > 0
    at_experts = np.bincount(contact, visit(records, V.STAGE) == 1) > 0
    assert (waited[gave_up] == 8 * MINUTE).all()
    assert (gave_up & at_experts).sum() > 20  # with less than 8 min left after 11 min of handling


def shift_day() -> Resolved:
    """A busy day of shifts with a break, handling exactly 20 min."""
    return day(
        desks={"phone": {"handling": "exactly 20 min", "wrap_up": "exactly 3 min", "patience": "15 min"}},
        teams={"own": {"serves": "phone", "shifts": {
            "early": {"from": "06:00", "to": "14:00", "agents": 4, "break": "30 min at 10:00"},
            "late": {"from": "13:00", "to": "21:00", "agents": 4, "break": "30 min at 17:00"}}}},
    )  # fmt: skip


def test_t11_agents_finish_after_their_shift_and_their_overtime_is_what_that_takes(engine: Engine) -> None:
    records = run_checked(engine, shift_day().model)
    assert set(spans(records, V.START, V.END).tolist()) == {20 * MINUTE}  # nobody is cut off
    freed, agent = visit(records, V.FREED), visit(records, V.AGENT)
    late = 0
    for number in range(8):
        ends = (14 if number < 4 else 21) * HOUR
        mine = freed[agent == number]
        late += max(0, int(mine.max()) - ends)
        assert (visit(records, V.START)[agent == number] < ends).all()
    assert paid(records, Duty.OVERTIME) == late > 0
    assert paid(records, Duty.BREAK) == 8 * 30 * MINUTE  # late, but whole


@pytest.mark.parametrize("how", [
    {"agents": 10}, {"shifts": {"whole": {"from": "00:00", "to": "24:00", "agents": 10}}},
])  # fmt: skip
def test_t12_shrinkage_takes_whole_agents_once_and_slows_nobody(engine: Engine, how: dict[str, Any]) -> None:
    found = day(
        horizon={"measure": "2 days", "then": "cut"},
        desks={"phone": {"handling": "exactly 6 min"}},
        teams={"own": {"serves": "phone", "shrinkage": "30%", **how}},
    )
    records = run_checked(engine, found.model)
    assert paid(records, Duty.ON) == 7 * 2 * DAY
    assert paid(records, Duty.SHRINKAGE) == 3 * 2 * DAY
    on = records.duty[records.duty[:, D.STATE] == Duty.ON]
    for tick in range(0, 2 * DAY, 3 * HOUR):
        assert ((on[:, D.FROM] <= tick) & (tick < on[:, D.TO])).sum() == 7
    assert set(spans(records, V.START, V.END).tolist()) == {6 * MINUTE}


def test_t14_midnight_drops_nobody_and_what_is_open_at_the_end_is_counted(engine: Engine) -> None:
    """The first of some days is that of a day alone; who is there at midnight is served on the next day."""
    parts = {"demand": {"volume": "960/day"}, "desks": {"phone": {"handling": "exponential 5 min"}}}
    one = run_checked(engine, day(horizon={"measure": "1 day", "then": "cut"}, **parts).model)
    days = run_checked(engine, day(horizon={"measure": "3 days", "then": "cut"}, **parts).model)
    ended = [sort_rows(r).visits for r in (one, days)]
    ended = [v[(v[:, V.END] != NONE) & (v[:, V.END] < DAY)] for v in ended]
    assert np.array_equal(ended[0], ended[1])
    for records in (one, days):
        is_open = records.issues[:, IC.STATE] == State.OPEN
        assert (visit(records, V.HOW) != End.NONE).sum() + is_open.sum() == len(records.issues)
        assert is_open.sum() > 0
    over = (visit(days, V.ENTER) < DAY) & (visit(days, V.END) >= DAY)
    assert over.sum() == (one.issues[:, IC.STATE] == State.OPEN).sum()


def test_t16_a_priority_interrupts_nobody_and_inside_a_class_who_came_first_is_first(
    engine: Engine,
) -> None:
    found = day(
        attributes={"kind": {"usual": "70%", "vip": "30%"}},
        demand={"volume": "460/day"},
        desks={"phone": {"handling": "exactly 6 min", "head_start": {"vip": "always first", "usual": "0 s"}}},
    )
    records = run_checked(engine, found.model)
    assert set(spans(records, V.START, V.END).tolist()) == {6 * MINUTE}
    order = np.argsort(visit(records, V.ENTER), kind="stable")
    mean = []
    for cls in (0, 1):
        mine = order[visit(records, V.CLASS)[order] == cls]
        assert (np.diff(visit(records, V.START)[mine]) >= 0).all()
        mean.append(waits(records)[mine].mean())
    assert mean[1] < mean[0] / 3


def test_t17_the_agent_longest_idle_and_the_contact_longest_waiting_not_the_first_in_the_file(
    engine: Engine,
) -> None:
    """Of agents who are always found idle each gets every third contact; two desks are one queue by age."""
    found = day(
        demand={"volume": "480/day"},
        desks={"phone": {"handling": "exactly 1 s"}},
        teams={"own": {"serves": "phone", "agents": 3}},
    )
    records = run_checked(engine, found.model)
    agents = visit(records, V.AGENT)[np.argsort(visit(records, V.START))]
    assert np.array_equal(agents, np.arange(len(agents)) % 3)
    found = day(
        demand={"volume": "440/day", "enters": {"phone": "50%", "chat": "rest"}},
        desks={"phone": {"handling": "exponential 6 min"}, "chat": {"handling": "exponential 6 min"}},
        teams={"own": {"serves": ["phone", "chat"], "takes": "longest waiting", "agents": 2}},
    )
    records = run_checked(engine, found.model)
    by_age = np.argsort(visit(records, V.ENTER))
    assert (np.diff(visit(records, V.START)[by_age]) >= 0).all()
    assert (waits(records) > 0).mean() > 0.5


def test_t18_chats_of_an_agent_are_not_agents_of_their_own(engine: Engine) -> None:
    """Each contact runs at full speed whatever else its agent does (nothing slows down yet).

    So many chats wait no longer than so many agents; but who has chats is a person: free agents get the
    next contact before half-busy ones, and an agent who has to go takes all chats along.
    """
    parts = {"desks": {"phone": {"handling": "exactly 10 min"}}, "demand": {"volume": "900/day"}}
    shift = {"day": {"from": "08:00", "to": "16:00", "agents": 4, "break": "30 min at 12:00"}}
    records = run_checked(
        engine, day(**parts, teams={"own": {"serves": "phone", "chats": 3, "shifts": shift}}).model
    )
    start, end, agent = (visit(records, c) for c in (V.START, V.END, V.AGENT))
    assert set((end - start).tolist()) == {10 * MINUTE}
    most = 0
    for tick in range(8 * HOUR, 16 * HOUR, 7 * MINUTE):
        n = np.bincount(agent[(start <= tick) & (tick < end)], minlength=4)
        most = max(most, int(n.max()))
    assert most == 3
    lunch = (start >= 12 * HOUR) & (start < 12 * HOUR + 30 * MINUTE)
    assert lunch.sum() == 0  # an agent with one chat left takes nobody into the others
    pooled = run_checked(
        engine, day(**parts, teams={"own": {"serves": "phone", "chats": 3, "agents": 3}}).model
    )
    single = run_checked(engine, day(**parts, teams={"own": {"serves": "phone", "agents": 9}}).model)
    for column in (V.ISSUE, V.START, V.END):
        assert np.array_equal(*(visit(sort_rows(r), column) for r in (pooled, single)))


def in_other_blocks(engine: Engine, model: Model, size: int) -> Chunk:
    """The records where every contact comes at a fifth minute and arrivals are handed over in blocks."""
    blocks = list(arrivals(model, 1, 0, model.horizon.end))
    whole = Arrivals._make(np.concatenate(c) for c in zip(*blocks, strict=True))
    whole = whole._replace(tick=whole.tick // (5 * MINUTE) * (5 * MINUTE))
    order = np.lexsort((whole.uid, whole.tick))
    cuts = [order[n : n + size] for n in range(0, len(order), size)]
    demand = [Arrivals._make(column[cut] for column in whole) for cut in cuts]
    return sort_rows(gather(engine(model, 1, 0, demand)))


def test_t22_ties_do_not_depend_on_what_was_written_or_scheduled_first(engine: Engine) -> None:
    """Streams in another order in the file, arrivals in blocks of one or all at once: the same visits."""
    streams = {"web": {"volume": "200/day"}, "app": {"volume": "200/day"}, "shop": {"volume": "100/day"}}
    desk = {"handling": "exactly 5 min", "patience": "10 min", "head_start": "5 min"}
    tables = []
    for names, size in ((list(streams), 10**6), (list(reversed(streams)), 1), (list(streams), 7)):
        found = day(
            demand={"streams": {name: streams[name] for name in names}},
            desks={"phone": desk},
            teams={"own": {"serves": "phone", "chats": 2, "shifts": {
                "early": {"from": "00:00", "to": "12:00", "agents": 1, "break": "10 min at 06:00"},
                "late": {"from": "12:00", "to": "24:00", "agents": 1}}}},
        )  # fmt: skip
        tables.append(in_other_blocks(engine, found.model, size))
    for other in tables[1:]:
        assert np.array_equal(tables[0].visits, other.visits)
        assert np.array_equal(tables[0].duty, other.duty)
    ends = tables[0].visits[:, V.END]
    assert len(np.unique(ends)) < len(ends) / 1.5


def test_t23_one_more_agent_lengthens_no_wait_where_nobody_gives_up(engine: Engine) -> None:
    """True contact by contact for one line without end of patience; where one may give up it is not."""
    waited = []
    for agents in (2, 3, 4):
        found = day(demand={"volume": "440/day"}, teams={"own": {"serves": "phone", "agents": agents}})
        waited.append(waits(sort_rows(run_checked(engine, found.model))))
    for fewer, more in pairwise(waited):
        assert (more <= fewer).all()
        assert (more < fewer).any()


def test_t25_nobody_is_busier_than_paid_and_overtime_is_paid_too(engine: Engine) -> None:
    found = shift_day()
    records = run_checked(engine, found.model)
    busy = np.bincount(visit(records, V.AGENT)[visit(records, V.AGENT) != NONE],
                       spans(records, V.START, V.FREED), minlength=8)  # fmt: skip
    for agent in range(8):
        rows = records.duty[
            (records.duty[:, D.AGENT] == agent) & np.isin(records.duty[:, D.STATE], (Duty.ON, Duty.OVERTIME))
        ]
        there = int((rows[:, D.TO] - rows[:, D.FROM]).sum())
        assert busy[agent] <= there
    result = document([folded(found, records)], found.model, found.labels, version="0", seed=1)
    occupancy = figure(result, "own.occupancy")["value"]
    assert occupancy == pytest.approx(busy.sum() / paid(records, Duty.ON, Duty.OVERTIME))
    assert 0.8 < occupancy <= 1


def test_t28_shifts_over_midnight_are_paid_once_on_the_day_on_which_they_begin(engine: Engine) -> None:
    """Clock days have 24 hours: summer time does not exist. No night begins on a Sunday."""
    found = day(
        horizon={"measure": "7 days", "then": "cut"},
        demand={"volume": "20/day"},
        teams={"own": {"serves": "phone", "shifts": {"night": {"from": "22:00", "to": "06:00", "agents": 2}}},
               "day": {"serves": "phone", "agents": {"06:00-22:00": 1, "else": 0}}},
    )  # fmt: skip
    model = with_kinds(found.model, 1, *[0] * 6)
    model = with_shift_on(model, 0, 1, 0)
    model = with_head_counts_on(model, 1, 1, {0: 1})
    records = run_checked(engine, model)
    nights = records.duty[records.duty[:, D.TEAM] == 0]
    assert paid(records._replace(duty=nights), Duty.ON) == 2 * 6 * 8 * HOUR  # Monday to Saturday
    assert sorted(set((nights[:, D.FROM] / HOUR).tolist())) == [24 * n + 22 for n in range(6)]
    others = records.duty[records.duty[:, D.TEAM] == 1]
    assert paid(records._replace(duty=others), Duty.ON) == 6 * 16 * HOUR + DAY
