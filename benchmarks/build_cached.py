"""
`build-cached`: how long `serving optimize` takes where the lock and the store hold everything already.

A small digits network is optimized once, in a project of its own; then the command is repeated.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import yaml

from benchmarks.result import BenchmarkResult, write_result
from benchmarks.zoo_models import digits
from optimizers.hardware import detect
from optimizers.source_facts import MEASURED_LIBRARIES, versions

COMMAND = "make bench ONLY=build-cached"
ROOT = Path(__file__).parents[1]
LIMIT_S = 1.0
REPEATS = 9
STACK = "digits"


def main() -> int:
    """Measure and return 1 if the goal is missed."""
    with tempfile.TemporaryDirectory(prefix="build-cached-") as folder:
        _write_project(Path(folder))
        command = [str(Path(sys.executable).with_name("serving")), "optimize", "--stack", STACK]
        _run(command, Path(folder))
        samples = [_run(command, Path(folder)) for _ in range(REPEATS)]
    value = median(samples)
    result = BenchmarkResult(
        name="build-cached",
        value=value,
        unit="s",
        goal=f"< {LIMIT_S:g}",
        ok=value < LIMIT_S,
        samples=tuple(samples),
        spread=(min(samples), max(samples)),
        peer="the limit",
        machine=detect(),
        versions=versions(MEASURED_LIBRARIES),
        command=COMMAND,
        remark=f"`{' '.join(['serving', *command[1:]])}`, the process's own start included",
    )
    write_result(result)
    return int(not result.ok)


def _write_project(folder: Path) -> None:
    source = digits(folder).source
    spec = {
        "task_type": "optimize_inference",
        "name": "digits",
        "model": {
            "path": source.path.name,
            "prediction": str(source.prediction),
            "architecture": source.architecture,
            "inputs": [{"name": item.name, "shape": list(item.shape)} for item in source.inputs],
            "samples": source.samples.name if source.samples else None,
        },
        "serving_context": {"model_format": "pytorch", "latency_sla_ms": 50, "throughput_rps": 20},
    }
    stacks = folder / "stacks"
    stacks.mkdir()
    (folder / "Pulumi.yaml").write_text((ROOT / "Pulumi.yaml").read_text())
    (stacks / f"Pulumi.{STACK}.yaml").write_text(yaml.safe_dump({"config": {"model-serving:spec": spec}}))


def _run(command: list[str], folder: Path) -> float:
    """Return the seconds that the command took; its code finds the benchmark's networks in this checkout."""
    started = time.perf_counter()
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
    )
    seconds = time.perf_counter() - started
    if done.returncode:
        raise SystemExit(f"`{' '.join(command)}` failed: {done.stderr.strip()}")
    return seconds


if __name__ == "__main__":
    sys.exit(main())
