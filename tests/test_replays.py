"""Arrivals given one by one: the times of the file, what it gives of them, and every mistake in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from golden_trace import Engine
from running import issue, resolved, run_checked

from sim.errors import Problem
from sim.measure.check import check
from sim.model.arrivals import Arrivals, arrivals, issues_per_day
from sim.model.draws import hash32, philox, stream_hash, uniform, word
from sim.model.records import NONE, IssueColumn
from sim.model.tables import DAY, Model
from sim.scenario.mixing import mix_of
from sim.scenario.replays import Replayed, mean_volumes, read_replay, rows_until
from sim.scenario.traffic import offered_load
from sim.study.replications import expected_issues
from sim.units import HOUR, MINUTE, SECOND

VALUES = {"topic": ("orders", "complaints"), "difficulty": ("standard", "complex")}
ROWS = """\
time,difficulty,enters,topic
10:30,complex,,orders
08:00:12.5,,phone,
08:00:12.500000,standard,,
"23:59:59.999999", complex ,chat,complaints
"""
TICKS = [8 * HOUR + 12_500_000, 8 * HOUR + 12_500_000, 10 * HOUR + 30 * MINUTE, DAY - 1]
SCENARIO: dict[str, Any] = {
    "name": "Replay",
    "horizon": {"measure": "2 days"},
    "attributes": {
        "topic": {"orders": "60%", "complaints": "rest"},
        "difficulty": {
            "complaints": {"standard": "30%", "complex": "70%"},
            "else": {"standard": "80%", "complex": "20%"},
        },
    },
    "demand": {"replay": "calls.csv", "enters": {"chat": "40%", "phone": "rest"}},
    "desks": {"chat": {"handling": "3 min"}, "phone": {"handling": "9 min"}},
    "teams": {"own": {"serves": ["chat", "phone"], "agents": 3}},
}


def model_of(rows: str = ROWS, **changes: object) -> Model:
    return resolved({**SCENARIO, **changes}, {"calls.csv": rows}).model


def all_of(model: Model, until: int, seed: int = 1, replication: int = 0) -> Arrivals:
    return Arrivals._make(
        np.concatenate(c) for c in zip(*arrivals(model, seed, replication, until), strict=True)
    )


def read(folder: Path, text: str, starts: int | None = None) -> tuple[Replayed | None, list[Problem]]:
    (folder / "calls.csv").write_text(text, encoding="utf-8")
    return read_replay("calls.csv", folder, VALUES, ["chat", "phone"], starts)


def test_rows_come_at_their_times_every_day() -> None:
    model = model_of()
    for seed in (1, 2):
        found = all_of(model, 2 * DAY, seed)
        assert found.tick.tolist() == [*TICKS, *(DAY + tick for tick in TICKS)]
        assert found.uid.tolist() == [stream_hash("demand") << 32 | i for i in range(8)]
    assert issues_per_day(model) == 4
    assert expected_issues(model) == 8


@pytest.mark.parametrize("until", [0, 8 * HOUR, TICKS[0], TICKS[0] + 1, DAY - 1, DAY, DAY + TICKS[2] + 1])
def test_until_is_half_open(until: int) -> None:
    whole = [*TICKS, *(DAY + tick for tick in TICKS)]
    blocks = [block.tick for block in arrivals(model_of(), 1, 0, until)]
    assert np.concatenate([[], *blocks]).tolist() == [tick for tick in whole if tick < until]


def test_what_is_given_holds_and_the_rest_is_drawn() -> None:
    """Class = 2 x topic + difficulty; the first two rows differ in what they leave open."""
    seen = [all_of(model_of(), DAY, seed) for seed in range(60)]
    topic, difficulty = (np.array([f(s.cls) for s in seen]) for f in (lambda c: c // 2, lambda c: c % 2))
    entry, d = np.array([s.entry for s in seen]), np.array([s.d for s in seen])
    assert set(entry[:, 0].tolist()) == {1}
    assert set(topic[:, 0].tolist()) == set(difficulty[:, 0].tolist()) == {0, 1}
    assert set(difficulty[:, 1].tolist()) == {0}
    assert set(topic[:, 1].tolist()) == {0, 1} == set(entry[:, 1].tolist())
    assert set(topic[:, 2].tolist()) == {0}
    assert set(difficulty[:, 2].tolist()) == {1}
    assert set(entry[:, 3].tolist()) == {0}
    hard = np.where(topic == 1, 0.3, 0.8)
    assert np.all(np.where(difficulty == 1, d >= hard, d <= hard)), "d lies in the slice of its value"
    assert d[:, 2].max() > 0.98, "all of the slice is used"
    assert 0 < d.min() < d.max() < 1


def test_draws_are_keyed_by_the_row() -> None:
    """What the second row does not give comes from the block of the issue numbered 1."""
    found = all_of(model_of(), DAY, seed=5, replication=3)
    uid = stream_hash("demand") << 32 | 1
    u = uniform(philox(5, 3, uid, word(hash32("attribute:topic")), 0)[0])
    assert found.cls[1] // 2 == int(u >= 0.6)


def test_another_stream_does_not_move_a_replay() -> None:
    demand = SCENARIO["demand"]
    alone = all_of(
        model_of(demand={**demand, "replay": None, "streams": {"old": {"replay": "calls.csv"}}}), DAY
    )
    beside = {"streams": {"new": {"volume": "2_000/day"}, "old": {"replay": "calls.csv"}}}
    both = all_of(model_of(demand={**demand, "replay": None, **beside}), DAY)
    mine = both.uid >> 32 == stream_hash("old")
    for column in ("tick", "uid", "cls", "entry", "d"):
        assert np.array_equal(getattr(alone, column), getattr(both, column)[mine])


def test_records_of_a_replay_are_sound_and_changed_ones_are_not(engine: Engine) -> None:
    model = model_of()
    records = run_checked(engine, model)
    assert sorted(issue(records, IssueColumn.BORN).tolist()) == [*TICKS, *(DAY + tick for tick in TICKS)]
    earlier = model.replay._replace(tick=model.replay.tick - 1)
    assert {v.axiom for v in check(model._replace(replay=earlier), records)} >= {"arrivals"}
    other = model.replay.value.copy()
    other[2] = 1 - other[2]
    assert "class" in {
        v.axiom for v in check(model._replace(replay=model.replay._replace(value=other)), records)
    }
    entry = np.where(model.replay.entry == NONE, NONE, 1 - model.replay.entry)
    assert "entry" in {
        v.axiom for v in check(model._replace(replay=model.replay._replace(entry=entry)), records)
    }


def test_load_counts_the_rows_and_what_they_give() -> None:
    """10:30: an order that is complex, 40 % of 3 min and 60 % of 9 min; 23:59: chat, 3 min."""
    model = model_of()
    slot = model.streams.slot
    load = offered_load(model).sum(axis=0) * slot / MINUTE
    assert np.count_nonzero(load) == 3
    assert load.sum() == pytest.approx(4 * load_of_mix(model))
    weights, enters = mix_of(model, 0, 0)
    orders = 0.25 + 0.5 * 0.6  # given once; drawn for the second row; drawn for the third
    assert weights[:2].sum() == pytest.approx(orders)
    assert (weights @ enters).tolist() == pytest.approx([0.25 + 2 * 0.25 * 0.4, 0.25 + 2 * 0.25 * 0.6])


def load_of_mix(model: Model) -> float:
    """Minutes of work of a row, whichever it is: they enter as their mean does."""
    weights, enters = mix_of(model, 0, 0)
    return float(weights @ enters @ np.array([3.0, 9.0]))


def test_days_by_number_and_by_date(tmp_path: Path) -> None:
    rows, problems = read(tmp_path, "time\nday 3 00:00:01\n\nday 1 12:00\n")
    assert not problems
    assert rows is not None
    assert rows.tick.tolist() == [DAY // 2, 2 * DAY + SECOND]
    assert rows_until(rows, 2)[1].tolist() == [DAY // 2]
    dated, problems = read(
        tmp_path, "time\n2024-07-02 08:00\n2024-06-30T23:00\n2024-07-01 09:00:00.25\n", 182
    )
    assert not problems
    assert dated is not None
    assert dated.tick.tolist() == [-HOUR, 9 * HOUR + SECOND // 4, DAY + 8 * HOUR]
    assert rows_until(dated, 2)[0].tolist() == [1, 2]
    assert mean_volumes(dated, 12 * HOUR, [0, 1]) == (1.0, 0.0)
    assert mean_volumes(dated, 12 * HOUR, [2, 3]) == (0.0, 0.0)


def test_rows_of_some_days_are_counted_over_all_days() -> None:
    model = model_of("time\nday 1 09:00\nday 1 10:00\nday 2 09:00\nday 5 09:00\n")
    assert issues_per_day(model) == 1.5
    assert expected_issues(model) == 3
    assert len(all_of(model, 2 * DAY).tick) == 3


_OTHER_SORT = "does not go with the times above"


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("", 1, 1, "there is no column 'time'"),
        ("time\n", 1, 1, "there is no arrival"),
        ("topic\norders\n", 1, 1, "there is no column 'time'"),
        ("time;topic\n", 1, 1, "there is no column 'time;topic'"),
        ("time,tpoic\n08:00,orders\n", 1, 6, "there is no column 'tpoic'"),
        ("time, time\n08:00,09:00\n", 1, 7, "the column 'time' stands here twice"),
        ("time,topic\n08:00\n", 2, 1, "a line needs 2 columns: time,topic"),
        ("time,topic\n\n08:00,oders\n", 3, 7, "'oders' is no value of 'topic'"),
        ('time,topic,enters\n"08:00","orders",mail\n', 2, 18, "'mail' is no bot, desk or delay"),
        ("time\n8 am\n", 2, 1, "'8 am' is not a time"),
        ("topic,time\norders,\n", 2, 8, "a value is missing"),
        ("time\n24:00\n", 2, 1, "there is no time 24:00"),
        ("time\nday 0 09:00\n", 2, 1, "there is no day 0"),
        ("time\n2024-07-01 09:00\n", 2, 1, "nobody knows on which simulated day 2024-07-01 is"),
        ("time\n2024-02-30 09:00\n", 2, 1, "there is no date 2024-02-30"),
        ("time\n9:00\nday 1 9:00\n", 3, 1, f"'day 1 9:00' {_OTHER_SORT}, which come every day"),
        ("time\nday 1 9:00\n9:00\n", 3, 1, f"'9:00' {_OTHER_SORT}, which are of one day each"),
    ],
)
def test_mistakes_are_told_with_their_place(
    text: str, line: int, column: int, message: str, tmp_path: Path
) -> None:
    rows, problems = read(tmp_path, text)
    assert rows is None
    assert [p.message for p in problems] == [message]
    mark = problems[0].mark
    assert mark is not None
    assert (mark.line, mark.column) == (line, column)


def test_a_file_full_of_mistakes_is_told_in_part(tmp_path: Path) -> None:
    _, problems = read(tmp_path, "time\n" + "now\n" * 1000)
    assert 5 < len(problems) < 30
    assert problems[-1].message == "and more in 'calls.csv'"
