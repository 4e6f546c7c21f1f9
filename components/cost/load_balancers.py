"""Load balancers: their hours. What goes through them is billed as well, and not counted: it depends on the traffic."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from components.catalog.unit_price import Item, Unit
from components.cost.billed_units import BilledUnits, CostKind, hours
from components.cost.declared_resource import MalformedError

KINDS: Mapping[str, Item] = MappingProxyType(
    {
        "application": Item.APPLICATION_LOAD_BALANCER,
        "network": Item.NETWORK_LOAD_BALANCER,
        "gateway": Item.GATEWAY_LOAD_BALANCER,
    }
)
GLOBAL = "global"


def load_balancer(name: str, props: Mapping[str, Any], region: str) -> tuple[BilledUnits, ...]:
    """
    Return an application, network or gateway load balancer of AWS; the first where none is named.

    Raises:
        MalformedError: It is of another type.
    """
    kind = str(props.get("loadBalancerType") or "application")
    if kind not in KINDS:
        raise MalformedError(f"`loadBalancerType` is `{kind}`; it has to be one of {', '.join(KINDS)}")
    return (billed_balancer(name, KINDS[kind], str(props.get("region") or region)),)


def classic_load_balancer(name: str, props: Mapping[str, Any], region: str) -> tuple[BilledUnits, ...]:
    """Return a classic load balancer of AWS."""
    return (billed_balancer(name, Item.CLASSIC_LOAD_BALANCER, str(props.get("region") or region)),)


def forwarding_rule(name: str, props: Mapping[str, Any], region: str) -> tuple[BilledUnits, ...]:
    """Return a forwarding rule of one region, as one of the first five, which are the dearer ones."""
    return (billed_balancer(name, Item.FORWARDING_RULE, str(props.get("region") or region)),)


def global_forwarding_rule(name: str, _props: Mapping[str, Any], _region: str) -> tuple[BilledUnits, ...]:
    """Return a global forwarding rule, as one of the first five."""
    return (billed_balancer(name, Item.FORWARDING_RULE, GLOBAL),)


def billed_balancer(name: str, item: str, region: str) -> BilledUnits:
    """Return the hours of one load balancer."""
    return BilledUnits(
        resource=name,
        kind=CostKind.LOAD_BALANCER,
        what=f"1 x {item} without its traffic",
        item=item,
        region=region,
        unit=Unit.HOUR,
        amount=hours(1),
    )
