"""Machines that a resource rents: which, and how many at the least, as things are, and at the most."""

import math
from collections.abc import Mapping, Sequence

from pydantic import Field

from components.catalog.services import Service
from components.endpoint_plan import PlanPart

# Beyond what any provider rents; a sum of a bill stays within the 28 digits that Decimal calculates to the cent.
LARGEST = 10**9


class Count(PlanPart):
    """
    How many machines run: bounds of the autoscaler, and what runs between them.

    Attributes:
        minimum: When there is least to do.
        expected: As the resource is written, before anything scales it, and at least the minimum; of a planned fleet, the mean
            over time.
        maximum: The most that may ever be paid for.
    """

    minimum: int = Field(ge=0, le=LARGEST)
    expected: float = Field(ge=0, le=LARGEST)
    maximum: int = Field(ge=0, le=LARGEST)

    @classmethod
    def bounded(cls, minimum: int, written: float, maximum: int) -> "Count":
        """Return what runs of a written number between bounds: the lower raises it, and what is written runs at first."""
        expected = max(minimum, written)
        return cls(minimum=minimum, expected=expected, maximum=max(math.ceil(expected), maximum))

    def scaled(self, bounds: Sequence[tuple[int, int]]) -> "Count":
        """
        Return what runs where autoscalers with these bounds, fewest and most, scale it: within the widest; itself without any.

        It starts with the number that is written, and is scaled into its bounds from there.
        """
        if not bounds:
            return self
        lowest, highest = zip(*bounds, strict=True)
        return Count.bounded(max(lowest), self.expected, max(highest))

    def times(self, factor: int) -> "Count":
        """Return so many times as many, for a pool that exists once a zone or chips that a machine has several of."""
        return Count(minimum=factor * self.minimum, expected=factor * self.expected, maximum=factor * self.maximum)


class AttachedDisk(PlanPart):
    """
    A disk that each machine has, and that is billed beside it.

    Attributes:
        item: The type as the catalog's unit prices name it: `ebs-gp2`, `pd-balanced`.
        size_gb: GiB, which the providers bill as GB.
    """

    item: str
    size_gb: float = Field(gt=0, le=LARGEST)


class RentedMachines(PlanPart):
    """
    Machines of one kind.

    Attributes:
        resource: Name of the resource that rents them.
        names: Types that the provider may choose from; the dearest counts, since nobody knows which it will be.
        spot: Whether they are bought on the spot market.
        variant: Name of the SageMaker variant, by which a scaling target of its own may scale them.
        disk: What each of them has beside its own memory; None where none is billed for itself.
        runs_pods: Whether they are nodes of a cluster, on which pods are scheduled.
        labels: Of the nodes, by which pods choose them.
    """

    resource: str
    service: Service
    region: str
    names: tuple[str, ...] = Field(min_length=1)
    count: Count
    spot: bool = False
    variant: str | None = None
    disk: AttachedDisk | None = None
    runs_pods: bool = False
    labels: Mapping[str, str] = Field(default_factory=dict[str, str])
