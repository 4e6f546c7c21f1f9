"""Triton's `config.pbtxt`: types, dimensions and batching, in Triton's own protobufs."""

from typing import Any

from components.packages.served import QUEUE_DELAY_US
from optimizers.errors import MissingExtra
from optimizers.signature import TensorSpec

CONFIG_NAME = "config.pbtxt"
# Each entry of Triton's model repository is a model; the numeric folder is its version.
VERSION = "1"
# spec.md 2.3.
PREFERRED_BATCH_SIZES = (8, 16, 32)
# Names of the enum `DataType`: https://github.com/triton-inference-server/common/blob/main/protobuf/model_config.proto.
DATA_TYPES = {
    "bool": "TYPE_BOOL", "uint8": "TYPE_UINT8", "uint16": "TYPE_UINT16", "uint32": "TYPE_UINT32", "uint64": "TYPE_UINT64",
    "int8": "TYPE_INT8", "int16": "TYPE_INT16", "int32": "TYPE_INT32", "int64": "TYPE_INT64", "float16": "TYPE_FP16",
    "float32": "TYPE_FP32", "float64": "TYPE_FP64",
}  # fmt: skip
DYNAMIC = -1


def protobufs() -> Any:  # noqa: ANN401 - a module that is made at run time
    """
    Return the module with `ModelConfig`.

    Raises:
        MissingExtra: tritonclient is not installed.
    """
    try:
        from tritonclient.grpc import model_config_pb2
    except ImportError:
        raise MissingExtra("triton", "a package for Triton") from None
    return model_config_pb2


def config_text(config: Any) -> str:  # noqa: ANN401 - a protobuf message
    """Return the message as the text that Triton reads, the same for the same message."""
    from google.protobuf import text_format

    text: str = text_format.MessageToString(config)
    return text


def dimensions(tensor: Any, spec: TensorSpec, *, batched: bool = True) -> None:  # noqa: ANN401 - a protobuf message
    """
    Set the dimensions: without the batch axis where `max_batch_size` stands for it, else all of them.

    Without the batch axis, one number a row is a shape of its own.
    """
    tensor.dims.extend(DYNAMIC if isinstance(axis, str) else axis for axis in spec.shape[1 if batched else 0 :])
    if not tensor.dims:
        tensor.dims.append(1)
        tensor.reshape.SetInParent()


def batching(config: Any, max_batch_size: int) -> None:  # noqa: ANN401 - a protobuf message
    """Let requests that come within the delay be one call; with a batch of one or none, none are joined."""
    if max_batch_size <= 1:
        return
    preferred = [size for size in PREFERRED_BATCH_SIZES if size <= max_batch_size] or [max_batch_size]
    config.dynamic_batching.preferred_batch_size.extend(preferred)
    config.dynamic_batching.max_queue_delay_microseconds = QUEUE_DELAY_US
