"""The verdict of `supportsim verify` on one page, in text or Markdown."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.figure import Figure
from matplotlib.font_manager import findfont

from sim.present import words
from sim.present.columns import paragraph
from sim.present.style import styled

__all__ = ["drawing", "verification_markdown", "verification_text"]

Document = Mapping[str, Any]

_MOST_FAILING = 5  # of a part that are told; the JSON document has all
_INDENT = 19


def drawing() -> tuple[str, bool]:
    """Whether a picture with Chinese words can be drawn with our own font: what to say of it, and whether."""
    try:
        with styled(), tempfile.TemporaryDirectory() as folder:
            fonts = {Path(findfont(name)).name for name in ("Sim CJK", "DejaVu Sans")}
            figure = Figure(figsize=(1, 1))
            figure.text(0, 0.5, "等待 wait")
            figure.savefig(Path(folder) / "try.png", dpi=50)
            figure.savefig(Path(folder) / "try.svg")
    except (OSError, ValueError, RuntimeError, StopIteration) as e:
        return f"Matplotlib {matplotlib.__version__}: {type(e).__name__}: {e}", False
    is_good = "SimCJK-Regular.ttf" in fonts and len(fonts) == 2
    return f"Matplotlib {matplotlib.__version__}, fonts {', '.join(sorted(fonts))}", is_good


def verification_text(document: Document, *, width: int = 100, encoding: str = "utf-8") -> str:
    """What a planner reads on a terminal.

    Parameters
    ----------
    document
        Of `sim.verify.verification`.
    width
        Columns that text tries to stay within.
    encoding
        Of the stream it is written to; signs that it lacks become ASCII.
    """
    lines = [*paragraph(_head(document), width), ""]
    for part in document["parts"]:
        lines.append(f"{'✓' if part['agrees'] else '✗'} {part['title']}")
        for name, said in _facts(part):
            lines += paragraph(said, width, f"    {name}", _INDENT)
        lines.append("")
    for name, said in _closing(document):
        lines += paragraph(said, width, name, _INDENT)
    return words.writable("\n".join(lines), encoding)


def verification_markdown(document: Document) -> str:
    """The same as a report to keep, with all that was found of the installation."""
    lines = ["# Verification of supportsim", "", _head(document), ""]
    for part in document["parts"]:
        lines += [f"## {'✓' if part['agrees'] else '✗'} {part['title']}", ""]
        lines += [f"- **{name}**: {said}" for name, said in _facts(part)]
        lines.append("")
    lines += ["## Verdict", "", *(f"- **{name}**: {said}" for name, said in _closing(document))]
    return "\n".join(lines) + "\n"


def _head(document: Document) -> str:
    n = document["workers"]
    return " · ".join(
        (
            f"supportsim {document['supportsim']}",
            f"{document['engine']} engine",
            f"{n} {'process' if n == 1 else 'processes'}",
            f"seed {document['seed']}",
            f"{document['seconds']:.0f} s",
        )
    )


def _facts(part: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What a page says of a part."""
    yield "checked", part["checked"]
    yield from ((row["name"], row["said"]) for row in part["rows"] if "said" in row)
    yield "worst", part["worst"]
    yield from (("note", note) for note in part["notes"])
    failing: Sequence[Mapping[str, str]] = part["failing"]
    for one in failing[:_MOST_FAILING]:
        yield "WRONG", one["what"]
        if one["reproduce"]:
            yield "try", one["reproduce"]
    if len(failing) > _MOST_FAILING:
        yield "and", f"{len(failing) - _MOST_FAILING} more (--json has them all)"


def _closing(document: Document) -> Iterator[tuple[str, str]]:
    """The verdict, how often chance would spoil it, and what was left out."""
    wrong = [part["title"] for part in document["parts"] if not part["agrees"]]
    yield "Verdict", f"DOES NOT AGREE: {', '.join(wrong)}" if wrong else "all agree"
    yield (
        "Chance",
        "exact answers and coverage can each be wrong by chance, with one seed in "
        f"{1 / document['false_alarms']:.0f} at most; what is wrong with several seeds is wrong. The other "
        "parts have no chance in them.",
    )
    if document["left_out"]:
        yield "Left out", f"{'by --quick: ' * document['quick']}{'; '.join(document['left_out'])}"
