"""Core ML: the written package says the right types, ranges and weights, and computes what the module does."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from optimizers.coreml_export import LARGEST_BATCH, CoreMlExport
from optimizers.coreml_session import CoreMlReference
from optimizers.coreml_tools import NEVER_NEEDED, coremltools
from optimizers.errors import ArtifactError, UnsupportedModel
from optimizers.passes import Form, FormedModel
from optimizers.quiet import quiet
from optimizers.signature import Signature, TensorSpec
from optimizers.vocabulary import Precision
from tests.support.small_networks import answers, images, small_convolution

ERRORS = {Precision.FP32: 1e-5, Precision.FP16: 5e-3, Precision.INT8: 3e-2}


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> dict[Precision, Path]:
    """One package for each precision."""
    folders = {precision: tmp_path_factory.mktemp(precision) for precision in ERRORS}
    return {
        precision: CoreMlExport(precision).run(small_convolution(), folder).file
        for precision, folder in folders.items()
    }


def specification(package: Path) -> Any:
    with quiet():
        return coremltools("a test").utils.load_spec(str(package))


def kinds(package: Path) -> list[str]:
    block = specification(package).mlProgram.functions["main"].block_specializations["CoreML6"]
    return [operation.type for operation in block.operations if operation.type != "const"]


@pytest.mark.parametrize("precision", ERRORS)
@pytest.mark.parametrize("rows", [1, 5])
def test_it_answers_like_the_module(packages: dict[Precision, Path], precision: Precision, rows: int) -> None:
    found = CoreMlReference(packages[precision], 1).run({"image": images(rows)})

    assert found["scores"].dtype == np.float32
    assert np.abs(found["scores"] - answers(small_convolution(), images(rows))).max() < ERRORS[precision]


@pytest.mark.parametrize(
    ("precision", "more"),
    [
        (Precision.FP32, list[str]()),
        (Precision.FP16, ["cast"]),
        # Of the large dense layer alone: what has fewer than 2,048 weights is not worth it.
        (Precision.INT8, ["cast", "constexpr_affine_dequantize"]),
    ],
)
def test_the_program_has_these_operators(
    packages: dict[Precision, Path], precision: Precision, more: list[str]
) -> None:
    layers = ["conv", "relu", "max_pool", "reshape", "linear", "relu", "linear"]

    assert sorted(kinds(packages[precision])) == sorted(layers + more)


def test_batches_of_any_size_up_to_a_limit_are_taken(packages: dict[Precision, Path]) -> None:
    (found,) = specification(packages[Precision.FP16]).description.input

    ranges = found.type.multiArrayType.shapeRange.sizeRanges
    assert found.name == "image"
    assert [(item.lowerBound, item.upperBound) for item in ranges] == [(1, LARGEST_BATCH), (3, 3), (8, 8), (8, 8)]


def test_int8_weights_take_less_than_fp16_and_fp16_less_than_fp32(packages: dict[Precision, Path]) -> None:
    sizes = [
        (packages[item] / "Data/com.apple.CoreML/weights/weight.bin").stat().st_size
        for item in (Precision.FP32, Precision.FP16, Precision.INT8)
    ]

    assert sizes[0] > 1.8 * sizes[1] > 1.8 * 1.5 * sizes[2]


def test_the_items_of_a_package_are_named_by_what_they_are(packages: dict[Precision, Path]) -> None:
    manifests = [json.loads((package / "Manifest.json").read_text()) for package in packages.values()]

    assert all(item == manifests[0] for item in manifests)
    assert manifests[0]["rootModelIdentifier"] in manifests[0]["itemInfoEntries"]


def test_a_type_that_core_ml_does_not_know_is_refused_by_name(tmp_path: Path) -> None:
    signature = Signature(
        inputs=(TensorSpec(name="image", dtype="float64", shape=("batch", 3, 8, 8)),),
        outputs=small_convolution().signature.outputs,
    )
    model = FormedModel(Form.TORCH_MODULE, signature, module=small_convolution().module.double())

    with pytest.raises(UnsupportedModel, match="Core ML takes float16, float32, int32, int64, and `image` is float64"):
        CoreMlExport().run(model, tmp_path)


def test_an_operator_that_cannot_be_computed_here_is_named(
    packages: dict[Precision, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("optimizers.coreml_session.OPERATORS", {"cast": None, "conv": None})

    with pytest.raises(ArtifactError, match="operators linear, max_pool, relu, reshape cannot be computed here"):
        CoreMlReference(packages[Precision.FP16], 1)


def test_a_damaged_package_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "model.mlpackage").mkdir()

    with pytest.raises(ArtifactError, match="the runtime cannot load it"):
        CoreMlReference(tmp_path / "model.mlpackage", 1)


def test_frameworks_that_are_not_needed_can_be_imported_afterwards() -> None:
    import sys

    coremltools("a test")

    assert all(sys.modules.get(name, sys) is not None for name in NEVER_NEEDED)
