"""Write what builds a stack's candidates on nodes that have the accelerator."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from optimizers.benchmark import BenchmarkConfig
from optimizers.build_step import OUTPUT, STEPS
from optimizers.candidate_builder import BuiltIndex, CandidateBuilder
from optimizers.candidate_recipe import CandidateRecipe
from optimizers.errors import InvalidArgs, Issue
from optimizers.goal import Goal
from optimizers.hardware import Hardware
from optimizers.model_source import ModelSource
from optimizers.neuron_compile import NeuronCompile
from optimizers.onnx_external_data import model_size_bytes
from optimizers.original_process import OriginalProcess
from optimizers.pass_process import PassFailed
from optimizers.progress import Progress
from optimizers.recipe import recipe_for
from optimizers.sample_batches import write_batches
from optimizers.source_facts import facts_of
from optimizers.store import ArtifactStore
from optimizers.tensorrt_engine import TensorRtEngine
from optimizers.trial import prepare
from optimizers.vocabulary import Accelerator
from stacks.build_job_files import BuildJobs, refuse_other_use, write_build_files, write_shared_files

# Passes that only the accelerator's own machine runs; what comes before them is done here.
ON_THE_NODE = (TensorRtEngine, NeuronCompile)
# What the Job writes, in the candidate's folder.
BUILT = Path(OUTPUT).name


@dataclass(frozen=True, slots=True)
class WrittenBuild:
    """
    A candidate's folder, or why it has none.

    Attributes:
        model_bytes: Size of the model that its node reads.
    """

    candidate: str
    folder: Path | None
    reason: str = ""
    model_bytes: int = 0


def write_build_jobs(  # noqa: PLR0913, PLR0917 - what is built, where it is written, and who is told
    source: ModelSource,
    goal: Goal,
    hardware: Hardware,
    store: ArtifactStore,
    jobs: BuildJobs,
    folder: Path,
    progress: Progress,
) -> tuple[WrittenBuild, ...]:
    """
    Write a folder for each candidate that a node builds: its model, its Job, and how Triton serves the result.

    Export and quantization run here, with the user's samples; only the compiler needs the accelerator.

    Raises:
        InvalidArgs: The stack is for a processor, or for an accelerator that nothing compiles for, or `folder` holds
            something else.
        UnsupportedModel: The model cannot be read.
        MissingExtra: A library is not installed.
    """
    facts = facts_of(source)
    recipe = recipe_for(facts, goal, hardware)
    wanted = [candidate for candidate in recipe.candidates if candidate.runtime in STEPS]
    if not wanted:
        raise InvalidArgs(
            "the stack",
            (
                Issue(
                    "serving_context.hardware.accelerator",
                    f"`{goal.accelerator}`",
                    "a node builds nothing for it",
                    f"set it to `{Accelerator.GPU}` or `{Accelerator.INFERENTIA}`, or run `serving optimize`",
                ),
            ),
        )
    refuse_other_use(folder, (candidate.name for candidate in wanted))
    progress.begin(len(wanted) + 1)
    progress.step("load the original model")
    with store.building() as work:
        threads = goal.threads_on(hardware)
        with OriginalProcess(source, threads, work / "original") as original:
            known = original.facts
            trial = prepare(source, known, original, BenchmarkConfig())
        write_batches(work / "samples", trial.batches)
        builder = CandidateBuilder(
            store=store,
            index=BuiltIndex(store, facts.model_sha256, recipe.sha256, hardware),
            work=work,
            original=known,
            source=source,
            model_sha256=facts.model_sha256,
            threads=threads,
            samples=work / "samples",
            reference=trial.reference,
        )
        written = tuple(_written(candidate, builder, jobs, folder, progress) for candidate in wanted)
    if any(item.folder for item in written):
        write_shared_files(sum(item.model_bytes for item in written), jobs, folder)
    return written


def _written(
    candidate: CandidateRecipe, builder: CandidateBuilder, jobs: BuildJobs, folder: Path, progress: Progress
) -> WrittenBuild:
    progress.step(f"prepare {candidate.name}")
    try:
        model = builder.model_after(tuple(item for item in candidate.passes if not isinstance(item, ON_THE_NODE)))
    except PassFailed as error:
        return WrittenBuild(candidate.name, None, f"not written: {error}")
    target = folder / candidate.name
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=f".{candidate.name}-") as work:
        staged, before = Path(work, "staged"), Path(work, "before")
        staged.mkdir()
        write_build_files(candidate, model, jobs, staged)
        if target.exists():
            target.replace(before)
            # What a node has built is the user's.
            if (before / BUILT).exists():
                (before / BUILT).replace(staged / BUILT)
        staged.replace(target)
    return WrittenBuild(candidate.name, target, model_bytes=model_size_bytes(model.file))
