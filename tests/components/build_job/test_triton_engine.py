"""Triton's own protobuf reads what is written."""

from typing import Any

import pytest
from google.protobuf import text_format
from tritonclient.grpc import model_config_pb2

from components.build_job.triton_engine import ENGINE, GRAPH, triton_config
from components.packages.triton_tensorrt import accelerator_parameters
from optimizers.signature import Signature, TensorSpec
from optimizers.vocabulary import Precision

SIGNATURE = Signature(
    inputs=(
        TensorSpec(name="input_ids", dtype="int64", shape=("batch", "sequence")),
        TensorSpec(name='odd "name"\\', dtype="float32", shape=("batch", 3)),
    ),
    outputs=(TensorSpec(name="score", dtype="float32", shape=("batch",)),),
)


def parsed(text: str) -> Any:
    return text_format.Parse(text, model_config_pb2.ModelConfig())


def test_an_engine_is_served_as_a_plan() -> None:
    config = parsed(triton_config("small", SIGNATURE, ENGINE))

    assert (config.name, config.platform, config.max_batch_size) == ("small", "tensorrt_plan", 32)
    assert [(item.name, list(item.dims)) for item in config.input] == [("input_ids", [-1]), ('odd "name"\\', [3])]
    assert [(item.name, list(item.dims), list(item.reshape.shape)) for item in config.output] == [("score", [1], [])]
    assert config.output[0].HasField("reshape")
    assert list(config.dynamic_batching.preferred_batch_size) == [8, 16, 32]
    assert config.dynamic_batching.max_queue_delay_microseconds == 100
    assert config.instance_group[0].kind == model_config_pb2.ModelInstanceGroup.KIND_GPU
    assert not config.optimization.execution_accelerators.gpu_execution_accelerator


@pytest.mark.parametrize(
    ("precision", "mode"), [(Precision.FP16, "FP16"), (Precision.INT8, "INT8"), (Precision.FP32, "FP32")]
)
def test_a_graph_is_compiled_when_it_is_loaded(precision: Precision, mode: str) -> None:
    parameters = accelerator_parameters(SIGNATURE, precision)

    config = parsed(triton_config("small", SIGNATURE, GRAPH, parameters))

    (accelerator,) = config.optimization.execution_accelerators.gpu_execution_accelerator
    assert accelerator.name == "tensorrt"
    assert dict(accelerator.parameters) == parameters
    assert parameters["precision_mode"] == mode
    assert parameters["max_workspace_size_bytes"] == "1073741824"
    assert parameters["trt_engine_cache_enable"] == "1"
    assert parameters["trt_profile_opt_shapes"] == 'input_ids:8x128,odd "name"\\:8x3'
