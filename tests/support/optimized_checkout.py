"""A checkout in the state after `serving optimize`, made in a second: one artifact, with latencies that a test knows."""

from pathlib import Path
from typing import Any

from optimizers import hardware, lock
from optimizers.build_request import build_request
from optimizers.lock import Lock, LockedModel
from optimizers.recipe import recipe_for
from optimizers.report import CandidateReport, Parity, Report
from optimizers.signature import Signature, TensorSpec
from optimizers.source_facts import facts_of
from optimizers.store import ArtifactStore
from optimizers.vocabulary import Precision, Runtime
from stacks.arguments import described_source, model_source, optimization_goal
from stacks.project import Project
from stacks.stack_file import read_spec
from tests.support.checkout import Checkout, make_checkout
from tests.support.locked_model import measurement
from tests.support.served_artifact import small_artifact
from tests.support.small_model import WIDTH, write_small_onnx

SPEC: dict[str, Any] = {
    "task_type": "deploy_model",
    "name": "small",
    "model": {"path": "small.onnx"},
    "serving_context": {"model_format": "onnx", "latency_sla_ms": 1000, "throughput_rps": 2},
}
P50_MS, P99_MS = 1.0, 2.0


def make_optimized_checkout(folder: Path) -> Checkout:
    """Return a checkout that `serving up` can deploy without building anything."""
    write_small_onnx(folder / "small.onnx")
    checkout = make_checkout(folder, SPEC)
    project = Project(folder)
    lock.write(project.lock_path, Lock(models={"small": _locked(project)}))
    return checkout


def _locked(project: Project) -> LockedModel:
    spec = read_spec(project.root, "local")
    facts = facts_of(model_source(spec, project.root))
    here = hardware.detect()
    recipe = recipe_for(facts, optimization_goal(spec), here)
    artifact = small_artifact(ArtifactStore(project.store_path))
    chosen = CandidateReport(
        name=artifact.name,
        runtime=Runtime.ONNXRUNTIME,
        precision=Precision.FP32,
        size_bytes=artifact.size_bytes,
        artifact_sha256=artifact.sha256,
        load_time_s=0.03,
        parity=Parity(metric="max_error", value=0.0, threshold=0.01, samples=4, passed=True),
        measurements=(measurement(P50_MS, P99_MS), measurement(4 * P50_MS, 4 * P99_MS, batch_size=8)),
        verdict="chosen: the only one",
    )
    report = Report(
        measured_at="2026-11-23T00:00:00+00:00",
        hardware=here,
        threads=1,
        versions={},
        candidates=(chosen,),
        chosen=artifact.name,
    )
    return LockedModel(
        request=build_request(described_source(spec), optimization_goal(spec)),
        model_sha256=facts.model_sha256,
        model_size_bytes=facts.model_size_bytes,
        recipe_sha256=recipe.sha256,
        signature=Signature(
            inputs=(TensorSpec(name="input", shape=("batch", WIDTH)),),
            outputs=(TensorSpec(name="output", shape=("batch", WIDTH)),),
        ),
        artifacts=(artifact,),
        reports={here.fingerprint: report},
    )
