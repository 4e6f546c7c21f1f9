"""A valid plan and its lock; each policy test breaks one field."""

import pytest

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
)
from optimizers.artifact import Artifact, FileDigest
from optimizers.build_request import BuildRequest
from optimizers.hardware import Hardware
from optimizers.lock import Lock, LockedModel
from optimizers.report import CandidateReport, Parity, Report
from optimizers.signature import Signature, TensorSpec
from optimizers.store import files_sha256
from optimizers.vocabulary import DeploymentTarget, ModelFormat, Precision, Prediction, Runtime

HARDWARE = Hardware(
    cpu_model="Test CPU",
    cpu_cores=2,
    cpu_features=("avx2",),
    memory_gib=8,
    architecture="x86_64",
    operating_system="linux",
)
PARITY = Parity(metric="cosine", value=0.9999, threshold=0.999, samples=8, passed=True)
FILES = (FileDigest(path="model.bin", sha256="e" * 64, size_bytes=1_000_000),)
SHA256 = files_sha256(FILES)


@pytest.fixture
def locked() -> Lock:
    """The lock that the valid plan was made from."""
    candidate = CandidateReport(
        name="openvino-fp32",
        runtime=Runtime.OPENVINO,
        precision=Precision.FP32,
        size_bytes=1_000_000,
        artifact_sha256=SHA256,
        parity=PARITY,
        verdict="chosen",
    )
    report = Report(
        measured_at="2026-11-23T00:00:00+00:00",
        hardware=HARDWARE,
        threads=2,
        versions={},
        candidates=(candidate,),
        chosen="openvino-fp32",
    )
    model = LockedModel(
        request=BuildRequest(location="model", model_format=ModelFormat.PYTORCH, prediction=Prediction.EMBEDDING),
        model_sha256="b" * 64,
        model_size_bytes=1_000_000,
        recipe_sha256="c" * 64,
        signature=Signature(
            inputs=(TensorSpec(name="x", shape=("batch", 4)),), outputs=(TensorSpec(name="y", shape=("batch", 2)),)
        ),
        artifacts=(
            Artifact(
                name="openvino-fp32",
                sha256=SHA256,
                runtime=Runtime.OPENVINO,
                precision=Precision.FP32,
                size_bytes=1_000_000,
                files=FILES,
            ),
        ),
        reports={HARDWARE.fingerprint: report},
    )
    return Lock(models={"minilm": model})


@pytest.fixture
def plan() -> EndpointPlan:
    """A plan that every policy accepts, with numbers exactly at their limits."""
    estimate = Estimate(value=0.5, basis="measured")
    decision = Decision(value=1, basis="because")
    return EndpointPlan(
        name="minilm",
        target=DeploymentTarget.EMBEDDED,
        platform=Decision(value="bentoml", basis="because"),
        first_choice=Decision(value="openvino", basis="because"),
        artifact=PlannedArtifact(
            name="openvino-fp32",
            sha256=SHA256,
            runtime=Runtime.OPENVINO,
            precision=Precision.FP32,
            size_mb=1,
            model_sha256="b" * 64,
            prediction=Prediction.EMBEDDING,
        ),
        parity=PARITY,
        hardware=PlannedHardware(
            measured_on=HARDWARE.fingerprint, target=HARDWARE.fingerprint, description="Test CPU, 2 cores"
        ),
        latency_sla_ms=100,
        throughput_rps=10,
        traffic=PlannedTraffic(kind="constant", peak_rps=10, mean_rps=10, basis="`throughput_rps` at any time"),
        replicas=decision,
        workers=decision,
        threads=decision,
        max_batch_size=decision,
        concurrent_calls=decision,
        cache_entries=0,
        resources=Resources(cpu_cores=2, memory_mib=estimate),
        scaling=ScalingPolicy(min_replicas=1, max_replicas=1, target_utilization=0.7),
        measured=Measured(sequence_length=128, other_cpu_share=0.02, p50_ms=10, p99_ms=12, throughput_rps=100),
        predicted=Predicted(
            p50_ms=estimate,
            p99_ms=Estimate(value=100, basis="measured"),
            capacity_rps=Estimate(value=10, basis="measured"),
            utilization=estimate,
        ),
    )
