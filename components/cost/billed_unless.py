"""Types that are billed by time unless one property says otherwise: a row makes the others an unknown cost."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from components.cost.billed_units import BilledUnits, unknown_units


class BilledUnless(NamedTuple):
    """
    What a type is billed for, and which value of which property makes it free, or billed by use alone.

    Attributes:
        what: For people: `an address`.
        key: The property.
        free: Its value.
        default: What the provider takes where the program leaves it out.
    """

    what: str
    key: str
    free: str
    default: str

    def read(self, name: str, props: Mapping[str, Any], region: str) -> tuple[BilledUnits, ...]:
        """Return what is billed, its cost unknown; nothing where the property has the free value."""
        value = str(props.get(self.key) or self.default)
        if value == self.free:
            return ()
        reason = f"with `{self.key}` {value} it is billed by time, and it is not priced by this version"
        return (unknown_units(name, region, self.what, reason),)


# Defaults of the properties: API references of CreateVpcEndpoint, CreateTable (pulumi-aws: PROVISIONED) and `addresses`.
BILLED_UNLESS: Mapping[str, BilledUnless] = MappingProxyType(
    {
        "aws:dynamodb/table:Table": BilledUnless(
            "read and write capacity", "billingMode", free="PAY_PER_REQUEST", default="PROVISIONED"
        ),
        "aws:ec2/vpcEndpoint:VpcEndpoint": BilledUnless(
            "an endpoint of a VPC", "vpcEndpointType", free="Gateway", default="Gateway"
        ),
        "gcp:compute/address:Address": BilledUnless("an address", "addressType", free="INTERNAL", default="EXTERNAL"),
    }
)
