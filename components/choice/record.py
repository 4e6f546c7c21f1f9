"""Whether the record of a fleet agrees with itself, with the catalog that prices it and with the lock that was measured."""

import math
from collections.abc import Iterator

from components.catalog.catalog import Catalog
from components.choice.choices import Choice, ScalingPlan
from components.choice.targets import EMBEDDED, Target, target_of
from components.choice.thousand import usd_per_thousand
from components.choice.worker import workers_on
from components.cost.month import machine_line
from components.embedded.plan import planned_artifact, server_memory
from optimizers.lock import LockedModel


def contradictions(plan: ScalingPlan, model: LockedModel, catalog: Catalog) -> list[str]:
    """
    Return a sentence for each number that does not follow from the others, as it does in every choice of machines.

    Args:
        plan: What was recorded.
        model: What was built and measured of the model that the fleet answers with.
        catalog: Which machines there are, and what they cost.
    """
    target = _target(plan.chosen)
    if target is None:
        return [f"its machines are not those of `{plan.chosen.where}` ({plan.chosen.target})"]
    return [
        *_replicas(plan.chosen, target),
        *_machines(plan.chosen, target, catalog),
        *_cost(plan, catalog),
        *_server(plan.chosen, model),
        *_load(plan, target, model),
    ]


def _target(chosen: Choice) -> Target | None:
    target = EMBEDDED if chosen.machines is None else target_of(chosen.machines.service)
    alike = target is not None and (target.label, target.target) == (chosen.where, chosen.target)
    return target if alike else None


def _replicas(chosen: Choice, target: Target) -> Iterator[str]:
    scaling, floor, peak = chosen.scaling, chosen.floor.value, chosen.replicas.value
    if not isinstance(floor, int) or not isinstance(peak, int):
        yield f"`replicas` {peak} and `floor` {floor} have to be whole numbers"
        return
    if scaling.min_replicas != floor:
        yield f"min_replicas {scaling.min_replicas} is not the recorded floor, {floor}"
    if scaling.max_replicas != max(peak, floor):
        yield f"max_replicas {scaling.max_replicas} is not the {max(peak, floor)} that the peak and the floor need"
    if floor == 0 and not target.scales_to_zero:
        yield f"the floor is 0, and {target.label} starts no replica for a request that finds none"


def _machines(chosen: Choice, target: Target, catalog: Catalog) -> Iterator[str]:
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
    if not count.minimum <= count.expected <= count.maximum:
        yield f"{count.expected:g} machines are expected, outside {count.minimum} to {count.maximum}"
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


def _server(chosen: Choice, model: LockedModel) -> Iterator[str]:
    artifact = model.artifact(chosen.artifact.name)
    if artifact is None:
        yield f"artifact `{chosen.artifact.name}` is not locked"
        return
    if chosen.artifact != planned_artifact(model, artifact):
        yield f"artifact `{artifact.name}` is recorded otherwise than it is locked"
    threads = sorted({report.threads for report in model.reports.values()})
    if chosen.resources.cpu_cores not in threads:
        measured = " or ".join(str(number) for number in threads)
        yield f"a server has {chosen.resources.cpu_cores} cores, and was measured with {measured} threads"
    memory_mib, needed_mib = chosen.resources.memory_mib.value, server_memory(artifact).value
    if memory_mib != needed_mib:
        yield f"a server has {memory_mib} MiB of memory, and takes {needed_mib}"


def _load(plan: ScalingPlan, target: Target, model: LockedModel) -> Iterator[str]:
    traffic, chosen = plan.traffic, plan.chosen
    if not traffic.mean_rps <= traffic.peak_rps <= plan.throughput_rps:
        yield (
            f"a mean of {traffic.mean_rps:g} requests/s, a peak of {traffic.peak_rps:g} and a throughput_rps of "
            f"{plan.throughput_rps} contradict each other"
        )
    bare_rps = max((call.throughput_rps for report in model.reports.values() for call in report.call_times), default=0)
    speed, peak = chosen.speed, chosen.replicas.value
    if not speed.low <= speed.expected <= speed.high:
        yield f"x{speed.expected:g} is not between the best speed, x{speed.low:g}, and the slowest, x{speed.high:g}"
    if not isinstance(peak, int):
        return
    servers = peak * (chosen.workers_per_machine if target.whole_machines else 1)
    # A server adds to a bare call, so no fleet that was sized by these calls reaches this.
    most_rps = servers * bare_rps / speed.high
    if plan.throughput_rps > most_rps:
        yield (
            f"{plan.throughput_rps} requests/s are over the {most_rps:.4g} that {servers} servers could answer at most, as "
            "the lock has them measured"
        )
