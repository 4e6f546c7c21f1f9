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
