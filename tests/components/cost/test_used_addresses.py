"""An external address of Google Cloud is free while a forwarding rule uses it, and billed by time while nothing does."""

from typing import Any

import pytest
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE

from components.cost.stack_bill import stack_bill
from tests.support.raw_resources import Resource, ingress, service
from tests.support.stack_costs import declared

ANNOTATION = "kubernetes.io/ingress.global-static-ip-name"
ADDRESSES = "networking.gke.io/load-balancer-ip-addresses"
KIND, OLD_KIND = "networking.gke.io/load-balancer-type", "cloud.google.com/load-balancer-type"


def address(name: Any = "web", **more: Any) -> Resource:
    return "gcp:compute/address:Address", {"name": name, "region": "us-central1", **more}


def global_address(name: Any = "web", **more: Any) -> Resource:
    return "gcp:compute/globalAddress:GlobalAddress", {"name": name, **more}


def rule(ip: Any, **more: Any) -> Resource:
    return "gcp:compute/forwardingRule:ForwardingRule", {"region": "us-central1", "ipAddress": ip, **more}


def global_rule(ip: Any, **more: Any) -> Resource:
    return "gcp:compute/globalForwardingRule:GlobalForwardingRule", {"ipAddress": ip, **more}


def annotated(ip: Any) -> Resource:
    token, props = ingress("gce")
    return token, {**props, "metadata": {"annotations": {ANNOTATION: ip}}}


def balancer(ip: str, **annotations: str) -> Resource:
    token, props = service(**annotations)
    return token, {**props, "spec": {"type": "LoadBalancer", "loadBalancerIP": ip}}


def idle(*resources: Resource) -> list[str]:
    """Return the addresses whose cost is unknown."""
    return [item.resource for item in stack_bill(declared(*resources)).units if item.what == "an address"]


@pytest.mark.parametrize(
    "resources",
    [
        [global_address(), global_rule("web")],
        [global_address(), global_rule("projects/p/global/addresses/web")],
        [global_address(address="203.0.113.7"), global_rule("203.0.113.7")],
        [global_address(), global_rule(UNKNOWN_STRING_VALUE)],
        [global_address(UNKNOWN_STRING_VALUE), global_rule(UNKNOWN_STRING_VALUE)],
        [global_address(), global_rule(UNKNOWN_STRING_VALUE), global_rule(UNKNOWN_STRING_VALUE)],
        [global_address("v4"), global_address("v6"), global_rule("v4"), global_rule(UNKNOWN_STRING_VALUE)],
        [global_address(), annotated("web")],
        [address(), rule("web", loadBalancingScheme="EXTERNAL_MANAGED")],
        [address(address="203.0.113.7"), balancer("203.0.113.7")],
        [address("v4"), address("v6"), service(**{ADDRESSES: "v4, v6"})],
        [address("v4"), address("v6"), service(**{ADDRESSES: "v4"}), balancer(UNKNOWN_STRING_VALUE)],
    ],
)
def test_an_address_that_a_forwarding_rule_uses_is_free(resources: list[Resource]) -> None:
    assert idle(*resources) == []


@pytest.mark.parametrize(
    ("resources", "billed"),
    [
        ([global_address()], ["r0"]),
        ([global_address(), global_rule(None)], ["r0"]),
        ([global_address(), global_rule("other")], ["r0"]),
        ([global_address(), rule("web"), balancer("web")], ["r0"]),
        ([address(), global_rule("web"), annotated("web")], ["r0"]),
        ([global_address("v4"), global_address("v6"), global_rule(UNKNOWN_STRING_VALUE)], ["r0", "r1"]),
        ([address(), rule(UNKNOWN_STRING_VALUE, loadBalancingScheme="INTERNAL")], ["r0"]),
        ([address(), rule(UNKNOWN_STRING_VALUE, loadBalancingScheme="")], ["r0"]),
        ([address(), service(**{ADDRESSES: "web", KIND: "Internal"})], ["r0"]),
        ([address(), balancer(UNKNOWN_STRING_VALUE, **{OLD_KIND: "Internal"})], ["r0"]),
        ([address("v4"), address("v6"), service(**{ADDRESSES: "v4"})], ["r1"]),
        ([global_address(["web"]), global_rule({"name": "web"}), annotated(7)], ["r0"]),
    ],
)
def test_an_address_that_nothing_is_known_to_use_stays_unknown(resources: list[Resource], billed: list[str]) -> None:
    assert idle(*resources) == billed
