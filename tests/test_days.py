"""Days by name, tables by days, kinds of day, opening hours, dated changes."""

from __future__ import annotations

import copy
import json
from typing import Any

import numpy as np
import pytest
from golden_trace import Engine
from running import resolved, run_checked, sums_of

from sim.measure.result import document
from sim.model.arrivals import issues_per_day
from sim.model.tables import DAY, Model
from sim.scenario.day_words import kind_weights, kind_words, kinds_met
from sim.scenario.days import Days, date_number, is_day_word, parse_day
from sim.scenario.traffic import mean_flows, overload_words
from sim.scenario.validate import load
from sim.study.replications import default_replications, expected_issues, sums_of_replications
from sim.units import HOUR, WordsError

Scenario = dict[str, Any]

SHOP: Scenario = {
    "name": "Shop",
    "demand": {"volume": "240/day"},
    "desks": {"chat": {"handling": "exponential 6 min", "patience": "exponential 5 min"}},
    "teams": {
        "own": {"serves": "chat", "shifts": {"day": {"from": "08:00", "to": "16:00", "agents": 2}}},
        "temp": {"serves": "chat", "agents": 1, "absence": "20%"},
    },
}


def shop(**parts: Any) -> Scenario:
    """The shop with some parts laid on it, map by map."""

    def laid(below: Any, above: Any) -> Any:
        if not isinstance(below, dict) or not isinstance(above, dict):
            return above
        return {**below, **{key: laid(below.get(key), value) for key, value in above.items()}}

    found = laid(copy.deepcopy(SHOP), parts)
    assert isinstance(found, dict)
    return found


def model_of(**parts: Any) -> Model:
    return resolved(shop(**parts)).model


def kinds_by_day(model: Model) -> list[int]:
    """The kind of each day from day 0 on."""
    return [int(kind) for kind in model.calendar.kind[1:]]


class TestWords:
    @pytest.mark.parametrize(
        ("word", "dates"),
        [
            ("mon", ["2024-01-01", "2024-12-30"]),
            ("sunday", ["2024-01-07"]),
            ("weekdays", ["2024-01-05"]),
            ("fri-mon", ["2024-01-05", "2024-01-07", "2024-01-08"]),
            ("11-11", ["2024-11-11", "2031-11-11"]),
            ("02-29", ["2024-02-29"]),
            ("2024-11-08..2024-11-12", ["2024-11-08", "2024-11-12"]),
            ("12-24..01-02", ["2024-12-24", "2025-01-02", "2025-12-31"]),
        ],
    )
    def test_mean_days(self, word: str, dates: list[str]) -> None:
        assert is_day_word(word)
        assert all(parse_day(word).holds(date_number(date)) for date in dates)

    @pytest.mark.parametrize(
        ("word", "date"),
        [
            ("mon", "2024-01-02"),
            ("fri-mon", "2024-01-09"),
            ("02-29", "2025-03-01"),
            ("2024-11-08..2024-11-12", "2024-11-13"),
            ("12-24..01-02", "2024-01-03"),
        ],
    )
    def test_mean_no_others(self, word: str, date: str) -> None:
        assert not parse_day(word).holds(date_number(date))

    @pytest.mark.parametrize("word", ["02-30", "2023-02-29", "2024-13-01", "1-1", "2024-02-02..02-03"])
    def test_of_no_day_are_refused(self, word: str) -> None:
        assert is_day_word(word)
        with pytest.raises(WordsError):
            parse_day(word)

    @pytest.mark.parametrize("word", ["08:00-20:00", "campaign", "else", "12", "monday-night", "a..b"])
    def test_others_are_no_days(self, word: str) -> None:
        assert not is_day_word(word)

    def test_the_most_special_goes_first(self) -> None:
        days = Days({"sale": (parse_day("2024-11-11"),)}, 0)
        words = ["weekdays", "monday", "sale", "11-11", "2024-11-11", "tuesday"]
        found = days.holding(words, date_number("2024-11-11"))
        assert found == ("2024-11-11", "11-11", "sale", "monday", "weekdays")


class TestKinds:
    def test_without_days_all_are_alike(self) -> None:
        assert set(model_of(horizon={"measure": "8 days"}).calendar.kind.tolist()) == {0}

    def test_are_numbered_as_they_come(self) -> None:
        volume = {"weekdays": "240/day", "saturday": "70/day", "else": "30/day"}
        model = model_of(demand={"volume": volume}, horizon={"measure": "8 days", "then": "cut"})
        assert kinds_by_day(model) == [0, 0, 0, 0, 0, 1, 2, 0, 0]
        assert model.calendar.kind[0] == 2  # a Sunday comes before the first day
        per_day = model.streams.rate[0].sum(axis=1) * model.streams.slot
        np.testing.assert_allclose(per_day, [240, 70, 30])

    def test_of_dates_begin_at_the_date_given(self) -> None:
        model = model_of(
            demand={"volume": {"2024-11-11": "900/day", "monday": "300/day", "else": "240/day"}},
            horizon={"starts": "2024-11-10", "measure": "10 days", "then": "cut"},
        )
        assert model.calendar.first_date == date_number("2024-11-10")
        assert kinds_by_day(model)[:3] == [0, 1, 0]
        assert kinds_by_day(model)[8] == 2  # the next Monday
        np.testing.assert_allclose(model.streams.rate[0].sum(axis=1) * model.streams.slot, [240, 900, 300])

    def test_have_the_clock_times_that_matter_on_them(self) -> None:
        patience = {"saturday": {"10:00-14:00": "1 min", "else": "2 min"}, "else": "3 min"}
        model = model_of(desks={"chat": {"patience": patience}}, horizon={"measure": "7 days"})
        assert np.diff(model.calendar.first).tolist() == [1, 3]
        assert model.calendar.begins[1:].tolist() == [0, 10 * HOUR, 14 * HOUR]
        assert model.stages.patience.mean[0, 0].tolist() == [180e6, 120e6, 60e6, 120e6]

    def test_days_of_own_names_go_by_the_order_of_writing(self) -> None:
        days = {"sale": "2024-11-08..2024-11-12", "holiday": ["11-11", "12-25"]}
        for first, other, wanted in (("sale", "holiday", 50), ("holiday", "sale", 60)):
            table = {first: "50 s" if first == "sale" else "60 s"}
            table |= {other: "50 s" if other == "sale" else "60 s", "else": "10 s"}
            model = model_of(days=days, desks={"chat": {"handling": table}}, horizon={"starts": "2024-11-11"})
            assert model.stages.work.mean[0, 0, 0] == wanted * 1e6

    def test_words_and_weights(self) -> None:
        volume = {"weekdays": "240/day", "saturday": "70/day", "else": "30/day"}
        model = model_of(demand={"volume": volume}, horizon={"measure": "14 days"})
        assert kinds_met(model) == [0, 1, 2]
        assert kind_weights(model).tolist() == pytest.approx([5 / 7, 1 / 7, 1 / 7])
        assert [kind_words(model, [k]) for k in range(3)] == ["on weekdays", "on saturdays", "on sundays"]
        assert kind_words(model, [1, 2]) == "at weekends"
        assert mean_flows(model).enters.sum() == pytest.approx(1300 / 7)

    def test_a_part_of_a_day_counts_as_such(self) -> None:
        volume = {"monday": "1_000/day", "else": "100/day"}
        model = model_of(demand={"volume": volume}, horizon={"warm_up": "12 h", "measure": "1 day"})
        assert kind_weights(model).tolist() == [0.5, 0.5]
        assert mean_flows(model).enters.sum() == pytest.approx(550)
        assert issues_per_day(model) == pytest.approx((1000 + 100 / 2) / 1.5)
        assert expected_issues(model) == pytest.approx(1050)

    def test_new_issues_come_up_to_the_stop_where_demand_goes_on(self) -> None:
        volume = {"saturday": "70/day", "else": "240/day"}
        horizon = {"measure": "5 days", "follow": "2 days"}
        for then, met in (("continue", [0, 1]), ("drain", [0])):
            model = model_of(demand={"volume": volume}, horizon={**horizon, "then": then})
            assert kinds_met(model) == met
            assert kind_weights(model).tolist() == [1, 0]

    def test_dates_are_named_where_there_are_some(self) -> None:
        volume = {"tuesday": "70/day", "else": "240/day"}
        for starts, words in (("2024-01-01", "on 01-02"), ("2025-01-06", "on 01-07"), (None, "on tuesdays")):
            horizon = {"measure": "3 days"} | ({"starts": starts} if starts else {})
            assert kind_words(model_of(demand={"volume": volume}, horizon=horizon), [1]) == words

    def test_overload_names_the_days(self) -> None:
        agents = {"saturday": {"10:00-14:00": 0, "else": 4}, "else": 4}
        teams = {"own": {"serves": "chat", "agents": agents}}
        scenario = {**shop(horizon={"measure": "7 days"}), "teams": teams}
        words = overload_words(resolved(scenario).model)[0].words
        assert words == "on saturdays 10:00-14:00 (nobody there)"


@pytest.mark.parametrize("volume", ["24/day", {"monday": "24/day", "tuesday": "12/day", "else": "0/day"}])
def test_the_size_tells_each_number_of_several_kinds_of_day_once(engine: Engine, volume: Any) -> None:
    teams = {"temp": {"agents": {"08:00-16:00": 3, "16:00-20:00": 1, "else": 2}}}
    desks = {"chat": {"at_most_waiting": {"08:00-16:00": 5, "else": 9}}}
    found = resolved(shop(demand={"volume": volume}, teams=teams, desks=desks, scale=0.9999))
    sums = sums_of(engine, found, 1, 1)
    size = document(sums, found.model, found.labels, version="0", seed=1, scale=0.9999)["size"]
    is_one_kind = isinstance(volume, str)
    assert size["agents"] == {"own": [2], "temp": [2, 3, 1, 2] if is_one_kind else [2, 3, 1]}
    assert size["limits"] == {"chat": [9, 5, 9] if is_one_kind else [9, 5]}


class TestDemand:
    def test_volumes_by_the_clock_are_steps(self) -> None:
        model = model_of(demand={"volume": {"08:00-08:30": "120/h", "else": "10/h"}})
        hourly = model.streams.rate[0, 0] * HOUR
        assert model.streams.slot == HOUR / 2
        assert hourly[15:18].tolist() == pytest.approx([10, 120, 10])
        assert hourly.sum() * model.streams.slot / HOUR == pytest.approx(10 * 23.5 + 60)

    def test_days_differ_in_profile_and_volume(self) -> None:
        by_hour = {"weekdays": "office", "else": "flat"}
        volume = {"monday": "480/day", "else": "240/day"}
        model = model_of(demand={"volume": volume, "by_hour": by_hour}, horizon={"measure": "7 days"})
        monday, tuesday, saturday = model.streams.rate[0]
        assert monday[0] == tuesday[0] == 0
        assert np.ptp(saturday) == 0
        np.testing.assert_allclose(monday, 2 * tuesday)

    def test_a_file_of_volumes_for_some_days(self) -> None:
        rows = "\n".join(f"{hour:02d}:00,{hour}" for hour in range(24))
        scenario = shop(
            demand={"volume": None, "by_hour": {"weekdays": "a.csv", "else": "b.csv"}},
            horizon={"measure": "7 days"},
        )
        del scenario["demand"]["volume"]
        files = {"a.csv": f"time,volume\n{rows}\n", "b.csv": "time,volume\n00:00,5\n12:00,7\n"}
        rate = resolved(scenario, files).model.streams.rate[0] * HOUR
        assert rate[0].tolist() == pytest.approx(list(range(24)))
        assert rate[1, [0, 12]].tolist() == pytest.approx([5 / 12, 7 / 12])


class TestStaff:
    def test_shifts_are_worked_on_their_days(self) -> None:
        shifts = {
            "day": {"from": "08:00", "to": "16:00", "agents": {"friday": 3, "else": 2}, "on": "weekdays"},
            "market": {"from": "09:00", "to": "12:00", "agents": 4, "on": ["saturday"]},
        }
        model = model_of(teams={"own": {"shifts": shifts}}, horizon={"measure": "7 days"})
        plan = model.plan.shifts
        assert plan.n_scheduled.tolist() == [[2, 3, 0, 0], [0, 0, 4, 0]]
        assert plan.first_agent.tolist() == [0, 3]
        assert model.teams.n_agents.tolist() == [7, 2]

    def test_head_counts_change_from_day_to_day(self) -> None:
        agents = {"weekdays": {"08:00-20:00": 5, "else": 1}, "else": 2}
        model = model_of(teams={"temp": {"agents": agents}}, horizon={"measure": "7 days"})
        counts = model.plan.head_counts
        assert counts.kind.tolist() == [0, 0, 0, 1]
        assert counts.begins.tolist() == [0, 8 * HOUR, 20 * HOUR, 0]
        assert counts.n_scheduled.tolist() == [1, 5, 1, 2]


class TestOpeningHours:
    def test_say_when_contacts_may_enter(self) -> None:
        hours = {"weekdays": ["08:00-12:00", "13:00-18:00"], "saturday": "always", "else": "closed"}
        chat = {"open": hours, "closed": "mail"}
        desks = {"chat": chat, "mail": {"handling": "5 min", "open": "20:00-04:00", "closed": "waits"}}
        teams = {"own": {"serves": ["chat", "mail"]}}
        model = model_of(desks=desks, teams=teams, demand={"enters": "chat"}, horizon={"measure": "7 days"})
        begins = model.calendar.begins[: model.calendar.first[1]]
        is_open = model.stages.is_open[:, : len(begins)]
        assert (begins / HOUR).tolist() == [0, 4, 8, 12, 13, 18, 20]
        assert is_open[0].tolist() == [False, False, True, False, True, False, False]
        assert is_open[1].tolist() == [True, False, False, False, False, False, True]
        assert model.stages.waits_when_closed.tolist() == [False, True]
        saturday, sunday = model.calendar.first[1:3]
        assert model.stages.is_open[0, saturday]
        assert not model.stages.is_open[0, sunday]
        row = model.stages.route[0, 4, 0, 0]
        assert model.routes.to[model.routes.first[row]] == 1
        assert model.stages.route[1, 4, 0, 0] == model.stages.route[1, 3, 0, 0]


def by_day(value: Any, *keys: str) -> Scenario:
    return dict.fromkeys(keys, value)


class TestSameResults:
    """What is said by days but does not differ from day to day changes no byte of the records."""

    @pytest.mark.parametrize("keys", [("monday-sunday",), ("weekdays", "weekends"), ("tuesday", "else")])
    def test_tables_with_one_value(self, engine: Engine, keys: tuple[str, ...]) -> None:
        horizon = {"warm_up": "1 day", "measure": "6 days", "then": "drain"}
        plain = shop(horizon=horizon, demand={"by_hour": "office"})
        told = copy.deepcopy(plain)
        told["demand"] = {"volume": by_day("240/day", *keys), "by_hour": by_day("office", *keys)}
        told["desks"]["chat"]["handling"] = by_day("exponential 6 min", *keys)
        told["desks"]["chat"]["patience"] = {
            "08:00-20:00": by_day("exponential 5 min", *keys), "else": "exponential 5 min"
        }  # fmt: skip
        told["teams"]["own"]["shifts"]["day"] |= {"agents": by_day(2, *keys), "on": "monday-sunday"}
        told["teams"]["temp"]["agents"] = by_day(1, *keys)
        runs = [run_checked(engine, resolved(scenario).model, 3) for scenario in (plain, told)]
        for one, other in zip(*runs, strict=True):
            assert np.array_equal(one, other)

    def test_a_day_is_as_long_as_ever(self) -> None:
        model = model_of(demand={"volume": {"weekdays": "48/day", "else": "24/day"}})
        assert model.streams.slot * model.streams.rate.shape[2] == DAY


def ran(engine: Engine, scenario: Scenario) -> list[Any]:
    return list(run_checked(engine, resolved(scenario).model, 3))


CHANGED: Scenario = {
    "demand": {"volume": "50% more", "by_hour": "office"},
    "desks": {"chat": {"handling": "20% less", "patience": {"08:00-20:00": "4 min", "else": "9 min"}}},
    "teams": {
        "own": {
            "shrinkage": "50%",
            "shifts": {"day": {"to": "15:00", "break": "30 min at 12:00"}, "late": None},
        },
        "temp": {"agents": {"08:00-20:00": 3, "else": 1}},
    },
    "returns": {"abandoned": {"chance": "50%", "after": "1 h"}},
}
LATE = {"late": {"from": "16:00", "to": "23:00", "agents": 2}}


class TestChanges:
    def base(self, **horizon: Any) -> Scenario:
        own = {"starts": "2024-07-01", "measure": "7 days", **horizon}
        return shop(horizon=own, teams={"own": {"shifts": LATE}})

    @pytest.mark.parametrize("when", [{"from": "2024-06-01"}, {"when": "monday-sunday"}])
    def test_one_that_always_holds_is_the_changed_scenario(self, engine: Engine, when: Scenario) -> None:
        always = {**self.base(), "changes": [{**when, **CHANGED}]}
        plain = shop(
            horizon=self.base()["horizon"],
            demand={"volume": "360/day", "by_hour": "office"},
            desks={
                "chat": {
                    "handling": "0.8 times exponential 6 min",
                    "patience": {"08:00-20:00": "4 min", "else": "9 min"},
                }
            },
            teams={
                "own": {
                    "shrinkage": "50%",
                    "shifts": {"day": {"to": "15:00", "break": "30 min at 12:00"}},
                },
                "temp": {"agents": {"08:00-20:00": 3, "else": 1}},
            },
            returns={"abandoned": {"chance": "50%", "after": "1 h"}},
        )
        for one, other in zip(ran(engine, always), ran(engine, plain), strict=True):
            assert np.array_equal(one, other)

    def test_one_that_never_holds_changes_nothing(self, engine: Engine) -> None:
        base = self.base()
        never = {**base, "changes": [{"from": "2030-01-01", **CHANGED}, {"to": "2024-06-01", **CHANGED}]}
        for one, other in zip(ran(engine, never), ran(engine, base), strict=True):
            assert np.array_equal(one, other)

    def test_hold_from_a_date_up_to_the_day_before_another(self) -> None:
        change = {"from": "2024-07-03", "to": "2024-07-05", "demand": {"volume": "50% more"}}
        model = resolved({**self.base(then="cut"), "changes": [change]}).model
        assert kinds_by_day(model) == [0, 0, 1, 1, 0, 0, 0, 0]
        np.testing.assert_allclose(model.streams.rate[0].sum(1) * model.streams.slot, [240, 360])

    def test_hold_at_clock_times_of_a_day(self) -> None:
        change = {
            "when": "20:00-22:00 on 07-02",
            "demand": {"volume": "100% more"},
            "desks": {"chat": {"handling": "3 min"}},
            "teams": {"temp": {"agents": "4 more"}},
        }
        model = resolved({**self.base(), "changes": [change]}).model
        assert model.calendar.begins.tolist() == [0, 0, 20 * HOUR, 22 * HOUR]
        assert (model.stages.work.mean[0, 0] / 60e6).tolist() == [6, 6, 3, 6]
        assert (model.streams.rate[0, 1, [19, 20, 21, 22]] * HOUR).tolist() == pytest.approx([10, 20, 20, 10])
        counts = model.plan.head_counts
        of_kind = counts.kind == 1
        assert (counts.begins[of_kind] / HOUR).tolist() == [0, 20, 22]
        assert counts.n_scheduled[of_kind].tolist() == [1, 5, 1]

    def test_are_laid_on_each_other_in_the_order_of_writing(self) -> None:
        changes = [
            {"when": "weekdays", "demand": {"volume": "300/day"}},
            {"when": "monday", "demand": {"volume": "100% more"}},
            {"when": "on tuesday", "demand": {"volume": "10/day"}},
        ]
        model = resolved({**self.base(), "changes": changes}).model
        per_day = model.streams.rate[0].sum(1) * model.streams.slot
        assert per_day.tolist() == pytest.approx([600, 10, 300, 240])

    def test_shifts_get_rows_of_their_own(self) -> None:
        hours = {
            "day": {"from": "07:00", "agents": "1 more"},
            "extra": {"from": "10:00", "to": "12:00", "agents": 1},
        }
        change = {"from": "2024-07-04", "teams": {"own": {"shifts": hours}}}
        plan = resolved({**self.base(), "changes": [change]}).model.plan.shifts
        assert (plan.begins / HOUR).tolist() == [8, 16, 7, 10]
        assert plan.n_scheduled.tolist() == [[2, 0], [2, 2], [0, 3], [0, 1]]
        assert plan.name_hash[0] == plan.name_hash[2]
        assert plan.first_agent.tolist() == [0, 2, 4, 7]

    def test_shares_of_attributes_routes_and_opening_hours(self) -> None:
        base = self.base()
        base["attributes"] = {"tier": {"gold": "20%", "basic": "rest"}}
        base["desks"]["chat"]["open"] = "08:00-20:00"
        change = {
            "when": "saturday",
            "attributes": {"tier": {"gold": "50%"}},
            "desks": {"chat": {"open": "closed", "abandoned": {"chat": "10%", "leaves": "rest"}}},
        }
        model = resolved({**base, "changes": [change]}).model
        assert model.streams.share[0, :, 0, 0, 0].tolist() == [0.2, 0.2, 0.2, 0.5]
        assert model.stages.is_open[0].tolist() == [False, True, False, False]
        assert len(np.unique(model.stages.route[0, 2, 0])) == 2

    def test_sources_call_a_change_by_its_name(self, tmp_path: Any) -> None:
        change = {"name": "summer", "from": "2024-07-01", "demand": {"volume": "300/day"}}
        scenario = {**self.base(), "changes": [change, {"when": "monday", "demand": {"volume": "9% more"}}]}
        scenario["sources"] = {"demand": "assumed", "desks": "assumed", "teams": "assumed"}
        path = tmp_path / "shop.yaml"

        def unsourced() -> list[str]:
            path.write_text(json.dumps(scenario), encoding="utf-8")
            return [problem.path for problem in load(path).unsourced]

        assert unsourced() == ["changes.summer.demand.volume", "changes.1.demand.volume"]
        scenario["sources"] |= {"changes.summer": "assumed", "changes.1.demand.volume": "assumed"}
        assert unsourced() == []


def test_days_of_one_replication_that_differ_by_plan_make_no_half_width() -> None:
    week = {"horizon": {"measure": "14 days"}}
    for volume, unit in (("300/day", "day"), ({"weekends": "30/day", "else": "300/day"}, "replication")):
        found = resolved(shop(**week, demand={"volume": volume}))
        sums = sums_of_replications(found.model, found.labels, 1, 1, 1)
        told = document(sums, found.model, found.labels, version="test", seed=1)
        assert told["unit_of_replication"] == unit
        assert (told["measures"]["contacts"]["half_width"] is None) == (unit == "replication")
        assert default_replications(found.model) >= 5


def test_a_change_may_let_nothing_come_and_nobody_work() -> None:
    shifts = {"day": {"from": "08:00", "to": "20:00", "agents": 3}}
    base = {**shop(horizon={"measure": "7 days"}), "teams": {"own": {"serves": "chat", "shifts": shifts}}}
    friday = {
        "when": "friday",
        "demand": {"volume": "100% less"},
        "teams": {"own": {"shifts": {"day": None}}},
    }
    model = resolved({**base, "changes": [friday]}).model
    kind = model.calendar.kind[1 + 4]
    assert model.streams.rate[0, kind].sum() == 0
    assert model.plan.shifts.n_scheduled[:, kind].sum() == 0
    assert model.plan.shifts.n_scheduled[:, model.calendar.kind[1]].sum() == 3
