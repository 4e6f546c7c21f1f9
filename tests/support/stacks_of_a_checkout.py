"""Further stacks in a checkout: `dev` that builds, `staging` and `prod` that are promoted to, each on a port of its own."""

from pathlib import Path
from typing import Any

import yaml

from tests.support.checkout import Checkout
from tests.support.free_port import free_port

SOURCES = {"dev": None, "staging": "dev", "prod": "staging"}


def stack_file(checkout: Checkout, stack: str) -> Path:
    return checkout.root / f"stacks/Pulumi.{stack}.yaml"


def add_stacks(checkout: Checkout) -> dict[str, int]:
    """Write the stacks from the spec of `local`; return the port of each."""
    ports = {stack: free_port() for stack in SOURCES}
    for stack, source in SOURCES.items():
        content = yaml.safe_load(checkout.stack_file.read_text())
        spec = content["config"]["model-serving:spec"]
        spec["endpoint"] = {"port": ports[stack]}
        if source:
            spec["promotion"] = {"source": source}
        stack_file(checkout, stack).write_text(yaml.safe_dump(content, sort_keys=False))
    return ports


def change_spec(checkout: Checkout, stack: str, **changes: Any) -> None:
    """Change fields of a stack's spec: `serving_context={"latency_sla_ms": 1}` is merged in."""
    content = yaml.safe_load(stack_file(checkout, stack).read_text())
    spec = content["config"]["model-serving:spec"]
    for key, value in changes.items():
        spec[key] = {**spec.get(key, {}), **value} if isinstance(value, dict) else value
    stack_file(checkout, stack).write_text(yaml.safe_dump(content, sort_keys=False))
