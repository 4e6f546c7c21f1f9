"""Which changes replace a resource."""

from typing import Any

import pytest

from stacks.engine.providers.differences import differences
from stacks.engine.providers.replacement import replacing, replacing_properties

SELECTOR = ("spec.selector", "nodeConfig.spot")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({"spec": {"selector": {"app": "a"}}}, {"spec": {"selector": {"app": "b"}}}, {("spec", "selector", "app")}),
        ({"spec": {"replicas": 1}}, {"spec": {"replicas": 2}}, set[Any]()),
        ({"spec": {"selectors": 1}}, {"spec": {"selectors": 2}}, set[Any]()),
        ({}, {"spec": {"selector": 1}}, {("spec",)}),
        ({"spec": {"selector": 1}}, {}, {("spec",)}),
        ({}, {"spec": {"replicas": 1}}, set[Any]()),
        ({"nodeConfig": [{"spot": True}]}, {"nodeConfig": [{"spot": False}]}, {("nodeConfig", 0, "spot")}),
        ({"nodeConfig": [1]}, {"nodeConfig": [1, {"spot": False}]}, {("nodeConfig", 1)}),
    ],
)
def test_a_difference_replaces_where_it_touches_a_listed_property(
    old: dict[str, Any], new: dict[str, Any], expected: set[Any]
) -> None:
    assert replacing(differences(old, new), SELECTOR) == expected


def test_every_kubernetes_object_is_replaced_when_it_is_renamed_or_moved() -> None:
    assert set(replacing_properties("kubernetes:acme.io/v1:Anvil")) == {"metadata.name", "metadata.namespace"}


def test_a_type_that_no_table_has_is_never_replaced() -> None:
    assert replacing_properties("acme:index/anvil:Anvil") == ()


def test_rows_by_hand_go_before_those_from_the_sdks() -> None:
    assert "subnetIds" in replacing_properties("aws:eks/nodeGroup:NodeGroup")
    assert "accessConfig" not in replacing_properties("aws:eks/cluster:Cluster")


CLUSTER, POOL = "gcp:container/cluster:Cluster", "gcp:container/nodePool:NodePool"
EKS_CLUSTER, NODE_GROUP = "aws:eks/cluster:Cluster", "aws:eks/nodeGroup:NodeGroup"
POD, VOLUME = "kubernetes:core/v1:Pod", "kubernetes:core/v1:PersistentVolume"


@pytest.mark.parametrize(
    ("token", "old", "new"),
    [
        (POOL, {"nodeConfig": {"bootDiskKmsKey": "a"}}, {"nodeConfig": {"bootDiskKmsKey": "b"}}),
        (POOL, {"nodeConfig": {"flexStart": False}}, {"nodeConfig": {"flexStart": True}}),
        (POOL, {"nodeConfig": {}}, {"nodeConfig": {"soleTenantConfig": {"nodeAffinities": [{"key": "a"}]}}}),
        (CLUSTER, {"datapathProvider": "LEGACY_DATAPATH"}, {"datapathProvider": "ADVANCED_DATAPATH"}),
        (CLUSTER, {"nodeConfig": {"spot": True}}, {"nodeConfig": {"spot": False}}),
        (NODE_GROUP, {"launchTemplate": {"id": "lt-1"}}, {"launchTemplate": {"id": "lt-2"}}),
        (NODE_GROUP, {}, {"launchTemplate": {"id": "lt-1", "version": "1"}}),
        (POD, {"spec": {"containers": [{"image": "a"}]}}, {"spec": {"containers": [{"image": "b"}]}}),
        (POD, {"spec": {"initContainers": [{"tty": True}]}}, {"spec": {"initContainers": [{"tty": False}]}}),
        (POD, {"spec": {}}, {"spec": {"containers": [{"name": "new", "image": "a"}]}}),
        (VOLUME, {"spec": {"csi": {"volumeHandle": "a"}}}, {"spec": {"csi": {"volumeHandle": "b"}}}),
        (VOLUME, {"spec": {"nfs": {"path": "/a"}}}, {"spec": {"hostPath": {"path": "/a"}}}),
    ],
)
def test_what_the_providers_replace_is_replaced(token: str, old: dict[str, Any], new: dict[str, Any]) -> None:
    assert replacing(differences(old, new), replacing_properties(token))


@pytest.mark.parametrize(
    ("token", "old", "new"),
    [
        (POOL, {"nodeConfig": {"gvnic": {"enabled": False}}}, {"nodeConfig": {"gvnic": {"enabled": True}}}),
        (POOL, {"nodeConfig": {}}, {"nodeConfig": {"gvnic": {"enabled": True}}}),
        (POOL, {"nodeConfig": {"machineType": "a"}}, {"nodeConfig": {"machineType": "b"}}),
        (CLUSTER, {"enableMultiNetworking": False}, {"enableMultiNetworking": True}),
        (CLUSTER, {"ipAllocationPolicy": {"stackType": "IPV4"}}, {"ipAllocationPolicy": {"stackType": "IPV4_IPV6"}}),
        (EKS_CLUSTER, {"vpcConfig": {"subnetIds": ["a"]}}, {"vpcConfig": {"subnetIds": ["b"]}}),
        (EKS_CLUSTER, {}, {"computeConfig": {"enabled": True, "nodeRoleArn": "a"}}),
        (NODE_GROUP, {"launchTemplate": {"version": "1"}}, {"launchTemplate": {"version": "2"}}),
        (POD, {"spec": {}}, {"spec": {"activeDeadlineSeconds": 60, "tolerations": [{"operator": "Exists"}]}}),
        (VOLUME, {"spec": {"capacity": {"storage": "1Gi"}}}, {"spec": {"capacity": {"storage": "2Gi"}}}),
    ],
)
def test_what_the_providers_update_in_place_is_not_replaced(
    token: str, old: dict[str, Any], new: dict[str, Any]
) -> None:
    assert replacing(differences(old, new), replacing_properties(token)) == frozenset()
