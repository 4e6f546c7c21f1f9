"""Triton's configuration of a model on a GPU: an engine that was built before, or one that Triton builds when it loads the graph."""

from collections.abc import Mapping
from typing import Any

from components.packages.triton_config import DATA_TYPES, batching, config_text, dimensions, protobufs
from optimizers.shape_profile import USUAL_PROFILE
from optimizers.signature import Signature

ENGINE, GRAPH = "tensorrt_plan", "onnxruntime_onnx"


def triton_config(name: str, signature: Signature, platform: str, parameters: Mapping[str, str] | None = None) -> str:
    """
    Return `config.pbtxt`.

    Args:
        name: Of the model in the repository.
        signature: Its tensors.
        platform: `ENGINE`, or `GRAPH` for a model that Triton compiles.
        parameters: Of the accelerator `tensorrt`; None for an engine, which is compiled.

    Raises:
        MissingExtra: tritonclient is not installed.
    """
    config: Any = protobufs().ModelConfig(name=name, platform=platform, max_batch_size=USUAL_PROFILE.largest_batch)
    for specs, listed in ((signature.inputs, config.input), (signature.outputs, config.output)):
        for spec in specs:
            tensor = listed.add(name=spec.name)
            tensor.data_type = DATA_TYPES[spec.dtype]
            dimensions(tensor, spec)
    batching(config, USUAL_PROFILE.largest_batch)
    group = config.instance_group.add(count=1)
    group.kind = group.KIND_GPU
    if parameters is not None:
        accelerator = config.optimization.execution_accelerators.gpu_execution_accelerator.add(name="tensorrt")
        accelerator.parameters.update(parameters)
    return config_text(config)
