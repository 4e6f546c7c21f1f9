"""Plan an endpoint on this machine: which artifact, how many threads, which batch size, how fast."""

from collections.abc import Sequence
from datetime import date

from pydantic import BaseModel, ConfigDict, Field

from components.artifact_needs import artifact_needs
from components.capacity.declared import declared
from components.capacity.fleet import Arrivals, Fleet
from components.capacity.predict import predict
from components.capacity.prediction import Prediction
from components.capacity.service import ServiceTimes
from components.embedded.cold_start import cold_start
from components.endpoint_plan import (
    Decision,
    EndpointPlan,
    Estimate,
    Measured,
    PlannedArtifact,
    PlannedHardware,
    PlannedTraffic,
    Predicted,
    Resources,
    ScalingPolicy,
    recorded_number,
)
from components.platforms.choice import Needs, choose_platform
from optimizers.artifact import Artifact
from optimizers.configuration import shown_configuration
from optimizers.errors import ArtifactError
from optimizers.goal import Goal
from optimizers.hardware import Hardware
from optimizers.lock import LOCK_NAME, LockedModel, report_of
from optimizers.processor_load import QUIET_CPU_SHARE
from optimizers.recipe import recipe_for
from optimizers.report import CandidateReport, Measurement, Report, ServerOverhead
from optimizers.source_facts import SourceFacts
from optimizers.vocabulary import DeploymentTarget

# What the server costs beyond the model where that was not measured: loopback, HTTP, JSON, BentoML's dispatcher, and threads
# that slept. Fitted to the first round of `make bench ONLY=predicted-p99` on 2 cores of an AMD EPYC, 128 token ids a
# request, the callers on the same cores.
FITTED_OVERHEAD = ServerOverhead(busy_ms=3.0, waiting_ms=2.0)

# A Python server process with its runtime, before it holds a model.
SERVER_MEMORY_MIB = 300
# The weights, their packed copy for the processor's kernels, and the activations of a batch.
MODEL_MEMORY_FACTOR = 3

TARGET_UTILIZATION = 0.7

# A second call in flight makes the first one slower, and costs a lone request 0.2 ms: threads take turns, and each finds its
# caches cold (`make bench ONLY=endpoint-overhead`). Less gain than this is noise: on shared machines one measurement
# differs from the next by up to a tenth.
WORTHWHILE_GAIN = 1.15

UPPER_END = "upper end of the interval of the p99; what is held against the SLA"
UTILIZATION_DIGITS = 3


class EmbeddedRequest(BaseModel):
    """
    What a stack asks of an embedded endpoint.

    Attributes:
        name: Name of the endpoint and of its model in the lock.
        lock: Name of the file that holds what was built and measured.
        goal: SLA, rate and thresholds.
        max_batch_size: Most rows in one call; 1 switches batching off.
        cache_entries: Answers kept in memory; 0 switches the cache off.
        traffic: The declared traffic; None: the rate of the goal at any time.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    lock: str = LOCK_NAME
    goal: Goal
    max_batch_size: int = Field(default=32, ge=1)
    cache_entries: int = Field(default=1024, ge=0)
    traffic: PlannedTraffic | None = None


def plan_endpoint(request: EmbeddedRequest, locked: LockedModel, hardware: Hardware) -> EndpointPlan:
    """
    Return the plan: same arguments, same bytes.

    Args:
        request: What the stack asks for.
        locked: What was built and measured.
        hardware: The machine that will serve.

    Raises:
        ArtifactError: The lock holds no measurement, or not the artifact that its report chose.
    """
    report = report_of(locked, request.name, hardware.fingerprint)
    chosen = report.candidate(report.chosen)
    artifact = _locked_artifact(locked, chosen, request.name)
    batch_size, calls = _batch_size(request, report), concurrent_calls(report.call_times)
    traffic = request.traffic or declared(None, request.goal.throughput_rps).planned
    load = Arrivals(rate_rps=request.goal.throughput_rps, variation=traffic.variation)
    prediction = _predict(report, batch_size, calls, load, request.goal.latency_sla_ms)
    facts = SourceFacts(model_format=locked.request.model_format, model_size_bytes=locked.model_size_bytes)
    recipe = recipe_for(facts, request.goal, report.hardware)
    platform = choose_platform(
        Needs(target=DeploymentTarget.EMBEDDED, formats=frozenset({locked.request.model_format}))
    )
    return EndpointPlan(
        name=request.name,
        lock=request.lock,
        locked_sha256=locked.sha256,
        target=DeploymentTarget.EMBEDDED,
        platform=Decision(value=platform.platform, basis=platform.basis),
        first_choice=Decision(value=recipe.first_choice, basis=recipe.why),
        artifact=planned_artifact(locked, artifact),
        parity=chosen.parity,
        accuracy=chosen.accuracy,
        hardware=PlannedHardware(
            measured_on=report.hardware.fingerprint,
            target=hardware.fingerprint,
            description=f"{report.hardware.cpu_model}, {report.hardware.cpu_cores} cores",
            accelerator=hardware.accelerator,
            architecture=hardware.architecture,
            cpu_features=hardware.cpu_features,
            gpu=None,
        ),
        accelerator=None,
        latency_sla_ms=request.goal.latency_sla_ms,
        throughput_rps=request.goal.throughput_rps,
        traffic=traffic,
        replicas=Decision(value=1, basis="`embedded` is one machine"),
        workers=Decision(value=1, basis="one process batches all requests; its threads use every core"),
        threads=Decision(value=report.threads, basis=f"as measured on {report.hardware.cpu_cores} cores"),
        streams=Decision(value=report.streams, basis=_streams_basis(report)),
        max_batch_size=batch_size,
        concurrent_calls=calls,
        cache_entries=request.cache_entries,
        resources=Resources(cpu_cores=report.cores, memory_mib=server_memory(artifact)),
        scaling=ScalingPolicy(min_replicas=1, max_replicas=1, target_utilization=TARGET_UTILIZATION),
        lowest_min_replicas=Estimate(value=1, basis="`embedded` is one machine, which nothing scales"),
        cold_start=cold_start(chosen.load_time_s, _one_at_a_time(report.call_times)[0], int(batch_size.value), report),
        measured=measured_alone(report),
        predicted=_predicted(prediction, request, report),
    )


def predict_load(
    request: EmbeddedRequest, locked: LockedModel, hardware: Hardware, loads: Sequence[Arrivals]
) -> list[Prediction]:
    """
    Return what the planned endpoint will do under each of these loads, predicted as the plan predicts.

    Raises:
        ArtifactError: As `plan_endpoint`.
    """
    report = report_of(locked, request.name, hardware.fingerprint)
    batch_size, calls = _batch_size(request, report), concurrent_calls(report.call_times)
    return [_predict(report, batch_size, calls, load, request.goal.latency_sla_ms) for load in loads]


def planned_artifact(locked: LockedModel, artifact: Artifact) -> PlannedArtifact:
    """Return what a plan records of a locked artifact."""
    return PlannedArtifact(
        name=artifact.name,
        sha256=artifact.sha256,
        runtime=artifact.runtime,
        precision=artifact.precision,
        size_mb=_megabytes(artifact.size_bytes),
        model_sha256=locked.model_sha256,
        prediction=locked.request.prediction,
        needs=artifact_needs(artifact),
    )


def overhead_of(report: Report) -> ServerOverhead:
    """Return what the server adds to the model: as it was measured there, else as it was fitted elsewhere."""
    return report.server or FITTED_OVERHEAD


def batcher(request: EmbeddedRequest, measured: Sequence[Measurement], overhead: ServerOverhead) -> Fleet:
    """Return one server as it is planned for these measurements: its batches, and its calls at once."""
    size = batch_size_for(measured, overhead, request.max_batch_size, request.goal.latency_sla_ms)
    calls = concurrent_calls(measured)
    return Fleet(max_batch_size=int(size.value), concurrent_calls=int(calls.value))


def server_times(measured: Sequence[Measurement], concurrent_calls: int, overhead: ServerOverhead) -> ServiceTimes:
    """Return how long calls take in a server that has so many of them in flight, from those that were measured bare."""
    in_flight = {1, concurrent_calls}
    return ServiceTimes(
        measurements=tuple(item for item in measured if item.concurrency in in_flight),
        # Each row of a batch costs what one costs alone: requests are read and answered on the cores that the model
        # computes on. So it was on 2 cores of an Intel Xeon at 2.5 GHz; on an AMD EPYC further rows cost a sixth.
        overhead_ms=overhead.busy_ms,
        latency_ms=overhead.waiting_ms,
        resize_ms=overhead.resize_ms,
    )


def _one_at_a_time(measured: Sequence[Measurement]) -> tuple[Measurement, ...]:
    return tuple(item for item in measured if item.concurrency == 1)


def _predict(report: Report, batch_size: Decision, calls: Decision, load: Arrivals, sla_ms: float) -> Prediction:
    """Predict one server with the planned batcher."""
    fleet = Fleet(max_batch_size=int(batch_size.value), concurrent_calls=int(calls.value))
    return predict(server_times(report.call_times, int(calls.value), overhead_of(report)), fleet, load, sla_ms)


def _locked_artifact(locked: LockedModel, chosen: CandidateReport, name: str) -> Artifact:
    artifact = locked.artifact(chosen.name)
    if artifact is None or not chosen.measurements:
        raise ArtifactError(
            f"the lock lacks the artifact or the measurements of `{chosen.name}` for `{name}`; run `serving optimize`"
        )
    return artifact


def _batch_size(request: EmbeddedRequest, report: Report) -> Decision:
    return batch_size_for(report.call_times, overhead_of(report), request.max_batch_size, request.goal.latency_sla_ms)


def batch_size_for(
    measured: Sequence[Measurement], overhead: ServerOverhead, max_batch_size: int, sla_ms: int
) -> Decision:
    """
    Return the largest batch whose two calls in a row, the running one and one's own, stay within the SLA.

    Args:
        measured: Bare calls.
        overhead: What the server adds to them.
        max_batch_size: Most rows in one call; 1 switches batching off.
        sla_ms: Of the p99 at the caller.
    """
    if max_batch_size == 1:
        return Decision(value=1, basis="batching is off in the spec")
    waiting_ms, busy_ms = overhead.waiting_ms, overhead.busy_ms
    batches = [item for item in _one_at_a_time(measured) if item.batch_size <= max_batch_size]
    resize_ms = overhead.resize_ms
    fitting = [
        item
        for item in batches
        if 2 * (item.p99.value_ms + item.batch_size * busy_ms + resize_ms) + waiting_ms <= sla_ms
    ]
    if not fitting:
        return Decision(value=1, basis=f"a batch would break the SLA of {sla_ms} ms")
    largest = max(fitting, key=lambda item: item.batch_size)
    # Of those that fit alone, or a record could not be derived again from the size that was planned.
    fastest = min(fitting, key=lambda item: item.p50.value_ms / item.batch_size)
    if fastest.batch_size == 1 and len(fitting) > 1:
        return Decision(value=1, basis="no measured batch answers more rows a second than one row at a time")
    # Latency grows at most linearly with the rows, so the largest measured batch that fits bounds larger ones.
    row_ms = largest.p99.value_ms / largest.batch_size + busy_ms
    room = int(((sla_ms - waiting_ms) / 2 - resize_ms) / row_ms)
    too_slow = (item.batch_size - 1 for item in batches if item.batch_size > largest.batch_size)
    size = max(largest.batch_size, min(room, max_batch_size, *too_slow))
    if size == max_batch_size:
        return Decision(value=size, basis=f"as in the spec; two calls of {row_ms:.1f} ms a row stay within {sla_ms} ms")
    return Decision(
        value=size, basis=f"the most rows that keep two calls of {row_ms:.1f} ms a row (p99) within {sla_ms} ms"
    )


def concurrent_calls(measured: Sequence[Measurement]) -> Decision:
    """Return how many calls in flight answer the most single rows a second."""
    rows_per_second = {item.concurrency: item.throughput_rps for item in measured if item.batch_size == 1}
    one, best = rows_per_second[1], max(rows_per_second, key=lambda calls: rows_per_second[calls])
    if rows_per_second[best] <= WORTHWHILE_GAIN * one:
        return Decision(value=1, basis="more calls at once answered no more rows a second when measured")
    return Decision(
        value=best, basis=f"measured {rows_per_second[best]:.0f} rows/s, one call at a time {one:.0f} rows/s"
    )


def server_memory(artifact: Artifact) -> Estimate:
    """Return the main memory that a server with this artifact needs, in MiB."""
    size_mib = artifact.size_bytes / 2**20
    return Estimate(
        value=round(SERVER_MEMORY_MIB + MODEL_MEMORY_FACTOR * size_mib),
        basis=f"{SERVER_MEMORY_MIB} MiB for the server and {MODEL_MEMORY_FACTOR} x the artifact's {size_mib:.0f} MiB",
    )


def measured_alone(report: Report) -> Measured:
    """Return what a plan records of a report: one row at a time, without a server."""
    single = _one_at_a_time(report.call_times)[0]
    return Measured(
        day=date.fromisoformat(report.measured_at[:10]),
        sequence_length=report.sequence_length,
        other_cpu_share=report.other_cpu_share,
        p50_ms=round(single.p50.value_ms, 3),
        p99_ms=round(single.p99.value_ms, 3),
        throughput_rps=round(single.throughput_rps, 2),
    )


def _predicted(prediction: Prediction, request: EmbeddedRequest, report: Report) -> Predicted:
    tokens = f", {report.sequence_length} tokens a row" if report.sequence_length else ""
    machine = f"{report.hardware.cpu_model} with {shown_configuration(report.threads, report.streams)}"
    busy = report.other_cpu_share or 0
    disturbed = f", {busy:.0%} of it busy with other work" if busy > QUIET_CPU_SHARE else ""
    measured = f"measured {report.measured_at[:10]} on {machine}{tokens}{disturbed}"
    batch = f"batch {prediction.mean_batch:.2g}"
    load = f"at {request.goal.throughput_rps} requests/s, {batch}: {prediction.model}; {measured}"
    seen = "measured with it" if report.server else "fitted on another machine; `serving optimize --force` measures it"
    server = f"{overhead_of(report).busy_ms:.2g} ms a call of one row for the server ({seen})"
    overhead = f"full calls one after the other, and {server}; {measured}"
    return Predicted(
        method=prediction.method,
        p50_ms=Estimate(value=recorded_number(prediction.p50_ms), basis=load),
        p99_ms=Estimate(value=recorded_number(prediction.p99_ms), basis=load),
        p99_high_ms=Estimate(value=recorded_number(prediction.p99_high_ms), basis=UPPER_END),
        capacity_rps=Estimate(value=recorded_number(prediction.capacity_rps), basis=overhead),
        utilization=Estimate(
            value=round(prediction.utilization, UTILIZATION_DIGITS),
            basis=f"{request.goal.throughput_rps} requests/s over the capacity",
        ),
    )


def _streams_basis(report: Report) -> str:
    if report.streams == 1:
        return "every call has the same threads"
    return f"measured with {report.streams} calls at once, each with threads of its own"


def _megabytes(size: int) -> float:
    return round(size / 1e6, 3)
