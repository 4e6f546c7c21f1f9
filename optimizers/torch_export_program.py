"""
Refuse what in a torch.export program would run as code: names, operators and expressions that torch evaluates.

torch turns the description of a program back into Python: it evaluates the expressions of sizes (`sympy.sympify`), looks
up operators by their dotted name, imports the types of the arguments, and writes names into source text that it compiles
(torch/_export/serde/serialize.py and torch/fx/graph.py of torch 2.15). So each is compared with what an export writes.
"""

import ast
import json
import re
from pathlib import Path
from typing import Any, cast

from optimizers.errors import UnsupportedModel

NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)
PARAMETER_PATH = re.compile(r"[A-Za-z_0-9]\w*(\.\w+)*", re.ASCII)
SAFE_TEXT = re.compile(r"[\w.+-]*", re.ASCII)
SHOWN_CHARACTERS = 80
# `aten.from_file` maps any file of the machine into a tensor.
OPERATOR = re.compile(
    r"torch\.ops\.aten\.(?!from_file\b)\w+\.\w+"
    r"|torch\.ops\.higher_order\.(cond|wrap_with_autocast|wrap_with_set_grad_enabled)"
    r"|torch\.sym_\w+"
    r"|_operator\.(add|and_|eq|floordiv|ge|getitem|gt|le|lt|mod|mul|ne|neg|or_|pow|sub|truediv)"
    r"|math\.(ceil|floor|trunc)",
    re.ASCII,
)
# What `sympy.srepr` writes for sizes, and the functions that torch adds (torch/utils/_sympy/functions.py).
SIZE_FUNCTIONS = frozenset({
    "Abs", "Add", "And", "CeilDiv", "CeilToInt", "CleanDiv", "Equality", "Float", "FloatPow", "FloatTrueDiv", "FloorDiv",
    "FloorToInt", "GreaterThan", "Identity", "Integer", "IntTrueDiv", "LShift", "LessThan", "Max", "Min", "Mod",
    "ModularIndexing", "Mul", "Not", "Or", "Pow", "PowByNatural", "PythonMod", "RShift", "Rational", "RoundDecimal",
    "RoundToInt", "StrictGreaterThan", "StrictLessThan", "Symbol", "ToFloat", "TruncToFloat", "TruncToInt", "Unequality",
    "Where", "ceiling", "floor",
})  # fmt: skip
ARGUMENT_TYPES = frozenset({None, "builtins.dict", "builtins.list", "builtins.tuple", "collections.OrderedDict"})
CODE_OBJECTS = frozenset({"as_custom_obj", "as_operator", "custom_obj"})
# Neither is read before the program runs, and the loader drops the guards: they are source text.
NOT_READ = frozenset({"guards_code", "metadata"})


def check_program(program: object, path: Path) -> None:
    """
    Walk the whole description of a program.

    Args:
        program: The content of `models/model.json`.
        path: The archive, for the message.

    Raises:
        UnsupportedModel: A name, operator, expression or type is none that an export of tensors has.
    """
    if isinstance(program, list):
        for item in cast("list[object]", program):
            check_program(item, path)
    elif isinstance(program, dict):
        for key, value in cast("dict[str, object]", program).items():
            if key not in NOT_READ:
                _check_field(key, value, path)


def _check_field(key: str, value: object, path: Path) -> None:
    if key in CODE_OBJECTS:
        raise _refused(path, "an object that only its own code can restore", value)
    if key == "target" and not _matches(OPERATOR, value):
        raise UnsupportedModel(
            f"{path}: uses the operator `{_shown(value)}`; operators of `torch.ops.aten` are read; "
            f"export the model without it, or give it as ONNX"
        )
    if key in ("name", "as_name") and value and not _matches(NAME, value):
        raise _refused(path, "a name that is no Python name", value)
    if key == "forward_arg_names":
        for name in cast("list[object]", value) if isinstance(value, list) else []:
            if not _matches(NAME, name):
                raise _refused(path, "an input that is no Python name", name)
    elif key.endswith(("_name", "fqn")) and isinstance(value, str) and value and not _matches(PARAMETER_PATH, value):
        raise _refused(path, "a parameter that is no path of names", value)
    elif key == "expr_str":
        _check_expression(value, path)
    elif key in ("in_spec", "out_spec"):
        _check_arguments(value, path, named=key == "in_spec")
    else:
        check_program(value, path)


def _check_expression(text: object, path: Path) -> None:
    try:
        tree = ast.parse(text, mode="eval") if isinstance(text, str) else None
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        tree = None
    if tree is None or not _is_size(tree.body):
        raise _refused(path, "a size that is no arithmetic", text)


def _is_size(node: ast.expr) -> bool:
    if isinstance(node, ast.Constant):
        return not isinstance(node.value, str) or bool(SAFE_TEXT.fullmatch(node.value))
    if isinstance(node, ast.UnaryOp):
        return _is_size(node.operand)
    if isinstance(node, ast.Name):
        return node.id in ("int_oo", "oo", "true", "false")
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
        return False
    values = (*node.args, *(keyword.value for keyword in node.keywords))
    return node.func.id in SIZE_FUNCTIONS and all(map(_is_size, values))


def _check_arguments(text: object, path: Path, *, named: bool) -> None:
    """Check how arguments or outputs are nested; `named` where keys become names of arguments."""
    try:
        spec: Any = json.loads(text)[1] if isinstance(text, str) else None
        ok = _is_nesting(spec, named=named)
    except (ValueError, TypeError, KeyError, IndexError, RecursionError):
        ok = False
    if not ok:
        raise UnsupportedModel(
            f"{path}: takes or gives more than tensors in tuples, lists and dicts (`{_shown(text)}`); "
            f"export a module that does not"
        )


def _is_nesting(spec: dict[str, Any], *, named: bool) -> bool:
    keys = json.loads(spec["context"]) if spec["context"] is not None else []
    keys_fit = keys is None or (
        isinstance(keys, list) and all(isinstance(key, str) and (not named or NAME.fullmatch(key)) for key in keys)
    )
    children: list[dict[str, Any]] = spec["children_spec"]
    return spec["type"] in ARGUMENT_TYPES and keys_fit and all(_is_nesting(child, named=named) for child in children)


def _matches(pattern: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def _refused(path: Path, what: str, value: object) -> UnsupportedModel:
    return UnsupportedModel(
        f"{path}: has {what} (`{_shown(value)}`), which could run code; "
        f"export the model again with torch.export.save, from a source that you trust"
    )


def _shown(value: object) -> str:
    return str(value)[:SHOWN_CHARACTERS]
