"""What to say of a budget that breaks on a measurement which other work disturbed."""

from components.endpoint_plan import EndpointPlan
from optimizers.processor_load import QUIET_CPU_SHARE


def measure_again(plan: EndpointPlan) -> str:
    """Return the remedy, to be added to a violation; empty where the machine was quiet or that is unknown."""
    busy = plan.measured.other_cpu_share or 0
    if busy <= QUIET_CPU_SHARE:
        return ""
    return (
        f"; the machine was {busy:.0%} busy with other work when this was measured, "
        f"so first run `serving optimize --force` when it is quiet"
    )
