"""What a predicted number rests on, in a few words that follow a violation."""

from collections.abc import Mapping
from types import MappingProxyType

from components.capacity.prediction import Method
from components.endpoint_plan import EndpointPlan

HOW: Mapping[Method, str] = MappingProxyType(
    {
        Method.CLOSED_FORM: "by formula",
        Method.SIMULATION: "by simulation",
        Method.SATURATED: "nothing, since the load reaches the capacity",
    }
)


def prediction_basis(plan: EndpointPlan) -> str:
    """Return the batch and threads of a prediction, where its calls were measured, and when."""
    batch, hardware, day = plan.max_batch_size.value, plan.hardware, plan.measured.day
    here = hardware.measured_on == hardware.target
    # Measurements from elsewhere are taken as they are: no factor between the two machines is known.
    where = "here" if here else f"on other hardware ({hardware.description}), taken for as fast here (x1),"
    threads = "1 thread" if plan.threads.value == 1 else f"{plan.threads.value} threads"
    return f"with batches of up to {batch} and {threads}, measured {where} on {day}"
