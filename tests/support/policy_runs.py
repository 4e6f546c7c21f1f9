"""Run a stack policy as the engine does, on resources named r0, r1, …"""

from typing import Any

from pulumi_policy import PolicyResource, StackValidationArgs, StackValidationPolicy
from pulumi_policy.proxy import unknown_checking_proxy

from policies.pack import STACK_TYPES
from tests.support.raw_resources import Resource


def violations(policy: StackValidationPolicy, config: dict[str, Any], *resources: Resource) -> list[str]:
    """Return what the policy reports of the types that the pack lets through, with props that raise on unknown values."""
    listed = [
        PolicyResource(token, unknown_checking_proxy(props), f"urn::{number}", f"r{number}", None, None, None, [], {})  # type: ignore[arg-type]
        for number, (token, props) in enumerate(resources)
        if token in STACK_TYPES
    ]
    found: list[str] = []
    policy.validate(StackValidationArgs(listed, config), lambda message, _urn: found.append(message))
    return found
