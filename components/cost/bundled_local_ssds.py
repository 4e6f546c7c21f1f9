"""Local SSDs that Compute Engine adds to machines of a type: billed beside a machine whose price leaves them out."""

from collections.abc import Mapping
from types import MappingProxyType

from components.catalog.catalog import Catalog
from components.catalog.services import Service
from components.cost.billed_units import BilledUnits, storage
from components.cost.gke import LOCAL_SSD
from components.cost.machines import RentedMachines

# GB of a machine (build/gcp.yml of Cyclenerd/google-cloud-pricing-cost-calculator@dac3128, by Compute Engine's "Choose a
# valid number of Local SSD disks").
BUNDLED_GB: Mapping[str, int] = MappingProxyType(
    {
        "a2-ultragpu-1g": 375,
        "a2-ultragpu-2g": 750,
        "a2-ultragpu-4g": 1500,
        "a2-ultragpu-8g": 3000,
        "a3-highgpu-1g": 750,
        "a3-highgpu-2g": 1500,
        "a3-highgpu-4g": 3000,
        "a3-highgpu-8g": 6000,
        "c3-standard-4-lssd": 375,
        "c3-standard-8-lssd": 750,
        "c3-standard-22-lssd": 1500,
        "c3-standard-44-lssd": 3000,
        "c3-standard-88-lssd": 6000,
        "c3-standard-176-lssd": 12000,
    }
)


def bundled_ssd_units(machines: RentedMachines, catalog: Catalog) -> tuple[BilledUnits, ...]:
    """Return the local SSDs of these machines; nothing where there are none, or where the machine's price has them in it."""
    name = machines.names[0]
    size_gb = BUNDLED_GB.get(name)
    row = catalog.find(machines.service, machines.region, name)
    if machines.service is not Service.COMPUTE_ENGINE or size_gb is None or row is None:
        return ()
    if not row.price.leaves_out_local_ssd:
        return ()
    what = f"{size_gb} GB of local SSD on each {name}"
    return (storage(machines.resource, what, LOCAL_SSD, machines.region, size_gb, machines.count),)
