"""`optimize`: from the original model to built, compared and measured artifacts. Restartable at any moment."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil

from optimizers.accuracy import Accuracy
from optimizers.answer_check import WrongAnswer
from optimizers.artifact import REFERENCE_NAME, Artifact
from optimizers.atomic_file import write_atomically
from optimizers.benchmark import BenchmarkConfig, measure
from optimizers.build_request import BuildRequest, build_request
from optimizers.candidate_builder import BuiltIndex, CandidateBuilder, TrainingRoom, is_intact
from optimizers.candidate_recipe import CandidateRecipe
from optimizers.choose import choose
from optimizers.errors import MissingExtra, short_reason
from optimizers.goal import Goal
from optimizers.hardware import Hardware
from optimizers.kept_results import KeptResults
from optimizers.lock import LockedModel
from optimizers.model_source import ModelSource
from optimizers.original_job import OriginalFacts
from optimizers.original_process import OriginalProcess
from optimizers.pass_process import PassFailed
from optimizers.processor_load import other_cpu_share, processor_times
from optimizers.progress import Progress
from optimizers.recipe import Recipe, recipe_for
from optimizers.report import ORIGINAL, CandidateReport, Measurement, Parity, Report
from optimizers.sample_batches import write_batches
from optimizers.session import Session, open_session, read_manifest
from optimizers.source_facts import MEASURED_LIBRARIES, SourceFacts, facts_of, versions
from optimizers.store import ArtifactStore
from optimizers.training_data import prepare_training
from optimizers.trial import Trial, prepare
from optimizers.vocabulary import Precision

SAMPLES, EVALUATION, TRAINING = "samples", "evaluation", "training"
ANOTHER_BUILD = (
    "not used: ranges that are measured on this processor give other bytes than the locked ones, which another machine's report "
    "names; copy `.model-serving/artifacts` from there"
)


@dataclass(frozen=True, slots=True)
class _Job:
    """What one `optimize` was asked for."""

    source: ModelSource
    goal: Goal
    hardware: Hardware
    store: ArtifactStore
    progress: Progress
    benchmark: BenchmarkConfig
    facts: SourceFacts
    recipe: Recipe
    force: bool

    @property
    def request(self) -> BuildRequest:
        return build_request(self.source, self.goal)

    @property
    def threads(self) -> int:
        return self.goal.threads_on(self.hardware)


@dataclass(frozen=True, slots=True)
class _Tried:
    """A candidate after build and comparison; `artifact` is None where it could not be built."""

    recipe: CandidateRecipe
    artifact: Artifact | None = None
    parity: Parity | None = None
    accuracy: Accuracy | None = None
    load_time_s: float | None = None
    remark: str = ""
    failure: str = ""

    @property
    def is_right(self) -> bool:
        """Whether it may be measured and served."""
        return _report(self, ()).is_right


def optimize(  # noqa: PLR0913, PLR0917 - the six things that an optimization is about
    source: ModelSource,
    goal: Goal,
    hardware: Hardware,
    store: ArtifactStore,
    previous: LockedModel | None,
    progress: Progress,
    *,
    force: bool = False,
    benchmark: BenchmarkConfig | None = None,
) -> LockedModel:
    """
    Build every candidate of the recipe, compare it with the original, measure the survivors, and choose.

    Nothing is done where `previous` already tells it: the same model and recipe, measured on hardware like this one,
    with the chosen artifact intact in the store. Then no machine-learning library is imported. On new hardware the
    artifacts are used again, and a report is added to those that `previous` has.

    Args:
        source: The original model.
        goal: What to reach.
        hardware: The machine that this runs on.
        store: Receives the artifacts.
        previous: What the lock has of this model, if anything.
        progress: Told about each step.
        force: Build and measure everything again.
        benchmark: Loads and time budget of the measurement; None for the defaults.

    Raises:
        UnsupportedModel: The model is missing, damaged, unsafe or of a kind that cannot be read.
        ParityError: No candidate answers like the original.
        ArtifactError: The disk is full or the store not writable.
        MissingExtra: A library that a candidate needs is not installed.
    """
    facts = facts_of(source, goal)
    recipe = recipe_for(facts, goal, hardware)
    job = _Job(source, goal, hardware, store, progress, benchmark or BenchmarkConfig(), facts, recipe, force)
    known = previous if previous and _describes(previous, job) else None
    if known and not force and _is_done(known, job):
        return known if known.request == job.request else known.model_copy(update={"request": job.request})
    return _run(job, known)


def _describes(previous: LockedModel, job: _Job) -> bool:
    return (previous.model_sha256, previous.recipe_sha256) == (job.facts.model_sha256, job.recipe.sha256)


def _is_done(known: LockedModel, job: _Job) -> bool:
    report = known.reports.get(job.hardware.fingerprint)
    chosen = known.artifact(report.chosen) if report else None
    return chosen is not None and is_intact(job.store, chosen)


def _run(job: _Job, known: LockedModel | None) -> LockedModel:
    with job.store.building() as work:
        return _run_in(job, known, work)


def _run_in(job: _Job, known: LockedModel | None, work: Path) -> LockedModel:
    job.progress.begin(2 * len(job.recipe.offered) + 3)
    job.progress.step("load the original model")
    # It is gone while candidates are built, so that no more of a large model is in memory than a pass needs.
    with _original(job, work) as original:
        facts = original.facts
        trial = prepare(job.source, facts, original, job.benchmark, work / EVALUATION)
    training = _training(job, facts, work)
    tried = _build_and_compare(job, facts, trial, known, work, training)
    job.progress.step("measure")
    with _original(job, work) as original:
        report = _measure(job, original, trial, tried)
    passed = {item.artifact.name: item.artifact for item in tried if item.artifact and item.is_right}
    kept = {artifact.name: artifact for artifact in known.artifacts} if known else {}
    return LockedModel(
        request=job.request,
        model_sha256=job.facts.model_sha256,
        model_size_bytes=job.facts.model_size_bytes,
        recipe_sha256=job.recipe.sha256,
        signature=facts.signature,
        artifacts=tuple(sorted({**kept, **passed}.values(), key=lambda artifact: artifact.name)),
        reports={**(known.reports if known else {}), job.hardware.fingerprint: report},
    )


def _training(job: _Job, facts: OriginalFacts, work: Path) -> TrainingRoom | None:
    """Check and encode training data before anything is built."""
    if job.goal.training is None:
        return None
    data = prepare_training(job.source, facts, work / TRAINING)
    kept = KeptResults(job.store.root, job.facts.model_sha256, job.facts.settings)
    return TrainingRoom(data, job.goal.training.timeout_s, kept, reuses=not job.force)


def _original(job: _Job, work: Path) -> OriginalProcess:
    return OriginalProcess(job.source, job.threads, work / ORIGINAL)


def _measure(job: _Job, original: OriginalProcess, trial: Trial, tried: tuple[_Tried, ...]) -> Report:
    before = processor_times()
    sessions = _sessions(job, original, tried)
    # Whole distributions are kept of the chosen candidate alone, or a lock could not be reviewed.
    measurements = {
        name: tuple(item.model_copy(update={"quantiles_ms": ()}) for item in found)
        for name, found in measure(sessions, trial.loads, job.benchmark).items()
    }
    candidates = (
        _original_report(job, original.facts, measurements[ORIGINAL]),
        *(_report(item, measurements.get(item.recipe.name, ())) for item in tried),
    )
    chosen, judged = choose(candidates)
    job.progress.step(f"measure {chosen} at more batch sizes")
    profile = measure(
        {chosen: sessions[chosen]},
        trial.loads,
        job.benchmark.profile_within(measurements[chosen], job.goal.latency_sla_ms),
    )
    other_share = other_cpu_share(before, processor_times(), psutil.cpu_count() or 1)
    return Report(
        measured_at=datetime.now(UTC).isoformat(timespec="seconds"),
        hardware=job.hardware,
        threads=job.threads,
        sequence_length=trial.sequence_length,
        samples_from=trial.samples_from,
        evaluated_on=trial.evaluation.data if trial.evaluation else None,
        other_cpu_share=other_share,
        versions=versions(MEASURED_LIBRARIES),
        candidates=judged,
        chosen=chosen,
        profile=profile[chosen],
    )


def _build_and_compare(  # noqa: PLR0913, PLR0917 - what building takes
    job: _Job,
    original: OriginalFacts,
    trial: Trial,
    known: LockedModel | None,
    work: Path,
    training: TrainingRoom | None,
) -> tuple[_Tried, ...]:
    index = BuiltIndex(job.store, job.facts.model_sha256, job.recipe.sha256)
    tried = list[_Tried]()
    samples = work / SAMPLES
    write_batches(samples, trial.batches)
    builder = CandidateBuilder(
        store=job.store,
        index=index,
        work=work,
        original=original,
        source=job.source,
        model_sha256=job.facts.model_sha256,
        threads=job.threads,
        samples=samples,
        reference=trial.reference,
        training=training,
        progress=job.progress,
    )
    for candidate in job.recipe.candidates:
        if candidate.refused is not None:
            tried.append(_Tried(candidate, failure=candidate.refused))
            continue
        job.progress.step(f"build {candidate.name}")
        try:
            artifact = (None if job.force else _reusable(job, index, known, candidate.name)) or builder.build(candidate)
        except PassFailed as error:
            job.progress.step(f"skip {candidate.name}")
            tried.append(_Tried(candidate, failure=f"not built: {error}"))
            continue
        if _is_served_elsewhere(job, known, artifact):
            tried.append(_Tried(candidate, failure=ANOTHER_BUILD))
            continue
        job.progress.step(f"compare {candidate.name}")
        tried.append(_compare(job, trial, candidate, artifact))
    return tuple(tried)


def _reusable(job: _Job, index: BuiltIndex, known: LockedModel | None, name: str) -> Artifact | None:
    locked = known.artifact(name) if known else None
    return locked if locked and is_intact(job.store, locked) else index.find(name)


def _is_served_elsewhere(job: _Job, known: LockedModel | None, artifact: Artifact) -> bool:
    """Return whether another machine's report names other bytes of this candidate: they stay the locked ones."""
    locked = known.artifact(artifact.name) if known else None
    if known is None or locked is None or locked.sha256 == artifact.sha256:
        return False
    others = (report for fingerprint, report in known.reports.items() if fingerprint != job.hardware.fingerprint)
    return any(item.artifact_sha256 == locked.sha256 for report in others for item in report.candidates)


def _compare(job: _Job, trial: Trial, candidate: CandidateRecipe, artifact: Artifact) -> _Tried:
    folder = job.store.folder(artifact.sha256)
    start = time.perf_counter()
    try:
        session = open_session(folder, job.threads)
        load_time_s = time.perf_counter() - start
        parity, accuracy = trial.judge(session, job.source.prediction, job.goal)
        if accuracy and accuracy.passed and not parity.passed:
            # What is deployed answers as it did here, and that is right, though it is not what the original answers.
            write_atomically(folder / REFERENCE_NAME, trial.reference_of(session).encode())
    except (MissingExtra, OSError):
        raise
    except WrongAnswer as error:
        return _Tried(candidate, failure=f"refused: {error}")
    except Exception as error:  # noqa: BLE001 - a runtime's own error; the other candidates are not concerned
        return _Tried(candidate, failure=f"does not run: {short_reason(error)}")
    return _Tried(candidate, artifact, parity, accuracy, load_time_s, read_manifest(folder).remark)


def _sessions(job: _Job, original: Session, tried: tuple[_Tried, ...]) -> Mapping[str, Session]:
    """Return what is measured: the original, and each candidate that answers like it."""
    sessions: dict[str, Session] = {ORIGINAL: original}
    for item in tried:
        if item.artifact and item.is_right:
            sessions[item.recipe.name] = open_session(job.store.folder(item.artifact.sha256), job.threads)
    return sessions


def _original_report(job: _Job, original: OriginalFacts, measurements: tuple[Measurement, ...]) -> CandidateReport:
    return CandidateReport(
        name=ORIGINAL,
        runtime=original.runtime,
        precision=Precision.FP32,
        size_bytes=job.facts.model_size_bytes,
        load_time_s=original.load_time_s,
        measurements=measurements,
        verdict="",
    )


def _report(item: _Tried, measurements: tuple[Measurement, ...]) -> CandidateReport:
    return CandidateReport(
        name=item.recipe.name,
        runtime=item.recipe.runtime,
        precision=item.recipe.precision,
        size_bytes=item.artifact.size_bytes if item.artifact else 0,
        artifact_sha256=item.artifact.sha256 if item.artifact else None,
        load_time_s=item.load_time_s,
        parity=item.parity,
        accuracy=item.accuracy,
        measurements=measurements,
        remark=item.remark,
        verdict=item.failure,
    )
