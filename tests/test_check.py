"""The check of records: good tables pass; a table spoiled in one place is caught by the axiom it breaks."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import numpy as np
import pytest
from calendars import with_head_counts_on, with_kinds, with_shift_on
from check_cases import (
    DAY,
    MINUTE,
    NONE,
    clock,
    head_count,
    help_desk,
    ints,
    issues,
    law,
    row_of,
    spoiled,
    two_lines,
    uid,
    visits,
    with_row,
    without,
)
from check_hours import opening_hours

from sim.measure.check import AXIOMS, Violation, assert_sound, check
from sim.model.records import Chunk, Duty, End, State
from sim.model.tables import LineRule, Model, Then

Case = tuple[Model, Chunk]
Spoil = Callable[[Model, Chunk], Case]


def broken(case: Case) -> set[str]:
    """Keys of the axioms that the records break."""
    found = check(*case)
    assert all(isinstance(v, Violation) and v.message for v in found)
    return {v.axiom for v in found}


def visit(records: Chunk, issue: int, attempt: int, step: int) -> int:
    """Row of a visit."""
    return row_of(records, "visits", issue=uid(issue), attempt=attempt, step=step)


def change_visit(number: int, contact: int, place: int, **columns: int) -> Spoil:
    """Other values in the row of a visit."""

    def spoil(model: Model, records: Chunk) -> Case:
        return model, spoiled(records, "visits", visit(records, number, contact, place), **columns)

    return spoil


def change_issue(number: int, **columns: int) -> Spoil:
    """Other values in the row of an issue."""

    def spoil(model: Model, records: Chunk) -> Case:
        return model, spoiled(records, "issues", row_of(records, "issues", issue=uid(number)), **columns)

    return spoil


def change_duty(number: int, duty: Duty, begins: str, **columns: int) -> Spoil:
    """Other values in a duty row. FROM is written ``from_tick``, TO ``to``."""

    def spoil(model: Model, records: Chunk) -> Case:
        row = row_of(records, "duty", agent=number, state=duty, **{"from": clock(begins)})
        names = {name.removesuffix("_tick"): value for name, value in columns.items()}
        return model, spoiled(records, "duty", row, **names)

    return spoil


def drop_duty(agent: int, state: Duty, begins: str) -> Spoil:
    """Without a duty row."""

    def spoil(model: Model, records: Chunk) -> Case:
        row = row_of(records, "duty", agent=agent, state=state, **{"from": clock(begins)})
        return model, without(records, "duty", row)

    return spoil


def add_duty(agent: int, team: int, state: Duty, begins: str, ends: str) -> Spoil:
    """With one more duty row."""

    def spoil(model: Model, records: Chunk) -> Case:
        return model, with_row(records, "duty", agent, team, state, clock(begins), clock(ends))

    return spoil


def both(*spoils: Spoil) -> Spoil:
    """One thing spoiled that stands in several rows."""

    def spoil(model: Model, records: Chunk) -> Case:
        for one in spoils:
            model, records = one(model, records)
        return model, records

    return spoil


def swap_agents(*pairs: tuple[int, int, int, int]) -> Spoil:
    """Visits (issue, attempt, step) served by other agents (teams alike)."""
    return both(*(change_visit(issue, attempt, step, agent=agent) for issue, attempt, step, agent in pairs))


def in_model(part: str, **fields: object) -> Spoil:
    """The same records, of a model with other values."""

    def spoil(model: Model, records: Chunk) -> Case:
        return model._replace(**{part: getattr(model, part)._replace(**fields)}), records

    return spoil


def stage_law(name: str, minutes: float) -> Spoil:
    """The same records, where a law of the desk `chat` is always so many minutes."""

    def spoil(model: Model, records: Chunk) -> Case:
        laws = law(3, 2, {1: minutes}, shape=0)
        return model._replace(stages=model.stages._replace(**{name: laws})), records

    return spoil


GOOD = {
    "help_desk": help_desk,
    "head_count": head_count,
    "two_lines": two_lines,
    "opening_hours": opening_hours,
}

at = clock
SPOILS: list[tuple[str, str, Spoil]] = [
    # ------------------------------------------------------------------ rows and keys
    ("codes", "help_desk", change_visit(0, 1, 1, stage=3)),
    ("codes", "help_desk", change_visit(0, 1, 2, next=7)),
    ("codes", "help_desk", change_issue(0, state=6)),
    ("codes", "help_desk", change_duty(0, Duty.OVERTIME, "12:00", state=0)),
    ("keys", "help_desk", change_visit(1, 1, 3, step=2)),
    ("keys", "help_desk", change_issue(1, issue=uid(0))),
    ("keys", "help_desk", add_duty(0, 0, Duty.ON, "8:00", "8:30")),
    ("linked", "help_desk", change_visit(0, 1, 2, issue=uid(99))),
    (
        "linked",
        "help_desk",
        lambda model, records: (
            model,
            with_row(records, "issues", uid(8), 0, 0, at("15:00"), NONE, 1, State.OPEN, 0),
        ),
    ),
    (
        "arrivals",
        "help_desk",
        both(
            change_issue(7, issue=uid(9)),
            change_visit(7, 1, 1, issue=uid(9)),
            change_visit(7, 1, 2, issue=uid(9)),
        ),
    ),
    ("arrivals", "help_desk", in_model("streams", name_hash=ints(8))),
    ("arrivals", "help_desk", change_issue(3, born=at("10:08"))),
    ("arrivals", "help_desk", change_issue(0, born=at("7:00"))),
    # ------------------------------------------------------------------ contacts
    ("counting", "help_desk", change_visit(2, 2, 1, attempt=3)),
    ("counting", "help_desk", change_visit(0, 1, 2, step=3)),
    ("counting", "help_desk", change_visit(1, 1, 4, nth=1)),
    ("class", "help_desk", change_visit(0, 1, 2, **{"class": 1})),
    ("class", "help_desk", in_model("streams", share=np.ones((1, 1, 1, 2, 2)))),
    ("entry", "help_desk", change_issue(6, born=at("11:49"))),
    ("entry", "help_desk", in_model("streams", entry_route=np.full((1, 2, 1), 4))),
    ("chain", "help_desk", change_visit(1, 1, 4, enter=at("8:51"), start=at("8:51"))),
    ("chain", "help_desk", change_visit(1, 1, 2, next=1)),
    ("chain", "help_desk", change_visit(4, 1, 2, next=2)),
    ("routes", "help_desk", change_visit(0, 1, 2, next=2)),
    ("routes", "help_desk", change_visit(1, 1, 1, how=End.SOLVED)),
    ("return_time", "help_desk", change_visit(2, 2, 1, enter=at("9:34"), start=at("9:34"))),
    ("return_time", "help_desk", change_visit(2, 1, 1, how=End.SOLVED)),
    ("return_chance", "help_desk", in_model("returns", chance=np.zeros((4, 2, 1)))),
    ("return_route", "help_desk", in_model("returns", entry_route=np.full((4, 2, 1), NONE))),
    ("return_limit", "help_desk", in_model("returns", at_most=0)),
    ("outcome", "help_desk", change_visit(4, 1, 2, start=at("10:20"))),
    ("outcome", "help_desk", change_visit(0, 1, 2, start=NONE)),
    ("outcome", "help_desk", change_visit(0, 1, 2, freed=NONE)),
    ("outcome", "help_desk", change_visit(0, 1, 2, team=NONE)),
    ("outcome", "help_desk", change_visit(0, 1, 1, agent=1, team=0)),
    ("outcome", "help_desk", change_visit(0, 1, 2, how=End.NONE)),
    ("outcome", "help_desk", change_visit(5, 1, 2, end=at("10:13"))),
    ("outcome", "help_desk", change_visit(1, 1, 3, how=End.TURNED_AWAY)),
    ("outcome", "help_desk", change_visit(2, 1, 1, how=End.ABANDONED, start=NONE)),
    ("outcome", "help_desk", change_visit(1, 1, 3, start=at("8:21"))),
    ("solving", "help_desk", change_visit(1, 1, 3, how=End.SOLVED)),
    ("solving", "help_desk", in_model("stages", p_solved=np.ones((3, 2, 1)))),
    ("times", "help_desk", change_visit(3, 1, 2, start=at("10:05"))),
    ("times", "help_desk", change_visit(0, 1, 2, freed=at("8:09"))),
    ("times", "help_desk", change_duty(2, Duty.OVERTIME, "15:00", to=at("15:00"))),
    ("times", "help_desk", change_issue(6, closed=at("11:40"))),
    ("exact_times", "help_desk", change_visit(0, 1, 2, freed=at("8:12"))),
    ("exact_times", "help_desk", change_visit(1, 1, 3, end=at("8:49"))),
    ("exact_times", "help_desk", change_visit(6, 1, 1, start=at("11:51"))),
    ("patience", "help_desk", stage_law("patience", 15)),
    ("patience", "help_desk", stage_law("patience", float(2**62) / MINUTE)),
    ("issue_state", "help_desk", change_issue(0, state=State.UNSOLVED)),
    ("issue_state", "help_desk", change_issue(4, state=State.TURNED_AWAY)),
    ("issue_state", "help_desk", change_issue(0, state=State.OPEN, closed=NONE)),
    ("issue_state", "help_desk", change_issue(0, closed=at("8:11"))),
    ("attempts", "help_desk", change_issue(2, attempts=1)),
    ("dropped", "help_desk", change_issue(6, dropped=1)),
    ("horizon", "help_desk", in_model("horizon", end=at("14:30"))),
    ("horizon", "help_desk", in_model("horizon", end=at("14:50"), stop=at("15:00"))),
    ("horizon", "help_desk", in_model("horizon", end=at("9:40"), drop_returns=True)),
    # ------------------------------------------------------------------ agents
    ("agent_team", "two_lines", change_visit(0, 1, 1, agent=1)),
    ("agent_team", "two_lines", change_duty(0, Duty.ON, "0:00", team=1)),
    ("eligible", "two_lines", change_visit(1, 1, 1, agent=0, team=0)),
    ("chats", "head_count", swap_agents((3, 1, 1, 0))),
    ("chats", "help_desk", change_visit(1, 1, 2, agent=1)),
    ("on_duty", "help_desk", change_visit(7, 1, 2, agent=0)),
    ("on_duty", "help_desk", change_visit(7, 1, 2, agent=3)),
    ("covered", "help_desk", drop_duty(0, Duty.OVERTIME, "12:00")),
    ("covered", "head_count", change_duty(1, Duty.OVERTIME, "12:05", to=at("12:14"))),
    ("duty_overlap", "help_desk", change_duty(0, Duty.ON, "10:41", from_tick=at("10:40"))),
    ("duty_overlap", "help_desk", change_duty(2, Duty.LOST_BREAK, "14:50", from_tick=at("15:00"))),
    ("overtime", "help_desk", change_duty(0, Duty.OVERTIME, "12:00", to=at("12:07"))),
    ("overtime", "help_desk", change_duty(0, Duty.OVERTIME, "12:00", from_tick=at("12:01"))),
    ("shift_plan", "help_desk", change_duty(1, Duty.ON, "8:00", from_tick=at("8:01"))),
    ("shift_plan", "help_desk", change_duty(2, Duty.ON, "11:00", to=at("15:01"))),
    ("shift_plan", "help_desk", drop_duty(3, Duty.ABSENT, "11:00")),
    ("away", "help_desk", change_duty(3, Duty.ABSENT, "11:00", to=at("14:00"))),
    ("away", "help_desk", change_duty(3, Duty.ABSENT, "11:00", state=Duty.SHRINKAGE)),
    ("away", "help_desk", in_model("teams", p_absent=np.zeros(1))),
    (
        "breaks",
        "help_desk",
        both(
            change_duty(1, Duty.BREAK, "10:00", to=at("10:29")),
            change_duty(1, Duty.ON, "10:30", from_tick=at("10:29")),
        ),
    ),
    (
        "breaks",
        "help_desk",
        both(
            drop_duty(1, Duty.BREAK, "10:00"),
            drop_duty(1, Duty.ON, "10:30"),
            change_duty(1, Duty.ON, "8:00", to=at("12:00")),
        ),
    ),
    ("breaks", "help_desk", add_duty(1, 0, Duty.BREAK, "11:00", "11:10")),
    ("lost_breaks", "help_desk", drop_duty(2, Duty.LOST_BREAK, "14:50")),
    ("lost_breaks", "help_desk", add_duty(0, 0, Duty.LOST_BREAK, "10:00", "10:30")),
    (
        "break_due",
        "help_desk",
        change_visit(3, 1, 2, agent=0, start=at("10:06"), end=at("10:08"), freed=at("10:09")),
    ),
    ("break_empty", "help_desk", change_duty(0, Duty.BREAK, "10:11", from_tick=at("10:05"))),
    ("head_count", "head_count", change_duty(1, Duty.ON, "14:00", from_tick=at("14:01"))),
    ("head_count", "head_count", drop_duty(4, Duty.SHRINKAGE, "10:00")),
    ("head_count", "head_count", drop_duty(5, Duty.ABSENT, "10:00")),
    ("debt", "head_count", change_duty(1, Duty.ON, "14:00", to=at("16:01"))),
    (
        "debt",
        "head_count",
        both(change_duty(1, Duty.ON, "10:00", to=at("12:15")), drop_duty(1, Duty.OVERTIME, "12:05")),
    ),
    ("head_count_order", "head_count", change_duty(1, Duty.ON, "14:00", agent=2)),
    ("head_count_order", "head_count", change_duty(4, Duty.SHRINKAGE, "10:00", agent=3)),
    (
        "head_count_order",
        "head_count",
        both(
            change_duty(0, Duty.ON, "0:00", to=at("16:00")), change_duty(1, Duty.ON, "14:00", to=at("24:00"))
        ),
    ),
    # ------------------------------------------------------------------ queues
    ("work_conserving", "two_lines", change_visit(4, 1, 1, start=at("9:32"))),
    ("work_conserving", "help_desk", change_visit(3, 1, 2, start=at("10:31"))),
    ("work_conserving", "head_count", change_visit(4, 1, 1, start=at("12:11"))),
    (
        "line_order",
        "two_lines",
        both(
            change_visit(2, 1, 1, start=at("9:30"), end=at("9:35"), freed=at("9:35")),
            change_visit(4, 1, 1, start=at("9:35"), end=at("9:50"), freed=at("9:50")),
        ),
    ),
    (
        "team_rule",
        "two_lines",
        both(
            change_visit(3, 1, 1, start=at("9:40"), end=at("9:45"), freed=at("9:45")),
            change_visit(4, 1, 1, start=at("9:20"), end=at("9:40"), freed=at("9:40"), agent=1, team=1),
            change_visit(2, 1, 1, start=at("9:30")),
        ),
    ),
    ("asks_order", "two_lines", change_visit(0, 1, 1, agent=1, team=1)),
    ("agent_choice", "head_count", swap_agents((1, 1, 1, 0), (3, 1, 1, 1))),
    ("agent_choice", "help_desk", swap_agents((2, 2, 1, 1))),
    ("agent_choice", "head_count", in_model("stages", busiest_first=np.array([True]))),
    (
        "abandoned",
        "two_lines",
        change_visit(
            0, 1, 1, start=NONE, end=at("9:00"), freed=NONE, agent=NONE, team=NONE, how=End.ABANDONED
        ),
    ),
    ("queue_limit", "help_desk", in_model("stages", limit=ints(1, 1, NONE)[:, None])),
    ("bot_limit", "help_desk", change_visit(3, 1, 1, end=at("10:08"))),
    ("turned_away", "help_desk", in_model("stages", limit=ints(1, 3, NONE)[:, None])),
    ("turned_away", "help_desk", in_model("stages", limit=ints(2, 2, NONE)[:, None])),
    ("turned_away", "help_desk", in_model("stages", limit=ints(NONE, 2, NONE)[:, None])),
    (
        "turned_away",
        "help_desk",
        change_visit(
            0, 1, 2, start=NONE, end=at("8:04"), freed=NONE, agent=NONE, team=NONE, how=End.TURNED_AWAY
        ),
    ),
    # ------------------------------------------------------------------ opening hours
    ("closed", "opening_hours", change_visit(6, 1, 2, start=NONE, end=at("12:30"), how=End.ABANDONED)),
    ("closed", "opening_hours", change_visit(0, 1, 1, start=at("8:30"), how=End.UNSOLVED)),
    (
        "shut",
        "opening_hours",
        change_visit(2, 1, 2, start=at("8:52"), freed=at("8:55"), agent=0, team=0, how=End.SOLVED),
    ),
    ("shut", "opening_hours", change_visit(7, 1, 2, start=at("33:00") - 1)),
    ("shut", "opening_hours", in_model("stages", waits_when_closed=np.array([False, True, True]))),
    ("routes", "opening_hours", change_visit(6, 1, 2, next=1)),
    ("routes", "opening_hours", in_model("stages", route=np.zeros((3, 5, 1, 4), np.int64))),
    ("turned_away", "opening_hours", in_model("stages", is_open=np.ones((3, 4), bool))),
    ("turned_away", "opening_hours", change_visit(7, 1, 2, start=NONE, end=at("17:30"), how=End.TURNED_AWAY)),
    ("work_conserving", "opening_hours", change_visit(1, 1, 2, start=at("9:01"))),
    ("work_conserving", "opening_hours", change_visit(7, 1, 2, start=at("33:01"))),
    (
        "line_order",
        "opening_hours",
        both(
            change_visit(1, 1, 2, start=at("9:10"), end=at("9:20"), freed=at("9:20"), agent=0),
            change_visit(3, 1, 2, start=at("9:00"), end=at("9:15"), freed=at("9:15"), agent=1),
        ),
    ),
    ("agent_choice", "opening_hours", change_visit(7, 1, 2, agent=0)),
    # ------------------------------------------------------------------ kinds of day
    ("shift_plan", "help_desk", lambda m, r: (with_shift_on(with_kinds(m, 0, 1), 0, 1, 1), r)),
    ("shift_plan", "help_desk", lambda m, r: (with_shift_on(with_kinds(m, 0, 1), 1, 1, 0), r)),
    ("away", "help_desk", lambda m, r: (with_shift_on(with_kinds(m, 0, 1), 1, 1, 3), r)),
    ("head_count", "head_count", lambda m, r: (with_head_counts_on(with_kinds(m, 0, 1), 0, 1, {0: 3}), r)),
    ("debt", "head_count", lambda m, r: (with_head_counts_on(with_kinds(m, 0, 1), 0, 1, {0: 0}), r)),
]


@pytest.mark.parametrize("case", GOOD.values(), ids=GOOD)
def test_good_tables_break_nothing(case: Callable[[], Case]) -> None:
    assert_sound(*case())


@pytest.mark.parametrize("case", GOOD.values(), ids=GOOD)
def test_order_of_rows_does_not_matter(case: Callable[[], Case]) -> None:
    model, records = case()
    assert check(model, Chunk(*(table[::-1] for table in records))) == []


@pytest.mark.parametrize(
    ("axiom", "case", "spoil"), SPOILS, ids=[f"{axiom}-{n}" for n, (axiom, _, _) in enumerate(SPOILS)]
)
def test_a_table_spoiled_in_one_place_is_caught(axiom: str, case: str, spoil: Spoil) -> None:
    assert axiom in broken(spoil(*GOOD[case]()))


@pytest.mark.parametrize("case", GOOD.values(), ids=GOOD)
def test_of_another_kind_of_day_nothing_is_asked(case: Callable[[], Case]) -> None:
    """What is planned on days that are not simulated does not matter."""
    model, records = case()
    if len(model.calendar.begins) == 1:
        model = with_kinds(model, 0, 0, *[1] * 8)
        for shift in range(len(model.plan.shifts.team)):
            model = with_shift_on(model, shift, 1, 0)
        for team in np.unique(model.plan.head_counts.team).tolist():
            model = with_head_counts_on(model, team, 1, {0: 0})
    assert_sound(model, records)


def test_every_axiom_has_a_table_that_breaks_it() -> None:
    assert {axiom for axiom, _, _ in SPOILS} == set(AXIOMS)


def test_every_violation_names_a_known_axiom_and_real_rows() -> None:
    for _, case, spoil in SPOILS:
        model, records = spoil(*GOOD[case]())
        keys = {("visit", *row[:3].tolist()) for row in records.visits}
        keys |= {("issue", int(row[0])) for row in records.issues}
        keys |= {("duty", int(row[0]), int(row[3]), int(row[2])) for row in records.duty}
        for violation in check(model, records):
            assert violation.axiom in AXIOMS
            if violation.axiom not in ("codes", "keys"):
                assert set(violation.rows) <= keys


def test_axioms_are_one_sentence_each() -> None:
    for key, words in AXIOMS.items():
        assert key.isidentifier()
        assert words[0].isupper()
        assert words.endswith(".")
        assert not re.search(r"\w[.] [A-Z]", words)


def test_assert_sound_lists_every_violation() -> None:
    model, records = change_issue(0, state=State.UNSOLVED, attempts=2)(*help_desk())
    with pytest.raises(AssertionError, match=r"issue_state: .*\n.*attempts: ") as error:
        assert_sound(model, records)
    assert str(uid(0)) in str(error.value)


def test_tables_without_rows_are_sound_only_if_nobody_had_to_work() -> None:
    model, records = help_desk()
    nothing = Chunk(*(table[:0] for table in records))
    assert broken((model, nothing)) == {"shift_plan", "away", "breaks"}
    assert broken((two_lines()[0], nothing)) == {"head_count"}


class TestWhatStaysOpen:
    """Visits and issues that the stop found open are sound; the last tick known is where duty is cut."""

    def cut(self) -> Case:
        """The two lines, stopped at 9:25: two are served, two wait."""
        model, _ = two_lines()
        stop = clock("9:25")
        model = model._replace(horizon=model.horizon._replace(end=stop, stop=stop, then=Then.CUT))
        classes = ("english", "spanish", "vip")
        return model, Chunk(
            visits(
                ("phone",),
                classes,
                lambda agent: agent,
                """
                0.1.1  phone.1  english  9:00  9:00     -     -  0  none    leaves
                1.1.1  phone.1  spanish  9:01  9:01  9:20  9:20  1  solved  leaves
                2.1.1  phone.1  english  9:05     -     -     -  -  none    leaves
                3.1.1  phone.1  spanish  9:06  9:20     -     -  1  none    leaves
                4.1.1  phone.1  vip      9:07     -     -     -  -  none    leaves
            """,
            ),
            issues(
                classes,
                """
                0  english  9:00     -  1  open
                1  spanish  9:01  9:20  1  solved
                2  english  9:05     -  1  open
                3  spanish  9:06     -  1  open
                4  vip      9:07     -  1  open
            """,
            ),
            np.array([[0, 0, Duty.ON, 0, stop], [1, 1, Duty.ON, 0, stop]]),
        )

    def test_cut_tables_are_sound(self) -> None:
        assert_sound(*self.cut())

    def test_who_waits_at_the_stop_waits_for_somebody_busy(self) -> None:
        model, records = self.cut()
        row = visit(records, 3, 1, 1)
        idle = spoiled(records, "visits", row, start=NONE, agent=NONE, team=NONE)
        assert broken((model, idle)) == {"work_conserving"}

    def test_an_open_visit_that_goes_on_is_caught(self) -> None:
        model, records = self.cut()
        assert {"routes", "chain"} <= broken((model, spoiled(records, "visits", 2, next=0)))

    def test_a_return_still_under_way_leaves_its_issue_open(self) -> None:
        model, records = help_desk()
        assert broken(change_issue(6, state=State.OPEN, closed=NONE)(model, records)) == set()

    def test_a_return_dropped_after_the_end_closes_its_issue(self) -> None:
        model, records = in_model("horizon", drop_returns=True)(*help_desk())
        assert broken(change_issue(6, dropped=1)(model, records)) == set()
        assert broken(change_issue(0, dropped=1)(model, records)) == {"dropped"}


class TestTeamRules:
    """At 9:20 the Spanish speaker takes Spanish; by the other rules the vip would have been next."""

    def test_skill_first_takes_its_own_skill(self) -> None:
        assert broken(two_lines(LineRule.SKILL_FIRST)) == set()

    @pytest.mark.parametrize("rule", [LineRule.PRIORITY_FIRST, LineRule.LONGEST_WAITING])
    def test_other_rules_take_the_strict_priority(self, rule: LineRule) -> None:
        assert broken(two_lines(rule)) == {"team_rule"}

    def test_longest_waiting_takes_the_one_who_came_first(self) -> None:
        model, records = two_lines(LineRule.LONGEST_WAITING)
        plain = model._replace(stages=model.stages._replace(head_start=np.zeros((1, 3, 1), np.int64)))
        assert broken((plain, records)) == {"team_rule", "line_order"}

    def test_a_finite_head_start_moves_a_contact_up(self) -> None:
        model, records = two_lines()
        for minutes, axioms in ((3, set()), (1, {"line_order"})):
            aged = model.stages._replace(head_start=np.array([[[0], [0], [minutes * MINUTE]]]))
            assert broken((model._replace(stages=aged), records)) == axioms


class TestTies:
    def test_who_gives_up_as_an_agent_is_freed_should_have_been_served(self) -> None:
        """Work ends before patience does, so at 9:30 the vip was still waiting."""
        model, records = two_lines()
        give_up = both(
            change_visit(
                4, 1, 1, start=NONE, end=clock("9:30"), freed=NONE, agent=NONE, team=NONE, how=End.ABANDONED
            ),
            change_issue(4, closed=clock("9:30"), state=State.ABANDONED),
            change_visit(2, 1, 1, start=clock("9:30")),
        )
        assert broken(give_up(model, records)) == {"line_order"}

    def test_an_agent_freed_at_the_tick_of_a_start_may_serve(self) -> None:
        """Releases come before starts: agent 1 is freed at 9:20 and takes the next at 9:20."""
        assert "chats" not in broken(two_lines())

    def test_a_visit_of_no_length_holds_nobody(self) -> None:
        model, records = two_lines()
        row = visit(records, 0, 1, 1)
        quick = spoiled(records, "visits", row, end=clock("9:00"), freed=clock("9:00"))
        quick = spoiled(quick, "issues", 0, closed=clock("9:00"))
        found = broken((model, quick))
        assert "chats" not in found
        assert "work_conserving" in found  # agent 0 was free until 9:30, and two waited

    def test_an_agent_gone_at_the_tick_of_a_start_may_not_serve(self) -> None:
        model, records = two_lines()
        short = spoiled(records, "duty", 0, to=clock("9:35"))
        found = [v for v in check(model, short) if v.axiom == "on_duty"]
        assert [v.rows for v in found] == [(("visit", uid(2), 1, 1),)]


def test_twenty_thousand_visits_take_no_more_than_seconds() -> None:
    """The two lines, day after day, with the visits of every day moved on by a day."""
    model, records = two_lines()
    n_days = 4_000
    model = model._replace(horizon=model.horizon._replace(end=n_days * DAY, stop=(n_days + 1) * DAY))
    days = np.repeat(np.arange(n_days), 5)
    many, born = np.tile(records.visits, (n_days, 1)), np.tile(records.issues, (n_days, 1))
    for table, ticks in ((many, [6, 7, 8, 9]), (born, [3, 4])):
        table[:, 0] += 5 * days
        table[:, ticks] += days[:, None] * DAY
    duty = records.duty.copy()
    duty[:, 4] = n_days * DAY
    began = time.perf_counter()
    assert check(model, Chunk(many, born, duty)) == []
    assert time.perf_counter() - began < 5
