"""A locked model with chosen latencies, as an `optimize` on a two-core machine would leave it."""

from optimizers.artifact import Artifact
from optimizers.build_request import BuildRequest
from optimizers.hardware import Hardware
from optimizers.lock import LockedModel
from optimizers.report import ORIGINAL, CandidateReport, Interval, Measurement, Parity, Report
from optimizers.signature import Signature, TensorSpec
from optimizers.vocabulary import ModelFormat, Precision, Prediction, Runtime

CHOSEN = "openvino-fp32"
SHA256 = "a" * 64


def hardware(cpu_cores: int = 2, cpu_model: str = "Test CPU") -> Hardware:
    """A machine."""
    return Hardware(
        cpu_model=cpu_model,
        cpu_cores=cpu_cores,
        cpu_features=("avx2",),
        memory_gib=8,
        architecture="x86_64",
        operating_system="linux",
    )


def measurement(p50_ms: float, p99_ms: float, batch_size: int = 1, squared_variation: float = 0.05) -> Measurement:
    """One call at a time, with no uncertainty."""
    return Measurement(
        batch_size=batch_size,
        concurrency=1,
        samples=1000,
        p50=Interval(value_ms=p50_ms, low_ms=p50_ms, high_ms=p50_ms),
        p99=Interval(value_ms=p99_ms, low_ms=p99_ms, high_ms=p99_ms),
        throughput_rps=1000 * batch_size / p50_ms,
        squared_variation=squared_variation,
    )


def report(
    *measurements: Measurement, on: Hardware | None = None, measured_at: str = "2026-11-23T00:00:00+00:00"
) -> Report:
    """The report of one candidate that passed parity."""
    chosen = CandidateReport(
        name=CHOSEN,
        runtime=Runtime.OPENVINO,
        precision=Precision.FP32,
        size_bytes=1_000_000,
        artifact_sha256=SHA256,
        load_time_s=0.25,
        parity=Parity(metric="cosine", value=0.9999, threshold=0.999, samples=8, passed=True),
        measurements=measurements,
        verdict="chosen",
    )
    original = CandidateReport(
        name=ORIGINAL, runtime=Runtime.PYTORCH, precision=Precision.FP32, size_bytes=2_000_000, verdict="the reference"
    )
    return Report(
        measured_at=measured_at,
        hardware=on or hardware(),
        threads=2,
        versions={},
        candidates=(original, chosen),
        chosen=CHOSEN,
    )


def locked_model(*reports: Report) -> LockedModel:
    """A model whose lock holds these reports."""
    return LockedModel(
        request=BuildRequest(location="model", model_format=ModelFormat.PYTORCH, prediction=Prediction.EMBEDDING),
        model_sha256="b" * 64,
        model_size_bytes=2_000_000,
        recipe_sha256="c" * 64,
        signature=Signature(
            inputs=(TensorSpec(name="x", shape=("batch", 4)),), outputs=(TensorSpec(name="y", shape=("batch", 2)),)
        ),
        artifacts=(
            Artifact(
                name=CHOSEN,
                sha256=SHA256,
                runtime=Runtime.OPENVINO,
                precision=Precision.FP32,
                size_bytes=1_000_000,
                files=(),
            ),
        ),
        reports={item.hardware.fingerprint: item for item in reports},
    )
