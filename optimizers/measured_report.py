"""Measure what was built, choose, and say so in a report."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import mkdtemp

from optimizers.candidate_process import CandidateProcess
from optimizers.choose import best_of, choose
from optimizers.configuration import configurations
from optimizers.contender import Contender, arms_of
from optimizers.does_not_run import DoesNotRun
from optimizers.halving import Arm
from optimizers.job import Job
from optimizers.measured_cache import MeasuredCache
from optimizers.memory import GIB, free_bytes, room_bytes
from optimizers.model_process import own_memory_bytes
from optimizers.original_job import OriginalFacts
from optimizers.original_process import OriginalProcess
from optimizers.report import ORIGINAL, UNTRIED, CandidateReport, Measurement, Report
from optimizers.search import Found, Search
from optimizers.session import Session, open_session
from optimizers.source_facts import MEASURED_LIBRARIES, versions
from optimizers.trial import Trial
from optimizers.tried import Tried
from optimizers.vocabulary import Precision, Runtime

# Their sessions share a process with each other; what other libraries set for a whole process, such as threads, does not.
SHARE_A_PROCESS = frozenset({Runtime.ONNXRUNTIME, Runtime.OPENVINO})


def measured_report(job: Job, original: OriginalProcess, trial: Trial, tried: Sequence[Tried], work: Path) -> Report:
    """
    Search among those that answer like the original, and return the report with the chosen one.

    One that fails while it is measured says so, and the others are searched again.

    Raises:
        ParityError: None does.
    """
    tried = _that_fit(tried, free_bytes())
    while True:
        try:
            return _searched(job, original, trial, tried, work)
        except DoesNotRun as failed:
            job.progress.step(f"skip {failed.name}")
            tried = [
                replace(item, failure=f"does not run: {failed.reason}") if item.recipe.name == failed.name else item
                for item in tried
            ]


def _searched(job: Job, original: OriginalProcess, trial: Trial, tried: Sequence[Tried], work: Path) -> Report:
    contenders = {item.name: item for candidate in tried if (item := candidate.contender)}
    if not contenders:
        choose([_original_report(job, original.facts, ()), *(_report(item) for item in tried)])
    search = _search(job, original, trial, contenders, work)
    goal = job.goal
    arms = arms_of(
        list(contenders.values()),
        configurations(job.hardware.cpu_cores, goal.threads),
        goal,
        search.config.batch_sizes,
    )
    found = search.run(arms)
    best = _best_arms(found, job)
    judged = [
        _original_report(job, original.facts, found.original),
        *(_report(item, best.get(item.recipe.name)) for item in tried),
    ]
    losses = {name: found.losses[arm] for name, (arm, _) in best.items() if arm in found.losses}
    chosen, candidates = choose(judged, goal.objective, goal.latency_sla_ms, losses)
    arm, measurements = best[chosen]
    job.progress.step(f"measure {chosen} at more batch sizes{job.time_budget.remark}")
    profile = search.profile(arm, measurements)
    return Report(
        measured_at=search.measured_at,
        hardware=job.hardware,
        threads=arm.threads,
        streams=arm.streams,
        sequence_length=trial.sequence_length,
        samples_from=trial.samples_from,
        evaluated_on=trial.evaluation.data if trial.evaluation else None,
        other_cpu_share=search.other_cpu_share,
        versions=versions(MEASURED_LIBRARIES),
        candidates=candidates,
        chosen=chosen,
        profile=profile,
        budget_s=job.time_budget.seconds if any(item.failure.startswith(UNTRIED) for item in tried) else None,
    )


def _search(
    job: Job, original: OriginalProcess, trial: Trial, contenders: Mapping[str, Contender], work: Path
) -> Search:
    def opens(arm: Arm) -> Session:
        contender = contenders[arm.candidate]
        folder = job.store.folder(contender.artifact_sha256)
        if contender.runtime in SHARE_A_PROCESS:
            return open_session(folder, arm.threads, arm.streams)
        return CandidateProcess(folder, arm.configuration, Path(mkdtemp(dir=work, prefix="session-")), waits=False)

    identity = {
        "hardware": job.hardware.fingerprint,
        "model": job.facts.model_sha256,
        "recipe": job.recipe.settings,
        "threads": job.threads,
        "libraries": versions(MEASURED_LIBRARIES),
        "tokens": trial.sequence_length,
    }
    taken = own_memory_bytes() + original.memory_bytes
    return Search(
        contenders=contenders,
        opens=opens,
        original=original,
        loads=trial.loads,
        goal=job.goal,
        config=job.benchmark.within(job.time_budget.left_s),
        room=room_bytes(job.facts.model_size_bytes, taken, free_bytes()),
        cache=MeasuredCache(job.store, identity, reads=not job.force),
        progress=job.progress,
        time_budget=job.time_budget,
    )


def _that_fit(tried: Sequence[Tried], free: int) -> list[Tried]:
    """Return them all; what does not fit into memory beside the original says so and is not measured."""
    return [
        replace(
            item,
            failure=f"not measured: it takes {contender.memory_bytes / GIB:.1f} GiB of memory, {free / GIB:.1f} GiB are free",
        )
        if (contender := item.contender) and contender.memory_bytes > free
        else item
        for item in tried
    ]


def _best_arms(found: Found, job: Job) -> dict[str, tuple[Arm, tuple[Measurement, ...]]]:
    """Return of each candidate its best configuration, with what was measured of it."""
    best = dict[str, tuple[Arm, tuple[Measurement, ...]]]()
    finals = dict[str, list[Arm]]()
    for arm in found.finals:
        finals.setdefault(arm.candidate, []).append(arm)
    for name, arms in finals.items():
        place = best_of([found.finals[arm] for arm in arms], job.goal.objective, job.goal.latency_sla_ms)
        best[name] = arms[place], found.finals[arms[place]]
    # Of one that is in no finals, the configuration that was measured longest, and of those the better one.
    dropped = dict[str, list[Arm]]()
    for arm in found.losses:
        if arm.candidate not in finals:
            dropped.setdefault(arm.candidate, []).append(arm)
    for name, arms in dropped.items():
        last = max(found.losses[arm].round_number for arm in arms)
        longest = [arm for arm in arms if found.losses[arm].round_number == last]
        measured = [(found.last_rounds[arm],) for arm in longest]
        place = best_of(measured, job.goal.objective, job.goal.latency_sla_ms)
        best[name] = longest[place], measured[place]
    return best


def _original_report(job: Job, original: OriginalFacts, measurements: tuple[Measurement, ...]) -> CandidateReport:
    return CandidateReport(
        name=ORIGINAL,
        runtime=original.runtime,
        precision=Precision.FP32,
        size_bytes=job.facts.model_size_bytes,
        load_time_s=original.load_time_s,
        measurements=measurements,
        verdict="",
    )


def _report(item: Tried, best: tuple[Arm, tuple[Measurement, ...]] | None = None) -> CandidateReport:
    return CandidateReport(
        name=item.recipe.name,
        runtime=item.recipe.runtime,
        precision=item.recipe.precision,
        size_bytes=item.artifact.size_bytes if item.artifact else 0,
        artifact_sha256=item.artifact.sha256 if item.artifact else None,
        load_time_s=item.load_time_s,
        configuration=best[0].configuration if best else None,
        memory_bytes=item.memory_bytes,
        parity=item.parity,
        accuracy=item.accuracy,
        measurements=best[1] if best else (),
        remark=item.remark,
        verdict=item.failure,
    )
