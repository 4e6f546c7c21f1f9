"""How busy the machine was with other work while something was measured: such a measurement is too slow."""

import contextlib
import time
from dataclasses import dataclass

import psutil

# Above this share other work shows in the p99.
QUIET_CPU_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class ProcessorTimes:
    """
    Processor time since the machine and this process started, in seconds, over all cores.

    Attributes:
        at_s: When this was read, on a clock that only goes forward.
        busy_s: Of every process, the kernel and, on a virtual machine, its neighbours (`steal`).
        own_s: Of this process and those that it started.
    """

    at_s: float
    busy_s: float
    own_s: float


def processor_times() -> ProcessorTimes:
    """Read the processor's times."""
    machine = psutil.cpu_times()._asdict()
    # The time of a virtual machine's guests is counted in `user` already.
    busy = ("user", "nice", "system", "irq", "softirq", "steal", "interrupt", "dpc")
    return ProcessorTimes(
        at_s=time.monotonic(),
        busy_s=sum(machine.get(kind, 0.0) for kind in busy),
        own_s=_own_s(),
    )


def _own_s() -> float:
    this = psutil.Process()
    ended = this.cpu_times()
    own_s = ended.user + ended.system + ended.children_user + ended.children_system
    for child in this.children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            times = child.cpu_times()
            own_s += times.user + times.system
    return own_s


def other_cpu_share(before: ProcessorTimes, after: ProcessorTimes, cores: int) -> float:
    """Return the share of all cores, 0 to 1, that others than this process and its own kept busy."""
    available_s = (after.at_s - before.at_s) * cores
    if available_s <= 0:
        return 0.0
    others_s = (after.busy_s - before.busy_s) - (after.own_s - before.own_s)
    return round(min(1.0, max(0.0, others_s / available_s)), 3)
