"""An audit in words: every claim, what was claimed, what the simulation gives, and what to think of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sim.present import words
from sim.present.columns import grid, paragraph

__all__ = ["audit_text", "audits_text"]

Document = Mapping[str, Any]

_SIGNS = {"within": "✓", "missed": "✗", "too close to call": "?", "not yet measurable": words.MISSING}
_HEAD = ("", "claim", "claimed", "simulated", "", "source")
_WIDEST = 40  # columns of a claim before it is continued below


def audit_text(document: Document, *, width: int = 100, encoding: str = "utf-8") -> str:
    """What a planner reads after an audit.

    Parameters
    ----------
    document
        Of `sim.study.audit`.
    width
        Columns that text tries to stay within.
    encoding
        Of the stream it is written to; signs that it lacks become ASCII.
    """
    notes = [*_judged_by([document]), *_inherited(document["inherited"])]
    lines = [
        *_head(document),
        *_sure([document]),
        "",
        *_table(document),
        "",
        *paragraph(_count(document), width),
        *(line for note in notes for line in paragraph(note, width)),
    ]
    return words.writable("\n".join(lines), encoding)


def audits_text(document: Document, *, width: int = 100, encoding: str = "utf-8") -> str:
    """What a planner reads after audits of several scenarios: each with its claims, then a line for each.

    Parameters
    ----------
    document
        Of `sim.study.audits.audits_document`.
    width, encoding
        As `audit_text` has them.
    """
    lines: list[str] = []
    for one in document["audits"]:
        title, *rest = _head(one)
        question = [] if one["question"] is None else paragraph(one["question"], width)
        lines += [f"{one['name']}: {title}", *question, *rest, "", *_table(one), ""]
    lines += [*grid(list(_overview(document)), to_the_right=(1, 2, 3, 4), gap="  "), ""]
    if document["without_claims"]:
        silent = ", ".join(document["without_claims"])
        lines += paragraph(f"Left out, for they make no claims of their own: {silent}.", width)
    for note in (*_sure(document["audits"]), *_judged_by(document["audits"])):
        lines += paragraph(note, width)
    return words.writable("\n".join(lines), encoding)


def _overview(document: Document) -> Iterator[tuple[str, ...]]:
    """A line for each scenario: how many of its claims hold; the last for all of them."""
    yield ("", *_SIGNS)
    for one in document["audits"]:
        yield (one["name"], *(_few(one["count"][verdict]) for verdict in _SIGNS))
    yield ("together", *(_few(document["count"][verdict]) for verdict in _SIGNS))


def _few(n: int) -> str:
    return str(n) if n else words.MISSING


def _table(document: Document) -> list[str]:
    """The claims of one audit."""
    rows = [_HEAD, *(row for claim in document["claims"] for row in _rows(claim))]
    return grid(rows, to_the_right=(0,), gap="  ")


def _sure(documents: Sequence[Document]) -> list[str]:
    """What the ± is, or why there is none."""
    simulated = [document for document in documents if document["replications"]]
    if not simulated:
        return []
    if any(f["half_width"] is not None for document in simulated for f in _figures(document)):
        sure = [f"± is the half-width of the {100 * simulated[0]['confidence']:g} % confidence interval."]
    else:
        sure = [words.no_half_widths(simulated[0]["days_per_replication"])]
    if any(document["scale"] != 1 for document in simulated):
        sure.append("Claims speak of full size: at a scale, volumes, hours, cost and waits are others.")
    return sure


def _figures(document: Document) -> list[Mapping[str, Any]]:
    return [figure for claim in document["claims"] for figure in claim["figures"]]


def _head(document: Document) -> list[str]:
    plan = [f"Plan: {document['plan']}"] if document["plan"] else []
    n = document["replications"]
    if not n:
        return [document["scenario"], *plan, "Nothing is simulated: no claim can be measured yet."]
    days = n * document["days_per_replication"]
    said = f"{words.number(days)} {'day' if days == 1 else 'days'} simulated"
    if n > 1 and document["days_per_replication"] != 1:
        said += f" in {words.number(n)} replications"
    said += f" · seed {document['seed']}"
    if document["scale"] != 1:
        said += f" · scale {document['scale']:g}"
    below = [f"Changes are against the same days of: {document['below']}"] if document["below"] else []
    return [document["scenario"], *plan, said, *below]


def _rows(claim: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """The lines of one claim: the title, and beneath it what is measured where that is not the title."""
    number, kind = str(claim["number"]), claim["kind"]
    figures: Sequence[Mapping[str, Any]] = claim["figures"]
    is_one = len(figures) == 1
    first = _cells(figures[0]) if is_one else ("", "", _sign(claim["verdict"]))
    yield from _continued(number, claim["claim"], first, kind)
    for figure in figures:
        if not is_one:
            yield from _continued("", figure["measure"], _cells(figure), "", margin="  ")
        elif figure["measure"] != claim["claim"]:
            yield from _continued("", figure["measure"], ("", "", ""), "", margin="  ")
        if figure.get("to") is not None:
            yield from _continued("", _from_to(figure), ("", "", ""), "", margin="  " if is_one else "    ")


def _continued(
    number: str, name: str, cells: tuple[str, ...], kind: str, margin: str = ""
) -> Iterator[tuple[str, ...]]:
    """A row, with the name on as many lines as it takes."""
    head, *more = paragraph(name, _WIDEST - len(margin))
    yield (number, margin + head, *cells, kind)
    yield from (("", f"{margin}  {line}", "", "", "", "") for line in more)


def _cells(figure: Mapping[str, Any]) -> tuple[str, str, str]:
    """What was claimed and simulated, and the verdict."""
    if figure["change"] is not None:
        return figure["words"], _change(figure), _verdict(figure)
    found = words.figure(figure["value"], figure["half_width"], figure["unit"])
    return figure["words"], found, _verdict(figure)


def _change(figure: Mapping[str, Any]) -> str:
    """By how much it changes, as claims say it: ``16.8 ± 0.4 % less``, ``3.1 ± 0.2 pp more``."""
    if figure["value"] is None:
        return words.MISSING
    found = words.parts(abs(figure["value"]), figure["half_width"], figure["unit"])
    if figure["unit"] == "share" and figure["change"] == "amount":
        found = found._replace(unit="pp")
    return f"{found} {'less' if figure['value'] < 0 else 'more'}"


def _from_to(figure: Mapping[str, Any]) -> str:
    """The figures that a change is made of."""
    return " to ".join(words.figure(figure[key], None, figure["measured_in"]) for key in ("from", "to"))


def _sign(verdict: str) -> str:
    return f"{_SIGNS[verdict]} {verdict}"


def _verdict(figure: Mapping[str, Any]) -> str:
    said = _sign(figure["verdict"])
    if figure["z"] is not None:
        return f"{said}, z = {figure['z']:.1f}"
    if figure["verdict"] == "missed" and figure["off"] is not None:
        return f"{said} by {_distance(figure['off'], figure['unit'])}"
    if figure["verdict"] == "missed":
        return f"{said}, with no spread at all"
    return said


def _distance(off: float, unit: str) -> str:
    """How far outside, shares in percentage points."""
    return words.figure(off, None, unit).replace("%", "pp")


def _count(document: Document) -> str:
    """How many claims hold, in one line."""
    count = document["count"]
    unknown = count["not yet measurable"]
    said = [f"{count['within']} within", f"{count['missed']} missed"]
    if count["too close to call"]:
        said.append(f"{count['too close to call']} too close to call")
    if unknown:
        needs = "; ".join(dict.fromkeys(claim["needs"] for claim in document["claims"] if claim["needs"]))
        said.append(f"{unknown} not yet measurable" + (f" (need: {needs})" if needs else ""))
    return ", ".join(said)


def _judged_by(documents: Sequence[Document]) -> list[str]:
    """What the verdicts mean, as far as they occur."""
    figures = [figure for document in documents for figure in _figures(document)]
    alone = [f for f in figures if f["within"] is None and f["z"] is None and f["half_width"] is not None]
    notes = []
    if any(f["verdict"] == "too close to call" and f["half_width"] is not None for f in figures):
        notes.append(
            "Too close to call: the interval lies across the edge of the tolerance; more --reps narrow it."
        )
    if any(figure["z"] is not None for figure in figures):
        notes.append("z: standard errors from the exact value; up to 3.5 is chance.")
    if any(figure["half_width"] is None and figure["value"] is not None for figure in figures):
        notes.append("Where there is no ± (one day gives none), the value alone decides on a tolerance.")
    if alone:
        notes.append(
            "Without a tolerance a figure is within if the interval covers it; chance alone misses 1 in 20."
        )
    return notes


def _inherited(n: int) -> list[str]:
    if not n:
        return []
    claims = "claim" if n == 1 else "claims"
    return [
        f"{n} more {claims} of the scenario below {'is' if n == 1 else 'are'} left out; --all takes them in."
    ]
