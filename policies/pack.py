"""Every policy of the pack."""

from collections.abc import Mapping
from types import MappingProxyType

from pulumi_policy import Policy

from components.tokens import ENDPOINTS, SCALING_CONFIGURATION
from policies.accelerator_fit import FitHeadroom, WarningHeadroom, accelerator_fit, accelerator_warning
from policies.accelerator_supply import ACCELERATOR_TYPES, accelerator_supply
from policies.artifact_hardware_match import artifact_hardware_match
from policies.artifact_integrity import artifact_integrity
from policies.autoscaling_sanity import AUTOSCALING_TYPES, autoscaling_sanity
from policies.cold_start_budget import ColdStartLimit, cold_start_budget, cold_start_warning
from policies.configuration import PolicyConfiguration
from policies.cost_budget import CostLimit, cost_budget, cost_warning
from policies.cost_increase import IncreaseLimit, cost_increase, cost_increase_warning
from policies.cost_settings import COST_TYPES
from policies.fleet_integrity import fleet_integrity
from policies.latency_budget import LatencyHeadroom, latency_budget, latency_warning
from policies.measured_elsewhere import measured_elsewhere
from policies.min_replicas_for_sla import ScaleToZero, min_replicas_for_sla
from policies.price_freshness import AgeLimit, price_freshness
from policies.throughput_budget import ThroughputHeadroom, throughput_budget, throughput_warning

# Judge the plan that an endpoint records.
ENDPOINT_POLICIES = (
    latency_budget,
    latency_warning,
    throughput_budget,
    throughput_warning,
    cold_start_budget,
    cold_start_warning,
    min_replicas_for_sla,
    accelerator_fit,
    accelerator_warning,
    artifact_integrity,
    artifact_hardware_match,
    measured_elsewhere,
)
# Judge the plan that a fleet records.
FLEET_POLICIES = (fleet_integrity,)
# Judge what all resources of a stack cost, those written by hand too; each only where a limit is configured.
COST_POLICIES = (cost_budget, cost_warning)
INCREASE_POLICIES = (cost_increase, cost_increase_warning)
STACK_POLICIES = (*COST_POLICIES, *INCREASE_POLICIES, price_freshness, autoscaling_sanity, accelerator_supply)

# Types that the policies over one resource judge.
RESOURCE_TYPES = frozenset({*ENDPOINTS, SCALING_CONFIGURATION})
# Types of resources that any policy over the stack reads; nothing else reaches them.
STACK_TYPES = frozenset({*COST_TYPES, *AUTOSCALING_TYPES, *ACCELERATOR_TYPES})

POLICIES: tuple[Policy, ...] = (*ENDPOINT_POLICIES, *FLEET_POLICIES, *STACK_POLICIES)

# Types of which a stack must have a resource, or the policy judged nothing; a policy over the whole stack has no row.
JUDGED_TYPES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        **{policy.name: ENDPOINTS for policy in ENDPOINT_POLICIES},
        **{policy.name: frozenset({SCALING_CONFIGURATION}) for policy in FLEET_POLICIES},
    }
)

# What a stack may say of each; a policy without a row takes nothing but its enforcement level.
CONFIGURATIONS: Mapping[str, type[PolicyConfiguration]] = MappingProxyType(
    {
        latency_warning.name: LatencyHeadroom,
        throughput_warning.name: ThroughputHeadroom,
        cold_start_budget.name: ColdStartLimit,
        cold_start_warning.name: ColdStartLimit,
        min_replicas_for_sla.name: ScaleToZero,
        accelerator_fit.name: FitHeadroom,
        accelerator_warning.name: WarningHeadroom,
        cost_budget.name: CostLimit,
        cost_warning.name: CostLimit,
        cost_increase.name: IncreaseLimit,
        cost_increase_warning.name: IncreaseLimit,
        price_freshness.name: AgeLimit,
    }
)
