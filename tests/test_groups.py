"""Groups of desks, bots or teams, and attribute values at a desk: figures of several taken together."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hand_records import BOT, CHAT, EXPERTS, OWN, SENIORS, duty, folded, issue, labels, model, rows, visit

from sim.errors import UsageError
from sim.measure.catalogue import Backlog, Peak, Scope, entry, known_paths, measures_of
from sim.measure.estimate import half_width
from sim.measure.result import document, estimates, figure, figures
from sim.model.labels import Group, Labels, Target
from sim.model.records import Chunk, Duty, End, State
from sim.model.tables import StageKind
from sim.present.summary import scenario_text
from sim.present.tables import run_text
from sim.scenario.layers import compose
from sim.study.audit import Verdict, audited_claims, judged_claims
from sim.study.prepare import prepare
from sim.study.replications import run_replications, sums_of_replications

KINDS = (StageKind.BOT, StageKind.DESK, StageKind.DESK)
GROUPS = (
    Group("bots", False, (BOT,)),
    Group("only_chat", False, (CHAT,)),
    Group("desks", False, (CHAT, EXPERTS)),
    Group("only_own", True, (OWN,)),
    Group("staff", True, (OWN, SENIORS)),
)


def day(late: float) -> Chunk:
    """One day: the bot hands 1 on, 2 gives up, 3 goes on to the experts; ``late`` s are added to waits."""
    return rows(
        [
            visit(1, BOT, 0, End.UNSOLVED, answer=5, end=65, to=CHAT),
            visit(1, CHAT, 65, End.SOLVED, answer=75 + late, end=375, team=OWN, step=2),
            visit(2, CHAT, 100, End.ABANDONED, end=130, klass=1),
            visit(3, CHAT, 4000, End.UNSOLVED, answer=4030, end=4130, team=OWN, to=EXPERTS),
            visit(3, EXPERTS, 4130, End.SOLVED, answer=4190 + late, end=4790, team=SENIORS, step=2),
        ],
        [issue(1, 0, 375, State.SOLVED), issue(3, 4000, 4790, State.SOLVED)],
        [duty(0, OWN, Duty.ON, 0, 28_800), duty(10, SENIORS, Duty.ON, 0, 14_400),
         duty(10, SENIORS, Duty.OVERTIME, 14_400, 18_000)],
    )  # fmt: skip


DAYS = (day(0), day(20), day(40))


def named(*targets: Target) -> Labels:
    return replace(labels(*targets), groups=GROUPS)


def told(*chunks: Chunk, of: Labels | None = None) -> dict[str, Any]:
    of = of or named()
    return document([folded(c, named=of) for c in chunks], model(), of, version="0.1.0", seed=1)


@pytest.mark.parametrize(
    ("group", "member", "part"),
    [("bots", "assistant", "stages"), ("only_chat", "chat", "stages"), ("only_own", "own", "teams")],
)
def test_a_group_of_one_has_the_figures_of_its_member(group: str, member: str, part: str) -> None:
    result = told(*DAYS)
    assert result["groups"][group] == result[part][member]
    intervals = result["intervals"]
    by_interval = intervals["groups"][group]
    if part == "stages":
        assert by_interval == intervals["stages"][member]
    else:
        assert {key: of["value"] for key, of in by_interval.items()} == intervals["teams"][member]
        assert {key: of["half_width"] for key, of in by_interval.items()} == intervals["teams_half_width"][
            member
        ]


def test_groups_of_all_have_the_overall_figures() -> None:
    result = told(*DAYS)
    for group, scope in (("desks", Scope.DESK), ("staff", Scope.TEAM)):
        same = {m.key for m in measures_of(scope) if Scope.OVERALL in m.scopes} - {"in_system"}
        assert len(same) > 5
        for key in same:
            assert result["groups"][group][key] == result["measures"][key], key
    by_interval = result["intervals"]
    assert by_interval["groups"]["desks"]["wait.p90"] == by_interval["stages"]["all"]["wait.p90"]
    assert by_interval["groups"]["staff"] == by_interval["all_teams"]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("desks.contacts", 4),  # a contact that comes to both counts at each
        ("desks.solved", 2 / 3),  # of three served
        ("desks.answered", 3 / 4),
        ("desks.handling.mean", (300 + 100 + 600) / 3),
        ("desks.wait.mean", (10 + 30 + 30 + 60) / 4),
        ("desks.wait.peak", 45),  # 30 and 60 in the second hour
        ("desks.service_level", 2 / 4),  # 10 s in 20 s, 60 s in 60 s
        ("desks.waiting", 130 / 86_400),
        ("desks.in_system", (310 + 30 + 130 + 660) / 86_400),
        ("desks.contacts at 00:00", None),
        ("desks.arrivals at 00:00", 2),
        ("desks.wait.mean at 01:00", 45),
        ("staff.occupancy", 1000 / (2 * 28_800 + 18_000)),
        ("staff.agents", (28_800 + 18_000) / 86_400),
        ("staff.hours.paid", 12),
        ("staff.contacts", 3),
        ("staff.contacts_per_agent_day", 3 / (12 / 8)),
        ("staff.cost.total", 40 * 8 + 54 * 5),
        ("staff.busy at 00:00", 300 / 900),
    ],
)
def test_figures_are_of_all_members_together(path: str, expected: float | None) -> None:
    if expected is None:
        with pytest.raises(UsageError, match=r"of desks there are desks\.arrivals"):
            figure(told(day(0)), path)
        return
    assert figure(told(day(0)), path)["value"] == pytest.approx(expected)
    sums = [folded(c, named=named()) for c in DAYS]
    found = estimates(sums, model(), named(), [path])[path]
    shown = figure(told(*DAYS), path)
    assert shown["value"] == pytest.approx(float(found.value))
    assert shown["half_width"] == pytest.approx(float(half_width(found.deviations)))


def test_the_paths_of_groups_are_known() -> None:
    paths = known_paths(named(), KINDS)
    assert {"desks.wait.p90", "staff.occupancy", "bots.handoff"} < set(paths)
    assert not {"desks.handoff", "staff.abandoned", "bots.wait.p90"} & set(paths)
    assert {"desks.wait.p90", "staff.occupancy"} < set(known_paths(named()))
    with pytest.raises(UsageError, match=r"did you mean 'desks\.abandoned'"):
        entry("desks.abandonned", named(), KINDS)


# --- an attribute value at a desk, a bot or a group of them -----------------------------------------


def test_a_value_that_all_have_has_the_figures_of_the_desk() -> None:
    sums = [folded(c, named=named()) for c in DAYS]  # at the experts all are standard
    asked = [m for m in measures_of(Scope.DESK, named())
             if not isinstance(m.how, Peak | Backlog) and m.key != "in_system"]  # fmt: skip
    for measure in asked:
        paths = [f"experts.standard.{measure.key}", f"experts.{measure.key}"]
        of_value, of_all = estimates(sums, model(), named(), paths).values()
        assert float(of_value.value) == pytest.approx(float(of_all.value), nan_ok=True), measure.key
        assert of_value.deviations == pytest.approx(of_all.deviations, nan_ok=True), measure.key


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("chat.standard.contacts", 2),
        ("chat.standard.solved", 1 / 2),
        ("chat.complex.abandoned", 1),
        ("desks.standard.solved", 2 / 3),
        ("desks.standard.wait.mean", (10 + 30 + 60) / 3),
        ("assistant.standard.handoff", 1),
    ],
)
def test_contacts_of_one_value_at_one_place(path: str, expected: float) -> None:
    of = named(Target(path, False, expected, "at most that"))
    assert float(estimates([folded(day(0), named=of)], model(), of, [path])[path].value) == pytest.approx(
        expected
    )
    assert told(day(0), of=of)["targets"][0]["value"] == pytest.approx(expected)
    assert path not in figures(told(day(0), of=of))  # only where it is asked for


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("chat.standard.solve", r"did you mean 'chat\.standard\.solved'"),
        ("chat.standard.wait.peak", r"there is no measure 'chat\.standard\.wait\.peak'"),
        ("own.standard.occupancy", r"there is no measure 'own\.standard\.occupancy'"),
        ("chat.standart.solved", r"did you mean '.*\.solved'"),
    ],
)
def test_what_is_not_kept_by_value_at_a_place(path: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        entry(path, named(), KINDS)
    with pytest.raises(UsageError, match=says):
        estimates([folded(day(0), named=named())], model(), named(), [path])


# --- from a file ------------------------------------------------------------------------------------

SHOP = """\
name: Shop
attributes: {topic: {orders: 60%, other: rest}}
demand: {volume: 40/h, enters: {robot: 50%, chat: 30%, phone: 20%}}
bots: {robot: {session: 2 min, solves: 50%, unsolved: chat}}
desks:
  chat: {handling: exponential 6 min, patience: exponential 5 min, solves: {orders: 100%, other: 50%}}
  phone: {handling: exponential 4 min}
teams:
  own: {serves: chat, agents: 3, cost: 30 EUR/h}
  vendor: {serves: phone, agents: 1, cost: 20 EUR/h}
groups: {both: [chat, phone], staff: [own, vendor], robots: robot}
targets:
  both.service_level: 80% in 60 s
  chat.orders.solved: at least 99%
  both.wait.mean at 12:00: at most 3 h
claims:
  staff.cost.total: {is: 2640, within: 1, source: exact}
  shares:
    figures: {both.contacts / (chat.contacts + phone.contacts): 1, chat.orders.solved: 100%}
    source: expected
  later:
    figures: {pleased with it all: 65%, "score, of 100 (people)": {is: 72, within: 2}}
    awaits: a model of satisfaction
    source: assumed
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    path = tmp_path / "shop.yaml"
    path.write_text(SHOP, encoding="utf-8")
    return path


def test_groups_of_a_file(shop: Path) -> None:
    resolved = prepare(shop).resolved
    assert resolved.labels.groups == (
        Group("both", False, (1, 2)),
        Group("staff", True, (0, 1)),
        Group("robots", False, (0,)),
    )
    assert resolved.labels.answer_within_s[1:] == (60, 60)  # the threshold of the group's target
    result = run_replications(resolved, 1, 2)
    assert [t["met"] for t in result["targets"]][1:] == [True, True]
    assert result["targets"][0]["value"] == result["groups"]["both"]["service_level"]["value"]
    text = run_text(result)
    for words in ("Groups of bots", "Groups of desks", "Groups of teams", "in 60 s", "  both ", "  staff "):
        assert words in text
    assert "both of chat, phone; staff of own, vendor; robots of robot" in scenario_text(prepare(shop))


def test_claims_of_groups(shop: Path) -> None:
    loaded = prepare(shop)
    model_, labels_ = loaded.resolved.model, loaded.resolved.labels
    claims, _ = audited_claims(loaded)
    cost, shares, later = judged_claims(claims, sums_of_replications(model_, labels_, 1, 2), model_, labels_)
    assert cost.verdict == Verdict.WITHIN
    assert [f.value for f in shares.figures] == [pytest.approx(1), pytest.approx(1)]
    assert later.verdict == Verdict.UNKNOWN
    assert [f.measure for f in later.figures] == ["pleased with it all", "score, of 100 (people)"]


def test_groups_merge_like_other_maps(shop: Path) -> None:
    over = shop.with_name("over.yaml")
    over.write_text("groups: {both: [chat], robots: null, phones: [phone]}", encoding="utf-8")
    groups = compose(shop, overlays=[over]).data["groups"]
    assert groups == {"both": ["chat"], "staff": ["own", "vendor"], "phones": ["phone"]}
