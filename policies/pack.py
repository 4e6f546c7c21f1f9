"""Every policy of the pack."""

from pulumi_policy import Policy

from policies.artifact_integrity import artifact_integrity
from policies.latency_budget import latency_budget
from policies.throughput_budget import throughput_budget

POLICIES: tuple[Policy, ...] = (latency_budget, throughput_budget, artifact_integrity)
