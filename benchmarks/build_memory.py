"""
`build-memory`: the most memory that building and measuring a 1 GiB PyTorch model takes, over the size of the model.

The whole recipe, in a temporary store; this process and all that it starts are sampled every 100 ms.
"""

import sys
import tempfile
from pathlib import Path

from benchmarks.large_model import WIDTH, write_weights
from benchmarks.peak_memory import PeakMemory
from benchmarks.result import BenchmarkResult, write_result
from optimizers.benchmark import BenchmarkConfig
from optimizers.build import optimize
from optimizers.goal import Goal
from optimizers.hardware import Hardware, detect
from optimizers.memory import GIB, build_limit_bytes
from optimizers.model_source import ModelSource
from optimizers.report import Report
from optimizers.signature import TensorSpec
from optimizers.store import ArtifactStore
from optimizers.vocabulary import ModelFormat

COMMAND = "make bench ONLY=build-memory"
GOAL = Goal(latency_sla_ms=10_000, throughput_rps=1)
# Memory is what counts here, not how sure the times are.
QUICK = BenchmarkConfig(budget_s=10, profile_batch_sizes=(1, 8))
INPUT = TensorSpec(name="x", shape=("batch", WIDTH))


def main() -> int:
    """Measure and return 1 if the goal is missed."""
    hardware = detect()
    with tempfile.TemporaryDirectory(prefix="build-memory-") as folder:
        weights = Path(folder) / "large.safetensors"
        write_weights(weights)
        source = ModelSource(
            location=weights.name,
            path=weights,
            model_format=ModelFormat.PYTORCH,
            architecture="benchmarks.large_model:architecture",
            inputs=(INPUT,),
        )
        with PeakMemory() as memory:
            locked = optimize(
                source, GOAL, hardware, ArtifactStore(Path(folder) / "store"), None, memory, benchmark=QUICK
            )
        result = memory_result(memory, locked.model_size_bytes, locked.reports[hardware.fingerprint], hardware)
    write_result(result)
    return int(result.ok is False)


def memory_result(memory: PeakMemory, size_bytes: int, report: Report, hardware: Hardware) -> BenchmarkResult:
    """Judge the peak: at most three times the model and 1 GiB."""
    step, peak_bytes = memory.peak
    limit_gib = build_limit_bytes(size_bytes) / GIB
    peak_gib = peak_bytes / GIB
    built = [item for item in report.candidates if item.parity]
    steps = sorted(memory.by_step.items(), key=lambda item: -item[1])
    most = ", ".join(f"{name} {taken / GIB:.2f}" for name, taken in steps[:8])
    return BenchmarkResult(
        name="build-memory",
        value=peak_gib,
        unit="GiB",
        goal=f"<= {limit_gib:.2f}",
        ok=peak_gib <= limit_gib,
        samples=tuple(taken / GIB for taken in memory.by_step.values()),
        spread=(min(memory.by_step.values()) / GIB, peak_gib),
        peer="three times the model's size and 1 GiB",
        machine=hardware,
        versions=report.versions,
        command=COMMAND,
        remark=f"a model of {size_bytes / GIB:.2f} GiB, {len(built)} candidates; the peak was in `{step}`; in GiB: {most}",
    )


if __name__ == "__main__":
    sys.exit(main())
