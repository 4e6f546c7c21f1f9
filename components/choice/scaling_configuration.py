"""The configuration of a fleet: its plan, recorded, so that a change is a visible diff and policies can judge it."""

from typing import Any, TypedDict

import pulumi

from components.choice.choices import ScalingPlan
from components.choice.outputs import cost_estimate, resource_limits, scaling_policy
from components.tokens import SCALING_CONFIGURATION


class ScalingConfigurationArgs(TypedDict):
    """Arguments of `ScalingConfiguration`."""

    plan: dict[str, Any]
    """Plain: what `ScalingPlan.recorded` gives. Required."""


class ScalingConfiguration(pulumi.ComponentResource):
    """A scaling policy, resource limits and their cost. It creates nothing: what deploys the model takes them from here."""

    scaling_policy: pulumi.Output[dict[str, Any]]
    """`min_replicas`, `max_replicas` and `target_utilization`."""
    resource_limits: pulumi.Output[dict[str, Any]]
    """`cpu_cores`, `memory_mib`, `machine` and `servers_per_machine`."""
    cost_estimate: pulumi.Output[dict[str, Any]]
    """`usd_per_month`, `usd_per_1000_requests` and their `basis`."""

    def __init__(self, name: str, args: ScalingConfigurationArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        plan = ScalingPlan.model_validate(args["plan"])
        super().__init__(SCALING_CONFIGURATION, name, {"plan": plan.recorded()}, opts)
        self.scaling_policy = pulumi.Output.from_input(scaling_policy(plan))
        self.resource_limits = pulumi.Output.from_input(resource_limits(plan))
        self.cost_estimate = pulumi.Output.from_input(cost_estimate(plan))
        self.register_outputs(
            {
                # Policies over a whole stack see what a component registers, not what it was given.
                "plan": plan.recorded(),
                "scaling_policy": self.scaling_policy,
                "resource_limits": self.resource_limits,
                "cost_estimate": self.cost_estimate,
            }
        )
