"""Load a TorchScript file only if none of its operators reaches files, Python or other machines. Imports torch."""

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import torch

from optimizers.errors import UnsupportedModel
from optimizers.quiet import quiet

# What torch.jit.load is made of; type checkers cannot see it.
CORE: Any = import_module("torch._C")
JIT: Any = import_module("torch.jit._recursive")
# TorchScript is a program, and these namespaces hold what computes; others (`c10d`, `symm_mem`, those of extensions) speak
# to other machines or are libraries that came with something else.
COMPUTING = frozenset({"aten", "prim", "quantized"})
# Of the 4,067 operators that torch 2.15 registers in them, those that take a path, a Python function or another machine.
OUTSIDE_OPERATORS = frozenset({
    "aten::from_file", "aten::save", "prim::IgnoredPythonOp", "prim::PythonOp", "prim::rpc_async", "prim::rpc_remote",
    "prim::rpc_sync",
})  # fmt: skip
# Of the classes that are written in C++, packed weights: others load libraries or open connections.
PACKED_WEIGHTS = frozenset({"quantized", "rnn"})
CPP_CLASS = re.compile(r"__torch__\.torch\.classes\.(\w+)")
# Torch calls it for each object while it reads the file (torch/csrc/jit/serialization/import.cpp).
RUN_AT_LOAD = "__setstate__"
# With these, a name may be written so that its letters do not follow each other: `getattr(torch, "sa" "ve")`.
HIDING = re.compile(r"[\\'#]|\"\s*\"")
WITHOUT_IT = "script the part of the model that computes, without it"


def load_module(path: Path) -> Any:  # noqa: ANN401 - a ScriptModule
    """
    Return the module of a TorchScript file on the CPU; nothing of it has run but what restores packed weights.

    Torch compiles all code of the file into one unit, and every function, method and hook of it is looked at. What torch runs
    while it reads the file is judged by its text before.

    Raises:
        UnsupportedModel: It has an operator that does more than compute.
        RuntimeError: Torch cannot read the file.
    """
    _check_text(path)
    unit: Any = CORE.CompilationUnit()
    with quiet():
        # As `torch.jit.load`, which keeps the unit for itself.
        loaded: Any = CORE.import_ir_module(unit, str(path), torch.device("cpu"), {}, False)
    for function in unit.get_functions():
        for node in _nodes(function.graph):
            _check_node(node, path)
    return JIT.wrap_cpp_module(loaded)


def _check_text(path: Path) -> None:
    # The reader that torch itself uses: another one may see other entries in the same bytes.
    reader: Any = CORE.PyTorchFileReader(str(path))
    names: list[str] = reader.get_all_records()
    if len({name.lower() for name in names}) < len(names) or "model.json" in names:
        raise UnsupportedModel(f"{path}: is an archive of another layout; save it again with torch.jit.save")
    for name in names:
        if name.endswith(".pkl"):
            _check_cpp_classes(reader.get_record(name).decode("latin-1"), path)
    code = "\n".join(reader.get_record(name).decode("latin-1") for name in names if name.endswith(".py"))
    if RUN_AT_LOAD not in code:
        return
    words = {operator.partition("::")[2] for operator in OUTSIDE_OPERATORS} & set(re.findall(r"\w+", code))
    words |= set(re.findall(r"\bops\s*\.\s*(\w+)", code)) - COMPUTING
    words |= {found[0] for found in [HIDING.search(code)] if found}
    if words:
        raise UnsupportedModel(
            f"{path}: has a method `{RUN_AT_LOAD}`, which runs when it is loaded, and `{min(words)}` in its code; {WITHOUT_IT}"
        )


def _nodes(block: Any) -> Iterator[Any]:  # noqa: ANN401 - a Graph or Block
    for node in block.nodes():
        yield node
        for inner in node.blocks():
            yield from _nodes(inner)
        for name in node.attributeNames():
            kind = node.kindOf(name)
            for graph in [node.g(name)] if kind == "g" else node.gs(name) if kind == "gs" else ():
                yield from _nodes(graph)


def _check_node(node: Any, path: Path) -> None:  # noqa: ANN401 - a Node
    operator: str = node.kind()
    if operator in OUTSIDE_OPERATORS or operator.partition("::")[0] not in COMPUTING:
        raise UnsupportedModel(
            f"{path}: has the operator `{operator}`, which may reach files, Python or other machines; {WITHOUT_IT}"
        )
    if operator in {"prim::CallMethod", "prim::CreateObject"}:
        for value in (*node.inputs(), *node.outputs()):
            _check_cpp_classes(value.type().annotation_str, path)


def _check_cpp_classes(text: str, path: Path) -> None:
    if others := set(CPP_CLASS.findall(text)) - PACKED_WEIGHTS:
        raise UnsupportedModel(f"{path}: has an object of `torch.classes.{min(others)}`; {WITHOUT_IT}")
