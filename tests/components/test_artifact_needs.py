"""What an artifact needs of the processor that serves it."""

import pytest

from components.artifact_needs import artifact_needs
from components.endpoint_plan import Gpu
from optimizers.artifact import Artifact
from optimizers.engine_tie import EngineTie
from optimizers.vocabulary import Accelerator, Precision, Runtime


@pytest.mark.parametrize(
    ("precision", "features"),
    [
        (Precision.BF16, ("amx_bf16", "avx512_bf16")),
        (Precision.FP32, ()),
        (Precision.FP16, ()),
        (Precision.INT8, ()),
    ],
)
def test_only_bf16_is_tied_to_instruction_sets(precision: Precision, features: tuple[str, ...]) -> None:
    artifact = Artifact(
        name="a", sha256="a" * 64, runtime=Runtime.OPENVINO, precision=precision, size_bytes=1, files=()
    )

    needs = artifact_needs(artifact)

    assert needs.cpu_features == features
    assert (needs.gpu, needs.architecture) == (None, None)
    assert precision in needs.basis


def test_an_engine_is_tied_to_its_gpu_and_the_version_that_built_it() -> None:
    artifact = Artifact(
        name="tensorrt-fp16",
        sha256="a" * 64,
        runtime=Runtime.TENSORRT,
        precision=Precision.FP16,
        size_bytes=1,
        files=(),
        engine=EngineTie(architecture="sm_90", runtime_version="11.1.0"),
    )

    needs = artifact_needs(artifact)

    assert needs.accelerator is Accelerator.GPU
    assert needs.gpu == Gpu(architecture="sm_90", runtime_version="11.1.0")
    assert needs.basis == "tensorrt 11.1.0 built it for sm_90, and it loads nowhere else"


def test_artifacts_of_processors_are_recorded_as_before() -> None:
    artifact = Artifact(
        name="a", sha256="a" * 64, runtime=Runtime.OPENVINO, precision=Precision.FP32, size_bytes=1, files=()
    )

    assert "engine" not in artifact.model_dump()
