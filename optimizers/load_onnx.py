"""Load ONNX models. Imports onnx."""

from pathlib import Path
from typing import Any

import onnx

from optimizers.artifact import Tokenizer
from optimizers.errors import ArtifactError, UnsupportedModel
from optimizers.huggingface_files import TOKENIZER_FILE, read_json, read_tokenizer
from optimizers.model_source import ModelSource
from optimizers.onnx_external_data import check_external_data
from optimizers.onnxruntime_session import OnnxRuntimeSession
from optimizers.original import Original, damaged
from optimizers.passes import Form, FormedModel
from optimizers.rows import SEQUENCE, TOKEN_IDS, TOKEN_INPUTS
from optimizers.signature import Signature, TensorSpec
from optimizers.signature_probe import BATCH
from optimizers.vocabulary import Runtime

SUFFIX = ".onnx"


def load_onnx(source: ModelSource, threads: int) -> Original:
    """
    Load an `.onnx` file, or a folder with one; a `tokenizer.json` in the folder makes it a text model.

    Raises:
        UnsupportedModel: The file is damaged, its external data is unsafe, or its batch axis is fixed.
    """
    path = _model_file(source.path)
    try:
        proto = onnx.load(path, load_external_data=False)
    except Exception as error:  # protobuf's error class depends on its implementation
        raise damaged(path, error) from error
    if not proto.graph.node:
        raise UnsupportedModel(f"{path}: is not an ONNX model; give a file that `onnx.checker.check_model` accepts")
    check_external_data(path, proto)
    try:
        onnx.checker.check_model(path)
    except (onnx.checker.ValidationError, ValueError, RuntimeError) as error:
        raise damaged(path, error) from None
    takes_text = source.path.is_dir() and (source.path / TOKENIZER_FILE).is_file()
    signature = _signature(proto, path, takes_text=takes_text)
    tokenizer = _tokenizer(source, signature) if takes_text else None
    try:
        session = OnnxRuntimeSession(path, threads, {})
    except ArtifactError as error:
        raise damaged(path, error) from None
    model = FormedModel(Form.ONNX, signature, path=path)
    return Original(model, session, Runtime.ONNXRUNTIME, tokenizer, source.path / TOKENIZER_FILE if tokenizer else None)


def _model_file(path: Path) -> Path:
    if path.is_file() and path.suffix == SUFFIX:
        return path
    found = sorted(path.glob(f"*{SUFFIX}")) if path.is_dir() else []
    if len(found) != 1:
        raise UnsupportedModel(
            f"{path}: got {len(found)} .onnx files; give one .onnx file, or a folder with exactly one"
        )
    return found[0]


def _tokenizer(source: ModelSource, signature: Signature) -> Tokenizer:
    names = {spec.name for spec in signature.inputs}
    if TOKEN_IDS not in names or not names <= TOKEN_INPUTS:
        raise UnsupportedModel(
            f"{source.path}: has a tokenizer.json, and its inputs are {sorted(names)}; "
            f"a text model has {sorted(TOKEN_INPUTS)} at most; give the .onnx file alone to serve arrays"
        )
    config = source.path / "config.json"
    return read_tokenizer(source, read_json(config) if config.is_file() else {})


def _signature(proto: Any, path: Path, *, takes_text: bool) -> Signature:  # noqa: ANN401 - an onnx.ModelProto
    constants = {tensor.name for tensor in proto.graph.initializer}
    inputs = [value for value in proto.graph.input if value.name not in constants]
    axes = {}
    if takes_text and inputs:
        axes = {inputs[0].type.tensor_type.shape.dim[1].dim_param: SEQUENCE}
    return Signature(
        inputs=tuple(_tensor(value, path, axes) for value in inputs),
        outputs=tuple(_tensor(value, path, axes) for value in proto.graph.output),
    )


def _tensor(value: Any, path: Path, axes: dict[str, str]) -> TensorSpec:  # noqa: ANN401 - an onnx.ValueInfoProto
    tensor = value.type.tensor_type
    dims = list(tensor.shape.dim)
    if not value.type.HasField("tensor_type") or not dims or dims[0].dim_value:
        got = f"a batch axis of size {dims[0].dim_value}" if dims and dims[0].dim_value else "no batch axis"
        raise UnsupportedModel(f"{path}: `{value.name}` has {got}; export the model with a dynamic batch axis")
    shape = [
        dim.dim_value or axes.get(dim.dim_param) or dim.dim_param or f"{value.name}_axis_{index}"
        for index, dim in enumerate(dims)
    ]
    dtype = onnx.helper.tensor_dtype_to_np_dtype(tensor.elem_type)
    return TensorSpec(name=value.name, dtype=str(dtype), shape=(BATCH, *shape[1:]))
