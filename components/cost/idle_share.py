"""Which share of a node pool its pods leave unused, and what that costs: money that a smaller pool would not."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from components.catalog.catalog import Catalog
from components.catalog.instance_type import InstanceType
from components.cost.machines import RentedMachines
from components.cost.month import machine_line
from components.cost.pods import PodRequests
from components.endpoint_plan import PlanPart


class IdleShare(PlanPart):
    """
    What nobody asked for of a pool, as it is written.

    Attributes:
        pool: Name of the resource that rents the nodes.
        share: 0 to 1: what is left of the resource that is asked for most; None where that is not known.
        usd_per_month: The same share of the pool's expected cost; None where that is not known.
        basis: Which resource is asked for most, and how much of it.
    """

    pool: str
    share: float | None
    usd_per_month: float | None
    basis: str

    @property
    def sentence(self) -> str:
        """The remark that a bill carries."""
        if self.share is None:
            return f"{self.pool}: its idle share is unknown: {self.basis}"
        usd = "an unknown sum" if self.usd_per_month is None else f"${self.usd_per_month:,.2f}"
        return f"{self.pool}: idle {self.share:.0%} = {usd} a month ({self.basis})"


def idle_shares(
    machines: Iterable[RentedMachines], pods: Sequence[PodRequests], catalog: Catalog
) -> tuple[IdleShare, ...]:
    """
    Return the idle share of each node pool that runs machines, where the stack has workloads; none where it has none.

    A workload runs on the pools that carry the labels it selects, on those with accelerators where it asks for some, and
    on the others where it does not and there are such. Among these it is spread by their size. What the system's own pods
    take is not known here, so a share is the most that may be idle.
    """
    pools = [item for item in machines if item.runs_pods and item.count.expected > 0]
    if not pods or not pools:
        return ()
    sizes = {id(pool): _size(pool, catalog) for pool in pools}
    demands = {id(pool): [Decimal(0)] * 3 for pool in pools}
    for pod in pods:
        chosen = _runs_on(pod, pools, sizes)
        weights = {id(pool): _weight(sizes[id(pool)]) * Decimal(repr(pool.count.expected)) for pool in chosen}
        whole = sum(weights.values(), Decimal(0))
        for key, weight in weights.items():
            for number, asked in enumerate((pod.cpu, pod.memory_gib, pod.accelerators)):
                demands[key][number] += Decimal(repr(asked)) * (weight / whole)
    return tuple(_idle(pool, sizes[id(pool)], demands[id(pool)], catalog) for pool in pools)


def _size(pool: RentedMachines, catalog: Catalog) -> InstanceType | None:
    row = catalog.find(pool.service, pool.region, pool.names[0])
    return row.instance if row else None


def _weight(size: InstanceType | None) -> Decimal:
    return Decimal(size.vcpu) if size and size.vcpu else Decimal(1)


def _runs_on(
    pod: PodRequests, pools: Sequence[RentedMachines], sizes: dict[int, InstanceType | None]
) -> Sequence[RentedMachines]:
    selected = [pool for pool in pools if pod.node_labels.items() <= pool.labels.items()] or pools
    accelerated = [pool for pool in selected if (size := sizes[id(pool)]) and size.accelerator]
    if pod.accelerators:
        return accelerated or selected
    return [pool for pool in selected if pool not in accelerated] or selected


def _idle(pool: RentedMachines, size: InstanceType | None, asked: Sequence[Decimal], catalog: Catalog) -> IdleShare:
    if size is None or size.vcpu is None or size.memory_gib is None:
        reason = f"the size of {pool.names[0]} is not in {catalog.origin}"
        return IdleShare(pool=pool.resource, share=None, usd_per_month=None, basis=reason)
    count = Decimal(repr(pool.count.expected))
    has = (Decimal(size.vcpu), Decimal(repr(size.memory_gib)), Decimal(size.accelerator_count or 0))
    used = {
        name: (wanted, number * count, wanted / (number * count))
        for name, wanted, number in zip(("vCPU", "GiB of memory", "accelerators"), asked, has, strict=True)
        if number
    }
    name = max(used, key=lambda key: used[key][2])
    wanted, available, share = used[name]
    idle = max(Decimal(0), 1 - share)
    cost = machine_line(pool, catalog).usd_per_month
    return IdleShare(
        pool=pool.resource,
        share=float(round(idle, 6)),
        usd_per_month=None if cost is None else float(round(idle * Decimal(repr(cost.expected)), 2)),
        basis=f"asked for {float(wanted):.4g} of {float(available):.4g} {name}",
    )
