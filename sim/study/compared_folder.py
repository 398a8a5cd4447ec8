"""The folder of a comparison: the differences, and the results of each variant in a folder of its own."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sim.scenario.validate import Loaded
from sim.scenario.write import resolved_yaml
from sim.study.compare import Compared
from sim.study.folder import save_run, slug, summary_json, write_whole
from sim.study.identity import hash_of_inputs

__all__ = ["COMPARED_KEYS", "COMPARISON", "compared_csv", "compared_folder", "save_comparison"]

COMPARISON = "comparison.json"
COMPARED_KEYS = (
    "value", "half_width", "difference", "difference_half_width", "relative", "verdict", "variance_ratio",
)  # fmt: skip


def compared_folder(name: str, loaded: Sequence[Loaded], seed: int) -> Path:
    """``runs/NAME-compared-HASH``: the hash is of all variants, in their order, the seed and the version."""
    return Path("runs") / f"{slug(name)}-compared-{hash_of_inputs(loaded, seed)}"


def compared_csv(comparison: Mapping[str, Any]) -> str:
    """A line for each measure and variant."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["measure", "unit", "variant", *COMPARED_KEYS])
    for measure in comparison["measures"]:
        for variant, cell in zip(comparison["variants"], measure["of"], strict=True):
            rows.writerow(
                [measure["path"], measure["unit"], variant["name"], *(cell.get(key) for key in COMPARED_KEYS)]
            )
    return text.getvalue()


def save_comparison(
    folder: Path, compared: Compared, loaded: Mapping[str, Loaded], sets: tuple[str, ...]
) -> None:
    """Write the results of every variant, then comparison.csv and comparison.json."""
    for (name, of), run in zip(loaded.items(), compared.runs, strict=True):
        own = folder / slug(name)
        own.mkdir(exist_ok=True)
        save_run(own, run, resolved_yaml(of, own), of.files, sets)
    write_whole(folder / "comparison.csv", compared_csv(compared.comparison))
    write_whole(folder / COMPARISON, summary_json(compared.comparison))  # last: the rest is there
