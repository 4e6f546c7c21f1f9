"""How busy the machine was with other work while something was measured: such a measurement is too slow."""

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
        own_s: Of this process.
    """

    at_s: float
    busy_s: float
    own_s: float


def processor_times() -> ProcessorTimes:
    """Read the processor's times."""
    machine, own = psutil.cpu_times()._asdict(), psutil.Process().cpu_times()
    # The time of a virtual machine's guests is counted in `user` already.
    busy = ("user", "nice", "system", "irq", "softirq", "steal", "interrupt", "dpc")
    return ProcessorTimes(
        at_s=time.monotonic(),
        busy_s=sum(machine.get(kind, 0.0) for kind in busy),
        own_s=own.user + own.system,
    )


def other_cpu_share(before: ProcessorTimes, after: ProcessorTimes, cores: int) -> float:
    """Return the share of all cores, 0 to 1, that others than this process kept busy."""
    available_s = (after.at_s - before.at_s) * cores
    if available_s <= 0:
        return 0.0
    others_s = (after.busy_s - before.busy_s) - (after.own_s - before.own_s)
    return round(min(1.0, max(0.0, others_s / available_s)), 3)
