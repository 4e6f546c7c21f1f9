"""What a stack costs a month, from the resources that it declares: the one calculation of policies and of previews."""

from collections.abc import Iterable, Iterator

from components.catalog.catalog import Catalog
from components.catalog.unit_price import Unit
from components.cost.billed_units import CostKind
from components.cost.declared_resource import DeclaredResource
from components.cost.idle_share import idle_shares
from components.cost.month import CostLine, MonthlyCost, dearest_first, machine_line, unit_line
from components.cost.stack_bill import StackBill, stack_bill
from components.cost.units_of_bill import units_of_bill
from components.cost.usage import UNKNOWN_USAGE, Usage
from components.endpoint_plan import Estimate

NO_POOL = (
    "no node pool of this stack runs it, so another stack pays for its machines, or nobody's budget does; "
    "set `machines_paid_elsewhere` where that stack has a budget of its own"
)
NO_POOL_OF = (
    "it may run on cluster `{cluster}`, which has no node pool in this stack; "
    "set `machines_paid_elsewhere` where the stack that rents its nodes has a budget of its own"
)


def stack_cost(
    resources: Iterable[DeclaredResource],
    catalog: Catalog,
    region: str = "",
    usage: Usage = UNKNOWN_USAGE,
    *,
    machines_paid_elsewhere: bool = False,
) -> MonthlyCost:
    """
    Return what the resources cost a month, priced by the catalog.

    Workloads rent no machine: the node pool's machines count, once, in the stack that rents them. Workloads without a pool
    in their stack would pass as free, so their cost is unknown until somebody says that the machines are paid elsewhere.

    Args:
        resources: Everything that the stack declares; types that nothing is billed for by the month are passed over.
        catalog: What things cost.
        region: Of resources that name none; empty where that is unknown, and then so is their cost.
        usage: The traffic, which serverless endpoints are billed by.
        machines_paid_elsewhere: Whether the nodes that run the stack's pods are in another stack's budget.
    """
    bill = stack_bill(resources, region)
    return dearest_first(
        [
            *_unknown_lines(bill, machines_paid_elsewhere=machines_paid_elsewhere),
            *(machine_line(machines, catalog) for machines in bill.machines),
            *(unit_line(units, catalog) for units in units_of_bill(bill, catalog, usage)),
        ],
        remarks=(idle.sentence for idle in idle_shares(bill.machines, bill.pods, catalog)),
    )


def _unknown_lines(bill: StackBill, *, machines_paid_elsewhere: bool) -> Iterator[CostLine]:
    for item in bill.unread:
        yield _unknown(item.resource, CostKind.UNREAD, item.type.rpartition(":")[2], item.reason)
    for item in bill.unpriced:
        yield _unknown(item.resource, CostKind.UNPRICED, item.type.rpartition(":")[2], item.reason)
    if machines_paid_elsewhere:
        return
    reason = NO_POOL
    if any(machines.runs_pods for machines in bill.machines):
        if not bill.clusters_without_nodes:
            return
        reason = NO_POOL_OF.format(cluster="`, `".join(bill.clusters_without_nodes))
    for pods in bill.pods:
        yield _unknown(pods.resource, CostKind.PODS, f"{pods.replicas} x pod", reason)


def _unknown(resource: str, kind: CostKind, what: str, reason: str) -> CostLine:
    return CostLine(
        resource=resource,
        kind=kind,
        what=what,
        unit=Unit.HOUR,
        unit_price=Estimate(value=None, basis=reason),
        usd_per_month=None,
    )
