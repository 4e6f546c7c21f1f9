"""Other work on the machine is noticed while something is measured, one's own is not."""

import subprocess
import sys
import time

import psutil
from hypothesis import given
from hypothesis import strategies as st

from optimizers.processor_load import ProcessorTimes, other_cpu_share, processor_times

seconds = st.floats(min_value=0, max_value=1e6)
BUSY = "while True: pass"


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
    cores = psutil.cpu_count() or 1
    neighbours = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(cores)]
    try:
        before = processor_times()
        time.sleep(1.5)
        share = other_cpu_share(before, processor_times(), cores)
    finally:
        for neighbour in neighbours:
            neighbour.kill()
            neighbour.wait()

    assert share > 0.5
