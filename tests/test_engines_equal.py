"""The compiled engine tells what the reference engine tells, row for row.

Without compiled code (``NUMBA_DISABLE_JIT=1``) the shipped scenarios are run at a smaller scale.
"""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from hashlib import blake2b
from pathlib import Path

import pytest
from engines import ENGINES, Drawn, difference, drawn, together
from golden_trace import golden, goldens
from running import folded, same_sums
from strategies import ARE_FEWER
from ties import meetings, shared_ticks

from sim.jit import IS_COMPILED
from sim.model.tables import Model
from sim.scenario.shipped import scenarios_in, shipped, shipped_folder
from sim.study.prepare import prepare
from sim.verify.exact_cases import CASES, EXACT_FOLDER

PUBLISHED = scenarios_in(Path(__file__).parent / "cases" / "published")
PLANS = [("support_baseline", plan) for plan in scenarios_in(shipped_folder() / "plans")]
SCALE = 0.02 if IS_COMPILED else 0.0005
PARTS, IN_A_PART = 4, 50  # of the random scenarios
MANY_PARTS, IN_MANY = 8, 250


def shortened(model: Model, ticks: int) -> Model:
    """The model simulated no longer than so many ticks after its warm-up."""
    horizon = model.horizon
    end = min(horizon.end, horizon.warm_up + ticks)
    return model._replace(horizon=horizon._replace(end=end, stop=end + horizon.stop - horizon.end))


# -------------------------------------------------------------------------------- written scenarios
@pytest.mark.parametrize(("name", "plan"), [*((name, None) for name in shipped()), *PLANS])
def test_shipped_scenarios(name: str, plan: str | None) -> None:
    model = prepare(name, plan=plan, sets=[f"scale={SCALE}"]).resolved.model
    hour = 3_600_000_000
    records = together(model if IS_COMPILED else shortened(model, 30 * hour))
    assert len(records.visits)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_the_baseline_at_full_size() -> None:
    records = together(prepare("support_baseline").resolved.model)
    assert len(records.visits) > 1_000_000


@pytest.mark.parametrize("name", CASES)
def test_exact_cases(name: str) -> None:
    hours = 4 if IS_COMPILED else 1
    together(shortened(prepare(EXACT_FOLDER / f"{name}.yaml").resolved.model, hours * 3_600_000_000), 2)


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_cases(name: str) -> None:
    model = prepare(PUBLISHED[name]).resolved.model
    for replication in range(2):
        together(model, 3, replication)


@pytest.mark.parametrize("name", goldens())
def test_golden_scenarios(name: str) -> None:
    case = golden(name)
    together(case.resolved.model, 0, 0, [case.demand])


# --------------------------------------------------------------------------------- random scenarios
LEAST = {
    "DUTY_ENDS & DUTY_ENDS": 50,
    "DUTY_ENDS & WORK_ENDS": 30,
    "DUTY_ENDS & DUTY_BEGINS": 20,
    "DUTY_ENDS & OPENS": 2,
    "DUTY_ENDS & ARRIVES": 50,
    "DUTY_ENDS & PATIENCE_ENDS": 5,
    "WORK_ENDS & WORK_ENDS": 1000,
    "WORK_ENDS & DUTY_BEGINS": 20,
    "WORK_ENDS & OPENS": 6,
    "WORK_ENDS & ARRIVES": 800,
    "WORK_ENDS & PATIENCE_ENDS": 150,
    "DUTY_BEGINS & DUTY_BEGINS": 10,
    "DUTY_BEGINS & OPENS": 1,
    "DUTY_BEGINS & ARRIVES": 40,
    "DUTY_BEGINS & PATIENCE_ENDS": 2,
    "OPENS & ARRIVES": 10,
    "OPENS & PATIENCE_ENDS": 3,
    "ARRIVES & ARRIVES": 1000,
    "ARRIVES & PATIENCE_ENDS": 300,
    "PATIENCE_ENDS & PATIENCE_ENDS": 200,
    "answered as an agent is freed, without a wait": 250,
    "answered as an agent is freed, after a wait": 800,
    "answered as an agent comes, without a wait": 15,
    "answered as an agent comes, after a wait": 30,
    "gives up as another of the desk is answered": 60,
    "turned away as another of the desk gives up": 5,
    "enters as others enter the same stage": 5000,
    "freed as another of the same agent": 1000,
    "handling ends as the agent's shift ends or break is due": 9,
    "goes on at the tick an agent of the team next asked is freed": 30,
}
"""How often events must share a tick in each part, so that their order is tried: half of what was found."""


def agree(case: Drawn) -> Counter[str]:
    """The engines agree on a random scenario; which events share a tick in it."""
    ticks, expected = shared_ticks(case)
    for name, engine in ENGINES.items():
        if name != "reference":
            unlike = difference(expected, case.records(engine))
            assert unlike is None, f"{name}: {case!r}\n{unlike}"
    return ticks + meetings(case.model, expected)


@pytest.mark.parametrize("part", range(PARTS))
def test_random_scenarios(part: int) -> None:
    """Mostly with whole minutes only, so that events of all kinds share a tick."""
    shared: Counter[str] = Counter()
    for case in drawn(part, IN_A_PART):
        shared += agree(case)
    rare = {name for name, least in LEAST.items() if shared[name] < least}
    assert ARE_FEWER or not rare, f"too few ties: {rare}"


@pytest.mark.slow
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("part", range(PARTS, PARTS + MANY_PARTS))
def test_many_random_scenarios(part: int) -> None:
    for case in drawn(part, IN_MANY):
        agree(case)


@pytest.mark.parametrize("engine_name", ENGINES)
def test_sums_do_not_depend_on_chunks(engine_name: str) -> None:
    """The sums of an engine's chunks are those of the reference engine's rows in one table."""
    for case in drawn(PARTS, 10):
        whole = folded(case.found, case.records(ENGINES["reference"]))
        chunks = ENGINES[engine_name](case.model, case.seed, 0, case.demand)
        assert same_sums(whole, folded(case.found, *chunks))


# --------------------------------------------------------------------------------- without Numba
_WITHOUT_NUMBA = """
import sys

class NoNumba:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("numba", "llvmlite"):
            raise ImportError(name)

sys.meta_path.insert(0, NoNumba())
from sim.engine.compiled import simulate
from sim.jit import HAS_NUMBA, IS_COMPILED
from sim.model.records import gather, sort_rows
from sim.study.prepare import prepare

assert not HAS_NUMBA
assert not IS_COMPILED
records = sort_rows(gather(simulate(prepare(sys.argv[1]).resolved.model, 1, 0)))
print(*(hashlib.blake2b(table.tobytes()).hexdigest() for table in records))
"""


def test_the_compiled_engine_works_without_numba(tmp_path: Path) -> None:
    """The same records, bit for bit; only slower."""
    path = tmp_path / "small.yaml"
    path.write_text(
        "name: Small\ndemand: {volume: 200/day}\n"
        "desks: {chat: {handling: lognormal 6 min cv 0.8, patience: exponential 5 min}}\n"
        "teams: {own: {serves: chat, agents: 2}}\n",
        encoding="utf-8",
    )
    command = [sys.executable, "-W", "error", "-c", "import hashlib\n" + _WITHOUT_NUMBA, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    records = together(prepare(path).resolved.model)
    assert done.stdout.split() == [blake2b(table.tobytes()).hexdigest() for table in records]
