"""Golden traces, and every rule of order as a test that reads like it.

The scenarios and their traces lie in ``tests/golden``; `golden_trace` tells how to write the traces again.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest
from golden_trace import Contact, Engine, Told, goldens, tick, trace

from sim.measure.reduction import Reduction
from sim.measure.result import document, figure
from sim.model.records import Duty, End, IssueColumn, State

Tell = Callable[[str], Told]

_told = cache(Told.by)  # each engine runs each scenario once; the check of records looks at all of them


@pytest.fixture
def tell(engine: Engine) -> Tell:
    """What an engine makes of a golden scenario."""
    return lambda name: _told(engine, name)


@pytest.mark.parametrize("name", goldens())
def test_every_golden_scenario_is_told_as_written(tell: Tell, name: str) -> None:
    told = tell(name)
    assert trace(told) == told.golden.trace_file.read_text(encoding="utf-8")


def answers(told: Told) -> list[tuple[str, str | None]]:
    """Who is answered by whom, in the order of the answers."""
    answered = [c for c in told.contacts if c.agent is not None and c.start is not None]
    return [(c.issue, c.agent) for c in sorted(answered, key=lambda c: c.start or 0)]


def waited(contact: Contact) -> int:
    """Ticks from entering to the answer, or to giving up."""
    until = contact.end if contact.start is None else contact.start
    assert until is not None
    return until - contact.enter


MINUTE = tick("00:01")


# -------------------------------------------------------------- a shift ends, a break falls due (kind 1)
def test_who_finishes_at_the_tick_a_shift_ends_is_given_no_other(tell: Tell) -> None:
    told = tell("shift_ends_as_work_ends")
    assert told.contact("web#0").end == tick("09:00")
    assert told.contact("web#1").how == End.ABANDONED
    assert told.duty("ana", Duty.ON, Duty.OVERTIME) == [(tick("08:00"), tick("09:00"))]


def test_who_is_busy_when_the_shift_ends_finishes_in_overtime_wrap_up_included(tell: Tell) -> None:
    told = tell("work_lasts_past_shift_end")
    assert told.duty("ana", Duty.OVERTIME) == [(tick("09:00"), tick("09:15"))]
    assert told.contact("web#1").how == End.ABANDONED


def test_a_break_due_at_the_tick_work_ends_begins_before_anybody_else_is_taken(tell: Tell) -> None:
    told = tell("break_due_as_work_ends")
    assert told.contact("web#0").end == tick("12:00")
    assert told.duty("ana", Duty.BREAK) == [(tick("12:00"), tick("12:30"))]
    assert told.contact("web#1").start == tick("12:30")


def test_who_finishes_at_the_tick_a_head_count_falls_goes(tell: Tell) -> None:
    told = tell("head_count_falls_as_work_ends")
    assert told.contact("web#0").end == tick("12:00")
    assert told.duty("own#0", Duty.ON) == [(0, tick("12:00"))]
    assert told.contact("web#2").agent == "own#1"


def test_a_break_due_at_the_tick_a_shift_begins_comes_before_who_waits(tell: Tell) -> None:
    told = tell("break_due_as_shift_begins")
    assert told.duty("ana", Duty.BREAK) == [(tick("08:00"), tick("08:15"))]
    assert told.contact("web#0").start == tick("08:15")


def test_a_shift_that_ends_leaves_nothing_to_the_one_that_begins_at_that_tick(tell: Tell) -> None:
    told = tell("shift_follows_shift")
    assert told.duty("ana", Duty.BREAK)[-1] == (tick("31:50"), tick("32:00"))
    assert told.duty("ana", Duty.LOST_BREAK) == [(tick("31:45"), tick("32:00"))]
    assert waited(told.contact("web#1")) == 0


# ---------------------------------------------------------------------------------- work ends (kind 2)
def test_an_agent_freed_at_the_tick_patience_ends_serves_the_waiting_contact(tell: Tell) -> None:
    second = tell("freed_as_patience_ends").contact("web#1")
    assert waited(second) == 5 * MINUTE  # all its patience
    assert second.start == tick("08:10")


def test_an_agent_freed_at_the_tick_of_an_arrival_takes_who_waits_and_the_arrival_queues(tell: Tell) -> None:
    told = tell("arrives_as_work_ends")
    assert told.contact("web#0").end == told.contact("web#2").enter == tick("08:10")
    assert told.contact("web#1").start == tick("08:10")
    assert told.contact("web#2").start == tick("08:20")


def test_who_arrives_at_the_tick_an_agent_is_freed_finds_it_free_if_nobody_waits(tell: Tell) -> None:
    last = tell("arrives_as_work_ends").contact("web#3")
    assert last.enter == last.start == tick("08:30")


def test_who_arrives_at_the_tick_wrap_up_ends_is_answered_at_once(tell: Tell) -> None:
    told = tell("wrap_up_ends_as_one_arrives")
    assert told.contact("web#0").freed == tick("08:10")
    assert told.contact("web#1").how == End.TURNED_AWAY  # one tick earlier
    assert (told.contact("web#2").agent, waited(told.contact("web#2"))) == ("own#0", 0)


def test_without_wrap_up_the_agent_is_free_at_the_tick_the_contact_ends(tell: Tell) -> None:
    told = tell("zero_wrap_up")
    for before, after in (("web#0", "web#1"), ("web#1", "web#2")):
        assert told.contact(before).end == told.contact(before).freed == told.contact(after).start


def test_a_full_bot_has_room_again_at_the_tick_a_session_ends(tell: Tell) -> None:
    told = tell("session_ends_as_one_arrives")
    assert told.contact("web#1").how == End.TURNED_AWAY  # one tick earlier
    assert told.contact("web#2").enter == told.contact("web#0").end
    assert told.contact("web#2").how == End.SOLVED


def test_an_agent_freed_at_the_tick_another_begins_takes_who_waits(tell: Tell) -> None:
    told = tell("shift_begins_as_work_ends")
    assert told.contact("web#1").agent == "ben"  # freed; ana, who comes at that tick, has the lower number
    assert told.contact("web#2").agent == "ana"


def test_of_two_contacts_that_end_at_one_tick_the_lower_uid_frees_its_agent_first(tell: Tell) -> None:
    told = tell("two_end_at_one_tick")
    assert told.contact("web#1").end == told.contact("web#2").end == tick("08:20")
    assert told.contact("web#3").agent == told.contact("web#1").agent == "own#1"
    assert told.contact("web#4").agent == told.contact("web#2").agent == "own#0"


# ------------------------------------------------------------------- a shift begins, a break ends (kind 3)
def test_an_agent_whose_shift_begins_at_the_tick_patience_ends_serves(tell: Tell) -> None:
    contact = tell("shift_begins_as_patience_ends").contact("web#0")
    assert waited(contact) == 5 * MINUTE
    assert contact.start == tick("08:00")


def test_an_agent_whose_break_ends_at_the_tick_patience_ends_serves(tell: Tell) -> None:
    contact = tell("break_ends_as_patience_ends").contact("web#0")
    assert waited(contact) == 5 * MINUTE
    assert contact.start == tick("12:30")


def test_of_two_agents_who_begin_at_one_tick_the_lower_number_takes_the_first_in_line(tell: Tell) -> None:
    assert answers(tell("two_begin_at_one_tick")) == [("web#0", "early#0"), ("web#1", "early#1")]


# ------------------------------------------------------------------------------------ arrivals (kind 4)
def test_who_arrives_at_the_tick_a_shift_begins_finds_the_agent_there(tell: Tell) -> None:
    contact = tell("arrives_as_shift_begins").contact("web#0")
    assert (contact.agent, waited(contact)) == ("ana", 0)  # with no place to wait


def test_who_arrives_at_the_tick_a_break_ends_finds_the_agent_back(tell: Tell) -> None:
    contact = tell("arrives_as_break_ends").contact("web#0")
    assert (contact.agent, waited(contact)) == ("ana", 0)  # with no place to wait


def test_who_arrives_at_the_tick_a_shift_ends_finds_nobody(tell: Tell) -> None:
    contact = tell("arrives_as_shift_ends").contact("web#0")
    assert (contact.how, contact.agent) == (End.ABANDONED, None)


def test_who_arrives_at_the_tick_a_break_falls_due_finds_the_agent_gone(tell: Tell) -> None:
    told = tell("arrives_as_break_falls_due")
    assert told.duty("ana", Duty.BREAK) == [(tick("12:00"), tick("12:30"))]
    assert waited(told.contact("web#0")) == 30 * MINUTE


def test_who_arrives_at_the_tick_shifts_change_is_answered_by_the_one_who_comes(tell: Tell) -> None:
    contact = tell("arrives_as_shifts_change").contact("web#0")
    assert (contact.agent, waited(contact)) == ("ben", 0)


def test_who_arrives_at_the_tick_a_head_count_changes_finds_the_new_one(tell: Tell) -> None:
    told = tell("arrives_as_head_count_rises")
    assert [told.contact(f"web#{i}").agent for i in range(3)] == [None, "own#0", None]


def test_of_two_contacts_at_one_tick_the_lower_uid_comes_first(tell: Tell) -> None:
    told = tell("two_streams_at_one_tick")
    uids = sorted(told.records.issues[:, IssueColumn.ISSUE].tolist())
    assert [told.golden.issue_name(uid) for uid in uids] == ["web#0", "web#1", "app#0", "app#1"]
    assert [name for name, _ in answers(told)] == ["web#0", "app#0", "web#1", "app#1"]


def test_at_equal_places_in_the_line_the_lower_uid_is_served_first(tell: Tell) -> None:
    told = tell("head_start_ties")
    assert told.contact("web#0").enter - 5 * MINUTE == told.contact("app#1").enter
    assert [name for name, _ in answers(told)] == ["app#0", "web#0", "app#1"]


def test_who_goes_on_at_the_tick_its_agent_is_freed_comes_after_who_waited(tell: Tell) -> None:
    told = tell("goes_on_as_agent_is_freed")
    assert told.contact("web#0", step=2).enter == told.contact("web#1").start == tick("08:10")
    assert told.contact("web#0", step=2).start == told.contact("web#1").end


def test_who_goes_on_at_the_tick_another_arrives_comes_in_the_order_of_uids(tell: Tell) -> None:
    told = tell("goes_on_as_another_arrives")
    assert told.contact("app#0", step=2).enter == told.contact("web#0").enter == tick("08:00")
    assert [name for name, _ in answers(told)] == ["web#0", "app#0"]


def test_who_goes_on_at_the_tick_another_contact_ends_finds_that_agent_free(tell: Tell) -> None:
    told = tell("goes_on_as_another_ends")
    assert told.contact("web#0", step=2).enter == told.contact("app#0").end == tick("08:10")
    assert answers(told) == [("app#0", "own#0"), ("web#0", "own#0")]


# ------------------------------------------------------------------------------- patience ends (kind 6)
def test_who_arrives_at_the_tick_another_gives_up_still_finds_that_place_taken(tell: Tell) -> None:
    told = tell("arrives_as_patience_ends")
    assert told.contact("web#1").end == told.contact("web#2").enter == tick("08:10")
    assert told.contact("web#2").how == End.TURNED_AWAY
    assert told.contact("web#3").how == End.ABANDONED  # one tick later there was room


def test_without_patience_one_gives_up_at_once_where_nobody_is_free(tell: Tell) -> None:
    contact = tell("patience_of_zero").contact("web#1")
    assert (contact.how, waited(contact)) == (End.ABANDONED, 0)


def test_without_patience_one_is_answered_where_somebody_is_free(tell: Tell) -> None:
    told = tell("patience_of_zero")
    assert [waited(told.contact(name)) for name in ("web#0", "web#2")] == [0, 0]
    assert told.contact("web#2").start == told.contact("web#0").end  # freed at this very tick


def test_a_contact_answered_after_exactly_20_s_is_within_20_s(tell: Tell) -> None:
    told = tell("answered_after_exactly_20_s")
    assert [waited(c) for c in told.contacts] == [0, tick("00:00:20"), tick("00:00:20.000001")]
    model, labels = told.golden.resolved.model, told.golden.resolved.labels
    reducer = Reduction(model, labels).reducer()
    reducer.add(told.records)
    result = document([reducer.sums()], model, labels, version="0", seed=1)
    for definition in ("all", "offered", "without_short", "any_end", "answered"):
        assert figure(result, f"service_level.{definition}")["value"] == pytest.approx(2 / 3)


# --------------------------------------------------------------------------------------- no time at all
def test_a_session_of_no_length_ends_at_the_tick_it_begins(tell: Tell) -> None:
    told = tell("zero_length_session")
    for name in ("web#0", "app#1"):
        at_bot, at_desk = told.contact(name, step=1), told.contact(name, step=2)
        assert at_bot.enter == at_bot.start == at_bot.end == at_desk.enter


def test_who_went_through_the_bot_in_no_time_takes_its_place_by_uid(tell: Tell) -> None:
    assert [name for name, _ in answers(tell("zero_length_session"))] == ["web#0", "app#0", "web#1", "app#1"]


def test_contacts_handled_in_no_time_are_served_one_by_one_at_the_same_tick(tell: Tell) -> None:
    told = tell("zero_handling")
    assert answers(told) == [(f"web#{i}", "own#0") for i in range(5)]
    for i in range(1, 5):
        contact = told.contact(f"web#{i}")
        assert contact.start == contact.end == contact.freed == tick("08:10")


# --------------------------------------------------------------------------------------- which agent
def test_of_two_agents_idle_since_the_same_tick_the_lower_number_is_taken(tell: Tell) -> None:
    told = tell("idle_since_one_tick")
    assert told.contact("web#1").freed == told.contact("web#2").freed == tick("08:20")
    assert told.contact("web#1").agent == "own#1"  # freed first, by its uid
    assert told.contact("web#3").agent == "own#0"


def test_the_agent_longest_idle_is_taken(tell: Tell) -> None:
    assert tell("longest_idle").contact("web#2").agent == "own#1"


def test_the_least_busy_agent_is_taken_then_the_one_longest_at_its_number_of_chats(tell: Tell) -> None:
    taken = [agent for _, agent in answers(tell("least_busy"))]
    assert taken == ["own#0", "own#1", "own#0", "own#1", "own#0"]


def test_the_busiest_agent_with_a_free_chat_is_taken_if_so_wanted(tell: Tell) -> None:
    taken = [agent for _, agent in answers(tell("most_busy"))]
    assert taken == ["own#0", "own#0", "own#1", "own#1"]


def test_an_agent_who_comes_fills_all_free_chats(tell: Tell) -> None:
    told = tell("fills_free_chats")
    assert [told.contact(f"web#{i}").start for i in range(3)] == [tick("08:00"), tick("08:00"), tick("08:20")]


def test_a_contact_takes_the_first_team_asked_that_has_somebody_free(tell: Tell) -> None:
    taken = [agent for _, agent in answers(tell("asks_in_order"))]
    assert taken == ["vendor#0", "own#0", "vendor#0", "vendor#0"]


# ------------------------------------------------------------------------------------- which contact
def test_who_finds_all_places_in_the_queue_taken_is_turned_away(tell: Tell) -> None:
    told = tell("queue_limit")
    assert [c.issue for c in told.contacts if c.how == End.TURNED_AWAY] == ["web#3", "web#5"]


def test_a_head_start_overtakes_and_always_first_overtakes_everybody(tell: Tell) -> None:
    order = [name for name, _ in answers(tell("head_start"))]
    assert order == ["web#0", "vip#0", "back#0", "web#1", "back#1", "web#2"]


@pytest.mark.parametrize(("rule", "order"), [
    ("skill_first", ["sales#0", "vip#0", "care#1"]),
    ("priority_first", ["vip#0", "sales#0", "care#1"]),
    ("longest_waiting", ["vip#0", "care#1", "sales#0"]),
])  # fmt: skip
def test_a_freed_agent_takes_by_the_rule_of_its_team(tell: Tell, rule: str, order: list[str]) -> None:
    assert [name for name, _ in answers(tell(rule))] == ["care#0", *order]


# -------------------------------------------------------------------------------------------- breaks
def test_a_break_that_falls_due_while_handling_waits_and_keeps_its_length(tell: Tell) -> None:
    told = tell("break_due_while_handling")
    assert told.contact("web#0").freed == tick("12:03:20")
    assert told.duty("ana", Duty.BREAK) == [(tick("12:03:20"), tick("12:33:20"))]
    assert told.contact("web#1").start == tick("12:33:20")


def test_a_break_waits_for_all_chats_and_nobody_new_is_taken_meanwhile(tell: Tell) -> None:
    told = tell("break_waits_for_all_chats")
    assert told.duty("ana", Duty.BREAK) == [(tick("12:16"), tick("12:46"))]
    assert told.contact("web#2").start == tick("12:46")  # a chat was free from 12:05


def test_a_late_break_is_cut_at_the_end_of_the_shift(tell: Tell) -> None:
    told = tell("break_cut_at_shift_end")
    assert told.duty("ana", Duty.BREAK) == [(tick("15:45"), tick("16:00"))]
    assert told.duty("ana", Duty.LOST_BREAK, Duty.OVERTIME) == []


def test_a_break_that_cannot_begin_before_the_shift_ends_is_lost(tell: Tell) -> None:
    told = tell("break_lost")
    for agent in ("early#0", "early#1"):
        assert told.duty(agent, Duty.LOST_BREAK) == [(tick("15:30"), tick("16:00"))]
        assert told.duty(agent, Duty.BREAK) == []
    assert told.contact("web#1").freed == tick("16:00")  # of early#1: at the tick the shift ends


def test_a_second_break_that_falls_due_during_a_late_first_one_follows_at_once(tell: Tell) -> None:
    told = tell("second_break_due_during_first")
    assert told.duty("ana", Duty.BREAK) == [(tick("12:15"), tick("12:45")), (tick("12:45"), tick("12:55"))]
    assert told.contact("web#1").start == tick("12:55")


def test_a_second_break_due_at_the_tick_the_first_one_ends_follows_at_once(tell: Tell) -> None:
    told = tell("second_break_due_as_first_ends")
    assert told.duty("ana", Duty.BREAK) == [(tick("12:15"), tick("12:45")), (tick("12:45"), tick("12:55"))]
    assert told.contact("web#1").start == tick("12:55")


# ----------------------------------------------------------------------------------------- who is there
def test_where_nobody_works_everybody_gives_up(tell: Tell) -> None:
    told = tell("empty_roster")
    assert [(c.how, waited(c)) for c in told.contacts] == [(End.ABANDONED, 5 * MINUTE)] * 3
    assert len(told.records.duty) == 0


def test_who_comes_back_after_the_last_shift_waits_for_the_next_day_or_gives_up(tell: Tell) -> None:
    told = tell("return_after_last_shift")
    patient, hasty = told.contact("web#0", attempt=2), told.contact("web#1", attempt=2)
    assert (patient.enter, patient.start) == (tick("18:10"), tick("32:00"))
    assert (hasty.how, waited(hasty)) == (End.ABANDONED, 30 * MINUTE)


def test_when_a_head_count_falls_while_all_are_busy_the_next_to_finish_go(tell: Tell) -> None:
    told = tell("head_count_falls_while_busy")
    gone = [told.duty(f"own#{i}", Duty.ON)[0][1] for i in range(2)]
    assert (
        gone == [told.contact("web#0").freed, told.contact("web#1").freed] == [tick("12:10"), tick("12:15")]
    )
    assert told.contact("web#3").agent == "own#2"
    assert told.contact("web#3").start == tick("12:25")


def test_when_a_head_count_falls_idle_agents_go_at_once_the_highest_number_first(tell: Tell) -> None:
    told = tell("head_count_falls_with_idle")
    assert told.duty("own#4", Duty.ON) == [(0, tick("12:00"))]  # from 5 to 4, two idle
    assert told.duty("own#3", Duty.ON) == [(0, tick("12:05"))]  # from 4 to 2, one idle
    assert told.duty("own#0", Duty.ON)[0] == (0, tick("12:10"))  # the other: the next to finish


def test_when_a_head_count_rises_the_lowest_number_off_duty_comes(tell: Tell) -> None:
    told = tell("head_count_falls_with_idle")
    assert [told.duty(f"own#{i}", Duty.ON)[1:] for i in (0, 3, 4)] == [[(tick("12:30"), told.stop)], [], []]


def test_when_a_head_count_rises_before_somebody_could_go_nobody_goes(tell: Tell) -> None:
    told = tell("head_count_rises_before_debt_is_paid")
    assert [told.duty(f"own#{i}", Duty.ON) for i in range(2)] == [[(0, told.stop)]] * 2
    assert told.contact("web#2").start == told.contact("web#0").end


def test_an_agent_about_to_go_stays_when_the_head_count_rises_and_takes_who_waits(tell: Tell) -> None:
    told = tell("closing_agent_stays")
    assert told.duty("own#0", Duty.OVERTIME) == [(tick("12:05"), tick("12:10"))]
    assert told.contact("web#2").start == tick("12:10")


def test_a_night_shift_goes_over_midnight_and_one_is_under_way_at_the_start(tell: Tell) -> None:
    told = tell("night_shift")
    assert told.duty("ana", Duty.BREAK)[0] == (0, tick("00:30"))
    assert told.contact("web#1").agent == "ana"
    assert told.contact("web#3").end == tick("24:10")


# ----------------------------------------------------------------------------------------- opening hours
def test_who_comes_at_the_tick_of_closing_is_turned_away_and_at_that_of_opening_is_not(tell: Tell) -> None:
    told = tell("closed_turned_away")
    assert (told.contact("web#2").enter, told.contact("web#2").how) == (tick("18:00"), End.TURNED_AWAY)
    assert (told.contact("app#0").enter, told.contact("app#0").how) == (tick("32:00") - 1, End.TURNED_AWAY)
    assert (told.contact("app#1").enter, waited(told.contact("app#1"))) == (tick("32:00"), 0)


def test_who_came_before_a_desk_closed_that_turns_away_is_served_after_it(tell: Tell) -> None:
    contact = tell("closed_turned_away").contact("web#1")
    assert (contact.enter, contact.start) == (tick("17:59"), tick("18:10"))


def test_turned_away_when_closed_goes_another_way_than_turned_away_from_a_full_queue(tell: Tell) -> None:
    told = tell("closed_turned_away")
    away = {c.issue: c.next for c in told.contacts if c.how == End.TURNED_AWAY}
    assert away == {"web#2": "night", "app#0": "night", "app#3": "mail"}


def test_as_a_desk_opens_those_who_waited_look_for_agents_in_waiting_order(tell: Tell) -> None:
    told = tell("closed_waits")
    opened = [c for c in told.contacts if c.start == tick("08:00")]
    by_agent = {
        c.agent: c.issue for c in opened
    }  # all idle since midnight, so the lowest number is asked first
    assert by_agent == {"own#0": "web#0", "own#1": "app#0", "own#2": "web#1"}  # app#0 by its head start


def test_who_comes_as_a_desk_opens_stands_behind_those_who_waited_for_that(tell: Tell) -> None:
    contact = tell("closed_waits").contact("web#3")
    assert (contact.enter, contact.start) == (tick("08:00"), tick("08:10"))


def test_patience_runs_while_a_desk_is_closed_and_who_would_give_up_as_it_opens_is_answered(
    tell: Tell,
) -> None:
    told = tell("closed_waits")
    assert waited(told.contact("web#0")) == tick("02:00")  # all the patience there was
    assert (told.contact("web#5").how, told.contact("web#5").end) == (End.ABANDONED, tick("22:00"))


def test_who_comes_at_the_tick_of_closing_waits_overnight_where_one_waits(tell: Tell) -> None:
    told = tell("closed_waits")
    assert told.contact("web#4").freed == tick("20:05")  # begun before closing; its agent takes nobody then
    assert (told.contact("app#1").enter, told.contact("app#1").start) == (tick("20:00"), tick("32:00"))


def test_an_agent_freed_at_the_tick_a_desk_closes_takes_from_one_that_is_open(tell: Tell) -> None:
    told = tell("freed_while_closed")
    assert told.contact("web#0").freed == told.contact("mail#0").start == tick("18:00")
    assert [told.contact(f"web#{i}").start for i in (1, 2)] == [tick("32:00"), tick("32:10")]


def test_who_comes_on_duty_as_a_desk_opens_takes_before_those_who_are_idle_are_found(tell: Tell) -> None:
    told = tell("opens_as_shift_begins")
    assert [(c.agent, c.start) for c in map(told.contact, ("web#0", "web#1"))] == [
        ("ana", tick("08:00")), ("ben", tick("08:00")),
    ]  # fmt: skip
    assert told.contact("web#2").start == tick("08:10")  # came at that tick


# ------------------------------------------------------------------------------------------- kinds of day
def test_a_shift_with_nobody_on_sunday_has_no_rows_and_that_of_saturday_lasts_into_it(tell: Tell) -> None:
    told = tell("closed_on_sunday")
    assert told.duty("early", Duty.ON) == [(tick(f"{h}:00"), tick(f"{h + 8}:00")) for h in (8, 56)]
    nights = [(0, 6), (22, 30), (70, 72)]
    assert told.duty("night", Duty.ON) == [(tick(f"{a}:00"), tick(f"{b}:00")) for a, b in nights]


def test_who_waits_over_a_closed_sunday_is_answered_on_monday(tell: Tell) -> None:
    told = tell("closed_on_sunday")
    assert [told.contact(f"web#{i}").start for i in (1, 2)] == [tick("56:00"), tick("56:10")]


def test_head_counts_step_at_midnight_and_who_has_still_to_go_is_carried_over(tell: Tell) -> None:
    told = tell("head_count_steps_at_midnight")
    assert told.duty("own#0", Duty.ON) == [(0, tick("24:10")), (tick("48:00"), tick("54:00"))]
    assert told.duty("own#1", Duty.ON) == [(0, tick("24:15"))]
    assert told.duty("own#2", Duty.ON) == [(0, tick("54:00"))]
    assert told.contact("web#3").start == tick("24:18")
    assert told.contact("web#5").start == tick("48:00")  # by own#0, who comes at midnight


# ---------------------------------------------------------------------------------- patience and returns
def test_what_was_left_of_the_patience_is_kept_at_a_return(tell: Tell) -> None:
    told = tell("patience_kept_at_return")
    first, second = told.contact("web#1"), told.contact("web#1", attempt=2)
    assert second.how == End.ABANDONED
    assert waited(first) + waited(second) == 10 * MINUTE


def test_patience_is_renewed_at_a_return_where_nothing_else_is_said(tell: Tell) -> None:
    second = tell("patience_renewed_at_return").contact("web#1", attempt=2)
    assert (second.how, waited(second)) == (End.UNSOLVED, 9 * MINUTE)


def test_patience_is_kept_past_a_contact_that_visits_no_desk(tell: Tell) -> None:
    told = tell("patience_kept_past_a_bot")
    first, third = told.contact("web#0"), told.contact("web#0", attempt=3)
    assert third.how == End.ABANDONED
    assert waited(first) + waited(third) == 20 * MINUTE


def test_patience_per_contact_is_one_budget_for_all_its_desks(tell: Tell) -> None:
    told = tell("patience_per_contact")
    care, experts = told.contact("web#0", step=1), told.contact("web#0", step=2)
    assert experts.how == End.ABANDONED
    assert waited(care) + waited(experts) == 10 * MINUTE


def test_time_at_the_bot_uses_up_patience_where_it_counts(tell: Tell) -> None:
    told = tell("bot_time_counts")
    assert [waited(told.contact(f"web#{i}", step=2)) for i in range(3)] == [0, 6 * MINUTE, 0]
    assert told.contact("web#2", step=2).how == End.ABANDONED


def test_who_wrongly_believes_it_solved_may_come_back(tell: Tell) -> None:
    told = tell("believed_and_back")
    again = told.contact("web#0", attempt=2)
    assert (again.stage, again.enter) == ("phone", tick("09:02"))
    assert told.state("web#0") == State.SOLVED
    assert tell("believed_for_good").state("web#0") == State.BELIEVED


# ----------------------------------------------------------------------------------------------- the end
def test_a_return_at_the_end_or_later_is_dropped_where_returns_are(tell: Tell) -> None:
    told = tell("returns_dropped")
    assert told.contact("web#0", attempt=2).enter == tick("09:59:59.999999")
    assert [c.attempt for c in told.contacts if c.issue == "web#1"] == [1]
    assert told.records.issues[:, IssueColumn.DROPPED].tolist() == [0, 1]
    assert told.state("web#1") == State.UNSOLVED


def test_what_is_open_at_the_cut_stays_open(tell: Tell) -> None:
    told = tell("cut_with_open_contacts")
    assert [told.state(f"web#{i}") for i in range(4)] == [State.OPEN] * 4
    still_open = [c for c in told.contacts if c.how == End.NONE]
    assert [(c.issue, c.stage, c.agent) for c in still_open] == [
        ("web#0", "phone", "own#0"), ("web#1", "phone", None), ("web#3", "bot", None),
    ]  # fmt: skip
    assert all((c.end, c.next) == (None, None) for c in still_open)


def test_what_would_end_at_the_tick_of_the_cut_is_still_open(tell: Tell) -> None:
    told = tell("end_at_the_cut")
    assert told.state("web#0") == State.SOLVED  # one tick before
    assert told.state("web#1") == State.OPEN


def test_demand_goes_on_until_what_is_measured_has_ended(tell: Tell) -> None:
    told = tell("demand_continues")
    assert told.stop == told.contact("web#0").end == tick("10:05")
    assert [told.state(f"web#{i}") for i in range(3)] == [State.SOLVED, State.OPEN, State.OPEN]


def test_after_the_end_what_is_open_is_played_out(tell: Tell) -> None:
    told = tell("drained")
    assert told.stop == told.contact("web#1").end == tick("10:16")
    assert told.duty("own#0", Duty.ON) == [(0, tick("10:16"))]


def test_at_a_delay_time_passes_and_the_contact_goes_on(tell: Tell) -> None:
    told = tell("delay")
    stages = [(c.stage, c.enter, c.start, c.end) for c in told.contacts]
    assert stages[1] == ("approval", tick("08:10"), tick("08:10"), tick("10:10"))
    assert stages[2][:2] == ("billing", tick("10:10"))
