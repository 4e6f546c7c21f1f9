"""Choose the machines of a fleet: judge every row of the catalog, and take the cheapest that holds."""

from collections.abc import Iterable
from difflib import get_close_matches

from components.capacity.quick import predict_briefly
from components.capacity.replicas import Predictor
from components.catalog.catalog import Catalog
from components.catalog.instance_type import CatalogRow
from components.choice.choices import Choice, Choices, OtherTarget, Rejected, ScalingPlan, Stage
from components.choice.judge import Bench, Out, Prospect, fleet_of, judge, prospect
from components.choice.measured import Unmeasured, measured_here
from components.choice.request import ChoiceRequest
from components.choice.sizing import Sizing
from components.choice.targets import EMBEDDED, NOT_SERVING, TARGETS, Target, target_of
from optimizers.errors import ArtifactError, GoalUnreachable, NoCapacity, PlanError
from optimizers.hardware import Hardware
from optimizers.lock import LockedModel
from optimizers.vocabulary import DeploymentTarget

Verdict = Choice | Rejected


def choose(
    request: ChoiceRequest,
    locked: LockedModel,
    hardware: Hardware,
    catalog: Catalog,
    predictor: Predictor = predict_briefly,
) -> Choices:
    """
    Return the verdict on every machine for the stack's target, and the best of the others; same arguments, same bytes.

    Args:
        request: What the stack asks for.
        locked: What was built and measured.
        hardware: The machine that plans; the embedded target is this one.
        catalog: Which machines there are, and what they cost.
        predictor: How a fleet's response is predicted; the default simulates where that matters.

    Raises:
        ArtifactError: The lock holds no measurement.
        GoalUnreachable: An SLA or a budget is under what any machine needs; the message has both numbers.
        NoCapacity: No machine is in reach, or none has enough replicas.
    """
    if not locked.reports:
        raise ArtifactError(f"the lock holds no measurement of `{request.endpoint.name}`; run `serving optimize`")
    bench = Bench(request, locked, catalog, Sizing(request, predictor))
    own = judged(bench, hardware, request.target)
    feasible = _cheapest_first(own)
    rejected = tuple(item for item in own if isinstance(item, Rejected))
    if not feasible:
        raise unreachable(request, rejected)
    return Choices(
        plan=ScalingPlan(
            name=request.endpoint.name,
            lock=request.endpoint.lock,
            latency_sla_ms=request.endpoint.goal.latency_sla_ms,
            throughput_rps=request.endpoint.goal.throughput_rps,
            max_batch_size=request.endpoint.max_batch_size,
            traffic=request.declared.planned,
            usd_per_month_budget=request.usd_per_month,
            usd_per_1000_requests_budget=request.usd_per_1000_requests,
            chosen=feasible[0],
        ),
        next_best=feasible[1] if len(feasible) > 1 else None,
        others=feasible[2:],
        rejected=rejected,
        elsewhere=tuple(_elsewhere(bench, hardware, request.target)),
    )


def compare(
    request: ChoiceRequest,
    locked: LockedModel,
    hardware: Hardware,
    catalog: Catalog,
    predictor: Predictor = predict_briefly,
) -> tuple[OtherTarget, ...]:
    """Return the best of each target but the request's, for a plan that was made without a choice of machines."""
    return tuple(_elsewhere(Bench(request, locked, catalog, Sizing(request, predictor)), hardware, request.target))


def judged(bench: Bench, hardware: Hardware, target: DeploymentTarget) -> tuple[Verdict, ...]:
    """Return one verdict for each row of the catalog that belongs to a target, and for each name that has no row."""
    places = [place for place in TARGETS if place.target is target]
    found = [verdict for place in places for verdict in _of_place(bench, hardware, place)]
    for row in bench.catalog.rows:
        kept_out = NOT_SERVING.get(row.instance.service)
        if kept_out is not None and kept_out[0] is target:
            found.append(Rejected(target=str(target), machine=row.label, stage=Stage.MACHINE, why=kept_out[1]))
    return _judged(bench, found, enough=2)


def unreachable(request: ChoiceRequest, rejected: tuple[Rejected, ...]) -> PlanError:
    """Return the error of a request that nothing keeps: the machine that came furthest, and what it lacked."""
    target = request.target
    if not rejected:
        return NoCapacity(
            f"no machine can be planned for `{target}` by this version; use kubernetes, serverless or embedded"
        )
    nearest = _nearest(rejected)
    kind = GoalUnreachable if nearest.stage in {Stage.LATENCY, Stage.BUDGET} else NoCapacity
    return kind(f"no machine for `{target}` will do ({len(rejected)} judged); {nearest.machine}: {nearest.why}")


def _nearest(rejected: Iterable[Rejected]) -> Rejected:
    """Return the machine that came furthest, and of these the one that needs least."""
    return min(rejected, key=lambda item: (-item.stage, item.needed is None, item.needed or 0, item.machine))


def _elsewhere(bench: Bench, hardware: Hardware, own: DeploymentTarget) -> Iterable[OtherTarget]:
    for place in TARGETS:
        if place.target is own:
            continue
        verdicts = _judged(bench, _of_place(bench, hardware, place), enough=1)
        feasible = _cheapest_first(verdicts)
        if feasible:
            yield OtherTarget(where=place.label, best=feasible[0], why="the cheapest that holds")
        else:
            nearest = _nearest(item for item in verdicts if isinstance(item, Rejected))
            yield OtherTarget(where=place.label, best=None, why=f"{nearest.machine}: {nearest.why}")


def _of_place(bench: Bench, hardware: Hardware, place: Target) -> list[Prospect | Verdict]:
    if place.cloud is None:
        return [_this_machine(bench, hardware)]
    rows = [row for row in bench.catalog.rows if target_of(row.instance.service) is place]
    return [*_without_row(bench, rows, place), *(prospect(bench, row, place) for row in rows)]


def _judged(bench: Bench, found: Iterable[Prospect | Verdict], enough: int) -> tuple[Verdict, ...]:
    """
    Judge prospects, the cheapest first, until so many hold that the others cannot be cheaper.

    The bound of a cost is the one of the fewest machines that could carry the load, so nothing that could win is left out.
    Those that need no further sizing are judged all the same.
    """
    items = list(found)
    verdicts = [item for item in items if not isinstance(item, Prospect)]
    waiting = sorted((item for item in items if isinstance(item, Prospect)), key=_bound)
    for item in waiting:
        feasible = _cheapest_first(verdicts)
        worst = feasible[enough - 1] if len(feasible) >= enough else None
        if worst is None or item.least_usd <= worst.order[0] or bench.sizing.is_known(item.worker, item.target):
            verdicts.append(judge(bench, item))
            continue
        why = (
            f"even its fewest machines cost ${item.least_usd:,.2f} a month as expected; {worst.label} costs "
            f"${worst.order[0]:,.2f}"
        )
        machine, needed = item.row.label, item.least_usd
        verdicts.append(Rejected(target=item.target.label, machine=machine, stage=Stage.DEARER, why=why, needed=needed))
    return tuple(verdicts)


def _bound(item: Prospect) -> tuple[float, str]:
    return item.least_usd, item.row.label


def _without_row(bench: Bench, rows: list[CatalogRow], place: Target) -> list[Verdict]:
    """Return a verdict for each type that the spec names and the region lacks, and for a region without any machine."""
    request = bench.request
    if place.cloud is None or place.service is None or request.cloud not in {None, place.cloud}:
        return []
    region = request.region_of(place.cloud)
    priced = sorted({row.instance.region for row in rows})
    if region not in priced:
        there = f"set `scaling.{place.cloud}_region` to {' or '.join(priced)}, or " if priced else ""
        why = (
            f"no machine of {place.service} has a price in {region} in {bench.catalog.origin}, which is not $0; "
            f"{there}run `serving prices refresh`"
        )
        return [Rejected(target=place.label, machine=f"{place.service} {region}", stage=Stage.PRICE, why=why)]
    return [
        Rejected(
            target=place.label,
            machine=f"{place.service} {region} {name}",
            stage=Stage.PRICE,
            why=_unpriced(bench.catalog, place, region, name),
        )
        for name in request.instance_types
        if bench.catalog.find(place.service, region, name) is None
    ]


def _unpriced(catalog: Catalog, place: Target, region: str, name: str) -> str:
    """Return why a type of `scaling.instance_types` has no row here: where it has one, or what it may have been meant for."""
    elsewhere = sorted(
        {f"{row.instance.service} in {row.instance.region}" for row in catalog.rows if row.instance.name == name}
    )
    why = (
        f"`scaling.instance_types` has `{name}`, which has no price as {place.service} in {region} in {catalog.origin}"
    )
    if elsewhere:
        return (
            f"{why}, but has one as {' and '.join(elsewhere)}; change the target, the cloud or the region, or remove it"
        )
    near = get_close_matches(name, sorted({row.instance.name for row in catalog.rows}), n=1)
    meant = f"did you mean `{near[0]}`? If not, " if near else ""
    return f"{why}, nor anywhere else; {meant}run `serving prices refresh`, or see `serving prices show`"


def _this_machine(bench: Bench, hardware: Hardware) -> Verdict:
    where = EMBEDDED.label
    try:
        return fleet_of(bench, measured_here(bench.locked, hardware), EMBEDDED, 1, None)
    except Unmeasured as unmeasured:
        return Rejected(target=where, machine=where, stage=Stage.MACHINE, why=str(unmeasured))
    except Out as out:
        return Rejected(target=where, machine=where, stage=out.stage, why=out.why, needed=out.needed)


def _cheapest_first(verdicts: Iterable[Verdict]) -> tuple[Choice, ...]:
    return tuple(sorted((item for item in verdicts if isinstance(item, Choice)), key=lambda choice: choice.order))
