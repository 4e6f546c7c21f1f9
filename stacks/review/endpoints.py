"""The rows of a review: every endpoint, and every resource beside them that costs something."""

from collections.abc import Mapping, Sequence

from stacks.engine.resource_change import Inputs, ResourceChange
from stacks.review.money import NOTHING, difference
from stacks.review.priced_stack import PricedStack
from stacks.review.recorded_plan import PLANS, read_plan
from stacks.review.review import EndpointReview, EndpointState


def endpoint_reviews(
    resources: Sequence[ResourceChange], before: PricedStack, after: PricedStack
) -> tuple[EndpointReview, ...]:
    """Return one row for each endpoint with all that belongs to it, and for each other resource that costs."""
    by_urn = {item.urn: item for item in resources}
    members = dict[str, list[str]]()
    for item in resources:
        members.setdefault(owner(item, by_urn), []).append(item.urn)
    paid = before.urns | after.urns
    rows = [
        _row(by_urn[urn], before.of(urns), after.of(urns))
        for urn, urns in members.items()
        if by_urn[urn].type in PLANS or paid.intersection(urns)
    ]
    return tuple(sorted(rows, key=lambda row: (not row.planned, row.name, row.type)))


def owner(resource: ResourceChange, by_urn: Mapping[str, ResourceChange]) -> str:
    """Return the URN of the endpoint that a resource belongs to, or its own where it belongs to none."""
    current: ResourceChange | None = resource
    while current is not None:
        if current.type in PLANS:
            return current.urn
        current = by_urn.get(current.parent)
    return resource.urn


def _row(resource: ResourceChange, before: PricedStack, after: PricedStack) -> EndpointReview:
    planned = resource.type in PLANS
    old = _state(resource, resource.before, before)
    new = _state(resource, resource.after, after)
    return EndpointReview(
        name=resource.name,
        type=resource.type,
        operation=resource.operation,
        planned=planned,
        before=old,
        after=new,
        usd_per_month_change=difference(old.usd_per_month if old else NOTHING, new.usd_per_month if new else NOTHING),
    )


def _state(resource: ResourceChange, inputs: Inputs | None, priced: PricedStack) -> EndpointState | None:
    if inputs is None:
        return None
    rented = bool(priced.urns)
    machines = tuple(sorted(item.line.what for item in priced.lines))
    cost = priced.usd_per_month
    if resource.type not in PLANS:
        kind = resource.type.rpartition(":")[2]
        return EndpointState(platform=kind, instances=machines, rented=rented, usd_per_month=cost)
    plan = read_plan(resource.type, inputs.get("plan"))
    if isinstance(plan, str):
        return EndpointState(instances=machines, rented=rented, usd_per_month=cost)
    bounded = plan.min_replicas == plan.max_replicas
    return EndpointState(
        platform=plan.platform,
        target=plan.target,
        instances=machines or (plan.hardware,),
        replicas=str(plan.replicas) if bounded else f"{plan.min_replicas} to {plan.max_replicas}",
        p99_ms=plan.p99_ms,
        p99_high_ms=plan.p99_high_ms,
        latency_sla_ms=plan.latency_sla_ms,
        artifact=plan.artifact,
        artifact_sha256=plan.artifact_sha256,
        parity=plan.parity,
        accuracy=plan.accuracy,
        rented=rented,
        usd_per_month=cost,
    )
