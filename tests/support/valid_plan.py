"""A plan that every policy accepts, with numbers exactly at their limits, and the lock that it was made from."""

from datetime import date

from components.capacity.prediction import Method
from components.endpoint_plan import (
    ArtifactNeeds,
    ColdStart,
    Decision,
    EndpointPlan,
    Estimate,
    Gpu,
    KvCache,
    Measured,
    PlannedAccelerator,
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
from optimizers.vocabulary import Accelerator, DeploymentTarget, ModelFormat, Precision, Prediction, Runtime
from tests.support.locked_model import measurement

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


def valid_lock() -> Lock:
    """The lock that the valid plan was made from."""
    candidate = CandidateReport(
        name="openvino-fp32",
        runtime=Runtime.OPENVINO,
        precision=Precision.FP32,
        size_bytes=1_000_000,
        artifact_sha256=SHA256,
        parity=PARITY,
        measurements=(measurement(77, 77),),
        verdict="chosen",
    )
    report = Report(
        measured_at="2026-11-23T00:00:00+00:00",
        hardware=HARDWARE,
        threads=2,
        sequence_length=128,
        other_cpu_share=0.02,
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


def valid_plan() -> EndpointPlan:
    """An endpoint on a CPU that nothing scales."""
    estimate = Estimate(value=0.5, basis="measured")
    second = Estimate(value=1, basis="measured")
    decision = Decision(value=1, basis="because")
    return EndpointPlan(
        name="minilm",
        locked_sha256=valid_lock().models["minilm"].sha256,
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
            needs=ArtifactNeeds(
                accelerator=Accelerator.CPU,
                architecture="x86_64",
                cpu_features=("avx2", "avx512f"),
                gpu=None,
                basis="because",
            ),
        ),
        parity=PARITY,
        hardware=PlannedHardware(
            measured_on=HARDWARE.fingerprint,
            target=HARDWARE.fingerprint,
            description="Test CPU, 2 cores",
            accelerator=Accelerator.CPU,
            architecture="x86_64",
            cpu_features=("avx2",),
            gpu=None,
        ),
        accelerator=None,
        latency_sla_ms=100,
        throughput_rps=10,
        traffic=PlannedTraffic(kind="constant", peak_rps=10, mean_rps=10, basis="`throughput_rps` at any time"),
        replicas=decision,
        workers=decision,
        threads=decision,
        streams=decision,
        max_batch_size=decision,
        concurrent_calls=decision,
        cache_entries=0,
        resources=Resources(cpu_cores=2, memory_mib=estimate),
        scaling=ScalingPolicy(min_replicas=1, max_replicas=1, target_utilization=0.7),
        lowest_min_replicas=Estimate(value=1, basis="nothing scales"),
        cold_start=ColdStart(
            provisioning_s=second, image_s=second, server_s=second, model_load_s=second, warm_up_s=second
        ),
        measured=Measured(
            day=date(2026, 11, 23),
            sequence_length=128,
            other_cpu_share=0.02,
            p50_ms=77,
            p99_ms=77,
            throughput_rps=12.99,
        ),
        predicted=Predicted(
            method=Method.SIMULATION,
            p50_ms=estimate,
            p99_ms=Estimate(value=90, basis="measured"),
            p99_high_ms=Estimate(value=100, basis="measured"),
            # A call of 77 ms and 3 ms of the server.
            capacity_rps=Estimate(value=12.5, basis="measured"),
            utilization=Estimate(value=0.8, basis="measured"),
        ),
    )


def valid_gpu_plan() -> EndpointPlan:
    """A language model on two GPUs that an autoscaler scales, and that fits to the last byte."""
    plan = valid_plan()
    gpu = Gpu(architecture="sm_89", runtime_version="10.13")
    needs = plan.artifact.needs.model_copy(update={"accelerator": Accelerator.GPU, "gpu": gpu})
    # On each: half of 24 GiB, half of 8 x 8192 tokens of 128 KiB, which are 8 GiB, and 4 GiB: all that the headroom leaves.
    accelerator = PlannedAccelerator(
        kind="l4",
        count=2,
        memory_gib=Estimate(value=20 / 0.9, basis="catalog"),
        weights_gib=Estimate(value=24, basis="counted"),
        kv_cache=KvCache(bytes_per_token=Estimate(value=131072, basis="counted"), context_tokens=8192, sequences=8),
        reserve_gib=Estimate(value=4, basis="measured"),
    )
    return plan.model_copy(
        update={
            "artifact": plan.artifact.model_copy(update={"needs": needs}),
            "hardware": plan.hardware.model_copy(update={"accelerator": Accelerator.GPU, "gpu": gpu}),
            "accelerator": accelerator,
            "scaling": ScalingPolicy(min_replicas=2, max_replicas=4, target_utilization=0.7),
            "lowest_min_replicas": Estimate(value=2, basis="at 60 s the load is 20 requests/s"),
        }
    )
