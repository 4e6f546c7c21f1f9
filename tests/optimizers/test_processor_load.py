"""Other work on the machine is noticed while something is measured, one's own is not."""

import contextlib
import subprocess
import sys
import time
from collections.abc import Generator

import psutil
from hypothesis import given
from hypothesis import strategies as st

from optimizers.processor_load import ProcessorTimes, other_cpu_share, processor_times

seconds = st.floats(min_value=0, max_value=1e6)
CORES = psutil.cpu_count() or 1
BUSY = "while True: pass"
# Output of its own, or whoever reads that of the starter would wait for it.
START = """
import subprocess, sys
quiet = subprocess.DEVNULL
print(subprocess.Popen([sys.executable, "-c", sys.argv[1]], stdin=quiet, stdout=quiet, stderr=quiet).pid)
"""


def test_the_share_is_what_others_used_of_all_cores() -> None:
    before, after = ProcessorTimes(at_s=100, busy_s=50, own_s=10), ProcessorTimes(at_s=110, busy_s=62, own_s=14)

    assert other_cpu_share(before, after, cores=4) == 0.2


def test_no_time_passed_means_no_share() -> None:
    now = ProcessorTimes(at_s=1, busy_s=1, own_s=1)

    assert other_cpu_share(now, now, cores=2) == 0


@given(st.tuples(seconds, seconds, seconds), st.tuples(seconds, seconds, seconds), st.integers(1, 256))
def test_the_share_is_between_none_and_all(
    first: tuple[float, float, float], second: tuple[float, float, float], cores: int
) -> None:
    assert 0 <= other_cpu_share(ProcessorTimes(*first), ProcessorTimes(*second), cores) <= 1


def test_a_busy_neighbour_is_seen_in_the_real_counters() -> None:
    with _neighbours():
        share = _share_of_others()

    assert share > 0.5


def test_ones_own_processes_are_no_neighbours() -> None:
    before = processor_times().own_s
    own = subprocess.Popen([sys.executable, "-c", BUSY])
    try:
        time.sleep(1.5)
        while (used_s := psutil.Process(own.pid).cpu_times().user) < 0.5:
            time.sleep(0.1)
        counted_s = processor_times().own_s - before
    finally:
        own.kill()
        own.wait()

    assert counted_s >= used_s


def _share_of_others() -> float:
    before = processor_times()
    time.sleep(1.5)
    return other_cpu_share(before, processor_times(), CORES)


@contextlib.contextmanager
def _neighbours() -> Generator[None]:
    """Keep all cores busy with processes whose parent has ended, so that they are nobody's children here."""
    start = [sys.executable, "-c", START, BUSY]
    started = [int(subprocess.run(start, capture_output=True, text=True, check=True).stdout) for _ in range(CORES)]
    try:
        yield
    finally:
        for pid in started:
            psutil.Process(pid).kill()
