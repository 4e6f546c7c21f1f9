"""`measured-elsewhere`: the plan's numbers were measured on the hardware that will serve."""

from components.endpoint_plan import EndpointPlan
from optimizers.lock import LOCK_NAME
from policies.endpoint_policy import endpoint_policy


def check(plan: EndpointPlan) -> list[str]:
    """Return a violation if the numbers of the plan were measured on other hardware than will serve."""
    hardware = plan.hardware
    if hardware.measured_on == hardware.target:
        return []
    return [
        (
            f"measured on other hardware ({hardware.description}, {hardware.measured_on}) than will serve ({hardware.target}); "
            f"run `serving optimize` on the machine that serves{_then_promote(plan)}"
        )
    ]


def _then_promote(plan: EndpointPlan) -> str:
    return "" if plan.lock == LOCK_NAME else ", for the stack that builds, and promote its lock"


measured_elsewhere = endpoint_policy(
    name="measured-elsewhere", description="The artifact was measured on the hardware that serves.", check=check
)
