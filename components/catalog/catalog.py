"""The catalog: which machines there are, and what an hour of each costs, as far as anybody knows."""

import difflib
from collections.abc import Sequence
from datetime import date

from pydantic import BaseModel, ConfigDict

from components.catalog.instance_type import CatalogRow
from components.catalog.services import Service
from components.catalog.unit_price import Unit, UnitPrice
from components.endpoint_plan import Estimate


class Catalog(BaseModel):
    """
    Every row that is known.

    Attributes:
        origin: The file that holds the rows, for messages.
        unit_prices: What is billed by another unit than a machine's hour.
        unit_origin: The file that holds those.
        day: On which it was read: what is billed may depend on it; None where nobody asked for it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    origin: str
    rows: tuple[CatalogRow, ...]
    unit_origin: str = "no file of unit prices"
    unit_prices: tuple[UnitPrice, ...] = ()
    day: date | None = None

    def find(self, service: Service, region: str, name: str) -> CatalogRow | None:
        """Return the row of a machine, or None."""
        return next((row for row in self.rows if row.key == (service, region, name)), None)

    def usd_per_hour(self, service: Service, region: str, name: str, *, spot: bool = False) -> Estimate:
        """Return what an hour costs, above 0; None: unknown, which is not free, and the basis says why."""
        row = self.find(service, region, name)
        if row is None:
            return Estimate(value=None, basis=self._absence(service, region, name))
        value = row.price.spot_usd_per_hour if spot else row.price.usd_per_hour
        if value is None:
            return Estimate(value=None, basis=f"{row.label} has no {'spot ' if spot else ''}price in {self.origin}")
        return Estimate(value=value, basis=row.price.basis(spot=spot))

    def usd_per_unit(self, item: str, region: str, unit: Unit) -> Estimate:
        """Return what one unit of an item costs, above 0; None: unknown, which is not free, and the basis says why."""
        rows = [row for row in self.unit_prices if row.item == item]
        row = next((row for row in rows if row.region == region), None)
        if row is None:
            return Estimate(value=None, basis=self._absent_unit(item, region, unit, rows))
        if row.unit is not unit:
            return Estimate(
                value=None, basis=f"{item} {region} is priced a {row.unit} in {self.unit_origin}, not a {unit}"
            )
        if row.usd_per_unit is None:
            return Estimate(value=None, basis=f"{item} {region} has no price in {self.unit_origin}")
        return Estimate(value=row.usd_per_unit, basis=row.basis)

    def _absent_unit(self, item: str, region: str, unit: Unit, elsewhere: Sequence[UnitPrice]) -> str:
        where = f"{item} {region}" if region else f"{item} of an unknown region"
        said = f"{where} is not in {self.unit_origin}"
        if elsewhere:
            said += f"; it is priced in {', '.join(sorted({row.region for row in elsewhere}))}"
        if not region:
            return f"{said}; set `region` to where it is"
        if not elsewhere:
            return said
        return f"{said}; what is missing is a row `{elsewhere[0].provider},{item},{region},{unit},` with price, source and day"

    def _absence(self, service: Service, region: str, name: str) -> str:
        what = f"{service} {region} {name} is not in {self.origin}"
        regions = sorted({row.instance.region for row in self.rows if row.key == (service, row.instance.region, name)})
        if regions:
            return f"{what}; it is priced in {', '.join(regions)}"
        names = [row.instance.name for row in self.rows if row.key[:2] == (service, region)]
        near = difflib.get_close_matches(name, names, n=3)
        return f"{what}; near it: {', '.join(near)}" if near else what
