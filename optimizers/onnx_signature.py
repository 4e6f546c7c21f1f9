"""Read what an ONNX model takes and gives. Imports onnx."""

from pathlib import Path
from typing import Any

import onnx

from optimizers.errors import UnsupportedModel
from optimizers.rows import SEQUENCE, TOKEN_IDS, TOKEN_INPUTS
from optimizers.signature import BATCH, DTYPES, Signature, TensorSpec

TOKEN_DTYPES = ("int32", "int64")
TOKEN_RANK = 2


def read_signature(proto: Any, path: Path) -> Signature:  # noqa: ANN401 - an onnx.ModelProto
    """
    Return the named inputs and outputs; an axis without a name gets one that no other axis has.

    Raises:
        UnsupportedModel: There are none, or one is no tensor of numbers with a dynamic batch axis.
    """
    constants = {tensor.name for tensor in proto.graph.initializer}
    inputs = tuple(_tensor(value, path) for value in proto.graph.input if value.name not in constants)
    outputs = tuple(_tensor(value, path) for value in proto.graph.output)
    for kind, specs in (("inputs", inputs), ("outputs", outputs)):
        if not specs:
            raise UnsupportedModel(f"{path}: the model has no {kind}; one or more are needed; export it again")
    return Signature(inputs=inputs, outputs=outputs)


def text_signature(signature: Signature, folder: Path) -> Signature:
    """
    Return the signature of a model that lies beside a tokenizer: axis 1 of each input is the tokens of the text.

    Raises:
        UnsupportedModel: The inputs are not token ids and what belongs to them, of any length.
    """
    names = {spec.name for spec in signature.inputs}
    alone = "give the .onnx file alone to serve arrays"
    if TOKEN_IDS not in names or not names <= TOKEN_INPUTS:
        raise UnsupportedModel(
            f"{folder}: has a tokenizer.json, and its inputs are {sorted(names)}; "
            f"a text model has {sorted(TOKEN_INPUTS)} at most; {alone}"
        )
    for spec in signature.inputs:
        if spec.dtype not in TOKEN_DTYPES or len(spec.shape) != TOKEN_RANK or isinstance(spec.shape[1], int):
            raise UnsupportedModel(
                f"{folder}: has a tokenizer.json, and its input `{spec.name}` holds {spec.dtype} of the shape "
                f"({', '.join(map(str, spec.shape))}); a text model takes int64 of the shape ({BATCH}, {SEQUENCE}) with "
                f"both axes dynamic; export it again, or {alone}"
            )
    tokens = {spec.shape[1] for spec in signature.inputs}

    def renamed(spec: TensorSpec) -> TensorSpec:
        shape = (spec.shape[0], *(SEQUENCE if axis in tokens else axis for axis in spec.shape[1:]))
        return spec.model_copy(update={"shape": shape})

    return Signature(inputs=tuple(map(renamed, signature.inputs)), outputs=tuple(map(renamed, signature.outputs)))


def has_unnamed_output_axis(proto: Any) -> bool:  # noqa: ANN401 - an onnx.ModelProto
    """Return whether the file leaves open which axis of an output follows which axis of an input."""
    dims = (dim for value in proto.graph.output for dim in value.type.tensor_type.shape.dim[1:])
    return any(not dim.dim_value and not dim.dim_param for dim in dims)


def _tensor(value: Any, path: Path) -> TensorSpec:  # noqa: ANN401 - an onnx.ValueInfoProto
    kind = value.type.WhichOneof("value") or "nothing"
    if kind != "tensor_type":
        raise UnsupportedModel(
            f"{path}: `{value.name}` is of the kind {kind.removesuffix('_type')}; only tensors can be served; "
            f"export it as tensors (skl2onnx: the option `zipmap` set to False)"
        )
    tensor = value.type.tensor_type
    dtype = _dtype(tensor.elem_type)
    if dtype not in DTYPES:
        raise UnsupportedModel(
            f"{path}: `{value.name}` holds {dtype}; served are {', '.join(DTYPES)}; "
            f"export the model without it (a classifier: give its scores, not its labels)"
        )
    dims = list(tensor.shape.dim)
    if not dims or dims[0].dim_value:
        got = f"a batch axis of size {dims[0].dim_value}" if dims else "no batch axis"
        raise UnsupportedModel(f"{path}: `{value.name}` has {got}; export the model with a dynamic batch axis")
    if negative := [dim.dim_value for dim in dims if dim.dim_value < 0]:
        raise UnsupportedModel(
            f"{path}: `{value.name}` has an axis of size {negative[0]}; a dynamic axis has a name instead of a size; "
            f"export it again with named axes"
        )
    shape = [dim.dim_value or dim.dim_param or f"{value.name}_axis_{index}" for index, dim in enumerate(dims)]
    return TensorSpec(name=value.name, dtype=dtype, shape=(BATCH, *shape[1:]))


def _dtype(element: int) -> str:
    """Return a numpy name where there is one, else onnx's own, such as STRING."""
    if element == onnx.TensorProto.STRING:
        return "text"
    try:
        return str(onnx.helper.tensor_dtype_to_np_dtype(element))
    except (KeyError, ValueError, TypeError):
        return f"element type {element}"
