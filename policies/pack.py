"""Every policy of the pack."""

from pulumi_policy import Policy

from policies.artifact_integrity import artifact_integrity
from policies.autoscaling_sanity import autoscaling_sanity
from policies.cost_budget import cost_budget, cost_warning
from policies.latency_budget import latency_budget
from policies.price_freshness import price_freshness
from policies.throughput_budget import throughput_budget

# Judge the plan that an endpoint records.
ENDPOINT_POLICIES = (latency_budget, throughput_budget, artifact_integrity)
# Judge what all resources of a stack cost, those written by hand too; each only where a limit is configured.
COST_POLICIES = (cost_budget, cost_warning)
STACK_POLICIES = (*COST_POLICIES, price_freshness, autoscaling_sanity)

POLICIES: tuple[Policy, ...] = (*ENDPOINT_POLICIES, *STACK_POLICIES)
