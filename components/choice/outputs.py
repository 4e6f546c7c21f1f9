"""What a choice of machines gives: the outputs of `configure_scaling`."""

from typing import Any

from components.choice.choices import ScalingPlan
from components.cost.billed_units import HOURS_PER_MONTH

MACHINES_ALONE = f"machines alone, {HOURS_PER_MONTH:g} h a month: no control plane, disk or load balancer"


def scaling_policy(plan: ScalingPlan) -> dict[str, Any]:
    """Return `min_replicas`, `max_replicas` and `target_utilization`."""
    return plan.chosen.scaling.model_dump(mode="json")


def resource_limits(plan: ScalingPlan) -> dict[str, Any]:
    """Return what one server may use, on which machine, and how many of them share it."""
    chosen = plan.chosen
    return {
        "cpu_cores": chosen.resources.cpu_cores,
        "memory_mib": chosen.resources.memory_mib.value,
        "machine": chosen.machine,
        "servers_per_machine": chosen.workers_per_machine,
    }


def cost_estimate(plan: ScalingPlan) -> dict[str, Any]:
    """Return US dollars a month at the fewest, expected and most replicas, and for 1,000 requests; None is unknown."""
    chosen = plan.chosen
    month, hour = chosen.usd_per_month, chosen.usd_per_hour.basis
    return {
        "usd_per_month": None if month is None else month.model_dump(mode="json"),
        "usd_per_1000_requests": chosen.usd_per_1000_requests.value,
        "basis": hour if month is None else f"{hour}; {MACHINES_ALONE}",
    }
