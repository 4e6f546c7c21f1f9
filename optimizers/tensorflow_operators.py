"""Which operators of a SavedModel may run: those that only compute; any other is refused by name before TensorFlow runs one."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from optimizers.errors import UnsupportedModel

# A SavedModel is a program (https://github.com/tensorflow/tensorflow/blob/master/SECURITY.md). The file tells how its names
# were chosen; a list of what is forbidden would miss graphs in text constants, which `DatasetFromGraph` runs.
COMPUTING_FILE = "tensorflow_operators.txt"
# Every SavedModel has these in the functions that save and restore it, which are not called here: TensorFlow reads the
# variables itself. Where a signature reaches them, the model would write or read any file.
CHECKPOINT_OPERATORS = frozenset({
    "MergeV2Checkpoints", "Restore", "RestoreSlice", "RestoreV2", "Save", "SaveSlices", "SaveV2", "ShardedFilename",
})  # fmt: skip
START_COLLECTIONS = ("saved_model_main_op", "legacy_init_op", "table_initializer")


def check_operators(meta_graph: Any, path: Path) -> None:  # noqa: ANN401 - a MetaGraphDef
    """
    Look at every operator of the graph and of its functions.

    Args:
        meta_graph: The parsed graph, of which nothing was loaded.
        path: The SavedModel, for the message.

    Raises:
        UnsupportedModel: One of them is none that computes with tensors alone.
    """
    graph = meta_graph.graph_def
    functions = {function.signature.name: function.node_def for function in graph.library.function}
    every = {node.op for nodes in (graph.node, *functions.values()) for node in nodes}
    found = every - computing() - CHECKPOINT_OPERATORS - _own_functions(functions)
    found = found or _called(meta_graph, functions) & CHECKPOINT_OPERATORS
    if found:
        raise UnsupportedModel(
            f"{path}: has the operator `{min(found)}`, which is none of those that compute with tensors alone; "
            f"export the part of the model that computes, without it, or convert the model to ONNX yourself and give that"
        )


@cache
def computing() -> frozenset[str]:
    """Return the operators that only compute."""
    text = (resources.files("optimizers") / "data" / COMPUTING_FILE).read_text(encoding="utf-8")
    return frozenset(name for line in text.splitlines() if not line.startswith("#") for name in line.split())


def _own_functions(functions: Mapping[str, Any]) -> set[str]:
    """Return the functions that a node may call by their name; one with the name of an operator hides nothing."""
    from tensorflow.python.framework import op_def_registry

    return {name for name in functions if op_def_registry.get(name) is None}


def _called(meta_graph: Any, functions: Mapping[str, Any]) -> set[str]:  # noqa: ANN401 - a MetaGraphDef
    """Return the operators that run when the model is loaded or called."""
    nodes = {node.name: node for node in meta_graph.graph_def.node}
    operators, seen = set[str](), set[str]()
    waiting: list[tuple[str, Any]] = [("node", name) for name in _starts(meta_graph)]
    waiting += [("function", name) for name in meta_graph.object_graph_def.concrete_functions]
    while waiting:
        kind, name = waiting.pop()
        if f"{kind} {name}" in seen:
            continue
        seen.add(f"{kind} {name}")
        for node in functions.get(name, ()) if kind == "function" else filter(None, [nodes.get(name)]):
            operators.add(node.op)
            waiting += [("function", called) for called in (node.op, *_named_functions(node))]
            if kind == "node":
                waiting += [("node", _node_name(item)) for item in node.input]
    return operators


def _starts(meta_graph: Any) -> Iterator[str]:  # noqa: ANN401 - a MetaGraphDef
    for signature in meta_graph.signature_def.values():
        yield from (_node_name(tensor.name) for tensor in signature.outputs.values())
    for name in START_COLLECTIONS:
        yield from map(_node_name, meta_graph.collection_def[name].node_list.value)


def _named_functions(node: Any) -> Iterable[str]:  # noqa: ANN401 - a NodeDef
    for value in node.attr.values():
        yield from (called.name for called in (value.func, *value.list.func) if called.name)


def _node_name(tensor: str) -> str:
    return tensor.removeprefix("^").partition(":")[0]
