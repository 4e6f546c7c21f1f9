"""Write a LiteRT model, and find what it calls the tensors that callers know by the model's own names."""

from pathlib import Path
from typing import Any

from optimizers.errors import MissingExtra, UnsupportedModel
from optimizers.passes import Form, FormedModel
from optimizers.signature import Signature, TensorSpec

LITERT_FILE = "model.tflite"


def write_litert(content: bytes, model: FormedModel, folder: Path) -> FormedModel:
    """
    Write `model.tflite`, unless its tensors are others than the model has.

    Raises:
        UnsupportedModel: They are.
        MissingExtra: LiteRT is not installed.
    """
    try:
        from ai_edge_litert.interpreter import Interpreter
    except ImportError:
        raise MissingExtra("edge", "LiteRT conversion") from None
    tensor_names(Interpreter(model_content=content), model.signature)
    path = folder / LITERT_FILE
    path.write_bytes(content)
    return FormedModel(Form.LITERT, model.signature, path=path)


def tensor_names(interpreter: Any, signature: Signature) -> tuple[dict[str, str], dict[str, str]]:  # noqa: ANN401 - an Interpreter
    """
    Return what the file calls each input and each output: its name, or its place (`args_0`, `output_0`).

    Raises:
        UnsupportedModel: Neither.
    """
    signatures: dict[str, dict[str, list[str]]] = interpreter.get_signature_list()
    found = next(iter(signatures.values()), {"inputs": list[str](), "outputs": list[str]()})
    inputs = _matched("inputs", "args", signature.inputs, found["inputs"])
    return inputs, _matched("outputs", "output", signature.outputs, found["outputs"])


def _matched(kind: str, word: str, specs: tuple[TensorSpec, ...], found: list[str]) -> dict[str, str]:
    names = [spec.name for spec in specs]
    for called in (names, [f"{word}_{index}" for index in range(len(names))]):
        if sorted(called) == sorted(found):
            return dict(zip(names, called, strict=True))
    raise UnsupportedModel(f"its {kind} are {sorted(found)}, {sorted(names)} are expected")
