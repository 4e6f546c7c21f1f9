"""
`startup`: how long a person waits for the command line.

Three figures: `serving --help`, `make up` with everything built and nothing to do, and, with
`STARTUP_COLD=1`, `make up` in a fresh clone with empty caches, the engine's build included.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from statistics import median

import yaml

from benchmarks.result import BenchmarkResult, write_result
from optimizers.hardware import detect

ROOT = Path(__file__).parents[1]
REPEATS = 9
NO_OP_REPEATS = 3
# Beside an endpoint of this checkout, which has the default port.
COLD_PORT = 3999
COMMAND = "make bench ONLY=startup"


def main() -> int:
    """Measure and return 1 if a goal is missed."""
    results = [_help(), _nothing_to_do()]
    if os.environ.get("STARTUP_COLD"):
        results.append(_cold())
    for result in results:
        write_result(result)
    return int(any(result.ok is False for result in results))


def _help() -> BenchmarkResult:
    serving = Path(sys.executable).with_name("serving")
    samples = [_seconds([str(serving), "--help"]) for _ in range(REPEATS)]
    return _result("startup-help", samples, 0.3, "`serving --help`")


def _nothing_to_do() -> BenchmarkResult:
    serving = Path(sys.executable).with_name("serving")
    listed = subprocess.run([serving, "outputs", "--json"], cwd=ROOT, check=True, capture_output=True)
    was_deployed = bool(json.loads(listed.stdout))
    try:
        _seconds(["make", "up"])
        samples = [_seconds(["make", "up"]) for _ in range(NO_OP_REPEATS)]
    finally:
        if not was_deployed:
            subprocess.run(["make", "down"], cwd=ROOT, check=False, capture_output=True)
    return _result("startup-no-op", samples, 10, "`make up`, everything built, endpoint running, nothing to change")


def _cold() -> BenchmarkResult:
    """Clone into an empty folder, with empty caches for everything but the package registries' downloads."""
    folder = Path(tempfile.mkdtemp(prefix="cold-"))
    clone = folder / "clone"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
    stack = clone / "stacks" / "Pulumi.local.yaml"
    content = yaml.safe_load(stack.read_text())
    content["config"]["model-serving:spec"]["endpoint"] = {"port": COLD_PORT}
    stack.write_text(yaml.safe_dump(content, sort_keys=False))
    environment = {
        **{key: value for key, value in os.environ.items() if key != "VIRTUAL_ENV"},
        "MODEL_SERVING_CACHE": str(folder / "cache"),
        "GOCACHE": str(folder / "go-build"),
        "UV_CACHE_DIR": str(folder / "uv"),
    }
    try:
        sample = _seconds(["make", "up"], clone, environment)
    finally:
        subprocess.run(["make", "down"], cwd=clone, env=environment, check=False, capture_output=True)
        shutil.rmtree(folder, ignore_errors=True)
    return _result(
        "startup-cold", [sample], 600, "`make up` in a fresh clone: dependencies, engine, artifacts, endpoint"
    )


def _seconds(command: list[str], folder: Path = ROOT, environment: dict[str, str] | None = None) -> float:
    started = time.perf_counter()
    subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
    return time.perf_counter() - started


def _result(name: str, samples: list[float], goal_s: float, remark: str) -> BenchmarkResult:
    value = median(samples)
    return BenchmarkResult(
        name=name,
        value=value,
        unit="s",
        goal=f"<= {goal_s:g}",
        ok=value <= goal_s,
        samples=tuple(samples),
        spread=(min(samples), max(samples)),
        peer="the limit",
        machine=detect(),
        versions={"pulumi": version("pulumi"), "typer": version("typer")},
        command=f"STARTUP_COLD=1 {COMMAND}" if name == "startup-cold" else COMMAND,
        remark=remark,
    )


if __name__ == "__main__":
    sys.exit(main())
