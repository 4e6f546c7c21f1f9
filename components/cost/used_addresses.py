"""External addresses of Google Cloud that forwarding rules use: these are free, and all others are billed by time."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from components.cost.declared_resource import DeclaredResource, is_unknown

ADDRESS, GLOBAL_ADDRESS = "gcp:compute/address:Address", "gcp:compute/globalAddress:GlobalAddress"
INTERNAL = "INTERNAL"


class AddressUse(NamedTuple):
    """
    How a type that is a forwarding rule, or makes one, names its address.

    Attributes:
        address: Type of the addresses that it takes.
        path: Of the property: an address, or the name or the id of one.
    """

    address: str
    path: tuple[str, ...]


# REST references of `forwardingRules` and `globalForwardingRules`, `IPAddress`; GKE documentation, "Summary of external
# Application Load Balancer annotations" and "LoadBalancer Service parameters".
USES: Mapping[str, AddressUse] = MappingProxyType(
    {
        "gcp:compute/forwardingRule:ForwardingRule": AddressUse(ADDRESS, ("ipAddress",)),
        "gcp:compute/globalForwardingRule:GlobalForwardingRule": AddressUse(GLOBAL_ADDRESS, ("ipAddress",)),
        "kubernetes:core/v1:Service": AddressUse(ADDRESS, ("spec", "loadBalancerIP")),
        "kubernetes:networking.k8s.io/v1:Ingress": AddressUse(
            GLOBAL_ADDRESS, ("metadata", "annotations", "kubernetes.io/ingress.global-static-ip-name")
        ),
    }
)


def without_used_addresses(resources: Sequence[DeclaredResource]) -> tuple[DeclaredResource, ...]:
    """
    Return the resources without the external addresses that a forwarding rule of the stack uses.

    Those are not charged (Google Cloud, "VPC network pricing", external IP address pricing). A forwarding rule whose address
    is not known before an `up` may use each of them, so it takes one away.
    """
    used = {id(item) for token in (ADDRESS, GLOBAL_ADDRESS) for item in _used(token, resources)}
    return tuple(item for item in resources if id(item) not in used)


def _used(token: str, resources: Iterable[DeclaredResource]) -> list[DeclaredResource]:
    """Return the external addresses of one type that are in use."""
    listed = tuple(resources)
    addresses = [item for item in listed if item.type == token and item.props.get("addressType") != INTERNAL]
    written = [value for item in listed if (value := _address_of(item, token)) is not None]
    known = [part for value in written if not is_unknown(value) for part in (value, value.rpartition("/")[2])]
    named = [item for item in addresses if any(item.props.get(key) in known for key in ("name", "address"))]
    unplaced, unknown = len(addresses) - len(named), sum(map(is_unknown, written))
    return addresses if unplaced <= unknown else named


def _address_of(resource: DeclaredResource, token: str) -> str | None:
    """Return what a resource writes of the address of this type that it uses; None where it uses none of its stack."""
    use = USES.get(resource.type)
    # An internal load balancer has an internal address.
    if use is None or use.address != token or str(resource.props.get("loadBalancingScheme")).startswith(INTERNAL):
        return None
    value: Any = resource.props
    for key in use.path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value if isinstance(value, str) else None
