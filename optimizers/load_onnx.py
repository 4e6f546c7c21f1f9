"""Load ONNX models. Imports onnx."""

from pathlib import Path

import onnx

from optimizers.errors import ArtifactError, UnsupportedModel
from optimizers.huggingface_files import TOKENIZER_FILE, tokenizer_beside
from optimizers.model_source import ModelSource
from optimizers.onnx_external_data import check_external_data
from optimizers.onnx_operators import check_operators, explained
from optimizers.onnx_signature import has_unnamed_output_axis, read_signature, text_signature
from optimizers.onnxruntime_session import OnnxRuntimeSession, told
from optimizers.original import Original, damaged
from optimizers.passes import Form, FormedModel
from optimizers.rows import TOKEN_MASK
from optimizers.session import Session
from optimizers.signature import Signature, TensorSpec
from optimizers.signature_probe import LARGE, SMALL, outputs_of_two_sizes, probe_inputs
from optimizers.vocabulary import Runtime

SUFFIX = ".onnx"


def load_onnx(source: ModelSource, threads: int) -> Original:
    """
    Load an `.onnx` file, or a folder with one; a `tokenizer.json` in the folder makes it a text model.

    Raises:
        UnsupportedModel: The file is damaged, its external data is unsafe, ONNX Runtime lacks one of its operators, its batch
            axis is fixed, or its inputs are not those of a text model although a tokenizer lies beside it.
    """
    path = _model_file(source.path)
    try:
        proto = onnx.load(path, load_external_data=False)
    except Exception as error:  # protobuf's error class depends on its implementation
        raise damaged(path, error) from error
    if not proto.graph.node:
        raise UnsupportedModel(f"{path}: is not an ONNX model; give a file that `onnx.checker.check_model` accepts")
    check_external_data(path, proto)
    check_operators(path, proto)
    try:
        onnx.checker.check_model(path)
    except (onnx.checker.ValidationError, ValueError, RuntimeError) as error:
        raise damaged(path, error) from None
    takes_text = source.path.is_dir() and (source.path / TOKENIZER_FILE).is_file()
    signature = read_signature(proto, path)
    if takes_text:
        signature = text_signature(signature, source.path)
    tokenizer = tokenizer_beside(source) if takes_text else None
    try:
        session = OnnxRuntimeSession(path, threads, {})
    except ArtifactError as error:
        raise explained(path, told(error.__cause__ or error), proto) from None
    if takes_text and has_unnamed_output_axis(proto):
        signature = Signature(inputs=signature.inputs, outputs=_probed_outputs(session, source, signature))
    model = FormedModel(Form.ONNX, signature, path=path)
    return Original(model, session, Runtime.ONNXRUNTIME, tokenizer, source.path / TOKENIZER_FILE if tokenizer else None)


def _probed_outputs(session: Session, source: ModelSource, signature: Signature) -> tuple[TensorSpec, ...]:
    """Learn by running which output axis follows the tokens: a wrong guess would cut answers or leave padding in."""
    small, large = (
        # Token 0 of segment 0 is in every vocabulary; nothing is masked.
        {
            name: array if name == TOKEN_MASK else array * 0
            for name, array in probe_inputs(signature.inputs, size).items()
        }
        for size in (SMALL, LARGE)
    )
    probed = outputs_of_two_sizes(session, source, signature.inputs, small, large)
    return tuple(
        spec.model_copy(update={"dtype": known.dtype}) for spec, known in zip(probed, signature.outputs, strict=True)
    )


def _model_file(path: Path) -> Path:
    if path.is_file() and path.suffix == SUFFIX:
        return path
    found = sorted(item for item in path.glob(f"*{SUFFIX}") if item.is_file()) if path.is_dir() else []
    if len(found) != 1:
        raise UnsupportedModel(
            f"{path}: got {len(found)} .onnx files; give one .onnx file, or a folder with exactly one"
        )
    return found[0]
