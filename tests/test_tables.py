"""The text that a run prints: what stands first, what never stands alone, and how it lines up."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

import pytest
from documents import support_desk

from sim.measure.catalogue import Scope, measures_of
from sim.present.tables import ENOUGH, missed_text, run_text
from sim.present.words import THIN


def _lines(document: dict[str, Any], **options: Any) -> list[str]:
    return run_text(document, **options).split("\n")


def _columns(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _block(lines: list[str], title: str) -> list[str]:
    """The lines of the first block that begins with the title."""
    begin = next(k for k, line in enumerate(lines) if line.split("  ")[0] == title)
    return lines[begin : lines.index("", begin)]


def test_the_head_says_what_was_simulated() -> None:
    head = _lines(support_desk(scale=0.1))[:3]
    assert head[0] == "Customer support, evening peak"
    assert head[1] == "20 days simulated · seed 7 · reference engine · scale 0.1"
    assert "95 % confidence" in head[2]
    assert "scale" not in run_text(support_desk())


def test_targets_come_first_with_tick_or_cross() -> None:
    lines = _lines(support_desk())
    assert lines[4] == "Targets"
    assert [line.strip()[0] for line in _block(lines, "Targets")[1:]] == ["✗", "✓", "✗"]
    assert "wanted 80% in 20 s" in lines[5]
    assert "64.1 ± 0.8 %" in lines[5]


def test_a_target_without_figure_is_neither_met_nor_missed() -> None:
    document = support_desk()
    document["targets"] = [{"path": "chat.wait.p90", "words": "at most 2 min", "value": None,
                            "half_width": None, "unit": "s", "met": None}]  # fmt: skip
    assert _block(_lines(document), "Targets")[1].split()[:3] == ["–", "chat.wait.p90", "–"]


def test_without_targets_there_is_no_block_for_them() -> None:
    assert "Targets" not in run_text(support_desk() | {"targets": []})


@pytest.mark.parametrize("path", ["chat.wait.mean", "chat.service_level", "wait.p90", "complex.wait.mean",
                                  "difficulty.complex.wait.mean"])  # fmt: skip
def test_a_target_about_waits_has_the_abandonment_beside_it(path: str) -> None:
    document = support_desk()
    document["targets"] = [{"path": path, "words": "w", "value": 60.0, "half_width": 1.0, "unit": "s",
                            "met": True}]  # fmt: skip
    line = _block(_lines(document), "Targets")[1]
    assert re.search(r"wanted w  \d\.\d ± 0\.\d % abandoned$", line)


@pytest.mark.parametrize("width", [40, 60, 79, ENOUGH, 200])
def test_no_table_shows_waits_without_the_abandonment_beside_them(width: int) -> None:
    blocks = run_text(support_desk(), width=width, by_class=True).split("\n\n")
    waits = [block for block in blocks if re.search(r"\b(wait|service)\b", block.split("\n")[0])]
    assert waits
    assert all("abandoned" in block.split("\n")[0] for block in waits)


def test_the_abandonment_keeps_its_column_where_it_is_not_known() -> None:
    document = support_desk()
    document["targets"] = []
    for figures in (*document["stages"].values(), document["measures"]):
        if "abandoned" in figures:
            figures["abandoned"] = {"value": None, "half_width": None, "unit": "share"}
    assert "abandoned" in _block(_lines(document), "Desks")[0]


def test_every_random_figure_has_its_half_width() -> None:
    lines = _block(_lines(support_desk()), "Desks")
    assert lines[2].count("±") == 5
    assert lines[3].count("±") == 5
    assert lines[4].count("±") == 4  # contacts of several desks are not added up


def test_one_day_says_why_there_are_no_half_widths() -> None:
    text = run_text(support_desk(days=1))
    assert "No half-widths" in text
    assert "±" not in text
    assert text.split("\n")[1].startswith("1 day simulated")


def test_bots_show_reported_containment_beside_truly_solved() -> None:
    head = " ".join(_block(_lines(support_desk()), "Bots")[:2])
    assert head.index("handed off") < head.index("containment") < head.index("solved")


def test_columns_that_are_zero_throughout_are_left_out() -> None:
    document = support_desk()
    assert "turned away" not in run_text(document, width=200)
    document["stages"]["chat"]["turned_away"]["value"] = 0.02
    assert "turned" in _block(_lines(document), "Desks")[0]


def test_without_bots_nothing_is_said_of_automation() -> None:
    document = support_desk()
    for key in ("automation", "believed", "returned"):
        document["measures"][key] = {"value": 0.0, "half_width": 0.0, "unit": "share"}
    assert re.search(r"automation +0\.0 %", run_text(document))
    assert "returned" not in run_text(document)
    del document["stages"]["assistant"]
    assert not re.search("automation|believed", run_text(document))
    document["measures"]["believed"]["value"] = 0.1
    assert "believed solved" in run_text(document)


def test_the_service_level_names_its_threshold() -> None:
    document = support_desk()
    head = _block(_lines(document), "Desks")[:2]
    assert head[0].endswith("service level")
    assert head[1].endswith(" in 20 s")
    document["service_level"]["definition"] = "answered"
    assert "in 20 s, 'answered'" in _block(_lines(document), "Desks")[1]
    document["service_level"] = {"definition": "all", "within_s": {"chat": 150.0, "phone": 20.0}}
    assert "Service level: chat in 2.5 min, phone in 20 s." in run_text(document)


def test_missed_targets_are_told_each_in_a_line() -> None:
    document = support_desk()
    assert missed_text(document).split("\n") == [
        "target missed: chat.service_level is 64.1 ± 0.8 %, wanted 80% in 20 s",
        "target missed: chat.wait.mean is 4.3 ± 0.2 min, wanted at most 2 min",
    ]
    document["targets"] = [{"path": "wait.p90", "words": "at most 2 min", "value": None, "met": None}]
    assert missed_text(document) == "target not measured: wait.p90, wanted at most 2 min"


def test_the_made_up_document_has_the_keys_and_units_of_the_catalogue() -> None:
    document = support_desk()
    known = {scope: {m.key: m.unit.replace("CURRENCY", "CNY") for m in measures_of(scope)} for scope in Scope}
    scopes = {"assistant": Scope.BOT, "chat": Scope.DESK, "phone": Scope.DESK}
    parts = [(Scope.OVERALL, document["measures"])]
    parts += [(scopes[name], part) for name, part in document["stages"].items()]
    parts += [(Scope.TEAM, part) for part in document["teams"].values()]
    parts += [(Scope.CLASS, part) for part in document["classes"]["difficulty"].values()]
    for scope, part in parts:
        assert {key: figure["unit"] for key, figure in part.items()}.items() <= known[scope].items()
    intervals = document["intervals"]
    assert all(part.keys() <= known[Scope.DESK_INTERVAL].keys() for part in intervals["stages"].values())
    assert all(part.keys() <= known[Scope.TEAM_INTERVAL].keys() for part in intervals["teams"].values())


def test_headings_can_be_replaced() -> None:
    assert "mean wait" in run_text(support_desk(), {"wait.mean": "mean wait"})


@pytest.mark.parametrize("chinese", [False, True])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_rows_of_a_table_line_up(chinese: bool, encoding: str) -> None:
    lines = _lines(support_desk(chinese=chinese), encoding=encoding)
    for title in ("Bots", "Desks", "Teams"):
        head, *rows = _block(lines, title)
        assert len(rows) > 1
        assert all(not row.startswith("  ") or _columns(row) <= ENOUGH for row in [head, *rows])
    desks = [row for row in _block(lines, "Desks") if "%" in row]
    ends = {tuple(_columns(row[: found.start()]) for found in re.finditer("%", row))[:1] for row in desks}
    assert len(ends) == 1


def test_everything_fits_into_the_width_asked_for() -> None:
    for width in (79, ENOUGH):
        assert max(map(_columns, _lines(support_desk(), width=width, by_class=True))) <= width


def test_a_scenario_with_one_desk_and_nothing_else_is_short() -> None:
    document = support_desk()
    document["stages"] = {"chat": document["stages"]["chat"]}
    for key in ("cost.total", "cost.per_contact", "cost.per_solved"):
        del document["measures"][key]
    text = run_text(document)
    assert "all desks" not in text
    assert "Bots" not in text
    assert not re.search(r"^  .*\bcost per", text, re.M)


def test_equal_documents_give_equal_text_without_colours() -> None:
    text = run_text(support_desk())
    assert text == run_text(support_desk())
    assert "\x1b" not in text
    assert not [line for line in text.split("\n") if line != line.rstrip(" ")]
    assert f"61{THIN}200" in text


def test_what_a_scale_made_is_printed_in_whole_numbers() -> None:
    document = support_desk(scale=0.1)
    document["size"] = {
        "issues_per_day": 200_000.0,
        "agents": {"own": [89, 89, 88], "vendor": [6, 6]},
        "limits": {"assistant": [60, 90]},
    }
    said = " ".join(run_text(document).split())
    assert (
        "At this scale: 200 000 new issues a day; own 89 / 89 / 88; vendor 6; assistant at most 60 / 90."
        in (said.replace("\u2009", " ").replace("\u202f", " "))
    )
    document["scale"] = 1.0
    assert "At this scale" not in run_text(document)
