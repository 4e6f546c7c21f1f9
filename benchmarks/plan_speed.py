"""
`plan-speed`: how long it takes to judge every machine of the catalog for the locked model.

Two figures, measured in turn: `plan-speed`, by the closed form alone, and `plan-speed-simulated`, where simulations have the
verdict, as in `serving plan`. Traffic is a daily curve, which takes more simulations than a constant rate.
"""

import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import NamedTuple

from benchmarks.result import BenchmarkResult, write_result
from components.capacity.declared import declared
from components.capacity.quick import predict_briefly, predict_by_formula
from components.capacity.traffic import DailyTraffic
from components.catalog.prices_file import read_catalog
from components.choice.choose import choose
from components.choice.request import ChoiceRequest
from components.embedded.plan import EmbeddedRequest
from components.platforms.choice import Cloud
from optimizers import lock
from optimizers.goal import Goal
from optimizers.hardware import detect
from optimizers.vocabulary import DeploymentTarget

ROOT = Path(__file__).parents[1]
MODEL = "minilm"
REPEATS = 9
RATE_RPS = 100
SLA_MS = 500
FORMULA_GOAL_MS = 100
SIMULATED_GOAL_MS = 1000


def main() -> int:
    """Measure and return 1 if a goal is missed."""
    locked = lock.read(ROOT / "artifacts.lock.json").models[MODEL]
    catalog, machine, request = read_catalog(None, datetime.now(UTC).date()), detect(), _request()

    def by_formula() -> None:
        choose(request, locked, machine, catalog, predict_by_formula)

    def simulated() -> None:
        choose(request, locked, machine, catalog, predict_briefly)

    by_formula()
    formula, simulation = list[_Sample](), list[_Sample]()
    for _ in range(REPEATS):
        formula.append(_timed(by_formula))
        simulation.append(_timed(simulated))
    rows = len(catalog.rows)
    results = (
        _result("plan-speed", formula, FORMULA_GOAL_MS, f"{rows} machines, no simulation"),
        _result("plan-speed-simulated", simulation, SIMULATED_GOAL_MS, f"{rows} machines, simulations decide"),
    )
    for result in results:
        write_result(result)
    return int(any(result.ok is False for result in results))


def _request() -> ChoiceRequest:
    traffic = declared(DailyTraffic(lowest_rps=10, highest_rps=RATE_RPS), RATE_RPS)
    goal = Goal(latency_sla_ms=SLA_MS, throughput_rps=RATE_RPS)
    return ChoiceRequest(
        endpoint=EmbeddedRequest(name=MODEL, goal=goal, traffic=traffic.planned),
        target=DeploymentTarget.KUBERNETES,
        declared=traffic,
        regions={Cloud.AWS: "us-east-1", Cloud.GCP: "us-central1"},
    )


class _Sample(NamedTuple):
    wall_ms: float
    processor_ms: float


def _timed(run: Callable[[], None]) -> _Sample:
    started, processor = time.perf_counter(), time.process_time()
    run()
    return _Sample(1000 * (time.perf_counter() - started), 1000 * (time.process_time() - processor))


def _result(name: str, samples: list[_Sample], goal_ms: float, remark: str) -> BenchmarkResult:
    samples_ms = [sample.wall_ms for sample in samples]
    value, processor_ms = median(samples_ms), median(sample.processor_ms for sample in samples)
    return BenchmarkResult(
        name=name,
        value=value,
        unit="ms",
        goal=f"<= {goal_ms:g}",
        ok=value <= goal_ms,
        samples=tuple(samples_ms),
        spread=(min(samples_ms), max(samples_ms)),
        peer="the limit",
        machine=detect(),
        versions={"pydantic": version("pydantic")},
        command="make bench ONLY=plan-speed",
        # Beside other work the clock says more than the plan takes.
        remark=f"{remark}; {processor_ms:.0f} ms of processor time",
    )


if __name__ == "__main__":
    sys.exit(main())
