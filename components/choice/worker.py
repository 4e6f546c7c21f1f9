"""The measured server as it would be on another machine, and how many of it that machine holds."""

from components.capacity.fleet import Fleet
from components.capacity.service import ServiceTimes
from components.catalog.instance_type import InstanceType
from components.choice.speed import SpeedFactor, scaled
from components.choice.targets import Target
from components.embedded.plan import EmbeddedRequest, batcher, overhead_of, server_memory, server_times
from components.endpoint_plan import PlanPart, Resources
from optimizers.artifact import Artifact
from optimizers.report import Report

# Share of processor and memory that a node of Kubernetes keeps for itself, by part of its size (GKE documentation, "Plan
# GKE Standard node sizes"; the boot script of the EKS images takes the same shares of the processor and less memory).
NODE_CPU_SHARES = ((1, 0.06), (1, 0.01), (2, 0.005), (float("inf"), 0.0025))
NODE_MEMORY_SHARES = ((4, 0.25), (4, 0.20), (8, 0.10), (112, 0.06), (float("inf"), 0.02))
NODE_EVICTION_GIB = 0.1
MIB_PER_GIB = 1024


class Worker(PlanPart):
    """
    One server on a machine that nobody measured.

    Attributes:
        report: What it rests on.
        artifact: The locked artifact that the report chose.
        speed: How much slower or faster it is taken to be.
        resources: What it may use.
    """

    report: Report
    artifact: Artifact
    speed: SpeedFactor
    resources: Resources

    @property
    def key(self) -> tuple[str, str, float, float]:
        """Equal where two workers answer alike, whatever machines they are on."""
        return self.report.hardware.fingerprint, self.artifact.sha256, self.speed.expected, self.speed.high


def worker_of(report: Report, artifact: Artifact, speed: SpeedFactor) -> Worker:
    """Return the worker that a report measured, with the threads that it had there."""
    return Worker(
        report=report,
        artifact=artifact,
        speed=speed,
        resources=Resources(cpu_cores=report.cores, memory_mib=server_memory(artifact)),
    )


def service_and_fleet(
    worker: Worker, request: EmbeddedRequest, target: Target, by: float
) -> tuple[ServiceTimes, Fleet]:
    """Return how long the worker's calls take at a speed, and how it batches them then."""
    measured = tuple(scaled(item, worker.speed, by) for item in worker.report.call_times)
    overhead = overhead_of(worker.report)
    fleet = batcher(request, measured, overhead).model_copy(update={"routing": target.routing})
    service = server_times(measured, fleet.concurrent_calls, overhead)
    slower = {
        "overhead_ms": service.overhead_ms * by,
        "latency_ms": service.latency_ms * by,
        "resize_ms": service.resize_ms * by,
    }
    return service.model_copy(update=slower), fleet


def left_for_workers(machine: InstanceType, target: Target) -> tuple[float, float]:
    """Return the processors and the GiB of memory that a machine has for workers; 0 where its size is unknown."""
    vcpu, memory_gib = float(machine.vcpu or 0), float(machine.memory_gib or 0)
    if target.whole_machines:
        return vcpu, memory_gib
    kept_gib = _share(memory_gib, NODE_MEMORY_SHARES) + NODE_EVICTION_GIB
    return vcpu - _share(vcpu, NODE_CPU_SHARES), max(0.0, memory_gib - kept_gib)


def workers_on(machine: InstanceType, target: Target, resources: Resources) -> int:
    """Return how many workers that may use so much a machine holds; 0 where its size, or theirs, is unknown."""
    vcpu, memory_gib = left_for_workers(machine, target)
    worker_gib = (resources.memory_mib.value or 0) / MIB_PER_GIB
    return min(int(vcpu / resources.cpu_cores), int(memory_gib / worker_gib)) if worker_gib else 0


def _share(size: float, shares: tuple[tuple[float, float], ...]) -> float:
    kept, left = 0.0, size
    for part, share in shares:
        kept += min(part, left) * share
        left -= min(part, left)
    return kept
