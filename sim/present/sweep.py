"""The text of a sweep: a row for each point, and what to take from it in a sentence or two."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sim.present import words
from sim.present.columns import grid, paragraph, width_of

__all__ = ["apart", "days_each", "short_names", "sweep_text"]

Document = Mapping[str, Any]
Row = Mapping[str, Any]

_GAP = 2  # blanks between columns
_DESIGNS = {"grid": "of a grid", "lhs": "of a latin hypercube", "sobol": "of a Sobol sequence"}
_MOST_NAMED = 8  # points that are named in a sentence


def short_names(paths: Sequence[str]) -> list[str]:
    """The last two keys of each path, or all of them where two would be alike.

    Examples
    --------
    >>> short_names(["teams.own.agents", "scale"]), short_names(["bots.a.x.y", "bots.b.x.y"])
    (['own.agents', 'scale'], ['bots.a.x.y', 'bots.b.x.y'])
    """
    short = [".".join(path.split(".")[-2:]) for path in paths]
    return [name if short.count(name) == 1 else path for name, path in zip(short, paths, strict=True)]


def apart(value: float | None, half_width: float | None, unit: str) -> str:
    """A difference with its sign; shares in percentage points.

    Examples
    --------
    >>> apart(-0.0213, 0.0041, "share"), apart(75.0, None, "s")
    ('-2.1 ± 0.4 pp', '+75 s')
    """
    if value is None:
        return words.MISSING
    found = words.parts(abs(value), half_width, unit)
    sign = "" if value == 0 else "+" if value > 0 else "-"
    return sign + str(found._replace(unit="pp") if unit == "share" else found)


def days_each(document: Document) -> str:
    """How many days each point is simulated for."""
    days = document["replications"] * document["days_per_replication"]
    return f"{words.number(days)} {'day' if days == 1 else 'days'} each"


def _met(point: Row) -> str:
    """How many of the targets a point meets."""
    met = [target["met"] for target in point["targets"]]
    if not met:
        return ""
    return "✓ all" if all(met) else f"{sum(map(bool, met))} of {len(met)}"


def _is_shown(measure: Row) -> bool:
    """Hours and cost, which nobody asked for, are told where they depend on the point."""
    values = [cell["value"] for cell in measure["of"]]
    return bool(measure["asked"]) or any(value != values[0] for value in values)


def _groups(document: Document) -> list[list[Row]]:
    """Measures that stay in one table: a wait with the abandonment that follows it; others alone."""
    groups: list[list[Row]] = []
    for measure in filter(_is_shown, document["measures"]):
        is_beside = "abandoned" in measure["path"] and groups and "wait" in groups[-1][-1]["path"]
        if is_beside:
            groups[-1].append(measure)
        else:
            groups.append([measure])
    return groups


def _own(measure: Row) -> list[str]:
    """Heading and figures of a measure."""
    unit = measure["unit"]
    return [measure["heading"], *(words.figure(c["value"], c["half_width"], unit) for c in measure["of"])]


def _to_first(measure: Row, heading: str) -> list[str]:
    """Differences to the first point."""
    found = (apart(c["difference"], c["difference_half_width"], measure["unit"]) for c in measure["of"][1:])
    return [heading, "", *found]


def _tables(document: Document, width: int) -> list[list[str]]:
    """As many tables as the measures need; each begins with the points.

    Differences to the first point are told where points stand on a grid: beside the figures, or in tables of
    their own where there is no room.
    """
    points = document["points"]
    names = short_names([one["path"] for one in document["varied"]])
    fixed = [["#", *(str(point["number"]) for point in points)]]
    fixed += [[name, *(point["settings"][k] for point in points)] for k, name in enumerate(names)]
    fixed.append(["targets", *map(_met, points)])
    groups: list[list[list[str]]] = []
    later: list[list[list[str]]] = []
    for group in _groups(document):
        own = [_own(measure) for measure in group]
        both = [column for m in group for column in (_own(m), _to_first(m, "to point 1"))]
        is_told = document["design"] == "grid" and group[0]["asked"]
        fits = is_told and _width(fixed + both) <= width
        groups.append(both if fits else own)
        if is_told and not fits:
            later.append([_to_first(m, f"{m['heading']} to point 1") for m in group])
    blocks: list[list[list[str]]] = []
    for columns in groups + later:
        if not blocks or _width(fixed + blocks[-1] + columns) > width:
            blocks.append([])
        blocks[-1] += columns
    return [_lines(fixed + block, len(names)) for block in blocks]


def _width(columns: Sequence[Sequence[str]]) -> int:
    shown = [column for column in columns if any(column[1:])]
    return sum(max(map(width_of, column)) + _GAP for column in shown) - _GAP


def _lines(columns: Sequence[Sequence[str]], n_varied: int) -> list[str]:
    right = [0, *range(1, 1 + n_varied), *range(2 + n_varied, len(columns))]
    return grid(list(zip(*columns, strict=True)), to_the_right=right, gap=" " * _GAP)


# --- sentences ----------------------------------------------------------------------------------


def _named(document: Document, number: int) -> str:
    """A point with its settings, by its place in the list."""
    point = document["points"][number]
    names = short_names([one["path"] for one in document["varied"]])
    said = ", ".join(f"{name} {level}" for name, level in zip(names, point["settings"], strict=True))
    return f"point {point['number']} ({said})"


def _verdict(document: Document) -> list[str]:
    """Which points meet all targets."""
    points = document["points"]
    if points[0]["meets_all"] is None:
        return []
    good = [number for number, point in enumerate(points) if point["meets_all"]]
    if not good:
        most = max(range(len(points)), key=lambda k: sum(bool(t["met"]) for t in points[k]["targets"]))
        met = sum(bool(target["met"]) for target in points[most]["targets"])
        of = len(points[most]["targets"])
        if met == 0:
            return ["No point meets any of the targets."]
        return [f"No point meets all targets; at best {met} of {of} are met, as at {_named(document, most)}."]
    if len(good) == 1:
        return [f"One point meets all targets: {_named(document, good[0])}."]
    listed = ", ".join(str(points[k]["number"]) for k in good[:_MOST_NAMED])
    rest = f" and {len(good) - _MOST_NAMED} more" if len(good) > _MOST_NAMED else ""
    said = f"{len(good)} of {len(points)} points meet all targets: {listed}{rest}"
    return [said + _cheapest(document, good) + "."]


def _cheapest(document: Document, good: Sequence[int]) -> str:
    """Which of the good points needs the least, by cost where there is one."""
    for path, what in (("cost.total", "costs least"), ("hours.paid", "takes the fewest agent-hours")):
        measure = next((m for m in document["measures"] if m["path"] == path), None)
        if measure is None:
            continue
        values = [measure["of"][k]["value"] for k in good]
        if None in values or min(values) == max(values):
            continue
        least = good[values.index(min(values))]
        cell = measure["of"][least]
        figure = words.figure(cell["value"], cell["half_width"], measure["unit"])
        return f"; of these {_named(document, least)} {what}: {figure}"
    return ""


def _best(document: Document, measure: Row) -> str | None:
    """Where a measure is best; nothing where there is no better, or it is the same everywhere."""
    values = [(cell["value"], k) for k, cell in enumerate(measure["of"]) if cell["value"] is not None]
    if measure["better"] == "neither" or not measure["asked"] or len({value for value, _ in values}) < 2:
        return None
    value, number = (max if measure["better"] == "more" else min)(values, key=lambda pair: pair[0])
    most = "highest" if measure["better"] == "more" else "lowest"
    figure = words.figure(value, measure["of"][number]["half_width"], measure["unit"])
    return f"{measure['heading']}: {most} at {_named(document, number)}, {figure}."


def _head(document: Document) -> list[str]:
    said = f"{len(document['points'])} points {_DESIGNS[document['design']]}, {days_each(document)}"
    said += f" · seed {document['seed']} · {document['engine']} engine"
    if document["scale"] != 1:
        said += f" · scale {document['scale']:g}"
    sure = (
        f"The same random numbers at all points; half-widths are for {100 * document['confidence']:g} % "
        "confidence, each by itself."
    )
    if document["replications"] == 1 and document["days_per_replication"] < 2:
        sure = words.no_half_widths(document["days_per_replication"])
    plan = [f"Plan: {document['plan']}"] if document["plan"] else []
    return [document["scenario"], *plan, said, sure]


def sweep_text(document: Document, *, width: int = 100, encoding: str = "utf-8") -> str:
    """What a planner reads after a sweep.

    Parameters
    ----------
    document
        Of `sim.study.sweep.sweep`.
    width
        Columns that tables and sentences keep within.
    encoding
        Of the stream it is written to.
    """
    lines = _head(document)
    for table in _tables(document, width):
        lines += ["", *table]
    said = _verdict(document)
    said += [text for measure in document["measures"] if (text := _best(document, measure))]
    lines += [""] * bool(said)
    for sentence in said:
        lines += paragraph(sentence, width)
    return words.writable("\n".join(lines), encoding)
