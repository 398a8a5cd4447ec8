"""What a run says of its own precision: bounds asked for, control variates, doubts about intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sim.errors import Problem
from sim.present import words
from sim.present.columns import grid
from sim.present.words import figure

__all__ = ["controls_tip", "controls_text", "doubts", "imprecise_text", "precision_text"]

Document = Mapping[str, Any]

_SIGN = {True: "✓", False: "✗"}
_CONTROLS = {"busyness^2": "its square"}
_WORTH = 1.25
"""Times by which an interval must become narrower before one is told of it."""


def precision_text(document: Document, encoding: str = "utf-8") -> str:
    """What was asked for, what was reached and after how many replications; empty where nothing was asked."""
    precision = document.get("precision")
    if not precision:
        return ""
    rows = [
        ("  " + _SIGN[row["reached"]], row["path"], _figure(row), f"wanted ± {_wanted(row)}")
        for row in precision["measures"]
    ]
    return words.writable("\n".join(["Precision", *grid(rows, gap="  "), f"  {_stop(document)}"]), encoding)


def _figure(row: Mapping[str, Any]) -> str:
    return figure(row["value"], row["half_width"], row["unit"])


def _wanted(row: Mapping[str, Any]) -> str:
    """The bound as written, and what that is where it is a share of the figure."""
    if row["bound"] is None or not row["words"].endswith("%"):
        return str(row["words"])
    return f"{row['words']} ({figure(row['bound'], None, row['unit'])})"


def _stop(document: Document) -> str:
    precision = document["precision"]
    n, n_looks = document["replications"], precision["looks"]
    looked = (
        f"{n} replications, looked at {n_looks} time{'s' if n_looks > 1 else ''} from {precision['start']} on"
    )
    if precision["stopped"] == "precise":
        return f"reached after {looked}; the last two looks agree"
    cap = "the budget of contacts" if precision["cap_is"] == "budget" else "--reps"
    return f"{'reached' if precision['reached'] else 'not reached'} after {looked}; {cap} allows no more"


def imprecise_text(document: Document, encoding: str = "utf-8") -> str:
    """A line where the precision asked for was not reached: of what, and what would do; else empty."""
    precision = document.get("precision")
    if not precision or precision["reached"]:
        return ""
    missed = [f"{row['path']} is {_figure(row)}, wanted ± {_wanted(row)}"
              for row in precision["measures"] if not row["reached"]]  # fmt: skip
    enough = precision["enough"]
    more = f"; --reps {_round_up(enough)} might do" if enough and enough > document["replications"] else ""
    text = f"precision not reached after {document['replications']} replications: {'; '.join(missed)}{more}"
    return words.writable(text, encoding)


def _round_up(n: int) -> int:
    step = int(10 ** max(len(str(n)) - 2, 0))
    return -(-n // step) * step


def controls_text(document: Document, encoding: str = "utf-8") -> str:
    """Figures by control variates beside the plain half-widths, or why there are none."""
    told = document["control_variates"]
    if told["refused"]:
        return f"Control variates: none; {told['refused']}."
    names = _listed([_CONTROLS.get(name, name) for name in told["controls"]])
    rows = [(f"  {path}", _figure(row), f"± {row['narrower']:.1f} times narrower")
            for path, row in told["measures"].items()]  # fmt: skip
    return words.writable("\n".join([f"By control variates ({names})", *grid(rows, gap="  ")]), encoding)


def controls_tip(document: Document) -> str:
    """What control variates would bring, where it is worth it; else empty."""
    gains = {path: row["narrower"] for path, row in document["control_variates"]["measures"].items()}
    best = max(gains, key=lambda path: gains[path], default="")
    if not best or gains[best] < _WORTH:
        return ""
    return f"--control-variates makes the ± of {best} {gains[best]:.1f} times narrower"


def doubts(document: Document) -> list[Problem]:
    """The document's warnings as they are told."""
    return [Problem(of["code"], "", of["message"], is_warning=True) for of in document["warnings"]]


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
