"""Resources that were written by hand, and what they are billed for: a row here makes a type count in every cost."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from components.cost.billed_units import BilledUnits
from components.cost.eks import node_group
from components.cost.gke import node_pool
from components.cost.machines import RentedMachines
from components.cost.sagemaker import endpoint_configuration

# Name of the resource, its properties as plain values, the region of a resource that names none.
Reader = Callable[[str, Mapping[str, Any], str], tuple[RentedMachines | BilledUnits, ...]]

READERS: Mapping[str, Reader] = MappingProxyType(
    {
        "aws:sagemaker/endpointConfiguration:EndpointConfiguration": endpoint_configuration,
        "aws:eks/nodeGroup:NodeGroup": node_group,
        "gcp:container/nodePool:NodePool": node_pool,
    }
)
