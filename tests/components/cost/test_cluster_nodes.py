"""Pods on a cluster of the stack without nodes in it are no more free than pods without a pool."""

from typing import Any

import pytest
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE

from components.cost.billed_units import CostKind
from tests.support.raw_resources import Resource, deployment, node_group, node_pool
from tests.support.stack_costs import cost_of

POD = deployment("1", "1Gi", 2)
POOL = {"nodeCount": 1, "nodeConfig": {"machineType": "e2-standard-4"}}


def eks(name: Any = None, **props: Any) -> Resource:
    return "aws:eks/cluster:Cluster", {"region": "us-east-1", "name": name, **props}


def gke(name: Any = None, **props: Any) -> Resource:
    return "gcp:container/cluster:Cluster", {"location": "us-central1-a", "name": name, **props}


def group(cluster: Any = None) -> Resource:
    return node_group(["c5.xlarge"], 1, 1, 1, **({} if cluster is None else {"clusterName": cluster}))


def pool(cluster: Any) -> Resource:
    return node_pool("e2-standard-4", nodeCount=1, cluster=cluster)


@pytest.mark.parametrize(
    ("resources", "named"),
    [
        ([eks("a"), eks("b"), group("a")], "r1"),
        ([eks("a"), eks("b"), group("a"), group("a")], "r1"),
        ([eks("a"), eks("b"), group(UNKNOWN_STRING_VALUE)], "r0`, `r1"),
        ([eks("a"), eks("b"), group("elsewhere")], "r0`, `r1"),
        ([gke("a", nodePools=[POOL]), gke("b", removeDefaultNodePool=True)], "r1"),
        ([gke("a", removeDefaultNodePool=True), gke("b", removeDefaultNodePool=True), pool("projects/p/locations/us-central1-a/clusters/a")], "r1"),
        ([eks("a"), gke("b", removeDefaultNodePool=True), pool("b")], "r0"),
    ],
)  # fmt: skip
def test_pods_that_may_run_on_a_cluster_without_nodes_are_unknown(resources: list[Resource], named: str) -> None:
    (line,) = (line for line in cost_of(*resources, POD).unknown if line.kind is CostKind.PODS)

    assert f"it may run on cluster `{named}`, which has no node pool in this stack" in line.unit_price.basis
    assert cost_of(*resources, POD, machines_paid_elsewhere=True).unknown == ()
    assert cost_of(*resources).unknown == ()


@pytest.mark.parametrize(
    "resources",
    [
        [group()],
        [group("elsewhere")],
        [eks("a"), group("a")],
        [eks("a"), group(UNKNOWN_STRING_VALUE)],
        [eks(), group("a")],
        [eks(UNKNOWN_STRING_VALUE), group("a")],
        [eks("a"), eks("b"), group("a"), group("b")],
        [eks("a"), eks("b"), group(UNKNOWN_STRING_VALUE), group("b")],
        [gke("a", initialNodeCount=1, nodeConfig=POOL["nodeConfig"]), gke("b", nodePools=[POOL])],
        [eks("a"), gke("b", initialNodeCount=1, nodeConfig=POOL["nodeConfig"]), group("a")],
    ],
)
def test_pods_are_paid_for_where_each_cluster_has_nodes(resources: list[Resource]) -> None:
    assert cost_of(*resources, POD).unknown == ()


def test_nodes_that_a_cluster_chooses_by_itself_are_said_once() -> None:
    cost = cost_of(eks("a", computeConfig={"enabled": True}), eks("b"), group("b"), POD)

    assert [line.kind for line in cost.unknown] == [CostKind.UNPRICED]
