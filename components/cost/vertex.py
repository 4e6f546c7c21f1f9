"""What Vertex AI rents for deployed models: every resource that has dedicated machines, whatever it is called."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from components.catalog.services import Service
from components.cost.billed_units import BilledUnits, unknown_units
from components.cost.declared_resource import MalformedError, UnknownPropertyError
from components.cost.gke import includes_gpu
from components.cost.machines import Count, RentedMachines

# What Vertex AI takes for a deployed model where no type is named (REST reference of MachineSpec, `machineType`).
DEFAULT_TYPE = "n1-standard-2"
NO_ACCELERATOR = "ACCELERATOR_TYPE_UNSPECIFIED"
AUTOMATIC = "machines that Vertex AI chooses"
AUTOMATIC_UNKNOWN = (
    "without `dedicatedResources` Vertex AI chooses the machines that the index runs on, and those are not priced"
)


def resource_pool(name: str, props: Mapping[str, Any], region: str) -> tuple[RentedMachines, ...]:
    """Return the machines that deployed models share."""
    return tuple(_machines(name, props["dedicatedResources"], str(props.get("region") or region)))


def deployed_index(name: str, props: Mapping[str, Any], region: str) -> tuple[RentedMachines | BilledUnits, ...]:
    """Return the machines that an index runs on; unknown ones where it leaves them to Vertex AI."""
    where = str(props.get("region") or region)
    dedicated = props.get("dedicatedResources")
    if not dedicated:
        return (unknown_units(name, where, AUTOMATIC, AUTOMATIC_UNKNOWN),)
    return tuple(_machines(name, dedicated, where))


def model_garden_deployment(name: str, props: Mapping[str, Any], region: str) -> tuple[RentedMachines, ...]:
    """Return the machines that one model of the Model Garden is deployed on."""
    dedicated = props["deployConfig"]["dedicatedResources"]
    return tuple(_machines(name, dedicated, str(props.get("location") or region)))


def endpoint(name: str, props: Mapping[str, Any], region: str) -> tuple[RentedMachines, ...]:
    """
    Return the machines of the models that run on an endpoint.

    Vertex AI tells of them and no program of pulumi-gcp 10.2 declares them, so before the endpoint exists there are none.
    Automatic resources have no machines to be read, and so no cost that is known.
    """
    where = str(props.get("location") or props.get("region") or region)
    try:
        models: Sequence[Mapping[str, Any]] = props.get("deployedModels") or []
    except UnknownPropertyError:
        return ()
    found = list[RentedMachines]()
    for number, model in enumerate(models):
        label = f"{name}, model `{model.get('displayName') or number}`"
        if model.get("sharedResources"):
            continue
        if not model.get("dedicatedResources"):
            raise MalformedError(f"{label} has no dedicated machines to be read")
        for dedicated in model["dedicatedResources"]:
            found += _machines(label, {**dedicated, "machineSpec": dedicated["machineSpecs"][0]}, where)
    return tuple(found)


def _machines(name: str, dedicated: Mapping[str, Any], region: str) -> Iterator[RentedMachines]:
    spec = dedicated["machineSpec"]
    lowest = int(dedicated["minReplicaCount"])
    count = Count(minimum=lowest, expected=lowest, maximum=int(dedicated.get("maxReplicaCount") or lowest))
    spot = bool(dedicated.get("spot"))
    machine = str(spec.get("machineType") or DEFAULT_TYPE)
    yield RentedMachines(
        resource=name, service=Service.VERTEX_AI_PREDICTION, region=region, names=(machine,), count=count, spot=spot
    )
    accelerator = str(spec.get("acceleratorType") or NO_ACCELERATOR)
    if accelerator != NO_ACCELERATOR and not includes_gpu(machine):
        yield RentedMachines(
            resource=name,
            service=Service.VERTEX_AI_PREDICTION,
            region=region,
            names=(accelerator,),
            count=count.times(int(spec.get("acceleratorCount") or 1)),
            spot=spot,
        )
