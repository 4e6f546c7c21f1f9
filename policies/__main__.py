"""Serve the policy pack to the engine. `PolicyPack` blocks until the engine is done, so nothing imports this file."""

from pulumi_policy import PolicyPack

from policies.pack import POLICIES

PolicyPack(name="model-serving", policies=list(POLICIES))
