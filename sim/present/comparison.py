"""The text of a comparison: a block for each plan, who gains and who loses, and one plain sentence each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sim.present import words
from sim.present.columns import grid, paragraph, width_of

__all__ = ["apart", "compared_markdown", "compared_text"]

Document = Mapping[str, Any]
Row = Mapping[str, Any]

_HEADINGS = ("difference", "", "days")
_PLAIN = {"same": "the same", "alike": "about the same"}
_LITTLE = 0.005  # of the first's agent-hours or cost: no price
_MOST_NAMED = 3  # groups of customers that are named
_SPREAD = 1.25  # times the share of all from which a group stands out
_FEW = 0.005  # of the customers; a group with less is not named


# --- figures ------------------------------------------------------------------------------------


def apart(value: float | None, half_width: float | None, unit: str) -> str:
    """A difference of figures in a unit, with its sign; shares in percentage points.

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


def _own(cell: Row, unit: str, with_width: bool) -> str:
    found = words.parts(cell["value"], cell["half_width"], unit)
    return str(found if with_width else found._replace(half_width=""))


def _first(measure: Row, number: int) -> Row:
    """The first's figure on the days that it shares with a variant."""
    shared: Row = measure["of"][number].get("first", measure["of"][0])
    return shared


def _days(document: Document, number: int) -> str:
    """Days that a variant was simulated."""
    n = document["variants"][number]["replications"]
    return words.number(n * document["days_per_replication"])


def _verdict(cell: Row) -> str:
    verdict = str(cell["verdict"])
    return _PLAIN.get(verdict, verdict)


def _times(cell: Row) -> str:
    """How many times the days that independent runs would need."""
    ratio = cell["variance_ratio"]
    if ratio is None or not cell["difference"]:
        return ""
    return f"{words.number(ratio, 1 if ratio < 9.95 else 0)} x"


def _rows(document: Document, number: int, with_widths: tuple[bool, bool] = (True, True)) -> list[list[str]]:
    """Heading and a row for each measure of a variant beside the first.

    ``with_widths``: whether the figures of the first, and of the variant, have their half-widths.
    """
    names = [variant["name"] for variant in document["variants"]]
    rows = [["", names[0], names[number], *_HEADINGS]]
    for measure in document["measures"]:
        cell, unit = measure["of"][number], measure["unit"]
        first = _first(measure, number)
        said = apart(cell["difference"], cell["difference_half_width"], unit)
        own = [_own(of, unit, is_wide) for of, is_wide in zip((first, cell), with_widths, strict=True)]
        rows.append([measure["heading"], *own, said, _verdict(cell), _times(cell)])
    return rows


def _table(document: Document, number: int, width: int) -> list[str]:
    """A variant beside the first as lines of text; half-widths that do not fit are left out, that of the
    difference never."""
    for with_widths, gap in (((True, True), 3), ((True, True), 2), ((False, True), 2), ((False, False), 2)):
        lines = grid(_rows(document, number, with_widths), to_the_right=(1, 2, 3, 5), gap=" " * gap)
        if max(map(width_of, lines)) + 2 <= width:
            break
    else:
        rows = [row[:-1] for row in _rows(document, number, (False, False))]  # without the days
        lines = grid(rows, to_the_right=(1, 2, 3), gap="  ")
    return [f"  {line}" for line in lines]


# --- sentences ----------------------------------------------------------------------------------


def _said(measure: Row, cell: Row) -> str:
    """A measure and how far apart it is: "abandoned -2.1 ± 0.4 pp"."""
    said = apart(cell["difference"], cell["difference_half_width"], measure["unit"])
    return f"{measure['heading']} {said}"


def _price(document: Document, number: int) -> str:
    """The agent-hours and the cost, against those of the first."""
    said = []
    for measure in document["measures"]:
        if measure["path"] not in ("hours.paid", "cost.total"):
            continue
        cell, first = measure["of"][number], _first(measure, number)
        what = "agent-hours" if measure["path"] == "hours.paid" else "cost"
        if cell["verdict"] in ("same", "alike") or abs(cell["relative"] or 0.0) < _LITTLE:
            said.append(f"the same {what}")
        elif cell["relative"] is not None and first["value"]:
            more = "more" if cell["difference"] > 0 else "less"
            perhaps = "perhaps " * (cell["verdict"] == "undecided")
            said.append(f"{perhaps}{abs(100 * cell['relative']):.2g} % {more} {what}")
    return f"at {' and '.join(said)}" if said else ""


def _sentence(document: Document, number: int) -> str:
    """What to think of a variant."""
    first, name = document["variants"][0]["name"], document["variants"][number]["name"]
    judged = [m for m in document["measures"] if m["judged"]]
    by = {
        verdict: [_said(m, m["of"][number]) for m in judged if m["of"][number]["verdict"] == verdict]
        for verdict in ("better", "worse", "more", "less", "undecided", "alike", "same")
    }
    price = _price(document, number)
    at = f", {price}" if price else ""
    if by["better"] and by["worse"]:
        return (
            f"{name} is a choice against {first}{at}: better in {_listed(by['better'])}; "
            f"worse in {_listed(by['worse'])}."
        )
    if by["better"] or by["worse"]:
        verdict = "better" if by["better"] else "worse"
        unsure = f"; undecided: {_listed(by['undecided'])}" if by["undecided"] else ""
        return f"{name} is {verdict} than {first}{at}: {_listed(by[verdict])}{unsure}."
    if by["undecided"]:
        days = _days(document, number)
        return f"{name} and {first}: {days} days cannot tell them apart{at}; {_listed(by['undecided'])}."
    changed = by["more"] + by["less"]
    if changed:
        return f"{name} differs from {first}{at}: {_listed(changed)}."
    return f"{name} gives {'about ' * bool(by['alike'])}the same as {first}{at}."


def _listed(said: Sequence[str]) -> str:
    return ", ".join(said)


# --- customers ----------------------------------------------------------------------------------


def _customers(found: Row, width: int) -> list[str]:
    """Who fares better and who worse, in a sentence or two."""
    if not found["customers"]:
        return paragraph("No customer met both.", width, indent=2)
    better, worse = found["better"], found["worse"]
    text = f"Of {words.number(found['customers'], 0)} customers a day "
    alone = found["met_by_first_alone"] + found["met_by_other_alone"]
    if alone:
        text = f"Of the {words.number(found['customers'], 0)} customers a day that both met "
    if not better and not worse:
        return paragraph(text + "every one fares the same.", width, indent=2)
    text += f"{_fare(better, 'better', found['wait_saved_by_better_s'], 'less')}, "
    text += f"{_fare(worse, 'worse', found['wait_added_to_worse_s'], 'more')}"
    more = found["solved_more"]
    if more and abs(more) >= 0.5:
        text += f"; {words.number(abs(more), 0)} {'more' if more > 0 else 'fewer'} are solved"
    lines = paragraph(f"{text}.", width, indent=2)
    for how, name in (("better", "Better off most often"), ("worse", "Worse off most often")):
        groups = _standing_out(found, how)
        if groups:
            lines += paragraph(f"{name}: {', '.join(groups)}.", width, indent=2)
    return lines


def _fare(n: float, how: str, seconds: float | None, more: str) -> str:
    if not n:
        return f"none fares {how}"
    wait = "" if seconds is None or seconds <= 0 else f" (they wait {words.duration(seconds)} {more})"
    return f"{words.number(n, 0)} fare {how}{wait}"


def _standing_out(found: Row, how: str) -> list[str]:
    """Groups of customers in which a larger share fares so than of all, the largest shares first."""
    if not found[how]:
        return []
    of_all = found[how] / found["customers"]
    shares = []
    for name, group in _groups(found):
        if group["customers"] >= _FEW * found["customers"] and group[how]:
            share = group[how] / group["customers"]
            if share >= _SPREAD * of_all and share >= _FEW:
                shares.append((share, name))
    shares.sort(key=lambda pair: -pair[0])
    return [f"{name} ({words.share(share)})" for share, name in shares[:_MOST_NAMED]]


def _groups(found: Row) -> Iterator[tuple[str, Row]]:
    for hour in found["by_hour"]:
        yield f"first contact {hour['hour']:02d}:00-{hour['hour'] + 1:02d}:00", hour
    for attribute, values in found["by_attribute"].items():
        for value, group in values.items():
            yield f"{attribute} {value}", group


# --- the whole ----------------------------------------------------------------------------------


def _head(document: Document) -> list[str]:
    n = document["replications"]
    days = words.number(n * document["days_per_replication"])
    first = document["variants"][0]["name"]
    upto = "up to " * (len({variant["replications"] for variant in document["variants"]}) > 1)
    is_same = not any(of["met_by_first_alone"] or of["met_by_other_alone"] for of in document["customers"])
    said = f"{len(document['variants'])} plans, {upto}{days} {'day' if days == '1' else 'days'} each"
    said += " with the very same customers" * is_same
    said += f" · seed {document['seed']} · {document['engine']} engine"
    if document["scale"] != 1:
        said += f" · scale {document['scale']:g}"
    several = ["plans"] * (len(document["variants"]) > 2) + ["looks"] * (document["looks"] > 1)
    sure = f"Differences are to {first}, with {100 * document['confidence']:g} % confidence"
    sure += f" for all {' and '.join(several)} together." if several else "."
    if n == 1 and document["days_per_replication"] < 2:
        sure = words.no_half_widths(document["days_per_replication"])
    worth = "'days': how many times as many days would be needed if each plan had customers of its own."
    return [document["scenario"], said, sure, worth, *_stopped(document), ""]


def _stopped(document: Document) -> list[str]:
    """Why there are as many days as there are; nothing where their number was asked for."""
    if document["stopped"] == "clear":
        return ["Every judged difference is clear."]
    if document["stopped"] == "budget":
        return [
            "Some differences are not clear yet; the budget of contacts is spent (--reps simulates more)."
        ]
    if len({variant["replications"] for variant in document["variants"]}) > 1:
        return ["A plan is compared up to the day on which it, or the first plan, dropped out."]
    return []


# --- the choice ---------------------------------------------------------------------------------


def _chosen(amount: float, unit: str) -> str:
    """A difference that somebody chose, not rounded.

    Examples
    --------
    >>> _chosen(10.0, "s"), _chosen(0.005, "share"), _chosen(50.0, "EUR/day")
    ('10 s', '0.5 pp', '50 EUR/day')
    """
    if unit == "s":
        return words.seconds(amount)
    return f"{100 * amount:g} pp" if unit == "share" else f"{amount:g} {unit}".rstrip()


def _best(document: Document) -> str:
    """Which plan is the best; empty where nobody asked."""
    best = document["best"]
    if not best:
        return ""
    numbers = range(len(document["variants"]))
    names = {k: document["variants"][k]["name"] for k in numbers}
    left = [names[k] for k in numbers if names[k] in best["still_in"]]
    zone = _chosen(best["within"], best["unit"])
    by = f"by {best['heading']}"
    if not best["decided"]:
        text = f"Which is best {by} is not decided: {_listed(left)} are still in, {best['name']} is ahead"
        text += " (--reps simulates more)."
    else:
        ahead = next(k for k in numbers if names[k] == best["name"])
        text = f"{best['name']} is the best {by}, found after {_days(document, ahead)} days"
        text += f" ({100 * best['confidence']:g} % sure, if the next best is {zone} or more behind)."
    out = [f"{names[k]} after {_days(document, k)} days" for k in numbers if names[k] not in left]
    return text + (f" Dropped out: {_listed(out)}." if out else "")


def _front(document: Document) -> str:
    """Which plans are worth their price; empty where it is not known."""
    front = document["front"]
    if not front:
        return ""
    price = "agent-hours" if front["cost"] == "hours.paid" else "cost"
    by = {
        verdict: [one for one in front["of"] if one["verdict"] == verdict]
        for verdict in ("on", "undecided", "off")
    }
    said = []
    if by["on"]:
        said.append(f"{_listed([one['name'] for one in by['on']])}")
    if by["undecided"]:
        unsure = [f"{one['name']} ({100 * one['probability']:.0f} %)" for one in by["undecided"]]
        said.append(f"perhaps {_listed(unsure)}")
    text = f"On the front of {price} against {front['heading']}: {'; '.join(said)}."
    if by["off"]:
        off = [one["name"] for one in by["off"]]
        text += f" Off it, as another is better in one and not worse in the other: {_listed(off)}."
    return text


def compared_text(document: Document, *, width: int = 100, encoding: str = "utf-8") -> str:
    """What a planner reads after a comparison.

    Parameters
    ----------
    document
        Of `sim.study.compare.compare`.
    width
        Columns that tables and sentences try to keep within.
    encoding
        Of the stream it is written to.
    """
    lines = _head(document)
    for number, variant in enumerate(document["variants"]):
        if variant["is_first"]:
            lines.append(f"{variant['name']}: {variant['title']}")
            continue
        lines += ["", f"{variant['name']}: {variant['title']}"]
        lines += _table(document, number, width)
        if document["customers"]:
            lines += _customers(document["customers"][number - 1], width)
    lines += [""]
    for number in range(1, len(document["variants"])):
        lines += paragraph(_sentence(document, number), width)
    for text in (_best(document), _front(document)):
        lines += paragraph(text, width) if text else []
    return words.writable("\n".join(lines), encoding)


def compared_markdown(document: Document) -> str:
    """The comparison as tables of Markdown, with the same sentences."""
    lines = [f"**{document['scenario']}**", "", *_head(document)[1:]]
    for number in range(1, len(document["variants"])):
        head, *rows = _rows(document, number)
        lines += [f"| {' | '.join(head)} |", "|---|---:|---:|---:|---|---:|"]
        lines += [f"| {' | '.join(row)} |" for row in rows]
        lines += ["", _sentence(document, number), ""]
    for text in (_best(document), _front(document)):
        lines += [text, ""] if text else []
    return "\n".join(lines).rstrip("\n")
