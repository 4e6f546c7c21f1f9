"""
`preview-policies`: what judging costs a preview, at 100 endpoints of seven resources each.

Three previews take turns on the real engine: without a policy pack, with the whole pack and every limit set, and with a pack
of two policies that look at nothing, the least that any pack costs. The program records a plan that was made before, so
that no time for planning makes the policies look cheap.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.result import BenchmarkResult, write_result
from components.embedded.plan import EmbeddedRequest, plan_endpoint
from optimizers import lock
from optimizers.goal import Goal
from optimizers.hardware import detect
from optimizers.lock import LOCK_NAME, Lock
from stacks.engine.environment import engine_environment, own_state_folder
from stacks.engine.locate import locate_engine
from stacks.project import Project
from tests.support.recording_provider import clouds

ROOT = Path(__file__).parents[1]
COMMAND = "make bench ONLY=preview-policies"
ENDPOINTS, ROUNDS, GOAL = 100, 5, 1.35
TIMEOUT_S = 300
STACK = "bench"
WITHOUT, WHOLE, TRIVIAL = "without", "whole pack", "two trivial policies"

PROGRAM = """
import json
from pathlib import Path

import pulumi

from components.tokens import EMBEDDED_ENDPOINT

declared = json.loads(Path(__file__).with_name("declared.json").read_text())
pulumi.CustomResource(*declared["nodes"])
for name in declared["names"]:
    endpoint = pulumi.ComponentResource(EMBEDDED_ENDPOINT, name, {"plan": {**declared["plan"], "name": name}})
    for suffix, token, props in declared["children"]:
        own = {**props, "metadata": {**props.get("metadata", {}), "namespace": name}}
        pulumi.CustomResource(token, f"{name}-{suffix}", own, pulumi.ResourceOptions(parent=endpoint))
"""
TRIVIAL_PACK = """
from pulumi_policy import PolicyPack, ResourceValidationPolicy, StackValidationPolicy

PolicyPack(
    name="trivial",
    policies=[
        ResourceValidationPolicy(name="resource", description="Nothing.", validate=lambda args, report: None),
        StackValidationPolicy(name="stack", description="Nothing.", validate=lambda args, report: None),
    ],
)
"""
# The machines that the pods run on, without which their cost is unknown.
NODES = (
    "aws:eks/nodeGroup:NodeGroup",
    "nodes",
    {
        "region": "us-east-1",
        "instanceTypes": ["c5.xlarge"],
        "scalingConfig": {"minSize": 1, "desiredSize": 50, "maxSize": 400},
    },
)
LIMITS: dict[str, dict[str, Any]] = {
    "latency-warning": {"headroom": 0},
    "throughput-warning": {"headroom": 0},
    "cold-start-budget": {"seconds": 3600},
    "cold-start-warning": {"seconds": 3600},
    "accelerator-warning": {"headroom": 0.1},
    "cost-budget": {"usd_per_month": 1e9, "region": "us-east-1"},
    "cost-warning": {"usd_per_month": 1e9, "region": "us-east-1"},
    "cost-increase": {"usd_per_month": 1e9, "usd_per_month_now": 0, "region": "us-east-1"},
    "cost-increase-warning": {"usd_per_month": 1e9, "usd_per_month_now": 0, "region": "us-east-1"},
}


def main() -> int:
    """Measure and return 1 if the goal is missed."""
    folder = Path(tempfile.mkdtemp(prefix="preview-policies-"))
    try:
        _write_project(folder)
        with clouds() as addresses:
            times = _previews(folder, addresses)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    results = [_result("preview-policies", times, WHOLE, GOAL), _result("preview-policies-least", times, TRIVIAL, None)]
    for result in results:
        write_result(result)
    return int(any(result.ok is False for result in results))


def _write_project(folder: Path) -> None:
    """Write a program, a lock of all its models, the pack beside it, and the trivial pack."""
    (model,) = lock.read(ROOT / LOCK_NAME).models.values()
    report = max(model.reports.values(), key=lambda item: item.measured_at)
    goal = Goal(latency_sla_ms=60_000, throughput_rps=1)
    plan = plan_endpoint(EmbeddedRequest(name="endpoint", goal=goal), model, report.hardware)
    names = [f"endpoint-{number}" for number in range(ENDPOINTS)]
    lock.write(folder / LOCK_NAME, Lock(models=dict.fromkeys(names, model)))
    shutil.copy2(ROOT / "Pulumi.yaml", folder)
    shutil.copytree(ROOT / "policies", folder / "policies", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / ".venv").symlink_to(Path(sys.prefix))
    (folder / "stacks").mkdir()
    (folder / "stacks" / "__main__.py").write_text(PROGRAM)
    declared = {"names": names, "plan": plan.recorded(), "children": _children(), "nodes": NODES}
    (folder / "stacks" / "declared.json").write_text(json.dumps(declared))
    (folder / "limits.json").write_text(json.dumps(LIMITS))
    trivial = folder / "trivial"
    trivial.mkdir()
    shutil.copy2(ROOT / "policies" / "PulumiPolicy.yaml", trivial)
    (trivial / "__main__.py").write_text(TRIVIAL_PACK)


def _children() -> list[tuple[str, str, dict[str, Any]]]:
    """Return what an endpoint on Kubernetes is made of: suffix, type, properties."""
    labels = {"app": "model"}
    selector = {"selector": {"matchLabels": labels}}
    container = {
        "name": "server", "image": "server@sha256:" + "0" * 64, "ports": [{"containerPort": 3000}],
        "resources": {"requests": {"cpu": "2", "memory": "1Gi"}, "limits": {"cpu": "2", "memory": "1Gi"}},
        "readinessProbe": {"httpGet": {"path": "/readyz", "port": 3000}, "periodSeconds": 5},
    }  # fmt: skip
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    reference = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "server"}
    return [
        ("server", "kubernetes:apps/v1:Deployment", {"metadata": {"name": "server"}, "spec": {**selector, "template": template}}),
        ("service", "kubernetes:core/v1:Service", {"spec": {"selector": labels, "ports": [{"port": 80, "targetPort": 3000}]}}),
        ("autoscaler", "kubernetes:autoscaling/v2:HorizontalPodAutoscaler", {"spec": {"scaleTargetRef": reference, "minReplicas": 1, "maxReplicas": 4}}),
        ("disruption", "kubernetes:policy/v1:PodDisruptionBudget", {"spec": {**selector, "minAvailable": 1}}),
        ("network", "kubernetes:networking.k8s.io/v1:NetworkPolicy", {"spec": {"podSelector": {"matchLabels": labels}, "policyTypes": ["Ingress"]}}),
        ("config", "kubernetes:core/v1:ConfigMap", {"data": {"config.json": "{}"}}),
    ]  # fmt: skip


def _previews(folder: Path, addresses: str) -> Mapping[str, tuple[float, ...]]:
    """Return the seconds of each kind of preview, one of each in every round."""
    project = Project(folder)
    engine = locate_engine(lambda line: print(line, file=sys.stderr))
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PULUMI_")}
    environment = {
        **kept,
        **engine_environment(project, engine, kept),
        "PULUMI_HOME": str(folder / ".pulumi"),
        "PULUMI_DEBUG_PROVIDERS": addresses,
        # The checkout's own modules, whatever the virtual environment has installed.
        "PYTHONPATH": str(ROOT),
    }
    own_state_folder(project).mkdir(parents=True)
    packs = {
        WITHOUT: (),
        WHOLE: ("--policy-pack", "policies", "--policy-pack-config", "limits.json"),
        TRIVIAL: ("--policy-pack", "trivial"),
    }

    def seconds(*arguments: str) -> float:
        command = [str(engine.path), *arguments, "--color", "never", "--non-interactive", "--stack", STACK]
        started = time.perf_counter()
        done = subprocess.run(
            command, cwd=folder, env=environment, check=False, capture_output=True, text=True, timeout=TIMEOUT_S
        )
        if done.returncode:
            sys.exit(
                f"`{' '.join(arguments)}` failed, so nothing is measured:\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
            )
        return time.perf_counter() - started

    seconds("stack", "select", "--create")
    times: dict[str, list[float]] = {name: [] for name in packs}
    # The first one compiles what it imports.
    seconds("preview")
    for number in range(ROUNDS):
        for name in list(packs)[number % len(packs) :] + list(packs)[: number % len(packs)]:
            times[name].append(seconds("preview", *packs[name]))
    return {name: tuple(values) for name, values in times.items()}


def _result(name: str, times: Mapping[str, tuple[float, ...]], pack: str, goal: float | None) -> BenchmarkResult:
    """Return the ratio within each round, since other work on the machine comes and goes."""
    ratios = tuple(one / bare for one, bare in zip(times[pack], times[WITHOUT], strict=True))
    value = median(ratios)
    shown = ", ".join(f"{kind} {median(seconds):.1f} s" for kind, seconds in times.items())
    return BenchmarkResult(
        name=name,
        value=value,
        unit="x",
        goal=None if goal is None else f"<= {goal:g}",
        ok=None if goal is None else value <= goal,
        samples=ratios,
        spread=(min(ratios), max(ratios)),
        peer=f"a preview without a pack; {TRIVIAL} in the same run: {median(times[TRIVIAL]) / median(times[WITHOUT]):.2f}x",
        machine=detect(),
        versions={"pulumi": version("pulumi"), "pulumi-policy": version("pulumi-policy")},
        command=COMMAND,
        remark=f"medians of {ROUNDS}: {shown}",
    )


if __name__ == "__main__":
    sys.exit(main())
