"""`accelerator-supply` over whole stacks: pools inside a cluster count, and nodes that nobody can name silence it."""

from pathlib import Path
from typing import Any

import pytest
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE

from policies.accelerator_supply import accelerator_supply
from tests.support.policy_fixtures import deployment
from tests.support.policy_runs import violations
from tests.support.raw_resources import Resource, node_group, node_pool

SYSTEM = node_group(["m5.xlarge"], 1, 1, 1)
GPU_POD = deployment(1)


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A project without prices of its own."""
    (tmp_path / "policies").mkdir()
    monkeypatch.chdir(tmp_path / "policies")


def said(*resources: Resource) -> list[str]:
    return violations(accelerator_supply, {}, *resources)


def gke(*machines: str, **props: Any) -> Resource:
    pools = [{"name": f"p{number}", "nodeConfig": {"machineType": name}} for number, name in enumerate(machines)]
    return "gcp:container/cluster:Cluster", {
        "location": "us-central1-a",
        **({"nodePools": pools} if pools else {}),
        **props,
    }


@pytest.mark.parametrize(
    "supply",
    [
        ("kubernetes:karpenter.sh/v1:NodePool", {"spec": {}}),
        ("kubernetes:karpenter.sh/v1beta1:NodePool", {"spec": {}}),
        ("kubernetes:cloud.google.com/v1:ComputeClass", {"spec": {}}),
        ("aws:eks/cluster:Cluster", {"computeConfig": {"enabled": True}}),
        ("aws:autoscaling/group:Group", {"launchTemplate": {"id": UNKNOWN_STRING_VALUE}}),
        ("gcp:compute/instanceGroupManager:InstanceGroupManager", {}),
        gke(enableAutopilot=True),
        gke("e2-standard-4", clusterAutoscaling={"enabled": True}),
    ],
    ids=lambda supply: supply[0],
)
def test_nothing_is_said_where_something_may_bring_nodes_of_any_kind(supply: Resource) -> None:
    assert said(SYSTEM, supply, GPU_POD) == []
    # A pod that names its pool gets no other nodes.
    pinned = deployment(1, nodeSelector={"eks.amazonaws.com/nodegroup": "r0"})
    assert "the most that a node has is 0 (m5.xlarge)" in said(SYSTEM, supply, pinned)[0]


@pytest.mark.parametrize(
    "cluster",
    [
        gke("g2-standard-4"),
        gke("e2-standard-4", "g2-standard-4"),
        gke(initialNodeCount=1, nodeConfig={"machineType": "g2-standard-4"}),
        gke(initialNodeCount=1, nodeConfig={"guestAccelerators": [{"type": "nvidia-tesla-t4", "count": 1}]}),
    ],
)
def test_accelerators_of_pools_inside_a_cluster_count(cluster: Resource) -> None:
    assert said(cluster, node_pool("e2-standard-4"), GPU_POD) == []


@pytest.mark.parametrize(
    "cluster",
    [
        gke("e2-standard-4"),
        gke(initialNodeCount=1, nodeConfig={"machineType": "e2-standard-4"}),
    ],
)
def test_a_pod_that_no_pool_inside_the_cluster_can_run_is_refused(cluster: Resource) -> None:
    (message,) = said(cluster, GPU_POD)

    assert "the most that a node has is 0 (e2-standard-4): its pods stay pending" in message


def test_a_pod_that_names_a_pool_inside_the_cluster_is_held_against_that_one() -> None:
    pool = "cloud.google.com/gke-nodepool"
    cluster = gke("e2-standard-4", "g2-standard-4")

    assert said(cluster, deployment(1, nodeSelector={pool: "p1"})) == []
    assert "(e2-standard-4)" in said(cluster, deployment(1, nodeSelector={pool: "p0"}))[0]


def test_a_cluster_without_nodes_of_its_own_says_nothing() -> None:
    assert said(gke(removeDefaultNodePool=True, initialNodeCount=1, nodePools=UNKNOWN_STRING_VALUE), GPU_POD) == []
    assert said(("aws:eks/cluster:Cluster", {"computeConfig": {"enabled": False}}), GPU_POD) == []


def test_a_pod_for_karpenter_gets_none_of_the_groups() -> None:
    assert said(SYSTEM, deployment(1, nodeSelector={"karpenter.sh/nodepool": "gpu"})) == []


def test_a_supply_that_is_not_known_yet_is_named_by_its_path_where_somebody_asks() -> None:
    cluster = gke(nodePools=UNKNOWN_STRING_VALUE)

    assert said(cluster, deployment(0)) == []
    assert said(cluster, GPU_POD) == [
        "r0: the value of `nodePools` can't be known during preview; accelerators cannot be checked, so make the value known"
    ]
