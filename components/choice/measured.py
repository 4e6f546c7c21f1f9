"""Find the measurement that says most about a machine that nobody measured."""

from components.catalog.instance_type import InstanceType
from components.choice.processors import family, processors
from components.choice.speed import HERE, SpeedFactor, elsewhere
from components.choice.worker import Worker, worker_of
from optimizers.errors import ArtifactError
from optimizers.hardware import Hardware
from optimizers.lock import LockedModel
from optimizers.report import Report
from optimizers.vocabulary import Accelerator


class Unmeasured(Exception):
    """Nothing in the lock says how fast the model is there."""


def measured_for(locked: LockedModel, machine: InstanceType) -> Worker:
    """
    Return the worker that the best fitting report measured.

    A report fits where the machine has every instruction set that the measured one had; of those, the one with the most
    is nearest, and of these the newest.

    Raises:
        Unmeasured: None fits, and why.
    """
    if machine.accelerator is not None:
        measured = ", ".join(sorted({report.hardware.accelerator for report in locked.reports.values()}))
        raise Unmeasured(
            f"it has an accelerator, and the lock holds measurements on {measured} only; "
            "run `serving optimize` on such a machine"
        )
    if machine.vcpu is None or machine.memory_gib is None:
        raise Unmeasured("the catalog does not know its vCPU and memory; complete its row")
    processor = processors().get(family(machine.name))
    if processor is None:
        raise Unmeasured(
            f"the processor of `{family(machine.name)}` is not known; run `serving optimize` on such a machine, or add a row to "
            "components/choice/processors.csv"
        )
    on_processors = [report for report in locked.reports.values() if report.hardware.accelerator is Accelerator.CPU]
    architectures = sorted({report.hardware.architecture for report in on_processors})
    if architectures and processor.architecture not in architectures:
        raise Unmeasured(
            f"its {processor.processor} is {processor.architecture}, and the lock holds measurements on "
            f"{', '.join(architectures)} only; run `serving optimize` on such a machine ({processor.read})"
        )
    fitting = [report for report in on_processors if not processor.lacks(report.hardware)]
    if not fitting:
        lacks = min((processor.lacks(report.hardware) for report in on_processors), key=len, default="a measurement")
        raise Unmeasured(
            f"its processor ({processor.processor}) is not sure to have {lacks}, which every measurement in the lock had; "
            f"run `serving optimize` on such a machine ({processor.read})"
        )
    nearest = max(fitting, key=_rank)
    return _worker(locked, nearest, elsewhere(nearest, processor))


def measured_here(locked: LockedModel, hardware: Hardware) -> Worker:
    """
    Return the worker on the machine that plans.

    Raises:
        Unmeasured: It was never measured.
    """
    report = locked.reports.get(hardware.fingerprint)
    if report is None:
        raise Unmeasured(f"this machine ({hardware.description}) was not measured; run `serving optimize`")
    return _worker(locked, report, HERE)


def measured_anywhere(locked: LockedModel) -> tuple[Worker, ...]:
    """
    Return the worker of each machine that was measured, as it is on that very machine; at least one.

    Raises:
        Unmeasured: None was.
    """
    found = tuple(
        _worker(locked, report, HERE)
        for report in locked.reports.values()
        if report.call_times and locked.artifact(report.chosen) is not None
    )
    if not found:
        raise Unmeasured("the lock holds no measurement of a machine")
    return found


def _rank(report: Report) -> tuple[int, str, str]:
    return len(report.hardware.cpu_features), report.measured_at, report.hardware.fingerprint


def _worker(locked: LockedModel, report: Report, speed: SpeedFactor) -> Worker:
    artifact = locked.artifact(report.chosen)
    if artifact is None or not report.call_times:
        raise ArtifactError(
            f"the lock lacks the artifact or the measurements of `{report.chosen}`; run `serving optimize`"
        )
    return worker_of(report, artifact, speed)
