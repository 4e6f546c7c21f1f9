"""Write ONNX files whose bytes depend on the model alone. Imports onnx."""

from pathlib import Path
from typing import Any

import onnx

from optimizers.errors import UnsupportedModel
from optimizers.onnx_weights_file import place_weights

MIN_OPSET = 14


def save_clean(model: Any, path: Path, weights_in: Path | None = None) -> None:  # noqa: ANN401 - an onnx.ModelProto
    """
    Write `model` without doc strings, stack traces, names of its producer or paths; many weights get a file beside it.

    Args:
        model: What is written.
        path: Where to.
        weights_in: Folder with the files that hold its weights; None where it holds them itself.

    Raises:
        OSError: The disk is full or not writable.
    """
    _clean(model)
    path.write_bytes(place_weights(model, weights_in, path).SerializeToString(deterministic=True))


def check_opset(model: Any, asked: int | None) -> None:  # noqa: ANN401 - an onnx.ModelProto
    """
    Refuse a model whose opset is below 14, or not the one that the exporter was asked for.

    Raises:
        UnsupportedModel: It is; exporters keep another opset without a word when a conversion fails.
    """
    found = next((entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")), 0)
    if found < MIN_OPSET or (asked is not None and found != asked):
        raise UnsupportedModel(
            f"the exporter gave opset {found}; {asked or MIN_OPSET} is needed; upgrade torch and onnx"
        )


def _clean(message: Any) -> None:  # noqa: ANN401 - any protobuf message
    for field, value in message.ListFields():
        if field.name in {"doc_string", "metadata_props", "producer_name", "producer_version"}:
            message.ClearField(field.name)
        elif field.message_type is not None and field.message_type.name != "TensorProto":
            for item in value if field.is_repeated else (value,):
                _clean(item)
        elif field.message_type is not None:
            for item in value if field.is_repeated else (value,):
                item.ClearField("doc_string")
                item.ClearField("metadata_props")


def rename_outputs(model: Any, names: tuple[str, ...]) -> None:  # noqa: ANN401 - an onnx.ModelProto
    """
    Give the graph's outputs these names; an inner value that already has one of them is renamed.

    torch's exporter names inner values after modules, which may clash with the names that callers use.
    """
    _rename_ends(model.graph, model.graph.output, names)


def rename_inputs(model: Any, names: tuple[str, ...]) -> None:  # noqa: ANN401 - an onnx.ModelProto
    """Give the graph's inputs these names, likewise."""
    _rename_ends(model.graph, model.graph.input, names)


def _rename_ends(graph: Any, ends: Any, names: tuple[str, ...]) -> None:  # noqa: ANN401 - a GraphProto and its values
    wanted = dict(zip([end.name for end in ends], names, strict=True))
    inner = {name: f"inner.{name}" for name in names if name not in wanted}
    _rename(graph, {**inner, **wanted})
    for end in ends:
        end.name = wanted[end.name]


def _rename(graph: Any, names: dict[str, str]) -> None:  # noqa: ANN401 - an onnx.GraphProto
    for tensor in (*graph.initializer, *graph.value_info):
        tensor.name = names.get(tensor.name, tensor.name)
    for node in graph.node:
        node.input[:] = [names.get(name, name) for name in node.input]
        node.output[:] = [names.get(name, name) for name in node.output]
        for attribute in node.attribute:
            for subgraph in (attribute.g, *attribute.graphs):
                _rename(subgraph, names)


def load_graph(path: Path) -> Any:  # noqa: ANN401 - an onnx.ModelProto
    """Return the parsed model; weights that lie in other files stay there."""
    return onnx.load(path, load_external_data=False)
