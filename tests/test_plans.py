"""Plans: agents that follow the forecast, staff that is replaced, CSV files there and back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from sim.cli import main
from sim.errors import InvalidInput, UsageError
from sim.model.tables import DAY, Model
from sim.scenario.cover import STARTS, covering, evenly_covering
from sim.scenario.forecast import forecast_of
from sim.scenario.lags import STEP, STEPS, lag_of, passed
from sim.scenario.layers import compose
from sim.scenario.plan_export import agents_csv, intervals_csv
from sim.scenario.validate import Loaded, load
from sim.scenario.write import resolved_yaml
from sim.theory.infinite import offered_load_steps
from sim.theory.laws import exponential, lognormal
from sim.theory.staffing import Target, agents_for, square_root_agents
from sim.units import HOUR, MINUTE

SHOP = """\
name: Shop
horizon: {measure: 1 day}
demand: {volume: 4_800/day, by_hour: evening}
desks:
  chat: {handling: exponential 12 min, patience: exponential 5 min}
teams:
  own: {serves: chat, agents: 20, cost: 30 EUR/h}
"""
STEADY = SHOP.replace("4_800/day, by_hour: evening", "240/h")
SHIFTS = """\
shifts:
      night: {from: 22:00, to: 06:00, agents: 12}
      early: {from: 06:00, to: 14:30, agents: 30, break: [15 min at 08:00, 30 min at 11:00]}
      late: {from: 14:00, to: 22:00, agents: {saturday: 20, else: 40}, break: 30 min at 18:00}
"""

Write = Callable[[str, str], str]


def in_shifts(shifts: str) -> str:
    """The shop with shifts in place of its head count."""
    team = f"own:\n    serves: chat\n    cost: 30 EUR/h\n    shrinkage: 30%\n    {shifts}"
    return SHOP.replace("own: {serves: chat, agents: 20, cost: 30 EUR/h}\n", team)


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Writes a file into an empty current folder."""
    monkeypatch.chdir(tmp_path)

    def written(name: str, text: str) -> str:
        Path(name).write_text(text, encoding="utf-8")
        return name

    return written


def shop(write: Write, agents: str, text: str = SHOP, **more: str) -> Loaded:
    """The shop with other agents; words in the team line."""
    team = "".join(f", {key}: {value}" for key, value in more.items())
    return load(write("shop.yaml", text.replace("agents: 20", f"agents: {agents}{team}")))


def counts(model: Model, team: int = 0, kind: int = 0) -> list[int]:
    """Agents scheduled of a team in each quarter of an hour, by head count."""
    steps = model.plan.head_counts
    mine = np.flatnonzero((steps.team == team) & (steps.kind == kind))
    at = np.searchsorted(steps.begins[mine], np.arange(0, DAY, 15 * MINUTE), "right") - 1
    return [int(n) for n in steps.n_scheduled[mine][at]]


def loads(loaded: Loaded) -> np.ndarray:
    """Erlangs of the first line in each quarter of an hour."""
    return forecast_of(loaded.resolved.model, 0).load[0].reshape(-1, 3).mean(1)


def same_plan(one: Model, other: Model) -> bool:
    """Whether two models have the very same teams and plan."""
    parts = [*zip(one.teams, other.teams, strict=True), *zip(one.plan.shifts, other.plan.shifts, strict=True),
             *zip(one.plan.head_counts, other.plan.head_counts, strict=True)]  # fmt: skip
    return all(np.array_equal(a, b) for a, b in parts)


class TestForecast:
    def test_a_lag_keeps_all_work_and_all_contacts(self, write: Write) -> None:
        shapes = shop(write, "5").resolved.model.shapes
        for mean in (90e6, 12 * MINUTE, 3 * HOUR, 2.3 * DAY):
            for shape in range(len(shapes.n_atoms)):
                lag = lag_of(shapes, mean, shape)
                assert lag.there[0].real * STEP == pytest.approx(mean, rel=1e-6)
                assert lag.ends[0].real == pytest.approx(1, rel=1e-9)

    @pytest.mark.parametrize(
        ("words", "law"),
        [("exponential 40 min", exponential(40.0)), ("lognormal 40 min cv 0.8", lognormal(40.0, 0.8))],
    )
    def test_the_load_lags_behind_as_theory_says(self, write: Write, words: str, law: object) -> None:
        loaded = shop(write, "5", SHOP.replace("exponential 12 min", words))
        model = loaded.resolved.model
        found = forecast_of(model, 0).load[0]
        rates = (model.streams.rate[0, 0] * MINUTE).tolist() * 3  # two days before are enough
        edges = [60.0 * h for h in range(len(rates) + 1)]
        for hour in (5.0, 12.5, 20.0, 23.0):
            middle = int(hour * 12)  # the mean of a step is nearly the load in its middle
            exact = offered_load_steps(2 * 1440 + middle * 5 + 2.5, edges, rates, law)  # type: ignore[arg-type]
            assert found[middle] == pytest.approx(exact, rel=2e-3)
        assert int(found.argmax()) > 22 * 12 - 6  # the busiest hour ends at 22:00, the load is there then

    def test_hand_offs_and_returns_come_on_top(self, write: Write) -> None:
        text = """\
name: Bot and returns
demand: {volume: 100/h, enters: bot}
bots: {bot: {session: 5 min, solves: 40%, unsolved: {chat: 50%, leaves: rest}}}
desks: {chat: {handling: 6 min, wrap_up: 3 min, solves: 75%}}
teams: {own: {serves: chat, agents: 20}}
returns:
  believed: {chance: 10%, after: exponential 3 h}
  unsolved: {chance: 40%, after: exponential 5 h, to: chat}
  at_most: 1
"""
        model = load(write("bot.yaml", text)).resolved.model
        first = 100 * 0.6 * 0.5
        again = 100 * 0.6 * 0.5 * 0.10 * 0.6 * 0.5 + first * 0.25 * 0.40
        found = forecast_of(model, 0)
        assert found.arrivals[0].sum() * STEP / 24 == pytest.approx(first + again, rel=1e-6)
        assert found.load[0] == pytest.approx((first + again) * 9 / 60, rel=1e-6)

    def test_a_closed_desk_has_no_work(self, write: Write) -> None:
        text = SHOP.replace("exponential 5 min}", "exponential 5 min, open: 08:00-20:00}")
        found = forecast_of(shop(write, "5", text).resolved.model, 0)
        assert found.arrivals[0, : 8 * 12].max() == 0
        assert found.load[0, 20 * 12 + 1] > 1  # who came before is still there
        assert found.load[0, 5 * 12] < 1e-6

    def test_what_passes_a_whole_day_later_is_there_at_the_same_time(self) -> None:
        rate = np.zeros(STEPS)
        rate[7] = 1.0
        lag = lag_of(None, float(DAY + 2 * STEP), 0)  # type: ignore[arg-type]  # exactly: no table is read
        ended = passed(rate, lag.ends)
        assert ended[9:11] == pytest.approx([1.0, 0.0], abs=1e-9)


class TestHeadCounts:
    def test_utilisation(self, write: Write) -> None:
        loaded = shop(write, "{follow: forecast, utilisation: 85%}")
        needed = np.ceil(loads(loaded) / 0.85 - 1e-9)
        assert counts(loaded.resolved.flows) == needed.astype(int).tolist()

    def test_chats_shrinkage_and_absence(self, write: Write) -> None:
        loaded = shop(write, "{follow: forecast, utilisation: 80%}",
                      chats="3", shrinkage="30%", absence="5%")  # fmt: skip
        plan = loaded.resolved.flows.plan.head_counts
        there = np.repeat(plan.n_present, np.diff([*plan.begins, DAY]) // (15 * MINUTE))
        room = there * 3 * 0.95 * 0.8
        assert (room >= loads(loaded) - 1e-6).all()
        assert (room - 3 * 0.95 * 0.8 < loads(loaded) + 1e-6).all()  # and one fewer is too few
        assert plan.n_scheduled.sum() > 1.3 * plan.n_present.sum()

    def test_square_root_rule(self, write: Write) -> None:
        loaded = shop(write, "{follow: forecast, rule: square root, delay: 20%}")
        needed = [square_root_agents(load, 0.2, 5 / 12) for load in loads(loaded)]
        assert counts(loaded.resolved.flows) == needed

    def test_service_level_is_the_exact_minimum_where_nothing_changes(self, write: Write) -> None:
        loaded = shop(write, "{follow: forecast, service_level: 80% in 20 s}", STEADY)
        least = agents_for(Target(service_level=0.8, within=1 / 3), 4, 12, 5.0)
        assert set(counts(loaded.resolved.flows)) == {least}

    def test_scale_comes_before_the_forecast(self, write: Write) -> None:
        agents = "{follow: forecast, service_level: 80% in 20 s}"
        small = shop(write, agents, STEADY + "scale: 0.25\n").resolved.flows
        assert set(counts(small)) == {agents_for(Target(service_level=0.8, within=1 / 3), 1, 12, 5.0)}

    def test_nobody_is_there_where_no_work_is(self, write: Write) -> None:
        text = SHOP.replace("by_hour: evening", "by_hour: office")
        found = counts(shop(write, "{follow: forecast, utilisation: 85%}", text).resolved.flows)
        assert found[6 * 4] == 0 < found[9 * 4]

    @pytest.mark.parametrize("way", ["utilisation: 85%", "service_level: 80% in 20 s", "hours: 24 h"])
    def test_little_work_needs_somebody_too(self, write: Write, way: str) -> None:
        text = SHOP.replace("4_800/day, by_hour: evening", "2/day").replace("exponential 12 min", "5 s")
        assert counts(shop(write, f"{{follow: forecast, {way}}}", text).resolved.flows) == [1] * 96

    def test_a_team_without_customers(self, write: Write) -> None:
        text = SHOP.replace("name: Shop", "name: Shop\nattributes: {size: {small: 100%, large: 0%}}")
        for way in ("utilisation: 85%", "service_level: 80% in 20 s", "rule: square root, delay: 20%"):
            follow = f"{{follow: forecast, {way}}}"
            more = text + f"  large: {{serves: {{chat: {{large: 1}}}}, agents: {follow}}}\n"
            assert counts(shop(write, "20", more).resolved.flows, team=1) == [0] * 96

    def test_hours_are_kept_and_follow_the_load(self, write: Write) -> None:
        loaded = shop(write, "{follow: forecast, hours: 600 h}")
        found = np.array(counts(loaded.resolved.flows))
        assert found.sum() == 600 * 4
        assert found == pytest.approx(loads(loaded) / loads(loaded).sum() * 2400, abs=1.01)

    def test_each_kind_of_day_has_its_own(self, write: Write) -> None:
        text = SHOP.replace("4_800/day", "{weekends: 2_400/day, else: 4_800/day}").replace("1 day", "7 days")
        model = shop(write, "{follow: forecast, utilisation: 85%}", text).resolved.flows
        week, end = counts(model, kind=0), counts(model, kind=1)
        assert sum(end) == pytest.approx(sum(week) / 2, rel=0.03)

    def test_a_dated_change_may_ask_for_more(self, write: Write) -> None:
        text = STEADY.replace("{measure: 1 day}", "{starts: 2024-07-01, measure: 3 days}") + (
            "changes: [{from: 2024-07-02, to: 2024-07-03,"
            " teams: {own: {agents: {follow: forecast, utilisation: 50%}}}}]\n"
        )
        model = shop(write, "{follow: forecast, utilisation: 80%}", text).resolved.flows
        assert {tuple(set(counts(model, kind=k))) for k in (0, 1)} == {(60,), (96,)}


class TestSharedDesks:
    TEXT = SHOP.replace("by_hour: evening", "by_hour: flat") + "  more: {serves: chat, agents: MORE}\n"

    def agents(self, write: Write, own: str, more: str) -> list[int]:
        model = shop(write, own, self.TEXT.replace("MORE", more)).resolved.flows
        return [counts(model, 0)[0], counts(model, 1)[0]]

    def test_those_who_follow_share_evenly(self, write: Write) -> None:
        follow = "{follow: forecast, utilisation: 80%}"
        assert self.agents(write, follow, follow) == [25, 25]

    def test_what_others_take_is_off(self, write: Write) -> None:
        assert self.agents(write, "{follow: forecast, utilisation: 80%}", "30") == [20, 30]

    def test_first_choice_goes_first(self, write: Write) -> None:
        text = """\
name: Languages
attributes: {language: {english: 75%, spanish: 25%}}
demand: {volume: 240/h}
desks: {phone: {handling: exponential 10 min}}
teams:
  english_only: {serves: {english: 1}, agents: {follow: forecast, utilisation: 100%}}
  bilingual: {serves: {spanish: 1, english: 2}, agents: {follow: forecast, utilisation: 100%}}
"""
        model = load(write("languages.yaml", text)).resolved.flows
        assert [counts(model, 0)[0], counts(model, 1)[0]] == [30, 10]


class TestShifts:
    def covered(self, starts: np.ndarray, length: int) -> list[int]:
        return [int(sum(starts[(hour - back) % 24] for back in range(length))) for hour in range(24)]

    def test_covering_has_the_fewest(self) -> None:
        rng = np.random.default_rng(1)
        for _ in range(20):
            needed = rng.integers(0, 9, 24).tolist()
            starts = covering(needed, 12 * HOUR)
            there = self.covered(starts, 12)
            assert all(n >= need for n, need in zip(there, needed, strict=True))
            # Any two opposite hours share no shift of 12 h, so that is a bound; these needs are random.
            assert starts.sum() >= max(needed[h] + needed[(h + 12) % 24] for h in range(24))
        assert covering([2] * 24, 8 * HOUR).sum() == 6

    def test_nobody_needed(self) -> None:
        assert covering([0] * 96, 8 * HOUR).tolist() == [0] * STARTS

    def test_evenly_covering_uses_all_and_helps_the_busiest(self) -> None:
        load = [1.0] * 16 + [3.0] * 8
        starts = evenly_covering(load, 50, 8 * HOUR)
        there = self.covered(starts, 8)
        assert starts.sum() == 50
        assert max(work / n for work, n in zip(load, there, strict=True)) == pytest.approx(0.1, rel=0.02)

    def test_needs_are_covered_in_every_interval(self, write: Write) -> None:
        plain = counts(shop(write, "{follow: forecast, utilisation: 85%}").resolved.flows)
        model = shop(write, "{follow: forecast, utilisation: 85%, in_shifts_of: 8 h}").resolved.flows
        shifts = model.plan.shifts
        assert not model.teams.is_head_count[0]
        ticks = np.arange(96) * 15 * MINUTE
        there = sum(
            shifts.n_scheduled[k, 0] * ((ticks - shifts.begins[k]) % DAY < 8 * HOUR)
            for k in range(len(shifts.team))
        )
        assert (there >= np.array(plain)).all()

    def test_hours_in_shifts(self, write: Write) -> None:
        model = shop(write, "{follow: forecast, hours: 400 h, in_shifts_of: 8 h}").resolved.flows
        assert model.plan.shifts.n_scheduled[:, 0].sum() == 50


class TestLaying:
    """A layer's agents replace shifts, and shifts agents."""

    SHIFTED = in_shifts(SHIFTS)

    def test_agents_of_a_plan_replace_shifts(self, write: Write) -> None:
        base = write("base.yaml", self.SHIFTED + "sources: {teams.own.shifts: assumed, teams: assumed}\n")
        plan = write("plan.yaml", "plan: P\nteams: {own: {agents: {follow: forecast, utilisation: 85%}}}\n")
        composed = compose(base, plan=plan).data
        assert set(composed["teams"]["own"]) == {"serves", "agents", "cost", "shrinkage"}
        assert composed["sources"] == {"teams": "assumed"}
        assert load(base, plan=plan).resolved.flows.teams.is_head_count.all()

    def test_shifts_of_a_plan_replace_agents(self, write: Write) -> None:
        base = write("base.yaml", SHOP)
        shifts = "{day: {from: 08:00, to: 16:00, agents: 5}}"
        plan = write("plan.yaml", f"plan: P\nteams: {{own: {{shifts: {shifts}}}}}\n")
        assert "agents" not in compose(base, plan=plan).data["teams"]["own"]
        assert "agents" not in compose(base, sets=[f"teams.own.shifts={shifts}"]).data["teams"]["own"]
        assert load(base, plan=plan).resolved.flows.plan.shifts.n_scheduled.tolist() == [[5]]

    def test_a_setting_replaces_too_and_may_change_how_they_follow(self, write: Write) -> None:
        base = write("base.yaml", self.SHIFTED)
        sets = ["teams.own.agents={follow: forecast, utilisation: 85%}", "teams.own.agents.utilisation=70%"]
        own = compose(base, sets=sets).data["teams"]["own"]
        assert own["agents"] == {"follow": "forecast", "utilisation": "70%"}
        assert "shifts" not in own
        own = compose(base, sets=[*sets, "teams.own.agents=7"]).data["teams"]["own"]
        assert own["agents"] == 7

    def test_another_rule_replaces_the_one_below(self, write: Write) -> None:
        base = write("base.yaml", SHOP.replace("agents: 20", "agents: {follow: forecast, utilisation: 85%}"))
        agents = "{follow: forecast, service_level: 80% in 20 s}"
        found = compose(base, sets=[f"teams.own.agents={agents}"]).data["teams"]["own"]["agents"]
        assert found == {"follow": "forecast", "service_level": "80% in 20 s"}

    def test_hours_as_before_keep_those_below(self, write: Write) -> None:
        base = write("base.yaml", self.SHIFTED)
        plan = write("plan.yaml", "plan: P\nteams: {own: {agents: {follow: forecast, hours: as before}}}\n")
        loaded = load(base, plan=plan)
        assert set(loaded.layered.data["teams"]["own"]["before"]["shifts"]) == {"night", "early", "late"}
        monday = 12 * 8 + 30 * 8.5 + 40 * 8
        assert sum(counts(loaded.resolved.flows)) == round(monday * 4)
        write("whole.yaml", resolved_yaml(loaded, Path()))
        assert same_plan(loaded.resolved.flows, load("whole.yaml").resolved.flows)
        assert "before" not in compose(base, plan=plan, sets=["teams.own.agents=7"]).data["teams"]["own"]

    def test_hours_as_before_of_a_head_count(self, write: Write) -> None:
        base = write("base.yaml", SHOP.replace("agents: 20", "agents: {08:00-20:00: 40, else: 10}"))
        loaded = load(base, sets=["teams.own.agents={follow: forecast, hours: as before}", "scale=0.5"])
        assert sum(counts(loaded.resolved.flows)) == 12 * 4 * 20 + 12 * 4 * 5

    def test_hours_as_before_twice_keep_the_first(self, write: Write) -> None:
        base = write("base.yaml", SHOP)
        plan = write("plan.yaml", "plan: P\nteams: {own: {agents: {follow: forecast, hours: as before}}}\n")
        sets = ["teams.own.agents={follow: forecast, hours: as before, in_shifts_of: 8 h}"]
        loaded = load(base, plan=plan, sets=sets)
        assert loaded.layered.data["teams"]["own"]["before"] == {"agents": 20}
        assert loaded.resolved.flows.plan.shifts.n_scheduled.sum() == 60

    @pytest.mark.parametrize(
        ("sets", "says"),
        [
            (["teams.own.agents={follow: forecast, utilisation: 85%}",
              "teams.own.agents={follow: forecast, hours: as before}"], "hours as before of what?"),
            (["teams.own.agents={follow: forecast, utilisation: 85%}",
              "changes=[{when: weekends, teams: {own: {shifts: {late: {agents: 5 fewer}}}}}]"],
             "the team has agents that follow the forecast at all times"),
            (["teams.own.agents={follow: forecast, utilisation: 85%}", "teams.own.agents=20% more"],
             "that follow the forecast cannot be made '20% more'"),
        ],
    )  # fmt: skip
    def test_what_makes_no_sense_is_refused(self, write: Write, sets: list[str], says: str) -> None:
        with pytest.raises(InvalidInput, match=says.replace("?", r"\?")):
            load(write("base.yaml", SHOP), sets=sets)


class TestCsv:
    def base(self, write: Write, agents: str = "agents: 20") -> str:
        return write("base.yaml", SHOP.replace("agents: 20", agents).replace("1 day", "9 days"))

    @pytest.mark.parametrize(
        "agents",
        ["agents: 20", "agents: {08:00-20:00: 40, else: 10}", "agents: {08:07-20:30: 40, else: 0}",
         "agents: {weekends: 3, else: 12}", "agents: {friday: {12:00-18:00: 9, else: 4}, else: 12}",
         "agents: {follow: forecast, utilisation: 85%}", "shrinkage: 30%, agents: {06:00-18:00: 5, else: 1}"],
    )  # fmt: skip
    def test_head_counts_there_and_back(self, write: Write, agents: str) -> None:
        loaded = load(self.base(write, agents))
        write("heads.csv", intervals_csv(loaded))
        again = load("base.yaml", plan="heads.csv")
        assert again.layered.plan == "heads"
        assert self.heads_by_day(loaded) == self.heads_by_day(again)
        one, other = loaded.resolved.flows, again.resolved.flows
        if len(one.calendar.first) == 2:
            assert same_plan(one, other)

    @staticmethod
    def heads_by_day(loaded: Loaded) -> list[list[tuple[int, ...]]]:
        """The steps of the head count of each simulated day."""
        model = loaded.resolved.flows
        plan = model.plan.head_counts
        return [
            list(zip(*(c[plan.kind == kind].tolist() for c in (plan.begins, *plan[3:])), strict=True))
            for kind in model.calendar.kind
        ]

    @pytest.mark.parametrize(
        "shifts",
        [SHIFTS.replace("{saturday: 20, else: 40}", "40"), SHIFTS,
         SHIFTS.replace("agents: 30,", "agents: 30, on: weekdays,")],
    )  # fmt: skip
    def test_shifts_there_and_back(self, write: Write, shifts: str) -> None:
        text = in_shifts(shifts).replace("1 day", "9 days")
        loaded = load(write("base.yaml", text))
        write("roster.csv", agents_csv(loaded))
        again = load("base.yaml", plan="roster.csv").resolved.flows
        one = loaded.resolved.flows
        for day, (a, b) in enumerate(zip(one.calendar.kind, again.calendar.kind, strict=True)):
            for name in ("n_scheduled", "n_present"):
                mine, theirs = getattr(one.plan.shifts, name), getattr(again.plan.shifts, name)
                assert mine[:, a].tolist() == theirs[:, b].tolist(), day
        for name in ("team", "name_hash", "begins", "ends", "first_break", "break_due", "break_length"):
            assert np.array_equal(getattr(one.plan.shifts, name), getattr(again.plan.shifts, name))
        if len(one.calendar.first) == 2:
            assert same_plan(one, again)

    def test_generated_shifts_there_and_back(self, write: Write) -> None:
        loaded = load(self.base(write, "agents: {follow: forecast, utilisation: 85%, in_shifts_of: 8 h}"))
        write("roster.csv", agents_csv(loaded))
        assert same_plan(loaded.resolved.flows, load("base.yaml", plan="roster.csv").resolved.flows)

    def test_the_shape_of_the_files(self, write: Write) -> None:
        lines = intervals_csv(load(self.base(write, "agents: {08:00-20:00: 40, else: 10}"))).splitlines()
        assert lines[:2] + lines[33:34] == ["from,own", "00:00,10", "08:00,40"]
        assert len(lines) == 97
        week = intervals_csv(load(self.base(write, "agents: {weekends: 3, else: 12}"))).splitlines()
        assert (week[0], week[1], week[-1]) == ("from,day,own", "00:00,weekdays,12", "23:45,weekends,3")

    def test_a_roster_without_names_of_shifts(self, write: Write) -> None:
        roster = "agent,team,from,to\nAnn,own,8:00,16:00\nBob,own,8:00,16:00\nCem,own,22:00,06:00\n"
        self.base(write)
        shifts = load("base.yaml", plan=write("r.csv", roster)).scenario.teams["own"].shifts
        assert shifts is not None
        assert {name: shift.agents.leaf for name, shift in shifts.items()} == {
            "8:00 to 16:00": 2,
            "22:00 to 06:00": 1,
        }

    def test_agents_of_a_shift_with_other_breaks_are_a_shift_of_their_own(self, write: Write) -> None:
        roster = (
            "team,shift,from,to,breaks\nown,early,08:00,16:00,30 min at 12:00; 15 min at 14:00\n"
            "own,early,08:00,16:00,30 min at 12:30\n"
        )
        self.base(write)
        shifts = load("base.yaml", plan=write("r.csv", roster)).scenario.teams["own"].shifts
        assert shifts is not None
        assert {name: len(shift.break_) for name, shift in shifts.items()} == {"early": 2, "early (2)": 1}

    @pytest.mark.parametrize(
        ("text", "place", "says"),
        [
            ("from,own\n00:00,5\n12:00,five\n", "3:7", "'five'"),
            ("from,own\n00:00,5\n12:00,\n", "3:7", "write 0 for none"),
            ("from,own\n00:00,5\n11:00,5\n", "3:1", "equal steps"),
            ("from,onw\n00:00,5\n", "1:6", "there is no 'onw' in teams; did you mean 'own'?"),
            ("from,own,own\n00:00,5,5\n", "1:10", "stands here twice"),
            ("from,own\n00:00\n", "2:1", "a line needs 2 cells as the first line has, not 1"),
            ("from,own\n", "1:1", "nothing below"),
            ("from;own\n00:00;5\n", "1:1", "the first line says neither"),
            ("from,day,own\n00:00,moonday,5\n", "2:7", "'moonday' is no day"),
            ("team,from,to\nonw,08:00,16:00\n", "2:1", "there is no 'onw' in teams"),
            ("team,form,to\nown,08:00,16:00\n", "1:6", "there is no column 'form'"),
            ("team,from,to\nown,08:00,4pm\n", "2:11", "4pm"),
            ("team,from,to,breaks\nown,08:00,16:00,30 min at 18:00\n", "2:17", "the break lies outside"),
            ("team,from,to,on\nown,08:00,16:00,12-25\n", "2:17", "'12-25' is no day of the week"),
            ("team,to\nown,16:00\n", "1:1", "there is no column 'from'"),
        ],
    )
    def test_mistakes_are_shown_in_their_cell(self, write: Write, text: str, place: str, says: str) -> None:
        self.base(write)
        with pytest.raises(InvalidInput) as caught:
            load("base.yaml", plan=write("plan.csv", text))
        (problem,) = caught.value.problems
        assert problem.mark is not None
        assert f"{problem.mark.line}:{problem.mark.column}" == place
        assert problem.mark.file == "plan.csv"
        assert says in problem.message + (problem.hint or "")

    def test_a_missing_file(self, write: Write) -> None:
        self.base(write)
        write("roster.csv", "from,own\n00:00,5\n")
        with pytest.raises(InvalidInput, match=r"cannot read the plan 'rooster\.csv'") as caught:
            load("base.yaml", plan="rooster.csv")
        assert caught.value.problems[0].hint == "did you mean 'roster.csv'?"

    def test_a_plan_by_dates_is_refused(self, write: Write) -> None:
        text = SHOP.replace("{measure: 1 day}", "{starts: 2024-07-01, measure: 10 days}").replace(
            "agents: 20", "agents: {2024-07-02: 5, else: 20}"
        )
        with pytest.raises(UsageError, match="goes by dates"):
            intervals_csv(load(write("base.yaml", text)))


class TestCommand:
    def test_export_and_run(self, write: Write, capsys: pytest.CaptureFixture[str]) -> None:
        write("shop.yaml", SHOP.replace("4_800", "48") + "scale: 0.5\n")
        assert main(["plan", "export", "shop.yaml", "-o", "heads.csv"]) == 0
        assert "supportsim run shop.yaml --plan heads.csv" in capsys.readouterr().out
        assert Path("heads.csv").read_text(encoding="utf-8").startswith("from,own\n00:00,20\n")
        assert main(["show", "shop.yaml", "--plan", "heads.csv"]) == 0
        assert "Plan: heads" in capsys.readouterr().out

    def test_agents_need_shifts(self, write: Write, capsys: pytest.CaptureFixture[str]) -> None:
        write("shop.yaml", SHOP)
        assert main(["plan", "export", "shop.yaml", "--as", "agents"]) == 2
        assert "--as intervals" in capsys.readouterr().err
        assert main(["plan", "export", "help_desk", "--as", "agents"]) == 0
        out, err = capsys.readouterr()
        assert out.startswith("team,shift,from,to,breaks,on\nsupport,early,08:00,16:30,30 min at 12:00,\n")
        assert (out.count("\n"), err) == (21, "")
        assert main(["plan", "export", "shop.yaml", "-o", "nowhere/x.csv"]) == 2
        assert "cannot write" in capsys.readouterr().err


class TestShippedPlans:
    SETS = ("scale=0.02",)

    def hours(self, plan: str | None) -> list[int]:
        shifts = load("support_baseline", plan=plan, sets=self.SETS).resolved.flows.plan.shifts
        lengths = (shifts.ends - shifts.begins) * shifts.n_scheduled[:, 0]
        return np.bincount(shifts.team, lengths).astype(int).tolist()

    def test_flat_is_the_baseline(self) -> None:
        one, other = (load("support_baseline", plan=p, sets=self.SETS).resolved.flows for p in (None, "flat"))
        assert same_plan(one, other)

    def test_same_hours_are_the_same_hours(self) -> None:
        assert self.hours("forecast_same_hours") == self.hours(None)

    def test_forecast85_gives_each_interval_its_agents(self) -> None:
        loaded = load("support_baseline", plan="forecast85", sets=self.SETS)
        assert loaded.warnings == ()
        assert loaded.resolved.flows.teams.is_head_count.all()
