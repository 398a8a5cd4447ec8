"""Claims of change, and audits of many scenarios: what is compared with what, and what is simulated."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from sim.cli import main
from sim.errors import InvalidInput
from sim.measure.estimate import half_width
from sim.measure.figure import Estimate
from sim.measure.paired import difference, relative_difference
from sim.measure.result import estimates
from sim.present.audit import audit_text, audits_text
from sim.scenario.wishes import ChangeOf, Figure, parse_claimed_change
from sim.study import audits as audits_module
from sim.study.audits import (
    Layers,
    audit_of,
    audits,
    audits_document,
    audits_of,
    scenarios_below,
    work,
)
from sim.study.prepare import prepare
from sim.study.replications import sums_of_replications
from sim.units import WordsError

BASE = """\
name: Shop
demand: {volume: 30/h}
desks: {chat: {handling: exponential 5 min, patience: exponential 5 min}}
teams: {own: {serves: chat, agents: 3, cost: 30 EUR/h}}
claims: {abandoned: {is: 15%, within: 50 pp, source: assumed}}
"""
MORE = """\
name: One more
question: What does one more agent do?
extends: ../base.yaml
teams: {own: {agents: 4}}
claims:
  fewer give up:
    figures: {abandoned: 8 pp less, wait.mean: {change: 40 s less, within: 2 s}}
    within: 90 pp
    source: expected (own arithmetic)
  own.occupancy: {change: 20% less, within: 15 pp, source: expected (own arithmetic)}
  hours.paid: {change: 33.3333333333% more, source: expected (own arithmetic)}
  abandoned: {is: 15%, within: 50 pp, source: published goal}
"""
TWICE = """\
name: One more and cheaper
extends: more.yaml
teams: {own: {cost: 20 EUR/h}}
claims:
  cost.total: {change: 640 EUR less, within: 640 EUR, source: expected (own arithmetic)}
  abandoned: {change: 0 pp more, within: 1 pp, source: expected (the same agents)}
"""
FILES = {
    "base.yaml": BASE,
    "silent.yaml": "name: Silent\nextends: base.yaml\n",
    "part.yaml": "teams: {own: {agents: 4}}\n",
    "plans/two.yaml": "plan: Two\nteams: {own: {agents: 2}}\n",
    "what_if/more.yaml": MORE,
    "what_if/twice.yaml": TWICE,
    "runs/base-1/manifest.json": "{}",
    "runs/base-1/resolved.yaml": BASE,
    ".hidden/base.yaml": BASE,
    "facts.yaml": "facts: {x: 3}\n",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


# --- changes in words and numbers -----------------------------------------------------------------


@pytest.mark.parametrize(("words", "value", "unit", "change"), [
    ("17% less", -0.17, "share", ChangeOf.SHARE), ("3 pp more", 0.03, "share", ChangeOf.AMOUNT),
    ("12 min less", -720, "s", ChangeOf.AMOUNT), ("3 fewer", -3, "", ChangeOf.AMOUNT),
    ("640 EUR less", -640, "EUR", ChangeOf.AMOUNT), ("0% more", 0, "share", ChangeOf.SHARE),
])  # fmt: skip
def test_changes_in_words(words: str, value: float, unit: str, change: ChangeOf) -> None:
    claimed = parse_claimed_change(words)
    assert claimed.is_ == Figure(pytest.approx(value), unit)
    assert claimed.change == change


@pytest.mark.parametrize("words", ["better", "17%", 3, "3 apples more"])
def test_what_is_no_change(words: object) -> None:
    with pytest.raises(WordsError):
        parse_claimed_change(words)


def test_a_relative_difference_has_the_spread_of_the_ratio() -> None:
    """Against the ratio's spread when both figures are drawn anew, many times."""
    rng = np.random.default_rng(8)
    busy = rng.normal(1, 0.05, (4000, 40))
    first = 10 * busy + rng.normal(0, 0.1, busy.shape)
    other = 8 * busy + rng.normal(0, 0.1, busy.shape)
    one = [Estimate(np.asarray(x.mean()), x - x.mean()) for x in (first[0], other[0])]
    found = relative_difference(*one)
    assert float(found.value) == pytest.approx(other[0].mean() / first[0].mean() - 1)
    apart = other.mean(1) / first.mean(1) - 1
    widths = [
        float(half_width(relative_difference(
            Estimate(np.asarray(x.mean()), x - x.mean()), Estimate(np.asarray(y.mean()), y - y.mean())
        ).deviations))
        for x, y in zip(first[:1000], other[:1000], strict=True)
    ]  # fmt: skip
    covered = np.abs(apart[:1000] + 0.2) <= widths
    assert 0.93 < covered.mean() < 0.97
    assert np.mean(widths) < 0.1 * float(half_width(one[1].deviations))  # what busy days share falls out


def test_nothing_changes_relative_to_nothing() -> None:
    zero, one = (Estimate(np.asarray(x), np.zeros(3)) for x in (0.0, 1.0))
    assert np.isnan(relative_difference(zero, one).value)


# --- what is compared with what -------------------------------------------------------------------


def test_changes_are_judged_by_paired_differences(folder: Path) -> None:
    case = audit_of(folder / "what_if/more.yaml", reps=6)
    (document,) = audits([case], 3)
    paths = ["abandoned", "wait.mean", "own.occupancy"]
    both = []
    for name in ("base.yaml", "what_if/more.yaml"):
        model, labels = prepare(folder / name).resolved.model, prepare(folder / name).resolved.labels
        both.append(estimates(sums_of_replications(model, labels, 3, 6), model, labels, paths))
    base, more = both
    rows = {f["measure"]: f for claim in document["claims"] for f in claim["figures"]}
    apart = {
        "wait.mean": difference(base["wait.mean"], more["wait.mean"]),
        "own.occupancy": relative_difference(base["own.occupancy"], more["own.occupancy"]),
    }
    for path, expected in apart.items():
        row = rows[path]
        assert row["value"] == pytest.approx(float(expected.value), rel=1e-9)
        assert row["half_width"] == pytest.approx(float(half_width(expected.deviations)), rel=1e-9)
        assert row["from"] == pytest.approx(float(base[path].value), rel=1e-9)
        assert row["to"] == pytest.approx(float(more[path].value), rel=1e-9)
    assert rows["hours.paid"]["verdict"] == "within"  # no chance in it at all
    verdicts = {claim["claim"]: claim["verdict"] for claim in document["claims"]}
    assert verdicts["own.occupancy"] == "within"
    assert verdicts["fewer give up"] == "missed"  # not by 40 s, within 2 s
    assert [figure["change"] for figure in document["claims"][0]["figures"]] == ["amount", "amount"]


def test_a_whole_claim_replaces_one_of_the_same_title(folder: Path) -> None:
    claims = prepare(folder / "what_if/more.yaml").scenario.claims
    assert list(claims)[-1] == "abandoned"  # in its place among its own
    assert claims["abandoned"].source == "published goal"
    (document,) = audits([audit_of(folder / "what_if/twice.yaml", reps=2)], 1)
    same = document["claims"][-1]["figures"][0]
    assert (same["value"], same["verdict"], same["unit"]) == (0.0, "within", "share")


def test_the_nearest_whole_scenario_is_what_one_is_held_against(folder: Path) -> None:
    case = audit_of(folder / "what_if/twice.yaml", reps=2)
    assert case.below is not None
    assert case.below.resolved.labels.scenario == "One more"
    text = audit_text(audits([case], 1)[0])
    assert "Changes are against the same days of: One more" in text
    assert re.search(r"cost.total +640 EUR less, within 640 EUR +960 EUR/day less +✓ within", text)
    assert "2 880 EUR/day to 1 920 EUR/day" in text.replace("\u202f", " ")


def test_without_one_scenario_below_changes_are_not_measurable(folder: Path) -> None:
    (folder / "alone.yaml").write_text(BASE.replace("is: 15%", "change: 15% less"), encoding="utf-8")
    (folder / "side.yaml").write_text(
        "name: Side\nextends: [base.yaml, other.yaml]\n"
        "claims: {abandoned: {change: 3% less, source: assumed}, wait.mean: {is: 1 min, source: assumed}}",
        encoding="utf-8",
    )
    (folder / "other.yaml").write_text(BASE, encoding="utf-8")
    for name, n in (("alone.yaml", 0), ("side.yaml", 2)):
        case = audit_of(folder / name, reps=2)
        assert (case.below, case.replications) == (None, n)
        (document,) = audits([case], 1)
        unknown = next(c for c in document["claims"] if c["change"])
        assert unknown["verdict"] == "not yet measurable"
        assert unknown["needs"] == "a scenario below to compare with"


def test_layers_are_laid_on_the_scenario_below_too(folder: Path) -> None:
    case = audit_of(
        folder / "what_if/more.yaml",
        Layers(sets=["demand.volume=10/h"], plan=folder / "plans/two.yaml"),
        reps=2,
    )
    assert case.below is not None
    assert case.below.resolved.scenario.demand.volume == case.loaded.resolved.scenario.demand.volume
    (document,) = audits([case], 1)
    rows = {f["measure"]: f for claim in document["claims"] for f in claim["figures"]}
    assert rows["own.occupancy"]["value"] == 0  # the plan gives both two agents


def test_settings_of_the_claims_themselves_are_not_laid_on_the_scenario_below(folder: Path) -> None:
    layers = Layers(sets=["name=New", "claims.fewer give up.within=1 pp"])
    case = audit_of(folder / "what_if/more.yaml", layers, reps=2)
    assert case.claims["fewer give up"].within == Figure(0.01, "share")
    assert case.below is not None
    assert case.below.resolved.labels.scenario == "Shop"


def test_what_the_scenario_below_lacks_is_told(folder: Path) -> None:
    what_if = (
        "name: W\nextends: base.yaml\nteams: {new: {serves: chat, agents: 1}}\n"
        "claims: {new.occupancy: {change: 3% less, source: assumed}}\n"
    )
    (folder / "w.yaml").write_text(what_if, encoding="utf-8")
    with pytest.raises(InvalidInput, match=r"in the scenario below, '.*base.yaml', there is no measure") as e:
        audit_of(folder / "w.yaml")
    mark = e.value.problems[0].mark
    assert mark is not None
    assert (mark.line, mark.column) == (4, 10)
    with pytest.raises(InvalidInput, match=r"in the scenario below, .*: there is no 'new' in teams"):
        audit_of(folder / "w.yaml", Layers(sets=["teams.new.agents=2"]))


# --- many of them ---------------------------------------------------------------------------------


def test_the_scenarios_of_a_folder(folder: Path) -> None:
    names = [path.relative_to(folder).as_posix() for path in scenarios_below(folder)]
    assert names == ["base.yaml", "silent.yaml", "what_if/more.yaml", "what_if/twice.yaml"]
    with pytest.raises(InvalidInput, match="there are no scenarios in"):
        scenarios_below(folder / "plans")
    (folder / "broken.yaml").write_text("name: [", encoding="utf-8")
    with pytest.raises(InvalidInput, match="a bracket is never closed"):
        scenarios_below(folder)


def test_each_scenario_is_simulated_once_and_figures_are_those_of_it_alone(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases, silent = audits_of(scenarios_below(folder), reps=3)
    assert silent == ["silent"]
    alone = [audits([case], 1)[0] for case in cases]
    simulated: list[int] = []

    def counted(*args: object, **options: object) -> object:
        simulated.append(args[3])  # type: ignore[arg-type]
        return sums_of_replications(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(audits_module, "sums_of_replications", counted)
    shares: list[float] = []
    assert audits(cases, 1, tell=lambda p: shares.append(p.share)) == alone
    assert simulated == [3, 3, 3]
    assert work(cases)[0] == 9
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1)


def test_days_that_are_badly_forecast_are_simulated_more_often(folder: Path) -> None:
    usual = audit_of(folder / "base.yaml").replications
    lucky = audit_of(folder / "base.yaml", Layers(sets=["demand.forecast_error=25% each 1 h"])).replications
    assert lucky == 4 * usual


def test_the_text_of_many(folder: Path) -> None:
    cases, silent = audits_of(scenarios_below(folder), reps=2)
    document = audits_document(audits(cases, 1), silent, 1)
    text = audits_text(document, encoding="ascii")
    assert text.isascii()
    for line in ("base: Shop", "more: One more", "What does one more agent do?",
                 "twice: One more and cheaper",
                 "Left out, for they make no claims of their own: silent."):  # fmt: skip
        assert line in text.split("\n")
    assert re.search(r"^together +\d", text, re.M)
    assert max(map(len, text.split("\n"))) <= 110


def test_no_claims_at_all(folder: Path) -> None:
    with pytest.raises(InvalidInput, match="none of these scenarios makes claims of its own: silent, silent"):
        audits_of([folder / "silent.yaml", folder / "silent.yaml"])


def test_the_command_takes_folders(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder)
    assert main(["audit", ".", "--reps", "8", "--json"]) == 4
    out = capsys.readouterr().out
    document = json.loads(out)
    assert [one["name"] for one in document["audits"]] == ["base", "more", "twice"]
    assert document["without_claims"] == ["silent"]
    assert document["count"]["missed"] == sum(one["count"]["missed"] for one in document["audits"]) > 0
    assert str(folder) not in out
    assert main(["audit", "base.yaml", "silent.yaml", "--reps", "2"]) == 0
    assert "Left out" in capsys.readouterr().out
    assert main(["audit", "base.yaml", "plans", "--reps", "2"]) == 3
    assert "there are no scenarios in 'plans'" in capsys.readouterr().err
    assert main(["audit", ".", "--set", "teams.own.agnets=3"]) == 3
    assert "agnets" in capsys.readouterr().err
