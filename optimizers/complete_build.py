"""Build every candidate, compare it with the original, search among those that answer alike, and choose. Restartable at any moment."""

import math
from pathlib import Path

from optimizers.answer_check import WrongAnswer
from optimizers.artifact import REFERENCE_NAME, Artifact
from optimizers.atomic_file import write_atomically
from optimizers.candidate_builder import SHORTEST_TIMEOUT_S, BuiltIndex, CandidateBuilder, TrainingRoom
from optimizers.candidate_process import CandidateProcess
from optimizers.candidate_recipe import CandidateRecipe
from optimizers.configuration import Configuration
from optimizers.errors import MissingExtra, short_reason
from optimizers.job import Job
from optimizers.kept_results import KeptResults
from optimizers.lock import LockedModel
from optimizers.measured_report import measured_report
from optimizers.model_process import TIMEOUT_S
from optimizers.original_job import OriginalFacts
from optimizers.pass_process import PassFailed
from optimizers.report import UNTRIED
from optimizers.sample_batches import write_batches
from optimizers.session import read_manifest
from optimizers.store import is_intact
from optimizers.training_data import prepare_training
from optimizers.trial import Trial, prepare
from optimizers.tried import Tried, missing_for_all

SAMPLES, EVALUATION, TRAINING = "samples", "evaluation", "training"
# To load, to measure, the rounds of a search of a dozen candidates, and the profile.
STEPS_BESIDES = 6
ANOTHER_BUILD = (
    "not used: INT8 as this processor computes it gives other bytes than the locked ones, which another machine's report names; "
    "copy `.model-serving/artifacts` from there"
)


def complete(job: Job, known: LockedModel | None) -> LockedModel:
    """
    Return the locked model with a report of this machine.

    Args:
        job: What `optimize` was asked for.
        known: What the lock has of this model and recipe, if anything.

    Raises:
        As `optimize`.
    """
    with job.store.building() as work:
        return _run_in(job, known, work)


def _run_in(job: Job, known: LockedModel | None, work: Path) -> LockedModel:
    job.progress.begin(2 * len(job.recipe.offered) + STEPS_BESIDES)
    job.progress.step("load the original model")
    # It is gone while candidates are built, so that no more of a large model is in memory than a pass needs.
    with job.original(work) as original:
        facts = original.facts
        trial = prepare(job.source, facts, original, job.benchmark, work / EVALUATION)
    training = _training(job, facts, work)
    tried = _build_and_compare(job, facts, trial, known, work, training)
    if missing := missing_for_all(tried):
        raise missing
    job.progress.step("measure")
    with job.original(work) as original:
        report = measured_report(job, original, trial, tried, work)
    passed = {item.artifact.name: item.artifact for item in tried if item.artifact and item.is_right}
    kept = {artifact.name: artifact for artifact in known.artifacts} if known else {}
    # What another machine chose for another goal is no choice for this one.
    others = known.reports if known and job.request.chooses_like(known.request) else {}
    return LockedModel(
        request=job.request,
        model_sha256=job.facts.model_sha256,
        model_size_bytes=job.facts.model_size_bytes,
        recipe_sha256=job.recipe.sha256,
        signature=facts.signature,
        artifacts=tuple(sorted({**kept, **passed}.values(), key=lambda artifact: artifact.name)),
        reports={**others, job.hardware.fingerprint: report},
    )


def _training(job: Job, facts: OriginalFacts, work: Path) -> TrainingRoom | None:
    """Check and encode training data before anything is built."""
    if job.goal.training is None:
        return None
    data = prepare_training(job.source, facts, work / TRAINING)
    kept = KeptResults(job.store.root, job.facts.model_sha256, job.facts.settings)
    return TrainingRoom(data, job.goal.training.timeout_s, kept, reuses=not job.force)


def _build_and_compare(  # noqa: PLR0913, PLR0917 - what building takes
    job: Job,
    original: OriginalFacts,
    trial: Trial,
    known: LockedModel | None,
    work: Path,
    training: TrainingRoom | None,
) -> tuple[Tried, ...]:
    """Return every candidate in the order of the recipe; they are built in the order of their promise."""
    index = BuiltIndex(job.store, job.facts.model_sha256, job.recipe.sha256, job.hardware)
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
    tried = dict[str, Tried]()
    for candidate in job.recipe.by_promise:
        if candidate.refused is not None:
            tried[candidate.name] = Tried(candidate, failure=candidate.refused)
            continue
        has_one = any(item.contender for item in tried.values())
        tried[candidate.name] = _try(job, index, builder, trial, known, candidate, work, has_one=has_one)
    return tuple(tried[candidate.name] for candidate in job.recipe.candidates)


def _try(  # noqa: PLR0913, PLR0917 - what a candidate is built from and compared with
    job: Job,
    index: BuiltIndex,
    builder: CandidateBuilder,
    trial: Trial,
    known: LockedModel | None,
    candidate: CandidateRecipe,
    work: Path,
    *,
    has_one: bool,
) -> Tried:
    time_budget = job.time_budget
    untried = Tried(candidate, failure=f"{UNTRIED} the budget of {time_budget.seconds or 0:g} s was used up")
    if has_one and time_budget.left_to_build_s <= 0:
        return untried
    job.progress.step(f"build {candidate.name}{time_budget.remark}")
    try:
        artifact = (None if job.force else _reusable(job, index, known, candidate.name)) or builder.build(
            candidate, lambda: time_budget.left_to_build_s if has_one else math.inf
        )
    except PassFailed as error:
        job.progress.step(f"skip {candidate.name}")
        is_late = has_one and time_budget.left_to_build_s <= 0
        return untried if is_late else Tried(candidate, failure=f"not built: {error}")
    except MissingExtra as error:
        return _without_library(job, candidate, error)
    if _is_served_elsewhere(job, known, artifact):
        return Tried(candidate, failure=ANOTHER_BUILD)
    job.progress.step(f"compare {candidate.name}")
    most_s = max(SHORTEST_TIMEOUT_S, time_budget.left_to_build_s) if has_one else math.inf
    found = _compare(job, trial, candidate, artifact, work, min(TIMEOUT_S, most_s))
    is_late = has_one and found.parity is None and time_budget.left_to_build_s <= 0
    return untried if is_late else found


def _without_library(job: Job, candidate: CandidateRecipe, error: MissingExtra) -> Tried:
    job.progress.step(f"skip {candidate.name}")
    return Tried(candidate, failure=f"not built: {error}", missing=error)


def _reusable(job: Job, index: BuiltIndex, known: LockedModel | None, name: str) -> Artifact | None:
    locked = known.artifact(name) if known else None
    return locked if locked and is_intact(job.store, locked) else index.find(name)


def _is_served_elsewhere(job: Job, known: LockedModel | None, artifact: Artifact) -> bool:
    """Return whether another machine's report names other bytes of this candidate: they stay the locked ones."""
    locked = known.artifact(artifact.name) if known else None
    if known is None or locked is None or locked.sha256 == artifact.sha256:
        return False
    others = (report for fingerprint, report in known.reports.items() if fingerprint != job.hardware.fingerprint)
    return any(item.artifact_sha256 == locked.sha256 for report in others for item in report.candidates)


def _compare(  # noqa: PLR0913, PLR0917 - what a candidate is compared with, and how
    job: Job, trial: Trial, candidate: CandidateRecipe, artifact: Artifact, work: Path, timeout_s: float
) -> Tried:
    folder = job.store.folder(artifact.sha256)
    try:
        with CandidateProcess(
            folder, Configuration(threads=job.threads), work / f"compare-{candidate.name}", timeout_s
        ) as session:
            load_time_s = session.load_time_s
            parity, accuracy = trial.judge(session, job.source.prediction, job.goal)
            if accuracy and accuracy.passed and not parity.passed:
                # What is deployed answers as it did here, and that is right, though it is not what the original answers.
                write_atomically(folder / REFERENCE_NAME, trial.reference_of(session).encode())
            memory_bytes = session.model_memory_bytes
            latencies_ms, _ = session.turn(trial.loads[1], calls=1, concurrency=1)
    except OSError:
        raise
    except MissingExtra as error:
        return _without_library(job, candidate, error)
    except WrongAnswer as error:
        return Tried(candidate, failure=f"refused: {error}")
    except Exception as error:  # noqa: BLE001 - a runtime's own error; the other candidates are not concerned
        return Tried(candidate, failure=f"does not run: {short_reason(error)}")
    return Tried(
        candidate,
        artifact,
        parity,
        accuracy,
        load_time_s,
        memory_bytes,
        row_ms=latencies_ms[0],
        remark=read_manifest(folder).remark,
    )
