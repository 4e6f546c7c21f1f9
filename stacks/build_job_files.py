"""The files of one build on a node: the model, the Job, and how Triton serves the result."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from components.build_job.manifests import BuildJob, claim_manifest, job_manifest
from components.build_job.triton_engine import ENGINE, GRAPH, triton_config
from components.packages.triton_tensorrt import accelerator_parameters
from optimizers import digest
from optimizers.build_step import BuildStep, build_step
from optimizers.candidate_recipe import CandidateRecipe
from optimizers.neuron_compile import NeuronCompile
from optimizers.passes import FormedModel
from optimizers.vocabulary import Runtime

CLAIM_FILE, JOB_FILE = "claim.yaml", "job.yaml"
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
    """

    name: str
    namespace: str
    claim: str
    image: str | None = None
    node_selector: Mapping[str, str] = field(default_factory=dict[str, str])


def write_build_files(candidate: CandidateRecipe, model: FormedModel, jobs: BuildJobs, folder: Path) -> None:
    """Write everything that one candidate's Job reads, and its claim and Job, into an empty folder."""
    step = build_step(candidate, model.signature)
    if isinstance(candidate.passes[-1], NeuronCompile):
        candidate.passes[-1].write_inputs(model, folder)
    else:
        shutil.copyfile(model.file, folder / step.model)
    size_gib = max(LEAST_GIB, -(-TIMES_THE_MODEL * model.file.stat().st_size // GIB))
    _write_yaml(folder / CLAIM_FILE, claim_manifest(jobs.claim, jobs.namespace, size_gib))
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


def _job(candidate: CandidateRecipe, step: BuildStep, jobs: BuildJobs, folder: Path) -> BuildJob:
    return BuildJob(
        name=f"{jobs.name}-{candidate.name}",
        namespace=jobs.namespace,
        claim=jobs.claim,
        folder=candidate.name,
        image=jobs.image or step.image,
        commands=step.commands,
        resource=step.resource,
        node_selector=jobs.node_selector,
        model=step.model,
        model_sha256=digest.of_file(folder / step.model),
    )


def _write_yaml(path: Path, content: dict[str, Any]) -> None:
    path.write_text(yaml.safe_dump(content, sort_keys=False, width=120), encoding="utf-8")
