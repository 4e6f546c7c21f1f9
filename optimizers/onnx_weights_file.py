"""Keep the weights of a large ONNX model in a file beside it, which libraries map into memory instead of copying. Imports onnx."""

import math
from pathlib import Path
from typing import Any

import onnx
import onnx_ir
from onnx.external_data_helper import load_external_data_for_model
from onnx_ir.passes.common import LiftConstantsToInitializersPass

from optimizers.onnx_external_data import tensors

# Small models are one file, which is simpler to handle. Libraries hold several copies of it, and protobuf no 2 GiB.
ONE_FILE_BYTES = 256 << 20
# What is smaller stays in the graph, where optimizers look for shapes and scales; the default of `onnx.save`.
SMALLEST_BYTES = 1024
SUFFIX = ".data"


def place_weights(model: Any, source: Path | None, path: Path) -> Any:  # noqa: ANN401 - a ModelProto
    """
    Return `model` with its weights where they belong: inside, or beside `path` in a file with `.data` at the end of its name.

    That file is written tensor by tensor, from one to the other file, and in the order of the graph.

    Args:
        model: Not yet written.
        source: Folder with the files that hold its weights; None where it holds them itself.
        path: Where it will be written.

    Raises:
        OSError: The disk is full or not writable.
    """
    if _weights_bytes(model) > ONE_FILE_BYTES:
        loaded = onnx_ir.from_proto(model)
        # Weights in Constant nodes would stay in the graph.
        LiftConstantsToInitializersPass(size_limit=0)(loaded)
        for graph in loaded.graphs():
            if source is not None:
                onnx_ir.external_data.set_base_dir(graph, source)
            _load_attributes(graph)
        onnx_ir.external_data.unload_from_model(
            loaded, path.parent, path.name + SUFFIX, size_threshold_bytes=SMALLEST_BYTES
        )
        return onnx_ir.to_proto(loaded)
    if source is not None:
        load_external_data_for_model(model, str(source))
    return model


def _load_attributes(graph: Any) -> None:  # noqa: ANN401 - an onnx_ir.Graph
    """Take tensors into the graph that can be no initializers, for example a Constant that is an output."""
    for node in graph:
        for name, attribute in node.attributes.items():
            if isinstance(attribute.value, onnx_ir.ExternalTensor):
                node.attributes[name] = onnx_ir.AttrTensor(name, onnx_ir.Tensor(attribute.value.numpy().copy()))


def _weights_bytes(model: Any) -> int:  # noqa: ANN401 - a ModelProto
    return sum(
        math.prod(tensor.dims) * onnx.helper.tensor_dtype_to_np_dtype(tensor.data_type).itemsize
        for tensor in tensors(model)
    )
