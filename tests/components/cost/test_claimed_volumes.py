"""Volumes of a StatefulSet: as many as there are replicas, and as an autoscaler may start."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi_policy.proxy import UNKNOWN_NUMBER_VALUE, UNKNOWN_STRING_VALUE

from components.cost.billed_units import CostKind
from components.cost.month import CostLine
from tests.support.raw_resources import Resource, deployment, node_group, volume_claim
from tests.support.stack_costs import cost_of

NODES = node_group(["c5.xlarge"], 1, 1, 1)


def stateful_set(replicas: int | None = None, name: Any = "db", namespace: Any = None) -> Resource:
    claim = {"spec": {"resources": {"requests": {"storage": "100Gi"}}, "storageClassName": "gp3"}}
    written = {} if replicas is None else {"replicas": replicas}
    return "kubernetes:apps/v1:StatefulSet", {
        "metadata": {"name": name, "namespace": namespace}, "spec": {**written, "volumeClaimTemplates": [claim]},
    }  # fmt: skip


def pod_autoscaler(low: Any, high: Any, version: str = "v2", namespace: Any = None, **target: Any) -> Resource:
    return f"kubernetes:autoscaling/{version}:HorizontalPodAutoscaler", {
        "metadata": {"namespace": namespace},
        "spec": {"scaleTargetRef": {"kind": "StatefulSet", "name": "db", **target}, "minReplicas": low, "maxReplicas": high},
    }  # fmt: skip


def keda(**spec: Any) -> Resource:
    target = {"kind": "StatefulSet", "name": "db"}
    return "kubernetes:keda.sh/v1alpha1:ScaledObject", {"spec": {"scaleTargetRef": target, **spec}}


def storage(*resources: Resource) -> CostLine:
    """Return the line of the volumes of `r0`."""
    lines = cost_of(*resources, NODES).lines
    (line,) = (line for line in lines if line.kind is CostKind.STORAGE and line.resource == "r0")
    return line


def usd(*resources: Resource) -> tuple[float, float, float]:
    month = storage(*resources).usd_per_month
    assert month is not None
    return month.minimum, month.expected, month.maximum


# 100 GB x $0.08 a volume.
@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        ([stateful_set(3)], (24, 24, 24)),
        ([stateful_set(), pod_autoscaler(5, 50)], (40, 40, 400)),
        ([stateful_set(7), pod_autoscaler(5, 50)], (40, 56, 400)),
        ([stateful_set(), pod_autoscaler(5, 50, "v1")], (40, 40, 400)),
        ([stateful_set(), keda(minReplicaCount=0, maxReplicaCount=4)], (0, 8, 32)),
        ([stateful_set(), keda()], (0, 8, 800)),
        ([stateful_set(), pod_autoscaler(2, 3), pod_autoscaler(1, 9)], (16, 16, 72)),
        ([stateful_set(), pod_autoscaler(5, 50, name="other")], (8, 8, 8)),
        ([stateful_set(), pod_autoscaler(5, 50, kind="Deployment")], (8, 8, 8)),
        ([stateful_set(), pod_autoscaler(5, 50, namespace="elsewhere")], (8, 8, 8)),
        ([stateful_set(namespace="a"), pod_autoscaler(5, 50, namespace="a")], (40, 40, 400)),
        # A name that is not known before an `up` may be that of the StatefulSet.
        ([stateful_set(), pod_autoscaler(5, 50, name=UNKNOWN_STRING_VALUE)], (40, 40, 400)),
        ([stateful_set(), pod_autoscaler(5, 50, kind=UNKNOWN_STRING_VALUE)], (40, 40, 400)),
        ([stateful_set(name=UNKNOWN_STRING_VALUE), pod_autoscaler(5, 50)], (40, 40, 400)),
        ([volume_claim("100Gi"), pod_autoscaler(5, 50)], (8, 8, 8)),
    ],
)
def test_volumes_are_as_many_as_the_autoscaler_may_start_replicas(
    resources: list[Resource], expected: tuple[float, float, float]
) -> None:
    assert usd(*resources) == expected


def test_the_line_says_how_many_there_may_be() -> None:
    assert storage(stateful_set(), pod_autoscaler(5, 50)).what == "5 to 50 x 100 GB of gp3"


@pytest.mark.parametrize("maximum", [UNKNOWN_NUMBER_VALUE, "many", 10**30, None])
def test_bounds_that_cannot_be_read_make_the_volumes_unknown_and_no_other_workload(maximum: Any) -> None:
    cost = cost_of(stateful_set(), pod_autoscaler(1, maximum), NODES)

    assert [line.resource for line in cost.unknown] == ["r1"]
    assert cost_of(deployment("1", "1Gi"), pod_autoscaler(1, maximum), NODES).unknown == ()


@given(st.integers(0, 1000), st.integers(0, 1000), st.integers(0, 1000))
def test_more_replicas_never_cost_less(written: int, low: int, more: int) -> None:
    minimum, expected, maximum = usd(stateful_set(written), pod_autoscaler(low, low + more))

    assert minimum <= expected <= maximum
    assert maximum >= 8 * (low + more) - 0.01
