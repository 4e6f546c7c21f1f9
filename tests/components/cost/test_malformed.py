"""What is wrong with a resource is said by the property's path and value, without the words of Python or a dump."""

from typing import Any

import pytest

from components.cost.declared_resource import MALFORMED, MalformedError, known, malformed
from components.cost.machines import Count
from components.tokens import SCALING_CONFIGURATION
from tests.support.raw_resources import Resource, endpoint_configuration, node_group, node_pool, vertex_pool
from tests.support.stack_costs import cost_of


def raised(number: object) -> Exception:
    with pytest.raises(MALFORMED) as caught:
        Count.model_validate({"minimum": number, "expected": number, "maximum": 1})
    return caught.value


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (KeyError("minSize"), "`minSize` is missing"),
        (raised(-1), "`minimum`, `expected`: got `-1`; input should be greater than or equal to 0"),
        (TypeError("'NoneType' object is not subscriptable"), "a value is missing or of another kind"),
        (MalformedError("`two` is no quantity of Kubernetes"), "`two` is no quantity of Kubernetes"),
        (OverflowError("cannot convert float infinity to integer"), "a value is missing or of another kind"),
    ],
)  # fmt: skip
def test_each_error_is_one_clause(error: Exception, why: str) -> None:
    assert malformed(error) == f"its properties are not those of its type ({why})"


@pytest.mark.parametrize(
    ("resource", "why"),
    [
        (node_group(["c5.xlarge"], 1, 1, "many"), "`scalingConfig.maxSize` cannot be `many`"),  # type: ignore[arg-type]
        (node_group(["c5.xlarge"], 1, 1, float("inf")), "`scalingConfig.maxSize` cannot be `inf`"),  # type: ignore[arg-type]
        (node_group(["c5.xlarge"], 1, 1, 1, diskSize="many"), "`diskSize` cannot be `many`"),
        (node_group(["c5.xlarge"], 1, 1, 1, diskSize="x" * 100), f"`diskSize` cannot be `{'x' * 60}…`"),
        (node_group(["c5.xlarge"], 1, 1, 1, scalingConfig=None), "`scalingConfig` is missing or of another kind"),
        (node_group(["c5.xlarge"], 1, 1, 1, scalingConfig={"minSize": 1}), "`scalingConfig.desiredSize` is missing"),
        (node_pool("e2-standard-4", nodeCount=-5), "`minimum`, `expected`, `maximum`: got `-5`; input should be greater than or equal to 0"),
        (endpoint_configuration(7), "`productionVariants[0]` cannot be `7`"),  # type: ignore[arg-type]
        (vertex_pool("n1-standard-4", "few", 3), "`dedicatedResources.minReplicaCount` cannot be `few`"),  # type: ignore[arg-type]
        (("aws:lb/loadBalancer:LoadBalancer", {"region": "us-east-1", "loadBalancerType": "netwrok"}),
         "`loadBalancerType` is `netwrok`; it has to be one of application, network, gateway"),
        (("aws:eks/cluster:Cluster", {"region": "us-east-1", "version": "newest"}), "`version` is `newest`; EKS writes one like"),
        ((SCALING_CONFIGURATION, {}), "`plan` is missing"),
    ],
)  # fmt: skip
def test_the_property_at_fault_is_named_with_its_value(resource: Resource, why: str) -> None:
    (line,) = cost_of(resource).unknown

    assert why in line.unit_price.basis


def test_a_record_that_contradicts_itself_is_not_printed() -> None:
    plan: dict[str, Any] = {"version": 1, "chosen": {"machines": {"count": {"maximum": "many"}}}}

    (line,) = cost_of((SCALING_CONFIGURATION, {"plan": plan})).unknown

    assert "{" not in line.unit_price.basis
    assert "`chosen.machines.count.maximum`: got `many`" in line.unit_price.basis


def test_what_is_read_after_an_absent_property_is_still_the_one_at_fault() -> None:
    props = known({"spec": {"replicas": "many"}})

    with pytest.raises(MALFORMED) as caught:
        int(props["spec"]["replicas"] or props.get("absent") or 0)

    assert "`spec.replicas` cannot be `many`" in malformed(caught.value, props)
