"""What one side of a preview costs, each line with the resource that it belongs to."""

from collections.abc import Iterable
from datetime import date

from components.cost.month import UsdPerMonth
from stacks.review.money import total
from stacks.review.review import PricedLine, ReviewPart


class OwnedLine(ReviewPart):
    """
    A cost line.

    Attributes:
        urn: Of the resource that it belongs to.
        label: The resource for people: its name, and the part of it that costs this.
    """

    urn: str
    label: str
    line: PricedLine


class PricedStack(ReviewPart):
    """
    Everything that a stack pays for; what cannot be read is a line without an amount.

    Attributes:
        dates: Days of the prices that the lines rest on; None for one of unknown age.
        remarks: What to know beside the sum: pools that stand idle.
    """

    lines: tuple[OwnedLine, ...] = ()
    dates: tuple[date | None, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def usd_per_month(self) -> UsdPerMonth | None:
        """The sum of everything; None where a part is unknown."""
        return total(item.line.usd_per_month for item in self.lines)

    @property
    def urns(self) -> frozenset[str]:
        """The resources that cost something, or may."""
        return frozenset(item.urn for item in self.lines)

    def of(self, urns: Iterable[str]) -> "PricedStack":
        """Return what these resources cost, without the dates."""
        kept = frozenset(urns)
        return PricedStack(lines=tuple(item for item in self.lines if item.urn in kept))
