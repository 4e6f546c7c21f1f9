"""Fleets as a program records them, and what `fleet-integrity` says of them."""

import copy
import math
from typing import Any

from pulumi_policy import ResourceValidationArgs
from pulumi_policy.proxy import unknown_checking_proxy

from components.choice.choices import ScalingPlan
from components.choice.choose import choose
from components.choice.thousand import usd_per_thousand
from components.cost.month import machine_line
from components.tokens import SCALING_CONFIGURATION
from optimizers.artifact import FileDigest
from optimizers.lock import LockedModel
from optimizers.store import files_sha256
from optimizers.vocabulary import DeploymentTarget
from policies.fleet_integrity import fleet_integrity
from tests.support.choice_request import LOCKED, MACHINE, SHIPPED, asked

FILES = (FileDigest(path="model.bin", sha256="e" * 64, size_bytes=1_000_000),)
SHA256 = files_sha256(FILES)


def with_files(model: LockedModel) -> LockedModel:
    """The same model with an artifact whose digest is that of its files."""
    reports = {
        key: report.model_copy(
            update={
                "candidates": tuple(
                    item.model_copy(update={"artifact_sha256": SHA256}) if item.artifact_sha256 else item
                    for item in report.candidates
                )
            }
        )
        for key, report in model.reports.items()
    }
    artifacts = tuple(item.model_copy(update={"sha256": SHA256, "files": FILES}) for item in model.artifacts)
    return model.model_copy(update={"artifacts": artifacts, "reports": reports})


MODEL = with_files(LOCKED)


def chosen(
    target: DeploymentTarget = DeploymentTarget.KUBERNETES,
    rate_rps: int = 100,
    model: LockedModel = MODEL,
    **fields: Any,
) -> dict[str, Any]:
    """The record of the fleet that is chosen for this request."""
    return choose(asked(target, rate_rps=rate_rps, **fields), model, MACHINE, SHIPPED).plan.recorded()


def found(props: dict[str, Any], token: str = SCALING_CONFIGURATION) -> list[str]:
    """Run the policy as the engine does, with props that raise on unknown values."""
    messages = list[str]()
    args = ResourceValidationArgs(token, unknown_checking_proxy(props), "urn", "minilm", None, None, None)  # type: ignore[arg-type]
    fleet_integrity.validate(args, lambda message, _urn: messages.append(message))
    return messages


def changed(path: str, value: object, recorded: dict[str, Any]) -> dict[str, Any]:
    """The inputs of a fleet whose record has another value in one place."""
    record = copy.deepcopy(recorded)
    *parents, last = path.split(".")
    part: Any = record
    for parent in parents:
        part = part[parent]
    part[last] = value
    return {"plan": record}


def with_servers(recorded: dict[str, Any], workers: int) -> dict[str, Any]:
    """A record of so many servers at any time, with the machines and the dollars that go with them."""
    record = copy.deepcopy(recorded)
    fleet = record["chosen"]
    held = fleet["workers_per_machine"]
    machines = math.ceil(workers / held)
    replicas = workers if fleet["target"] == DeploymentTarget.KUBERNETES else machines
    fleet["workers"] = workers
    fleet["replicas"]["value"] = fleet["floor"]["value"] = replicas
    fleet["scaling"].update(min_replicas=replicas, max_replicas=replicas)
    fleet["machines"]["count"] = {"minimum": machines, "expected": float(machines), "maximum": machines}
    return priced(record)


def priced(record: dict[str, Any]) -> dict[str, Any]:
    """The record with what its machines cost."""
    plan = ScalingPlan.model_validate(record)
    assert plan.chosen.machines is not None
    month = machine_line(plan.chosen.machines, SHIPPED).usd_per_month
    assert month is not None
    record["chosen"]["usd_per_month"] = month.model_dump(mode="json")
    record["chosen"]["usd_per_1000_requests"]["value"] = usd_per_thousand(plan.traffic, month)
    return record
