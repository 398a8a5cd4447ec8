"""The result document: a small day worked out by hand, the five service levels, stable bytes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hand_records import BOT, CHAT, EXPERTS, OWN, SENIORS, duty, folded, issue, labels, model, rows, visit

from sim.errors import UsageError
from sim.measure.catalogue import known_paths
from sim.measure.estimate import half_width
from sim.measure.result import document, estimates, figure, figures
from sim.model.labels import Labels, Target
from sim.model.records import Chunk, Duty, End, State

# waits at chat: 10 and 30 answered, 5 and 40 abandoned, one turned away; threshold 20 s
FIVE = rows([
    visit(1, CHAT, 0, End.SOLVED, answer=10, end=110, team=OWN),
    visit(2, CHAT, 0, End.SOLVED, answer=30, end=130, team=OWN),
    visit(3, CHAT, 10, End.ABANDONED, end=15),
    visit(4, CHAT, 20, End.ABANDONED, end=60),
    visit(5, CHAT, 30, End.TURNED_AWAY, end=30),
])  # fmt: skip

LEVELS = {
    "all": 1 / 5,
    "offered": 1 / 3,  # 3 at risk when the answer at 10 comes
    "without_short": 1 / 4,  # less the one that gave up after 5 s
    "any_end": 2 / 5,  # 10 answered, 5 gave up
    "answered": 1 / 2,
}

# five contacts meet the bot: 1 goes on to chat and is solved there, 2 is solved by the bot, 3 is left
# believing a wrong answer and comes back straight to chat, where it goes on to experts and is solved
DAY = rows(
    [
        visit(1, BOT, 0, End.UNSOLVED, answer=5, end=65, to=CHAT),
        visit(1, CHAT, 65, End.SOLVED, answer=75, end=375, team=OWN, step=2),
        visit(2, BOT, 100, End.SOLVED, answer=105, end=165, klass=1),
        visit(3, BOT, 200, End.UNSOLVED, answer=205, end=265),
        visit(3, CHAT, 4000, End.UNSOLVED, answer=4030, end=4130, team=OWN, attempt=2, to=EXPERTS),
        visit(3, EXPERTS, 4130, End.SOLVED, answer=4190, end=4790, team=SENIORS, attempt=2, step=2),
    ],
    [
        issue(1, 0, 375, State.SOLVED),
        issue(2, 100, 165, State.SOLVED, klass=1),
        issue(3, 200, 4790, State.SOLVED, attempts=2),
    ],
    [duty(0, OWN, Duty.ON, 0, 28_800), duty(10, SENIORS, Duty.ON, 0, 14_400),
     duty(10, SENIORS, Duty.OVERTIME, 14_400, 18_000)],
)  # fmt: skip


def told(*chunks: Chunk, named: Labels | None = None) -> dict[str, Any]:
    """The document of some replications of one day."""
    named = named or labels()
    return document([folded(c, named=named) for c in chunks], model(), named, version="0.1.0", seed=1)


def value(result: dict[str, Any], path: str) -> float | None:
    found = figure(result, path)["value"]
    assert found is None or isinstance(found, float)
    return found


@pytest.mark.parametrize(("definition", "level"), LEVELS.items())
def test_five_service_levels(definition: str, level: float) -> None:
    result = told(FIVE, named=labels(service_level=definition))
    for path in ("service_level", "chat.service_level", "standard.service_level"):
        assert value(result, path) == pytest.approx(level)
        assert value(result, f"{path}.{definition}") == pytest.approx(level)
    assert result["intervals"]["stages"]["chat"]["service_level"]["value"][0] == pytest.approx(level)
    assert result["intervals"]["stages"]["all"]["service_level"]["value"][0] == pytest.approx(level)


def test_desks_have_their_own_thresholds_and_add_up() -> None:
    # chat: 10 s within 20 s, 30 s not; experts: 60 s is within 60 s
    result = told(DAY)
    assert value(result, "chat.service_level") == pytest.approx(1 / 2)
    assert value(result, "experts.service_level") == 1
    assert value(result, "service_level") == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("contacts", 4),  # 1, 2, 3 and the return of 3
        ("returned", 1 / 4),
        ("chat.contacts", 2),
        ("chat.returned", 1 / 2),
        ("own.contacts", 2),
        ("answered", 1),
        ("abandoned", 0),
        ("wait.mean", 100 / 3),  # 10, 30, 60
        ("wait.answered", 100 / 3),
        ("own.wait.answered", 20),
        ("assistant.wait.mean", 5),
        ("wait.peak", 45),  # 10 in the first hour, 30 and 60 in the second
        ("handoff", 1 / 3),
        ("containment", 2 / 3),  # what the bot reports
        ("bot.solved", 1 / 3),  # what it truly solved
        ("automation", 2 / 4),
        ("handling.mean", 1000 / 3),  # 300, 100, 600
        ("occupancy", 1000 / (2 * 28_800 + 18_000)),  # own agents have two chats
        ("utilisation", 1000 / (2 * 28_800 + 18_000)),
        ("seniors.occupancy", 600 / 18_000),
        ("hours.paid", 12),
        ("hours.overtime", 1),
        ("hours.handling", 1000 / 3600),
        ("contacts_per_agent_day", 3 / (12 / 8)),
        ("issues", 3),
        ("solved.first", 2 / 3),
        ("solved.end", 1),
        ("believed", 0),
        ("complex.solved.first", 1),
        ("time_to_resolution.mean", (375 + 65 + 4590) / 3),
        ("backlog.waiting", 0),
        ("backlog.open", 0),
        ("waiting", 100 / 86_400),
        ("cost.total", 8 * 40 + 5 * 54 + 3 * 0.5),  # overtime at the same rate; three bot contacts
        ("seniors.cost.total", 5 * 54),
        ("assistant.cost.total", 3 * 0.5),
        ("cost.per_contact", 591.5 / 4),
        ("cost.per_solved", 591.5 / 3),
        ("difficulty.standard.contacts", 3),
    ],
)
def test_figures_of_a_small_day(path: str, expected: float) -> None:
    assert value(told(DAY), path) == pytest.approx(expected)


def test_every_known_path_has_a_figure() -> None:
    named = labels()
    result = told(DAY, named=named)
    paths = known_paths(named, model().stages.kind.tolist())
    assert set(figures(result)) == set(paths)
    assert set(estimates([folded(DAY)], model(), named, paths)) == set(paths)


def test_nobody_gives_no_figure_rather_than_zero() -> None:
    result = told(rows())
    for path in "wait.mean wait.p90 abandoned service_level occupancy handoff solved.end".split():
        assert value(result, path) is None
    assert value(result, "contacts") == 0
    json.dumps(result, allow_nan=False)


def test_scenario_of_a_bot_alone() -> None:
    of = model()
    alone = of._replace(
        n_classes=1,
        stages=of.stages._replace(kind=of.stages.kind[:1], limit=of.stages.limit[:1]),
        attributes=of.attributes._replace(
            n_values=of.attributes.n_values[:0], stride=of.attributes.stride[:0]
        ),
        teams=of.teams._replace(chats=of.teams.chats[:0]),
        lines=of.lines._replace(desk=of.lines.desk[:0], rank=of.lines.rank[:0, :0]),
    )
    named = Labels("Bot", ("assistant",), ("web",), (), (), None, (), (0.0,), (0.0,), "all", ())
    sums = [folded(rows([visit(1, BOT, 0, End.SOLVED, answer=2, end=62)]), alone, named)] * 2
    result = document(sums, alone, named, version="0.1.0", seed=1)
    assert value(result, "containment") == 1
    assert value(result, "wait.mean") is None
    assert value(result, "contacts") == 1


def test_half_widths_come_with_the_second_replication() -> None:
    assert figure(told(DAY), "wait.mean")["half_width"] is None
    assert figure(told(DAY, DAY), "wait.mean")["half_width"] == 0
    assert figure(told(DAY, FIVE), "wait.mean")["half_width"] > 0
    assert told(DAY, FIVE)["unit_of_replication"] == "replication"


def test_targets_are_met_or_not_by_their_own_threshold() -> None:
    named = labels(
        Target("chat.service_level", True, 0.9, "90% in 30 s", 30),
        Target("abandoned", False, 0.05, "at most 5%"),
        Target("chat.service_level", True, 0.9, "90% in 20 s", 20),
        Target("complex.wait.mean", False, 9, "at most 9 s"),
    )
    found = told(DAY, named=named)["targets"]
    assert [t["value"] for t in found] == [1, 0, 0.5, None]
    assert [t["met"] for t in found] == [True, True, False, None]


def test_intervals_of_desks_and_teams() -> None:
    intervals = told(DAY)["intervals"]
    assert (intervals["length_s"], len(intervals["starts"]), intervals["starts"][5]) == (900, 96, "01:15")
    chat = intervals["stages"]["chat"]
    assert chat["arrivals"]["value"][:5] == [1, 0, 0, 0, 1]
    assert chat["wait.mean"]["value"][:5] == [10, None, None, None, 30]
    assert chat["load"]["value"][4] == pytest.approx(100 / 900)
    assert intervals["stages"]["all"]["arrivals"]["value"][4] == 2
    assert intervals["stages"]["assistant"]["handoff"]["value"][0] == pytest.approx(1 / 3)
    own = intervals["teams"]["own"]
    assert (own["on"][0], own["slots"][0], own["scheduled"][0]) == (1, 2, 1)
    assert own["busy"][0] == pytest.approx(1 / 3)
    assert own["on"][40] == 0
    assert own["occupancy"][40] is None


def test_teams_tell_which_desks_they_serve() -> None:
    assert told(DAY)["serves"] == {"own": ["chat"], "seniors": ["experts"]}


def test_equal_runs_give_equal_bytes() -> None:
    def words(*chunks: Chunk) -> str:
        return json.dumps(told(*chunks))

    assert words(DAY, FIVE) == words(DAY, FIVE)
    backwards = Chunk(*(table[::-1] for table in DAY))
    assert words(backwards, FIVE) == words(DAY, FIVE)


def test_unknown_measure_names_the_nearest() -> None:
    with pytest.raises(UsageError, match=r"did you mean 'chat\.wait\.p90'"):
        figure(told(DAY), "chat.wait.90")


def test_the_size_is_that_of_the_model_in_whole_agents() -> None:
    result = told(DAY)
    of = model()
    assert result["size"]["issues_per_day"] == pytest.approx(of.streams.rate.sum() * of.streams.slot)
    assert set(result["size"]["agents"]) == set(result["teams"])


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("chat.waited", 1 / 2),  # 30 s, 15 s and still; not: two answered at once, one turned away
        ("waited", 1 / 2),
        ("standard.waited", 2 / 5),
        ("chat.waited at 00:00", 1 / 2),
        ("abandoned.waited", 1 / 3),
        ("wait.waited", (30 + 15) / 2),  # the third of them waits still
        ("wait.abandoned", 15),
        ("chat.in_system", (130 + 100 + 15 + 86_370 + 60) / 86_400),
        ("assistant.in_system", 65 / 86_400),
        ("in_system", (130 + 100 + 15 + 86_370 + 60 + 65) / 86_400),
        ("waiting", (30 + 15 + 86_370) / 86_400),
        ("complex.waiting", 15 / 86_400),
        ("standard.waiting", (30 + 86_370) / 86_400),
        ("busy", (100 + 110 + 60) / 86_400),
        ("own.busy", 270 / 86_400),
        ("own.busy at 00:05", 270 / 900),
        ("busy at 00:05", 270 / 900),
        ("in_system at 00:00", (130 + 100 + 15 + 870 + 60 + 65) / 900),
        ("chat.in_system at 12:00", 1),
        ("assistant.in_system at 00:14:59", 65 / 900),
        ("arrivals at 00:00", 6),
        ("occupancy at 00:00", 270 / (2 * 900)),
    ],
)
def test_those_who_wait_and_those_who_are_there(path: str, expected: float) -> None:
    records = rows(
        [
            visit(1, BOT, 0, End.UNSOLVED, answer=5, end=65),
            visit(2, CHAT, 0, End.SOLVED, answer=30, end=130, team=OWN),
            visit(3, CHAT, 10, End.SOLVED, answer=10, end=110, freed=120, team=OWN),
            visit(4, CHAT, 20, End.ABANDONED, end=35, klass=1),
            visit(5, CHAT, 30, End.NONE),
            visit(6, CHAT, 30, End.TURNED_AWAY, end=30),
            visit(7, CHAT, 40, End.SOLVED, answer=40, end=100, team=OWN),
        ],
        duties=[duty(0, OWN, Duty.ON, 0, 28_800)],
    )
    named = labels()
    assert value(told(records, named=named), path) == pytest.approx(expected)
    found = estimates([folded(records)], model(), named, [path])[path]
    assert float(found.value) == pytest.approx(expected)


@pytest.mark.parametrize(
    "path", ["own.busy at 00:00", "busy at 00:00", "chat.waited at 01:00", "complex.waiting"]
)
def test_figures_at_a_time_have_half_widths(path: str) -> None:
    result = told(DAY, FIVE)
    found = estimates([folded(DAY), folded(FIVE)], model(), labels(), [path])[path]
    assert figure(result, path)["half_width"] == pytest.approx(float(half_width(found.deviations)))


def test_a_day_of_several_is_one_unit_of_a_figure_at_a_time() -> None:
    window = model(end_s=3 * 86_400)
    days = [visit(k, CHAT, k * 86_400, End.SOLVED, answer=k * 86_400 + k, end=k * 86_400 + 60, team=OWN)
            for k in range(3)]  # fmt: skip
    found = estimates([folded(rows(days), window)], window, labels(), ["chat.wait.mean at 00:00"])
    assert found["chat.wait.mean at 00:00"].deviations.tolist() == [-1, 0, 1]


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("chat.waitin at 18:00", "did you mean 'chat.waiting'"),
        ("chat.wait.p99 at 18:00", "not kept by the time of day; of chat there are chat.arrivals"),
        ("utilisation at 18:00", "of all together there are arrivals, "),
        ("chat.waiting at 25:00", "not within the day"),
        ("chat.waiting at noon", "'noon' is not a clock time"),
    ],
)
def test_a_wrong_time_is_told(path: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        figure(told(DAY), path)
    with pytest.raises(UsageError, match=says):
        estimates([folded(DAY)], model(), labels(), [path])
