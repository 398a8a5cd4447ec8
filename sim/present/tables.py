"""The text that a run prints: targets first, then bots, desks, teams and issues, each with its half-width."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from itertools import zip_longest
from typing import Any, NamedTuple

from sim.errors import UsageError
from sim.measure import result
from sim.measure.catalogue import Scope, measures_of
from sim.present import words
from sim.present.columns import left, right, width_of
from sim.present.words import Parts

__all__ = ["ENOUGH", "missed_text", "run_text"]

Document = Mapping[str, Any]
Figures = Mapping[str, Mapping[str, Any]]
ENOUGH = 100
"""Columns of a terminal that the tables try to stay within."""

_DESKS = ("contacts", "abandoned", "wait.mean", "wait.p90", "service_level", "turned_away")
_BOTS = ("contacts", "handoff", "containment", "bot.solved", "turned_away", "cost.total")
_DELAYS = ("contacts", "handling.mean", "open")
_TEAMS = ("hours.paid", "hours.overtime", "occupancy", "utilisation", "contacts_per_agent_day", "cost.total")
_CLASSES = ("contacts", "abandoned", "wait.mean", "wait.p90", "solved.first", "solved.end", "believed")
_ISSUES = ("issues", "solved.first", "solved.end", "believed", "time_to_resolution.mean", "backlog.open")
_TOGETHER = ("contacts", "returned", "automation", "cost.total", "cost.per_contact", "cost.per_solved")
_NOT_IF_ZERO = ("turned_away", "open", "hours.overtime", "cost.total", "returned", "backlog.open")
"""Left out where they are 0 everywhere."""
_OF_BOTS = ("automation", "believed")  # left out where there are no bots and they are 0
_IN_CELL = ("%", "s", "min", "h", "days")  # units that may differ inside a column
_GAP, _SMALL_GAP = "   ", "  "
_MET = {True: "✓", False: "✗", None: words.MISSING}


class _Column(NamedTuple):
    """A column of a table; the unit stands in the heading where it is the same for all."""

    key: str
    heading: str
    unit: str
    cells: Sequence[Parts]


# --- a table of text ---------------------------------------------------------------------------


def _lined_up(figures: Sequence[Parts]) -> list[str]:
    """Figures of one column lined up at ±, all of one width."""
    before = max((width_of(figure.value) for figure in figures), default=0)

    def after(figure: Parts) -> str:
        half = f" ± {figure.half_width}" if figure.half_width else ""
        return f"{half} {figure.unit}" if figure.unit else half

    width = max((width_of(after(figure)) for figure in figures), default=0)
    return [right(figure.value, before) + left(after(figure), width) for figure in figures]


def _halved(text: str) -> tuple[str, str]:
    """A text broken at the blank nearest to its middle."""
    blanks = [k for k, c in enumerate(text) if c == " "]
    if not blanks:
        return text, ""
    at = min(blanks, key=lambda k: abs(2 * k - len(text)))
    return text[:at], text[at + 1 :]


def _table(title: str, names: Sequence[str], columns: Sequence[_Column], gap: str) -> list[str]:
    """Lines of a table: title and headings, their second lines or units, then a line per name."""
    first = max(width_of(title), *(2 + width_of(name) for name in names))
    lines = [[left(text, first) for text in (title, "", *("  " + name for name in names))]]
    for column in columns:
        body = _lined_up(column.cells)
        above, below = column.heading, column.unit
        if not below and width_of(above) > width_of(body[0]):
            above, below = _halved(above)
        width = max(width_of(text) for text in (above, below, body[0]))
        lines.append([right(text, width) for text in (above, below, *body)])
    rows = [gap.join(line).rstrip() for line in zip(*lines, strict=True)]
    return [row for k, row in enumerate(rows) if k != 1 or row]


def _is_narrow(lines: Sequence[str], width: int) -> bool:
    return max(map(width_of, lines)) <= width


def _tables(title: str, names: Sequence[str], columns: Sequence[_Column], width: int) -> list[str]:
    """One table, or several below each other where one is too wide; each has the abandonment again."""
    for gap in (_GAP, _SMALL_GAP):
        whole = _table(title, names, columns, gap)
        if _is_narrow(whole, width):
            return whole
    n = next(
        (
            n
            for n in range(len(columns) - 1, 1, -1)
            if _is_narrow(_table(title, names, columns[:n], _SMALL_GAP), width)
        ),
        2,
    )
    rest = [*(column for column in columns[:n] if column.key == "abandoned"), *columns[n:]]
    if len(rest) >= len(columns):  # nothing gained
        return whole
    return [*_table(title, names, columns[:n], _SMALL_GAP), "", *_tables(title, names, rest, width)]


# --- blocks of the report -------------------------------------------------------------------------


def _headings(scope: Scope) -> dict[str, str]:
    """Short headings of the measures of a scope, as the catalogue has them."""
    return {measure.key: measure.heading for measure in measures_of(scope)}


def _parts(found: Mapping[str, Any] | None) -> Parts:
    """A figure of the document in pieces; a dash where there is none."""
    if found is None:
        return words.parts(None)
    return words.parts(found["value"], found["half_width"], found["unit"])


def _unit_below(heading: str, unit: str) -> str:
    """The unit beside or under a heading, without what the heading says already: "a day" under "contacts"."""
    of, per, time = unit.partition("/")
    of = "" if of in heading.split() else of
    return " ".join(word for word in (of, "a" if per else "", time) if word)


def _is_said(key: str, rows: Iterable[Figures]) -> bool:
    """Whether a column is worth its place: some figure is known and not a zero that says nothing."""
    values = [row[key]["value"] for row in rows if key in row]
    return any(value is not None and (value != 0 or key not in _NOT_IF_ZERO) for value in values)


def _block(
    title: str,
    rows: Mapping[str, Figures],
    keys: Sequence[str],
    headings: Mapping[str, str],
    width: int,
    threshold: str = "",
) -> list[str]:
    """A table with a row for each stage, team or class; no lines where there are no rows."""
    columns = []
    for key in keys:
        # The abandonment stands beside the waits even where it is not known.
        if not _is_said(key, rows.values()) and not (key == "abandoned" and "wait.mean" in keys):
            continue
        cells, unit = [_parts(row.get(key)) for row in rows.values()], ""
        if not any(cell.unit in _IN_CELL for cell in cells):
            unit = next((cell.unit for cell in cells if cell.unit), "")
            cells = [cell._replace(unit="") for cell in cells]
        heading = headings.get(key, key)
        below = threshold if key == "service_level" else _unit_below(heading, unit)
        columns.append(_Column(key, heading, below, cells))
    return [*_tables(title, list(rows), columns, width), ""] if rows and columns else []


def _threshold(document: Document) -> tuple[str, list[str]]:
    """What stands under the heading of the service level, and a note where each desk has its own."""
    said = document.get("service_level") or {}
    within: Mapping[str, float] = said.get("within_s") or {}
    if not within:
        return "", []
    of = "" if said["definition"] == "all" else f", '{said['definition']}'"
    if len(set(within.values())) == 1:
        return f"in {words.seconds(next(iter(within.values())))}{of}", []
    each = ", ".join(f"{desk} in {words.seconds(s)}" for desk, s in within.items())
    return f"see below{of}", [f"  Service level: {each}.", ""]


def _contacts(document: Document, headings: Mapping[str, str], width: int) -> list[str]:
    """Blocks of bots, desks and delays; desks with a line for all together."""
    stages: Mapping[str, Figures] = document["stages"]
    bots = {name: row for name, row in stages.items() if "containment" in row}
    at_desks = {name: row for name, row in stages.items() if "abandoned" in row}
    delays = {name: row for name, row in stages.items() if name not in bots and name not in at_desks}
    if len(at_desks) > 1:  # contacts of several desks are no sum: one contact may visit two
        overall = {key: found for key, found in document["measures"].items() if key in _DESKS[1:]}
        at_desks = at_desks | {"all desks": overall}
    below, note = _threshold(document)
    return [
        *_block("Bots", bots, _BOTS, {**_headings(Scope.BOT), **headings}, width),
        *_block("Desks", at_desks, _DESKS, {**_headings(Scope.DESK), **headings}, width, below),
        *note,
        *_block("Elsewhere", delays, _DELAYS, {**_headings(Scope.DELAY), **headings}, width),
    ]


def _groups(document: Document, headings: Mapping[str, str], width: int) -> list[str]:
    """Blocks of the groups of bots, desks and teams, with the columns of their members."""
    groups: Mapping[str, Figures] = document.get("groups", {})
    told: list[str] = []
    for title, sign, keys, scope in (
        ("Groups of bots", "containment", _BOTS, Scope.BOT),
        ("Groups of desks", "abandoned", _DESKS, Scope.DESK),
        ("Groups of teams", "hours.paid", _TEAMS, Scope.TEAM),
    ):
        rows = {name: row for name, row in groups.items() if sign in row}
        told += _block(title, rows, keys, {**_headings(scope), **headings}, width, _threshold(document)[0])
    return told


def _beside(document: Document, path: str) -> str:
    """The abandonment that belongs beside a wait; empty for other measures."""
    for key in ("wait.", "service_level"):
        owner, at, _ = path.rpartition(key)
        if at and (not owner or owner.endswith(".")):
            moment = "".join(path.partition(" at ")[1:])  # "at 20:00", where the wait has a time
            try:
                found = result.figure(dict(document), f"{owner}abandoned{moment}")
            except UsageError:  # of a team, which nobody leaves
                return ""
            return f"{_parts(found)} abandoned"
    return ""


def _days(target: Mapping[str, Any]) -> str:
    """On how many days a target was met, with the interval of their share; empty where it is not known."""
    days = target.get("days")
    if not days:
        return ""
    low, high = (f"{100 * days[limit]:.0f}" for limit in ("low", "high"))
    return (
        f"met on {words.number(days['met'])} of {words.number(days['of'])} {days['unit']}s ({low}-{high} %)"
    )


def _targets(document: Document, width: int) -> list[str]:
    """The planner's wishes and what came out, with a tick or a cross."""
    targets = document.get("targets") or []
    if not targets:
        return []
    columns = [
        [_MET[target["met"]] for target in targets],
        [target["path"] for target in targets],
        _lined_up([_parts(target) for target in targets]),
        [f"wanted {target['words']}" for target in targets],
    ]
    padded = [[left(text, max(map(width_of, column))) for text in column] for column in columns]
    lines = ["  " + "  ".join(row) for row in zip(*padded, strict=True)]
    days = [_days(target) for target in targets]
    days = [left(text, max(map(width_of, days))) for text in days]
    abandoned = [_beside(document, target["path"]) for target in targets]
    abandoned = ["  ".join(filter(str.strip, pair)) for pair in zip(days, abandoned, strict=True)]
    if all(width_of(line) + 2 + width_of(text) <= width for line, text in zip(lines, abandoned, strict=True)):
        lines = [f"{line}  {text}" for line, text in zip(lines, abandoned, strict=True)]
    else:
        indent = " " * (7 + max(map(width_of, columns[1])))
        lines = [line + f"\n{indent}{text}" * bool(text) for line, text in zip(lines, abandoned, strict=True)]
    return ["Targets", *(part.rstrip() for line in lines for part in line.split("\n")), ""]


def _list(document: Document, keys: Sequence[str], headings: Mapping[str, str]) -> list[str]:
    """Overall figures below each other, all lines of one width."""
    has_bots = any("containment" in row for row in document["stages"].values())
    shown = [
        key
        for key in keys
        if _is_said(key, [document["measures"]])
        and (has_bots or key not in _OF_BOTS or document["measures"][key]["value"])
    ]
    if not shown:
        return []
    names = [headings.get(key, key) for key in shown]
    cells = [_parts(document["measures"][key]) for key in shown]
    units = [_unit_below(name, cell.unit) for name, cell in zip(names, cells, strict=True)]
    figures = _lined_up([cell._replace(unit=unit) for cell, unit in zip(cells, units, strict=True)])
    width = max(map(width_of, names))
    return [f"{left(name, width)}{_SMALL_GAP}{figure}" for name, figure in zip(names, figures, strict=True)]


def _issues(document: Document, headings: Mapping[str, str], width: int) -> list[str]:
    """What became of the customers' needs, and what everything cost; two lists side by side if they fit."""
    said = {**_headings(Scope.OVERALL), **headings}
    issues, together = _list(document, _ISSUES, said), _list(document, _TOGETHER, said)
    if not issues and not together:
        return []
    lines = [*issues, *together]
    if issues and together:
        across = width_of(issues[0])
        beside = [left(a, across) + _GAP + b for a, b in zip_longest(issues, together, fillvalue="")]
        if _is_narrow(beside, width - 2):
            lines = beside
    return ["Issues and all contacts", *(f"  {line.rstrip()}" for line in lines), ""]


def _head(document: Document) -> list[str]:
    """What was simulated, and what ± means."""
    n, days = document["replications"], document["replications"] * document["days_per_replication"]
    said = f"{words.number(days)} {'day' if days == 1 else 'days'} simulated"
    if n > 1 and document["days_per_replication"] != 1:
        said += f" in {words.number(n)} replications"
    said += f" · seed {document['seed']} · {document['engine']} engine"
    if document["scale"] != 1:
        said += f" · scale {document['scale']:g}"
    known = any(found["half_width"] is not None for found in document["measures"].values())
    sure = words.no_half_widths(document["days_per_replication"])
    if known:
        sure = f"± is the half-width of the {100 * document['confidence']:g} % confidence interval."
    plan = [f"Plan: {document['plan']}"] if document.get("plan") else []
    return [document["scenario"], *plan, said, *_scaled(document), sure, ""]


def _scaled(document: Document) -> list[str]:
    """What a scale has made of volumes, agents and limits, which are whole."""
    if document["scale"] == 1 or "size" not in document:
        return []
    size = document["size"]
    parts = [f"{words.number(size['issues_per_day'])} new issues a day"]
    parts += [f"{name} {_counts(counts)}" for name, counts in size["agents"].items()]
    parts += [f"{name} at most {_counts(counts)}" for name, counts in size["limits"].items()]
    return textwrap.wrap(f"At this scale: {'; '.join(parts)}.", ENOUGH)


def _counts(counts: Sequence[int]) -> str:
    """Agents of the shifts (or steps) of a team: one number where they are equal."""
    return words.number(counts[0]) if len(set(counts)) == 1 else " / ".join(map(words.number, counts))


def missed_text(document: Document, encoding: str = "utf-8") -> str:
    """A line for each target that was not met, with what came out and what was wanted; else empty."""
    lines = [
        f"target missed: {target['path']} is {_parts(target)}, wanted {target['words']}"
        if target["met"] is False
        else f"target not measured: {target['path']}, wanted {target['words']}"
        for target in document["targets"]
        if target["met"] is not True
    ]
    return words.writable("\n".join(lines), encoding)


def run_text(
    document: Document,
    headings: Mapping[str, str] | None = None,
    *,
    width: int = ENOUGH,
    by_class: bool = False,
    encoding: str = "utf-8",
) -> str:
    """What a planner reads after a run; plain text without colours, the same in every terminal.

    Parameters
    ----------
    document
        A result document.
    headings
        Short headings by measure key that replace the catalogue's.
    width
        Columns that tables try to stay within; wider ones are continued below.
    by_class
        Also a table for each attribute with a line per value.
    encoding
        Of the stream it is written to; signs that it lacks become ASCII.

    Returns
    -------
    str
        Lines, the last without its end.
    """
    own = dict(headings or {})
    lines = [
        *_head(document),
        *_targets(document, width),
        *_contacts(document, own, width),
        *_block("Teams", document["teams"], _TEAMS, _headings(Scope.TEAM) | own, width),
        *_groups(document, own, width),
    ]
    for attribute, values in document.get("classes", {}).items() if by_class else ():
        lines += _block(f"By {attribute}", values, _CLASSES, _headings(Scope.CLASS) | own, width)
    lines += _issues(document, own, width)
    return words.writable("\n".join(lines).rstrip("\n"), encoding)
