"""Three small days, written by hand, that obey every axiom: tests of the check spoil them in one place.

Times are clock times; one tick is one microsecond, so 8:04 is 484 minutes of 60,000,000 ticks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from small_models import every_day, no_replay, no_shifts

from sim.model.lookup import EXPONENTIAL
from sim.model.records import NONE, Chunk, Duty, DutyColumn, End, IssueColumn, State, VisitColumn
from sim.model.tables import (
    DAY,
    UNLIMITED,
    Attributes,
    HeadCounts,
    Horizon,
    Law,
    LineRule,
    Lines,
    Model,
    Plan,
    Returns,
    Routes,
    Shapes,
    Shifts,
    StageKind,
    Stages,
    Streams,
    Teams,
    Then,
)

MINUTE = 60_000_000
STREAM = 7  # hash of the one stream
EXACTLY, SPREAD = 0, 1  # shapes


def clock(words: str) -> int:
    """Tick of a clock time such as 8:04; "-" is none."""
    if words == "-":
        return NONE
    hours, minutes = words.split(":")
    return (int(hours) * 60 + int(minutes)) * MINUTE


def uid(number: int) -> int:
    """Uid of the stream's issue of this number."""
    return STREAM << 32 | number


def ints(*values: int) -> NDArray[np.int64]:
    """An array of whole numbers."""
    return np.array(values, np.int64)


def law(n: int, n_classes: int, minutes: dict[int, float], shape: int = SPREAD) -> Law:
    """Means by stage; a stage without one takes no time, always."""
    mean, shapes = np.zeros((n, n_classes, 1)), np.zeros((n, n_classes, 1), np.int64)
    for stage, m in minutes.items():
        mean[stage], shapes[stage] = m * MINUTE, shape
    return Law(mean, shapes)


def routes(*rows: Sequence[int]) -> Routes:
    """Rows of `Routes` with equal shares."""
    below = [np.arange(1, len(row) + 1) / len(row) for row in rows]
    first = ints(0, *np.cumsum([len(row) for row in rows]))
    return Routes(first, np.concatenate(below), ints(*(to for row in rows for to in row)))


def visits(
    stages: Sequence[str], classes: Sequence[str], team: Callable[[int], int], text: str
) -> NDArray[np.int64]:
    """Rows: issue.attempt.step stage.nth class enter start end freed agent end-word next."""
    rows = []
    for line in text.strip().splitlines():
        key, place, cls, enter, start, end, freed, agent, how, to = line.split()
        issue, attempt, step = map(int, key.split("."))
        stage, nth = place.split(".")
        number = NONE if agent == "-" else int(agent)
        rows.append(
            (
                uid(issue),
                attempt,
                step,
                stages.index(stage),
                int(nth),
                classes.index(cls),
                clock(enter),
                clock(start),
                clock(end),
                clock(freed),
                number,
                NONE if number == NONE else team(number),
                End[how.upper()],
                NONE if to == "leaves" else stages.index(to),
            )
        )
    return np.array(rows, np.int64)


def issues(classes: Sequence[str], text: str) -> NDArray[np.int64]:
    """Rows: number class born closed attempts state [dropped]."""
    rows = []
    for line in text.strip().splitlines():
        number, cls, born, closed, attempts, state, *dropped = line.split()
        rows.append(
            (
                uid(int(number)),
                0,
                classes.index(cls),
                clock(born),
                clock(closed),
                int(attempts),
                State[state.upper()],
                len(dropped),
            )
        )
    return np.array(rows, np.int64)


def duty(team: Callable[[int], int], text: str) -> NDArray[np.int64]:
    """Rows: agent state from to."""
    rows = []
    for line in text.strip().splitlines():
        agent, state, begins, ends = line.split()
        rows.append((int(agent), team(int(agent)), Duty[state.upper()], clock(begins), clock(ends)))
    return np.array(rows, np.int64)


def stages(kinds: Sequence[StageKind], n_classes: int, **other: object) -> Stages:
    """Stages that solve half of the time; what is not given has no limit and takes no time."""
    n = len(kinds)
    table = Stages(
        kind=ints(*kinds),
        name_hash=np.arange(n),
        work=law(n, n_classes, dict.fromkeys(range(n), 5)),
        reply=law(n, n_classes, {}),
        wrap_up=law(n, n_classes, {}),
        patience=law(n, n_classes, dict.fromkeys(range(n), 30)),
        p_solved=np.full((n, n_classes, 1), 0.5),
        curve=np.full((n, n_classes, 1), NONE),
        curves=np.empty((0, 257)),
        luck=np.zeros(n),
        p_believes=np.full((n, n_classes, 1), 0.5),
        limit=np.full((n, 1), UNLIMITED),
        head_start=np.zeros((n, n_classes, 1), np.int64),
        patience_per_contact=np.zeros(n, bool),
        bot_time_counts=np.zeros(n, bool),
        line=np.full((n, n_classes), NONE),
        busiest_first=np.zeros(n, bool),
        is_open=np.ones((n, 1), bool),
        waits_when_closed=np.zeros(n, bool),
        route=np.zeros((n, 5, n_classes, 1), np.int64),
    )
    return table._replace(**other)


def shapes() -> Shapes:
    """Two shapes: exactly, and one with spread; the check looks at the atoms only."""
    return Shapes(np.ones((2, 2048)), np.zeros((2, 2048)), ints(0, 0), *np.zeros((3, 2, 1)))


def no_returns(n_classes: int) -> Returns:
    """Nobody comes back."""
    nowhere = np.full((4, n_classes, 1), NONE)
    return Returns(np.zeros((4, n_classes, 1)), law(4, n_classes, {}), nowhere, np.zeros(4, bool), UNLIMITED)


def model(n_classes: int, enters: int, **parts: object) -> Model:
    """A day that is played out; the stream flows from 8:00 to 18:00, entering by row ``enters`` of routes."""
    rate = np.where((np.arange(24) >= 8) & (np.arange(24) < 18), 1.0, 0.0)[None, None, :]
    return Model(
        **{
            "horizon": Horizon(0, DAY, 2 * DAY, Then.DRAIN, False, 15 * MINUTE),
            "n_classes": n_classes,
            "calendar": every_day(),
            "replay": no_replay(n_attributes=1),
            "streams": Streams(
                ints(STREAM),
                ints(STREAM),
                ints(0),
                ints(0),
                ints(0),
                ints(DAY),
                ints(EXPONENTIAL),
                60 * MINUTE,
                rate,
                np.broadcast_to(np.arange(1, n_classes + 1) / n_classes, (1, 1, 1, n_classes, n_classes)),
                np.full((1, n_classes, 1), enters),
            ),
            "attributes": Attributes(ints(1), ints(n_classes), ints(1), ints(NONE), NONE),
            "returns": no_returns(n_classes),
            "shapes": shapes(),
            **parts,
        }
    )


# ---------------------------------------------------------------- a bot, a desk, an approval; named agents
def help_desk() -> tuple[Model, Chunk]:
    """Bot (one session), desk (two may wait), approval; two shifts with a break, returns.

    Agents 0 and 1 work 8:00 to 12:00, break at 10:00; agents 2 to 4 11:00 to 15:00, break at 14:50:
    2 is there, 3 is absent, 4 is planned away.
    """
    places, classes = ("assistant", "chat", "approval"), ("easy", "hard")
    bot, desk, delay = range(3)
    enter, ask, approve, to_desk = range(1, 5)  # rows of the routes; row 0 leaves
    route = np.zeros((3, 5, 2, 1), np.int64)
    route[bot, End.UNSOLVED - 1], route[bot, End.TURNED_AWAY - 1] = ask, to_desk
    route[desk, End.UNSOLVED - 1], route[delay, End.UNSOLVED - 1] = approve, to_desk
    p_solved, believes = np.full((3, 2, 1), 0.5), np.full((3, 2, 1), 0.5)
    p_solved[delay], believes[bot] = 0, 1
    wrap_up = law(3, 2, {desk: 1}, EXACTLY)
    work = law(3, 2, {bot: 5, desk: 10})
    work.mean[delay] = 30 * MINUTE
    chance = np.array([[1.0, 1.0], [0.5, 0.5], [0.5, 0.5], [0.0, 0.0]])[:, :, None]
    the_model = model(
        2,
        enter,
        stages=stages(
            (StageKind.BOT, StageKind.DESK, StageKind.DELAY),
            2,
            route=route,
            work=work,
            wrap_up=wrap_up,
            p_solved=p_solved,
            p_believes=believes,
            limit=np.array([[1], [2], [UNLIMITED]]),
            line=np.array([[NONE, NONE], [0, 0], [NONE, NONE]]),
        ),
        routes=routes([NONE], [bot], [desk, NONE], [delay, NONE], [desk]),
        lines=Lines(ints(desk), np.array([[0]]), np.array([[1]])),
        teams=Teams(
            ints(1), ints(1), ints(LineRule.SKILL_FIRST), ints(0), ints(5), np.array([False]), np.array([0.1])
        ),
        plan=Plan(
            Shifts(
                team=ints(0, 0),
                name_hash=ints(1, 2),
                begins=ints(clock("8:00"), clock("11:00")),
                ends=ints(clock("12:00"), clock("15:00")),
                first_agent=ints(0, 2),
                n_scheduled=ints(2, 3)[:, None],
                n_present=ints(2, 2)[:, None],
                first_break=ints(0, 1, 2),
                break_due=ints(clock("10:00"), clock("14:50")),
                break_length=ints(30 * MINUTE, 30 * MINUTE),
            ),
            HeadCounts(ints(), ints(), ints(), ints(), ints()),
        ),
        returns=Returns(
            chance,
            law(4, 2, dict.fromkeys(range(4), 60)),
            np.tile([[[to_desk]], [[NONE]], [[NONE]], [[NONE]]], (1, 2, 1)),
            np.zeros(4, bool),
            at_most=1,
        ),
    )
    records = Chunk(
        # 0 and 2 come back from nothing; 1 finds the bot full; 2 believes a wrong answer and returns;
        # 3 waits for the end of a break; 4 gives up; 5 finds two waiting; 6 and 7 outlast a shift.
        visits(
            places,
            classes,
            lambda agent: 0,
            """
            0.1.1  assistant.1  easy   8:00  8:00  8:04     -  -  unsolved     chat
            0.1.2  chat.1       easy   8:04  8:04  8:10  8:11  1  solved       leaves
            1.1.1  assistant.1  hard   8:02     -  8:02     -  -  turned_away  chat
            1.1.2  chat.1       hard   8:02  8:02  8:20  8:21  0  unsolved     approval
            1.1.3  approval.1   hard   8:20  8:20  8:50     -  -  unsolved     chat
            1.1.4  chat.2       hard   8:50  8:50  9:00  9:01  1  solved       leaves
            2.1.1  assistant.1  easy   9:30  9:30  9:35     -  -  unsolved     leaves
            2.2.1  chat.1       easy   9:55  9:55 10:10 10:11  0  solved       leaves
            3.1.1  assistant.1  easy  10:05 10:05 10:06     -  -  unsolved     chat
            3.1.2  chat.1       easy  10:06 10:30 10:40 10:41  1  solved       leaves
            4.1.1  assistant.1  hard  10:07 10:07 10:08     -  -  unsolved     chat
            4.1.2  chat.1       hard  10:08     - 10:25     -  -  abandoned    leaves
            5.1.1  assistant.1  easy  10:10 10:10 10:12     -  -  unsolved     chat
            5.1.2  chat.1       easy  10:12     - 10:12     -  -  turned_away  leaves
            6.1.1  assistant.1  easy  11:50 11:50 11:52     -  -  unsolved     chat
            6.1.2  chat.1       easy  11:52 11:52 12:05 12:06  0  unsolved     leaves
            7.1.1  assistant.1  easy  14:40 14:40 14:45     -  -  unsolved     chat
            7.1.2  chat.1       easy  14:45 14:45 15:01 15:02  2  solved       leaves
        """,
        ),
        issues(
            classes,
            """
            0  easy   8:00  8:10  1  solved
            1  hard   8:02  9:00  1  solved
            2  easy   9:30 10:10  2  solved
            3  easy  10:05 10:40  1  solved
            4  hard  10:07 10:25  1  abandoned
            5  easy  10:10 10:12  1  turned_away
            6  easy  11:50 12:05  1  unsolved
            7  easy  14:40 15:01  1  solved
        """,
        ),
        duty(
            lambda agent: 0,
            """
            0  on          8:00 10:11
            0  break      10:11 10:41
            0  on         10:41 12:00
            0  overtime   12:00 12:06
            1  on          8:00 10:00
            1  break      10:00 10:30
            1  on         10:30 12:00
            2  on         11:00 15:00
            2  lost_break 14:50 15:20
            2  overtime   15:00 15:02
            3  absent     11:00 15:00
            4  shrinkage  11:00 15:00
        """,
        ),
    )
    return the_model, records


# ---------------------------------------------------------------- a head count that rises and falls
def head_count() -> tuple[Model, Chunk]:
    """One desk, agents with two chats: 1 scheduled; 10:00 4 (one planned away); 12:00 1; 14:00 2; 16:00 1.

    One place is absent from 10:00 to 12:00. At 12:00 both agents are busy: one of them has to go.
    """
    enter = 1  # row of the routes; row 0 leaves
    begins = [clock(t) for t in ("0:00", "10:00", "12:00", "14:00", "16:00")]
    the_model = model(
        1,
        enter,
        stages=stages((StageKind.DESK,), 1, line=np.array([[0]])),
        routes=routes([NONE], [0]),
        lines=Lines(ints(0), np.array([[0]]), np.array([[1]])),
        teams=Teams(
            ints(1), ints(2), ints(LineRule.SKILL_FIRST), ints(0), ints(8), np.array([True]), np.array([0.1])
        ),
        plan=Plan(
            no_shifts(),
            HeadCounts(
                team=ints(0, 0, 0, 0, 0),
                kind=ints(0, 0, 0, 0, 0),
                begins=ints(*begins),
                n_scheduled=ints(1, 4, 1, 2, 1),
                n_present=ints(1, 3, 1, 2, 1),
            ),
        ),
    )
    records = Chunk(
        visits(
            ("phone",),
            ("any",),
            lambda agent: 0,
            """
            0.1.1  phone.1  any  11:50 11:50 12:10 12:10  0  solved    leaves
            1.1.1  phone.1  any  11:55 11:55 12:05 12:05  1  solved    leaves
            2.1.1  phone.1  any  11:58 11:58 12:20 12:20  0  solved    leaves
            3.1.1  phone.1  any  11:59 11:59 12:15 12:15  1  solved    leaves
            4.1.1  phone.1  any  12:03 12:10 12:30 12:30  0  solved    leaves
        """,
        ),
        issues(
            ("any",),
            """
            0  any  11:50 12:10  1  solved
            1  any  11:55 12:05  1  solved
            2  any  11:58 12:20  1  solved
            3  any  11:59 12:15  1  solved
            4  any  12:03 12:30  1  solved
        """,
        ),
        duty(
            lambda agent: 0,
            """
            0  on         0:00 24:00
            1  on        10:00 12:05
            1  overtime  12:05 12:15
            1  on        14:00 16:00
            4  shrinkage 10:00 12:00
            5  absent    10:00 12:00
        """,
        ),
    )
    return the_model, records


# ---------------------------------------------------------------- two teams, two lines, one of them first
def two_lines(rule: LineRule = LineRule.SKILL_FIRST) -> tuple[Model, Chunk]:
    """Agent 0 speaks English, agent 1 Spanish and, second, English; vip is English and always first."""
    classes = ("english", "spanish", "vip")
    enter = 1  # row of the routes; row 0 leaves
    the_model = model(
        3,
        enter,
        stages=stages(
            (StageKind.DESK,), 3, line=np.array([[0, 1, 0]]), head_start=np.array([[[0], [0], [2**62]]])
        ),
        routes=routes([NONE], [0]),
        lines=Lines(ints(0, 0), np.array([[0, 1], [1, NONE]]), np.array([[1, 2], [0, 1]])),
        teams=Teams(
            ints(1, 2),
            ints(1, 1),
            ints(rule, rule),
            ints(0, 1),
            ints(1, 1),
            np.array([True, True]),
            np.zeros(2),
        ),
        plan=Plan(no_shifts(), HeadCounts(ints(0, 1), ints(0, 0), ints(0, 0), ints(1, 1), ints(1, 1))),
    )
    records = Chunk(
        visits(
            ("phone",),
            classes,
            lambda agent: agent,
            """
            0.1.1  phone.1  english  9:00  9:00  9:30  9:30  0  solved    leaves
            1.1.1  phone.1  spanish  9:01  9:01  9:20  9:20  1  solved    leaves
            2.1.1  phone.1  english  9:05  9:35  9:50  9:50  0  solved    leaves
            3.1.1  phone.1  spanish  9:06  9:20  9:40  9:40  1  solved    leaves
            4.1.1  phone.1  vip      9:07  9:30  9:35  9:35  0  solved    leaves
        """,
        ),
        issues(
            classes,
            """
            0  english  9:00  9:30  1  solved
            1  spanish  9:01  9:20  1  solved
            2  english  9:05  9:50  1  solved
            3  spanish  9:06  9:40  1  solved
            4  vip      9:07  9:35  1  solved
        """,
        ),
        duty(
            lambda agent: agent,
            """
            0  on  0:00 24:00
            1  on  0:00 24:00
        """,
        ),
    )
    return the_model, records


COLUMNS = {"visits": VisitColumn, "issues": IssueColumn, "duty": DutyColumn}


def row_of(records: Chunk, table: str, **key: int) -> int:
    """Number of the one row whose columns have these values."""
    rows = getattr(records, table)
    agrees = [rows[:, COLUMNS[table][name.upper()]] == value for name, value in key.items()]
    found = np.flatnonzero(np.all(agrees, axis=0))
    assert len(found) == 1, f"{len(found)} rows of {table} with {key}"
    return int(found[0])


def spoiled(records: Chunk, table: str, row: int, **columns: int) -> Chunk:
    """The records with other values in one row."""
    rows = getattr(records, table).copy()
    for name, value in columns.items():
        rows[row, COLUMNS[table][name.upper()]] = value
    return records._replace(**{table: rows})


def without(records: Chunk, table: str, row: int) -> Chunk:
    """The records without one row."""
    return records._replace(**{table: np.delete(getattr(records, table), row, axis=0)})


def with_row(records: Chunk, table: str, *values: int) -> Chunk:
    """The records with one more row."""
    return records._replace(**{table: np.vstack([getattr(records, table), np.array(values, np.int64)])})
