"""Documentation that cannot fall behind: generated files are fresh, examples load, links lead somewhere."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest
from pydantic import BaseModel, TypeAdapter

from sim.measure.catalogue import DEFINITIONS, MEASURES
from sim.scenario.following import FOLLOW_SCHEMA
from sim.scenario.load import parse
from sim.scenario.schema import Bot, Claim, Delay, Demand, Desk, Horizon, Return, Scenario, Shift, Team
from sim.scenario.validate import load

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])
MODEL = (ROOT / "docs" / "model.md").read_text(encoding="utf-8")
SECTIONS = {
    Demand: "Demand", Bot: "Bots", Desk: "Desks", Delay: "Delays", Team: "Teams", Shift: "Shifts",
    Return: "Returns", Horizon: "Horizon", Claim: "Targets", Scenario: "The file",
}  # fmt: skip
"""The section of docs/model.md that tells the keys of each map."""


def yaml_blocks(text: str) -> list[str]:
    """The documents in the YAML blocks of a page."""
    return [
        part
        for block in re.findall(r"^```yaml\n(.*?)^```", text, re.M | re.S)
        for part in block.split("---\n")
    ]


WHOLE = [(page.name, block) for page in PAGES for block in yaml_blocks(page.read_text(encoding="utf-8"))
         if block.startswith("name:")]  # fmt: skip


@pytest.fixture(scope="module")
def builder() -> ModuleType:
    """The script docs/build.py as a module."""
    spec = importlib.util.spec_from_file_location("docs_build", ROOT / "docs" / "build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_page_of_measures_is_fresh(builder: ModuleType) -> None:
    committed = builder.MEASURES_PAGE.read_text(encoding="utf-8")
    assert committed == builder.measures_page(), "docs/measures.md is old: run 'make docs'"
    assert all(f"| `{measure.key}` |" in committed for measure in MEASURES)


def test_committed_schema_is_fresh(builder: ModuleType, tmp_path: Path) -> None:
    builder.write_schema(tmp_path / "schema.json")
    assert builder.SCHEMA.read_bytes() == (tmp_path / "schema.json").read_bytes(), "run 'make docs'"


@pytest.mark.parametrize(("page", "text"), WHOLE, ids=[f"{page}-{i}" for i, (page, _) in enumerate(WHOLE)])
def test_whole_scenarios_in_the_pages_load(page: str, text: str, tmp_path: Path) -> None:
    (tmp_path / "example.yaml").write_text(text, encoding="utf-8")
    load(tmp_path / "example.yaml")


PARTS = [block for block in yaml_blocks(MODEL) if not block.startswith(("name:", "extends:", "plan:"))]


@pytest.mark.parametrize("text", PARTS, ids=[f"part-{i}" for i in range(len(PARTS))])
def test_parts_of_scenarios_in_the_pages_are_well_formed(text: str) -> None:
    known = {**Bot.model_fields, **Desk.model_fields, **Scenario.model_fields}
    for key, value in parse(text, "docs/model.md").data.items():
        TypeAdapter(known[key].rebuild_annotation()).validate_python(value)


@pytest.mark.parametrize("keys", SECTIONS, ids=lambda keys: keys.__name__)
def test_every_key_of_the_language_is_told(keys: type[BaseModel]) -> None:
    section = re.search(rf"^## {SECTIONS[keys]}.*?(?=^## |\Z)", MODEL, re.M | re.S)
    assert section, f"docs/model.md has no section '{SECTIONS[keys]}'"
    names = [field.alias or name for name, field in keys.model_fields.items()]
    assert [name for name in names if f"`{name}`" not in section.group()] == []


def test_every_way_to_follow_the_forecast_is_told() -> None:
    section = MODEL[MODEL.index("### Agents that follow") : MODEL.index("**Absence** takes")]
    assert [key for key in FOLLOW_SCHEMA["properties"] if f"`{key}: " not in section] == []


def test_every_definition_of_the_service_level_is_told() -> None:
    assert [key for key in DEFINITIONS if f"| `{key}` |" not in MODEL] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    anchors = {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
               for title in re.findall(r"^#+ (.+)$", text, re.M)}  # fmt: skip
    targets = [t for t in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in t]
    missing = [t for t in targets if t.startswith("#") and t[1:] not in anchors]
    missing += [t for t in targets if not t.startswith("#") and not (page.parent / t.split("#")[0]).exists()]
    assert missing == []
