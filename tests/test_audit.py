"""Judging claims: figures made by hand, whose claims count, and a scenario from file to document."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sim.errors import InvalidInput
from sim.measure.estimate import half_width
from sim.measure.figure import Estimate
from sim.present.audit import audit_text
from sim.scenario.validate import Loaded
from sim.scenario.wishes import Figure, FigureClaim
from sim.study.audit import (
    Judged,
    Verdict,
    audit_document,
    audited_claims,
    judged,
    judged_claims,
    measures_in,
)
from sim.study.prepare import prepare
from sim.study.replications import sums_of_replications

SPREAD = np.array([-1.0, 1.0, -1.0, 1.0, 0.0])
WIDTH = float(half_width(SPREAD))  # 1.24


def judge(value: float, is_: float, within: float | None, kind: str = "published") -> Judged:
    tolerance = None if within is None else Figure(within, "s")
    found = Estimate(np.asarray(value), SPREAD)
    return judged("wait.mean", FigureClaim(Figure(is_, "s"), tolerance), found, "s", kind)


@pytest.mark.parametrize(
    ("value", "within", "verdict"),
    [
        (100, 2, Verdict.WITHIN),
        (100 + 2 - 1.01 * WIDTH, 2, Verdict.WITHIN),
        (100 + 2 - 0.99 * WIDTH, 2, Verdict.CLOSE),
        (100 - 2 + 1.01 * WIDTH, 2, Verdict.WITHIN),
        (100 + 2 + 0.99 * WIDTH, 2, Verdict.CLOSE),
        (100 - 2 - 1.01 * WIDTH, 2, Verdict.MISSED),
        (100, 1, Verdict.CLOSE),  # the interval is wider than the tolerance
        (100 + 0.99 * WIDTH, None, Verdict.WITHIN),
        (100 - 1.01 * WIDTH, None, Verdict.MISSED),
    ],
)
def test_the_interval_decides(value: float, within: float | None, verdict: Verdict) -> None:
    assert judge(value, 100, within).verdict == verdict


def test_a_miss_is_told_from_the_edge_of_the_tolerance() -> None:
    assert judge(110, 100, 2).off == pytest.approx(8)
    assert judge(110, 100, None).off == pytest.approx(10 - WIDTH)
    assert judge(100, 100, 2).off is None


@pytest.mark.parametrize(("errors", "verdict"), [(3.4, Verdict.WITHIN), (-3.6, Verdict.MISSED)])
def test_exact_values_are_judged_by_standard_errors(errors: float, verdict: Verdict) -> None:
    error = np.sqrt(4 / 4 / 5)
    found = judge(100 + errors * error, 100, None, "exact")
    assert found.z == pytest.approx(errors)
    assert found.verdict == verdict


def test_an_exact_value_that_is_not_random_is_met_or_not() -> None:
    for value, verdict in ((5.0, Verdict.WITHIN), (5.1, Verdict.MISSED)):
        still = Estimate(np.asarray(value), np.zeros(3))
        assert judged("x", FigureClaim(Figure(5, "")), still, "", "exact").verdict == verdict


@pytest.mark.parametrize(
    ("value", "is_"), [(0.1 + 0.2, 0.3), (5.1 * 3, 15.3), (3e9 * 1.1, 3.3e9), (0.0, 0.0)]
)
@pytest.mark.parametrize("source", ["exact", "published"])
def test_rounding_alone_misses_nothing(value: float, is_: float, source: str) -> None:
    found = judged("x", FigureClaim(Figure(is_, "")), Estimate(np.asarray(value), np.zeros(3)), "", source)
    assert (found.verdict, found.off) == (Verdict.WITHIN, None)
    assert found.z == (0 if source == "exact" else None)


@pytest.mark.parametrize(
    ("value", "within", "source", "verdict"),
    [
        (101, 2, "published", Verdict.WITHIN),
        (103, 2, "published", Verdict.MISSED),
        (100, None, "published", Verdict.CLOSE),
        (100, None, "exact", Verdict.CLOSE),
        (np.nan, 2, "published", Verdict.UNKNOWN),
    ],
)
def test_without_a_half_width(value: float, within: float | None, source: str, verdict: Verdict) -> None:
    tolerance = None if within is None else Figure(within, "")
    alone = Estimate(np.asarray(value), np.empty(0))
    assert judged("x", FigureClaim(Figure(100, ""), tolerance), alone, "", source).verdict == verdict


def test_thirty_and_three_tenths_is_within_three_tenths_of_thirty() -> None:
    still = Estimate(np.asarray(30.3), np.zeros(2))
    claim = FigureClaim(Figure(30, ""), Figure(0.3, ""))
    assert judged("x", claim, still, "", "published").verdict == Verdict.WITHIN


# --- whose claims ---------------------------------------------------------------------------------

PART = "claims: {wait.mean: {is: 20 s, within: 1 min, source: assumed}}"
BASE = """\
name: Shop
extends: part.yaml
demand: {volume: 20/h}
desks: {chat: {handling: exponential 5 min, patience: exponential 5 min}}
teams: {own: {serves: chat, agents: 3, cost: 30 EUR/h}}
claims: {abandoned: {is: 5%, within: 50 pp, source: assumed}}
"""
WHAT_IF = """\
name: What if
extends: base.yaml
claims:
  rows of the report:
    figures: {occupancy: 50%, own.busy / own.agents: {is: 90%, within: 1 pp}}
    within: 40 pp
    source: published table
  wait.mean: {is: 30 s}
  own.occupancy: {change: 17% less, source: expected}
  cycle: {is: 72 h, awaits: cases, source: published cycle}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in (
        ("part", PART),
        ("base", BASE),
        ("what_if", WHAT_IF),
        ("none", "name: N\nextends: base.yaml"),
    ):
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    return tmp_path


def titles(loaded: Loaded, *, inherited: bool = False) -> tuple[list[str], int]:
    claims, left_out = audited_claims(loaded, inherited=inherited)
    return list(claims), left_out


def test_claims_of_parts_are_ones_own_and_those_of_a_scenario_below_are_not(folder: Path) -> None:
    assert titles(prepare(folder / "base.yaml")) == (["wait.mean", "abandoned"], 0)
    what_if = prepare(folder / "what_if.yaml")
    own = ["wait.mean", "rows of the report", "own.occupancy", "cycle"]
    assert titles(what_if) == (own, 1)
    assert set(titles(what_if, inherited=True)[0]) == {*own, "abandoned"}


def test_a_scenario_without_claims(folder: Path) -> None:
    with pytest.raises(InvalidInput, match="makes no claims of its own"):
        audited_claims(prepare(folder / "none.yaml"))
    overlaid = prepare(folder / "none.yaml", sets=["claims.abandoned.is=4%"])
    assert titles(overlaid, inherited=True)[0] == ["wait.mean", "abandoned"]


def test_a_file_named_from_the_folder_one_is_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    assert titles(prepare("./base.yaml")) == (["wait.mean", "abandoned"], 0)
    assert titles(prepare(f"../{folder.name}//what_if.yaml"))[1] == 1


# --- the whole ------------------------------------------------------------------------------------


def test_from_file_to_text(folder: Path) -> None:
    loaded = prepare(folder / "what_if.yaml")
    claims, left_out = audited_claims(loaded)
    model, labels = loaded.resolved.model, loaded.resolved.labels
    assert measures_in(claims) == ("wait.mean", "occupancy", "own.busy", "own.agents")
    audits = judged_claims(claims, sums_of_replications(model, labels, 1, 4), model, labels)
    document = audit_document(audits, loaded, seed=1, replications=4, inherited=left_out)
    verdicts = {claim["claim"]: claim["verdict"] for claim in document["claims"]}
    assert verdicts == {
        "wait.mean": "within",
        "rows of the report": "missed",
        "own.occupancy": "not yet measurable",
        "cycle": "not yet measurable",
    }
    rows = document["claims"][1]["figures"]
    assert [row["verdict"] for row in rows] == ["within", "missed"]
    assert rows[0]["value"] == pytest.approx(rows[1]["value"], rel=0.1)
    assert [claim["kind"] for claim in document["claims"]] == [
        "assumed",
        "published",
        "expected",
        "published",
    ]
    assert (rows[1]["unit"], rows[1]["words"]) == ("share", "90%, within 1 pp")
    text = audit_text(document, encoding="ascii")
    assert text.isascii()
    for words in (
        "1 within, 1 missed, 2 not yet measurable (need: a scenario below to compare with; cases)",
        "1 more claim of the scenario below is left out",
        "  own.busy / own.agents",
        "N missed by",
    ):
        assert words in " ".join(text.split("\n")) or words in text


def test_nothing_measurable_needs_no_simulation(folder: Path) -> None:
    (folder / "later.yaml").write_text(
        BASE.replace("extends: part.yaml\n", "").replace("source:", "awaits: a, source:"), encoding="utf-8"
    )
    loaded = prepare(folder / "later.yaml")
    claims, _ = audited_claims(loaded)
    audits = judged_claims(claims, [], loaded.resolved.model, loaded.resolved.labels)
    document = audit_document(audits, loaded, seed=1, replications=0, inherited=0)
    assert "Nothing is simulated" in audit_text(document)
    assert document["count"]["not yet measurable"] == 1
