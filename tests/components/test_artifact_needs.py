"""What an artifact needs of the processor that serves it."""

import pytest

from components.artifact_needs import artifact_needs
from optimizers.artifact import Artifact
from optimizers.vocabulary import Precision, Runtime


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
