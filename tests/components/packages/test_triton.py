"""The model repository, read by Triton's own protobufs."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
from google.protobuf import text_format
from tritonclient.grpc import model_config_pb2

from components.packages.kinds import package_kind
from components.packages.served import ServedArtifact
from components.packages.triton_config import DATA_TYPES, config_text, dimensions
from components.packages.write import Package, write_package
from optimizers.reference import read_reference
from optimizers.rows import RowEncoder
from optimizers.signature import DTYPES, TensorSpec
from optimizers.vocabulary import Accelerator, Precision, Runtime
from tests.support.packaged import served_small, served_text


def package(served: ServedArtifact, tmp_path: Path) -> Package:
    return write_package(package_kind("triton"), served, tmp_path / "repository")


def config(folder: Path, model: str) -> Any:
    return text_format.Parse((folder / model / "config.pbtxt").read_text(), model_config_pb2.ModelConfig())


def with_manifest(served: ServedArtifact, **fields: Any) -> ServedArtifact:
    return replace(served, manifest=served.manifest.model_copy(update=fields))


def test_a_repository_says_what_the_model_takes_and_gives_and_how_it_is_batched(tmp_path: Path) -> None:
    made = package(served_small(tmp_path, max_batch_size=64, threads=3), tmp_path)

    found = config(made.folder, "small")
    assert (found.name, found.backend, found.default_model_filename) == ("small", "onnxruntime", "model.onnx")
    (taken,), (given,) = found.input, found.output
    assert (taken.name, taken.data_type, list(taken.dims)) == ("input", model_config_pb2.TYPE_FP32, [64])
    assert (given.name, given.data_type, list(given.dims)) == ("output", model_config_pb2.TYPE_FP32, [64])
    assert found.max_batch_size == 64
    assert list(found.dynamic_batching.preferred_batch_size) == [8, 16, 32]
    assert found.dynamic_batching.max_queue_delay_microseconds == 100
    (group,) = found.instance_group
    assert (group.count, group.kind) == (1, group.KIND_CPU)
    assert found.parameters["intra_op_thread_count"].string_value == "3"
    assert found.version_policy.latest.num_versions == 1
    assert not found.HasField("optimization")


def test_the_model_in_the_version_folder_answers_the_reference_rows(tmp_path: Path) -> None:
    served = served_small(tmp_path)
    made = package(served, tmp_path)

    session = onnxruntime.InferenceSession(str(made.folder / "small/1/model.onnx"))
    reference = read_reference(served.folder)
    (answers,) = session.run(None, {"input": np.asarray(reference.inputs, np.float32)})
    assert np.allclose(answers, reference.outputs, atol=1e-5)


@pytest.mark.parametrize(("largest", "preferred"), [(1, []), (4, [4]), (8, [8]), (20, [8, 16])])
def test_batches_are_never_larger_than_the_spec_allows(tmp_path: Path, largest: int, preferred: list[int]) -> None:
    found = config(package(served_small(tmp_path, max_batch_size=largest), tmp_path).folder, "small")

    assert list(found.dynamic_batching.preferred_batch_size) == preferred
    assert found.HasField("dynamic_batching") == (largest > 1)
    assert found.max_batch_size == largest


def test_a_gpu_gets_one_group_on_each_and_tensorrt(tmp_path: Path) -> None:
    made = package(served_small(tmp_path, accelerator=Accelerator.GPU), tmp_path)

    found = config(made.folder, "small")
    assert made.remarks == ("the answers were not compared on a GPU; compare them with the reference rows there",)
    (group,) = found.instance_group
    assert (group.kind, list(group.gpus)) == (group.KIND_GPU, [])
    (accelerator,) = found.optimization.execution_accelerators.gpu_execution_accelerator
    assert accelerator.name == "tensorrt"
    assert accelerator.parameters["trt_profile_max_shapes"] == "input:16x64"
    assert "intra_op_thread_count" not in found.parameters


@pytest.mark.parametrize(
    ("precision", "passes", "mode"),
    [
        (Precision.FP32, (), "FP32"),
        (Precision.FP16, ("onnx-fp16",), "FP16"),
        (Precision.INT8, ("onnx-static-int8",), "INT8"),
        (Precision.INT8, ("onnx-dynamic-int8",), "FP32"),
        (Precision.INT4, ("onnx-int4",), "FP32"),
    ],
)
def test_tensorrt_computes_in_no_lower_precision_than_the_artifact(
    tmp_path: Path, precision: Precision, passes: tuple[str, ...], mode: str
) -> None:
    served = served_text(tmp_path, accelerator=Accelerator.GPU, max_batch_size=16)
    made = package(with_manifest(served, precision=precision, passes=passes), tmp_path)

    found = config(made.folder, "words-model").optimization.execution_accelerators
    (accelerator,) = found.gpu_execution_accelerator
    assert accelerator.parameters["precision_mode"] == mode
    assert accelerator.parameters["trt_profile_max_shapes"] == "input_ids:16x512,attention_mask:16x512"
    assert accelerator.parameters["trt_engine_cache_path"] == "/models-cache"


def test_the_warm_up_is_a_row_that_the_model_has_answered(tmp_path: Path) -> None:
    served = served_text(tmp_path)
    made = package(served, tmp_path)

    found = config(made.folder, "words-model")
    (warmup,) = found.model_warmup
    expected = RowEncoder(served.manifest, served.folder).encode(read_reference(served.folder).inputs[:1])
    assert set(warmup.inputs) == {"input_ids", "attention_mask"}
    for name, tensor in warmup.inputs.items():
        raw = (made.folder / "words-model/warmup" / tensor.input_data_file).read_bytes()
        assert np.array_equal(np.frombuffer(raw, np.int64).reshape(1, *tensor.dims), expected[name])
        assert tensor.data_type == model_config_pb2.TYPE_INT64


def test_texts_go_through_an_ensemble_whose_tensors_all_meet(tmp_path: Path) -> None:
    made = package(served_text(tmp_path), tmp_path)

    ensemble, tokenizer, model = (config(made.folder, f"words{end}") for end in ("", "-tokenizer", "-model"))
    first, second = ensemble.ensemble_scheduling.step
    assert ensemble.platform == "ensemble"
    assert (first.model_name, second.model_name) == (tokenizer.name, model.name)
    assert [(item.name, item.data_type, list(item.dims)) for item in ensemble.input] == [
        ("text", model_config_pb2.TYPE_STRING, [1])
    ]
    assert set(first.input_map) == {item.name for item in tokenizer.input}
    assert set(first.output_map) == {item.name for item in tokenizer.output}
    assert set(second.input_map) == {item.name for item in model.input}
    assert set(second.input_map.values()) == set(first.output_map.values())
    assert set(second.output_map) == {item.name for item in model.output}
    assert set(second.output_map.values()) == {item.name for item in ensemble.output}
    assert {item.max_batch_size for item in (ensemble, tokenizer, model)} == {16}
    assert [list(item.dims) for item in model.input] == [[-1], [-1]]
    assert all((made.folder / item.name / "1").is_dir() for item in (ensemble, tokenizer, model))


def test_an_openvino_artifact_gets_its_backend_and_its_precision(tmp_path: Path) -> None:
    served = with_manifest(
        served_small(tmp_path, max_batch_size=1, threads=2, streams=3),
        runtime=Runtime.OPENVINO,
        precision=Precision.BF16,
        runtime_options={"INFERENCE_PRECISION_HINT": "bf16"},
    )
    made = package(served, tmp_path)

    found = config(made.folder, "small")
    assert found.backend == "openvino"
    assert {key: value.string_value for key, value in found.parameters.items()} == {
        "INFERENCE_NUM_THREADS": "6",
        "NUM_STREAMS": "3",
        "PERFORMANCE_HINT": "LATENCY",
        "HINT_BF16": "YES",
    }
    assert made.remarks == ()


def test_openvino_gets_the_batch_as_an_axis_of_any_size_since_its_backend_would_fix_it(tmp_path: Path) -> None:
    made = package(with_manifest(served_text(tmp_path, max_batch_size=16), runtime=Runtime.OPENVINO), tmp_path)

    ensemble, tokenizer, model = found = [config(made.folder, f"words{end}") for end in ("", "-tokenizer", "-model")]
    assert [item.max_batch_size for item in found] == [0, 0, 0]
    assert not any(item.HasField("dynamic_batching") for item in found)
    assert [list(item.dims) for item in model.input] == [[-1, -1], [-1, -1]]
    assert [list(item.dims) for item in tokenizer.output] == [[-1, -1], [-1, -1]]
    assert [list(item.dims) for item in model.output] == [list(item.dims) for item in ensemble.output] == [[-1, 4]]
    assert [list(item.dims) for item in (*tokenizer.input, *ensemble.input)] == [[-1, 1], [-1, 1]]
    (warmup,) = model.model_warmup
    assert warmup.batch_size == 1
    for tensor in warmup.inputs.values():
        raw = (made.folder / "words-model/warmup" / tensor.input_data_file).read_bytes()
        assert list(tensor.dims) == [1, len(raw) // 8]


def test_a_precision_that_the_backend_cannot_be_told_is_said(tmp_path: Path) -> None:
    served = with_manifest(
        served_small(tmp_path, accelerator=Accelerator.GPU),
        runtime=Runtime.OPENVINO,
        runtime_options={"INFERENCE_PRECISION_HINT": "f32"},
    )
    made = package(served, tmp_path)

    batches, precision, gpu = made.remarks
    assert "requests are not joined there" in batches
    assert "cannot be told to compute in FP32" in precision
    assert "on the CPU only" in gpu
    (group,) = config(made.folder, "small").instance_group
    assert group.kind == group.KIND_CPU


def test_a_tensorrt_engine_runs_on_gpus_whatever_the_spec_names(tmp_path: Path) -> None:
    found = config(package(with_manifest(served_small(tmp_path), runtime=Runtime.TENSORRT), tmp_path).folder, "small")

    (group,) = found.instance_group
    assert (found.backend, group.kind) == ("tensorrt", group.KIND_GPU)
    assert not found.HasField("optimization")


def test_torchscript_tensors_are_numbered_and_the_ensemble_keeps_their_names(tmp_path: Path) -> None:
    made = package(with_manifest(served_text(tmp_path), runtime=Runtime.PYTORCH), tmp_path)

    model, ensemble = config(made.folder, "words-model"), config(made.folder, "words")
    assert [item.name for item in model.input] == ["input_ids__0", "attention_mask__1"]
    assert [item.name for item in ensemble.output] == ["embedding"]
    assert dict(ensemble.ensemble_scheduling.step[1].input_map) == {
        "input_ids__0": "input_ids",
        "attention_mask__1": "attention_mask",
    }


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_dtype_of_a_signature_has_a_type_of_triton(dtype: str) -> None:
    assert DATA_TYPES[dtype] in model_config_pb2.DataType.keys()  # noqa: SIM118 - an enum, not a dict


def test_one_number_a_row_is_a_tensor_of_one_that_triton_reshapes() -> None:
    config: Any = model_config_pb2.ModelConfig()
    dimensions(config.output.add(), TensorSpec(name="score", shape=("batch",)))

    read = text_format.Parse(config_text(config), model_config_pb2.ModelConfig())
    assert list(read.output[0].dims) == [1]
    assert read.output[0].HasField("reshape")
    assert list(read.output[0].reshape.shape) == []
