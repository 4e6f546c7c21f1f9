"""
`zoo`: how much faster the chosen artifact answers than the original in its own runtime, over six real models.

Each model is optimized fresh in a temporary store with the whole recipe; original and chosen artifact then take turns
with one row and the same threads. The figure is the geometric mean; `zoo-slowest` is the model that gains least.
"""

import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import geometric_mean, median
from typing import TYPE_CHECKING, Any

from benchmarks.result import BenchmarkResult, write_result
from benchmarks.zoo_models import ZOO, LabelledRows, ZooModel
from optimizers.benchmark import BenchmarkConfig, measure
from optimizers.build import optimize
from optimizers.goal import Goal
from optimizers.hardware import Hardware, detect
from optimizers.original_process import OriginalProcess
from optimizers.progress import SilentProgress
from optimizers.report import ORIGINAL, CandidateReport
from optimizers.session import Session, open_session
from optimizers.store import ArtifactStore
from optimizers.trial import prepare

if TYPE_CHECKING:
    from numpy.typing import NDArray

COMMAND = "make bench ONLY=zoo"
GOAL = Goal(latency_sla_ms=200, throughput_rps=10)
MEAN_RATIO, SLOWEST_RATIO = 2.5, 1.0
REPEATS = 5
REPEAT = BenchmarkConfig(batch_sizes=(1,), concurrencies=(1,), budget_s=3)


@dataclass(frozen=True, slots=True)
class Outcome:
    """
    What came of one model.

    Attributes:
        ratios: The original's p50 divided by the chosen artifact's, one a repeat.
        accuracies: Of the original and of the chosen artifact on rows that were held out.
    """

    name: str
    what: str
    chosen: CandidateReport
    original_ms: float
    chosen_ms: float
    ratios: tuple[float, ...]
    accuracies: tuple[float, float] | None
    versions: Mapping[str, str]

    @property
    def ratio(self) -> float:
        """The median of the repeats."""
        return median(self.ratios)

    @property
    def described(self) -> str:
        """The outcome in words."""
        parity = self.chosen.parity
        parts = [
            f"{self.name} ({self.what}) {self.ratio:.2f}x with `{self.chosen.name}`",
            f"{self.original_ms:.3g} -> {self.chosen_ms:.3g} ms",
            f"{parity.metric} {parity.value:.6g}" if parity else "no parity",
        ]
        if self.accuracies:
            parts.append(f"accuracy {self.accuracies[0]:.4f} -> {self.accuracies[1]:.4f}")
        return ", ".join(parts)


def main() -> int:
    """Measure and return 1 if a goal is missed."""
    hardware = detect()
    outcomes = list[Outcome]()
    for name, prepared in ZOO.items():
        with tempfile.TemporaryDirectory(prefix=f"zoo-{name}-") as folder:
            outcome = _outcome(name, prepared(Path(folder)), hardware, ArtifactStore(Path(folder) / "store"))
        print(f"  {outcome.described}", flush=True)
        outcomes.append(outcome)
    results = zoo_results(outcomes, hardware)
    for result in results:
        write_result(result)
    return int(any(result.ok is False for result in results))


def _outcome(name: str, model: ZooModel, hardware: Hardware, store: ArtifactStore) -> Outcome:
    report = optimize(model.source, GOAL, hardware, store, None, SilentProgress()).reports[hardware.fingerprint]
    chosen = report.candidate(report.chosen)
    session = open_session(store.folder(str(chosen.artifact_sha256)), report.threads, report.streams)
    pairs = list[tuple[float, float]]()
    with OriginalProcess(model.source, GOAL.threads_on(hardware), store.root / ORIGINAL) as original:
        loads = prepare(model.source, original.facts, original, REPEAT).loads
        for repeat in range(REPEATS):
            config = REPEAT.model_copy(update={"seed": repeat})
            found = measure({ORIGINAL: original, chosen.name: session}, loads, config)
            pairs.append((found[ORIGINAL][0].p50.value_ms, found[chosen.name][0].p50.value_ms))
        accuracies = (accuracy(original, model.held_out), accuracy(session, model.held_out)) if model.held_out else None
    original_ms, chosen_ms = (median(side) for side in zip(*pairs, strict=True))
    ratios = tuple(slow_ms / fast_ms for slow_ms, fast_ms in pairs)
    return Outcome(name, model.what, chosen, original_ms, chosen_ms, ratios, accuracies, report.versions)


def accuracy(session: Session, rows: LabelledRows) -> float:
    """Return the share of rows whose highest score is that of the right class, 0..1."""
    inputs: dict[str, NDArray[Any]] = {"input": rows.inputs}
    (scores,) = session.run(inputs).values()
    return float((scores.argmax(axis=1) == rows.labels).mean())


def zoo_results(outcomes: list[Outcome], hardware: Hardware) -> tuple[BenchmarkResult, BenchmarkResult]:
    """
    Judge the geometric mean of all models, and the model that gains least.

    Args:
        outcomes: One of each model, each with the same number of repeats.
        hardware: Where they were measured.
    """
    means = tuple(geometric_mean(ratios) for ratios in zip(*(item.ratios for item in outcomes), strict=True))
    value = geometric_mean([item.ratio for item in outcomes])
    slowest = min(outcomes, key=lambda item: item.ratio)
    versions = dict(outcomes[0].versions)
    peer = "each original in its own runtime, interleaved in the same run"
    mean = BenchmarkResult(
        name="zoo",
        value=value,
        unit="x",
        goal=f">= {MEAN_RATIO}",
        ok=value >= MEAN_RATIO,
        samples=means,
        spread=(min(means), max(means)),
        peer=peer,
        machine=hardware,
        versions=versions,
        command=COMMAND,
        remark="; ".join(item.described for item in outcomes),
    )
    least = BenchmarkResult(
        name="zoo-slowest",
        value=slowest.ratio,
        unit="x",
        goal=f">= {SLOWEST_RATIO}",
        ok=slowest.ratio >= SLOWEST_RATIO,
        samples=slowest.ratios,
        spread=(min(slowest.ratios), max(slowest.ratios)),
        peer=peer,
        machine=hardware,
        versions=versions,
        command=COMMAND,
        remark=slowest.name,
    )
    return mean, least


if __name__ == "__main__":
    sys.exit(main())
