"""Run a stack policy as the engine does, on resources named r0, r1, …"""

from collections.abc import Sequence
from typing import Any

from pulumi_policy import (
    PolicyCustomTimeouts,
    PolicyResource,
    PolicyResourceOptions,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.proxy import unknown_checking_proxy

from policies.pack import STACK_TYPES
from tests.support.raw_resources import Resource


def policy_resource(name: str, token: str, props: dict[str, Any], ignored: Sequence[str] = ()) -> PolicyResource:
    """Return a resource with props that raise on unknown values, and that ignores changes of these properties."""
    options = PolicyResourceOptions(
        protect=False,
        ignore_changes=[*ignored],
        delete_before_replace=None,
        aliases=[],
        custom_timeouts=PolicyCustomTimeouts(0, 0, 0),
        additional_secret_outputs=[],
    )
    return PolicyResource(token, unknown_checking_proxy(props), f"urn::{name}", name, options, None, None, [], {})


def violations(policy: StackValidationPolicy, config: dict[str, Any], *resources: Resource) -> list[str]:
    """Return what the policy reports of the types that the pack lets through."""
    listed = [
        policy_resource(f"r{number}", token, props)
        for number, (token, props) in enumerate(resources)
        if token in STACK_TYPES
    ]
    found: list[str] = []
    policy.validate(StackValidationArgs(listed, config), lambda message, _urn: found.append(message))
    return found
