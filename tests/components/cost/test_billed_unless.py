"""Types that are billed by time unless a property says otherwise."""

from typing import Any

import pytest
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE

from components.autoscaling.bounds import SCALING_TARGETS
from components.cost.billed_units import CostKind
from tests.support.stack_costs import cost_of

TABLE, ENDPOINT, ADDRESS = (
    "aws:dynamodb/table:Table",
    "aws:ec2/vpcEndpoint:VpcEndpoint",
    "gcp:compute/address:Address",
)
NATIVE_TABLE, NATIVE_GLOBAL_TABLE, NATIVE_ENDPOINT, GLOBAL_ADDRESS = (
    "aws-native:dynamodb:Table",
    "aws-native:dynamodb:GlobalTable",
    "aws-native:ec2:VpcEndpoint",
    "gcp:compute/globalAddress:GlobalAddress",
)


@pytest.mark.parametrize(
    ("token", "props"),
    [
        (TABLE, {"billingMode": "PAY_PER_REQUEST"}),
        (ENDPOINT, {"vpcEndpointType": "Gateway"}),
        (ENDPOINT, {}),
        (ADDRESS, {"addressType": "INTERNAL"}),
        (NATIVE_TABLE, {"billingMode": "PAY_PER_REQUEST"}),
        (NATIVE_ENDPOINT, {}),
        (GLOBAL_ADDRESS, {"addressType": "INTERNAL"}),
    ],
)
def test_what_is_free_or_billed_by_use_alone_has_no_line(token: str, props: dict[str, Any]) -> None:
    assert cost_of((token, props)).lines == ()


@pytest.mark.parametrize(
    ("token", "props", "reason"),
    [
        (TABLE, {}, "with `billingMode` PROVISIONED it is billed by time"),
        (ENDPOINT, {"vpcEndpointType": "Interface"}, "with `vpcEndpointType` Interface it is billed by time"),
        (ENDPOINT, {"vpcEndpointType": "GatewayLoadBalancer"}, "with `vpcEndpointType` GatewayLoadBalancer"),
        (ENDPOINT, {"vpcEndpointType": UNKNOWN_STRING_VALUE}, "`vpcEndpointType` can't be known"),
        (ADDRESS, {}, "with `addressType` EXTERNAL it is billed by time"),
        (NATIVE_TABLE, {}, "with `billingMode` PROVISIONED it is billed by time"),
        (NATIVE_GLOBAL_TABLE, {}, "with `billingMode` PROVISIONED it is billed by time"),
        (NATIVE_ENDPOINT, {"vpcEndpointType": "Interface"}, "with `vpcEndpointType` Interface it is billed by time"),
        (GLOBAL_ADDRESS, {}, "with `addressType` EXTERNAL it is billed by time"),
        (GLOBAL_ADDRESS, {}, "; one that a forwarding rule of the stack uses is free"),
    ],
)
def test_what_is_billed_by_time_is_unknown(token: str, props: dict[str, Any], reason: str) -> None:
    (line,) = cost_of((token, props)).unknown

    assert reason in line.unit_price.basis


@pytest.mark.parametrize("token", sorted(SCALING_TARGETS))
def test_a_target_that_keeps_functions_ready_is_unknown(token: str) -> None:
    target = {
        "serviceNamespace": "lambda", "resourceId": "function:infer:live", "minCapacity": 1, "maxCapacity": 50,
        "scalableDimension": "lambda:function:ProvisionedConcurrency",
    }  # fmt: skip

    (line,) = cost_of((token, target)).unknown

    assert line.kind == CostKind.UNPRICED
    assert line.unit_price.basis.startswith("it keeps up to 50 requests of a function of Lambda ready")
