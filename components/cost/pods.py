"""What the pods of a workload ask for. They rent no machine: they run on nodes that a node pool rents."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from pydantic import Field

from components.cost.machines import LARGEST
from components.cost.quantity import GIB, quantity
from components.endpoint_plan import PlanPart

# Resources of device plugins that stand for one accelerator each.
ACCELERATORS = ("nvidia.com/gpu", "amd.com/gpu", "google.com/tpu", "aws.amazon.com/neuron")


class PodRequests(PlanPart):
    """
    Requests of all pods of one workload, as it is written.

    Attributes:
        replicas: As written; 1 where an autoscaler sets it, which Kubernetes starts with, and of a DaemonSet, whose number
            is that of the nodes.
        cpu: Cores of all replicas together.
        memory_gib: The same in GiB.
        accelerators: Chips of all replicas together.
        node_labels: What a node must be labelled with to run them.
    """

    resource: str
    replicas: int = Field(ge=0, le=LARGEST)
    cpu: float = Field(ge=0, allow_inf_nan=False)
    memory_gib: float = Field(ge=0, allow_inf_nan=False)
    accelerators: int = Field(ge=0)
    node_labels: Mapping[str, str]


def workload_pods(name: str, props: Mapping[str, Any], _region: str) -> tuple[PodRequests, ...]:
    """Return the requests of a workload with `replicas`, or of a DaemonSet."""
    return _requests(name, _template(props), props["spec"].get("replicas"))


def job_pods(name: str, props: Mapping[str, Any], _region: str) -> tuple[PodRequests, ...]:
    """Return the requests of the pods of a Job that run at once."""
    return _requests(name, _template(props), props["spec"].get("parallelism"))


def cron_job_pods(name: str, props: Mapping[str, Any], region: str) -> tuple[PodRequests, ...]:
    """Return the requests of one Job of a CronJob."""
    return job_pods(name, props["spec"]["jobTemplate"], region)


def pod(name: str, props: Mapping[str, Any], _region: str) -> tuple[PodRequests, ...]:
    """Return the requests of a pod of its own."""
    return _requests(name, props["spec"], None)


def _template(props: Mapping[str, Any]) -> Mapping[str, Any]:
    return (props["spec"].get("template") or {}).get("spec") or {}


def _requests(name: str, pod: Mapping[str, Any], written: Any) -> tuple[PodRequests, ...]:  # noqa: ANN401 - any JSON value
    """Return what so many pods ask for; a limit counts as request where there is no request."""
    replicas = 1 if written is None else int(written)
    cpu, memory, accelerators = Decimal(0), Decimal(0), Decimal(0)
    for container in pod.get("containers") or ():
        asked = _asked(container.get("resources") or {})
        cpu += asked.get("cpu", Decimal(0))
        memory += asked.get("memory", Decimal(0))
        accelerators += sum((asked.get(kind, Decimal(0)) for kind in ACCELERATORS), Decimal(0))
    return (
        PodRequests(
            resource=name,
            replicas=replicas,
            cpu=float(cpu * replicas),
            memory_gib=float(memory * replicas / GIB),
            accelerators=int(accelerators) * replicas,
            node_labels={str(key): str(value) for key, value in (pod.get("nodeSelector") or {}).items()},
        ),
    )


def _asked(resources: Mapping[str, Any]) -> dict[str, Decimal]:
    limits, requests = resources.get("limits") or {}, resources.get("requests") or {}
    return {
        kind: quantity({**limits, **requests}[kind]) for kind in {*limits, *requests} & {"cpu", "memory", *ACCELERATORS}
    }
