"""Whether the record of a fleet agrees with itself, with the catalog that prices it and with the lock that was measured."""

import math
from collections.abc import Iterator, Sequence

from components.capacity.arrivals import HIGHEST_VARIATION
from components.capacity.declared import disordered_rates
from components.capacity.fleet import Arrivals
from components.capacity.quick import predict_briefly
from components.capacity.traffic import STEADY_KINDS
from components.catalog.catalog import Catalog
from components.choice.choices import Choice, ScalingPlan
from components.choice.measured import Unmeasured, measured_anywhere, measured_for
from components.choice.sizing import MEAN_DIGITS, predicted_at
from components.choice.targets import EMBEDDED, Target, target_of
from components.choice.thousand import usd_per_thousand
from components.choice.worker import Worker, workers_on
from components.cost.month import machine_line
from components.embedded.plan import EmbeddedRequest, planned_artifact
from components.endpoint_plan import recorded_number
from optimizers.configuration import shown_cores
from optimizers.errors import ArtifactError
from optimizers.goal import Goal
from optimizers.lock import LockedModel

# Shares of a replica that are lost where rates are divided.
ROUNDING = 1e-9


def contradictions(plan: ScalingPlan, model: LockedModel, catalog: Catalog) -> list[str]:
    """
    Return a sentence for each number that does not follow from the others, as it does in every choice of machines.

    The response of the fleet is predicted again, as the choice predicted it, where all else follows.

    Args:
        plan: What was recorded.
        model: What was built and measured of the model that the fleet answers with.
        catalog: Which machines there are, and what they cost.
    """
    chosen, target = plan.chosen, _target(plan.chosen)
    if target is None:
        return [f"its machines are not those of `{chosen.where}` ({chosen.target})"]
    if chosen.workers is None or plan.max_batch_size is None:
        return ["`workers` or `max_batch_size` is not recorded, as by an older version"]
    servers, unlike = _servers(chosen, model, catalog)
    found = [
        *_traffic(plan),
        *_replicas(plan, target),
        *_machines(plan, target, catalog),
        *_cost(plan, catalog),
        *unlike,
    ]
    return found or min((list(_response(plan, target, worker)) for worker in servers), key=len)


def _target(chosen: Choice) -> Target | None:
    target = EMBEDDED if chosen.machines is None else target_of(chosen.machines.service)
    alike = target is not None and (target.label, target.target) == (chosen.where, chosen.target)
    return target if alike else None


def _servers(chosen: Choice, model: LockedModel, catalog: Catalog) -> tuple[list[Worker], list[str]]:
    """Return the servers that the record describes as they were measured; where there is none, in what the nearest differs."""
    try:
        workers = _measured(chosen, model, catalog)
    except (ArtifactError, Unmeasured) as error:
        return [], [str(error)]
    differences = [list(_server(chosen, worker, model)) for worker in workers]
    alike = [worker for worker, different in zip(workers, differences, strict=True) if not different]
    return alike, [] if alike else min(differences, key=len)


def _measured(chosen: Choice, model: LockedModel, catalog: Catalog) -> Sequence[Worker]:
    """Return the servers that may be meant, at least one; raises `Unmeasured` where nothing was measured for the machine."""
    machines = chosen.machines
    if machines is None:
        return measured_anywhere(model)
    row = catalog.find(machines.service, machines.region, machines.names[0])
    if row is None:
        raise Unmeasured(f"{machines.names[0]} in {machines.region} is not in {catalog.origin}")
    return (measured_for(model, row.instance),)


def _traffic(plan: ScalingPlan) -> Iterator[str]:
    rates = disordered_rates(plan.traffic, plan.throughput_rps)
    if rates is not None:
        yield rates
    if plan.traffic.variation > HIGHEST_VARIATION:
        yield f"a variation of {plan.traffic.variation:g} is over the {HIGHEST_VARIATION:g} that is planned for"


def _replicas(plan: ScalingPlan, target: Target) -> Iterator[str]:
    chosen, scaling = plan.chosen, plan.chosen.scaling
    floor, peak, held = chosen.floor.value, chosen.replicas.value, chosen.workers_per_machine
    if not isinstance(floor, int) or not isinstance(peak, int):
        yield f"`replicas` {peak} and `floor` {floor} have to be whole numbers"
        return
    needed = math.ceil((chosen.workers or 0) / (held if target.whole_machines else 1))
    if peak != needed:
        yield f"{peak} replicas at the peak are not the {needed} of {chosen.workers} servers"
    if scaling.min_replicas != floor:
        yield f"min_replicas {scaling.min_replicas} is not the recorded floor, {floor}"
    if scaling.max_replicas != max(peak, floor):
        yield f"max_replicas {scaling.max_replicas} is not the {max(peak, floor)} that the peak and the floor need"
    if floor == 0 and not target.scales_to_zero:
        yield f"the floor is 0, and {target.label} starts no replica for a request that finds none"
    if target.lag is not None and plan.traffic.kind in STEADY_KINDS and floor < peak:
        yield f"the floor is {floor}, and a rate that never changes needs the {peak} of the peak at any time"
    if (chosen.lag is None) != (target.lag is None):
        recorded, kept = ("missing", "one") if chosen.lag is None else ("recorded", "none")
        yield f"`lag` is {recorded}, and the scaler of {target.label} has {kept}"
    for name, part in chosen.lag.parts.items() if chosen.lag else ():
        if part.value is None:
            yield f"`lag.{name}` is unknown"


def _machines(plan: ScalingPlan, target: Target, catalog: Catalog) -> Iterator[str]:
    chosen = plan.chosen
    machines, held = chosen.machines, chosen.workers_per_machine
    if machines is None:
        if chosen.machine is not None or (chosen.scaling.max_replicas, held) != (1, 1):
            yield f"this machine is one, with one server; recorded are {chosen.scaling.max_replicas} with {held} each"
        return
    if machines.names != (chosen.machine,):
        yield f"machine {chosen.machine} is not what is rented, {' or '.join(machines.names)}"
    each, count = 1 if target.whole_machines else held, machines.count
    for name, replicas, number in (
        ("minimum", chosen.scaling.min_replicas, count.minimum),
        ("maximum", chosen.scaling.max_replicas, count.maximum),
    ):
        if number != math.ceil(replicas / each):
            yield f"{number} machines at the {name} are not the {math.ceil(replicas / each)} of {replicas} replicas"
    # Whole machines carry the mean rate, and more where they are rounded up at each moment.
    mean = (chosen.workers or 0) * plan.traffic.mean_rps / plan.throughput_rps / held
    if not max(count.minimum, min(mean, count.maximum) - 10**-MEAN_DIGITS) <= count.expected <= count.maximum:
        yield (
            f"{count.expected:g} machines are expected, outside {count.minimum} to {count.maximum} or under the {mean:.4g} of "
            "the mean rate"
        )
    row = catalog.find(machines.service, machines.region, machines.names[0])
    room = held if row is None else workers_on(row.instance, target, chosen.resources)
    if room != held:
        yield f"{held} servers on each {machines.names[0]} are not the {room} that it holds"


def _cost(plan: ScalingPlan, catalog: Catalog) -> Iterator[str]:
    chosen = plan.chosen
    line = None if chosen.machines is None else machine_line(chosen.machines, catalog)
    usd_per_hour, month = (None, None) if line is None else (line.unit_price.value, line.usd_per_month)
    if line is not None and usd_per_hour is None:
        yield f"its price is unknown, which is not $0: {line.unit_price.basis}"
        return
    if chosen.usd_per_hour.value != usd_per_hour:
        yield f"usd_per_hour {chosen.usd_per_hour.value} is not the {usd_per_hour} of {catalog.origin}"
    if chosen.usd_per_month != month:
        what = "machine that is not rented" if line is None else line.what
        yield f"usd_per_month ({chosen.usd_per_month}) is not that of {what} ({month})"
    each = usd_per_thousand(plan.traffic, chosen.usd_per_month)
    if chosen.usd_per_1000_requests.value != each:
        yield f"usd_per_1000_requests {chosen.usd_per_1000_requests.value} is not the {each} of a month at the mean rate"


def _server(chosen: Choice, worker: Worker, model: LockedModel) -> Iterator[str]:
    if chosen.artifact != planned_artifact(model, worker.artifact):
        yield f"artifact `{chosen.artifact.name}` is recorded otherwise than it is locked"
    cores, measured = chosen.resources.cpu_cores, worker.resources.cpu_cores
    if cores != measured:
        yield f"a server has {shown_cores(cores)}, and was measured with {shown_cores(measured)}"
    memory_mib, needed_mib = chosen.resources.memory_mib.value, worker.resources.memory_mib.value
    if memory_mib != needed_mib:
        yield f"a server has {memory_mib} MiB of memory, and takes {needed_mib}"
    for name in ("low", "expected", "high"):
        recorded, known = getattr(chosen.speed, name), getattr(worker.speed, name)
        if recorded != known:
            yield f"speed.{name} x{recorded:g} is not the x{known:g} of what was measured ({worker.speed.basis})"


def _response(plan: ScalingPlan, target: Target, worker: Worker) -> Iterator[str]:
    chosen, speed, workers = plan.chosen, worker.speed, plan.chosen.workers or 0
    request = EmbeddedRequest(
        name=plan.name,
        goal=Goal(latency_sla_ms=plan.latency_sla_ms, throughput_rps=plan.throughput_rps),
        max_batch_size=plan.max_batch_size or 1,
    )
    load = Arrivals(rate_rps=plan.throughput_rps, variation=plan.traffic.variation)
    slowest = predicted_at(worker, request, target, speed.high, workers, load, predict_briefly)
    most = chosen.scaling.target_utilization
    if slowest.utilization > most * (1 + ROUNDING):
        yield (
            f"{plan.throughput_rps} requests/s keep {workers} servers busy to {slowest.utilization:.0%} at the slowest, over the "
            f"target of {most:.0%}"
        )
        return
    expected = slowest
    if speed.expected != speed.high:
        expected = predicted_at(worker, request, target, speed.expected, workers, load, predict_briefly)
    for name, recorded, predicted in (
        ("p99_ms", chosen.p99_ms.value, recorded_number(expected.p99_ms)),
        ("p99_high_ms", chosen.p99_high_ms, recorded_number(slowest.p99_high_ms)),
        ("method", chosen.method, slowest.method),
    ):
        if recorded != predicted:
            yield f"{name} {'nothing' if recorded is None else recorded} is not the {predicted} of {workers} servers, as the lock has them measured"
