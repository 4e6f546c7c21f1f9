"""`serving optimize` as a user runs it, but for a shorter measurement: for tests of what comes after it."""

import subprocess
import sys

from tests.support.checkout import TIMEOUT_S, Checkout, Finished

PROGRAM = """
import functools

from components.embedded import overhead
from optimizers.benchmark import BenchmarkConfig
from stacks import artifacts

quick = BenchmarkConfig(warmup_calls=1, min_turns=1, budget_s=1.0, profile_batch_sizes=(1, 8))
artifacts.optimize = functools.partial(artifacts.optimize, benchmark=quick)
overhead.ROUNDS = 1

from stacks.cli.app import main

main()
"""


def optimize_shortly(checkout: Checkout) -> Finished:
    """Build, check and measure every candidate, each by few calls."""
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM, "optimize"], cwd=checkout.root, env=checkout.environment,
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=TIMEOUT_S,
    )  # fmt: skip
    return Finished(code=result.returncode, out=result.stdout, err=result.stderr)
