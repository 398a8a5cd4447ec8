"""The catalogue: complete, without doubles, every term known."""

from __future__ import annotations

from collections import Counter

import pytest
from hand_records import labels

from sim.errors import UsageError
from sim.measure.catalogue import (
    DEFINITIONS,
    ISSUE_SUMS,
    MEASURES,
    TEAM_SUMS,
    VISIT_SUMS,
    WITHIN_SUMS,
    Measure,
    Peak,
    Ratio,
    Scope,
    entry,
    known_paths,
    measures_of,
    unit_words,
)
from sim.model.tables import StageKind

KINDS = (StageKind.BOT, StageKind.DESK, StageKind.DESK)
VISITS = {*VISIT_SUMS, *WITHIN_SUMS}
TERMS = {
    **dict.fromkeys(("any", "bot", "delay"), VISITS | {"present"}),
    "desk": VISITS | {"waiting"},
    "team": {*TEAM_SUMS, "slots", "paid_slots", "room"},
    "issue": set(ISSUE_SUMS),
    "cost": {"teams", "bots"},
    "time": {"ticks", "days", "intervals"},
}


def terms(measure: Measure) -> tuple[str, ...]:
    how = measure.how.of if isinstance(measure.how, Peak) else measure.how
    return (*how.above, *how.below) if isinstance(how, Ratio) else ()


@pytest.mark.parametrize("measure", MEASURES, ids=lambda m: f"{m.key}-{m.scopes[0].value}")
def test_every_term_is_a_sum_that_exists(measure: Measure) -> None:
    for term in terms(measure):
        place, what = term.lstrip("-").split(".")
        assert what in TERMS[place]


@pytest.mark.parametrize("scope", Scope)
def test_a_key_is_computed_in_one_way_at_a_scope(scope: Scope) -> None:
    keys = Counter(m.key for m in measures_of(scope))
    assert keys
    assert set(keys.values()) == {1}


def test_every_measure_is_told_in_one_sentence() -> None:
    for measure in MEASURES:
        assert measure.definition.endswith(".")
        assert ". " not in measure.definition
        assert measure.heading
        assert measure.unit


def test_what_planners_ask_for_is_there() -> None:
    keys = " ".join(m.key for m in measures_of(Scope.OVERALL))
    for word in "wait abandoned service_level solved occupancy cost handoff containment".split():
        assert word in keys


def test_all_definitions_of_the_service_level_are_there() -> None:
    keys = {m.key for m in measures_of(Scope.DESK)}
    assert {f"service_level.{d}" for d in DEFINITIONS} < keys


def test_paths_of_a_scenario() -> None:
    paths = known_paths(labels(), KINDS)
    assert len(set(paths)) == len(paths)
    for path in ("wait.mean", "chat.wait.p90", "own.occupancy", "complex.abandoned", "cost.total",
                 "difficulty.complex.abandoned", "assistant.handoff"):  # fmt: skip
        assert path in paths
    assert "assistant.wait.p90" not in paths


def test_without_kinds_a_stage_may_have_every_key() -> None:
    assert {"assistant.wait.p90", "assistant.handoff"} < set(known_paths(labels()))


def test_nothing_costs_without_a_currency() -> None:
    assert not [p for p in known_paths(labels(currency=None)) if "cost" in p]


def test_entry_has_the_scenarios_own_definition_and_currency() -> None:
    named = labels(service_level="answered")
    assert "of those answered" in entry("chat.service_level", named, KINDS).definition
    assert unit_words(entry("cost.total", named), named) == "CNY/day"


def test_unknown_path_names_the_nearest() -> None:
    with pytest.raises(UsageError, match=r"did you mean 'chat\.abandoned'"):
        entry("chat.abandonned", labels(), KINDS)
