"""Pictures: what they show and say, gaps, Chinese names, labels that cover nothing, equal bytes."""

from __future__ import annotations

import copy
import logging
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from documents import support_desk
from matplotlib import rcParams
from matplotlib.figure import Figure
from matplotlib.ft2font import FT2Font
from matplotlib.text import Text

import sim.present
from sim.errors import UsageError
from sim.present.plots import busiest_desk, desks, save, wait_curve, wait_curves

FONTS = Path(sim.present.__file__).parent / "fonts"


@pytest.fixture(scope="module")
def figure() -> Figure:
    return wait_curve(support_desk())


@pytest.fixture(scope="module")
def phone() -> Figure:
    return wait_curve(support_desk(), "phone")


def _texts(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.findobj(Text) if text.get_text()]


def _said(figure: Figure) -> str:
    return "\n".join(_texts(figure))


def test_the_picture_says_what_it_shows(figure: Figure) -> None:
    said = _said(figure)
    assert "Customer support, evening peak" in said
    assert "desk: chat  ·  20 days simulated, seed 7  ·  bands: 95 % confidence" in said
    assert "Longest mean wait: 17 min at 21:30; 17.4 % of the customers who come then abandon." in said
    assert "Wait, minutes" in said
    assert "Abandoned, % of contacts" in said
    assert "teams: own, vendor" in said


def test_lines_are_labelled_where_they_are(figure: Figure) -> None:
    assert figure.legends == []
    assert all(axes.get_legend() is None for axes in figure.axes)
    for label in (
        "mean: 17 min at 21:30",
        "9 of 10 wait less than this",
        "17.4 % at 21:30",
        "work arriving",
        "chats the agents on duty can hold",
        "more work than they can do, 19:45–22:00",
    ):
        assert label in _texts(figure)


def test_labels_lie_inside_their_panel_and_do_not_touch() -> None:
    closed = support_desk(chinese=True, night_closed=True)
    figures = (wait_curve(support_desk(), "all"), wait_curve(closed, "电话"), wait_curves(support_desk()))
    for axes in (axes for figure in figures for axes in figure.axes):
        frame = axes.get_window_extent().padded(2)
        boxes = [text.get_window_extent() for text in axes.texts if text.get_path_effects()]
        assert boxes
        for k, box in enumerate(boxes):
            assert frame.x0 <= box.x0 < box.x1 <= frame.x1
            assert frame.y0 <= box.y0 < box.y1 <= frame.y1
            assert not any(box.overlaps(other) for other in boxes[:k])


def test_labels_cover_no_line(figure: Figure) -> None:
    for axes in figure.axes:
        for text in axes.texts:
            if not text.get_path_effects():
                continue
            box = text.get_window_extent()
            for line in axes.lines:
                if line.get_linewidth() < 1:  # the leader from a label to its point
                    continue
                points = axes.transData.transform(line.get_xydata())
                points = points[np.isfinite(points).all(axis=1)]
                assert not box.count_contains(points), text.get_text()


def test_the_desk_where_customers_wait_longest_in_all_is_shown(figure: Figure, phone: Figure) -> None:
    document = support_desk()
    assert desks(document) == ["chat", "phone"]
    assert busiest_desk(document) == "chat"
    assert "desk: chat" in _said(figure)
    assert "desk: phone" in _said(phone)
    assert "all desks together" in _said(wait_curve(document, "all"))


def test_a_wrong_desk_names_the_nearest() -> None:
    with pytest.raises(UsageError, match="no desk 'phnoe'; did you mean 'phone'"):
        wait_curve(support_desk(), "phnoe")
    with pytest.raises(UsageError, match="desks: chat, phone"):
        wait_curve(support_desk(), "fax machine")
    with pytest.raises(UsageError, match="nobody waits at 'assistant'"):
        wait_curve(support_desk(), "assistant")


def test_a_document_without_desks_is_refused() -> None:
    document = support_desk()
    document["intervals"]["stages"] = {}
    with pytest.raises(UsageError, match="no desk"):
        wait_curve(document)


def test_waits_below_three_minutes_are_in_seconds() -> None:
    document = support_desk(night_closed=True)
    assert "Wait, seconds" in _said(wait_curve(document, "phone"))


def test_intervals_without_contacts_leave_gaps() -> None:
    document = support_desk(night_closed=True)
    lines = wait_curve(document, "phone").axes[0].lines
    for values in (np.asarray(line.get_ydata()) for line in lines if len(line.get_xdata()) == 96):
        assert np.isnan(values[:32]).all()
        assert np.isfinite(values[32:88]).all()


def test_an_interval_alone_between_gaps_is_a_dot() -> None:
    document = support_desk(days=1)
    waits = document["intervals"]["stages"]["chat"]["wait.mean"]["value"]
    waits[:] = [600.0 if k == 40 else None for k in range(96)]
    dots = [line for line in wait_curve(document, "chat").axes[0].lines if line.get_marker() == "o"]
    assert any(list(line.get_xdata()) == [607.5] for line in dots)


def test_a_desk_without_contacts_has_a_picture_too(tmp_path: Path) -> None:
    document = support_desk()
    for series in document["intervals"]["stages"]["phone"].values():
        series["value"], series["half_width"] = [None] * 96, [None] * 96
    figure = wait_curve(document, "phone")
    assert "no contacts" in _texts(figure)
    save(figure, tmp_path / "empty.png")


def test_one_day_has_no_bands() -> None:
    assert "confidence" not in _said(wait_curve(support_desk(days=1)))


def test_one_chat_at_once_is_agents_on_duty(phone: Figure) -> None:
    texts = _texts(phone)
    assert "agents on duty" in texts
    assert "Work and agents on duty" in texts


def test_without_knowing_who_serves_whom_all_teams_are_compared_with_all_work() -> None:
    document = support_desk()
    del document["serves"]
    assert "all desks and teams" in _texts(wait_curve(document, "phone"))


def test_a_team_of_two_desks_is_compared_with_the_work_of_both() -> None:
    document = support_desk()
    document["serves"]["own"] = ["chat", "phone"]
    assert "work of chat, phone; teams: own, vendor, phone_agents" in _texts(wait_curve(document, "phone"))


def _flat(load: dict[str, float], on: dict[str, float], serves: dict[str, list[str]]) -> dict[str, Any]:
    """A document of desks with as much work [erlangs] and teams with as many agents all day."""
    document = support_desk()
    stages, teams = document["intervals"]["stages"], document["intervals"]["teams"]
    one = stages["phone"]
    stages.clear()
    teams.clear()
    for desk, erlangs in load.items():
        stages[desk] = copy.deepcopy(one)
        stages[desk]["load"]["value"] = [erlangs] * 96
    for team, agents in on.items():
        teams[team] = {"on": [agents] * 96, "slots": [agents] * 96}
    document["serves"] = serves
    return document


def test_work_of_desks_linked_by_common_teams_stands_against_all_their_teams() -> None:
    load = {"chat": 8.33, "mail": 1.67, "visits": 9.0}
    on = {"big": 12.0, "both": 1.0, "few": 1.0, "outside": 10.0}
    serves = {"big": ["chat"], "both": ["chat", "mail"], "few": ["mail"], "outside": ["visits"]}
    for desk in ("chat", "mail"):
        figure = wait_curve(_flat(load, on, serves), desk)
        assert "work of chat, mail; teams: big, both, few" in _texts(figure)
        assert "more work than they can do" not in _said(figure)
        room, work = (np.asarray(line.get_ydata()) for line in figure.axes[2].lines[:2])
        assert set(room) == {14.0}
        assert work == pytest.approx(10.0)
    alone = wait_curve(_flat(load, on, serves), "visits")
    assert "teams: outside" in _texts(alone)


def test_desks_are_linked_over_several_steps_and_counted_where_names_are_too_many() -> None:
    n = 9
    load = {f"a long desk {k}": 1.0 for k in range(n)}
    names = list(load)
    serves = {f"team {k}": names[k : k + 2] for k in range(n)}
    figure = wait_curve(_flat(load, dict.fromkeys(serves, 2.0), serves), names[0])
    assert "work of 9 desks linked by common teams; 9 teams" in _texts(figure)
    assert set(np.asarray(figure.axes[2].lines[0].get_ydata())) == {18.0}


def test_words_beside_a_heading_keep_clear_of_it() -> None:
    teams = {f"a team with a rather long name {k}": 1.0 for k in range(9)}
    figure = wait_curve(_flat({"phone": 4.0}, teams, {team: ["phone"] for team in teams}), "phone")
    people = figure.axes[2]
    heading = next(text for text in people.texts if text.get_text() == "Work and agents on duty")
    beside = next(text for text in people.findobj(Text) if text.get_text().startswith("teams: "))
    assert beside.get_text().endswith("…")
    assert heading.get_window_extent().x1 < beside.get_window_extent().x0


@pytest.mark.parametrize(
    ("days", "said"), [(7.0, "mean of 7 days"), (20.8, "mean of up to 21 days"), (1.0, ""), (0.5, "")]
)
def test_several_days_folded_into_one_are_called_their_mean(days: float, said: str) -> None:
    document = support_desk() | {"days_per_replication": days}
    one, several = _said(wait_curve(document, "chat")), _said(wait_curves(document))
    if not said:
        assert "mean of" not in one + several
    else:
        assert f"Waiting over the day, desk: chat, {said}  ·" in one
        assert f"Wait over the day, {said}, minutes, one scale for all desks  ·" in several


def test_the_overload_with_the_most_work_is_named_not_the_longest() -> None:
    document = support_desk()
    room, load = [8.0] * 96, [4.0] * 96
    load[4:12], load[80:82] = [8.1] * 8, [20.0] * 2
    document["intervals"]["teams"]["phone_agents"].update(on=room, slots=room)
    document["intervals"]["stages"]["phone"]["load"]["value"] = load
    assert "more work than they can do, 20:00–20:30" in _texts(wait_curve(document, "phone"))


def test_one_uncertain_interval_does_not_flatten_the_curve() -> None:
    document = support_desk()
    waits = document["intervals"]["stages"]["phone"]["wait.mean"]
    waits["half_width"][10] = 100 * max(waits["value"])
    assert wait_curve(document, "phone").axes[0].get_ylim()[1] < 300


def test_a_long_name_is_shortened_to_the_picture() -> None:
    figure = wait_curve(support_desk() | {"scenario": "A very long name of a scenario " * 8})
    title = next(text for text in figure.texts if text.get_text().startswith("A very long"))
    assert title.get_text().endswith("…")
    assert title.get_window_extent().x1 <= figure.bbox.x1


def test_a_dollar_in_a_name_stays_a_dollar(tmp_path: Path) -> None:
    figure = wait_curve(support_desk() | {"scenario": "Costs $5 or $6_x"})
    save(figure, tmp_path / "dollar.svg")
    assert "Costs $5 or $6_x" in _texts(figure)


@pytest.mark.parametrize("kind", ["png", "svg", "pdf"])
def test_chinese_names_leave_no_missing_glyph(
    kind: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with warnings.catch_warnings(), caplog.at_level(logging.WARNING):
        warnings.simplefilter("error")
        figure = wait_curve(support_desk(chinese=True))
        target = save(figure, tmp_path / f"picture.{kind}")
    assert "desk: 在线客服" in _said(figure)
    assert target.stat().st_size > 10_000
    assert caplog.records == []


def test_our_font_has_all_common_characters_and_its_own_name() -> None:
    font = FT2Font(FONTS / "SimCJK-Regular.ttf")
    assert font.family_name == "Sim CJK"
    level_1 = [bytes((row + 0xA0, cell + 0xA0)).decode("gb2312")
               for row in range(16, 56) for cell in range(1, 95 if row < 55 else 90)]  # fmt: skip
    assert len(level_1) == 3755
    assert all(font.get_char_index(ord(c)) for c in [*level_1, *"，。：（）、《》"])
    assert "SIL OPEN FONT LICENSE" in (FONTS / "OFL.txt").read_text("utf-8")


@pytest.mark.parametrize("kind", ["png", "svg", "pdf"])
def test_equal_pictures_have_equal_bytes(kind: str, figure: Figure, tmp_path: Path) -> None:
    again = wait_curve(support_desk())
    files = [save(one, tmp_path / f"{k}.{kind}") for k, one in enumerate((figure, again))]
    assert files[0].read_bytes() == files[1].read_bytes()


def test_svg_has_outlines_so_that_it_needs_no_font(tmp_path: Path) -> None:
    text = save(wait_curve(support_desk(chinese=True)), tmp_path / "picture.svg").read_text("utf-8")
    assert "<text" not in text
    assert "<dc:date>" not in text


def test_another_kind_of_file_is_refused(figure: Figure, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"\.pdf, \.png, \.svg"):
        save(figure, tmp_path / "picture.gif")


def test_drawing_changes_neither_settings_nor_document() -> None:
    document = support_desk()
    settings, before = dict(rcParams), copy.deepcopy(document)
    wait_curve(document)
    assert dict(rcParams) == settings
    assert document == before


def test_own_settings_of_the_user_do_not_show(
    figure: Figure, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = save(figure, tmp_path / "plain.svg").read_bytes()
    monkeypatch.setitem(rcParams, "axes.facecolor", "black")
    assert save(wait_curve(support_desk()), tmp_path / "mine.svg").read_bytes() == plain


def test_desks_side_by_side_share_one_scale_and_show_their_abandonment() -> None:
    figure = wait_curves(support_desk())
    assert len(figure.axes) == 2
    assert len({axes.get_ylim() for axes in figure.axes}) == 1
    said = _said(figure)
    assert "5.5 % abandon over the day" in said
    assert "Longest mean wait: 17 min at 21:30, chat; 17.4 %" in said


def test_more_than_four_desks_do_not_fit() -> None:
    with pytest.raises(UsageError, match="one to four desks"):
        wait_curves(support_desk(), ["chat"] * 5)


def test_hours_instead_of_quarters_are_drawn_too() -> None:
    document: dict[str, Any] = support_desk()
    intervals = document["intervals"]
    intervals["length_s"], intervals["starts"] = 3600, [f"{h:02d}:00" for h in range(24)]
    for block in (*intervals["stages"].values(), *intervals["teams"].values()):
        for key, series in block.items():
            block[key] = series[::4] if isinstance(series, list) else {k: v[::4] for k, v in series.items()}
    assert "min at 21:00" in _said(wait_curve(document))
