"""The files of one build on a node: the model, the Job, and how Triton serves the result."""

import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from components.build_job.manifests import OURS, BuildJob, claim_manifest, copy_manifest, job_manifest
from components.build_job.triton_engine import ENGINE, GRAPH, triton_config
from components.packages.triton_tensorrt import accelerator_parameters
from optimizers import digest
from optimizers.build_step import BuildStep, build_step
from optimizers.candidate_recipe import CandidateRecipe
from optimizers.errors import InvalidArgs, Issue
from optimizers.neuron_compile import NeuronCompile
from optimizers.onnx_external_data import with_weights
from optimizers.passes import FormedModel
from optimizers.vocabulary import Runtime

CLAIM_FILE, COPY_FILE, JOB_FILE = "claim.yaml", "copy.yaml", "job.yaml"
# A Triton repository of the engine, and one of the graph that Triton compiles when it loads it.
ENGINE_CONFIG, GRAPH_CONFIG = "config.engine.pbtxt", "config.onnx.pbtxt"
# For engines, timings and a second build beside the first.
TIMES_THE_MODEL, LEAST_GIB, GIB = 8, 10, 1 << 30


@dataclass(frozen=True, slots=True)
class BuildJobs:
    """
    Where the Jobs run.

    Attributes:
        name: Of the endpoint, with which names begin.
        claim: Claim of the volume that holds the folders.
        image: Instead of the vendor's, such as one that is pinned by digest; None for that.
        node_selector: Labels that nodes must have.
        groups: Numbers of groups that own the accelerator's device files.
    """

    name: str
    namespace: str
    claim: str
    image: str | None = None
    node_selector: Mapping[str, str] = field(default_factory=dict[str, str])
    groups: tuple[int, ...] = ()

    @property
    def copy_pod(self) -> str:
        """Name of the pod that files are copied through."""
        return f"{self.name}-copy"


def write_build_files(candidate: CandidateRecipe, model: FormedModel, jobs: BuildJobs, folder: Path) -> None:
    """Write everything that one candidate's Job reads, and the Job, into an empty folder."""
    step = build_step(candidate, model.signature)
    if isinstance(candidate.passes[-1], NeuronCompile):
        candidate.passes[-1].write_inputs(model, folder)
    else:
        for path in with_weights(model.file):
            shutil.copyfile(path, folder / path.name)
    _write_yaml(folder / JOB_FILE, job_manifest(_job(candidate, step, jobs, folder)))
    if candidate.runtime is Runtime.TENSORRT:
        parameters = accelerator_parameters(model.signature, candidate.precision)
        for name, platform, accelerator in (
            (ENGINE_CONFIG, ENGINE, None),
            (GRAPH_CONFIG, GRAPH, parameters),
        ):
            (folder / name).write_text(
                triton_config(jobs.name, model.signature, platform, accelerator), encoding="utf-8"
            )


def write_shared_files(model_bytes: int, jobs: BuildJobs, folder: Path) -> None:
    """
    Write the claim of the volume that all candidates share, and the pod that files are copied through.

    Args:
        model_bytes: Size of all candidates' models.
        jobs: Where the Jobs run.
        folder: The one that holds the candidates' folders.
    """
    size_gib = max(LEAST_GIB, -(-TIMES_THE_MODEL * model_bytes // GIB))
    _write_yaml(folder / CLAIM_FILE, claim_manifest(jobs.claim, jobs.namespace, size_gib))
    _write_yaml(folder / COPY_FILE, copy_manifest(jobs.copy_pod, jobs.namespace, jobs.claim))


def refuse_other_use(folder: Path, candidates: Iterable[str]) -> None:
    """
    Refuse to write over what an earlier run did not write.

    Raises:
        InvalidArgs: A file or folder that would be replaced is something else.
    """
    shared = (folder / name for name in (CLAIM_FILE, COPY_FILE))
    wrong = [path for path in shared if path.exists() and not _is_ours(path)]
    for path in (folder / name for name in candidates):
        is_used = path.exists() and (not path.is_dir() or any(path.iterdir()))
        if path.is_symlink() or (is_used and not _is_ours(path / JOB_FILE)):
            wrong.append(path)
    if wrong:
        rule = "it is nothing that this command wrote, and is never overwritten"
        issue = Issue("--out", f"`{wrong[0]}`", rule, "remove it or name a new folder")
        raise InvalidArgs("the command line", (issue,))


def _is_ours(path: Path) -> bool:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        labels = content["metadata"]["labels"]
        return all(labels.get(label) == value for label, value in OURS.items())
    except (OSError, ValueError, yaml.YAMLError, KeyError, TypeError, AttributeError):
        return False


def _job(candidate: CandidateRecipe, step: BuildStep, jobs: BuildJobs, folder: Path) -> BuildJob:
    return BuildJob(
        name=f"{jobs.name}-{candidate.name}",
        namespace=jobs.namespace,
        claim=jobs.claim,
        folder=f"{jobs.name}/{candidate.name}",
        image=jobs.image or step.image,
        commands=step.commands,
        resource=step.resource,
        node_selector=jobs.node_selector,
        groups=jobs.groups,
        inputs={path.name: digest.of_file(path) for path in sorted(folder.iterdir())},
    )


def _write_yaml(path: Path, content: dict[str, Any]) -> None:
    path.write_text(yaml.safe_dump(content, sort_keys=False, width=120), encoding="utf-8")
