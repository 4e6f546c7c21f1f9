"""Scale a measurement to a machine that nobody measured: by a stated factor, and with a wider interval."""

from pydantic import Field

from components.choice.processors import Processor
from components.endpoint_plan import PlanPart
from optimizers.report import Interval, Measurement, Report

# A processor of a cloud is a hardware thread, two of which share a core; what was measured may have had whole cores, and a
# call that computes all the time then takes up to twice as long. The other way round, half as long. (Compute Engine
# documentation, CPU platforms: two vCPUs a core but for Tau T2D and Arm; EC2 documentation, CPU options, says the same.)
SHARED_CORE = 2.0
# On shared machines one measurement differs from the next by up to a tenth; seen on 2 cores of an AMD EPYC.
SAME_MACHINE = 1.1


class SpeedFactor(PlanPart):
    """
    How many times as long calls take as where they were measured.

    Attributes:
        low: At the best.
        expected: What is shown.
        high: At the worst; what decides.
        basis: The rule in words.
    """

    low: float = Field(gt=0)
    expected: float = Field(gt=0)
    high: float = Field(gt=0)
    basis: str


HERE = SpeedFactor(low=1, expected=1, high=1, basis="measured on this machine")


def elsewhere(report: Report, processor: Processor) -> SpeedFactor:
    """
    Return the factor for a rented machine.

    No source gives the speed of neural networks for every family, so the expected factor is 1. The interval is narrow only
    where the measured machine names the same processor.
    """
    measured_on = report.hardware.cpu_model
    known = processor.read
    if processor.is_the_one_of(report.hardware):
        return SpeedFactor(
            low=1 / SAME_MACHINE,
            expected=1,
            high=SAME_MACHINE,
            basis=f"measured on {measured_on}, the same processor; x1 within {SAME_MACHINE - 1:.0%}; {known}",
        )
    return SpeedFactor(
        low=1 / SHARED_CORE,
        expected=1,
        high=SHARED_CORE,
        basis=(
            f"measured on {measured_on}, predicted for {processor.processor}: x1, from x{1 / SHARED_CORE:g} to x{SHARED_CORE:g}, "
            "since no source compares them and a vCPU may be half a core; x"
            f"{SHARED_CORE:g} decides; {known}"
        ),
    )


def scaled(measurement: Measurement, factor: SpeedFactor, by: float | None = None) -> Measurement:
    """
    Return the measurement as it would be elsewhere; its interval reaches from the lowest factor to the highest.

    Args:
        measurement: As it was made.
        factor: How much longer calls take.
        by: What the value itself is multiplied with; None: the expected factor.
    """
    value = factor.expected if by is None else by
    return measurement.model_copy(
        update={
            "p50": _scaled(measurement.p50, factor, value),
            "p99": _scaled(measurement.p99, factor, value),
            "throughput_rps": measurement.throughput_rps / value,
            "quantiles_ms": tuple(value * time_ms for time_ms in measurement.quantiles_ms),
        }
    )


def _scaled(interval: Interval, factor: SpeedFactor, value: float) -> Interval:
    return Interval(
        value_ms=interval.value_ms * value, low_ms=interval.low_ms * factor.low, high_ms=interval.high_ms * factor.high
    )
