"""Types that are billed by time unless one property says otherwise: a row makes the others an unknown cost."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from components.cost.billed_units import BilledUnits, unknown_units
from components.cost.used_addresses import ADDRESS, GLOBAL_ADDRESS, INTERNAL


class BilledUnless(NamedTuple):
    """
    What a type is billed for, and which value of which property makes it free, or billed by use alone.

    Attributes:
        what: For people: `an address`.
        key: The property.
        free: Its value.
        default: What the provider takes where the program leaves it out.
        free_too: What else is free, for people.
    """

    what: str
    key: str
    free: str
    default: str
    free_too: str = ""

    def read(self, name: str, props: Mapping[str, Any], region: str) -> tuple[BilledUnits, ...]:
        """Return what is billed, its cost unknown; nothing where the property has the free value."""
        value = str(props.get(self.key) or self.default)
        if value == self.free:
            return ()
        reason = f"with `{self.key}` {value} it is billed by time, and it is not priced by this version"
        also = f"; {self.free_too} is free" if self.free_too else ""
        return (unknown_units(name, region, self.what, reason + also),)


# Defaults of the properties: API references of CreateVpcEndpoint, CreateTable (pulumi-aws, CloudFormation: PROVISIONED),
# `addresses` and `globalAddresses`.
_TABLE = BilledUnless("read and write capacity", "billingMode", free="PAY_PER_REQUEST", default="PROVISIONED")
_ENDPOINT = BilledUnless("an endpoint of a VPC", "vpcEndpointType", free="Gateway", default="Gateway")
_ADDRESS = BilledUnless(
    "an address",
    "addressType",
    free=INTERNAL,
    default="EXTERNAL",
    free_too="one that a forwarding rule of the stack uses",
)

BILLED_UNLESS: Mapping[str, BilledUnless] = MappingProxyType(
    {
        "aws:dynamodb/table:Table": _TABLE,
        "aws:ec2/vpcEndpoint:VpcEndpoint": _ENDPOINT,
        "aws-native:dynamodb:GlobalTable": _TABLE,
        "aws-native:dynamodb:Table": _TABLE,
        "aws-native:ec2:VpcEndpoint": _ENDPOINT,
        ADDRESS: _ADDRESS,
        GLOBAL_ADDRESS: _ADDRESS,
    }
)
