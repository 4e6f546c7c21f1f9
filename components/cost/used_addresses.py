"""External addresses of Google Cloud that forwarding rules use: these are free, and all others are billed by time."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from components.cost.declared_resource import DeclaredResource, is_unknown

ADDRESS, GLOBAL_ADDRESS = "gcp:compute/address:Address", "gcp:compute/globalAddress:GlobalAddress"
INTERNAL = "INTERNAL"
# Of a property below those of a resource.
Path = tuple[str, ...]


class AddressUse(NamedTuple):
    """
    How a type that is a forwarding rule, or makes one, names its addresses.

    Attributes:
        address: Type of the addresses that it takes.
        paths: Of the properties: an address, or the name or the id of one; several with commas in between.
        kinds: Of properties that say of an internal load balancer that it is one; it has internal addresses.
    """

    address: str
    paths: tuple[Path, ...]
    kinds: tuple[Path, ...] = ()


def _annotation(name: str) -> Path:
    return "metadata", "annotations", name


# REST references of `forwardingRules` and `globalForwardingRules`, `IPAddress`; GKE documentation, "Summary of external
# Application Load Balancer annotations" and "LoadBalancer Service parameters".
_SCHEME: Path = ("loadBalancingScheme",)
USES: Mapping[str, AddressUse] = MappingProxyType(
    {
        "gcp:compute/forwardingRule:ForwardingRule": AddressUse(ADDRESS, (("ipAddress",),), (_SCHEME,)),
        "gcp:compute/globalForwardingRule:GlobalForwardingRule": AddressUse(
            GLOBAL_ADDRESS, (("ipAddress",),), (_SCHEME,)
        ),
        "kubernetes:core/v1:Service": AddressUse(
            ADDRESS,
            (("spec", "loadBalancerIP"), _annotation("networking.gke.io/load-balancer-ip-addresses")),
            (_annotation("networking.gke.io/load-balancer-type"), _annotation("cloud.google.com/load-balancer-type")),
        ),
        "kubernetes:networking.k8s.io/v1:Ingress": AddressUse(
            GLOBAL_ADDRESS, (_annotation("kubernetes.io/ingress.global-static-ip-name"),)
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


def _used(token: str, resources: Sequence[DeclaredResource]) -> list[DeclaredResource]:
    """Return the external addresses of one type that are in use."""
    addresses = [item for item in resources if item.type == token and item.props.get("addressType") != INTERNAL]
    written = [value for item in resources for value in _addresses_of(item, token)] if addresses else []
    known = {part for value in written if not is_unknown(value) for part in (value, value.rpartition("/")[2])}
    named = [item for item in addresses if not known.isdisjoint(_names(item))]
    unplaced, unknown = len(addresses) - len(named), sum(map(is_unknown, written))
    return addresses if unplaced <= unknown else named


def _names(address: DeclaredResource) -> Iterator[str]:
    """Yield what an address may be called."""
    for key in ("name", "address"):
        value = address.props.get(key)
        if isinstance(value, str):
            yield value


def _addresses_of(resource: DeclaredResource, token: str) -> Iterator[str]:
    """Yield what a resource writes of addresses of this type that it uses; nothing where it uses none of its stack."""
    use = USES.get(resource.type)
    if use is None or use.address != token or any(map(_is_internal, _values(resource.props, use.kinds))):
        return
    for value in _values(resource.props, use.paths):
        if isinstance(value, str):
            yield from (part.strip() for part in value.split(","))


def _is_internal(kind: object) -> bool:
    # Nothing is the scheme of Private Service Connect (pulumi-gcp, `ForwardingRule.loadBalancingScheme`).
    return kind == "" or str(kind).upper().startswith(INTERNAL)


def _values(props: Mapping[str, Any], paths: Iterable[Path]) -> Iterator[Any]:
    for path in paths:
        value: Any = props
        for key in path:
            value = value.get(key) if isinstance(value, Mapping) else None
        yield value
