"""Quantities as Kubernetes writes them: `500m`, `4Gi`, `1e3`."""

import re
from decimal import Decimal

from components.cost.declared_resource import MalformedError

# resource.Quantity of k8s.io/apimachinery.
FACTORS = {
    "n": Decimal("1e-9"), "u": Decimal("1e-6"), "m": Decimal("1e-3"), "": Decimal(1),
    "k": Decimal("1e3"), "M": Decimal("1e6"), "G": Decimal("1e9"), "T": Decimal("1e12"), "P": Decimal("1e15"), "E": Decimal("1e18"),
    "Ki": Decimal(2**10), "Mi": Decimal(2**20), "Gi": Decimal(2**30), "Ti": Decimal(2**40), "Pi": Decimal(2**50), "Ei": Decimal(2**60),
}  # fmt: skip
QUANTITY = re.compile(r"(?P<number>\d+(\.\d*)?|\.\d+)(?P<exponent>[eE][+-]?\d+)?(?P<suffix>[numkMGTPE]|[KMGTPE]i)?")
GIB = Decimal(2**30)


def quantity(text: object) -> Decimal:
    """
    Return the number that a quantity stands for, in cores, bytes or pieces.

    Raises:
        MalformedError: The text is no quantity.
    """
    match = QUANTITY.fullmatch(str(text).strip())
    if match is None or (match["exponent"] and match["suffix"]):
        raise MalformedError(f"`{text}` is no quantity of Kubernetes")
    return Decimal(match["number"] + (match["exponent"] or "")) * FACTORS[match["suffix"] or ""]
