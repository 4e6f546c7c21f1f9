"""Judge one machine: does the measured model keep its SLA and budget there, and with how many."""

import math
from typing import NamedTuple

from components.capacity.declared import UNDECLARED
from components.capacity.replicas import HIGHEST_REPLICAS
from components.catalog.catalog import Catalog
from components.catalog.instance_type import CatalogRow, InstanceType
from components.choice.budget import breach
from components.choice.choices import Choice, Rejected, Stage
from components.choice.lag import DeclaredLag, PlannedLag, planned_lag
from components.choice.measured import Unmeasured, measured_for
from components.choice.request import ChoiceRequest
from components.choice.sizing import Size, Sizing
from components.choice.targets import Target
from components.choice.thousand import thousands, usd_per_thousand
from components.choice.worker import MIB_PER_GIB, Worker, left_for_workers, workers_on
from components.cost.billed_units import HOURS_PER_MONTH
from components.cost.machines import Count, RentedMachines
from components.cost.month import CostLine, UsdPerMonth, machine_line
from components.embedded.cold_start import cold_start
from components.embedded.plan import batcher, overhead_of, planned_artifact
from components.endpoint_plan import Decision, Estimate, ScalingPolicy, recorded_number
from optimizers.configuration import shown_cores
from optimizers.errors import GoalUnreachable, PlanError
from optimizers.lock import LockedModel
from optimizers.report import Measurement
from optimizers.vocabulary import Accelerator, DeploymentTarget


class Out(Exception):
    """The machine fell out."""

    def __init__(self, stage: Stage, why: str, needed: float | None = None) -> None:
        super().__init__(why)
        self.stage, self.why, self.needed = stage, why, needed


class Bench(NamedTuple):
    """What every machine is judged by."""

    request: ChoiceRequest
    locked: LockedModel
    catalog: Catalog
    sizing: Sizing


class Prospect(NamedTuple):
    """
    A machine on which the measured server can run, before it is known with how many.

    Attributes:
        held: Workers on each machine.
        least_usd: What the fewest machines of its kind cost a month, as expected.
    """

    row: CatalogRow
    target: Target
    worker: Worker
    held: int
    least_usd: float


def prospect(bench: Bench, row: CatalogRow, target: Target) -> Prospect | Rejected:
    """Return the machine with a bound of its cost, or why it falls out without any sizing."""
    try:
        machine = row.instance
        _asked_for(bench.request, machine)
        worker = measured_for(bench.locked, machine)
        held = _held(worker, machine, target)
        price = bench.catalog.usd_per_hour(machine.service, machine.region, machine.name, spot=bench.request.spot)
        if price.value is None:
            why = f"its price is unknown, which is not $0: {price.basis}"
            return Rejected(target=target.label, machine=row.label, stage=Stage.PRICE, why=why)
        _fast_enough(bench, worker, target)
        machines = bench.sizing.mean_machines(bench.sizing.at_least(worker, target), held, 1)
        least = machines * price.value * HOURS_PER_MONTH
        return Prospect(row, target, worker, held, least)
    except Unmeasured as unmeasured:
        return Rejected(target=target.label, machine=row.label, stage=Stage.MACHINE, why=str(unmeasured))
    except Out as out:
        return Rejected(target=target.label, machine=row.label, stage=out.stage, why=out.why, needed=out.needed)


def judge(bench: Bench, item: Prospect) -> Choice | Rejected:
    """Return the fleet of this machine that holds, or why none does."""
    try:
        return fleet_of(bench, item.worker, item.target, item.held, item.row.instance)
    except Out as out:
        where, machine = item.target.label, item.row.label
        return Rejected(target=where, machine=machine, stage=out.stage, why=out.why, needed=out.needed)


def fleet_of(bench: Bench, worker: Worker, target: Target, held: int, machine: InstanceType | None) -> Choice:
    """
    Return the fleet of machines with `held` workers each that holds; `machine` is None for this one.

    Raises:
        Out: No fleet of them does.
    """
    request = bench.request
    size = _size(bench, worker, target)
    unit = held if target.whole_machines else 1
    replicas = math.ceil(size.peak.replicas / unit)
    most = 1 if machine is None else request.max_replicas
    if replicas > most:
        limit = _alone(request) if machine is None else _too_few(request, replicas)
        raise Out(Stage.CAPACITY, f"it takes {replicas} replicas, and {limit}", replicas)
    lag = _lag(worker, target, request)
    fewest = _fewest(bench, lag, target, size, unit)
    count = _count(bench.sizing, size, held, held // unit, int(fewest.value), replicas)
    machines = None if machine is None else _rented(request, machine, count)
    cost = None if machines is None else machine_line(machines, bench.catalog)
    choice = _choice(request, bench.locked, worker, target, held, size, replicas, fewest, lag, machines, cost)
    broken = breach(choice, request.usd_per_month, request.usd_per_1000_requests)
    if broken:
        raise Out(Stage.BUDGET, *broken)
    return choice


def _too_few(request: ChoiceRequest, replicas: int) -> str:
    """Return the limit of the replicas, and what to do; more than any stack may ask for is no remedy."""
    if replicas <= HIGHEST_REPLICAS:
        return f"`max_replicas` is {request.max_replicas}; raise it to {replicas}"
    return f"`max_replicas` is at most {HIGHEST_REPLICAS}; lower `throughput_rps`, raise `latency_sla_ms` or measure on a faster machine"


def _alone(request: ChoiceRequest) -> str:
    """Return that this machine is one, and what to do in a stack that is meant for it."""
    if request.target is not DeploymentTarget.EMBEDDED:
        return "this machine is one"
    return (
        f"this machine is one; set `deployment_target` to `{DeploymentTarget.KUBERNETES}` or `{DeploymentTarget.SERVERLESS}`, "
        "lower `throughput_rps` or raise `latency_sla_ms`"
    )


def _asked_for(request: ChoiceRequest, machine: InstanceType) -> None:
    if request.cloud is not None and machine.provider is not request.cloud:
        raise Out(Stage.MACHINE, f"it is of {machine.provider}, and `scaling.cloud` is {request.cloud}")
    region = request.region_of(machine.provider)
    if machine.region != region:
        raise Out(Stage.MACHINE, f"it is in {machine.region}, and `scaling.{machine.provider}_region` is {region}")
    accelerator = request.endpoint.goal.accelerator
    if accelerator is not Accelerator.CPU and machine.accelerator is None:
        raise Out(Stage.MACHINE, f"it has no accelerator, and `hardware.accelerator` is {accelerator}")
    if request.instance_types and machine.name not in request.instance_types:
        raise Out(Stage.MACHINE, f"it is not in `scaling.instance_types` ({', '.join(request.instance_types)})")


def _held(worker: Worker, machine: InstanceType, target: Target) -> int:
    """Return how many workers the machine holds."""
    vcpu, memory_gib = left_for_workers(machine, target)
    cores, worker_gib = worker.resources.cpu_cores, (worker.resources.memory_mib.value or 0) / MIB_PER_GIB
    held = workers_on(machine, target, worker.resources)
    if held < 1:
        raise Out(
            Stage.MACHINE,
            f"it has {vcpu:.3g} vCPU and {memory_gib:.3g} GiB for servers, and one that was measured takes {shown_cores(cores)} "
            f"and {worker_gib:.2g} GiB",
        )
    return held


def _size(bench: Bench, worker: Worker, target: Target) -> Size:
    _fast_enough(bench, worker, target)
    try:
        return bench.sizing.size(worker, target)
    except PlanError as error:
        stage = Stage.LATENCY if isinstance(error, GoalUnreachable) else Stage.CAPACITY
        raise Out(stage, str(error)) from None


def _fast_enough(bench: Bench, worker: Worker, target: Target) -> None:
    sla_ms, bare_ms = bench.request.endpoint.goal.latency_sla_ms, bench.sizing.idle_p99_ms(worker, target)
    if bare_ms > sla_ms:
        measured_ms = _lone_call(worker).p99.value_ms
        raise Out(
            Stage.LATENCY,
            f"one request alone has a p99 of up to {bare_ms:.1f} ms there, over the SLA of {sla_ms} ms, so no number of "
            f"replicas helps (the bare model was measured at {measured_ms:.1f} ms, and may take x{worker.speed.high:g}; the "
            f"server adds to it); it takes a `latency_sla_ms` of {math.ceil(bare_ms)}, or a measurement on such a machine",
            math.ceil(bare_ms),
        )


def _lone_call(worker: Worker) -> Measurement:
    return next(item for item in worker.report.call_times if item.batch_size == item.concurrency == 1)


def _fewest(bench: Bench, planned: PlannedLag | None, target: Target, size: Size, unit: int) -> Decision:
    """Return the lower bound of the scaler: what the traffic needs, or more where the spec asks for more."""
    asked, sla_ms = bench.request.min_replicas, bench.request.endpoint.goal.latency_sla_ms
    if planned is None:
        return Decision(value=1, basis="nothing scales on this machine")
    lag = planned.scaling_lag
    floor = bench.sizing.floor(size, lag.total_s)
    needed = min(math.ceil(floor.replicas / unit), math.ceil(size.peak.replicas / unit))
    basis = f"{floor.basis}; lag {planned.basis}"
    if asked is None or asked == needed:
        return Decision(value=needed, basis=basis)
    if asked > needed:
        return Decision(value=asked, basis="`scaling.min_replicas` of the spec")
    if asked == 0 and not target.scales_to_zero:
        why = f"{target.label} starts no replica for a request that finds none"
    elif asked == 0 and 1000 * lag.cold_start_s > sla_ms:
        why = f"the first request would wait {lag.cold_start_s:g} s, over the SLA of {sla_ms} ms"
    else:
        why = basis
    raise Out(Stage.CAPACITY, f"`min_replicas` {asked} is under the {needed} that must always run: {why}", needed)


def _lag(worker: Worker, target: Target, request: ChoiceRequest) -> PlannedLag | None:
    """Return the lateness of the scaler with the model's load and its first calls, at the slowest speed."""
    load_s = worker.report.candidate(worker.artifact.name).load_time_s
    rows = batcher(request.endpoint, worker.report.call_times, overhead_of(worker.report)).max_batch_size
    start = cold_start(load_s, _lone_call(worker), rows, worker.report)
    declared = request.lag if target.target is request.target else DeclaredLag()
    return planned_lag(target, declared, _slowest(start.model_load_s, worker), _slowest(start.warm_up_s, worker))


def _slowest(part: Estimate, worker: Worker) -> Estimate:
    slowest = worker.speed.high
    return Estimate(value=round((part.value or 0) * slowest, 1), basis=f"{part.basis}; x{slowest:g} at the slowest")


def _count(  # noqa: PLR0913, PLR0917 - who sizes what, and what a machine holds
    sizing: Sizing, size: Size, held: int, replicas_each: int, fewest: int, most: int
) -> Count:
    """Return the machines of so many replicas; expected is their mean over time, of whole ones at each moment."""
    minimum, maximum = math.ceil(fewest / replicas_each), math.ceil(max(most, fewest) / replicas_each)
    expected = min(sizing.mean_machines(size.peak.replicas, held, minimum), maximum)
    return Count(minimum=minimum, expected=expected, maximum=maximum)


def _rented(request: ChoiceRequest, machine: InstanceType, count: Count) -> RentedMachines:
    return RentedMachines(
        resource=request.endpoint.name,
        service=machine.service,
        region=machine.region,
        names=(machine.name,),
        count=count,
        spot=request.spot,
    )


def _choice(  # noqa: PLR0913, PLR0917 - everything that was found out about one fleet
    request: ChoiceRequest,
    locked: LockedModel,
    worker: Worker,
    target: Target,
    held: int,
    size: Size,
    replicas: int,
    fewest: Decision,
    lag: PlannedLag | None,
    machines: RentedMachines | None,
    cost: CostLine | None,
) -> Choice:
    month = None if cost is None else cost.usd_per_month
    unknown = "this machine is not rented; what it costs is not known"
    peak = size.peak.prediction
    basis = f"{size.expected.model}; {worker.speed.basis}"
    return Choice(
        where=target.label,
        target=target.target,
        machine=None if machines is None else machines.names[0],
        artifact=planned_artifact(locked, worker.artifact),
        speed=worker.speed,
        workers_per_machine=held,
        workers=size.peak.replicas,
        replicas=Decision(value=replicas, basis=size.peak.basis),
        floor=fewest,
        lag=lag,
        scaling=ScalingPolicy(
            min_replicas=int(fewest.value),
            max_replicas=max(replicas, int(fewest.value)),
            target_utilization=request.target_utilization,
        ),
        resources=worker.resources,
        machines=machines,
        p99_ms=Estimate(value=recorded_number(size.expected.p99_ms), basis=basis),
        p99_high_ms=recorded_number(peak.p99_high_ms) or 0,
        method=peak.method,
        usd_per_hour=Estimate(value=None, basis=unknown) if cost is None else cost.unit_price,
        usd_per_month=month,
        usd_per_1000_requests=_per_thousand(request, month, unknown),
    )


def _per_thousand(request: ChoiceRequest, month: UsdPerMonth | None, unknown: str) -> Estimate:
    """Return the cost at the mean rate; unknown where that is, since the peak in its place would make each look cheap."""
    if month is None:
        return Estimate(value=None, basis=unknown)
    if request.declared.planned.basis == UNDECLARED:
        return Estimate(value=None, basis="`throughput_rps` is a peak, of which no mean is known; declare `traffic`")
    traffic = request.declared.planned
    return Estimate(
        value=usd_per_thousand(traffic, month),
        basis=(
            f"${month.expected:,.2f} a month for {thousands(traffic):,.0f} thousand requests, "
            f"{traffic.mean_rps:g}/s on average"
        ),
    )
