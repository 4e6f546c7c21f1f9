"""Name the operators of an ONNX model that ONNX Runtime cannot compute, and the nearest that it can. Imports onnx and onnxruntime."""

import difflib
import re
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import onnx
import onnxruntime

from optimizers.errors import UnsupportedModel
from optimizers.onnxruntime_session import PROVIDER
from optimizers.original import damaged

# Written in C++, without types.
RUNTIME: Any = import_module("onnxruntime.capi.onnxruntime_pybind11_state")
# ONNX's own domain is written in both ways.
OWN, OWN_NAME = "", "ai.onnx"
# The domains that models are written in; the runtime has others, for graphs that it has rewritten itself.
DOMAINS = (OWN, "ai.onnx.ml", "com.microsoft")
# What took the place of operators that ONNX has given up: https://onnx.ai/onnx/operators/.
SUCCESSORS = {"Scatter": "ScatterElements", "Upsample": "Resize"}
# The text of onnxruntime 1.32: onnxruntime/core/framework/session_state.cc.
NO_KERNEL = re.compile(r"Could not find an implementation for ([\w.:]+)\((\d+)\) node")
SHOWN_OPERATORS, SHOWN_CHARACTERS = 5, 80


def check_operators(path: Path, model: Any) -> None:  # noqa: ANN401 - an onnx.ModelProto
    """
    Look at every operator of the graph, of the graphs in it and of the functions that it calls.

    Args:
        path: The model, for the message.
        model: The same, parsed.

    Raises:
        UnsupportedModel: An opset is newer than onnxruntime reads, or an operator is not in it.
    """
    operators = known()
    if not operators:  # some builds do not tell; then the runtime refuses the model itself, in its own words
        return
    opsets = _opsets(model)
    for domain, opset in opsets.items():
        newest = max(
            (since for (other, _), versions in operators.items() if other == domain for since in versions), default=0
        )
        if newest and opset > newest:
            raise UnsupportedModel(
                f"{path}: is written in opset {opset} of `{domain or OWN_NAME}`; onnxruntime {onnxruntime.__version__} reads "
                f"opsets up to {newest}; export the model with opset {newest} or an older one"
            )
    missing = dict[str, str]()
    for node in _nodes(model):
        domain = _domain(node.domain)
        if (domain, node.op_type) not in operators:
            missing[_shown(domain, node.op_type)] = node.op_type
        elif domain in opsets:
            _refuse_version(path, domain, node.op_type, opsets[domain])
    if missing:
        names, more = list(missing)[:SHOWN_OPERATORS], len(missing) - SHOWN_OPERATORS
        raise UnsupportedModel(
            f"{path}: has operators that onnxruntime does not have: {', '.join(names)}{f' and {more} more' if more > 0 else ''}; "
            + _remedy(names[0], missing[names[0]], opsets.get(OWN, sys.maxsize))
        )


def explained(path: Path, error: Exception, model: Any) -> UnsupportedModel:  # noqa: ANN401 - an onnx.ModelProto
    """
    Return the error for a model that onnxruntime does not load.

    Args:
        path: The model, for the message.
        error: What onnxruntime raised.
        model: The same model, parsed.
    """
    found = NO_KERNEL.search(str(error))
    if found is None:
        return damaged(path, error)
    operator, since = found[1], int(found[2])
    starts = [item.version_range[0] for item in _listed() if item.op_name == operator]
    if starts and since < min(starts):
        return UnsupportedModel(
            f"{path}: onnxruntime computes `{operator}` from opset {min(starts)} on, and the model has that of opset {since}; "
            f"export the model with opset {min(starts)} or a newer one"
        )
    if starts:
        return UnsupportedModel(
            f"{path}: onnxruntime does not compute `{operator}` with numbers of the model's type on a CPU; "
            f"cast its inputs to float32, or export the model in float32"
        )
    remedy = _remedy(f"`{operator}`", operator, _opsets(model).get(OWN, sys.maxsize))
    return UnsupportedModel(f"{path}: onnxruntime does not compute `{operator}` on a CPU; {remedy}")


def _refuse_version(path: Path, domain: str, name: str, opset: int) -> None:
    versions, shown = known()[domain, name], _shown(domain, name)
    before = [since for since in versions if since <= opset]
    if before and not versions[max(before)]:
        return
    if later := [since for since, ended in versions.items() if since > opset and not ended]:
        raise UnsupportedModel(
            f"{path}: has the operator {shown}, which opset {opset} does not have; it is in opset {min(later)}; "
            f"export the model with opset {min(later)} or a newer one"
        )
    last, successor = max(before, default=1) - 1, SUCCESSORS.get(name)
    raise UnsupportedModel(
        f"{path}: has the operator {shown}, which ended with opset {last}, and the model is written in opset {opset}; "
        + (
            f"nearest is `{successor}`; export the model with it"
            if successor
            else f"export it with opset {last} or an older one"
        )
    )


def _remedy(shown: str, name: str, opset: int) -> str:
    names = dict[str, str]()
    for domain, other in sorted(key for key in _kernels() if key[0] in DOMAINS):
        versions = known().get((domain, other), {})
        before = [since for since in versions if domain != OWN or since <= opset]
        # The runtime has operators in ONNX's domain that ONNX never had.
        if before and (domain != OWN or onnx.defs.has(other)) and not versions[max(before)]:
            names.setdefault(other, _shown(domain, other))
    nearest = difflib.get_close_matches(name, names, n=3)
    if not nearest:
        return "export the model with operators of ONNX, or compute it outside the model"
    return (
        f"nearest to {shown} it has {', '.join(names[other] for other in nearest)}; "
        f"export the model with operators that are there, or compute it outside the model"
    )


@cache
def known() -> Mapping[tuple[str, str], Mapping[int, bool]]:
    """Return domain and name of each operator, to the opsets that it changed in, and whether it ended with that."""
    # ONNX has given up some that the runtime goes on with; `onnx.checker` refuses them.
    ended = {
        (item.domain, item.name, item.since_version)
        for item in onnx.defs.get_all_schemas_with_history()
        if item.deprecated
    }
    found = dict[tuple[str, str], dict[int, bool]]()
    for item in getattr(RUNTIME, "get_all_operator_schema", list[Any])():
        is_over = item.deprecated or (item.domain, item.name, item.since_version) in ended
        found.setdefault((item.domain, item.name), {})[item.since_version] = is_over
    return found


@cache
def _kernels() -> frozenset[tuple[str, str]]:
    """Return domain and name of the operators that can be computed: by themselves, or by others that they stand for."""
    kernels = {(item.domain, item.op_name) for item in _listed()}
    schemas: Any = onnx.defs.get_all_schemas()
    composed = {
        (item.domain, item.name) for item in schemas if item.has_function or item.has_context_dependent_function
    }
    return frozenset(kernels | composed)


def _listed() -> list[Any]:
    """Return what computes operators on a CPU."""
    listed = getattr(RUNTIME, "get_all_opkernel_def", list[Any])()
    return [item for item in listed if item.provider == PROVIDER]


def _opsets(model: Any) -> dict[str, int]:  # noqa: ANN401 - an onnx.ModelProto
    return {_domain(entry.domain): entry.version for entry in model.opset_import}


def _nodes(model: Any) -> Iterator[Any]:  # noqa: ANN401 - an onnx.ModelProto
    """Yield the nodes that are computed, without those that call a function of the model."""
    functions = {(item.domain, item.name, item.overload): item for item in model.functions}
    waiting, called = [model.graph], set[tuple[str, str, str]]()
    while waiting:
        for node in waiting.pop().node:
            key = (node.domain, node.op_type, node.overload)
            # The runtime takes no functions in ONNX's own domain.
            if key not in functions or _domain(node.domain) == OWN:
                yield node
            elif key not in called:
                called.add(key)
                waiting.append(functions[key])
            waiting += [graph for attribute in node.attribute for graph in (attribute.g, *attribute.graphs)]


def _domain(name: str) -> str:
    return OWN if name == OWN_NAME else name


def _shown(domain: str, name: str) -> str:
    said = " ".join(name.split())[:SHOWN_CHARACTERS]
    return f"`{said}` of `{' '.join(domain.split())[:SHOWN_CHARACTERS]}`" if domain else f"`{said}`"
